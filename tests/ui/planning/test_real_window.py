"""Three levels planned in a real window with a mouse and keys that are not ours: the clicks are counted."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from benchmarks.driven import Driver, display
from monitor.plan import read_plan
from tests.ui.planning.conftest import MM_PER_PX, SPEC, Opened, Truth

_MOST_PER_LEVEL = 8


def test_three_levels_take_no_more_than_eight_clicks_and_keys_each(
    opened: Opened, truth: Truth, tmp_path: Path, qtbot: QtBot
) -> None:
    for tool in ("Xvfb", "xdotool"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    out = tmp_path / "plan.json"
    with display() as screen:
        command = [sys.executable, "-c", "from ui.cli import main; main()", "plan", SPEC, "--out", str(out)]
        environment = {**os.environ, "DISPLAY": screen, "QT_QPA_PLATFORM": "xcb"}
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
            try:
                driver = Driver(screen, "^CementWatch planning: simulated")
                _plan(driver, opened, truth)
                told, _ = process.communicate(timeout=60)
            finally:
                process.kill()
    assert process.returncode == 0
    assert told == f"{out}: T12, L1, L2\n"
    assert driver.clicks + driver.keys <= 3 * _MOST_PER_LEVEL
    plan = read_plan(out)
    frame = plan.views[0].reference_frame
    away_mm = [
        MM_PER_PX * np.hypot(*(np.array(found) - at))
        for level in plan.views[0].levels
        for found, at in zip(_corners(level), truth.corners(level.name, frame), strict=True)
    ]
    assert np.median(away_mm) < 0.5
    assert max(away_mm) < 1.0


def _plan(driver: Driver, opened: Opened, truth: Truth) -> None:
    """As an operator would: corners, names, cannula, save. Places come from a twin of the window."""
    width, height = driver.size()
    twin = opened(width=width, height=height)
    frame = twin.hand.view.reference_frame
    off = np.random.default_rng(5).normal(0, 2.0, (3, 4, 2))

    def click(at: tuple[float, float]) -> None:
        place = twin.view.mapTo(twin, twin.view.place(at))
        driver.click(place.x(), place.y())

    for number, name in enumerate(("T12", "L1", "L2")):
        corners = truth.corners(name, frame)
        for k in range(4) if number == 0 else (1, 2):
            click(tuple(np.array(corners[k]) + off[number, k]))
    driver.key("u")  # the first was proposed as L1
    driver.key("Return")
    driver.key("c")
    for at in truth.shaft("L1", frame):
        click(at)
    driver.key("ctrl+Return", counts=False)


def _corners(level) -> tuple:  # type: ignore[no-untyped-def]
    upper, lower = level.superior_endplate, level.inferior_endplate
    return upper[0], upper[-1], lower[-1], lower[0]
