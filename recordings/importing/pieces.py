"""What a source gives to an import: its frames, and gaps where it is damaged or had lost some."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from monitor.errors import EndOfStream, InputError, RecordingError, SourceError
from monitor.frame import Frame, SourceInfo, freeze_pixels
from monitor.sources.base import FrameSource
from monitor.sources.cropped import Crop, cropped
from monitor.sources.open import NETWORK_SCHEMES
from recordings.messages import Gap
from recordings.open import open_source
from recordings.recording import RecordingReader
from recordings.session import StoredSession, is_session, open_session

DAMAGED = "damaged in the source"
_LIVE = ("device:", "dicom://", *(f"{scheme}://" for scheme in NETWORK_SCHEMES))


@dataclass(frozen=True, slots=True)
class Opened:
    """A source that is being read.

    Parameters
    ----------
    info : SourceInfo
        Of the frames as they come, cropped.
    pieces : iterator of Frame or Gap
        In order; times of frames are from the first one, None where the source has none.
    damage : list of str
        What was found damaged so far; grows while the pieces are read.
    session : StoredSession or None
        The session that is the source.
    """

    info: SourceInfo
    pieces: Iterator[Frame | Gap]
    damage: list[str] = field(default_factory=list)
    session: StoredSession | None = None


@contextmanager
def opened(spec: str, *, crop: Crop | None = None, frame_rate_hz: float | None = None) -> Iterator[Opened]:
    """Open what `spec` names, to be read once from start to end.

    Raises
    ------
    InputError
        A live source, which has no end, or one that cannot be opened.
    """
    if _is_live(spec):
        raise InputError(
            f"{spec}: a live source has no end to import; record it: cementwatch live --session DIR"
        )
    if _is_session(Path(spec)):
        session = open_session(Path(spec))
        with session.frames() as reader:
            yield _of_session(session, reader, crop)
        return
    source = cropped(open_source(spec, frame_rate_hz=frame_rate_hz), crop)
    with source:
        damage: list[str] = []
        yield Opened(source.info, _read(source, damage), damage)


def _is_live(spec: str) -> bool:
    if not spec.lower().startswith(_LIVE):
        return False
    try:
        return not Path(spec).exists()
    except (OSError, ValueError):
        return True


def _is_session(folder: Path) -> bool:
    try:
        return is_session(folder)
    except (OSError, ValueError):
        return False


def _read(source: FrameSource, damage: list[str]) -> Iterator[Frame | Gap]:
    """Frames up to the end, or to the first that is damaged: what follows it cannot be told (see sources)."""
    following = 0
    while True:
        try:
            frame = source.read()
        except EndOfStream:
            return
        except SourceError as error:
            damage.append(str(error))
            known = source.info.frame_count
            yield Gap(following, max(1, (known or 0) - following), 0, DAMAGED)
            return
        following = frame.seq + 1
        yield frame


def _of_session(session: StoredSession, reader: RecordingReader, crop: Crop | None) -> Opened:
    info = replace(session.about.source, source_id=str(session.folder), live=False, frame_count=len(reader))
    damage: list[str] = []
    pieces = _stored(info, reader, crop, damage)
    if crop is not None:
        if not crop.within(info.columns, info.rows):
            raise SourceError(
                f"{session.folder}: crop {crop} does not lie within {info.columns} x {info.rows}"
            )
        facts = {"Delivered": f"{info.columns} x {info.rows}", **info.attributes, "Crop": str(crop)}
        info = replace(info, rows=crop.rows, columns=crop.columns, attributes=facts)
    return Opened(info, pieces, damage, session)


def _stored(
    info: SourceInfo, reader: RecordingReader, crop: Crop | None, damage: list[str]
) -> Iterator[Frame | Gap]:
    """Frames of a recording, from its first; each has its own check sum, so what follows damage is sound."""
    gaps = sorted(reader.gaps, key=lambda gap: gap.first_seq)
    start_ns: int | None = None
    last_ns, following = 0, 0
    for index in range(len(reader)):
        frame: Frame | None
        try:
            frame = reader.read(index)
        except RecordingError as error:
            frame = None
            damage.append(str(error))
        if frame is not None and (problem := _problem(frame, info)) is not None:
            damage.append(f"{info.source_id}: frame {index} {problem}")
            frame = None
        if frame is None:
            yield Gap(following, 1, 0, DAMAGED)
            following += 1
            continue
        while gaps and gaps[0].first_seq < frame.seq:
            yield gaps.pop(0)
        following = frame.seq + 1
        start_ns = frame.time_ns if start_ns is None else start_ns
        last_ns = max(last_ns, frame.time_ns - start_ns)
        pixels = frame.pixels
        if crop is not None:
            part = pixels[crop.top : crop.top + crop.rows, crop.left : crop.left + crop.columns]
            pixels = freeze_pixels(part, copy=True)
        yield replace(frame, t_source_ns=last_ns, pixels=pixels)
    yield from gaps


def _problem(frame: Frame, info: SourceInfo) -> str | None:
    if frame.pixels.shape != (info.rows, info.columns):
        return f"is {frame.columns} x {frame.rows}, the session says {info.columns} x {info.rows}"
    if frame.pixels.max() > info.intensity.largest_stored_value:
        return "has more bits than the session says"
    return None
