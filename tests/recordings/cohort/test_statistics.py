"""Intervals against published worked examples, against SciPy, and by what must always hold of them."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from recordings.cohort.statistics import adjusted, design_effect, holm, newcombe, student, welch, wilson


@pytest.mark.parametrize(
    ("events", "total", "low", "high"),
    # Newcombe, Statistics in Medicine 1998;17:857-872, table I, method 3
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0000, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_as_published(events: int, total: int, low: float, high: float) -> None:
    assert wilson(events, total) == pytest.approx((low, high), abs=5e-5)


def test_wilson_is_that_of_scipy() -> None:
    for total in range(1, 31):
        for events in range(total + 1):
            theirs = stats.binomtest(events, total).proportion_ci(method="wilson")
            assert wilson(events, total) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    assert wilson(0, 7).low == 0  # type: ignore[union-attr]
    assert wilson(7, 7).high == 1  # type: ignore[union-attr]
    assert wilson(0, 0) is None
    with pytest.raises(ValueError, match="3 of 2"):
        wilson(3, 2)


@pytest.mark.parametrize(
    ("own", "other", "low", "high"),
    # Newcombe, Statistics in Medicine 1998;17:873-890, table II, method 10
    [
        ((56, 70), (48, 80), 0.0524, 0.3339), ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062), ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775), ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0000), ((10, 10), (0, 10), 0.6075, 1.0000),
    ],
)  # fmt: skip
def test_newcombe_as_published(own: tuple[int, int], other: tuple[int, int], low: float, high: float) -> None:
    found = newcombe(*own, *other)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)
    assert found.value == pytest.approx(own[0] / own[1] - other[0] / other[1])


def test_a_difference_needs_both() -> None:
    assert newcombe(0, 0, 1, 2) is None
    assert newcombe(1, 2, 0, 0) is None


COUNTS = st.integers(0, 400).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total)))


@settings(max_examples=150, deadline=None)
@given(COUNTS, COUNTS)
def test_what_holds_of_every_interval(own: tuple[int, int], other: tuple[int, int]) -> None:
    for events, total in (own, other):
        found = wilson(events, total)
        if total == 0:
            assert found is None
            continue
        assert found is not None
        assert 0 <= found.low <= events / total <= found.high <= 1
        mirrored = wilson(total - events, total)
        assert mirrored is not None
        assert (1 - mirrored.high, 1 - mirrored.low) == pytest.approx(found, abs=1e-12)
    there, back = newcombe(*own, *other), newcombe(*other, *own)
    assert (there is None) == (back is None)
    if there is not None and back is not None:
        assert -1 <= there.low <= there.value <= there.high <= 1
        assert (-back.high, -back.low) == pytest.approx((there.low, there.high), abs=1e-12)


def test_the_design_effect_of_hand_worked_clusters() -> None:
    # every patient has both vertebrae leaking, or none: two vertebrae are worth one
    assert design_effect([2, 0] * 50, [2, 2] * 50) == pytest.approx(2 * 100 / 99)
    # p = 3/8; residuals 2 - 9/8, 1 - 9/8, 0 - 6/8: squares sum 1.34375; v = 1.5 * 1.34375 / 64
    assert design_effect([2, 1, 0], [3, 3, 2]) == pytest.approx((1.5 * 1.34375 / 64) / (3 / 8 * 5 / 8 / 8))
    # single vertebrae know nothing of each other
    assert design_effect([1, 0, 0, 1, 0], [1] * 5) == 1
    assert design_effect([2], [3]) is None
    assert design_effect([0, 0], [3, 2]) is None
    assert design_effect([3, 2], [3, 2]) is None
    assert design_effect([], []) is None


def test_an_adjusted_interval_is_that_of_fewer() -> None:
    assert adjusted(10, 40, 2.0) == wilson(5, 20)
    assert adjusted(10, 40, 0.5) == wilson(10, 40)
    assert adjusted(10, 40, None) is None


def test_means_as_by_hand_and_as_scipy() -> None:
    # mean 3.22, sd 0.84 of 50: t(49) = 2.0096
    found = student(3.22, 0.84, 50)
    assert found == pytest.approx(
        (3.22 - 2.00958 * 0.84 / sqrt(50), 3.22 + 2.00958 * 0.84 / sqrt(50)), abs=1e-5
    )
    assert student(3.2, None, 1) is None
    draw = np.random.default_rng(5)
    a, b = draw.normal(3, 1, 17), draw.normal(2.5, 2, 29)
    ours = welch(a.mean(), a.std(ddof=1), 17, b.mean(), b.std(ddof=1), 29)
    theirs = stats.ttest_ind(a, b, equal_var=False).confidence_interval()
    assert ours is not None
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high))
    assert welch(1, 1, 1, 1, 1, 9) is None
    assert welch(1, 0, 9, 2, 0, 9) is None


def test_holm_as_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))
    assert holm([0.6, 0.7]) == (1.0, 1.0)
    assert holm([]) == ()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_adjusting_never_makes_smaller_and_keeps_the_order(p_values: list[float]) -> None:
    found = holm(p_values)
    assert all(p <= q <= 1 for p, q in zip(p_values, found, strict=True))
    ordered = [q for _, q in sorted(zip(p_values, found, strict=True))]
    assert ordered == sorted(ordered)
