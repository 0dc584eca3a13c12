"""The procedure log: rows survive a kill, unknown stays unknown, a full or locked file loses nothing."""

from __future__ import annotations

import hashlib
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np
import pytest

from monitor.errors import OutputError, RecordingError, SourceError
from monitor.frame import Frame, Intensity, PixelIntensityRelationship, SourceInfo, freeze_pixels
from monitor.health import Health
from monitor.plan import Plan, parse_plan, plan_to_json
from monitor.result import (
    AlarmState,
    Alert,
    AlertTransition,
    Distance,
    Kind,
    LevelResult,
    Priority,
    Result,
)
from monitor.states import Reason, State
from recordings import log as log_module
from recordings.log import ProcedureLog, open_log, read_log

ROOT = Path(__file__).resolve().parents[2]
STARTED = datetime(2026, 3, 4, 5, 6, 7, 89, tzinfo=UTC)
SOURCE = SourceInfo(
    "simulated:test",
    "simulated",
    64,
    64,
    Intensity(PixelIntensityRelationship.LIN, 12),
    live=True,
    attributes={"Modality": "XA"},
)
PLAN = parse_plan(
    """{"schema": "cementwatch.plan/1", "views": [{"name": "lateral", "projection": "lateral",
    "scale": {"mm_per_px": 0.5}, "levels": [{"name": "L1",
    "body": [[10, 10], [50, 10], [50, 50], [10, 50]]}]}]}""",
    "plan",
)


def result_of(t_ns: int, *levels: LevelResult, seq: int = 0) -> Result:
    pixels = freeze_pixels(np.zeros((2, 2), np.uint8), copy=False)
    frame = Frame(seq, t_ns + 5_000, t_ns, pixels, "simulated:test")
    return Result(frame, "lateral", State.MONITORING, (), levels, (), (), {}, 0.0)


def level_of(name: str = "L1", state: State = State.MONITORING) -> LevelResult:
    return LevelResult(name, state, None, volume_ml=1.5)


def transition_of(seq: int = 7, event: str = "raised", value: float | None = 1.9) -> AlertTransition:
    alert = Alert(
        "near_posterior_wall",
        Kind.CLINICAL,
        Priority.HIGH,
        AlarmState.ACTIVE,
        "L1",
        "posterior_wall",
        40,
        seq,
        value,
        "mm",
        "posterior wall 1.9 mm",
    )
    return AlertTransition(event, 50 + seq, alert)


@pytest.fixture
def log(tmp_path: Path) -> ProcedureLog:
    return open_log(tmp_path / "log.sqlite")


def start(log: ProcedureLog, plan: Plan | None = PLAN) -> None:
    log.session_started(
        session_id="s",
        software_version="0.1.0",
        started_utc=STARTED,
        anchor_monotonic_ns=123,
        source=SOURCE,
        plan=plan,
        config_toml="[alerts]\n",
    )


def test_what_was_monitored_is_kept(log: ProcedureLog) -> None:
    start(log)
    log.close()
    contents = read_log(log.path)
    assert contents.session == {
        "id": "s",
        "software_version": "0.1.0",
        "started_utc": "2026-03-04T05:06:07.000089+00:00",
        "anchor_monotonic_ns": 123,
    }
    assert contents.source is not None
    assert msgspec.json.decode(contents.source["description"], type=SourceInfo) == SOURCE
    assert contents.plan is not None
    assert parse_plan(contents.plan["json"], "log") == PLAN
    assert contents.plan["sha256"] == hashlib.sha256(plan_to_json(PLAN)).hexdigest()
    assert contents.configuration is not None
    assert contents.configuration["toml"] == "[alerts]\n"


def test_a_run_without_a_plan_has_none(log: ProcedureLog) -> None:
    start(log, plan=None)
    log.close()
    assert read_log(log.path).plan is None


def test_unknown_is_null_and_zero_is_zero(log: ProcedureLog) -> None:
    level = LevelResult(
        "L1",
        State.DEGRADED,
        None,
        volume_ml=None,
        volume_sd_ml=float("nan"),
        area_mm2=np.float32(0.0),  # type: ignore[arg-type]  # what a careless stage may hand over
        distances={"posterior_wall": Distance(-0.5, -1.5, (0, 0), (1, 1))},
    )
    log.level_measurements(result_of(1_000, level, seq=3))
    log.close()
    (row,) = read_log(log.path).volume
    assert row["volume_ml"] is None
    assert row["volume_sd_ml"] is None
    assert row["area_mm2"] == 0.0
    assert (row["distance_posterior_wall_mm"], row["distance_posterior_wall_low_mm"]) == (-0.5, -1.5)
    assert row["distance_vein_mm"] is None
    assert (row["t_ns"], row["t_capture_ns"], row["seq"]) == (1_000, 6_000, 3)
    assert (row["view"], row["level"], row["state"]) == ("lateral", "L1", "DEGRADED")


def test_measurements_are_written_four_times_a_second_and_when_the_state_changes(log: ProcedureLog) -> None:
    """A kill may cost half a second of them at most."""
    for i in range(16):
        state = State.DEGRADED if i == 4 else State.MONITORING
        log.level_measurements(result_of(i * 50_000_000, level_of("L1", state), level_of("L2"), seq=i))
    log.close()
    rows = read_log(log.path).volume
    assert [r["seq"] for r in rows if r["level"] == "L2"] == [0, 5, 10, 15]
    assert [r["seq"] for r in rows if r["level"] == "L1"] == [0, 4, 5, 10, 15]


def test_every_transition_is_a_row(log: ProcedureLog) -> None:
    log.transition(transition_of(7))
    log.transition(transition_of(8, "cleared", value=None))
    log.acknowledged(60, "near_posterior_wall", "L1", "posterior_wall")
    log.acknowledged(61)
    log.event("aliquot", {"volume_ml": 1.0, "level": None}, 62)
    log.close()
    contents = read_log(log.path)
    assert contents.alarms[0] == {
        "t_ns": 57,
        "event": "raised",
        "rule_id": "near_posterior_wall",
        "kind": "clinical",
        "priority": "high",
        "state": "active",
        "level": "L1",
        "structure": "posterior_wall",
        "t_onset_ns": 40,
        "seq": 7,
        "value": 1.9,
        "unit": "mm",
        "message": "posterior wall 1.9 mm",
    }
    assert contents.alarms[1]["value"] is None
    assert [tuple(row.values()) for row in contents.acknowledgements] == [
        (60, "near_posterior_wall", "L1", "posterior_wall"),
        (61, None, None, None),
    ]
    (event,) = contents.events
    assert (event["name"], msgspec.json.decode(event["data"])) == (
        "aliquot",
        {"volume_ml": 1.0, "level": None},
    )


def test_another_reason_for_the_same_state_has_its_own_time(log: ProcedureLog) -> None:
    moved = Reason(State.NOT_MONITORING, "moved", "patient moved 4 mm", "L1")
    lagging = Reason(State.NOT_MONITORING, "lagging", "processing is 0.4 s behind")
    log.state_changed(Health(State.NOT_MONITORING, (moved,), 20, 0.1, {}), 20)
    log.state_changed(Health(State.NOT_MONITORING, (lagging,), 20, 0.1, {}), 50)
    log.close()
    assert [row["t_ns"] for row in read_log(log.path).state_changes] == [20, 50]


def test_a_state_is_written_where_it_changes(log: ProcedureLog) -> None:
    moved = Reason(State.NOT_MONITORING, "moved", "patient moved 4 mm", "L1")
    calm = Health(State.MONITORING, (), 10, 0.1, {})
    for health in (
        calm,
        replace(calm, result_age_s=0.2),
        Health(State.NOT_MONITORING, (moved,), 20, 0.1, {}),
        Health(State.NOT_MONITORING, (replace(moved, text="patient moved 5 mm"),), 20, 0.1, {}),
        replace(calm, since_ns=30),
    ):
        log.state_changed(health)
    log.close()
    rows = read_log(log.path).state_changes
    assert [(r["t_ns"], r["state"]) for r in rows] == [
        (10, "MONITORING"),
        (20, "NOT MONITORING"),
        (30, "MONITORING"),
    ]
    assert msgspec.json.decode(rows[1]["reasons"]) == [
        {"state": "NOT MONITORING", "code": "moved", "text": "patient moved 4 mm", "level": "L1"}
    ]


KILLED = """
import os, signal, sys
from pathlib import Path
from recordings.log import open_log
from tests.recordings.test_log import start, transition_of

log = open_log(Path(sys.argv[1]))
start(log)
for seq in range(25):
    log.transition(transition_of(seq))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_process_loses_no_row_that_was_accepted(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    contents = read_log(path)
    assert contents.session is not None
    assert [row["seq"] for row in contents.alarms] == list(range(25))
    # It can be written on.
    with open_log(path) as again:
        again.transition(transition_of(25))
    assert len(read_log(path).alarms) == 26


def test_it_is_read_while_it_is_written(log: ProcedureLog) -> None:
    log.transition(transition_of())
    assert len(read_log(log.path).alarms) == 1
    log.transition(transition_of(8))
    assert len(read_log(log.path).alarms) == 2
    log.close()


def test_a_locked_log_says_so_and_keeps_the_rows_for_the_next_time(log: ProcedureLog) -> None:
    other = sqlite3.connect(log.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for seq in (1, 2):
        with pytest.raises(RecordingError, match="locked"):
            log.transition(transition_of(seq))
    assert log.waiting == 2
    other.execute("ROLLBACK")
    other.close()
    log.transition(transition_of(3))
    assert (log.waiting, log.lost) == (0, 0)
    log.close()
    assert [row["seq"] for row in read_log(log.path).alarms] == [1, 2, 3]


def test_a_full_log_says_so_and_recovers(log: ProcedureLog) -> None:
    connection = log._connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count={pages}")
    seq = 0
    with pytest.raises(RecordingError, match="full"):  # noqa: PT012 - which row is too much is SQLite's affair
        while seq < 1000:
            log.transition(transition_of(seq))
            seq += 1
    assert log.waiting == 1
    connection.execute("PRAGMA max_page_count=100000")
    log.flush()
    assert log.waiting == 0
    log.close()
    assert [row["seq"] for row in read_log(log.path).alarms] == list(range(seq + 1))


def test_memory_is_bounded_and_alarms_outlast_measurements(
    log: ProcedureLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_module, "MOST_WAITING_ROWS", 5)
    other = sqlite3.connect(log.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for i in range(4):
        with pytest.raises(RecordingError):
            log.level_measurements(result_of(i * 2_000_000_000, level_of(), seq=i))
        with pytest.raises(RecordingError):
            log.transition(transition_of(i))
    assert (log.waiting, log.lost) == (5, 3)
    other.execute("ROLLBACK")
    other.close()
    log.flush()
    log.close()
    contents = read_log(log.path)
    assert [row["seq"] for row in contents.alarms] == [0, 1, 2, 3]
    assert [row["seq"] for row in contents.volume] == [3]


def test_a_row_that_is_wrong_does_not_hold_up_the_others(log: ProcedureLog) -> None:
    wrong = replace(transition_of(), alert=replace(transition_of().alert, message=None))  # type: ignore[arg-type]
    with pytest.raises(RecordingError, match="NOT NULL"):
        log.transition(wrong)
    assert (log.waiting, log.lost) == (0, 1)
    log.transition(transition_of(9))
    log.close()
    assert [row["seq"] for row in read_log(log.path).alarms] == [9]


def test_closed_it_is_one_file_that_only_its_owner_can_read(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        log = open_log(tmp_path / "log.sqlite")
        log.transition(transition_of())
        modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in tmp_path.iterdir()}
        log.close()
        log.close()
    finally:
        os.umask(before)
    assert set(modes) == {"log.sqlite", "log.sqlite-wal", "log.sqlite-shm"}
    assert set(modes.values()) == {0o600}
    assert [p.name for p in tmp_path.iterdir()] == ["log.sqlite"]
    # Bytes 18 and 19 of the file format: 1 is a plain file, which a medium that cannot be written serves too.
    assert log.path.read_bytes()[18:20] == b"\x01\x01"
    with pytest.raises(RecordingError, match="closed"):
        log.transition(transition_of())


def test_another_file_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.sqlite"
    other.write_text("no database, but long enough to look like a header of one " * 20)
    with pytest.raises(OutputError, match=r"other\.sqlite"):
        open_log(other)
    with pytest.raises(SourceError, match=r"other\.sqlite"):
        read_log(other)
    with pytest.raises(SourceError, match="no such log"):
        read_log(tmp_path / "none.sqlite")
    with pytest.raises(OutputError, match="folder"):
        open_log(tmp_path / "folder" / "log.sqlite")


def test_a_log_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    open_log(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(OutputError, match="version 99"):
        open_log(path)
    with pytest.raises(SourceError, match="version 99"):
        read_log(path)
