"""Faults injected on purpose into a running monitor: said within half a second, counted, and got over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from monitor.frame import Frame, freeze_pixels
from monitor.states import State
from tests.monitor.scripted import SIZE, frame, scene
from tests.test_observer import PERIOD_NS, QUIET, Bench, balanced, codes, running
from ui.overlay.observation import Observation

SAID_S = 0.5
NOISE = np.random.default_rng(11)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with running(tmp_path / "session") as made:
        made.quiet(QUIET)
        assert made.quiet(1).health.state is State.MONITORING
        yield made


def garbage() -> NDArray[np.uint16]:
    return NOISE.integers(0, 4096, (SIZE, SIZE)).astype(np.uint16)


def turned() -> NDArray[np.uint16]:
    """Another image altogether, as after a turn of the C-arm."""
    return np.ascontiguousarray(np.roll(scene(None, (0.0, 0.0), NOISE).T[::-1], 90, axis=1))


@dataclass(frozen=True)
class Fault:
    """An image that is wrong, and what is to be said of it."""

    pixels: Callable[[], NDArray[np.generic]]
    state: State
    codes: set[str]


STILL = scene(None, (0.0, 0.0), NOISE)
FAULTS = {
    "garbage": Fault(garbage, State.NOT_MONITORING, {"lost", "noisy", "too_poor", "moved", "unknown_view"}),
    "black": Fault(
        lambda: np.zeros((SIZE, SIZE), np.uint16), State.NOT_MONITORING, {"too_dark", "lost", "brightness"}
    ),
    "white": Fault(
        lambda: np.full((SIZE, SIZE), 4095, np.uint16), State.NOT_MONITORING, {"saturated", "brightness"}
    ),
    "another view": Fault(turned, State.NOT_MONITORING, {"lost", "unknown_view", "moved"}),
    "the same image again and again": Fault(lambda: STILL, State.HELD, {"image_held"}),
    "another size": Fault(lambda: np.zeros((100, 120), np.uint16), State.NOT_MONITORING, {"size_changed"}),
    "another depth": Fault(
        lambda: (scene(None, (0.0, 0.0), NOISE) >> 4).astype(np.uint8),
        State.NOT_MONITORING,
        {"depth_changed"},
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_wrong_image_is_said_in_time_and_got_over(bench: Bench, name: str) -> None:
    fault = FAULTS[name]
    began_ns = bench.now_ns
    seen: Observation | None = None
    for _ in range(15):
        seen = bench.hand(fault.pixels())  # type: ignore[arg-type]  # another depth is the fault
        if seen.health.state is fault.state:
            break
    assert seen is not None
    assert seen.health.state is fault.state
    assert set(codes(seen)) & fault.codes
    assert (bench.now_ns - began_ns) / 1e9 <= SAID_S + PERIOD_NS / 1e9
    # nothing of before is shown as if it were now
    assert seen.result is not None
    assert all(level.area_mm2 is None for level in seen.result.levels)
    for _ in range(30):
        seen = bench.hand(fault.pixels())  # type: ignore[arg-type]
        assert seen.health.state >= fault.state
    for _ in range(300):
        seen = bench.quiet(1)
        if seen.health.state is State.MONITORING:
            break
    assert seen.health.state is State.MONITORING
    assert bench.loop.status().counters["failed"] == 0


def hand_at(bench: Bench, time_ns: int) -> Observation:
    """A frame whose source's clock says something else than ours."""
    bench.now_ns += PERIOD_NS
    shot = frame(bench._count, scene(None, (0.0, 0.0), NOISE), bench.now_ns)
    odd = Frame(shot.seq, bench.now_ns, time_ns, freeze_pixels(shot.pixels, copy=True), shot.source_id)
    bench.source.handed.put(odd)
    bench._count += 1
    with bench.loop._changed:
        assert bench.loop._changed.wait_for(
            lambda: bench.loop._counts["processed"] + bench.loop._counts["failed"] == bench._count, 10
        )
    return bench.observer.look()


@pytest.mark.parametrize("jump_s", [-3600.0, -0.5, 0.0, 3600.0])
def test_a_source_whose_clock_jumps_breaks_nothing(bench: Bench, jump_s: float) -> None:
    base_ns = bench.now_ns + round(jump_s * 1e9)
    for i in range(60):
        seen = hand_at(bench, base_ns + i * PERIOD_NS)
        assert seen.health.state in (State.MONITORING, State.DEGRADED, State.LEARNING, State.NOT_MONITORING)
    for i in range(60, 200):
        seen = hand_at(bench, base_ns + i * PERIOD_NS)
        if seen.health.state is State.MONITORING:
            break
    assert seen.health.state is State.MONITORING
    assert seen.health.counters["failed"] == 0
    assert not [alert for alert in seen.alerts if alert.rule_id.startswith("leak_")]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_stage_that_dies_takes_no_truth_with_it(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not an exception that is caught: the thread itself ends."""

    def die(*_: object) -> None:
        raise SystemExit

    monkeypatch.setattr(bench.loop, "_step", die)
    bench.now_ns += PERIOD_NS
    bench.source.handed.put(frame(bench._count, STILL, bench.now_ns))
    bench.loop._processing.join(10)
    seen = bench.observer.look()
    assert seen.health.state is State.NOT_MONITORING
    assert seen.health.reasons[0].text == "internal fault: a thread has stopped"
    counters = seen.health.counters
    assert counters["captured"] == QUIET + 2
    assert counters["captured"] == sum(
        counters[key] for key in ("processed", "superseded", "in_flight", "failed")
    )


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_capture_that_dies_is_no_end_of_a_recording(bench: Bench) -> None:
    bench.source.handed.put(SystemExit("driver"))  # no Exception: nothing catches it by the way
    bench.loop._capture.join(10)
    seen = bench.observer.look()
    assert seen.health.state is State.NOT_MONITORING
    assert codes(seen) == ["source_lost"]
    assert "driver" in seen.health.reasons[0].text


def test_a_stage_that_raises_is_said_at_once_and_taken_back(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = bench.loop._step

    def fail(*_: object) -> None:
        raise ValueError("in a stage")

    monkeypatch.setattr(bench.loop, "_step", fail)
    seen = bench.quiet(1)
    assert seen.health.reasons[0].text == "internal fault: ValueError: in a stage"
    monkeypatch.setattr(bench.loop, "_step", step)
    seen = bench.quiet(2)
    assert seen.health.state is State.MONITORING
    assert seen.health.counters["failed"] == 1
    bench.recorder.stop()
    assert balanced(bench.observer.look())


def test_processing_that_is_too_slow_is_said(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    step = bench.loop._step

    def slow(shot: Frame, now_ns: int, skipped: int = 0) -> object:
        bench.now_ns += 400_000_000
        return step(shot, now_ns, skipped)

    monkeypatch.setattr(bench.loop, "_step", slow)
    seen = bench.quiet(1)
    assert seen.health.state is State.NOT_MONITORING
    assert codes(seen)[0] in ("lagging", "no_image")
    monkeypatch.setattr(bench.loop, "_step", step)
    assert bench.quiet(2).health.state is State.MONITORING
