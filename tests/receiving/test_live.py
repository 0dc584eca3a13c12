"""`cementwatch live dicom://...`: runs that arrive are monitored and recorded, and never shown as live."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from monitor.config import Config
from monitor.plan import plan_to_json
from monitor.states import State
from recordings.dicom_origin import frame_in, origins_of
from recordings.library.delete import delete_session
from recordings.procedure import VARIABLE, Procedure, procedure_to_json
from recordings.receiving.listen_options import parse_listen
from recordings.receiving.near_live import NearLiveSource
from recordings.session import open_session
from recordings.verify import verify_session
from tests import peers
from tests.monitor.scripted import plan, scene
from tests.receiving.makers import announced, data_set, objects_in, run_of, written
from tests.receiving.raw import ACCEPTED, Raw
from ui.asked import Asked
from ui.cli import run
from ui.near_live import awaited, wait_for_first_run
from ui.watchdog.heartbeat import Heartbeat

RATE_HZ = 30


def pictures(count: int, seed: int) -> np.ndarray:
    """Frames of a still scene with noise; a few of them again and again."""
    noise = np.random.default_rng(seed)
    few = [scene(None, (0.0, 0.0), noise) for _ in range(4)]
    return np.stack([few[number % len(few)] for number in range(count)])


def sent(port: int, ds, folder: Path) -> None:
    data = data_set(written(ds, folder / "sent.dcm"))
    with Raw(port) as peer:
        assert peer.associate()[0] == ACCEPTED
        peer.store(announced(ds), [data[at : at + 200_000] for at in range(0, len(data), 200_000)])
        assert peer.status() == 0


def while_it_runs(act: Callable[[], None], failed: list[BaseException]) -> threading.Thread:
    """Do something beside the monitor, then ask it to stop."""

    def work() -> None:
        try:
            act()
        except BaseException as error:
            failed.append(error)
        finally:
            os.kill(os.getpid(), signal.SIGINT)

    return threading.Thread(target=work)


def until(said: Callable[[], bool], within_s: float = 20.0) -> None:
    """Wait for what another thread does."""
    end_s = time.monotonic() + within_s
    while not said():
        assert time.monotonic() < end_s
        threading.Event().wait(0.02)


def test_runs_are_monitored_as_they_arrive(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, port = tmp_path / "kept" / "session", peers.free_port()
    (tmp_path / "plan.json").write_bytes(plan_to_json(plan()))
    (tmp_path / "quick.toml").write_text("[learning]\nshortest_s = 0.5\n")
    runs = [run_of(pictures(18, number), number, frame_ms=1000 / RATE_HZ) for number in (1, 2)]
    small = run_of(np.zeros((2, 64, 64)), 3)
    failed: list[BaseException] = []

    def events(name: str) -> list[dict]:
        rows = open_session(folder).log().events if (folder / "session.json").is_file() else []
        return [json.loads(row["data"]) for row in rows if row["name"] == name]

    def states() -> list[tuple[str, list[str]]]:
        rows = open_session(folder).log().state_changes
        return [(row["state"], [one["code"] for one in json.loads(row["reasons"])]) for row in rows]

    def send() -> None:
        peers.wait_for_port(port)
        sent(port, small, tmp_path)
        assert not (folder / "session.json").exists(), "nothing has come that the plan is for"
        for ds in runs:
            sent(port, ds, tmp_path)
        until(lambda: len(events("run_ended")) == 2 and states()[-1][0] == "NOT MONITORING")

    thread = while_it_runs(send, failed)
    thread.start()
    source = f"dicom://CW@127.0.0.1:{port}"
    arguments = ["live", source, "--plan", tmp_path / "plan.json", "--session", folder]
    arguments += ["--config", tmp_path / "quick.toml", "--windowed", "--no-sound"]
    arguments += ["--no-watchdog", "--no-archive"]
    assert run([str(one) for one in arguments]) == 0
    thread.join()
    assert failed == []
    _, err = capsys.readouterr()
    assert err == f"cementwatch: {source} listens on port {port}; waiting for the first run\n"

    stored = open_session(folder)
    assert stored.about.complete
    assert (stored.about.source.live, stored.about.source.kind) == (True, "dicom")
    with stored.frames() as reader:
        assert not reader.gaps
        kept = [reader.read(number).pixels for number in range(len(reader))]
    assert np.array_equal(np.stack(kept), np.concatenate([ds.pixel_array for ds in runs]))
    origins = origins_of(stored)
    assert [origin.sop_instance_uid for origin in origins] == [ds.SOPInstanceUID for ds in runs]
    assert frame_in(origins, 19) == (origins[1], 2)
    (left_out,) = events("run_not_monitored")
    assert left_out["object"] == 1
    assert "256 x 256" in left_out["reason"]

    seen = states()
    assert "MONITORING" not in {state for state, _ in seen}, "what is near-live is never shown as live"
    assert ("DEGRADED", ["near_live"]) in seen
    assert seen[-1] == ("NOT MONITORING", ["between_runs", "near_live"])
    assert not [row for row in stored.log().alarms if "waiting for" in row["message"]]

    assert verify_session(folder).whole
    sums = (folder / "checksums.sha256").read_text()
    assert all(f"received/{ds.SOPInstanceUID}.dcm" in sums for ds in (small, *runs))
    assert delete_session(folder).left == ()
    assert objects_in(tmp_path / "kept") == []
    assert not folder.exists()


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ((), "--session"),
        (("--session", "kept", "--second", "device:0"), "--second"),
        (("--session", "there"), "holds a session already"),
    ],
)
def test_what_cannot_be_is_told_and_leaves_nothing(
    more: tuple[str, ...], named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    Path("plan.json").write_bytes(plan_to_json(plan()))
    Path("there").mkdir()
    Path("there/session.json").write_text("{}")
    before = objects_in(tmp_path)
    assert run(["live", "dicom://CW@127.0.0.1:0", "--plan", "plan.json", "--headless", *more]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert named in err
    assert objects_in(tmp_path) == before
    assert not Path("kept").exists()


def test_whoever_waits_goes_on_while_a_run_is_opened(capsys: pytest.CaptureFixture[str]) -> None:
    """Opening takes seconds for some; without a sign of life the watchdog would end the process."""
    opened, beats = threading.Event(), []

    class Opening(NearLiveSource):
        def wait(self, timeout_s: float) -> bool:
            return opened.wait(10)

    class Heart(Heartbeat):
        def beat(self) -> None:
            beats.append(None)
            if len(beats) == 3:
                opened.set()

    near = Opening(parse_listen("dicom://CW@127.0.0.1:0"))
    asked, heart = Asked(), Heart(None)
    more = {"headless": True, "seconds": None, "full_screen": False, "keys": None}
    assert wait_for_first_run(near, plan(), Config(), asked, heart, **more)
    assert len(beats) >= 3
    assert capsys.readouterr().err


def test_that_nobody_receives_is_shown_before_the_first_run_too() -> None:
    near = NearLiveSource(parse_listen("dicom://CW@127.0.0.1:0"))
    seen = awaited(near, 2 * 10**9, 10**9)
    assert [reason.code for reason in seen.health.reasons] == ["between_runs"]
    near.inbox.away = "the receiving process has died"
    seen = awaited(near, 2 * 10**9, 10**9)
    assert (seen.near_live, seen.health.state) == (True, State.NOT_MONITORING)
    assert [reason.code for reason in seen.health.reasons] == ["source_lost"]
    assert "has died; it is being started again" in seen.health.reasons[0].text


def test_a_file_of_another_patient_than_was_named_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(run_of(pictures(3, 1)), tmp_path / "run.dcm")
    (tmp_path / "plan.json").write_bytes(plan_to_json(plan()))
    command = ["live", str(file), "--plan", str(tmp_path / "plan.json"), "--headless", "--seconds", "0.1"]
    for patient_id, status in (("4712", 2), (" 4711", 0)):
        monkeypatch.setenv(VARIABLE, procedure_to_json(Procedure(patient_id=patient_id)))
        assert run(command) == status
    err = capsys.readouterr().err
    assert "run.dcm: is of another patient" in err
    assert "4712" not in err


def test_the_window_that_waited_looks_no_more(qtbot: QtBot, capsys: pytest.CaptureFixture[str]) -> None:
    """It is there until Python collects it, beside the one in which the run is watched."""
    beats: list[None] = []

    class Waiting(NearLiveSource):
        def wait(self, timeout_s: float) -> bool:
            return len(beats) > 3

    class Heart(Heartbeat):
        def beat(self) -> None:
            beats.append(None)

    near = Waiting(parse_listen("dicom://CW@127.0.0.1:0"))
    more = {"headless": False, "seconds": None, "full_screen": False, "keys": None}
    assert wait_for_first_run(near, plan(), Config(), Asked(), Heart(None), **more)
    came = len(beats)
    qtbot.wait(120)
    assert len(beats) == came
    assert capsys.readouterr().err
