"""`cementwatch live` from end to end: what is kept of a procedure, and what is not when it cannot begin."""

from __future__ import annotations

import csv
import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest
from pydicom import dcmread

from benchmarks.driven import display
from monitor.config import Config
from monitor.errors import OutputError
from monitor.plan import plan_to_json
from monitor.sources import source_for
from recordings.dicom_origin import origins_of
from recordings.session import StoredSession, open_session
from recordings.simulated.marks import plan_for
from recordings.simulated.settings import SimulationSettings
from recordings.simulated.source import SimulatedSource
from recordings.simulated.write import write_procedure
from tests.monitor.scripted import disc_mm, plan, scene
from ui.cli import run
from ui.live import live_run

FRAMES, RATE_HZ = 75, 30
F15_KEYCODE = "193"
COMMAND = "import sys; from ui.cli import run; sys.exit(run(sys.argv[1:]))"


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """2.5 s at 30 per second: 1.2 s of quiet, then cement that is soon across the posterior wall."""
    folder = tmp_path_factory.mktemp("pictures")
    noise = np.random.default_rng(5)
    for i in range(FRAMES):
        cement = disc_mm(150.0, 130.0, 12 + 0.8 * (i - 36), 4.0) if i > 36 else None
        cv2.imwrite(str(folder / f"f{i}.png"), scene(cement, (0.0, 0.0), noise) * 16)
    return folder


@pytest.fixture(scope="module")
def dicom(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("simulated")
    write_procedure("canal", SimulationSettings(size=256, duration_s=2.0), folder)
    return folder


@pytest.fixture
def good_plan(tmp_path: Path) -> Path:
    path = tmp_path / "plan.json"
    path.write_bytes(plan_to_json(plan()))
    return path


@pytest.fixture
def quick(tmp_path: Path) -> Path:
    """A configuration that learns in a second."""
    path = tmp_path / "quick.toml"
    path.write_text("[learning]\nshortest_s = 0.8\n")
    return path


def call(*arguments: object) -> int:
    return run([str(argument) for argument in arguments])


def frames_are_those_of(kept: StoredSession, source: Path) -> int:
    """Compare frame by frame; the number of frames."""
    reader = kept.frames()
    assert not reader.gaps
    with source_for(str(source)) as original:
        for index in range(len(reader)):
            assert np.array_equal(reader.read(index).pixels, original.read().pixels)
    count = len(reader)
    reader.close()
    return count


def test_a_procedure_is_kept_whole(
    pictures: Path, good_plan: Path, quick: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "kept" / "session"
    arguments = ("live", pictures, "--plan", good_plan, "--frame-rate", RATE_HZ, "--config", quick)
    assert call(*arguments, "--session", folder, "--headless") == 0
    out, err = capsys.readouterr()
    assert err == ""
    *alarms, late, last = out.splitlines()
    assert last == f"session kept in {folder}"
    kept = open_session(folder)
    assert kept.about.complete
    assert late.startswith("processing ")
    assert "not known" in late, "no profile was given"
    assert kept.about.delay is not None
    assert kept.about.delay["room_ms"] is None
    assert 0 < (kept.about.delay["painted"] or 0) <= FRAMES
    assert frames_are_those_of(kept, pictures) == FRAMES
    assert kept.plan() == plan()
    assert "shortest_s = 0.8" in kept.config_toml()
    log = kept.log()
    assert log.session is not None
    assert log.session["id"] == kept.about.id
    assert log.source is not None
    assert log.source["source_id"] == str(pictures)
    assert log.plan is not None
    assert log.plan["json"] == plan_to_json(plan()).decode()
    assert log.configuration is not None
    assert log.configuration["toml"] == kept.config_toml()
    # about one row a second and one for each change of state
    assert len(log.volume) >= 3
    assert [row["t_ns"] for row in log.volume] == sorted(row["t_ns"] for row in log.volume)
    assert log.volume[-1]["area_mm2"] > 100
    assert len(log.alarms) == len(alarms) >= 2
    for row, line in zip(log.alarms, alarms, strict=True):
        assert line.startswith(row["event"])
        assert line.endswith(row["message"])
    assert ("raised", "leak_canal") in {(row["event"], row["rule_id"]) for row in log.alarms}
    states = [row["state"] for row in log.state_changes]
    assert states.index("LEARNING") < states.index("MONITORING")
    (stopped,) = log.events
    counters = json.loads(stopped["data"])
    assert counters["captured"] == FRAMES == counters["written"] + counters["gaps"] + counters["queued"]
    assert counters["captured"] == counters["processed"] + counters["superseded"]


def test_a_kept_procedure_can_be_analysed(dicom: Path, tmp_path: Path) -> None:
    folder, out = tmp_path / "session", tmp_path / "out"
    assert call("live", dicom / "run.dcm", "--plan", dicom / "plan.json", "--session", folder,
                "--headless") == 0  # fmt: skip
    kept = open_session(folder)
    assert kept.about.complete
    count = frames_are_those_of(kept, dicom / "run.dcm")
    header = dcmread(dicom / "run.dcm", stop_before_pixels=True)
    (origin,) = origins_of(kept)  # results can refer to what was monitored
    assert (origin.sop_instance_uid, origin.first_seq) == (header.SOPInstanceUID, 0)
    assert (origin.study_instance_uid, origin.frames) == (header.StudyInstanceUID, header.NumberOfFrames)
    assert count == 30
    again, direct = out / "again", out / "direct"
    assert call("analyse", folder, "--plan", folder / "plan.json", "--out", again) == 0
    assert call("analyse", dicom / "run.dcm", "--plan", dicom / "plan.json", "--out", direct) == 0
    # the same frames at the same times: the very same measurements
    assert (again / "frames.csv").read_bytes() == (direct / "frames.csv").read_bytes()
    with (again / "frames.csv").open(newline="") as file:
        assert [int(row["frame"]) for row in csv.DictReader(file)] == list(range(count))


def test_a_session_that_is_there_already_is_left_alone(
    pictures: Path, good_plan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "session"
    arguments = ("live", pictures, "--plan", good_plan, "--headless", "--seconds", 0.2, "--session", folder)
    assert call(*arguments) == 0
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    capsys.readouterr()
    assert call(*arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert f"{folder}: holds a session already" in err
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda d: d["views"][0].update(foo=1), "unknown field `foo`"),
        (lambda d: d["views"][0].update(image={"rows": 512, "columns": 512}), "made for images of 512"),
        (lambda d: d["views"][0].update(reference_frame=5000), "frame 5000"),
    ],
)
def test_a_bad_plan_leaves_nothing(
    spoil, said: str, pictures: Path, good_plan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = json.loads(good_plan.read_text())
    spoil(data)
    good_plan.write_text(json.dumps(data))
    folder = tmp_path / "new" / "session"
    assert call("live", pictures, "--plan", good_plan, "--headless", "--session", folder) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert said in err
    assert not folder.parent.exists()


def test_a_plan_drawn_on_a_later_frame_starts_at_the_first_frame_all_the_same(
    pictures: Path, good_plan: Path, tmp_path: Path
) -> None:
    data = json.loads(good_plan.read_text())
    data["views"][0]["reference_frame"] = 20
    good_plan.write_text(json.dumps(data))
    folder = tmp_path / "session"
    assert call("live", pictures, "--plan", good_plan, "--frame-rate", 200, "--headless",
                "--session", folder) == 0  # fmt: skip
    assert frames_are_those_of(open_session(folder), pictures) == FRAMES


def test_a_source_that_is_damaged_is_told_and_what_came_before_is_kept(
    dicom: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged = tmp_path / "cut.dcm"
    whole = (dicom / "run.dcm").read_bytes()
    damaged.write_bytes(whole[: len(whole) // 2])
    folder = tmp_path / "session"
    status = call("live", damaged, "--plan", dicom / "plan.json", "--session", folder, "--headless")
    _, err = capsys.readouterr()
    assert status != 0
    assert "cut.dcm" in err
    assert len(err.splitlines()) == 1
    if folder.exists():
        kept = open_session(folder)
        assert not kept.about.complete
        assert 0 < frames_are_those_of(kept, damaged) < 30


@contextmanager
def started(*arguments: object, **environment: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={key: value for key, value in os.environ.items() if key != "QT_QPA_PLATFORM"} | environment,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=20)


def says_something(process: subprocess.Popen[str]) -> str:
    """The first line, which is an alarm: by then frames have been read, processed and looked at."""
    assert process.stdout is not None
    with selectors.DefaultSelector() as wait:
        wait.register(process.stdout, selectors.EVENT_READ)
        assert wait.select(60), "nothing was said"
    return process.stdout.readline()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("window", [False, True], ids=["headless", "window"])
def test_a_run_that_is_told_to_end_leaves_a_session(
    number: signal.Signals, window: bool, pictures: Path, good_plan: Path, quick: Path, tmp_path: Path
) -> None:
    if window and number is signal.SIGKILL:
        pytest.skip("a kill is the same with a window")
    folder = tmp_path / "session"
    arguments = ["live", pictures, "--plan", good_plan, "--frame-rate", 20, "--config", quick]
    arguments += ["--session", folder] + ([] if window else ["--headless"])
    with started(*arguments, PYTHONUNBUFFERED="1", QT_QPA_PLATFORM="offscreen") as process:
        assert "raised" in says_something(process)
        process.send_signal(number)
        _, err = process.communicate(timeout=30)
    assert err == ""
    assert process.returncode == (-number if number is signal.SIGKILL else 0)
    kept = open_session(folder)
    assert kept.about.complete is (number is not signal.SIGKILL)
    assert 10 < frames_are_those_of(kept, pictures) < FRAMES
    assert kept.log().alarms


def test_a_window_opens_and_closes(pictures: Path, good_plan: Path, tmp_path: Path) -> None:
    for tool in ("Xvfb", "xdotool"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    folder = tmp_path / "session"
    with display() as screen:
        arguments = ("live", pictures, "--plan", good_plan, "--frame-rate", RATE_HZ, "--seconds", 3)
        with started(*arguments, "--session", folder, DISPLAY=screen) as process:
            found = subprocess.run(
                ["xdotool", "search", "--sync", "--onlyvisible", "--name", "^CementWatch$"],
                env={**os.environ, "DISPLAY": screen},
                capture_output=True,
                text=True,
                check=False,
                timeout=60,
            )
            _, err = process.communicate(timeout=60)
        assert found.stdout.strip().isdigit()
        assert (process.returncode, err) == (0, "")
    assert open_session(folder).about.complete


def test_a_key_in_a_real_window_acknowledges_and_one_alone_ends_nothing(
    pictures: Path, good_plan: Path, quick: Path, tmp_path: Path
) -> None:
    for tool in ("Xvfb", "xdotool"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    folder = tmp_path / "session"
    with display() as screen:
        arguments = (
            "live",
            pictures,
            "--plan",
            good_plan,
            "--frame-rate",
            20,
            "--config",
            quick,
            "--no-watchdog",
        )
        environment = {"DISPLAY": screen, "PYTHONUNBUFFERED": "1"}
        with started(*arguments, "--session", folder, **environment) as process:
            while "leak" not in says_something(process):
                pass
            seen = {**os.environ, "DISPLAY": screen}
            find = ["xdotool", "search", "--onlyvisible", "--name", "^CementWatch$"]
            window = subprocess.run(find, env=seen, capture_output=True, text=True, check=True, timeout=60)
            press = ["xdotool", "key", "--window", window.stdout.split()[0]]
            for key in ("q", "x", "Delete", "Escape", "space"):
                subprocess.run([*press, key], env=seen, check=True, timeout=60)
            assert process.stdout is not None
            while "acknowledged" not in process.stdout.readline():
                pass
            assert process.poll() is None
            # the key that a keyboard's F15 is: the server calls it by another name
            subprocess.run([*press, F15_KEYCODE], env=seen, check=True, timeout=60)
            # the window may be gone before the keys are let go
            subprocess.run([*press, "ctrl+q"], env=seen, check=False, stderr=subprocess.DEVNULL, timeout=60)
            _, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (0, "")
    kept = open_session(folder)
    assert kept.about.complete
    assert len(kept.log().acknowledgements) == 1
    (mark,) = [json.loads(row["data"]) for row in kept.log().events if row["name"] == "mark"]
    assert cv2.imread(str(folder / mark["picture"])).shape[:2] == (720, 1280)


SHORT = SimulationSettings(size=128, duration_s=1.0)


def test_where_there_is_too_little_room_no_session_begins(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "session"
    source, plan = SimulatedSource("quiet", SHORT), plan_for("quiet", SHORT)
    with (
        pytest.raises(OutputError, match=r"session: 120 MB are free, at least 500 MB are needed to record"),
        live_run(source, plan, Config(), folder, free=lambda _: 120_000_000),
    ):
        pass
    assert not folder.parent.exists()


def test_a_disk_that_runs_full_stops_the_frames_and_not_the_log(tmp_path: Path) -> None:
    folder = tmp_path / "session"
    room = [10_000_000_000]

    def free(_: Path) -> int:
        return room.pop() if room else 400_000_000

    with live_run(
        SimulatedSource("quiet", SHORT), plan_for("quiet", SHORT), Config(), folder, free=free
    ) as live:
        seen = []
        while not live.observer.ended:
            seen.append(live.observer.look())
            live.asked_to_stop.wait(0.02)
    assert any("recording_full" in [reason.code for reason in look.health.reasons] for look in seen)
    assert not seen[-1].recording
    kept = open_session(folder)
    assert kept.about.complete
    with kept.frames() as reader:
        assert len(reader) == 0
        assert [(gap.first_seq, gap.reason) for gap in reader.gaps] == [(0, "no room")]
        assert [event.name for event in reader.events] == ["watching", "frames_stopped"]
        assert reader.gaps[0].count == 15
    assert any("the disk is full" in row["reasons"] for row in kept.log().state_changes)
