"""Intervals of rates and means, and of differences between them: pure functions of counts and numbers.

Every interval is of 95 % and two-sided. Sources:

- Wilson EB. Probable inference, the law of succession, and statistical inference. JASA 1927;22:209-212.
- Newcombe RG. Interval estimation for the difference between independent proportions: comparison of eleven
  methods. Statistics in Medicine 1998;17:873-890 (method 10, without continuity correction).
- Rao JNK, Scott AJ. A simple method for the analysis of clustered binary data. Biometrics 1992;48:577-585.
- Welch BL. The generalization of Student's problem when several different population variances are involved.
  Biometrika 1947;34:28-35.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri, stdtrit

LEVEL = 0.95
Z = float(ndtri(0.5 + LEVEL / 2))


class Interval(NamedTuple):
    """From `low` to `high`."""

    low: float
    high: float


class Difference(NamedTuple):
    """A difference with its interval."""

    value: float
    low: float
    high: float


def wilson(events: float, total: float) -> Interval | None:
    """Interval of a proportion (Wilson 1927, without continuity correction); None for none of none.

    `total` need not be whole: it may be an effective number. 0 of n begins at 0, n of n ends at 1.

    Raises
    ------
    ValueError
        Not 0 <= `events` <= `total`.
    """
    if not 0 <= events <= total:
        raise ValueError(f"{events} of {total}")
    if total == 0:
        return None
    p, square = events / total, Z * Z
    middle = (p + square / (2 * total)) / (1 + square / total)
    half = Z * sqrt(p * (1 - p) / total + square / (4 * total * total)) / (1 + square / total)
    low = 0.0 if events == 0 else max(middle - half, 0.0)
    high = 1.0 if events == total else min(middle + half, 1.0)
    return Interval(low, high)


def newcombe(events: int, total: int, events_of_other: int, total_of_other: int) -> Difference | None:
    """Difference of two independent proportions, the first minus the second (Newcombe 1998, method 10).

    None where either is none of none.
    """
    first, second = wilson(events, total), wilson(events_of_other, total_of_other)
    if first is None or second is None:
        return None
    p, q = events / total, events_of_other / total_of_other
    below = sqrt((p - first.low) ** 2 + (second.high - q) ** 2)
    above = sqrt((first.high - p) ** 2 + (q - second.low) ** 2)
    return Difference(p - q, max(p - q - below, -1.0), min(p - q + above, 1.0))


def design_effect(events: Sequence[int], totals: Sequence[int]) -> float | None:
    """How much more a rate varies, since those of one cluster are alike (Rao and Scott 1992).

    The variance of the ratio ``sum(events) / sum(totals)`` over clusters, through that of a binomial rate::

        v = m / (m - 1) * sum((x_i - p n_i)^2) / N^2      d = v / (p (1 - p) / N)

    Parameters
    ----------
    events, totals : sequence of int, shape (clusters,)
        Per cluster (a patient): those with the event (leaking vertebrae), and all.

    Returns
    -------
    float or None
        Under 1 where those of one cluster differ more than chance would have it; 1 where each cluster is of
        one, and there is nothing to allow for. None for fewer than two clusters, and where none or all have
        the event.
    """
    x, n = np.asarray(events, float), np.asarray(totals, float)
    clusters, whole = len(n), float(n.sum())
    if clusters < 2 or whole == 0:
        return None
    p = float(x.sum()) / whole
    if p in (0.0, 1.0):
        return None
    if n.max() <= 1:
        return 1.0
    variance = clusters / (clusters - 1) * float(np.sum((x - p * n) ** 2)) / whole**2
    return variance / (p * (1 - p) / whole)


def adjusted(events: int, total: int, effect: float | None) -> Interval | None:
    """Wilson's interval of an effective number, ``total / effect``; None where the effect is not known.

    An effect below 1 does not make it narrower: that much the effect itself is not known.
    """
    if effect is None or total == 0:
        return None
    return wilson(events / max(effect, 1.0), total / max(effect, 1.0))


def student(mean: float, sd: float | None, count: int) -> Interval | None:
    """Interval of a mean; None for fewer than two, or without a spread."""
    if count < 2 or sd is None:
        return None
    half = float(stdtrit(count - 1, 0.5 + LEVEL / 2)) * sd / sqrt(count)
    return Interval(mean - half, mean + half)


def welch(
    mean: float, sd: float, count: int, mean_of_other: float, sd_of_other: float, count_of_other: int
) -> Difference | None:
    """Difference of two independent means, the first minus the second (Welch 1947).

    Degrees of freedom after Satterthwaite. None where either has fewer than two, or neither varies.
    """
    if count < 2 or count_of_other < 2:
        return None
    first, second = sd * sd / count, sd_of_other * sd_of_other / count_of_other
    variance = first + second
    if variance == 0:
        return None
    freedom = variance**2 / (first**2 / (count - 1) + second**2 / (count_of_other - 1))
    half = float(stdtrit(freedom, 0.5 + LEVEL / 2)) * sqrt(variance)
    return Difference(mean - mean_of_other, mean - mean_of_other - half, mean - mean_of_other + half)


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """P values adjusted for their number (Holm, Scandinavian Journal of Statistics 1979;6:65-70)."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    found, least = [1.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        least = max(least, min(1.0, (len(p_values) - rank) * p_values[place]))
        found[place] = least
    return tuple(found)
