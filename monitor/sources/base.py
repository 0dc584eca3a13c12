"""The one protocol that every source of frames follows."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self, runtime_checkable

from monitor.frame import Frame, SourceInfo


@runtime_checkable
class FrameSource(Protocol):
    """Frames from a file, a device, a network or a simulation.

    Life of a source: construct (nothing is opened), `open`, `read` until `EndOfStream`, `close`.
    A source is used by one thread at a time. It can be opened again after `close` and then starts
    anew. It is a context manager that opens and closes.

    The contract, tested over every source:

    - `open` raises `SourceError` with one line naming the source; nothing stays open then.
    - `read` returns frames with contiguous `seq` from 0, read-only gray pixels of `info` size and
      non-decreasing `time_ns`, and raises `EndOfStream` for ever after the last one.
    - a live source raises `SourceTimeout` where nothing came within `timeout_s`, `SourceLost` where
      nothing will come again.
    - a frame that cannot be decoded raises `SourceError` naming the source and the frame.
    - `close` may be called at any time, any number of times.
    """

    def open(self) -> SourceInfo:
        """Open the source and say what it is."""
        ...

    @property
    def info(self) -> SourceInfo:
        """What `open` returned. Raises `RuntimeError` before it."""
        ...

    def read(self, timeout_s: float = 1.0) -> Frame:
        """Return the next frame (a live source: the newest)."""
        ...

    def close(self) -> None:
        """Release everything."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class OpensAndCloses:
    """A source as a context manager: opened on entry, closed at the end."""

    def open(self) -> SourceInfo:
        """Open the source and say what it is."""
        raise NotImplementedError

    def close(self) -> None:
        """Release everything."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
