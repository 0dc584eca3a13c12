"""The one pass over a session from which its results are made: figures, moments worth a picture, masks."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from monitor.errors import RecordingError, SourceError
from monitor.result import Contour, Kind, Priority
from monitor.states import State
from recordings.dicom_origin import EVENT as ORIGIN
from recordings.findings import Findings, plain_findings
from recordings.recording import RecordingReader, RecordingWriter, Step
from recordings.results.figures import Figures, Seen
from recordings.results.observed import Event, event_of, observed_in
from recordings.results.spool import MaskSpool
from recordings.retaken import NothingMonitoredError, Retaken, as_live, every_frame
from recordings.session import StoredSession

Mode = Literal["as live", "every frame"]
MOST_MOMENTS = 24
"""Key frames of a session: the last of the injection, then those of the gravest alarms, then marks."""
_LAST, _LEAST = 100, 0
MARK = "mark"


@dataclass(frozen=True, slots=True)
class LevelLines:
    """Lines of a level on a frame (px), as `LevelResult` holds them."""

    level: str
    structures_px: Mapping[str, tuple[Contour, ...]]
    contours_px: tuple[Contour, ...]
    derived: frozenset[str]


@dataclass(frozen=True, slots=True)
class KeyMoment:
    """A moment worth a picture.

    Parameters
    ----------
    at : Seen
    why : tuple of str
        What happened, each in a few words.
    rank : int
        The higher, the sooner it is kept where there are too many.
    lines : tuple of LevelLines
        Of the levels whose place on the frame is known.
    """

    at: Seen
    why: tuple[str, ...]
    rank: int
    lines: tuple[LevelLines, ...]


@dataclass(slots=True)
class Course:
    """What a pass has come to.

    Parameters
    ----------
    mode : str
    figures : Figures
    moments : list of KeyMoment
        In order of time.
    moments_left_out : int
    first_ns : int
        Time of the first image, from which the results count (ns).
    digest : str
        Of everything that was found, and of what the session says of itself.
    seqs : list of int
        Frames that were looked at.
    otherwise : int
        Steps that came out otherwise when they were taken again than they were recorded.
    lost : int
        Steps that were not recorded or cannot be read; of ``every frame``, images that cannot be read.
    """

    mode: Mode
    figures: Figures = field(default_factory=Figures)
    moments: list[KeyMoment] = field(default_factory=list)
    moments_left_out: int = 0
    first_ns: int = 0
    digest: str = ""
    otherwise: int = 0
    lost: int = 0

    def seconds(self, t_ns: int) -> float:
        """Time since the first image (s)."""
        return (t_ns - self.first_ns) / 1e9


def course_of(
    session: StoredSession,
    reader: RecordingReader,
    mode: Mode,
    *,
    software_version: str,
    masks: MaskSpool | None = None,
    track: RecordingWriter | None = None,
    look: Callable[[Retaken], None] | None = None,
    aliquots: bool = False,
    step: Callable[[int, int | None], None] = lambda done, whole: None,
) -> Course:
    """Go through the steps of a session once; no more than a few frames are in memory.

    Parameters
    ----------
    mode : str
        ``as live``: what was found then. ``every frame``: what is found now in all frames.
    masks : MaskSpool or None
        Where masks go; steps are then taken again as well, since findings hold none.
    track : RecordingWriter or None
        Where the steps of ``every frame`` are written, to be shown.
    look : callable or None
        Called with each step in which something was found, masks drawn; steps are then taken again as well.
    aliquots : bool
        As `recordings.retaken.every_frame`.
    step : callable
        Called with steps done and their number.

    Raises
    ------
    NothingMonitoredError
        No step was recorded, or there is no plan.
    SourceError, PlanError, ConfigError, CalibrationError
        The steps cannot be taken again.
    """
    found = Course(mode)
    digest = hashlib.sha256(_said(session, mode, software_version))
    marks = deque(_marked_seqs(session, reader))
    last: KeyMoment | None = None
    whole = reader.step_count if mode == "as live" else len(reader)
    anew = masks is not None or look is not None
    steps = _steps(session, reader, mode, again=anew, aliquots=aliquots)
    of_images: list[Event] = []
    following = unread = 0
    for done, retaken in enumerate(steps, 1):
        shown = retaken.before if mode == "as live" else retaken.now
        if shown is None:
            unread += 1
        else:  # of steps the numbers tell how many are missing
            found.lost += shown.number - following if mode == "as live" else unread
            following, unread = shown.number + 1, 0
        if shown is None or shown.findings is None:
            step(done, whole)
            continue
        if found.figures.looked_at == 0:
            found.first_ns = reader.frame_heads.times_ns[0]
        if track is not None:
            track.step(shown)
        at, findings = Seen(shown.seq, shown.now_ns), shown.findings
        plain = plain_findings(findings)
        digest.update(f"{at.seq} {at.t_ns} ".encode() + plain)
        if mode == "as live" and retaken.now is not None:
            again = retaken.now.findings
            found.otherwise += again is None or plain_findings(again) != plain
        found.figures.take(findings, at)
        of_images += map(event_of, findings.transitions)
        why, rank = _why(findings)
        while marks and marks[0] <= at.seq:
            marks.popleft()
            why, rank = (*why, "marked by the operator"), max(rank, _LEAST)
        if why:
            _keep(found, KeyMoment(at, why, rank, _lines(findings)))
        if findings.state <= State.DEGRADED and any(level.area_mm2 for level in findings.levels):
            last = KeyMoment(at, ("last image of the injection with cement",), _LAST, _lines(findings))
        if look is not None:
            look(retaken)
        if masks is not None and retaken.masks_px is not None:
            masks.take(at.seq, retaken.masks_px, keep=bool(why))
        step(done, whole)
    if found.figures.looked_at == 0:
        raise NothingMonitoredError(f"{session.folder}: nothing was found in any frame: there are no results")
    if last is not None:
        _keep(found, last)
    found.lost += unread
    digest.update(f"lost {found.lost}".encode())
    if mode == "as live":
        with suppress(SourceError):
            observed = observed_in(session.log().alarms, of_images)
            digest.update(msgspec.json.encode(observed))
            found.figures.observed(observed)
    found.moments.sort(key=lambda moment: moment.at.seq)
    found.digest = digest.hexdigest()
    return found


def _steps(
    session: StoredSession, reader: RecordingReader, mode: Mode, *, again: bool, aliquots: bool
) -> Iterator[Retaken]:
    if mode == "every frame":
        yield from every_frame(session, reader, masks=again, aliquots=aliquots)
    elif again:
        yield from as_live(session, reader, masks=True)
    else:
        for position in range(reader.step_count):
            before: Step | None = None
            why = ""
            try:
                before = reader.step(position)
            except RecordingError as error:
                why = str(error)
            yield Retaken(before, None, why)


def _said(session: StoredSession, mode: Mode, software_version: str) -> bytes:
    """What results depend on beside the findings."""
    about = session.about
    parts: list[bytes] = [
        " ".join((about.id, about.software_version, software_version, mode)).encode(),
        msgspec.json.encode(about.procedure), msgspec.json.encode(about.source),
        session.config_toml().encode(),
    ]  # fmt: skip
    with suppress(SourceError):
        told = [dict(row) for row in session.log().events if row["name"] in (MARK, ORIGIN)]
        parts.append(msgspec.json.encode(told))
    return b"\n".join(parts)


def _marked_seqs(session: StoredSession, reader: RecordingReader) -> Iterable[int]:
    """Numbers of the frames that stood on the screen when the operator marked a moment."""
    with suppress(SourceError):
        heads = reader.step_heads if reader.step_count else reader.frame_heads
        for row in session.log().events:
            place = bisect_right(heads.times_ns, row["t_ns"]) - 1
            if row["name"] == MARK and place >= 0:
                yield heads.seqs[place]


def _why(found: Findings) -> tuple[tuple[str, ...], int]:
    """What was told in a frame that is worth a picture, and how grave it is."""
    why, rank = [], _LEAST
    for told in found.transitions:
        alert = told.alert
        grave = alert.kind is Kind.CLINICAL or alert.priority is Priority.HIGH
        if told.event in ("raised", "escalated") and grave:
            level = f"{alert.level}: " if alert.level else ""
            why.append(f"alarm {told.event}, {alert.priority.name.lower()} priority: {level}{alert.message}")
            rank = max(rank, 10 * int(alert.priority) + (alert.kind is Kind.CLINICAL))
    return tuple(why), rank


def _lines(found: Findings) -> tuple[LevelLines, ...]:
    return tuple(
        LevelLines(level.name, level.structures_px, level.contours_px, level.derived)
        for level in found.levels
        if level.structures_px is not None
    )


def _keep(found: Course, moment: KeyMoment) -> None:
    """Keep a moment; where there are too many the least of them goes, of equals the latest."""
    for place, held in enumerate(found.moments):
        if held.at.seq == moment.at.seq:
            found.moments[place] = KeyMoment(
                held.at, held.why + moment.why, max(held.rank, moment.rank), held.lines or moment.lines
            )
            return
    found.moments.append(moment)
    if len(found.moments) > MOST_MOMENTS:
        found.moments_left_out += 1
        found.moments.remove(min(found.moments, key=lambda held: (held.rank, -held.at.seq)))
