"""Tests before and after, against worked examples of textbooks and by hand."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from recordings.cohort.paired import SIGN, STUDENT, WILCOXON, hodges_lehmann, paired_row, sign_test

# Hollander and Wolfe, Nonparametric Statistical Methods, table 3.1: depression factor before and after
BEFORE = [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30]
AFTER = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29]


def test_the_example_of_hollander_and_wolfe() -> None:
    row = paired_row("VAS", "1 month", BEFORE, AFTER, missing=2)
    assert (row.test, row.pairs, row.missing) == (WILCOXON, 9, 2)
    assert row.p_value == pytest.approx(0.0390625)
    assert row.shift == pytest.approx(-0.46)
    assert (row.shift_low, row.shift_high) == pytest.approx((-0.786, -0.010))
    assert (row.lower, row.same, row.higher) == (7, 0, 2)
    assert row.before_mean == pytest.approx(np.mean(BEFORE))


def test_the_sleep_data_of_student() -> None:
    # Student, Biometrika 1908: mean of the differences 1.58, t = 4.0621, 95 % interval 0.7001 to 2.4599
    first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    row = paired_row("ODI", "1 month", first, second, missing=0)
    assert row.difference_mean == pytest.approx(1.58)
    assert (row.difference_low, row.difference_high) == pytest.approx((0.7001142, 2.4598858))
    assert row.test == WILCOXON  # ten pairs: too few for the t test
    assert (row.lower, row.same, row.higher) == (0, 1, 9)


def test_zeros_stay_in_the_ranks_and_ties_are_shared() -> None:
    """All signs of the pairs that differ, gone through by hand, with the ranks that zeros leave them."""
    difference = np.array([0.0, 0.0, -1, -1, 2, -3, -3, -3, -4])
    ranks = stats.rankdata(np.abs(difference))[2:]  # Pratt: ranked with the zeros, then without
    observed = ranks[difference[2:] > 0].sum()
    sums = [sum(r for r, up in zip(ranks, ups, strict=True) if up) for ups in product((0, 1), repeat=7)]
    middle = ranks.sum() / 2
    by_hand = np.mean([abs(s - middle) >= abs(observed - middle) - 1e-9 for s in sums])
    row = paired_row("VAS", "24 h", [8.0] * 9, list(8.0 + difference), missing=0)
    assert row.p_value == pytest.approx(by_hand)


def test_each_score_has_its_test() -> None:
    draw = np.random.default_rng(2)
    before = list(draw.normal(44, 10, 20))
    after = [b - 20 + e for b, e in zip(before, draw.normal(0, 9, 20), strict=True)]
    row = paired_row("ODI", "12 months", before, after, missing=0)
    assert row.test == STUDENT
    assert row.p_value == pytest.approx(stats.ttest_rel(after, before).pvalue)
    ladder = paired_row("analgesics", "1 month", [3] * 8 + [2, 2], [1] * 8 + [2, 3], missing=0)
    assert ladder.test == SIGN
    assert ladder.p_value == pytest.approx(2 * (1 + 9) / 2**9)  # 1 of 9 higher, the tie left out
    assert ladder.difference_mean is None
    assert (ladder.before_median, ladder.after_median) == (3, 1)


def test_too_few_say_nothing() -> None:
    row = paired_row("VAS", "24 h", [8, 8, 8, 8, 8, 8], [3, 3, 3, 3, 3, 8], missing=0)
    assert (row.test, row.p_value) == (None, None)
    assert row.difference_mean == pytest.approx(-25 / 6)
    alone = paired_row("VAS", "24 h", [8], [3], missing=0)
    assert (alone.before_sd, alone.difference_low, alone.shift_low) == (None, None, None)
    none = paired_row("VAS", "24 h", [], [], missing=4)
    assert (none.pairs, none.missing, none.before_mean, none.difference_mean) == (0, 4, None, None)
    assert paired_row("ODI", "24 h", [40.0] * 20, [20.0] * 20, missing=0).p_value is None
    assert sign_test(np.zeros(3)) == 1


def test_many_pairs_by_the_normal_distribution() -> None:
    difference = np.random.default_rng(4).normal(-2, 1, 120)
    shift, interval = hodges_lehmann(difference)
    assert interval is not None
    assert shift is not None
    assert interval.low < shift < interval.high
    half = 1.96 / np.sqrt(120) * np.sqrt(np.pi / 3)  # asymptotic efficiency of the rank test, 3/pi
    assert interval.high - interval.low == pytest.approx(2 * half, rel=0.25)


def test_of_very_many_the_mean_says_enough() -> None:
    row = paired_row("VAS", "24 h", [8.0] * 1501, [2.0, 3.0, 4.0] * 500 + [3.0], missing=0)
    assert (row.shift, row.shift_low) == (None, None)
    assert row.difference_mean == pytest.approx(-5)
    assert row.test == WILCOXON


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-10, 10), min_size=6, max_size=30))
def test_turned_about_it_says_the_same(steps: list[int]) -> None:
    difference = np.array(steps, float)
    there, back = hodges_lehmann(difference), hodges_lehmann(-difference)
    assert there[0] is not None
    assert back[0] is not None
    assert there[0] == pytest.approx(-back[0])
    assert there[1] is not None
    assert back[1] is not None
    assert there[1].low <= there[0] <= there[1].high
    assert (there[1].low, there[1].high) == pytest.approx((-back[1].high, -back[1].low))
