"""The import itself: a source, read in lock-step, becomes a session folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from calibration.profile import Profile, write_profile
from monitor.config import Config, config_to_toml
from monitor.errors import InputError, PlanError, SourceError
from monitor.frame import Frame, SourceInfo
from monitor.plan import Plan, Polarity, check_fits
from monitor.polarity import taken_as, with_polarity
from monitor.sources.cropped import Crop
from recordings.analysis import ASSUMED_TIMES, FrameTimes
from recordings.dicom_origin import OriginObject, note_origin, origins_in, origins_of
from recordings.importing.deidentify import (
    NAMELESS,
    plan_without_names,
    profile_without_names,
    source_without_names,
)
from recordings.importing.header import acquired_in, headers_of, procedure_in
from recordings.importing.pieces import Opened, opened
from recordings.importing.regions import Region, blanked, check_within
from recordings.importing.text_scan import text_in
from recordings.messages import Gap
from recordings.procedure import Procedure
from recordings.session import PROFILE, Session
from recordings.watching import choose_view

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be imported, and how.

    Parameters
    ----------
    spec : str
        The source as typed.
    folder : Path
        The new session.
    plan, profile : Plan, Profile or None
        Kept in the session. Without a plan, that of a session that is the source.
    crop : Crop or None
        Part of the frames that is kept.
    frame_rate_hz : float or None
        Of a folder of images.
    polarity : str or None
        How cement looks, whatever the source says.
    deidentify : bool
        Nothing that names a person, a place or a date goes in.
    black : tuple of Region
        Parts of the frames that are blanked, after the crop.
    keep_text : bool
        De-identify although text is seen in the frames, or stated by the header.
    """

    spec: str
    folder: Path
    plan: Plan | None = None
    profile: Profile | None = None
    crop: Crop | None = None
    frame_rate_hz: float | None = None
    polarity: Polarity | None = None
    deidentify: bool = False
    black: tuple[Region, ...] = ()
    keep_text: bool = False


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import has come to.

    Parameters
    ----------
    frames, missing : int
        Kept, and known to be missing.
    damage : tuple of str
        What is damaged in the source, in words.
    times_assumed : bool
        The source has no times; an assumed rate stands for them.
    """

    frames: int
    missing: int
    damage: tuple[str, ...]
    times_assumed: bool


def import_source(
    wanted: Wanted,
    *,
    software_version: str,
    progress: Progress = lambda done, whole: None,
    looking: Progress = lambda done, whole: None,
) -> Imported:
    """Make a session of a source: every frame at its full depth and its own time, none dropped.

    Nothing is written before the first frame is read, the plan is found to fit, and, where names are to be
    left out, the frames have been looked through for text. What a damaged frame leaves behind is a gap; the
    session is then kept, and not called complete. Capture times are those of the source, counted from the
    session's anchor.

    Parameters
    ----------
    progress, looking : callable
        Told frames done and their number, None where not known, of the import and of the look for text.

    Raises
    ------
    InputError
        The source, the plan or the folder does not serve; nothing is left behind.
    RecordingError
        A frame could not be kept; what was kept before it stays.
    """
    if wanted.deidentify and not wanted.keep_text:
        _refuse_text(wanted, looking)
    with opened(wanted.spec, crop=wanted.crop, frame_rate_hz=wanted.frame_rate_hz) as source:
        info = taken_as(source.info, wanted.polarity)
        check_within(wanted.black, info.rows, info.columns)
        plan = _plan(wanted, source, info)
        lead, first = _up_to_first(source, wanted.spec)
        times = FrameTimes(info, Config().gate.assumed_frame_rate_hz)
        if first.t_source_ns is None:
            info = replace(info, attributes={**info.attributes, "FrameTimesFrom": ASSUMED_TIMES})
        about, profile = info, wanted.profile
        procedure, acquired = _whose(wanted.spec, source)
        if wanted.deidentify:
            about, procedure, acquired = source_without_names(info), None, None
            profile = None if profile is None else profile_without_names(profile)
            plan = None if plan is None else plan_without_names(plan, wanted.black, info.intensity)
        session = Session.create(
            wanted.folder, source_info=about, plan=plan, config_toml=config_to_toml(Config()),
            software_version=software_version, procedure=procedure, acquired=acquired,
            imported_from="recording" if source.session is not None else info.kind,
        )  # fmt: skip
        done = False
        try:
            if profile is not None:
                write_profile(profile, wanted.folder / PROFILE)
            kept = _keep(chain(lead, [first], source.pieces), session, about, wanted.black, times, progress)
            done = not source.damage
            _note(session, wanted, kept, source.damage, _origins(source))
        finally:
            session.close(complete=done)
    return Imported(*kept, tuple(source.damage), times.assumed)


def _up_to_first(source: Opened, spec: str) -> tuple[list[Gap], Frame]:
    """The first frame, and what is missing before it. Raises `SourceError` where there is none."""
    lead: list[Gap] = []
    for piece in source.pieces:
        if isinstance(piece, Frame):
            return lead, piece
        lead.append(piece)
    raise SourceError(source.damage[0] if source.damage else f"{spec}: no frames")


def _plan(wanted: Wanted, source: Opened, info: SourceInfo) -> Plan | None:
    plan = wanted.plan
    if plan is None and source.session is not None and wanted.crop is None:
        plan = source.session.plan()
    if plan is None:
        return None
    view = choose_view(plan, None, info.rows, info.columns)
    check_fits(view, info.rows, info.columns)
    drawn_on = view.reference_frame if view.reference_png is None else 0
    if info.frame_count is not None and drawn_on >= info.frame_count:
        raise PlanError(f"the plan was drawn on frame {drawn_on}, which {info.source_id} does not have")
    return with_polarity(plan, wanted.polarity)


def _whose(spec: str, source: Opened) -> tuple[Procedure | None, str | None]:
    """Whose procedure it is and when it was recorded; None where that is not known."""
    if source.session is not None:
        about = source.session.about
        recorded = about.created_utc if about.imported_from is None else None
        return about.procedure, about.acquired or recorded
    if source.info.kind != "dicom":
        return None, None
    headers = headers_of(spec)
    return (procedure_in(headers[0]) if headers else None), acquired_in(headers)


def _origins(source: Opened) -> tuple[OriginObject, ...]:
    """The DICOM objects that the frames come from; of a session those that its log names."""
    if source.session is None:
        return origins_in(source.info)
    with suppress(SourceError):
        return origins_of(source.session)
    return ()


def _refuse_text(wanted: Wanted, looking: Progress) -> None:
    """Stop where names may be burned into the frames and nobody has said what is to become of them."""
    with opened(wanted.spec, crop=wanted.crop, frame_rate_hz=wanted.frame_rate_hz) as source:
        info = taken_as(source.info, wanted.polarity)
        check_within(wanted.black, info.rows, info.columns)
        stated = info.attributes.get("BurnedInAnnotation", "").strip().upper() == "YES"
        if stated and not wanted.black:
            raise InputError(
                f"{wanted.spec}: the header says that text is burned in: blank it with --black X,Y,W,H, "
                "or keep it with --keep-text"
            )
        found = text_in(info, source.pieces, wanted.black, looking)
    if found:
        places = " ".join(f"--black {region}" for region in found[:4])
        more = f" and {len(found) - 4} more" if len(found) > 4 else ""
        raise InputError(
            f"{wanted.spec}: the frames show text, as at {places}{more}: blank it, "
            "or keep it with --keep-text"
        )


def _keep(
    pieces: Iterator[Frame | Gap],
    session: Session,
    info: SourceInfo,
    black: Sequence[Region],
    times: FrameTimes,
    progress: Progress,
) -> tuple[int, int]:
    """Write every piece; how many frames there are, and how many are missing."""
    anchor_ns, t_ns = session.about.anchor_monotonic_ns, 0
    frames = missing = 0
    for piece in pieces:
        if isinstance(piece, Gap):
            missing += piece.count
            session.recording.gap(replace(piece, t_ns=anchor_ns + t_ns))
            continue
        t_ns = times.of(piece)
        frame = replace(piece, t_capture_ns=anchor_ns + t_ns, t_source_ns=t_ns, source_id=info.source_id)
        session.recording.append(blanked(frame, black, info.intensity))
        frames += 1
        progress(frames, info.frame_count)
    return frames, missing


def _note(
    session: Session,
    wanted: Wanted,
    kept: tuple[int, int],
    damage: Sequence[str],
    origins: Sequence[OriginObject],
) -> None:
    """What was done, in the log; what is damaged, and where frames came from, only where names may stay."""
    data = {
        "frames": kept[0],
        "missing": kept[1],
        "deidentified": wanted.deidentify,
        "blanked": [str(region) for region in wanted.black],
        "crop": None if wanted.crop is None else str(wanted.crop),
        "damage": list(damage[:20]) if not wanted.deidentify else len(damage),
        "source": NAMELESS if wanted.deidentify else wanted.spec,
    }
    session.log.event("imported", data, session.about.anchor_monotonic_ns)
    if not wanted.deidentify:
        for origin in origins:
            note_origin(session.log, origin, session.about.anchor_monotonic_ns)
