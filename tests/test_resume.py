"""A run that is killed, and the one that goes on with its session."""

from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest

from monitor.config import read_config
from monitor.errors import OutputError, SourceError
from monitor.memory import LevelMemory, Memory
from monitor.plan import plan_to_json, read_plan
from monitor.result import AlarmState
from monitor.states import State
from recordings.memory_file import read_memory, write_memory
from recordings.open import open_source
from recordings.session import open_session
from tests.monitor.scripted import plan
from tests.test_live import call, pictures, says_something, started
from ui.live import live_run

__all__ = ["pictures"]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    (folder / "plan.json").write_bytes(plan_to_json(plan()))
    (folder / "quick.toml").write_text("[learning]\nshortest_s = 0.8\n")
    return folder


@pytest.fixture(scope="module")
def good_plan(files: Path) -> Path:
    return files / "plan.json"


@pytest.fixture(scope="module")
def quick(files: Path) -> Path:
    """A configuration that learns in a second."""
    return files / "quick.toml"


@pytest.fixture(scope="module")
def dead(files: Path, pictures: Path, good_plan: Path, quick: Path) -> Path:
    """The session of a run that was killed once it had told of a leak."""
    folder = files / "session"
    arguments = ["live", pictures, "--plan", good_plan, "--frame-rate", 20, "--config", quick]
    with started(*arguments, "--session", folder, "--headless", PYTHONUNBUFFERED="1") as process:
        while "leak" not in says_something(process):
            pass
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=30)
    return folder


@pytest.fixture
def killed(dead: Path, tmp_path: Path) -> Path:
    return shutil.copytree(dead, tmp_path / "session")


def again(killed: Path, pictures: Path, good_plan: Path, quick: Path, *more: object) -> int:
    return call(
        "live", pictures, "--plan", good_plan, "--frame-rate", 20, "--config", quick, "--session", killed,
        "--resume", "--headless", *more,
    )  # fmt: skip


def test_the_same_session_goes_on(killed: Path, pictures: Path, good_plan: Path, quick: Path) -> None:
    with open_session(killed).frames() as reader:
        before = len(reader)
    assert read_memory(killed / "memory.msgpack").levels[0].name == "L1"
    assert again(killed, pictures, good_plan, quick) == 0
    kept = open_session(killed)
    assert kept.about.complete
    assert not (killed / "memory.msgpack").exists()
    with kept.frames() as reader:
        check = reader.check()
        numbers = [reader.read(index).seq for index in range(len(reader))]
        times_ns = [reader.read(index).time_ns for index in range(len(reader))]
    assert check.complete
    assert numbers == list(range(len(numbers)))
    assert len(numbers) > before
    assert times_ns == sorted(times_ns)
    names = [row["name"] for row in kept.log().events]
    assert names == ["resumed", "stopped"]
    assert call("replay", killed, "--check") == 0


def test_its_alarms_are_latched_and_its_cement_is_known(
    killed: Path, pictures: Path, good_plan: Path, quick: Path
) -> None:
    leaks = {row["rule_id"] for row in open_session(killed).log().alarms if "leak_" in row["rule_id"]}
    assert leaks
    memory = read_memory(killed / "memory.msgpack")
    source = open_source(str(pictures), frame_rate_hz=20)
    with live_run(source, read_plan(good_plan), read_config(quick), killed, resume=True) as run:
        seen = None
        while seen is None or seen.result is None:
            seen = run.observer.look()
            run.asked_to_stop.wait(0.01)
    first = seen.result
    assert {a.rule_id for a in first.alerts if a.state is AlarmState.LATCHED} >= leaks
    assert first.state is State.NOT_MONITORING
    assert any("the monitor was restarted" in reason.text for reason in first.reasons)
    assert memory.levels[0].cement.any()


def test_what_was_lost_with_the_memory_is_said(
    killed: Path, pictures: Path, good_plan: Path, quick: Path
) -> None:
    (killed / "memory.msgpack").write_bytes(b"\x00" * 100)
    source = open_source(str(pictures), frame_rate_hz=20)
    with live_run(source, read_plan(good_plan), read_config(quick), killed, resume=True) as run:
        seen = None
        while seen is None or seen.result is None:
            seen = run.observer.look()
            run.asked_to_stop.wait(0.01)
    assert any("cement from before may not be seen" in reason.text for reason in seen.health.reasons)


def test_another_plan_or_configuration_is_refused(
    killed: Path, pictures: Path, good_plan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.toml"
    other.write_text("[learning]\nshortest_s = 1.2\n")
    capsys.readouterr()
    assert again(killed, pictures, good_plan, other) == 2
    _, err = capsys.readouterr()
    assert err == (
        f"cementwatch: {killed}: was recorded with another configuration; record into another folder\n"
    )
    assert not open_session(killed).about.complete


def test_only_a_session_that_was_broken_off_goes_on(
    pictures: Path, good_plan: Path, quick: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert again(tmp_path / "none", pictures, good_plan, quick) == 2
    assert "no session" in capsys.readouterr().err
    folder = tmp_path / "whole"
    arguments = ("live", pictures, "--plan", good_plan, "--frame-rate", 60, "--config", quick)
    assert call(*arguments, "--session", folder, "--headless", "--seconds", 0.5) == 0
    capsys.readouterr()
    assert again(folder, pictures, good_plan, quick) == 2
    assert "was closed in order" in capsys.readouterr().err
    assert call(*arguments, "--headless", "--resume") == 2
    assert "--session" in capsys.readouterr().err


def test_a_memory_comes_back_as_it_was_or_not_at_all(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    maps = [rng.normal(size=(7, 9)).astype(np.float32) for _ in range(4)]
    level = LevelMemory("L1", maps[0], maps[1], maps[0] > 0, maps[2], maps[3], (1.0, -2.0))
    path = tmp_path / "memory.msgpack"
    write_memory(path, Memory("lateral", maps[0], 12.5, (level,)))
    read = read_memory(path)
    assert (read.view, read.beam_on_s, read.levels[0].name) == ("lateral", 12.5, "L1")
    assert read.levels[0].drift_px == (1.0, -2.0)
    for key in ("mean", "excursion", "cement", "base", "added"):
        np.testing.assert_array_equal(getattr(read.levels[0], key), getattr(level, key))
    whole = path.read_bytes()
    for size in range(0, len(whole), 37):
        path.write_bytes(whole[:size])
        with pytest.raises(SourceError, match=r"memory\.msgpack"):
            read_memory(path)


def test_a_session_of_before_the_machine_was_started_anew_is_refused(
    killed: Path, pictures: Path, good_plan: Path, quick: Path
) -> None:
    path = killed / "session.json"
    about = json.loads(path.read_text())
    about["boot_id"] = "another"
    path.write_text(json.dumps(about))
    source = open_source(str(pictures), frame_rate_hz=20)
    with (
        pytest.raises(OutputError, match="the machine was started anew since"),
        live_run(source, read_plan(good_plan), read_config(quick), killed, resume=True),
    ):
        pass
