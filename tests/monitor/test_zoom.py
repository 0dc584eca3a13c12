"""An image that has been zoomed is not the one that was marked: never monitored, and said why."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from monitor.config import Config
from monitor.frame import Frame
from monitor.pipeline import Pipeline
from monitor.result import Result
from monitor.states import State
from recordings.simulated.marks import plan_for
from recordings.simulated.settings import SimulationSettings
from recordings.simulated.source import SimulatedSource
from tests.rendered import forget, rendered

__all__ = ["forget"]

pytestmark = pytest.mark.usefixtures("forget")
Change = Callable[[NDArray[np.uint16], float], NDArray[np.uint16]]
RATE_HZ = 15.0


def zoomed(pixels: NDArray[np.uint16], size: float) -> NDArray[np.uint16]:
    rows, columns = pixels.shape
    matrix = cv2.getRotationMatrix2D(((columns - 1) / 2, (rows - 1) / 2), 0, size)
    return np.asarray(cv2.warpAffine(pixels, matrix, (columns, rows)), np.uint16)


def run(seconds: float, size_at: Callable[[float], float], **more: float) -> list[Result]:
    settings = SimulationSettings(size=320, mm_per_px=0.36, injection_start_s=5.0, **more)  # type: ignore[arg-type]
    plan = plan_for("clean", settings)
    results = []
    with SimulatedSource("clean", settings) as source:
        pipe = Pipeline(plan, plan.views[0], source.info, Config())
    for frame in rendered("clean", settings, round(seconds * RATE_HZ)):
        size = size_at(frame.time_ns / 1e9)
        pixels = frame.pixels if size == 1.0 else zoomed(frame.pixels, size)
        pixels.flags.writeable = False
        shown = Frame(frame.seq, frame.t_capture_ns, frame.t_source_ns, pixels, frame.source_id)
        results.append(pipe.step(shown, frame.time_ns))
    return results


def codes(result: Result) -> set[str]:
    return {reason.code for reason in result.reasons}


@pytest.mark.parametrize("size", [0.8, 1.1, 1.25])
def test_a_zoom_in_mid_run_ends_monitoring_and_says_so(size: float) -> None:
    results = run(13.0, lambda t: size if t >= 7.0 else 1.0)
    before = [r for r in results if 4.0 < r.frame.time_ns / 1e9 < 7.0]
    assert {r.state for r in before} == {State.MONITORING}
    after = [r for r in results if r.frame.time_ns / 1e9 >= 8.8]
    assert {r.state for r in after} == {State.NOT_MONITORING}
    assert all("zoom" in codes(r) for r in after)
    assert all(level.area_mm2 is None for r in after for level in r.levels)
    (text,) = {reason.text for reason in after[-1].reasons if reason.code == "zoom"}
    assert "times as large as planned" in text
    assert float(text.split("about ")[1].split(" ")[0]) == pytest.approx(size, abs=0.06)


def test_when_the_zoom_goes_back_monitoring_comes_back() -> None:
    results = run(17.0, lambda t: 1.25 if 7.0 <= t < 10.0 else 1.0)
    assert "zoom" in codes(next(r for r in results if r.frame.time_ns / 1e9 > 9.5))
    assert results[-1].state is State.MONITORING


def test_a_jerk_is_no_zoom() -> None:
    results = run(13.0, lambda _: 1.0, jerk_mm=6.0, jerk_at_s=7.0)
    assert any(r.state is State.NOT_MONITORING for r in results)
    assert not any("zoom" in codes(r) for r in results)
    assert results[-1].state is State.MONITORING
