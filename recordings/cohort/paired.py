"""Scores before and after of the same patients: which test for which score, and what it gives.

The test is fixed by the score and by the number of pairs, never by what the numbers look like:

=========  =====================================  ==================================================
score      test                                   why
=========  =====================================  ==================================================
VAS        Wilcoxon signed-rank                   whole steps between two ends, many at the lower
ODI        paired t from 15 pairs, else Wilcoxon  a sum of ten items; the mean is what series report
EQ-5D      paired t from 15 pairs, else Wilcoxon  an index whose mean is what is made of it
analgesic  sign test                              a ladder: higher is more, but not by how much
=========  =====================================  ==================================================

Pairs without a difference stay in the ranks of Wilcoxon's test (Pratt, JASA 1959;54:655-667) and are left
out of the sign test (Dixon and Mood, JASA 1946;41:557-566). Fewer than six pairs that differ cannot come
below 0.05 in a rank test (2/2^5 = 0.0625): then nothing is tested, and nothing is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray
from scipy import stats

from recordings.cohort.figures import PairedRow
from recordings.cohort.statistics import LEVEL, Interval, Z, student

FEWEST_PAIRS = 6
FEWEST_FOR_T = 15
MOST_EXACT = 50
MOST_WALSH_PAIRS = 1500
WILCOXON, STUDENT, SIGN = "Wilcoxon signed-rank", "paired t", "sign test"
ORDINAL = frozenset({"analgesics"})
BY_MEAN = frozenset({"ODI", "EQ-5D"})


def paired_row(
    score: str, when: str, before: Sequence[float], after: Sequence[float], missing: int
) -> PairedRow:
    """What became of a score.

    Parameters
    ----------
    score, when : str
    before, after : sequence of float, shape (pairs,)
        Of the same patients, in the same order.
    missing : int
        Patients with a score before and none then.
    """
    was, now = np.asarray(before, float), np.asarray(after, float)
    difference = np.round(now - was, 9)  # 0.3 - 0.1 and 0.2 are the same step
    count = len(difference)
    if count == 0:
        return PairedRow(score=score, when=when, pairs=0, missing=missing)
    test, p_value = _tested(score, difference)
    row = PairedRow(
        score=score, when=when, pairs=count, missing=missing, test=test, p_value=p_value,
        before_median=float(np.median(was)), after_median=float(np.median(now)),
        lower=int(np.sum(difference < 0)), same=int(np.sum(difference == 0)),
        higher=int(np.sum(difference > 0)),
    )  # fmt: skip
    if score in ORDINAL:
        return row
    mean, interval = _mean(now - was)
    shift, shift_interval = hodges_lehmann(difference)
    return replace(
        row, before_mean=float(was.mean()), before_sd=_sd(was), after_mean=float(now.mean()),
        after_sd=_sd(now), difference_mean=mean,
        difference_low=None if interval is None else interval.low,
        difference_high=None if interval is None else interval.high,
        shift=shift,
        shift_low=None if shift_interval is None else shift_interval.low,
        shift_high=None if shift_interval is None else shift_interval.high,
    )  # fmt: skip


def _tested(score: str, difference: NDArray[np.float64]) -> tuple[str | None, float | None]:
    differing = int(np.sum(difference != 0))
    if differing < FEWEST_PAIRS:
        return None, None
    if score in ORDINAL:
        return SIGN, sign_test(difference)
    if score in BY_MEAN and len(difference) >= FEWEST_FOR_T:
        if np.ptp(difference) == 0:
            return None, None  # all by the same amount: no spread to hold the mean against
        return STUDENT, float(stats.ttest_1samp(difference, 0.0).pvalue)
    return WILCOXON, float(stats.wilcoxon(difference, zero_method="pratt").pvalue)


def sign_test(difference: NDArray[np.float64]) -> float:
    """Exact and two-sided, of those that differ; 1 where none does."""
    higher, differing = int(np.sum(difference > 0)), int(np.sum(difference != 0))
    return 1.0 if differing == 0 else float(stats.binomtest(higher, differing).pvalue)


def hodges_lehmann(difference: NDArray[np.float64]) -> tuple[float | None, Interval | None]:
    """Median of all Walsh averages, and the interval that belongs to Wilcoxon's test.

    Up to 50 pairs by the exact distribution of the rank sum without ties (the interval then covers at
    least 95 %), beyond by the normal one (Hollander, Wolfe and Chicken, Nonparametric Statistical Methods,
    3rd ed., 3.3). No interval for fewer than six pairs, for which none of 95 % exists, and nothing at all
    for more than 1500, of which the mean says enough.
    """
    count = len(difference)
    if count > MOST_WALSH_PAIRS:  # there are half as many averages as the square of it
        return None, None
    first, second = np.triu_indices(count)
    walsh = np.sort((difference[first] + difference[second]) / 2)
    shift = float(np.median(walsh))
    if count < FEWEST_PAIRS:
        return shift, None
    if count <= MOST_EXACT:
        ways = np.ones(1)
        for rank in range(1, count + 1):
            longer = np.zeros(len(ways) + rank)
            longer[: len(ways)] += ways
            longer[rank:] += ways
            ways = longer
        below = np.cumsum(ways) / 2.0**count
        left_out = int(np.searchsorted(below, (1 - LEVEL) / 2, side="right"))  # first sum that is too likely
    else:
        sd = sqrt(count * (count + 1) * (2 * count + 1) / 24)
        left_out = max(int(np.floor(count * (count + 1) / 4 - Z * sd)), 0)
    left_out = max(left_out, 1)
    return shift, Interval(float(walsh[left_out - 1]), float(walsh[-left_out]))


def _mean(difference: NDArray[np.float64]) -> tuple[float, Interval | None]:
    mean = float(difference.mean())
    return mean, student(mean, _sd(difference), len(difference))


def _sd(values: NDArray[np.float64]) -> float | None:
    return float(values.std(ddof=1)) if len(values) > 1 else None
