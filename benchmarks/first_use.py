"""A new user's way from `cementwatch live` to MONITORING: `python -m benchmarks.first_use`.

A mouse and keys that are not ours (xdotool) act in real windows on an X server that nobody sees: a source is
typed, its image looked at, three levels are marked a little beside the truth, and the monitor is started.
Printed are the steps with their clicks and keys, the time that the programs take, how far the marks lie from
the truth, and the states of the monitor's own log. With --out a picture of the screen is kept of each step.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.driven import Driver, display
from monitor.plan import Level, Point, read_plan
from recordings.session import open_session
from recordings.simulated.marks import plan_for
from recordings.simulated.scene import Scene, build_scene
from recordings.simulated.settings import SimulationSettings

SPEC = "simulated:twolevels"
NAMES = ("T12", "L1", "L2")
_CLICK_MM = 0.7
_WATCHED_S = 25.0


def main() -> None:
    """Drive and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--out", type=Path, help="Folder for pictures of the screen.")
    chosen = parser.parse_args()
    if chosen.out is not None:
        chosen.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, display(chosen.size) as screen:
        _drive(Path(home), screen, chosen.out)


def _drive(home: Path, screen: str, out: Path | None) -> None:
    environment = {
        **os.environ, "DISPLAY": screen, "QT_QPA_PLATFORM": "xcb", "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"), "XDG_CACHE_HOME": str(home / "cache"),
    }  # fmt: skip
    command = [sys.executable, "-c", "import sys; from ui.cli import run; sys.exit(run(['live']))"]
    began_s = time.monotonic()
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            start = Driver(screen, "^CementWatch start")
            _step("start window", began_s, start, out, screen)
            start.key("alt+s")
            start.type(SPEC)
            start.key("Return")
            start.wait_for_title("^CementWatch start: simulated")
            _step("source and its image", began_s, start, out, screen)
            start.key("alt+m")
            plan = Driver(screen, "^CementWatch planning: simulated")
            _step("planning window", began_s, plan, out, screen)
            frame = _mark(plan)
            _step("three levels, names and a cannula", began_s, plan, out, screen)
            plan.key("ctrl+Return")
            monitor = Driver(screen, "^CementWatch$")
            _step("monitor", began_s, monitor, out, screen)
            time.sleep(_WATCHED_S)
            _step("watched", began_s, monitor, out, screen)
            monitor.key("ctrl+q")
            monitor.key("ctrl+q")
            process.wait(60)
        finally:
            process.kill()
    _report(home, frame, plan)


def _mark(driver: Driver) -> int:
    """Mark as an operator would; places on the screen come from a twin of the window. The frame."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from ui.qt import start_application

    application = start_application()
    from ui.planning.window import PlanWindow

    twin = PlanWindow(None, SPEC)
    twin.resize(*driver.size())
    twin.show()
    while twin.hand.picture is None:
        application.processEvents()
    frame = twin.hand.view.reference_frame
    scene = build_scene("twolevels", SimulationSettings())
    rng = np.random.default_rng(5)

    def click(at: Point) -> None:
        off = np.clip(rng.normal(0, _CLICK_MM, 2), -2 * _CLICK_MM, 2 * _CLICK_MM) / scene.settings.pixel_mm
        place = twin.view.mapTo(twin, twin.view.place((at[0] + off[0], at[1] + off[1])))
        driver.click(place.x(), place.y())

    for number, name in enumerate(NAMES):
        corners = corners_of(scene, name, frame)
        for k in range(4) if number == 0 else (1, 2):
            click(corners[k])
    driver.key("u")
    driver.key("Return")
    driver.key("c")
    tube = next(level for level in plan_for("twolevels").views[0].levels if level.name == "L1").cannulas[0]
    tip, end = np.array(tube.path)
    moved = np.subtract(corners_of(scene, "L1", frame)[1], corners_of(scene, "L1", 0)[1])
    for share in (0.4, 0.85):
        x, y = tip + share * (end - tip) + moved
        place = twin.view.mapTo(twin, twin.view.place((float(x), float(y))))
        driver.click(place.x(), place.y())
    twin.hand.history.now = type(twin.hand.history.now)()
    twin.close()
    return frame


def corners_of(scene: Scene, name: str, frame: int) -> tuple[Point, ...]:
    """True corners of a vertebra (px), front upper first, then round."""
    level = next(one for one in scene.levels if one.placed.vertebra.name == name)
    to_px = scene.to_px(level, scene.time_s(frame))
    upper, lower = (
        level.outline[side] @ to_px[:, :2].T + to_px[:, 2]
        for side in ("superior_endplate", "inferior_endplate")
    )
    return tuple((float(x), float(y)) for x, y in (upper[0], upper[-1], lower[-1], lower[0]))


def _step(words: str, began_s: float, driver: Driver, out: Path | None, screen: str) -> None:
    print(
        f"{words}: {driver.clicks} clicks, {driver.keys} keys in this window; "
        f"{time.monotonic() - began_s:.1f} s since the command"
    )
    if out is not None:
        name = f"{len(list(out.glob('*.png'))):02}-{words.split(',', maxsplit=1)[0].replace(' ', '-')}.png"
        take = (
            "from PyQt6.QtWidgets import QApplication as A; a = A([]); "
            f"a.primaryScreen().grabWindow(0).save({str(out / name)!r})"
        )
        environment = {**os.environ, "DISPLAY": screen, "QT_QPA_PLATFORM": "xcb"}
        subprocess.run([sys.executable, "-c", take], env=environment, check=True)


def _report(home: Path, frame: int, driver: Driver) -> None:
    session = next((home / "CementWatch" / "sessions").iterdir())
    kept = open_session(session)
    plan = read_plan(session / "plan.json")
    scene = build_scene("twolevels", SimulationSettings())
    away_mm = [
        scene.settings.pixel_mm * float(np.hypot(*np.subtract(found, at)))
        for level in plan.views[0].levels
        for found, at in zip(_corners(level), corners_of(scene, level.name, frame), strict=True)
    ]
    per_level = (driver.clicks + driver.keys) / len(plan.views[0].levels)
    names = ", ".join(level.name for level in plan.views[0].levels)
    print(f"levels {names}: {per_level:.1f} clicks and keys each")
    print(f"corners off by median {np.median(away_mm):.2f}, at most {max(away_mm):.2f} mm")
    for change in kept.log().state_changes:
        print(f"  {change['state']}: {change['reasons']}")


def _corners(level: Level) -> tuple[Point, ...]:
    upper, lower = level.superior_endplate, level.inferior_endplate
    assert upper is not None, "drawn with its endplates"
    assert lower is not None, "drawn with its endplates"
    return upper[0], upper[-1], lower[-1], lower[0]


if __name__ == "__main__":
    main()
