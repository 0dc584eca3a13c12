"""A window on pictures of known phantoms, driven by mouse and keys as an operator would."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from monitor.plan import Point
from recordings.simulated.phantom_grid import Intensifier, Plate
from recordings.simulated.phantom_grid import picture as grid_picture
from recordings.simulated.phantom_scale import Exposure, Tissue, Tube, cannula_phantom
from ui.wizard.window import WizardWindow

TUBE = Intensifier(rows=512, columns=512)


@dataclass(frozen=True)
class Shown:
    """A folder with a picture, and places in it (px)."""

    source: str
    points: tuple[Point, ...]


def written(folder: Path, *frames: np.ndarray) -> str:
    folder.mkdir(parents=True)
    for k, frame in enumerate(frames):
        cv2.imwrite(str(folder / f"{k:02}.png"), frame)
    return str(folder)


@pytest.fixture(scope="session")
def cannula(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    """A shaft of 14 px, and two points on its axis."""
    exposure = Exposure(quanta=2500.0, scatter=0.8, blur_px=0.6)
    phantom = cannula_phantom(
        Tube(width_px=14.0, angle_rad=0.4), exposure, Tissue(), np.random.default_rng([3, 4])
    )
    folder = tmp_path_factory.mktemp("cannula") / "cannula"
    return Shown(written(folder, np.asarray(phantom.pixels * 16, np.uint16)), phantom.points)


@pytest.fixture(scope="session")
def plate(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    """Beads, 10 mm apart."""
    pixels, _ = grid_picture(Plate(), TUBE, 1)
    return Shown(written(tmp_path_factory.mktemp("plate") / "plate", pixels), ())


@pytest.fixture(scope="session")
def wires(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    """Straight wires through the same intensifier, and two points on one."""
    pixels, truth = grid_picture(Plate(marks="wires", mark_mm=1.5, pitch_mm=55.0, turn_deg=4.0), TUBE, 5)
    ends = truth.lattice_px(np.array([[-0.9, 1.0], [0.9, 1.0]]))
    points = tuple((float(x), float(y)) for x, y in ends)
    return Shown(written(tmp_path_factory.mktemp("wires") / "wires", pixels), points)


class Operator:
    """What a hand does at the window."""

    def __init__(self, qtbot: QtBot, window: WizardWindow) -> None:
        self.bot, self.window = qtbot, window

    def until(self, condition: Callable[[], bool]) -> None:
        self.bot.waitUntil(condition, timeout=20_000)

    def open(self, source: str) -> None:
        bar = self.window.bar
        bar.source.selectAll()
        self.bot.keyClicks(bar.source, source)
        self.bot.keyClick(bar.source, Qt.Key.Key_Return)
        self.until(lambda: self.window.page.loaded is not None and self.window.page.loaded.source == source)

    def click(self, *places: Point) -> None:
        """Click places of the picture."""
        view = self.window.view
        for place in places:
            self.bot.mouseClick(view, Qt.MouseButton.LeftButton, pos=view.place(place).toPoint())

    def drag(self, start: Point, end: Point) -> None:
        at = self.window.view.place(end).toPoint()
        self.grab(start, end)
        self.bot.mouseRelease(self.window.view, Qt.MouseButton.LeftButton, pos=at)

    def grab(self, start: Point, end: Point) -> None:
        """Drag without letting go."""
        view = self.window.view
        # the picture may move under the pointer
        first, last = (view.place(place).toPoint() for place in (start, end))
        self.bot.mousePress(view, Qt.MouseButton.LeftButton, pos=first)
        for part in (0.4, 0.7, 1.0):
            self.bot.mouseMove(view, first + (last - first) * part)

    def keep(self) -> None:
        self.bot.mouseClick(self.window.page.keep_button, Qt.MouseButton.LeftButton)

    def go(self, number: int) -> None:
        self.bot.mouseClick(self.window.rail.buttons[number], Qt.MouseButton.LeftButton)

    def cannula(self, shown: Shown, gauge: str = "11G") -> None:
        """Open the picture, choose the way, mark the shaft and type the gauge."""
        self.go(1)
        self.open(shown.source)
        self.bot.mouseClick(self.window.scale.buttons[1], Qt.MouseButton.LeftButton)
        self.click(*shown.points)
        way = self.window.scale.ways[0]
        way.typed.clear()
        self.bot.keyClicks(way.typed, gauge)


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    return tmp_path / "room.json"


@pytest.fixture
def window(qtbot: QtBot, profile: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WizardWindow]:
    shown = WizardWindow(None, profile, room="Angio 2")
    shown.resize(1280, 720)
    shown.show()
    qtbot.waitExposed(shown)
    yield shown
    monkeypatch.setattr(shown, "unsaved", list)  # nobody is there to be asked at the end of a test
    shown.close()


@pytest.fixture
def hand(qtbot: QtBot, window: WizardWindow) -> Operator:
    return Operator(qtbot, window)
