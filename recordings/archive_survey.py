"""What a recording holds, before it is archived: whether it can be, and when its frames will be shown."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median_low

from monitor.errors import RecordingError, SourceError
from monitor.frame import Frame
from recordings.recording import RecordingReader

_MOST_DAYS = 7
_MOST_MS = _MOST_DAYS * 86_400_000
_PERIODS_S = (0.002, 10.0)
_USUAL_PERIOD_S = 1 / 15


@dataclass(frozen=True, slots=True)
class Survey:
    """All frames of one size and depth, and when they are shown.

    Parameters
    ----------
    rows, columns, bits_allocated : int
    bits : int
        Bits that the largest value takes.
    pts_ms : array of int
        By position in the recording: time of the frame in the video (ms), strictly increasing from 0; -1
        where it is damaged.
    first_ns : int
        Time of the first whole frame (`Frame.time_ns`).
    period_s : float
        Usual time between frames.
    """

    rows: int
    columns: int
    bits_allocated: int
    bits: int
    pts_ms: array[int]
    first_ns: int
    period_s: float

    @property
    def whole(self) -> int:
        """Frames that are not damaged."""
        return sum(pts >= 0 for pts in self.pts_ms)


def survey_of(
    reader: RecordingReader, first: int, end: int, step: Callable[[], None] = lambda: None
) -> Survey:
    """Read frames ``first .. end - 1`` by position once.

    Times are those of the source where it has any, else of capture, to the nearest millisecond; a frame that
    would not be later than the one before is shown a millisecond after it.

    Parameters
    ----------
    step : callable
        Called before each frame.

    Raises
    ------
    SourceError
        No whole frame, frames of more than one size or depth, or times that no run has. Names the file.
    """
    shape: tuple[int, int, int] | None = None
    largest = 0
    first_ns: int | None = None
    last_ms = -1
    shown = array("q")
    for index in range(first, end):
        step()
        try:
            frame = reader.read(index)
        except RecordingError:
            shown.append(-1)
            continue
        kind = kind_of(frame)
        if shape is None:
            shape, first_ns = kind, frame.time_ns
        elif kind != shape:
            raise SourceError(f"{reader.path}: frames of more than one size or depth ({_words(shape, kind)})")
        largest = max(largest, int(frame.pixels.max()))
        last_ms = max(last_ms + 1, (frame.time_ns - (first_ns or 0) + 500_000) // 1_000_000)
        if last_ms > _MOST_MS:
            raise SourceError(f"{reader.path}: times of its frames lie more than {_MOST_DAYS} days apart")
        shown.append(last_ms)
    if shape is None or first_ns is None:
        raise SourceError(f"{reader.path}: no whole frames")
    return Survey(*shape, max(1, largest.bit_length()), shown, first_ns, _period_s(shown))


def kind_of(frame: Frame) -> tuple[int, int, int]:
    """Rows, columns and bits allocated."""
    return frame.rows, frame.columns, 8 * frame.pixels.itemsize


def check_structure(path: Path, reader: RecordingReader, *, ended: bool) -> None:
    """Refuse a recording of which more may be saved than this software finds.

    Parameters
    ----------
    ended : bool
        It was closed in order: its clean end has to be there. Otherwise a piece of one message may be left.

    Raises
    ------
    SourceError
        It names the file.
    """
    if ended and not reader.ended:
        raise SourceError(f"{path}: was closed in order but has no clean end: damaged; left as it is")
    if not ended and not reader.ended:
        rest = path.stat().st_size - reader.read_up_to
        if len(reader) and rest > 2 * reader.largest_frame_bytes + (1 << 20):
            raise SourceError(f"{path}: cannot be followed for its last {rest} bytes; left as it is")


def _period_s(shown: array[int]) -> float:
    times = [pts for pts in shown if pts >= 0]
    steps = [after - before for before, after in pairwise(times)]
    period_s = median_low(steps) / 1000 if steps else _USUAL_PERIOD_S
    return min(max(period_s, _PERIODS_S[0]), _PERIODS_S[1])


def _words(one: tuple[int, int, int], other: tuple[int, int, int]) -> str:
    return ", ".join(f"{columns} x {rows} of {bits} bit" for rows, columns, bits in (one, other))
