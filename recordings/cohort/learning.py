"""How an operator's leaks went from level to level.

The running sum is that of leaks minus those expected, ``S_n = sum(x_i - p)`` (a CUSUM of observed minus
expected; Williams SM, Parry BR, Schlup MMT. BMJ 1992;304:1359-1361): level while the rate is the expected
one, rising while it is higher. It is no test. Levels of one day are in the order of their sessions' names,
which tell no time.
"""

from __future__ import annotations

from collections.abc import Sequence

from recordings.cohort.facts import Vertebra
from recordings.cohort.figures import LearningCurve, LearningPoint
from recordings.cohort.statistics import wilson


def learning_curves(
    vertebrae: Sequence[Vertebra], expected: float | None = None
) -> tuple[LearningCurve, ...]:
    """One for each operator, in order of their pseudonyms.

    Parameters
    ----------
    vertebrae : sequence of Vertebra
        Without an operator, a day, or knowledge of leaks they are left out.
    expected : float or None
        Rate of leaks; None: that of all levels here whose operator is known.
    """
    of: dict[str, list[Vertebra]] = {}
    for one in vertebrae:
        if one.operator is not None and one.day is not None and one.measured:
            of.setdefault(one.operator, []).append(one)
    everyone = [one for levels in of.values() for one in levels]
    if not everyone:
        return ()
    rate = sum(one.leaked for one in everyone) / len(everyone) if expected is None else expected
    return tuple(
        LearningCurve(operator=name, expected=rate, points=_points(of[name], rate)) for name in sorted(of)
    )


def _points(levels: Sequence[Vertebra], expected: float) -> tuple[LearningPoint, ...]:
    points, leaks = [], 0
    for number, one in enumerate(sorted(levels, key=lambda one: (one.day or "", one.order)), start=1):
        leaks += one.leaked
        interval = wilson(leaks, number)
        assert interval is not None
        points.append(
            LearningPoint(
                number=number, day=one.day, leaked=one.leaked, fraction=leaks / number, low=interval.low,
                high=interval.high, cusum=leaks - number * expected,
            )
        )  # fmt: skip
    return tuple(points)
