"""An exercise from start to score in a real window: a key is held as a foot holds a pedal."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.driven import Driver, display
from recordings.training.history import read_history
from recordings.training.pedal import joined


def test_an_exercise_is_driven_from_start_to_score(tmp_path: Path) -> None:
    for tool in ("Xvfb", "xdotool"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    command = [
        sys.executable, "-c", "from ui.cli import main; main()", "train", "--exercise", "warm-up",
        "--trainee", "Ann", "--seed", "1", "--no-sound", "--records", str(tmp_path),
    ]  # fmt: skip
    with display() as screen:
        environment = {**os.environ, "DISPLAY": screen, "QT_QPA_PLATFORM": "xcb"}
        with subprocess.Popen(command, env=environment) as process:
            try:
                driver = Driver(screen, "^CementWatch training: Warm-up, not yet")
                driver.hold("space")
                driver.wait_for_title("^CementWatch training: Warm-up, injecting")
                driver.wait_for_title("^CementWatch training: Warm-up, empty")
                driver.let_go("space")
                driver.wait_for_title("^CementWatch training: score")
                driver.key("ctrl+q")
                status = process.wait(timeout=60)
            finally:
                process.kill()
    assert status == 0
    (attempt,) = read_history(tmp_path, "Ann").attempts
    assert (attempt.exercise, attempt.help, attempt.scripted) == ("warm-up", True, False)
    # the server repeats a key that is held, some 25 times a second
    assert len(joined(tuple(attempt.presses))) == 1
    score = attempt.score
    assert score.injected_ml == pytest.approx(0.4, abs=0.01)
    assert (score.needless, score.leaked_ml, score.danger) == (0, 0.0, None)
    assert score.total == pytest.approx(100)
