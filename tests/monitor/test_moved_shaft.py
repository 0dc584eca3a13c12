"""A cannula that is turned or drawn back is followed, and cement beside it is no movement of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from monitor.config import CementConfig, CorridorConfig
from monitor.corridor import find_cannulas
from monitor.moved_shaft import ShaftWatch
from monitor.patch import Patch
from monitor.result import Result
from monitor.states import State
from tests.monitor.scripted import SIZE, disc_mm, scene
from tests.monitor.test_corridor import MM, SHAPE, body_distance_mm, bone, rod
from tests.monitor.test_pipeline import QUIET, RATE_HZ, go, pipeline, rules, sway

TIP, END = (90.0, 105.0), (260.0, 60.0)
NOTHING = np.zeros(SHAPE, bool)
Image = NDArray[np.float32]


def steel(tip: tuple[float, float] = TIP, end: tuple[float, float] = END) -> Image:
    shaft: Image = (0.8 * rod(tip, end, 8.0) / 4.0).astype(np.float32)
    return shaft


def watching() -> ShaftWatch:
    reference = (bone() + steel()).astype(np.float32)
    watch = ShaftWatch(body_distance_mm(), MM)
    watch.update(find_cannulas(reference, body_distance_mm(), MM, CorridorConfig()), reference)
    return watch


def look(watch: ShaftWatch, shown: Image, pulses: int = 12, paler: NDArray[np.bool_] = NOTHING) -> None:
    for k in range(pulses):
        grain = 0.05 * np.random.default_rng(k).standard_normal(SHAPE)
        watch.look((bone() + shown + grain).astype(np.float32), NOTHING, paler, k / RATE_HZ)


@settings(max_examples=25, deadline=None)
@given(up_px=st.floats(-8, 8), end_up_px=st.floats(-14, 14))
def test_both_the_old_and_the_new_place_are_left_out(up_px: float, end_up_px: float) -> None:
    new = steel((TIP[0], TIP[1] + up_px), (END[0], END[1] + end_up_px))
    change = np.abs(new - steel())
    watch = watching()
    look(watch, new)
    if watch.swept is None:
        assert max(abs(up_px), abs(end_up_px)) * MM < 1.0
        return
    assert watch.rests
    assert change[~watch.swept & (body_distance_mm() > -20)].max() < 0.1
    assert watch.swept.mean() < 0.25
    (axis,) = watch.axes_now()
    assert np.hypot(*(axis.start - (TIP[0], TIP[1] + up_px))) * MM < 1.3


def test_a_shaft_that_stays_is_not_seen_to_move() -> None:
    watch = watching()
    look(watch, steel(), 60)
    assert watch.swept is None


@pytest.mark.parametrize("thick", [0.2, 0.4, 0.8])
def test_cement_that_runs_back_along_a_shaft_is_no_movement(thick: float) -> None:
    watch = watching()
    (axis,) = watch.axes_now()
    along, across = axis.coordinates(SHAPE)
    film = (along > 60) & (along < 100) & (across > 4) & (across < 10)
    look(watch, steel() + np.float32(thick) * film)
    assert watch.swept is None


def test_what_fills_the_lumen_is_no_movement() -> None:
    watch = watching()
    look(watch, steel() + np.float32(0.2) * rod(TIP, END, 6.0) / 3.0)
    assert watch.swept is None


def test_a_shaft_that_is_drawn_back_leaves_its_old_place_out() -> None:
    watch = watching()
    back = (TIP[0] + 30, TIP[1] - 30 * 45 / 170)
    gone = steel(back) - steel() < -0.3
    look(watch, steel(back), paler=gone)
    assert watch.swept is not None
    assert watch.swept[gone].all()


def test_one_that_comes_back_is_told_through_again() -> None:
    watch = watching()
    look(watch, steel(TIP, (END[0], END[1] + 8)))
    assert watch.swept is not None
    for k in range(12, 40):
        watch.look((bone() + steel()).astype(np.float32), NOTHING, NOTHING, k / RATE_HZ)
    assert watch.swept is None


def test_a_patch_is_learned_against_the_rest() -> None:
    noise, part = np.random.default_rng(3), np.zeros((40, 40), bool)
    part[10:30, 10:30] = True
    patch = Patch(part, np.ones((40, 40), np.float32), 0.0, 2.0, CementConfig().evidence_s)
    done = []
    for k in range(40):
        shown = (0.5 + 0.1 * noise.standard_normal((40, 40))).astype(np.float32)
        done.append(patch.learn(shown, 0.5 * shown, k / RATE_HZ))
    assert not any(done[:30])
    assert done[30]
    image = np.zeros((40, 40), np.float32)
    patch.put(patch.mean(), image)
    assert image[part] == pytest.approx(1.5, abs=0.1)
    assert not image[~part].any()
    assert np.sqrt(np.median(patch.variance())) == pytest.approx(0.05, rel=0.2)


def needle(turned: bool) -> Image:
    """A steel rod across the posterior wall, before and after it has been turned by three degrees."""
    rows, columns = np.indices((SIZE, SIZE))
    middle = 120 + (columns - 150) * (0.05 if turned else 0.0)
    rod_mm: Image = np.where((np.abs(rows - middle) < 4) & (columns >= 150), 8.0, 0.0).astype(np.float32)
    return rod_mm


def turning(leak: bool) -> Callable[[int], NDArray[np.uint16]]:
    noise = np.random.default_rng(4)

    def picture(i: int) -> NDArray[np.uint16]:
        shown = needle(i >= QUIET + 20)
        if leak and i > QUIET + 25:
            shown = shown + disc_mm(200.0, 150.0, min(0.6 * (i - QUIET - 25), 9.0), 4.0)
        return scene(shown, sway(i), noise)

    return picture


def leaks(results: list[Result]) -> list[int]:
    return [k for k, result in enumerate(results) if rules([result]) & {"leak_canal", "leak_outside"}]


def test_a_turned_needle_is_no_leak_and_monitoring_goes_on() -> None:
    results = go(pipeline(), QUIET + 140, turning(leak=False))
    assert not {rule for rule in rules(results) if rule.startswith("leak")}
    assert State.NOT_MONITORING not in {result.state for result in results[QUIET:]}
    assert results[-1].state is State.MONITORING
    assert results[QUIET + 50].levels[0].unobservable_px


def test_a_leak_while_the_needle_is_turned_is_told() -> None:
    results = go(pipeline(), QUIET + 140, turning(leak=True))
    assert leaks(results)
    assert leaks(results)[0] < QUIET + 25 + 1.2 * RATE_HZ
