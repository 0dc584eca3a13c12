"""`cementwatch live` with nothing named: which process asks, which one watches, and which one monitors."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest

from monitor.errors import CementWatchError, InputError, SourceError
from recordings.session import open_session
from tests.test_live import display, pictures, says_something, started
from tests.test_resume import files, good_plan, quick
from tests.test_watchdog import monitor_of, reading
from ui.cli import run
from ui.start.handover import Begun, Wanted
from ui.start.process import ask

__all__ = ["files", "good_plan", "pictures", "quick"]

_TRIES = 10
BEGUN = Begun(["x.dcm", "--plan", "p.json"], None, '{"operator":"Roe"}', ["a line"])


def chooser(text: bytes, then: str = "") -> list[str]:
    """Stands for a window that writes this and does that."""
    lines = f"import os, sys, time; os.write(int(sys.argv[1]), {text!r}); os.close(int(sys.argv[1])); {then}"
    return [sys.executable, "-c", lines]


def test_what_was_chosen_comes_back() -> None:
    assert ask(Wanted(source="x"), chooser(msgspec.json.encode(BEGUN))) == BEGUN
    assert ask(Wanted(), chooser(b"")) is None
    with pytest.raises(CementWatchError, match=r"has failed \(exit status 3\)"):
        ask(Wanted(), chooser(b"", "sys.exit(3)"))
    with pytest.raises(InputError, match="no such preset"):
        ask(Wanted(), chooser(msgspec.json.encode(Begun([], problem="no such preset"))))


def test_a_window_that_does_not_end_is_ended_before_the_monitor_begins(tmp_path: Path) -> None:
    """A driver that does not come back keeps its thread, and with it the device, while the process lives."""
    mark = tmp_path / "pid"
    hangs = f"open({str(mark)!r}, 'w').write(str(os.getpid())); import signal; signal.pause()"
    assert ask(Wanted(), chooser(msgspec.json.encode(BEGUN), hangs)) == BEGUN
    with pytest.raises(ProcessLookupError):
        os.kill(int(mark.read_text()), 0)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["live"], "live needs SOURCE"),
        (["live", "--headless"], "live needs SOURCE"),
        (["live", "x.dcm"], "live needs --plan PLAN.json"),
        (["live", "x.dcm", "--headless"], "live needs --plan PLAN.json"),
        (["live", "--plan", "p.json"], "live needs SOURCE"),
        (["live", "--resume"], "live --resume needs SOURCE"),
        (["live", "x.dcm", "--second", "y.dcm"], "live --second needs --plan PLAN.json"),
        (
            ["live", "x.dcm", "--plan", "p.json", "--second", "y.dcm", "--crop", "0,0,99,99"],
            "--crop is of one",
        ),
        (["live", "x.dcm", "--plan", "p.json", "--crop", "0,0,99"], "--crop must be LEFT,TOP,COLUMNS,ROWS"),
    ],
)
def test_without_a_window_what_is_missing_is_said_in_a_line(
    arguments: list[str], said: str, good_plan: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [str(good_plan) if word == "p.json" else word for word in arguments]
    assert run(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert said in err


def test_a_monitor_that_is_started_again_never_asks() -> None:
    """Whatever its arguments have become: there is a watchdog, and nobody to type."""
    environment = {"DISPLAY": ":99", "CEMENTWATCH_HEARTBEAT_FD": "1"}
    with started("live", **environment) as process:
        _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "live needs SOURCE" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--polarity", "cement-green"], "polarity must be cement-dark or cement-bright"),
        (["--crop", "0,0,9"], "--crop must be LEFT,TOP,COLUMNS,ROWS"),
        (["--preset", "none"], "no preset 'none'"),
        (["--frame-rate", "0"], "--frame-rate must be from 0.1"),
    ],
)
def test_options_that_make_no_sense_are_told_before_a_window_opens(arguments: list[str], said: str) -> None:
    with started("live", *arguments, DISPLAY=":99") as process:
        _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert len(err.splitlines()) == 1
    assert said in err


def states(folder: Path) -> list[str]:
    """What a session that is being recorded has been in; nothing before its log is there."""
    try:
        return [row["state"] for row in open_session(folder).log().state_changes]
    except SourceError:
        return []


def needs_a_screen() -> None:
    for tool in ("Xvfb", "xdotool"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")


class Keyboard:
    """Types at a screen without a window manager: the window has to be given the focus."""

    def __init__(self, screen: str) -> None:
        self._environment = {**os.environ, "DISPLAY": screen}

    def window(self, name: str) -> str:
        """Wait for a window, and give it the focus."""
        for _ in range(_TRIES):
            # a window that goes while xdotool looks at it ends the search
            with suppress(subprocess.CalledProcessError):
                return self._focus(name)
        return self._focus(name)

    def _focus(self, name: str) -> str:
        found = self._run("search", "--sync", "--onlyvisible", "--name", name)
        self._run("windowfocus", "--sync", found.split()[0])
        return found.split()[0]

    def keys(self, *keys: str) -> None:
        self._run("key", "--delay", "40", *keys)

    def enter(self) -> None:
        """Press Enter, also where the window has just gone."""
        with suppress(subprocess.CalledProcessError):
            self.keys("Return")

    def text(self, text: str) -> None:
        self._run("type", "--delay", "25", text)

    def _run(self, *words: str) -> str:
        return subprocess.run(
            ["xdotool", *words], env=self._environment, check=True, timeout=60, capture_output=True, text=True
        ).stdout


def environment_of(home: Path, screen: str) -> dict[str, str]:
    home.mkdir()
    return {
        "DISPLAY": screen, "PYTHONUNBUFFERED": "1", "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"), "XDG_CACHE_HOME": str(home / "cache"),
    }  # fmt: skip


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_typed_at_a_real_screen_a_trial_is_monitored_and_goes_on_after_a_kill(
    quick: Path, tmp_path: Path
) -> None:
    needs_a_screen()
    home = tmp_path / "home"
    with (
        display() as screen,
        started("live", "--config", quick, "--no-sound", **environment_of(home, screen)) as process,
    ):
        keyboard = Keyboard(screen)
        keyboard.window("^CementWatch start")
        keyboard.keys("alt+s")
        keyboard.text("simulated:canal?size=192&fps=10&duration=30")
        keyboard.keys("Return")
        keyboard.keys("alt+1")
        keyboard.text("4711")
        keyboard.keys("Tab")
        keyboard.text("Doe")
        monitoring = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        asks = monitoring.read_text().split()
        while monitoring.read_text().split() == asks:  # until it is ready, Enter does nothing
            keyboard.enter()
        keyboard.window("^CementWatch$")
        (folder,) = (home / "CementWatch" / "sessions").iterdir()
        while "MONITORING" not in states(folder):
            assert process.poll() is None
        command = Path(f"/proc/{monitor_of(process)}/cmdline").read_bytes()
        assert b"--no-sound" in command
        assert str(quick).encode() in command
        assert b"4711" not in command
        assert b"Doe" not in command
        os.kill(monitor_of(process), signal.SIGKILL)
        reading(process, "starting the monitor again (1)")
        keyboard.window("^CementWatch$")
        children = [Path(f"/proc/{child}/cmdline").read_bytes() for child in monitoring.read_text().split()]
        assert not any(b"ui.start" in child for child in children)
        while "restarted" not in says_something(process):
            pass
        process.send_signal(signal.SIGINT)
        drain = threading.Thread(target=process.communicate, daemon=True)
        drain.start()
        drain.join(60)
        assert process.poll() == 0
    kept = open_session(folder)
    assert kept.about.complete
    assert kept.about.procedure is not None
    assert (kept.about.procedure.patient_id, kept.about.procedure.patient_name) == ("4711", "Doe")
    assert [row["name"] for row in kept.log().events] == ["resumed", "stopped"]


def test_ctrl_c_closes_the_window_and_starts_nothing(tmp_path: Path) -> None:
    needs_a_screen()
    with display() as screen, started("live", **environment_of(tmp_path / "home", screen)) as process:
        Keyboard(screen).window("^CementWatch start")
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert err.splitlines() == ["cementwatch: interrupted"]


def test_a_source_without_a_plan_is_filled_in(
    pictures: Path, good_plan: Path, quick: Path, tmp_path: Path
) -> None:
    needs_a_screen()
    folder = tmp_path / "session"
    with (
        display() as screen,
        started(
            "live", pictures, "--frame-rate", 20, "--config", quick, "--session", folder, "--no-watchdog",
            **environment_of(tmp_path / "home", screen),
        ) as process,
    ):  # fmt: skip
        keyboard = Keyboard(screen)
        keyboard.window("^CementWatch start")
        keyboard.keys("alt+k")
        keyboard.keys("alt+l")
        keyboard.text(str(good_plan))
        while not (folder / "session.json").exists():
            keyboard.enter()
        keyboard.window("^CementWatch$")
        while "leak" not in says_something(process):
            pass
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    kept = open_session(folder)
    assert kept.plan() is not None
    assert kept.plan().views[0].polarity == "cement-dark"  # type: ignore[union-attr]
