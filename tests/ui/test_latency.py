"""The flashing window on a real (offscreen) screen, and a camera that sees it late."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from types import TracebackType
from typing import Self

import numpy as np
import pytest
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from calibration.latency import STEP_S, pattern
from monitor.errors import CalibrationError, EndOfStream
from monitor.frame import Frame, Intensity, PixelIntensityRelationship, SourceInfo, freeze_pixels
from ui import latency
from ui.latency import FlashWindow, PatternCapture, flash_and_capture

DELAY_S = 0.12


class Camera:
    """A live source that shows, late, what the window showed; None: it sees a wall."""

    def __init__(self, windows: list[FlashWindow] | None) -> None:
        self._windows = windows
        self._seq = 0
        self._end = threading.Event()
        self.info = SourceInfo(
            "camera", "device", 60, 80, Intensity(PixelIntensityRelationship.DISP, 8), live=True
        )

    def open(self) -> SourceInfo:
        return self.info

    def read(self, timeout_s: float = 1.0) -> Frame:
        if self._end.wait(1 / 60):
            raise EndOfStream("camera")
        now_ns = time.monotonic_ns()
        pixels = np.full((60, 80), 60, np.uint8)
        pixels += np.random.default_rng(self._seq).integers(0, 5, pixels.shape, dtype=np.uint8)
        if self._windows:
            flips = np.array(self._windows[0].flip_ns)
            k = int(np.searchsorted(flips, now_ns - round(DELAY_S * 1e9), side="right")) - 1
            if k >= 0 and self._windows[0].lit[k]:
                pixels[15:45, 20:60] += 150
        self._seq += 1
        return Frame(self._seq - 1, now_ns, now_ns, freeze_pixels(pixels, copy=False), "camera")

    def close(self) -> None:
        self._end.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> list[FlashWindow]:
    made: list[FlashWindow] = []

    class Known(FlashWindow):
        def __init__(self, elements: list[bool]) -> None:
            super().__init__(elements)
            made.append(self)

    monkeypatch.setattr(latency, "FlashWindow", Known)
    return made


def test_a_camera_that_sees_the_window_late_is_found_to_be_late(
    qapp: object, windows: list[FlashWindow]
) -> None:
    del qapp
    info, found = flash_and_capture(Camera(windows), 9.0)
    assert info.source_id == "camera"
    assert found.delay_ms == pytest.approx(1e3 * DELAY_S, abs=60)
    assert found.likeness > 0.6
    assert len(windows[0].flip_ns) == round(9.0 / STEP_S)
    assert windows[0].lit == [bool(v) for v in pattern()[: len(windows[0].lit)]]


def test_a_camera_that_looks_elsewhere_is_told(qapp: object) -> None:
    del qapp
    with pytest.raises(CalibrationError, match="no flashing pattern"):
        flash_and_capture(Camera(None), 1.0)


def test_a_pattern_that_is_stopped_early_gives_no_delay(qtbot: QtBot, windows: list[FlashWindow]) -> None:
    capture = PatternCapture(Camera(windows), 20.0)
    capture.start()
    qtbot.waitUntil(lambda: len(windows[0].flip_ns) > 2)
    with qtbot.waitSignal(capture.finished):
        qtbot.keyClick(windows[0], Qt.Key.Key_Escape)
    assert not windows[0].isVisible()
    with pytest.raises(CalibrationError, match="before all of the pattern"):
        capture.measured()


def test_what_is_not_live_is_refused_before_anything_flashes(
    qtbot: QtBot, windows: list[FlashWindow]
) -> None:
    camera = Camera(windows)
    camera.info = replace(camera.info, live=False)
    capture = PatternCapture(camera, 20.0)
    with qtbot.waitSignal(capture.finished):
        capture.start()
    assert windows[0].flip_ns == []
    with pytest.raises(CalibrationError, match="is not live"):
        capture.measured()
