"""A planning window over a simulated run, and where its vertebrae are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtTest import QTest
from pytestqt.qtbot import QtBot

from calibration.planning.still_picture import StillPicture, still_picture_of
from monitor.plan import Point
from recordings.open import open_source
from recordings.simulated.scene import build_scene
from recordings.simulated.settings import SimulationSettings
from ui.planning.window import PlanWindow

SPEC = "simulated:twolevels"
MM_PER_PX = 0.35
Opened = Callable[..., PlanWindow]


@dataclass(frozen=True)
class Truth:
    """Corners of every vertebra in the field, front upper first, at a frame; and the cannulas."""

    def corners(self, name: str, frame: int) -> tuple[Point, ...]:
        scene = _scene()
        level = next(one for one in scene.levels if one.placed.vertebra.name == name)
        to_px = scene.to_px(level, scene.time_s(frame))
        upper, lower = (
            level.outline[side] @ to_px[:, :2].T + to_px[:, 2]
            for side in ("superior_endplate", "inferior_endplate")
        )
        ends = (upper[0], upper[-1], lower[-1], lower[0])
        return tuple((float(x), float(y)) for x, y in ends)

    def shaft(self, name: str, frame: int) -> tuple[Point, Point]:
        """Two points on a level's cannula."""
        from recordings.simulated.marks import plan_for

        view = plan_for("twolevels").views[0]
        tip, end = (
            np.array(at) for at in next(one for one in view.levels if one.name == name).cannulas[0].path
        )
        moved = np.array(self.corners(name, frame)[1]) - np.array(self.corners(name, 0)[1])
        one, other = (tip + share * (end - tip) + moved for share in (0.4, 0.85))
        return (float(one[0]), float(one[1])), (float(other[0]), float(other[1]))


_kept: list = []


def _scene():
    if not _kept:
        _kept.append(build_scene("twolevels", SimulationSettings()))
    return _kept[0]


@pytest.fixture
def truth() -> Truth:
    return Truth()


@pytest.fixture(scope="session")
def still() -> StillPicture:
    """What every window would read of the run, read once."""
    return still_picture_of(open_source(SPEC))


@pytest.fixture
def opened(qtbot: QtBot, still: StillPicture) -> Opened:
    """A window with a picture. Without `reads` it is given the one that it would have read."""

    def open_one(
        out: Path | None = None, *, reads: bool = False, width: int = 1280, height: int = 720
    ) -> PlanWindow:
        window = PlanWindow(out, SPEC if reads else None)
        window._lose_marks = lambda: True  # type: ignore[method-assign]  # nobody is there to be asked
        qtbot.addWidget(window)
        window.resize(width, height)
        window.show()
        if not reads:
            window.show_picture(SPEC, still)
        qtbot.waitUntil(lambda: window.hand.picture is not None, timeout=20_000)
        return window

    return open_one


def click(window: PlanWindow, at: Point) -> None:
    """Click at a place of the picture."""
    place = window.view.place(at)
    QTest.mouseClick(window.view, Qt.MouseButton.LeftButton, pos=QPoint(round(place.x()), round(place.y())))


def key(window: PlanWindow, which: Qt.Key) -> None:
    """Press a key over the picture."""
    QTest.keyClick(window.view, which)
