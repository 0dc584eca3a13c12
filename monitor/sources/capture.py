"""Frames of a capture device (frame grabber, camera)."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2

from monitor.errors import SourceError
from monitor.frame import SourceInfo
from monitor.sources.live import OPEN_TIMEOUT_S, LiveSource
from monitor.sources.live_options import LiveOptions


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
    options : LiveOptions or None
    """

    def __init__(
        self,
        index: int,
        *,
        open_timeout_s: float = OPEN_TIMEOUT_S,
        clock_ns: Callable[[], int] = time.monotonic_ns,
        options: LiveOptions | None = None,
    ) -> None:
        super().__init__(
            f"device:{index}", "device", open_timeout_s=open_timeout_s, clock_ns=clock_ns, options=options
        )
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
        negotiate(capture, self._options)
        return capture


def negotiate(capture: cv2.VideoCapture, options: LiveOptions) -> None:
    """Ask a device for a format, a size and a rate, in the order in which drivers take them.

    Raises
    ------
    SourceError
        It gives another size or format: marks and values would be wrong, so nothing else is taken instead.
        Another rate is taken; the true one is measured.
    """
    if options.fourcc is not None:
        capture.set(cv2.CAP_PROP_FOURCC, float(cv2.VideoWriter.fourcc(*options.fourcc)))
    if options.size is not None:
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, options.size[0])
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, options.size[1])
    if options.rate_hz is not None:
        capture.set(cv2.CAP_PROP_FPS, options.rate_hz)
    if options.size is not None:
        given = (
            round(capture.get(cv2.CAP_PROP_FRAME_WIDTH)),
            round(capture.get(cv2.CAP_PROP_FRAME_HEIGHT)),
        )
        if given != options.size:
            raise SourceError(
                f"gives {given[0]} x {given[1]}, not the {options.size[0]} x {options.size[1]} asked for"
            )
    if options.fourcc is not None:
        code = int(capture.get(cv2.CAP_PROP_FOURCC)) & 0xFFFFFFFF
        given_format = code.to_bytes(4, "little").decode("ascii", "replace")
        if given_format != options.fourcc:
            raise SourceError(
                f"gives format {given_format.strip()!r}, not the {options.fourcc.strip()} asked for"
            )
