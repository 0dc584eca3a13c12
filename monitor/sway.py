"""Where a level has been in the last minute: the range that breathing sways it over."""

from __future__ import annotations

import itertools
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
        self._known: tuple[_Bin, _Bin, Vector, Vector] | None = None
        self.count = 0
        """Pulses taken in."""

    def clear(self) -> None:
        """The level is elsewhere now: forget where it was."""
        self._bins.clear()
        self._known = None
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
        late = next((k for k, one in enumerate(reversed(self._bins)) if one.last_s <= until_s), None)
        if late is None or self.count - sum(one.count for one in self._last(late)) < fewest:
            return _extremes(list(self._bins))
        # most of the last minute is the same from pulse to pulse
        first, last = self._bins[0], self._bins[-1 - late]
        if self._known is None or self._known[0] is not first or self._known[1] is not last or late == 0:
            chosen = list(self._bins)
            self._known = (first, last, *_extremes(chosen[: len(chosen) - late]))
        return self._known[2:]

    def _last(self, count: int) -> list[_Bin]:
        return list(itertools.islice(reversed(self._bins), count))


def _extremes(bins: list[_Bin]) -> tuple[Vector, Vector]:
    low = np.array([min(one.low[axis] for one in bins) for axis in (0, 1)])
    return low, np.array([max(one.high[axis] for one in bins) for axis in (0, 1)])
