"""What is asked for between two steps, and what is told of each."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.config import Config
from monitor.pipeline import Pipeline
from monitor.result import AlarmState
from monitor.stepping import Request, Stepping, Taken
from tests.monitor.scripted import disc_mm, frame, info, plan, scene


def stepping(told: list[Taken]) -> Stepping:
    return Stepping(Pipeline(plan(), plan().views[0], info(), Config()), told.append)


def test_an_acknowledgement_takes_effect_at_the_next_step_and_is_told_with_it() -> None:
    told: list[Taken] = []
    run, noise = stepping(told), np.random.default_rng(2)
    for seq in range(90):
        cement = disc_mm(150.0, 130.0, 20, 4.0) if seq > 60 else None
        if seq == 85:
            assert run.step(frame(84, scene(cement, noise=noise)), round(84.5e9 / 15)).alerts
            run.acknowledge()
        result = run.step(
            frame(seq, scene(cement, noise=noise)), round(seq * 1e9 / 15), skipped_before=seq % 3
        )
    assert {alert.state for alert in result.alerts} == {AlarmState.ACKNOWLEDGED}
    asked = [taken for taken in told if taken.requests]
    assert [(taken.frame.seq, taken.requests) for taken in asked] == [(85, (Request("acknowledge"),))]
    assert told[-1].skipped_before == 89 % 3
    assert told[-1].result is result
    assert told[-1].now_ns == round(89e9 / 15)


def test_a_stage_that_raises_is_told_and_raised() -> None:
    told: list[Taken] = []
    broken = False

    def perf_ns() -> int:
        if broken:
            raise ArithmeticError("no clock")
        return 0

    run = Stepping(Pipeline(plan(), plan().views[0], info(), Config(), perf_ns=perf_ns), told.append)
    run.step(frame(0, scene()), 0)
    broken = True
    with pytest.raises(ArithmeticError):
        run.step(frame(1, scene()), 1)
    assert [taken.fault for taken in told] == [None, "ArithmeticError: no clock"]
    assert told[1].result is None


def test_a_single_view_has_no_next() -> None:
    assert stepping([]).ask_for_next_view() is None
