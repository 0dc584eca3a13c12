"""Playing a file at its own rate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from monitor.errors import SourceTimeout
from monitor.frame import Frame, SourceInfo
from monitor.sources.base import FrameSource
from monitor.sources.wrapped import WrappedSource


class Paced(WrappedSource):
    """A `FrameSource` that hands out another source's frames when they are due.

    The first frame is due at once and starts the play-out; frame k is due its own time (t_source)
    after that, or k / `assumed_frame_rate_hz` where the source has no times. A reader that comes late
    gets what is due without delay, none left out: which frames to pass over is the loop's to say.
    `info.live` is True, since frames then come at their own time. A source that is live is passed
    through untouched.

    Parameters
    ----------
    source : FrameSource
    clock_ns : callable
        Monotonic clock (ns).
    wait : callable
        Waits for the seconds given; ``time.sleep`` or an event's ``wait``.
    assumed_frame_rate_hz : float
        Rate of a source that has neither times nor a nominal period (1/s).

    Raises
    ------
    ValueError
        `assumed_frame_rate_hz` is not above 0.
    """

    def __init__(
        self,
        source: FrameSource,
        clock_ns: Callable[[], int],
        wait: Callable[[float], object],
        *,
        assumed_frame_rate_hz: float = 15.0,
    ) -> None:
        if not assumed_frame_rate_hz > 0:
            raise ValueError(f"the assumed frame rate must be above 0, not {assumed_frame_rate_hz}")
        super().__init__(source)
        self._clock_ns = clock_ns
        self._wait = wait
        self._assumed_period_s = 1 / assumed_frame_rate_hz
        self._passes_through = False
        self._start_ns: int | None = None
        self._held: Frame | None = None

    def open(self) -> SourceInfo:
        """Open the source; see there for errors."""
        info = self._source.open()
        self._passes_through = info.live
        self._start_ns, self._held = None, None
        return self.info

    @property
    def info(self) -> SourceInfo:
        """What `open` returned. Raises `RuntimeError` before it."""
        info = self._source.info
        return info if info.live else replace(info, live=True)

    def read(self, timeout_s: float = 1.0) -> Frame:
        """Return the next frame once it is due, stamped with the time of delivery.

        Raises
        ------
        SourceTimeout
            It is not due within `timeout_s`; a later read returns it.
        EndOfStream, SourceError, SourceLost
            As the source raises them.
        """
        if self._passes_through:
            return self._source.read(timeout_s)
        give_up_ns = self._clock_ns() + round(timeout_s * 1e9)
        frame = self._held = self._held or self._source.read(timeout_s)
        now_ns = self._clock_ns()
        if self._start_ns is None:
            self._start_ns = now_ns - self._offset_ns(frame)
        due_ns = self._start_ns + self._offset_ns(frame)
        while now_ns < due_ns:
            if now_ns >= give_up_ns:
                raise SourceTimeout(f"{frame.source_id}: frame {frame.seq} is not due within {timeout_s:g} s")
            self._wait((min(due_ns, give_up_ns) - now_ns) * 1e-9)
            now_ns = self._clock_ns()
        self._held = None
        return replace(frame, t_capture_ns=now_ns)

    def close(self) -> None:
        """Close the source; any number of times."""
        self._held = None
        self._source.close()

    def _offset_ns(self, frame: Frame) -> int:
        if frame.t_source_ns is not None:
            return frame.t_source_ns
        return round(frame.seq * (self._source.info.frame_period_s or self._assumed_period_s) * 1e9)
