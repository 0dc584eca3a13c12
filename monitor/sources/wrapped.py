"""A source around a source: what most of those leave as it is."""

from __future__ import annotations

from monitor.frame import Frame, SourceInfo
from monitor.sources.base import FrameSource, OpensAndCloses


class WrappedSource(OpensAndCloses):
    """A `FrameSource` that hands everything on; derived ones change what they are for.

    Parameters
    ----------
    source : FrameSource
    """

    def __init__(self, source: FrameSource) -> None:
        self._source = source

    def open(self) -> SourceInfo:
        """Open the source; see there for errors."""
        return self._source.open()

    @property
    def info(self) -> SourceInfo:
        """What `open` returned. Raises `RuntimeError` before it."""
        return self._source.info

    def read(self, timeout_s: float = 1.0) -> Frame:
        """Return the next frame; raises as the source does."""
        return self._source.read(timeout_s)

    def close(self) -> None:
        """Close the source; any number of times."""
        self._source.close()
