"""The watchdog against monitors that hang and die: real processes, really stopped and killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import msgspec
import pytest

from monitor.config import read_config
from monitor.plan import plan_to_json, read_plan
from recordings.open import open_source
from recordings.session import open_session
from tests.monitor.scripted import plan
from tests.test_live import pictures, says_something, started
from tests.test_resume import files, good_plan, quick
from ui.biplane import SECOND_FOLDER
from ui.live import live_run
from ui.watchdog.heartbeat import RESTARTED, Heartbeat
from ui.watchdog.supervisor import Supervisor
from ui.watchdog.vigil import Restarts, Verdict, Vigil

__all__ = ["files", "good_plan", "pictures", "quick"]


@pytest.mark.parametrize(
    ("vigil", "now_s", "exit_status", "verdict"),
    [
        (Vigil(0.0), 5.0, None, Verdict.STARTING),
        (Vigil(0.0), 31.0, None, Verdict.GIVEN_UP),
        (Vigil(0.0), 1.0, 2, Verdict.ENDED),  # bad arguments, told by itself
        (Vigil(0.0, restarted=True), 1.0, 2, Verdict.DEAD),
        (Vigil(0.0), 1.0, -9, Verdict.DEAD),
        (Vigil(0.0).beat(9.5), 10.0, None, Verdict.WELL),
        (Vigil(0.0).beat(9.0), 10.0, None, Verdict.FROZEN),
        (Vigil(0.0).beat(6.9), 10.0, None, Verdict.GIVEN_UP),
        (Vigil(0.0).beat(9.9), 10.0, -11, Verdict.DEAD),
        (Vigil(0.0).beat(9.9), 10.0, 0, Verdict.DEAD),  # without a word it has not ended in order
        (Vigil(0.0).beat(9.9), 10.0, 1, Verdict.DEAD),
        (Vigil(0.0).beat(9.9).ends(), 10.0, 0, Verdict.ENDED),
        (Vigil(0.0).beat(1.0).ends(), 10.0, None, Verdict.ENDED),
        (Vigil(0.0).beat(9.9).ends(), 10.0, -9, Verdict.DEAD),
    ],
)
def test_what_is_thought_of_a_process(
    vigil: Vigil, now_s: float, exit_status: int | None, verdict: Verdict
) -> None:
    assert vigil.verdict(now_s, exit_status) is verdict


def test_restarts_are_bounded_in_time() -> None:
    restarts = Restarts()
    assert [restarts.another(t) for t in (0.0, 1.0, 2.0, 3.0)] == [1, 2, 3, None]
    assert restarts.another(70.0) == 1


def test_a_watchdog_that_has_gone_is_noticed_and_nothing_breaks() -> None:
    ours, its = os.pipe()
    heart = Heartbeat(its)
    heart.beat()
    assert os.read(ours, 100) == b"beat\n"
    for _ in range(100_000):  # nobody reads: the pipe is full, and the window is not held up
        heart.beat()
    assert not heart.deserted
    os.close(ours)
    heart.beat()
    assert heart.deserted
    os.close(its)


def monitor_of(supervisor: subprocess.Popen[str]) -> int:
    """The process that is watched."""
    children = Path(f"/proc/{supervisor.pid}/task/{supervisor.pid}/children").read_text().split()
    for child in children:
        if b"ui.watchdog.notice" not in Path(f"/proc/{child}/cmdline").read_bytes():
            return int(child)
    raise AssertionError("no monitor is running")


def reading(process: subprocess.Popen[str], until: str) -> list[str]:
    """Lines on standard error up to one that holds `until`."""
    assert process.stderr is not None
    lines: list[str] = []
    for line in process.stderr:
        lines.append(line)
        if until in line:
            return lines
    raise AssertionError(f"{until!r} was never said, but {lines}")


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize(
    ("number", "why"),
    [(signal.SIGSTOP, "the monitor's window does not answer"), (signal.SIGKILL, "the monitor has died")],
)
def test_a_window_that_hangs_or_dies_is_told_and_goes_on_in_its_session(
    number: signal.Signals, why: str, pictures: Path, good_plan: Path, quick: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "session"
    arguments = ["live", pictures, "--plan", good_plan, "--frame-rate", 20, "--config", quick]
    environment = {"PYTHONUNBUFFERED": "1", "QT_QPA_PLATFORM": "offscreen"}
    with started(*arguments, "--session", folder, "--watchdog", **environment) as process:
        while "leak" not in says_something(process):
            pass
        os.kill(monitor_of(process), number)
        told = reading(process, "starting the monitor again (1)")
        drain = threading.Thread(target=process.communicate, daemon=True)
        drain.start()
        drain.join(60)
        assert process.poll() == 0
    assert any(f"NOT MONITORING: {why}; growth meanwhile cannot be excluded" in line for line in told)
    kept = open_session(folder)
    assert kept.about.complete
    assert [row["name"] for row in kept.log().events] == ["resumed", "stopped"]
    with kept.frames() as reader:
        assert reader.check().complete
        numbers = [reader.read(index).seq for index in range(len(reader))]
    assert numbers == list(range(len(numbers)))


def test_a_session_that_is_begun_is_no_window_that_has_looked() -> None:
    """A second source may take seconds to open after the first one's session is there."""
    supervisor = Supervisor(["live"], lambda _: None, shown=False)
    vigil = supervisor._take(Vigil(0.0), b'session "/kept/here"')
    assert vigil.verdict(5.0, None) is Verdict.STARTING
    assert supervisor._again()[-3:] == ["--session", "/kept/here", "--resume"]


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_both_planes_go_on_in_their_sessions(pictures: Path, quick: Path, tmp_path: Path) -> None:
    folder, both = tmp_path / "session", tmp_path / "both.json"
    marked = plan()
    other = msgspec.structs.replace(marked.views[0], name="other")
    both.write_bytes(plan_to_json(msgspec.structs.replace(marked, views=(marked.views[0], other))))
    arguments = [
        "live",
        pictures,
        "--plan",
        both,
        "--second",
        pictures,
        "--frame-rate",
        20,
        "--config",
        quick,
    ]
    environment = {"PYTHONUNBUFFERED": "1", "QT_QPA_PLATFORM": "offscreen"}
    with started(*arguments, "--session", folder, "--watchdog", **environment) as process:
        while "other: " not in says_something(process):
            pass
        os.kill(monitor_of(process), signal.SIGKILL)
        reading(process, "starting the monitor again (1)")
        drain = threading.Thread(target=process.communicate, daemon=True)
        drain.start()
        drain.join(60)
        assert process.poll() == 0
    for kept in (open_session(folder), open_session(folder / SECOND_FOLDER)):
        assert kept.about.complete
        assert [row["name"] for row in kept.log().events] == ["resumed", "stopped"]
        assert kept.log().alarms


def test_bad_arguments_are_told_once_and_not_tried_again(tmp_path: Path) -> None:
    environment = {"PYTHONUNBUFFERED": "1", "QT_QPA_PLATFORM": "offscreen"}
    with started("live", tmp_path / "none.dcm", "--plan", tmp_path / "none.json", "--watchdog",
                 **environment) as process:  # fmt: skip
        _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert err.count("cementwatch:") == 1
    assert "none.json" in err


def test_an_end_that_was_asked_for_is_handed_on(
    pictures: Path, good_plan: Path, quick: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "session"
    arguments = ["live", pictures, "--plan", good_plan, "--frame-rate", 20, "--config", quick]
    environment = {"PYTHONUNBUFFERED": "1", "QT_QPA_PLATFORM": "offscreen"}
    with started(*arguments, "--session", folder, "--watchdog", **environment) as process:
        says_something(process)
        # a Ctrl+C in the terminal must not reach the monitor twice: the second one ends it without order
        assert os.getpgid(monitor_of(process)) != os.getpgid(process.pid)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, "")
    assert open_session(folder).about.complete


def test_without_a_session_a_restarted_monitor_says_what_it_does_not_know(
    pictures: Path, good_plan: Path, quick: Path
) -> None:
    heart = Heartbeat.from_environment({RESTARTED: "1"})
    source = open_source(str(pictures), frame_rate_hz=20)
    with live_run(source, read_plan(good_plan), read_config(quick), None, heart=heart) as run:
        seen = run.observer.look()
        while seen.result is None:
            run.asked_to_stop.wait(0.01)
            seen = run.observer.look()
    reasons = [reason.text for reason in seen.health.reasons]
    assert "the monitor was restarted; alarms and cement from before are not known" in reasons
    assert not Heartbeat.from_environment({}).restarted
