"""Live frames through OpenCV: a thread that drains the driver, and a read that never hangs."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import cv2

from monitor.errors import SourceError, SourceLost, SourceTimeout
from monitor.frame import (
    Frame,
    Intensity,
    PixelIntensityRelationship,
    Pixels,
    SourceInfo,
    freeze_pixels,
)
from monitor.sources.live_options import LiveOptions
from monitor.sources.opencv import silence_opencv

OPEN_TIMEOUT_S = 10.0
#: How long `close` waits for a thread that is inside a read; after that it is left behind.
_JOIN_S = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class _Arrival:
    number: int
    time_ns: int
    pixels: Pixels


class LatestReader:
    """A daemon thread that reads a `cv2.VideoCapture` as fast as it gives and keeps the newest frame.

    Connecting, reading and releasing all happen on this thread, so that a driver which never returns
    holds up nobody else. Such a thread cannot be killed: it is told to stop, left behind, and
    releases the device itself should it ever come back.

    Parameters
    ----------
    connect : callable
        Returns the opened capture; called on the thread.
    clock_ns : callable
        Monotonic clock, read when a frame is in hand (ns).
    name : str
        Name of the thread.
    options : LiveOptions
        What is made of each picture.
    """

    def __init__(
        self,
        connect: Callable[[], cv2.VideoCapture],
        clock_ns: Callable[[], int],
        name: str,
        options: LiveOptions,
    ) -> None:
        self._connect, self._options = connect, options
        self._clock_ns = clock_ns
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self._latest: _Arrival | None = None
        self._ended: str | None = None
        self.facts: dict[str, str] = {}
        self.period_s: float | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def wait(self, after: int, timeout_s: float) -> _Arrival | None:
        """Return the newest frame with a number above `after`; None where none came in time.

        Raises
        ------
        SourceLost
            No frame is left and none will come.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._is_newer(after) or self._ended is not None, timeout_s)
            if self._is_newer(after):
                return self._latest
            if self._ended is not None:
                raise SourceLost(self._ended)
            return None

    def stop(self) -> None:
        """Tell the thread to end, and wait a moment for it to release what it holds."""
        self._stop.set()
        self._thread.join(_JOIN_S)

    def _is_newer(self, after: int) -> bool:
        return self._latest is not None and self._latest.number > after

    def _run(self) -> None:
        capture: cv2.VideoCapture | None = None
        reason = "no more frames"
        try:
            capture = self._connect()
            if capture.isOpened():
                self._drain(capture)
            else:
                reason = "cannot be opened"
        except Exception as error:
            # Whatever ends this thread, `read` has to say so.
            reason = " ".join(str(error).split())[:160]
        finally:
            if capture is not None:
                capture.release()
            with self._changed:
                self._ended = reason
                self._changed.notify_all()

    def _drain(self, capture: cv2.VideoCapture) -> None:
        number = 0
        while not self._stop.is_set():
            done, image = capture.read()
            time_ns = self._clock_ns()
            if not done or image is None:
                return
            if number == 0:
                self.facts, self.period_s = _facts(capture)
            # OpenCV may write into the same buffer again, so always a copy
            arrival = _Arrival(number, time_ns, freeze_pixels(self._options.picture(image), copy=True))
            number += 1
            with self._changed:
                self._latest = arrival
                self._changed.notify_all()


class LiveSource(ABC):
    """A live `FrameSource`: `read` returns the newest frame; what it never got to see is counted.

    Parameters
    ----------
    source_id : str
    kind : str
        ``device`` or ``network``.
    open_timeout_s : float
        Longest wait of `open` for the first frame (s).
    clock_ns : callable
        Monotonic clock that stamps frames when they arrive (ns).
    options : LiveOptions
        What is asked of the device, and made of each picture.
    """

    def __init__(
        self,
        source_id: str,
        kind: str,
        *,
        open_timeout_s: float = OPEN_TIMEOUT_S,
        clock_ns: Callable[[], int] = time.monotonic_ns,
        options: LiveOptions | None = None,
    ) -> None:
        self._options = options or LiveOptions()
        self._source_id = source_id
        self._kind = kind
        self._open_timeout_s = open_timeout_s
        self._clock_ns = clock_ns
        self._generation = 0
        self._reader: LatestReader | None = None
        self._info: SourceInfo | None = None
        self._seq = 0
        self._last = -1
        self._superseded = 0

    @abstractmethod
    def _connect(self) -> cv2.VideoCapture:
        """Open the capture; called on the reader's thread and may block there."""

    def open(self) -> SourceInfo:
        """Connect and wait for the first frame.

        Raises
        ------
        SourceError
            Nothing answers, or no frame came within the open time-out.
        RuntimeError
            It is open already.
        """
        if self._reader is not None:
            raise RuntimeError(f"{self._source_id} is open already")
        self._generation += 1
        silence_opencv()
        reader = LatestReader(
            self._connect, self._clock_ns, f"{self._source_id} #{self._generation}", self._options
        )
        try:
            first = reader.wait(-1, self._open_timeout_s)
        except SourceLost as error:
            reader.stop()
            raise SourceError(f"{self._source_id}: {error}") from None
        if first is None:
            reader.stop()
            raise SourceError(f"{self._source_id}: no frame within {self._open_timeout_s:g} s")
        self._reader, self._seq, self._last, self._superseded = reader, 0, -1, 0
        bits = 8 * first.pixels.dtype.itemsize
        self._info = SourceInfo(
            source_id=self._source_id,
            kind=self._kind,
            rows=first.pixels.shape[0],
            columns=first.pixels.shape[1],
            intensity=Intensity(PixelIntensityRelationship.DISP, bits),
            live=True,
            frame_period_s=reader.period_s,
            attributes=reader.facts,
        )
        return self._info

    @property
    def info(self) -> SourceInfo:
        """What `open` returned last. Raises `RuntimeError` before it."""
        if self._info is None:
            raise RuntimeError(f"{self._source_id} has not been opened")
        return self._info

    @property
    def superseded(self) -> int:
        """Frames that arrived since `open` and were replaced by newer ones before a `read`."""
        return self._superseded

    def read(self, timeout_s: float = 1.0) -> Frame:
        """Return the newest frame that was not returned before.

        Raises
        ------
        SourceTimeout
            None came within `timeout_s`.
        SourceLost
            None will come again.
        RuntimeError
            The source is not open.
        """
        if self._reader is None:
            raise RuntimeError(f"{self._source_id} is not open")
        try:
            arrival = self._reader.wait(self._last, timeout_s)
        except SourceLost as error:
            raise SourceLost(f"{self._source_id}: {error}") from None
        if arrival is None:
            raise SourceTimeout(f"{self._source_id}: no frame within {timeout_s:g} s")
        self._superseded += arrival.number - self._last - 1
        self._last = arrival.number
        frame = Frame(self._seq, arrival.time_ns, None, arrival.pixels, self._source_id)
        self._seq += 1
        return frame

    def close(self) -> None:
        """Release the device or connection; any number of times."""
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.stop()

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _facts(capture: cv2.VideoCapture) -> tuple[dict[str, str], float | None]:
    code = int(capture.get(cv2.CAP_PROP_FOURCC)) & 0xFFFFFFFF
    letters = code.to_bytes(4, "little").decode("ascii", "replace").strip("\0 ")
    columns, rows = capture.get(cv2.CAP_PROP_FRAME_WIDTH), capture.get(cv2.CAP_PROP_FRAME_HEIGHT)
    facts = {"Backend": str(capture.getBackendName()), "Delivered": f"{columns:.0f} x {rows:.0f}"}
    if letters.isprintable() and letters:
        facts["FourCC"] = letters
    rate_hz = float(capture.get(cv2.CAP_PROP_FPS))
    if rate_hz > 0:
        facts["StatedRate"] = f"{rate_hz:g} Hz"
    return facts, (1 / rate_hz if 0.1 <= rate_hz <= 500 else None)
