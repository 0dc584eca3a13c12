"""A C-arm that is turned shows another view: never monitored, said in time, and got over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest

from monitor.config import Config
from monitor.frame import Frame, freeze_pixels
from monitor.pipeline import Pipeline
from monitor.result import Result
from monitor.states import State
from recordings.simulated.disturbances import Hand, Jerk, TableMove
from recordings.simulated.marks import plan_for
from recordings.simulated.settings import SimulationSettings
from recordings.simulated.source import SimulatedSource

RATE_HZ = 15.0
TURNED_S, BACK_S = 6.0, 9.0


def frames(projection: str, seconds: float, seed: int, **more: object) -> Iterator[Frame]:
    settings = SimulationSettings(
        seed=seed, size=320, mm_per_px=0.42, duration_s=seconds + 1, projection=projection,  # type: ignore[arg-type]
        injection_start_s=3.5, **more,  # type: ignore[arg-type]
    )  # fmt: skip
    with SimulatedSource("clean", settings) as source:
        for _ in range(round(seconds * RATE_HZ)):
            yield source.read()


def monitor(projection: str, seed: int) -> Pipeline:
    settings = SimulationSettings(
        seed=seed, size=320, mm_per_px=0.42, projection=projection, injection_start_s=3.5  # type: ignore[arg-type]
    )  # fmt: skip
    plan = plan_for("clean", settings)
    with SimulatedSource("clean", settings) as source:
        return Pipeline(plan, plan.views[0], source.info, Config())


def go(
    pipe: Pipeline, shots: Iterator[Frame], change: Callable[[Frame], Frame] = lambda f: f
) -> list[Result]:
    return [pipe.step(change(shot), shot.time_ns) for shot in shots]


def codes(result: Result) -> set[str]:
    return {reason.code for reason in result.reasons}


def at_s(result: Result) -> float:
    return result.frame.time_ns / 1e9


@pytest.mark.parametrize(("first", "other", "seed"), [("lateral", "ap", 1), ("ap", "lateral", 3)])
def test_a_turned_c_arm_is_called_within_half_a_second_and_the_view_is_taken_up_again(
    first: str, other: str, seed: int
) -> None:
    planned = list(frames(first, 13.0, seed))
    elsewhere = list(frames(other, 13.0, seed))
    shots = (
        e if TURNED_S <= p.time_ns / 1e9 < BACK_S else p for p, e in zip(planned, elsewhere, strict=True)
    )
    results = go(monitor(first, seed), shots)
    before = [r for r in results if 4.5 < at_s(r) < TURNED_S]
    assert {r.state for r in before} <= {State.MONITORING, State.DEGRADED}
    turned = [r for r in results if TURNED_S <= at_s(r) < BACK_S]
    assert {r.state for r in turned} == {State.NOT_MONITORING}
    called = next(at_s(r) for r in turned if "unknown_view" in codes(r))
    assert called - TURNED_S <= 0.5
    assert all("unknown_view" in codes(r) for r in turned if at_s(r) > called)
    assert all(level.area_mm2 is None for r in turned for level in r.levels)
    raised = [t for r in turned for t in r.transitions if t.event == "raised"]
    assert {t.alert.rule_id for t in raised} == {"not_monitoring"}
    # back again: the reference of before still holds, and what has grown meanwhile is seen at once
    again = next(r for r in results if at_s(r) >= BACK_S and r.state <= State.DEGRADED)
    assert at_s(again) - BACK_S <= 0.5
    assert results[-1].state <= State.DEGRADED
    assert results[-1].levels[0].area_mm2 > 1.1 * before[-1].levels[0].area_mm2
    assert not [t for r in results for t in r.transitions if t.alert.rule_id.startswith("leak_")]


def test_ordinary_disturbances_are_no_other_view() -> None:
    happenings = (
        Jerk(at_s=4.0, mm=6.0), Hand(at_s=6.0, seconds=2.0), TableMove(at_s=9.0, mm=25.0)
    )  # fmt: skip
    results = go(monitor("lateral", 2), frames("lateral", 14.0, 2, disturbances=happenings))
    assert not [at_s(r) for r in results if "unknown_view" in codes(r)]


def test_snow_is_no_view_that_is_known() -> None:
    noise = np.random.default_rng(4)

    def snow(shot: Frame) -> Frame:
        if at_s_of(shot) < TURNED_S:
            return shot
        pixels = noise.integers(0, 4096, shot.pixels.shape).astype(np.uint16)
        return replace(shot, pixels=freeze_pixels(pixels, copy=False))

    results = go(monitor("lateral", 2), frames("lateral", 8.0, 2), snow)
    assert {r.state for r in results if at_s(r) > TURNED_S + 0.2} == {State.NOT_MONITORING}


def at_s_of(shot: Frame) -> float:
    return shot.time_ns / 1e9
