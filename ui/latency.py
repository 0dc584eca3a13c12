"""A window that flashes a known pattern while the source is captured."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import cv2
import numpy as np
from PyQt6.QtCore import QTimer
from PyQt6.QtGui import QColor, QPainter, QPaintEvent
from PyQt6.QtWidgets import QApplication, QWidget

from calibration.latency import STEP_S, LatencyCalibration, find_pattern, measure_latency, pattern
from monitor.errors import CalibrationError, EndOfStream, SourceTimeout
from monitor.frame import SourceInfo
from monitor.sources.base import FrameSource
from ui.qt import start_application

_SMALL = (64, 48)
_JOIN_S = 5.0


class FlashWindow(QWidget):
    """Shows one element of the pattern after another and notes when each was painted."""

    def __init__(self, elements: list[bool], clock_ns: Callable[[], int] = time.monotonic_ns) -> None:
        super().__init__()
        self.setWindowTitle("CementWatch latency pattern")
        self._elements, self._clock_ns = elements, clock_ns
        self._number = -1
        self.flip_ns: list[int] = []
        self.lit: list[bool] = []
        self.resize(800, 600)

    @property
    def done(self) -> bool:
        """Whether all of the pattern has been shown."""
        return self._number >= len(self._elements)

    def advance(self) -> None:
        """Show the next element."""
        self._number += 1
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Paint the element; its time is that of the painting."""
        del event
        lit = 0 <= self._number < len(self._elements) and self._elements[self._number]
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor("white" if lit else "black"))
        painter.end()
        if len(self.lit) <= self._number < len(self._elements):
            self.flip_ns.append(self._clock_ns())
            self.lit.append(lit)


@dataclass
class _Captured:
    """Small copies of captured frames and their times, filled by a thread of its own."""

    source: FrameSource
    stop: threading.Event = field(default_factory=threading.Event)
    times_ns: list[int] = field(default_factory=list)
    small: list[np.ndarray] = field(default_factory=list)
    error: Exception | None = None

    def run(self) -> None:
        """Read until told to stop."""
        while not self.stop.is_set():
            try:
                frame = self.source.read(timeout_s=0.5)
            except SourceTimeout:
                continue
            except EndOfStream:
                return
            except Exception as error:
                self.error = error
                return
            self.times_ns.append(frame.t_capture_ns)
            grey = frame.pixels.astype(np.float32)
            self.small.append(cv2.resize(grey, _SMALL, interpolation=cv2.INTER_AREA))


def flash_and_capture(source: FrameSource, seconds: float) -> tuple[SourceInfo, LatencyCalibration]:
    """Show the pattern, capture the source meanwhile, and measure the delay.

    Raises
    ------
    CalibrationError
        The captured frames do not show the pattern.
    SourceError
        The source cannot be opened or read.
    """
    start_application()
    elements = [bool(lit) for lit in pattern()[: max(1, round(seconds / STEP_S))]]
    with source:
        info = source.info
        captured = _Captured(source)
        thread = threading.Thread(target=captured.run, name="latency-capture", daemon=True)
        thread.start()
        window = FlashWindow(elements)
        window.showFullScreen()
        timer = QTimer(window)

        def tick() -> None:
            window.advance()
            if window.done:
                timer.stop()
                QTimer.singleShot(1000, QApplication.quit)

        timer.timeout.connect(tick)
        timer.start(round(1000 * STEP_S))
        QApplication.exec()
        captured.stop.set()
        thread.join(_JOIN_S)
        window.close()
    if captured.error is not None:
        raise captured.error
    if len(captured.small) < 2:
        raise CalibrationError(f"{info.source_id}: no frames were captured while the pattern was shown")
    frames = np.stack(captured.small)
    region = find_pattern(frames)
    return info, measure_latency(
        np.array(window.flip_ns, np.int64),
        np.array(window.lit),
        np.array(captured.times_ns, np.int64),
        frames[:, region].mean(axis=1).astype(np.float64),
    )
