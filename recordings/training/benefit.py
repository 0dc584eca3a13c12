"""What the monitor's help is worth: the same trainee at the same exercise with it and without it.

A pair is one trainee at one exercise; where there are several attempts of a kind, their mean counts. So
whoever trains most does not decide alone, and an easy exercise is held against itself. The confidence
interval is a bootstrap over pairs (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13:
percentiles), always with the same seed. What it cannot tell apart is in docs/training.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from recordings.training.attempt import Attempt
from recordings.training.history import History

FEWEST_PAIRS = 6
"""With fewer an interval would look surer than it is."""
_RESAMPLES = 4000
_SEED = 20261126
_LOW_PERCENT, _HIGH_PERCENT = 2.5, 97.5


@dataclass(frozen=True, slots=True)
class Measure:
    """Something that is compared: in words, its unit, whether more is better, and where it stands."""

    words: str
    unit: str
    more_is_better: bool
    of: Callable[[Attempt], float | None]


MEASURES: Mapping[str, Measure] = {
    "score": Measure("score", "", True, lambda a: a.score.total),
    "reaction": Measure("reaction", "s", False, lambda a: a.score.reaction_s),
    "closest": Measure(
        "closest to the posterior wall", "mm", True, lambda a: a.score.closest_mm.get("posterior_wall")
    ),
    "leaked": Measure("leaked", "mL", False, lambda a: a.score.leaked_ml),
    "missed": Measure(
        "missed leaks", "", False, lambda a: None if a.score.missed is None else float(a.score.missed)
    ),
    "needless": Measure(
        "needless stops", "", False, lambda a: None if a.score.needless is None else float(a.score.needless)
    ),
}


@dataclass(frozen=True, slots=True)
class Benefit:
    """One measure with help less that without, over pairs.

    `difference` is None without a pair, `low` and `high` (95 %) with fewer than `FEWEST_PAIRS`.
    """

    measure: str
    pairs: int
    with_help: float | None
    without_help: float | None
    difference: float | None
    low: float | None
    high: float | None

    @property
    def words(self) -> str:
        """What may be said of it."""
        about = MEASURES[self.measure]
        if self.difference is None:
            return "no exercise was done both with and without help"
        unit = f" {about.unit}" if about.unit else ""
        said = f"{self.difference:+.2f}{unit}"
        if self.low is None or self.high is None:
            return f"{said} over {self.pairs} of {FEWEST_PAIRS} pairs: too few to say anything"
        span = f"{said} (95 %: {self.low:+.2f} to {self.high:+.2f}{unit}) over {self.pairs} pairs"
        if self.low <= 0 <= self.high:
            return f"{span}: no difference shown"
        better = (self.difference > 0) == about.more_is_better
        return f"{span}: {'better' if better else 'worse'} with help"


def benefit_of(histories: Iterable[History], measure: str) -> Benefit:
    """Compare one measure over some trainees; of scripted attempts none counts.

    Parameters
    ----------
    histories : iterable of History
    measure : str
        A key of `MEASURES`.
    """
    of = MEASURES[measure].of
    pairs: list[tuple[float, float]] = []
    for history in histories:
        for exercise in sorted({attempt.exercise for attempt in history.attempts}):
            attempts = [attempt for attempt in history.of(exercise) if not attempt.scripted]
            both = [
                [
                    value
                    for attempt in attempts
                    if attempt.help is help_ and (value := of(attempt)) is not None
                ]
                for help_ in (True, False)
            ]
            if both[0] and both[1]:
                pairs.append((float(np.mean(both[0])), float(np.mean(both[1]))))
    if not pairs:
        return Benefit(measure, 0, None, None, None, None, None)
    held = np.array(pairs)
    differences = held[:, 0] - held[:, 1]
    low = high = None
    if len(pairs) >= FEWEST_PAIRS:
        rng = np.random.default_rng(_SEED)
        drawn = rng.integers(0, len(pairs), (_RESAMPLES, len(pairs)))
        low, high = (
            float(v) for v in np.percentile(differences[drawn].mean(axis=1), (_LOW_PERCENT, _HIGH_PERCENT))
        )
    means = held.mean(axis=0)
    return Benefit(
        measure, len(pairs), float(means[0]), float(means[1]), float(differences.mean()), low, high
    )
