"""Names of levels from head to foot, proposed from one that the operator has confirmed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from monitor.plan import Point

ORDER = (
    *(f"C{k}" for k in range(2, 8)), *(f"T{k}" for k in range(1, 13)), *(f"L{k}" for k in range(1, 6)), "S1"
)  # fmt: skip
FIRST_GUESS = "L1"
"""The junction of chest and loins is where most vertebrae break."""
_SKIPPED_FROM = 1.6
"""Distance between centres, in usual distances, from which on a level lies between."""


def neighbour_of(name: str, steps: int) -> str | None:
    """The level so many below, above where negative; None beyond either end, or for any other name."""
    if name not in ORDER:
        return None
    at = ORDER.index(name) + steps
    return ORDER[at] if 0 <= at < len(ORDER) else None


def proposed_name(named: Sequence[tuple[str, Point]], centre: Point, pitch_px: float) -> str | None:
    """A name for a level that is new, from the nearest that has one.

    Parameters
    ----------
    named : sequence of (str, Point)
        Names and centres (px) of the others.
    centre : Point
        Of the new one.
    pitch_px : float
        Usual distance from centre to centre.

    Returns
    -------
    str or None
        None where the nearest has a name that is not in `ORDER`, or the new one would lie beyond its ends.
    """
    if not named:
        return FIRST_GUESS
    away = [(float(np.hypot(*(np.subtract(centre, at)))), name, at) for name, at in named]
    far, name, at = min(away)
    steps = max(1, round(far / pitch_px)) if far >= _SKIPPED_FROM * pitch_px else 1
    return neighbour_of(name, steps if centre[1] >= at[1] else -steps)


def renamed(names: Sequence[str], which: int, name: str) -> tuple[str, ...]:
    """All names after one was corrected: the others shift with it where their order is that of the spine."""
    old, new = names[which], name
    if old not in ORDER or new not in ORDER:
        return tuple(new if k == which else other for k, other in enumerate(names))
    steps = ORDER.index(new) - ORDER.index(old)
    shifted = [neighbour_of(other, steps) if other in ORDER else other for other in names]
    if any(other is None for other in shifted):
        return tuple(new if k == which else other for k, other in enumerate(names))
    return tuple(str(other) for other in shifted)
