"""Frames of a capture device (frame grabber, camera)."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2

from monitor.errors import SourceError
from monitor.frame import SourceInfo
from monitor.sources.live import OPEN_TIMEOUT_S, LiveSource


class CaptureSource(LiveSource):
    """The capture device with this index. Live; frames carry no time of the device's own.

    Parameters
    ----------
    index : int
        Number of the device, from 0 (``/dev/videoN`` on Linux).
    open_timeout_s : float
        Longest wait of `open` for the first frame (s).
    clock_ns : callable
        Monotonic clock that stamps frames when they arrive (ns).
    """

    def __init__(
        self,
        index: int,
        *,
        open_timeout_s: float = OPEN_TIMEOUT_S,
        clock_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        super().__init__(f"device:{index}", "device", open_timeout_s=open_timeout_s, clock_ns=clock_ns)
        self._index = index

    def open(self) -> SourceInfo:
        """Open the device and wait for its first frame; see `LiveSource.open`."""
        if sys.platform == "linux" and not Path(f"/dev/video{self._index}").exists():
            raise SourceError(f"{self._source_id}: no such capture device")
        return super().open()

    def _connect(self) -> cv2.VideoCapture:
        capture = cv2.VideoCapture(self._index, cv2.CAP_V4L2 if sys.platform == "linux" else cv2.CAP_ANY)
        # A queue of one, where the driver heeds it: what waits in a queue is old.
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        return capture


@dataclass(frozen=True, slots=True)
class CaptureDevice:
    """A capture device that the system lists.

    Parameters
    ----------
    index : int
        The N of ``device:N``.
    name : str
        What the driver calls it.
    """

    index: int
    name: str


def capture_devices() -> tuple[CaptureDevice, ...]:
    """List capture devices without opening any (Linux; elsewhere nothing is known and none are listed)."""
    found = []
    for entry in Path("/sys/class/video4linux").glob("video*"):
        number = entry.name.removeprefix("video")
        if number.isdigit():
            name = entry / "name"
            label = name.read_text(errors="replace").strip() if name.is_file() else entry.name
            found.append(CaptureDevice(int(number), label))
    return tuple(sorted(found, key=lambda device: device.index))
