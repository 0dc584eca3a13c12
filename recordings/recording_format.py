"""What the reader and the writer of a recording agree on."""

from __future__ import annotations

from dataclasses import dataclass

MAGIC = b"\x89MCAP0\r\n"


@dataclass(frozen=True, slots=True)
class Whole:
    """The part of a recording that is whole, behind which more can be appended.

    Parameters
    ----------
    end : int
        Byte after the last whole message.
    frames, gaps, events, steps : int
        Messages up to there.
    times_ns : tuple of (int, int) or None
        Earliest and latest log time; None where there is no message.
    next_seq, next_step : int
        Number of the frame, and of the step, that follow.
    last_capture_ns, last_time_ns : int or None
        Of the last frame: its monotonic time of capture, and its own time; None without one.
    """

    end: int
    frames: int
    gaps: int
    events: int
    steps: int
    times_ns: tuple[int, int] | None
    next_seq: int
    next_step: int
    last_capture_ns: int | None
    last_time_ns: int | None
