"""Dose reports of a session: on its time line, in ``dose.json``, each irradiation once, however often told.

The file is added to a session that may be closed long since, as tags are; it is no part of the checksums.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import msgspec

from calibration.whole_file import write_whole
from monitor.errors import CementWatchError, OutputError, SourceError
from monitor.small_file import read_small
from recordings.dicom_origin import origins_of
from recordings.dose.read import is_dose_report, patient_in, read_dose
from recordings.dose.record import Accumulated, DoseReport, Irradiation
from recordings.session import DOSE, StoredSession

ANOTHER_PATIENT = "is of another patient than the session"
ANOTHER_STUDY = "is of another study than the session"
RECEIVED = "received"
SCHEMA = "cementwatch.dose/1"
_LARGEST_BYTES = 64 * 1024 * 1024
_MOST_RECEIVED = 10_000


class JoinedReport(msgspec.Struct, frozen=True, kw_only=True):
    """A report as it was joined to the session.

    Parameters
    ----------
    report : DoseReport
    clock_difference_s : float
        How far the device's clock was ahead of the session's.
    utc_offset_minutes : int or None
        Of times in the report without one; None: that of the machine that reads it now.
    """

    report: DoseReport
    clock_difference_s: float = 0.0
    utc_offset_minutes: int | None = None


class _File(msgspec.Struct, frozen=True):
    schema: str
    reports: tuple[JoinedReport, ...]


class JoinedIrradiation(msgspec.Struct, frozen=True):
    """An irradiation on the session's time line.

    Parameters
    ----------
    irradiation : Irradiation
    t_ns : int or None
        When it began, monotonic as the frames of the session (ns); None where that is not known.
    during : bool or None
        Whether any of it fell between the first and the last frame; None where one of the times is not known.
    """

    irradiation: Irradiation
    t_ns: int | None
    during: bool | None


class SessionDose(msgspec.Struct, frozen=True):
    """What is known of the radiation of a session.

    Parameters
    ----------
    irradiations : tuple of JoinedIrradiation
        Each once, in order of time; those without a time last.
    accumulated : tuple of Accumulated
        As the newest report states them.
    problems : tuple of str
    """

    irradiations: tuple[JoinedIrradiation, ...]
    accumulated: tuple[Accumulated, ...]
    problems: tuple[str, ...] = ()

    @property
    def outside(self) -> int:
        """How many irradiations lie before the first or behind the last frame."""
        return sum(one.during is False for one in self.irradiations)


def dose_of(session: StoredSession) -> SessionDose | None:
    """The radiation of a session: of reports that were joined to it, and of those that it received.

    Returns
    -------
    SessionDose or None
        None where there is no report.

    Raises
    ------
    SourceError
        ``dose.json`` is there and cannot be read. A received report that cannot be read, or is of another
        patient or study, is a problem that is told.
    """
    joined, problems = all_reports(session)
    if not joined and not problems:
        return None
    return _together(session, joined, problems)


def all_reports(session: StoredSession) -> tuple[list[JoinedReport], list[str]]:
    """Reports that were joined, and those that were received and are the session's; and what is wrong.

    Raises
    ------
    SourceError
        ``dose.json`` is there and cannot be read.
    """
    joined = list(joined_reports(session))
    problems = [
        f"report {one.report.sop_instance_uid}: {ANOTHER_STUDY}"
        for one in joined
        if foreign(session, one.report, None) is not None
    ]
    known = {one.report.sop_instance_uid for one in joined}
    for path in received_reports(session):
        try:
            report = read_dose(path)
            other = foreign(session, report, patient_in(path))
        except CementWatchError as error:
            problems.append(str(error))
            continue
        if report.sop_instance_uid in known:
            continue
        if other is not None:
            problems.append(f"{path}: {other}; left out")
            continue
        known.add(report.sop_instance_uid)
        joined.append(JoinedReport(report=report))
    return joined, problems


def foreign(session: StoredSession, report: DoseReport, patient_id: str | None) -> str | None:
    """Why a report is not the session's own; None where it is, or nothing tells.

    A session has the study that results belong to and those of its frames; a report of one of them is its
    own, whatever id somebody typed.
    """
    who = session.about.procedure
    studies = {who.study_instance_uid} if who is not None else set()
    with suppress(SourceError):
        studies |= {origin.study_instance_uid for origin in origins_of(session)}
    studies.discard(None)
    if report.study_instance_uid in studies:
        return None
    if who is not None and who.patient_id and patient_id and who.patient_id.strip() != patient_id.strip():
        return ANOTHER_PATIENT
    return ANOTHER_STUDY if studies and report.study_instance_uid else None


def joined_reports(session: StoredSession) -> tuple[JoinedReport, ...]:
    """What ``dose.json`` holds. Raises `SourceError`."""
    path = session.folder / DOSE
    try:
        held = msgspec.json.decode(read_small(path, _LARGEST_BYTES), type=_File)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise SourceError(f"{path}: not dose reports: {error}") from error
    if held.schema != SCHEMA:
        raise SourceError(f"{path}: schema is {held.schema!r}, expected {SCHEMA!r}")
    return held.reports


def received_reports(session: StoredSession) -> tuple[Path, ...]:
    """Dose reports among the objects that a session received."""
    folder = session.folder / RECEIVED
    if not folder.is_dir():
        return ()
    found = []
    for number, path in enumerate(sorted(folder.rglob("*.dcm"))):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if number < _MOST_RECEIVED and not hidden and path.is_file() and is_dose_report(path):
            found.append(path)
    return tuple(found)


def join(
    session: StoredSession,
    reports: Iterable[DoseReport],
    *,
    clock_difference_s: float = 0.0,
    utc_offset_minutes: int | None = None,
) -> SessionDose:
    """Join reports to a session; one that was joined before is replaced.

    Raises
    ------
    SourceError
        What was joined before cannot be read.
    OutputError
        The session cannot be written.
    """
    new = [
        JoinedReport(
            report=report, clock_difference_s=clock_difference_s, utc_offset_minutes=utc_offset_minutes
        )
        for report in reports
    ]
    replaced = {one.report.sop_instance_uid for one in new}
    kept = [one for one in joined_reports(session) if one.report.sop_instance_uid not in replaced]
    write_dose(session.folder, (*kept, *new))
    dose = dose_of(session)
    assert dose is not None
    return dose


def write_dose(folder: Path, reports: Iterable[JoinedReport]) -> None:
    """Write ``dose.json``. Raises `OutputError`."""
    data = msgspec.json.format(msgspec.json.encode(_File(SCHEMA, tuple(reports))), indent=1)
    if len(data) >= _LARGEST_BYTES:
        raise OutputError(f"{folder / DOSE}: more reports than can be read again")
    try:
        write_whole(folder / DOSE, data + b"\n")
    except OSError as error:
        raise OutputError(f"{folder / DOSE}: cannot be written: {error.strerror or error}") from error


def time_ns(session: StoredSession, irradiation: Irradiation, of: JoinedReport) -> int | None:
    """When an irradiation began on the session's time line (ns, monotonic); None where that is not known.

    By the session's one anchor to UTC. An imported run has its own: the anchor is when it was acquired. Where
    neither that nor the report tells the offset from UTC, both are local times of the same place.
    """
    if irradiation.started is None:
        return None
    try:
        started = datetime.fromisoformat(irradiation.started)
        anchor, local = _anchor(session)
        if started.tzinfo is None and not local:
            started = _with_offset(started, of.utc_offset_minutes)
        elif started.tzinfo is not None and local:
            # the clock on the wall that both were read from
            started = started.replace(tzinfo=None)
        apart = started - anchor - timedelta(seconds=of.clock_difference_s)
    except (ValueError, OverflowError, OSError):
        return None
    return session.about.anchor_monotonic_ns + round(apart / timedelta(microseconds=1)) * 1000


def settled(session: StoredSession, joined: JoinedReport) -> JoinedReport:
    """The report with the offset from UTC in its times that they are taken with.

    Once days are moved, the same time of day may have another offset (daylight saving time).
    """
    try:
        if _anchor(session)[1]:
            return joined
    except ValueError:
        return joined

    def with_offset(text: str | None) -> str | None:
        try:
            moment = datetime.fromisoformat(text or "")
            return text if moment.tzinfo else _with_offset(moment, joined.utc_offset_minutes).isoformat()
        except (ValueError, OverflowError, OSError):
            return text

    replace = msgspec.structs.replace
    report = replace(
        joined.report,
        written=with_offset(joined.report.written),
        irradiations=tuple(
            replace(one, started=with_offset(one.started)) for one in joined.report.irradiations
        ),
    )
    return replace(joined, report=report)


def _anchor(session: StoredSession) -> tuple[datetime, bool]:
    """The moment of the session's anchor, and whether it is a local time without an offset.

    Raises
    ------
    ValueError
        It is not known: of an imported run nothing, or the day alone.
    """
    about = session.about
    if about.imported_from is None:
        return datetime.fromisoformat(about.created_utc).astimezone(UTC), False
    if about.acquired is None or len(about.acquired) <= len("2026-01-01"):
        raise ValueError("it is not known when the run was acquired")
    acquired = datetime.fromisoformat(about.acquired)
    return acquired, acquired.tzinfo is None


def _with_offset(local: datetime, minutes: int | None) -> datetime:
    if minutes is None:
        return local.astimezone()
    return local.replace(tzinfo=timezone(timedelta(minutes=minutes)))


def _together(session: StoredSession, joined: Iterable[JoinedReport], problems: list[str]) -> SessionDose:
    """Each irradiation once: a later report repeats those of earlier ones, and knows more."""
    newest_last = sorted(joined, key=lambda one: one.report.written or "")
    ends_ns = _run_of(session)
    held: dict[object, JoinedIrradiation] = {}
    accumulated: tuple[Accumulated, ...] = ()
    told = list(problems)
    for one in newest_last:
        accumulated = one.report.accumulated or accumulated
        told += one.report.problems
        for number, irradiation in enumerate(one.report.irradiations):
            t_ns = time_ns(session, irradiation, one)
            during = None
            if t_ns is not None and ends_ns is not None:
                long_s = irradiation.duration_s or irradiation.exposure_time_s or 0.0
                during = t_ns <= ends_ns[1] and t_ns + long_s * 1e9 >= ends_ns[0]
            held[_key(irradiation, one, number)] = JoinedIrradiation(irradiation, t_ns, during)
    in_order = sorted(held.values(), key=lambda one: (one.t_ns is None, one.t_ns or 0))
    return SessionDose(tuple(in_order), accumulated, tuple(dict.fromkeys(told)))


def _key(irradiation: Irradiation, of: JoinedReport, number: int) -> object:
    """What makes it one irradiation and not another: its UID, else when it began and what it was."""
    if irradiation.uid is not None:
        # machines with two planes are seen to give both the same UID
        return irradiation.uid, irradiation.plane
    if irradiation.started is not None:
        return irradiation.started, irradiation.plane, irradiation.kind
    return of.report.sop_instance_uid, number


def _run_of(session: StoredSession) -> tuple[int, int] | None:
    """Capture times of the first and the last frame (ns); None where there is none."""
    try:
        with session.frames() as reader:
            times_ns = reader.frame_heads.times_ns
    except CementWatchError:
        return None
    return (times_ns[0], times_ns[-1]) if times_ns else None
