"""The observer over a real loop, recorder and log; only the source and the clock are scripted."""

from __future__ import annotations

import json
import queue
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from monitor.config import Config, config_to_toml
from monitor.errors import SourceLost, SourceTimeout
from monitor.frame import Frame
from monitor.loop import MonitorLoop
from monitor.pipeline import Pipeline
from monitor.result import AlarmState, AlertTransition
from monitor.states import State
from monitor.stepping import Stepping
from recordings.log import LogContents, read_log
from recordings.memory_keeper import MemoryKeeper
from recordings.recorder import Recorder
from recordings.session import LOG, Session
from tests.monitor.scripted import ScriptedSource, disc_mm, frame, info, plan, scene
from ui.delays import delay_of
from ui.observer import Observer
from ui.overlay.observation import Observation

PERIOD_NS = round(1e9 / 15)
QUIET = 60
FIRST_NS = 1_000_000_000


class HandedSource(ScriptedSource):
    """Gives what the test hands it, when the test hands it."""

    def __init__(self) -> None:
        super().__init__([])
        self.handed: queue.Queue[Frame | BaseException] = queue.Queue()

    def read(self, timeout_s: float = 1.0) -> Frame:
        try:
            act = self.handed.get(timeout=min(timeout_s, 0.02))
        except queue.Empty:
            raise SourceTimeout("nothing handed") from None
        if isinstance(act, BaseException):
            raise act
        return act


class Bench:
    """A running monitor whose time moves only when a frame is handed in, or `wait` is called."""

    def __init__(self, folder: Path) -> None:
        self.now_ns = FIRST_NS
        marked, config = plan(), Config()
        self.session = Session.create(
            folder, source_info=info(), plan=marked, config_toml=config_to_toml(config), software_version="t"
        )
        self.source = HandedSource()
        self.recorder = Recorder(self.session.recording, 64 * 1024 * 1024)
        self.pipeline = Pipeline(marked, marked.views[0], info(), config)
        self.stepping = Stepping(self.pipeline)
        self.loop = MonitorLoop(self.source, self.stepping.step, self.recorder.offer, self.clock)
        self.told: list[AlertTransition] = []
        self.observer = Observer(
            self.loop, self.stepping, config, self.session.log, self.recorder,
            tell=self.told.append, clock_ns=self.clock,
        )  # fmt: skip
        self._noise = np.random.default_rng(3)
        self._count = 0

    def clock(self) -> int:
        return self.now_ns

    def hand(self, pixels: NDArray[np.uint16]) -> Observation:
        """One frame, a period later; returns what is seen once it is through."""
        self.now_ns += PERIOD_NS
        self.source.handed.put(frame(self._count, pixels, self.now_ns))
        self._count += 1
        with self.loop._changed:
            done = self.loop._changed.wait_for(
                lambda: self.loop._counts["processed"] + self.loop._counts["failed"] == self._count, 10
            )
        assert done
        return self.observer.look()

    def quiet(self, count: int) -> Observation:
        for _ in range(count):
            sway = np.sin(self._count / 9.0)
            last = self.hand(scene(None, (2.0 * sway, 3.0 * sway), self._noise))
        return last

    def leaking(self, count: int) -> Observation:
        """Cement that grows across the posterior wall."""
        for i in range(count):
            last = self.hand(scene(disc_mm(150.0, 130.0, 10 + 0.5 * i, 4.0), (0.0, 0.0), self._noise))
        return last

    def wait(self, seconds: float) -> Observation:
        self.now_ns += round(seconds * 1e9)
        return self.observer.look()

    def kept(self) -> None:
        """Return once the recorder has dealt with all that it was offered."""
        for _ in range(1000):
            if self.recorder.state().queued == 0:
                return
            threading.Event().wait(0.01)
        raise AssertionError("the recorder does not come to an end")

    def log(self) -> LogContents:
        return read_log(self.session.folder / LOG)


@contextmanager
def running(folder: Path) -> Iterator[Bench]:
    bench = Bench(folder)
    bench.recorder.start()
    bench.loop.start()
    try:
        yield bench
    finally:
        assert bench.loop.stop(10)
        bench.recorder.stop()
        bench.session.close()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with running(tmp_path / "session") as made:
        yield made


def codes(seen: Observation) -> list[str]:
    return [reason.code for reason in seen.health.reasons]


def balanced(seen: Observation) -> bool:
    """Nothing is under way when a frame was handed in and is through: both sums hold."""
    count = seen.health.counters
    return (
        count["captured"]
        == sum(count[key] for key in ("processed", "superseded", "in_flight", "failed"))
        == sum(count[key] for key in ("written", "gaps", "queued"))
    )


def test_every_transition_and_every_change_of_state_is_logged_once(tmp_path: Path) -> None:
    with running(tmp_path / "s") as bench:
        assert bench.observer.look().health.state is State.SETUP
        assert bench.hand(scene()).health.state is State.LEARNING
        seen = bench.quiet(QUIET)
        assert (seen.health.state, seen.alerts) == (State.MONITORING, ())
        assert bench.log().alarms == ()
        seen = bench.leaking(60)
        assert seen.result is not None
        assert seen.health.counters["captured"] == QUIET + 61
        assert balanced(seen)
    log = bench.log()
    raised = [(t.event, t.alert.rule_id, t.t_ns) for t in bench.told]
    assert ("raised", "leak_canal") in [row[:2] for row in raised]
    assert len(set(raised)) == len(raised)
    assert bench.observer.transitions == bench.told
    assert [(row["event"], row["rule_id"], row["t_ns"]) for row in log.alarms] == raised
    states = [row["state"] for row in log.state_changes]
    assert states[:3] == ["SETUP", "LEARNING", "MONITORING"]
    changes = [(row["state"], row["reasons"]) for row in log.state_changes]
    assert all(one != other for one, other in pairwise(changes))
    assert len({row["seq"] for row in log.volume}) == len(log.volume) > 5


def test_an_acknowledgement_is_logged_and_takes_effect_at_the_next_step(bench: Bench) -> None:
    bench.quiet(QUIET)
    before = bench.leaking(50)
    assert before.result is not None
    leak = next(alert for alert in before.result.alerts if alert.rule_id == "leak_canal")
    assert leak.state is AlarmState.ACTIVE
    bench.observer.acknowledge()
    assert [row["t_ns"] for row in bench.log().acknowledgements] == [bench.now_ns]
    still = bench.observer.look()
    assert still.result is before.result
    after = bench.hand(scene(disc_mm(150.0, 130.0, 35.0, 4.0)))
    assert after.result is not None
    leak = next(alert for alert in after.result.alerts if alert.rule_id == "leak_canal")
    assert leak.state is AlarmState.ACKNOWLEDGED
    told = [row for row in bench.log().alarms if row["event"] == "acknowledged"]
    assert "leak_canal" in {row["rule_id"] for row in told}
    assert {row["t_ns"] for row in told} == {bench.now_ns}


def test_a_log_that_cannot_be_written_is_told_until_it_can(bench: Bench) -> None:
    bench.quiet(QUIET)
    other = sqlite3.connect(bench.session.folder / LOG, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    bench.observer.acknowledge()
    for _ in range(20):
        seen = bench.quiet(1)
        assert seen.health.state is State.DEGRADED
        assert codes(seen) == ["recording"]
        assert "log.sqlite" in seen.health.reasons[0].text
    assert [alert.rule_id for alert in seen.alerts] == ["degraded"]
    other.execute("ROLLBACK")
    other.close()
    bench.quiet(10)
    assert bench.quiet(1).health.state is State.MONITORING
    assert bench.observer.log_error is None
    log = bench.log()
    assert len(log.acknowledgements) == 1
    assert ("raised", "degraded", "technical") in {
        (row["event"], row["rule_id"], row["kind"]) for row in log.alarms
    }
    assert [row["state"] for row in log.state_changes][-2:] == ["DEGRADED", "MONITORING"]


def test_frames_that_cannot_be_kept_are_told_and_counted(bench: Bench) -> None:
    bench.quiet(QUIET)
    bench.kept()
    bench.session.recording.close()
    bench.quiet(5)
    bench.kept()
    seen = bench.quiet(1)
    assert codes(seen) == ["recording"]
    assert seen.health.state is State.DEGRADED
    assert seen.recording is False
    bench.recorder.stop()
    seen = bench.observer.look()
    assert seen.health.counters["gaps"] == 6
    assert seen.health.counters["written"] == QUIET
    assert balanced(seen)


def test_a_source_that_is_lost_is_told_with_its_reason(bench: Bench) -> None:
    bench.quiet(5)
    bench.source.handed.put(SourceLost("the capture device was unplugged"))
    bench.loop._capture.join(10)
    seen = bench.observer.look()
    assert seen.health.state is State.NOT_MONITORING
    assert seen.health.reasons[0].text == "image source lost: the capture device was unplugged"
    assert seen.alerts == ()
    assert bench.observer.ended
    seen = bench.wait(0.3)
    assert [alert.rule_id for alert in seen.alerts] == ["not_monitoring"]
    row = bench.log().alarms[-1]
    assert (row["event"], row["rule_id"], row["kind"]) == ("raised", "not_monitoring", "technical")
    assert "the capture device was unplugged" in row["message"]
    assert "the capture device was unplugged" in bench.log().state_changes[-1]["reasons"]


def test_silence_is_told_and_taken_back(bench: Bench) -> None:
    bench.quiet(QUIET)
    assert bench.wait(0.1).health.state is State.MONITORING
    seen = bench.wait(0.9)
    assert seen.health.state is State.NOT_MONITORING
    assert seen.health.reasons[0].text == "no image for 1.0 s"
    assert seen.health.result_age_s == pytest.approx(1.0)
    assert codes(bench.quiet(1)) != ["no_image"]
    assert [row["state"] for row in bench.log().state_changes].count("NOT MONITORING") == 1


def test_a_stop_that_was_asked_for_is_no_fault(bench: Bench) -> None:
    bench.quiet(QUIET)
    states = bench.log().state_changes
    assert bench.loop.stop(10)
    bench.observer.finish()
    log = bench.log()
    assert log.state_changes == states
    assert log.alarms == ()
    assert [row["name"] for row in log.events] == ["stopped"]
    assert json.loads(log.events[0]["data"])["captured"] == QUIET


def test_what_was_painted_counts_from_its_own_capture(bench: Bench) -> None:
    seen = bench.hand(scene())
    assert seen.result is not None
    account = bench.loop.latency
    account.painted(seen.result.frame.seq, seen.result.frame.t_capture_ns + 40_000_000)
    account.painted(seen.result.frame.seq + 7, bench.now_ns + 900_000_000)
    delay = delay_of(account, None)
    assert delay is not None
    assert (delay.painted, delay.processing_p50_ms) == (1, 40.0)
    assert bench.wait(0.0).processing_ms == 40.0


def test_a_memory_that_cannot_be_kept_is_said(bench: Bench, tmp_path: Path) -> None:
    """A restart would come up without the alarms' cement: the recording is not whole then."""
    keeper = MemoryKeeper(tmp_path / "gone" / "memory.msgpack", bench.pipeline.remember)
    observer = Observer(
        bench.loop, bench.stepping, Config(), None, None, keeper, clock_ns=bench.clock
    )  # fmt: skip
    bench.quiet(QUIET)
    assert observer.look().health.state is State.MONITORING
    keeper.start()
    keeper.look(bench.now_ns)
    keeper.stop(finished=False)
    seen = observer.look()
    assert seen.health.state is State.DEGRADED
    assert seen.health.reasons[0].code == "recording"
    assert "memory.msgpack" in seen.health.reasons[0].text
