"""A recorded session as a source of frames: the same path as live."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from monitor.errors import EndOfStream, RecordingError, SourceError
from monitor.frame import Frame, SourceInfo
from monitor.sources.base import OpensAndCloses
from recordings.recording import RecordingReader
from recordings.session import open_session


class RecordedSource(OpensAndCloses):
    """Frames of a session folder in the order of their capture, at the times they had.

    Parameters
    ----------
    folder : Path
    clock_ns : callable
        Monotonic clock for the time of capture (ns).
    """

    def __init__(self, folder: Path, clock_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._folder, self._clock_ns = folder, clock_ns
        self._reader: RecordingReader | None = None
        self._info: SourceInfo | None = None
        self._next = 0
        self._start_ns: int | None = None
        self._last_ns = 0

    def open(self) -> SourceInfo:
        """Open the recording. Raises `SourceError`."""
        self.close()
        session = open_session(self._folder)
        self._reader = session.frames()
        self._next, self._start_ns, self._last_ns = 0, None, 0
        self._info = replace(
            session.about.source,
            source_id=str(self._folder),
            kind="recording",
            live=False,
            frame_count=len(self._reader),
        )
        return self._info

    @property
    def info(self) -> SourceInfo:
        """What `open` returned. Raises `RuntimeError` before it."""
        if self._info is None:
            raise RuntimeError("the source has not been opened")
        return self._info

    def read(self, timeout_s: float = 1.0) -> Frame:
        """Return the next frame. Raises `EndOfStream`, and `SourceError` for a damaged frame."""
        if self._reader is None:
            raise RuntimeError("the source is not open")
        if self._next >= len(self._reader):
            raise EndOfStream(f"{self._folder} has ended")
        seq = self._next
        try:
            frame = self._reader.read(seq)
        except RecordingError as error:
            raise SourceError(str(error)) from error
        self._check(frame)
        self._next += 1
        recorded_ns = frame.time_ns
        if self._start_ns is None:
            self._start_ns = recorded_ns
        self._last_ns = max(self._last_ns, recorded_ns - self._start_ns)
        return Frame(seq, self._clock_ns(), self._last_ns, frame.pixels, str(self._folder))

    def _check(self, frame: Frame) -> None:
        """Hold a frame against what the session says of its source."""
        info = self.info
        if frame.pixels.shape != (info.rows, info.columns):
            raise SourceError(
                f"{self._folder}: frame {self._next} is {frame.columns} x {frame.rows}, "
                f"the session says {info.columns} x {info.rows}"
            )
        if frame.pixels.max() > info.intensity.largest_stored_value:
            raise SourceError(f"{self._folder}: frame {self._next} has more bits than the session says")

    def close(self) -> None:
        """Close the recording; may be called again."""
        if self._reader is not None:
            self._reader.close()
        self._reader = None
