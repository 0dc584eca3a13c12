"""The start window over sources of which every image is known, driven as an operator would."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QComboBox, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from monitor.errors import SourceLost, SourceTimeout
from monitor.frame import Frame, Intensity, PixelIntensityRelationship, SourceInfo, freeze_pixels
from monitor.plan import plan_to_json
from monitor.sources.base import FrameSource, OpensAndCloses
from recordings.open import open_source
from tests.monitor.scripted import plan, scene
from ui.start.handover import Wanted
from ui.start.window import StartWindow

GRABBER = "device:7"


class Grabber(OpensAndCloses):
    """A capture device that gives images until the test pulls its cable, and can be open once at a time."""

    def __init__(self, pixels: np.ndarray | None = None) -> None:
        self.pixels = scene() // 16 if pixels is None else pixels
        self.pulled, self.silent = threading.Event(), threading.Event()
        self.opened = self.closed = 0
        self._seq = 0
        self._waits = threading.Event()

    def open(self) -> SourceInfo:
        assert self.opened == self.closed, "somebody else has it"
        if self.pulled.is_set():
            raise SourceLost(f"{GRABBER}: no such capture device")
        self.opened += 1
        return self.info

    @property
    def info(self) -> SourceInfo:
        rows, columns = self.pixels.shape
        return SourceInfo(
            GRABBER, "device", rows, columns, Intensity(PixelIntensityRelationship.DISP, 8), live=True
        )

    def read(self, timeout_s: float = 1.0) -> Frame:
        import time

        self._waits.wait(0.02)
        if self.pulled.is_set():
            raise SourceLost(f"{GRABBER}: no more frames")
        if self.silent.is_set():
            raise SourceTimeout(f"{GRABBER}: no frame")
        self._seq += 1
        pixels = freeze_pixels(self.pixels.astype(np.uint8), copy=True)
        return Frame(self._seq, time.monotonic_ns(), None, pixels, GRABBER)

    def close(self) -> None:
        self.closed = self.opened


class Operator:
    """What hands do at the window."""

    def __init__(self, bot: QtBot, window: StartWindow) -> None:
        self.bot, self.window, self.form = bot, window, window.form

    def until(self, condition: Callable[[], bool]) -> None:
        self.bot.waitUntil(condition, timeout=20_000)

    def type(self, into: QLineEdit | QComboBox, text: str) -> None:
        line = into.lineEdit() if isinstance(into, QComboBox) else into
        assert line is not None
        line.setFocus()
        line.selectAll()
        self.bot.keyClick(line, Qt.Key.Key_Delete)
        self.bot.keyClicks(line, text)

    def enter(self, on: QWidget | None = None) -> None:
        self.bot.keyClick(on or self.window, Qt.Key.Key_Return)

    def click(self, button: QPushButton) -> None:
        self.bot.mouseClick(button, Qt.MouseButton.LeftButton)

    def open(self, spec: str) -> None:
        self.type(self.form.source, spec)
        self.enter(self.form.source.lineEdit())
        assert self.window.source.spec == spec

    def image(self) -> None:
        self.until(lambda: self.window.source.seen.frame is not None)

    @property
    def missing(self) -> str:
        return self.window.foot.missing.text()

    @property
    def may_start(self) -> bool:
        return self.window.foot.start.isEnabled()


@pytest.fixture
def grabber() -> Grabber:
    return Grabber()


@pytest.fixture
def good_plan(tmp_path: Path) -> Path:
    path = tmp_path / "plan.json"
    path.write_bytes(plan_to_json(plan()))
    return path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user who has never been here."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
    return folder


Show = Callable[..., Operator]


@pytest.fixture
def show(qtbot: QtBot, grabber: Grabber, home: Path) -> Iterator[Show]:
    windows = []

    def open_as(spec: str, rate_hz: float | None) -> FrameSource:
        return grabber if spec == GRABBER else open_source(spec, frame_rate_hz=rate_hz)

    def shown(wanted: Wanted | None = None, **options: object) -> Operator:
        window = StartWindow(wanted, open_as=open_as, **{"devices": tuple, **options})
        windows.append(window)
        window.resize(1280, 720)
        window.show()
        qtbot.waitExposed(window)
        return Operator(qtbot, window)

    yield shown
    for window in windows:
        window.close()
