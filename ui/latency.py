"""A window that flashes a known pattern while the source is captured."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import cv2
import numpy as np
from PyQt6.QtCore import QEventLoop, QObject, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QCloseEvent, QColor, QKeyEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import QWidget

from calibration.latency import STEP_S, LatencyCalibration, find_pattern, measure_latency, pattern
from monitor.errors import CalibrationError, EndOfStream, SourceTimeout
from monitor.frame import SourceInfo
from monitor.sources.base import FrameSource
from ui.qt import start_application

_SMALL = (64, 48)
_JOIN_S = 5.0
_OPENED_MS, _AFTER_MS = 20, 1000


class FlashWindow(QWidget):
    """Shows one element of the pattern after another and notes when each was painted."""

    closed = pyqtSignal()

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

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        """Escape closes."""
        if event is not None and event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Tell that it was closed, by whomever."""
        super().closeEvent(event)
        self.closed.emit()


@dataclass
class _Captured:
    """Small copies of captured frames and their times, filled by a thread of its own."""

    source: FrameSource
    stop: threading.Event = field(default_factory=threading.Event)
    times_ns: list[int] = field(default_factory=list)
    small: list[np.ndarray] = field(default_factory=list)
    info: SourceInfo | None = None
    error: Exception | None = None

    def run(self) -> None:
        """Open the source and read until told to stop."""
        try:
            with self.source:
                info = self.source.info
                if not info.live:
                    raise CalibrationError(f"{info.source_id}: is not live, so that it cannot see the screen")
                self.info = info
                self._read()
        except Exception as error:
            self.error = error

    def _read(self) -> None:
        while not self.stop.is_set():
            try:
                frame = self.source.read(timeout_s=0.5)
            except SourceTimeout:
                continue
            except EndOfStream:
                return
            self.times_ns.append(frame.t_capture_ns)
            grey = frame.pixels.astype(np.float32)
            self.small.append(cv2.resize(grey, _SMALL, interpolation=cv2.INTER_AREA))


class PatternCapture(QObject):
    """Shows the pattern full screen and captures the source meanwhile; Escape ends it.

    Parameters
    ----------
    source : FrameSource
        Opened and closed on a thread of its own.
    seconds : float
        How long to flash.
    """

    finished = pyqtSignal()

    def __init__(self, source: FrameSource, seconds: float) -> None:
        super().__init__()
        self._captured = _Captured(source)
        self._thread = threading.Thread(target=self._captured.run, name="latency-capture", daemon=True)
        self._window = FlashWindow([bool(lit) for lit in pattern()[: max(1, round(seconds / STEP_S))]])
        self._window.closed.connect(self._end)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        self._shown, self._ended = False, False

    def start(self) -> None:
        """Open the source, then show the pattern; returns at once. `finished` is emitted once."""
        self._thread.start()
        self._timer.start(_OPENED_MS)

    def stop(self) -> None:
        """End before the pattern does; nothing can be measured then."""
        self._end()

    def _tick(self) -> None:
        if not self._thread.is_alive():
            self._end()
        elif self._shown:
            self._window.advance()
            if self._window.done:
                self._timer.stop()
                QTimer.singleShot(_AFTER_MS, self._end)
        elif self._captured.info is not None:
            self._shown = True
            self._window.showFullScreen()
            self._timer.start(round(1000 * STEP_S))

    def _end(self) -> None:
        if self._ended:
            return
        self._ended = True
        self._timer.stop()
        self._captured.stop.set()
        self._thread.join(_JOIN_S)
        self._window.close()
        self.finished.emit()

    def measured(self) -> tuple[SourceInfo, LatencyCalibration]:
        """The source and its delay, once `finished`; on any thread.

        Raises
        ------
        CalibrationError
            The window was closed too early, or the captured frames do not show the pattern.
        SourceError
            The source could not be opened or read.
        """
        captured, window = self._captured, self._window
        if captured.error is not None:
            raise captured.error
        if captured.info is None or not window.done:
            raise CalibrationError("latency: ended before all of the pattern had been shown")
        if len(captured.small) < 2:
            raise CalibrationError(
                f"{captured.info.source_id}: no frames were captured while the pattern was shown"
            )
        frames = np.stack(captured.small)
        region = find_pattern(frames)
        return captured.info, measure_latency(
            np.array(window.flip_ns, np.int64),
            np.array(window.lit),
            np.array(captured.times_ns, np.int64),
            frames[:, region].mean(axis=1).astype(np.float64),
        )


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
    capture, loop = PatternCapture(source, seconds), QEventLoop()
    capture.finished.connect(loop.quit)
    capture.start()
    loop.exec()
    return capture.measured()
