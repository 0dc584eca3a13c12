"""A session folder becomes one that names nobody: frames, findings, alarms and times stay, words are sorted.

Kept are the frames (blanked), gaps, steps of the monitor, the log's measurements, alarms and states, plan,
profile and configuration, and of events those of a list. Times stay where they were against each other: the
day is moved as in the patient's DICOM objects. Left out are snapshots, tags, the small picture, what a killed
monitor had remembered, and the truth of a simulated procedure.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from msgspec import structs

from calibration.profile import Profile, write_profile
from monitor.config import config_to_toml, parse_config
from monitor.errors import RecordingError, SourceError
from monitor.frame import Frame, Pixels, SourceInfo
from monitor.plan import Plan, View
from monitor.plan_image import reference_in
from recordings.beginning import EVENT as WATCHING
from recordings.beginning import beginnings_of, keep_beginning, profile_of
from recordings.deidentifying.identity import Names
from recordings.deidentifying.secret import Secret
from recordings.deidentifying.words import Rename
from recordings.dicom_origin import EVENT as ORIGIN
from recordings.dose.kept import JoinedReport, all_reports, joined_reports, settled, write_dose
from recordings.importing.deidentify import (
    NAMELESS,
    new_level_names,
    new_view_names,
    plan_without_names,
    profile_without_names,
    source_without_names,
)
from recordings.importing.regions import Region, blanked, blanked_pixels
from recordings.log import LogContents
from recordings.messages import Event, Gap, Step
from recordings.procedure import Procedure
from recordings.recording import RecordingReader
from recordings.session import PROFILE, Session, StoredSession

_ROWS_AT_ONCE = 500
_DAMAGED = "damaged in the source"
_REASONS = ("overflow", "stopped", "no room", _DAMAGED)
_NUMBERS = "numbers"
_UIDS = "uids"
_EVENTS: dict[str, str | tuple[str, ...]] = {
    "mark": ("level",),
    "changed": ("what", "now"),
    "view_asked_for": ("view",),
    "stopped": _NUMBERS,
    "imported": _NUMBERS,
    "resumed": _NUMBERS,
    "pedal_pressed": _NUMBERS,
    "pedal_released": _NUMBERS,
    ORIGIN: _UIDS,
}
"""Events that stay, and what of them: values by key, numbers alone, or all with UIDs replaced."""

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True)
class SessionIdentity:
    """What a session's pseudonym and date shift follow from, as in DICOM objects of the same patient."""

    key: str

    @classmethod
    def of(cls, session: StoredSession, received: Iterable[str] = ()) -> SessionIdentity:
        """By the patient's id, else that of the objects it received, else the name, else the session alone.

        Parameters
        ----------
        received : iterable of str
            Identities (`Identity.key`) of the objects that the session received; they count where they agree.
        """
        who, others = session.about.procedure, set(received)
        if who is not None and who.patient_id:
            return cls(who.patient_id)
        if len(others) == 1:
            return cls(others.pop())
        if who is not None and who.patient_name:
            return cls(f"PatientName\0{who.patient_name}")
        return cls(f"session\0{session.about.id}")


def names_in_session(session: StoredSession) -> Names:
    """Every identifying value of a session's own files; its received objects have their own."""
    about, names = session.about, Names()
    who = about.procedure
    if who is not None:
        for text, keyword in ((who.patient_name, "patient_name"), (who.operator, "operator"),
                              (who.referring_physician, "referring_physician")):  # fmt: skip
            if text:
                names.name(text, keyword)
        for keyword in (
            "patient_id",
            "accession_number",
            "requested_procedure_id",
            "scheduled_procedure_step_id",
        ):
            if text := getattr(who, keyword):
                names.text(text, keyword)
        if who.study_instance_uid:
            names.uids[who.study_instance_uid] = "study_instance_uid"
        if who.patient_birth_date:
            names.dates.add(who.patient_birth_date.replace("-", ""))
    for text in (about.created_utc, about.closed_utc, about.acquired):
        if text:
            names.dates.add(text[:10].replace("-", ""))
    names.uids[about.id] = "id of the session"
    for joined in joined_reports(session):
        report = joined.report
        for uid in (
            report.sop_instance_uid,
            report.study_instance_uid,
            *(x.uid for x in report.irradiations),
        ):
            if uid:
                names.uids[uid] = "uid of a dose report"
        names.dates |= {x.started[:10].replace("-", "") for x in report.irradiations if x.started}
    with suppress(SourceError):
        for row in session.log().events:
            if _EVENTS.get(row["name"]) == _UIDS:
                for key, value in _data(row["data"]).items():
                    if isinstance(value, str) and "class" not in key and value.count(".") > 3:
                        names.uids[value] = key
    return names


def shifted_days_of(session: StoredSession, identity: SessionIdentity, secret: Secret) -> frozenset[str]:
    """Days (``YYYYMMDD``) that the cleaned session holds."""
    shift = secret.shift(identity.key)
    told = [session.about.created_utc, session.about.closed_utc, session.about.acquired]
    told += [x.started for joined in all_reports(session)[0] for x in joined.report.irradiations]
    return frozenset(
        moved[:10].replace("-", "") for text in told if text and (moved := _moved(text, shift)) is not None
    )


def write_session(
    session: StoredSession,
    folder: Path,
    secret: Secret,
    identity: SessionIdentity,
    regions: tuple[Region, ...] = (),
    *,
    fill: Callable[[Path], None] = lambda folder: None,
    progress: Progress = lambda done, whole: None,
) -> None:
    """Write the cleaned session into a new folder.

    Parameters
    ----------
    fill : callable
        Given the folder before the session is closed, to put the objects into it that were received.

    Raises
    ------
    InputError
        The session cannot be read.
    RecordingError
        It cannot be written.
    """
    about = session.about
    shift = secret.shift(identity.key)
    plan, log = session.plan(), session.log()
    rename = Rename({} if plan is None else new_level_names(plan) | new_view_names(plan))
    info = source_without_names(about.source)
    moments = iter(
        (_instant(about.created_utc, shift), _instant(about.closed_utc or about.created_utc, shift))
    )
    with session.frames() as reader:
        made = Session.create(
            folder,
            source_info=info,
            plan=None
            if plan is None
            else plan_without_names(_looked_at(plan, info), regions, info.intensity),
            config_toml=config_to_toml(parse_config(session.config_toml(), str(session.folder))),
            software_version=about.software_version,
            procedure=_procedure(about.procedure, secret, identity),
            imported_from=about.imported_from,
            acquired=None if about.acquired is None else _moved(about.acquired, shift),
            clock_utc=lambda: next(moments),
            clock_monotonic_ns=lambda: about.anchor_monotonic_ns,
        )
        kept = False
        try:
            profile = profile_of(session)
            if profile is not None:
                write_profile(_moved_profile(profile_without_names(profile), shift), folder / PROFILE)
            _copy_recording(session, reader, made, regions, rename, plan, shift, progress)
            _copy_log(log, made, rename, secret)
            # those that were received too: with an offset in their times they stay where they were
            if reports := all_reports(session)[0]:
                write_dose(folder, (_moved_report(settled(session, one), shift, secret) for one in reports))
            fill(folder)
            made.close(complete=about.complete, delay=about.delay)
            kept = True
        finally:
            if not kept:
                with suppress(RecordingError):
                    made.close(complete=False)


def pictures_of_plan(session: StoredSession) -> tuple[Pixels, ...]:
    """Reference pictures that the plan keeps, as large as the frames: they may come from elsewhere."""
    plan = session.plan()
    if plan is None:
        return ()
    held = map(reference_in, _looked_at(plan, session.about.source).views)
    return tuple(picture for picture in held if picture is not None)


def _looked_at(plan: Plan, info: SourceInfo) -> Plan:
    """The plan without pictures of another size than the frames: where they show text is not known."""

    def kept(view: View) -> View:
        picture = reference_in(view)
        fits = picture is not None and picture.shape == (info.rows, info.columns)
        return view if fits else structs.replace(view, reference_png=None)

    return structs.replace(plan, views=tuple(map(kept, plan.views)))


def _procedure(who: Procedure | None, secret: Secret, identity: SessionIdentity) -> Procedure:
    """The pseudonym, and what refers to the moved objects; nothing else."""
    study = None if who is None or who.study_instance_uid is None else secret.uid(who.study_instance_uid)
    return Procedure(
        patient_id=secret.pseudonym(identity.key),
        patient_sex=None if who is None else who.patient_sex,
        study_instance_uid=study,
    )


def _copy_recording(
    session: StoredSession, reader: RecordingReader, made: Session, regions: tuple[Region, ...],
    rename: Rename, plan: Plan | None, shift: timedelta, progress: Progress,
) -> None:  # fmt: skip
    """Everything of the recording in order of time, one frame in memory."""
    intensity, writer = session.about.source.intensity, made.recording
    done = 0
    for piece in _pieces(reader):
        match piece:
            case Frame():
                writer.append(blanked(replace(piece, source_id=NAMELESS), regions, intensity))
                done += 1
                progress(done, len(reader))
            case Gap():
                reason = piece.reason if piece.reason in _REASONS else "not kept"
                writer.gap(replace(piece, reason=reason))
            case Step():
                writer.step(_step(piece, rename))
            case Event() if piece.name == WATCHING and plan is not None:
                event = _beginning(session, piece, made.folder, regions, rename, shift)
                if event is not None:
                    writer.event(event.name, event.data, event.t_ns)


def _pieces(reader: RecordingReader) -> Iterator[Frame | Gap | Event | Step]:
    frames = ((t_ns, 1, index) for index, t_ns in enumerate(reader.frame_heads.times_ns))
    steps = ((t_ns, 2, index) for index, t_ns in enumerate(reader.step_heads.times_ns))
    others: list[Gap | Event] = sorted([*reader.gaps, *reader.events], key=lambda piece: piece.t_ns)
    told = ((piece.t_ns, 0, index) for index, piece in enumerate(others))
    following = 0
    for _, kind, index in heapq.merge(told, frames, steps):
        if kind == 0:
            yield others[index]
            continue
        try:
            piece: Frame | Step = reader.read(index) if kind == 1 else reader.step(index)
        except RecordingError:
            if kind == 1:
                yield Gap(following, 1, 0, _DAMAGED)
                following += 1
            continue
        if isinstance(piece, Frame):
            following = piece.seq + 1
        yield piece


def _step(step: Step, rename: Rename) -> Step:
    return replace(
        step,
        requests=rename.all(step.requests),
        findings=rename.all(step.findings),
        fault=None if step.fault is None else "fault",
    )


def _beginning(
    session: StoredSession, event: Event, folder: Path, regions: tuple[Region, ...], rename: Rename,
    shift: timedelta,
) -> Event | None:  # fmt: skip
    """A start of the monitor, without what it remembered: pictures that nobody has looked through."""
    try:
        (held,) = beginnings_of(session, (event,))
    except SourceError:
        return None
    intensity = session.about.source.intensity
    return keep_beginning(
        folder,
        replace(
            held,
            views=rename.all(held.views),
            references={
                rename.text(view): None if pixels is None else blanked_pixels(pixels, regions, intensity)
                for view, pixels in held.references.items()
            },
            standing=rename.all(held.standing),
            checked=held.checked + shift,
            memory=None,
            alerts=rename.all(held.alerts),
        ),
    )


def _copy_log(log: LogContents, made: Session, rename: Rename, secret: Secret) -> None:
    for table, rows in (
        ("volume", log.volume), ("alarm", log.alarms), ("state_change", log.state_changes),
        ("acknowledgement", log.acknowledgements),
    ):  # fmt: skip
        for first in range(0, len(rows), _ROWS_AT_ONCE):
            made.log.take_over(table, [_row(row, rename) for row in rows[first : first + _ROWS_AT_ONCE]])
    for row in log.events:
        data = _event_data(row["name"], _data(row["data"]), rename, secret)
        if data is not None:
            made.log.event(row["name"], data, row["t_ns"])


def _row(row: Mapping[str, Any], rename: Rename) -> dict[str, Any]:
    changed = {key: rename.text(value) if isinstance(value, str) else value for key, value in row.items()}
    if "reasons" in row:
        with suppress(ValueError, RecursionError):
            changed["reasons"] = msgspec.json.encode(rename.all(json.loads(row["reasons"]))).decode()
    return changed


def _event_data(name: str, data: dict[str, Any], rename: Rename, secret: Secret) -> dict[str, Any] | None:
    """What stays of an event; None where nothing does."""
    kept = _EVENTS.get(name)
    if kept is None:
        return None
    if kept == _NUMBERS:
        return _numbers(data)
    if kept == _UIDS:
        return {
            key: secret.uid(value) if isinstance(value, str) and value.count(".") > 3 else value
            for key, value in data.items()
            if isinstance(value, int | float) or value is None or key.endswith(("uid", "kind", "plane"))
        }
    return {key: rename.text(data[key]) for key in kept if isinstance(data.get(key), str)}


def _numbers(data: dict[str, Any]) -> dict[str, Any]:
    return {
        key: _numbers(value) if isinstance(value, dict) else value
        for key, value in data.items()
        if isinstance(value, int | float | dict) or value is None
    }


def _data(text: str) -> dict[str, Any]:
    try:
        held = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return held if isinstance(held, dict) else {}


def _moved_profile(profile: Profile, shift: timedelta) -> Profile:
    """The profile with the days of its calibrations moved as all others, so that they hold as long."""
    changed: dict[str, Any] = {}
    for name in ("scale", "distortion", "density", "latency"):
        part = getattr(profile, name)
        if part is not None:
            stamp = structs.replace(
                part.stamp, made_at=part.stamp.made_at + shift, valid_until=part.stamp.valid_until + shift
            )
            changed[name] = structs.replace(part, stamp=stamp)
    return structs.replace(profile, **changed)


def _moved_report(joined: JoinedReport, shift: timedelta, secret: Secret) -> JoinedReport:
    """A dose report with other UIDs and moved days; what was not understood in it may be words, and goes."""
    report = joined.report
    moved = structs.replace(
        report,
        sop_instance_uid=secret.uid(report.sop_instance_uid),
        study_instance_uid=secret.uid(report.study_instance_uid),
        written=None if report.written is None else _moved(report.written, shift),
        irradiations=tuple(
            structs.replace(
                one,
                uid=None if one.uid is None else secret.uid(one.uid),
                started=None if one.started is None else _moved(one.started, shift),
            )
            for one in report.irradiations
        ),
        problems=(),
    )
    return structs.replace(joined, report=moved)


def _instant(text: str, shift: timedelta) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone(UTC) + shift
    except (ValueError, OverflowError):
        return datetime(1900, 1, 1, tzinfo=UTC)


def _moved(text: str, shift: timedelta) -> str | None:
    """ISO 8601 text moved by whole days, as exact as it was."""
    try:
        day = date.fromisoformat(text[:10]) + shift
    except (ValueError, OverflowError):
        return None
    return f"{day.isoformat()}{text[10:]}"
