"""The demonstration without a display: the same path as with one, and pictures that can be looked at."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import pytest

from monitor.config import Config
from monitor.states import State
from recordings.session import StoredSession, open_session
from recordings.simulated.marks import plan_for
from recordings.simulated.settings import SimulationSettings
from recordings.simulated.source import SimulatedSource
from ui.cli import run
from ui.demo import SIZE
from ui.live import live_run
from ui.qt import start_application

SECONDS = 8


@dataclass(frozen=True)
class Shown:
    done: subprocess.CompletedProcess[str]
    folder: Path

    @property
    def session(self) -> StoredSession:
        (folder,) = (path for path in self.folder.iterdir() if path.is_dir())
        return open_session(folder)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    """The demonstration, as on a machine without any display."""
    folder = tmp_path_factory.mktemp("demo") / "out"
    code = (
        "import sys; from ui.cli import run; "
        f"sys.exit(run(['demo', '--out', {str(folder)!r}, '--seconds', '{SECONDS}']))"
    )
    hidden = {"QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={key: value for key, value in os.environ.items() if key not in hidden},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    return Shown(done, folder)


def test_it_ends_well_and_says_what_it_made(shown: Shown) -> None:
    assert (shown.done.returncode, shown.done.stderr) == (0, "")
    lines = shown.done.stdout.splitlines()
    pictures = sorted(shown.folder.glob("*.png"))
    assert [line for line in lines if line.startswith("picture ")] == [
        f"picture {shown.folder / f'overlay-{what}.png'}" for what in ("monitoring", "end")
    ]
    assert {path.name for path in pictures} == {"overlay-monitoring.png", "overlay-end.png"}
    assert lines[-1] == f"session {shown.session.folder}"


def test_the_pictures_are_whole_screens(shown: Shown) -> None:
    for path in shown.folder.glob("*.png"):
        picture = cv2.imread(str(path))
        assert picture is not None
        assert picture.shape == (SIZE[1], SIZE[0], 3)
        # text, lines and an image: not one colour
        assert picture.std() > 10


def test_the_session_is_complete(shown: Shown) -> None:
    kept = shown.session
    assert kept.about.complete
    assert kept.about.source.kind == "simulated"
    assert kept.plan() == plan_for("canal")
    log = kept.log()
    states = [row["state"] for row in log.state_changes]
    assert states.index("LEARNING") < states.index("MONITORING")
    counters = json.loads(log.events[-1]["data"])
    reader = kept.frames()
    assert len(reader) == counters["captured"] == counters["written"]
    assert not reader.gaps
    reader.close()
    # a picture of monitoring must not have been taken of something else
    assert [row["state"] for row in log.volume].count("MONITORING") >= 2


def test_a_procedure_of_no_name_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["demo", "--out", str(tmp_path / "out"), "--name", "nonsense"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert "there are quiet" in err
    assert not (tmp_path / "out").exists()


def test_what_the_overlay_says_while_it_monitors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    start_application()
    from ui.overlay.observation import setup_from_plan
    from ui.overlay.window import OverlayWindow

    settings = SimulationSettings(size=256, duration_s=5.0)
    plan = plan_for("canal", settings)
    source = SimulatedSource("canal", settings)
    with live_run(source, plan, Config(), None, note="simulated procedure: canal") as running:
        window = OverlayWindow(running.observer.look, setup_from_plan(plan))
        window.resize(*SIZE)
        states = set()
        monitored = words = None
        while not running.observer.ended:
            window.tick()
            model = window.model
            assert model is not None
            states.add(model.header.state)
            if model.header.state is State.MONITORING and words is None:
                window.grab()
                monitored, words = model, {word.text for word in window.words}
            running.asked_to_stop.wait(0.02)
        window.tick()
        window.grab()
        assert window.model is not None
        assert window.model.header.state is State.NOT_MONITORING
        assert any("recording has ended" in word.text for word in window.words)
        window.close()
    assert {State.LEARNING, State.MONITORING} <= states
    assert monitored is not None
    assert words is not None
    assert monitored.footer_note == "simulated procedure: canal"
    assert monitored.mm_per_px == pytest.approx(0.7)
    assert monitored.result is not None
    (mark,) = monitored.marks
    assert (mark.level, mark.structures) == ("L1", True)
    assert [row.level for row in monitored.volumes] == ["L1"]
    assert monitored.bar.alarm is None
    assert {"MONITORING", "L1 lateral", "simulated procedure: canal"} <= words
    assert "Research and training software. Not a medical device." in words
    assert not any("safe" in word.lower() for word in words)
