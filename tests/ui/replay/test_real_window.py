"""A session replayed in a real window, with a mouse and keys that are not ours."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import pytest
from pytestqt.qtbot import QtBot

from benchmarks.driven import Driver, display
from recordings.session import FRAMES
from tests.ui.replay import made
from tests.ui.replay.conftest import Opened

_TRIES = 40


def test_a_session_is_opened_played_scrubbed_and_kept(
    session: Path, opened: Opened, qtbot: QtBot, tmp_path: Path
) -> None:
    for tool in ("Xvfb", "xdotool"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    pictures = session.with_name("session-pictures")
    with display() as screen:
        command = [sys.executable, "-c", "from ui.cli import main; main()", "replay", str(session)]
        environment = {**os.environ, "DISPLAY": screen, "QT_QPA_PLATFORM": "xcb"}
        with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
            try:
                driver = Driver(screen, "^CementWatch replay: session")
                twin = opened(session, *driver.size())
                qtbot.waitExposed(twin)
                line = twin.time_line
                at = line.mapTo(twin, line.rect().topLeft())
                driver.click(at.x() + line.x_of(3.0), at.y() + line.height() / 2)
                driver.key("s")  # where the mouse has put it
                driver.key("n")
                driver.key("n")
                driver.key("s")  # at the second alarm
                driver.key("space")
                for _ in range(_TRIES):  # it plays: sooner or later another image is kept
                    driver.key("s")
                    if len(list(pictures.glob("*-as-shown.png"))) > 2:
                        break
                driver.key("ctrl+q")
                _, said = process.communicate(timeout=60)
            finally:
                process.kill()
    assert process.returncode == 0, said
    times_s = sorted(_seconds(path) for path in pictures.glob("*-as-shown.png"))
    assert times_s[0] == pytest.approx(3.0, abs=0.05)
    assert times_s[1] == pytest.approx(made.HIGH_S + 0.04, abs=0.002)
    assert made.HIGH_S + 0.04 < times_s[2] < made.SECONDS
    shown = cv2.imread(str(pictures / f"000m{times_s[1]:06.3f}s-as-shown.png"))
    assert shown is not None
    blue, green, red = shown[80, 8].astype(int)  # the bar of a HIGH alarm
    assert red > 150
    assert max(blue, green) < 60
    assert (session / FRAMES).stat().st_size > 0


def _seconds(path: Path) -> float:
    found = re.match(r"(\d+)m([\d.]+)s", path.name)
    assert found is not None
    return 60 * int(found[1]) + float(found[2])
