"""The range of breathing, and how long is learned when it is disturbed again and again."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from monitor.config import LearningConfig
from monitor.relearning import Relearning
from monitor.sway import Sway

SHIFTS = st.lists(st.tuples(st.floats(-20, 20), st.floats(-20, 20)), min_size=1, max_size=200)


@given(SHIFTS)
def test_bounds_hold_every_shift_of_the_last_minute(shifts: list[tuple[float, float]]) -> None:
    sway = Sway()
    for k, shift in enumerate(shifts):
        sway.add(k / 15, shift)
    bounds = sway.bounds(len(shifts) / 15, 1)
    assert bounds is not None
    low, high = bounds
    assert np.allclose(low, np.min(shifts, axis=0))
    assert np.allclose(high, np.max(shifts, axis=0))
    assert sway.count == len(shifts)


def test_what_came_just_now_is_left_out_and_what_is_old_is_forgotten() -> None:
    sway = Sway()
    sway.add(0.0, (50.0, 0.0))
    for k in range(1, 62):
        sway.add(float(k), (1.0, -1.0))
    sway.add(62.0, (9.0, 9.0))
    bounds = sway.bounds(61.0, 10)
    assert bounds is not None
    assert bounds[1].tolist() == [1.0, -1.0]
    assert sway.bounds(61.0, 100)[1].tolist() == [9.0, 9.0]  # type: ignore[index]
    sway.clear()
    assert sway.bounds(61.0, 1) is None
    assert sway.span_s == 0.0


def test_learning_lasts_longer_when_it_was_not_enough() -> None:
    again = Relearning(LearningConfig(relearn_s=3.0, relearn_at_most_s=8.0))
    assert [again.begin(t) for t in (10.0, 15.0, 24.0, 35.0)] == [3.0, 6.0, 8.0, 8.0]
    assert again.begin(80.0) == 3.0


def test_one_disturbance_that_goes_on_does_not_make_learning_longer() -> None:
    again = Relearning(LearningConfig(relearn_s=3.0, relearn_at_most_s=8.0))
    again.begin(10.0)
    assert again.begin(11.0, was_learned=False) == 3.0
    assert again.begin(12.0, was_learned=False) == 3.0
    assert again.begin(16.0) == 6.0
