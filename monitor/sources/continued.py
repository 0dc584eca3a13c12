"""Frames of a source that is taken up again: numbers and times go on where they were."""

from __future__ import annotations

from dataclasses import replace

from monitor.frame import Frame, SourceInfo
from monitor.sources.base import FrameSource
from monitor.sources.wrapped import WrappedSource


class Continued(WrappedSource):
    """A `FrameSource` whose first frame follows the last one of a run that was broken off.

    Parameters
    ----------
    source : FrameSource
    first_seq : int
        Number of its first frame.
    last_capture_ns, last_time_ns : int or None
        Of the frame before: monotonic time of its capture, and its own time. The time that passed
        between is taken from the captures.
    """

    def __init__(
        self, source: FrameSource, first_seq: int, last_capture_ns: int | None, last_time_ns: int | None
    ) -> None:
        super().__init__(source)
        self._first_seq = first_seq
        self._last_capture_ns, self._last_time_ns = last_capture_ns, last_time_ns
        self._shift_ns: int | None = None

    def open(self) -> SourceInfo:
        """Open the source; see there for errors."""
        self._shift_ns = None
        return self._source.open()

    def read(self, timeout_s: float = 1.0) -> Frame:
        """Return the next frame; raises as the source does."""
        frame = self._source.read(timeout_s)
        own_ns = frame.t_source_ns
        if own_ns is not None:
            if self._shift_ns is None:
                passed_ns = frame.t_capture_ns - (self._last_capture_ns or frame.t_capture_ns)
                self._shift_ns = (self._last_time_ns or 0) + max(0, passed_ns) - own_ns
            own_ns += self._shift_ns
        return replace(frame, seq=self._first_seq + frame.seq, t_source_ns=own_ns)
