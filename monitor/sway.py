"""Where a level has been in the last minute: the range that breathing sways it over."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

_REMEMBERED_S = 60.0
_BIN_S = 0.25


@dataclass(slots=True)
class _Bin:
    first_s: float
    last_s: float
    count: int
    low: tuple[float, float]
    high: tuple[float, float]


class Pace:
    """How fast the level moves from pulse to pulse."""

    def __init__(self) -> None:
        self._before: tuple[float, tuple[float, float]] | None = None

    def mm_s(self, shift_mm: tuple[float, float], time_s: float) -> float | None:
        """Take in a displacement (mm) and say how fast it came (mm/s); None where that is not known."""
        before, self._before = self._before, (time_s, shift_mm)
        if before is None or time_s <= before[0]:
            return None
        return float(np.hypot(*np.subtract(shift_mm, before[1]))) / (time_s - before[0])


class Sway:
    """Shifts (px) of the pulses that were trusted, kept as extremes of a quarter of a second each."""

    def __init__(self) -> None:
        self._bins: deque[_Bin] = deque()
        self.count = 0
        """Pulses taken in."""

    def clear(self) -> None:
        """The level is elsewhere now: forget where it was."""
        self._bins.clear()
        self.count = 0

    @property
    def span_s(self) -> float:
        """Time between the first and the last pulse remembered (s)."""
        return self._bins[-1].last_s - self._bins[0].first_s if self._bins else 0.0

    def add(self, time_s: float, shift: tuple[float, float]) -> None:
        """Take in the shift of a trusted pulse."""
        x, y = shift
        self.count += 1
        last = self._bins[-1] if self._bins else None
        if last is None or time_s - last.first_s >= _BIN_S:
            self._bins.append(_Bin(time_s, time_s, 1, (x, y), (x, y)))
        else:
            last.last_s, last.count = time_s, last.count + 1
            last.low = (min(last.low[0], x), min(last.low[1], y))
            last.high = (max(last.high[0], x), max(last.high[1], y))
        while self._bins[0].last_s < time_s - _REMEMBERED_S:
            self.count -= self._bins.popleft().count

    def bounds(self, until_s: float, fewest: int) -> tuple[Vector, Vector] | None:
        """Lowest and highest shift, shape (2,) each, until a time; of all where those are too few.

        None where there is nothing yet.
        """
        if not self._bins:
            return None
        chosen = [one for one in self._bins if one.last_s <= until_s]
        if sum(one.count for one in chosen) < fewest:
            chosen = list(self._bins)
        low = np.array([min(one.low[axis] for one in chosen) for axis in (0, 1)])
        high = np.array([max(one.high[axis] for one in chosen) for axis in (0, 1)])
        return low, high
