"""The course of a level in a few points, whatever the session's length: the extremes stay."""

from __future__ import annotations

from recordings.qa.record import TrendPoint

MOST_BINS = 128


class Trend:
    """Takes in one point after the other, and keeps at most two for each of so many equal spans of time.

    Of a span the last point stays, and that at which the cement was nearest to the posterior wall. Once there
    are too many spans, two become one.
    """

    def __init__(self) -> None:
        self._span_s = 0.1
        self._bins: dict[int, tuple[TrendPoint, TrendPoint]] = {}

    def take(self, point: TrendPoint) -> None:
        """Take in a point; in order of time."""
        self._put(point, point)
        while len(self._bins) > MOST_BINS:
            self._span_s *= 2
            bins, self._bins = self._bins, {}
            for nearest, last in bins.values():
                self._put(nearest, last)

    def points(self) -> tuple[TrendPoint, ...]:
        """What was kept, in order of time."""
        kept = {point.time_s: point for both in self._bins.values() for point in both}
        return tuple(kept[time_s] for time_s in sorted(kept))

    def _put(self, nearest: TrendPoint, last: TrendPoint) -> None:
        place = int(last.time_s / self._span_s)
        before = self._bins.get(place)
        if before is not None and _mm(before[0]) <= _mm(nearest):
            nearest = before[0]
        self._bins[place] = nearest, last


def _mm(point: TrendPoint) -> float:
    return float("inf") if point.posterior_wall_mm is None else point.posterior_wall_mm
