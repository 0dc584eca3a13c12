"""When the cement of a level began to grow, and when it grew no more: the injection as the images show it."""

from __future__ import annotations

from array import array

import numpy as np
from numpy.typing import NDArray

Series = NDArray[np.float64]

_BIN_S = 0.2
_LEAST_MM2 = 3.0
"""Less cement than this is no beginning."""
_LEAST_RISE = 0.015
"""Of the final area; smaller changes are noise of the outline."""
_LEAST_REST_S = 1.0
"""The cement must have stood so long at the end, or it is not known when it stopped."""
_AROUND_S = 4.0
_NOISES = 3.0


class Growth:
    """Takes in the area of a level's cement: five numbers a second are kept, the means of what came."""

    def __init__(self) -> None:
        self._times, self._areas = array("d"), array("d")
        self._bin = -1
        self._sum = self._time_sum = 0.0
        self._count = 0

    def take(self, time_s: float, area_mm2: float) -> None:
        """Take in a trusted frame; in order of time."""
        place = int(time_s / _BIN_S)
        if place != self._bin:
            self._end()
            self._bin = place
        self._sum += area_mm2
        self._time_sum += time_s
        self._count += 1

    def ends(self) -> tuple[float | None, float | None]:
        """Start and stop of the injection (s); None where they cannot be told."""
        self._end()
        return injection_of(np.array(self._times), np.array(self._areas))

    def _end(self) -> None:
        if self._count:
            self._times.append(self._time_sum / self._count)
            self._areas.append(self._sum / self._count)
        self._sum = self._time_sum = 0.0
        self._count = 0


def injection_of(times_s: Series, areas_mm2: Series) -> tuple[float | None, float | None]:
    """Start and stop of an injection from the cement's projected area.

    The start is the last moment without cement before there are 3 mm2 of it. The stop is the bend between the last rise and the rest
    after it: the two lines, one rising and one level, that fit best around the moment at which
    the area came to what it is at the end.

    Parameters
    ----------
    times_s, areas_mm2 : ndarray, shape (n,)

    Returns
    -------
    (float or None, float or None)
        The stop is None where the cement grew until less than a second before the end.
    """
    if not areas_mm2.size or areas_mm2.max() < _LEAST_MM2:
        return None, None
    first = int(np.argmax(areas_mm2 >= _LEAST_MM2))
    empty = np.flatnonzero(areas_mm2[:first] <= 0)
    start_s = float(times_s[empty[-1] + 1] if empty.size else times_s[0])
    final = float(np.median(areas_mm2[times_s >= times_s[-1] - _LEAST_REST_S]))
    steps = np.diff(areas_mm2[times_s >= times_s[-1] - _AROUND_S])
    noise = 1.4826 * float(np.median(np.abs(steps - np.median(steps)))) / np.sqrt(2) if steps.size else 0.0
    short = np.flatnonzero(areas_mm2 < final - max(_LEAST_RISE * final, _NOISES * noise))
    reached = int(short[-1]) + 1 if short.size else first
    if reached >= len(times_s) or times_s[-1] - times_s[reached] < _LEAST_REST_S:
        return start_s, None
    near = np.abs(times_s - times_s[reached]) <= _AROUND_S
    stop_s = _bend(times_s[near], areas_mm2[near], float(times_s[reached]))
    if times_s[-1] - stop_s < _LEAST_REST_S:
        return start_s, None
    return start_s, max(stop_s, start_s)


def _bend(times_s: Series, areas_mm2: Series, otherwise_s: float) -> float:
    """Where a rising line goes over into a level one, by least squares."""
    best, at = np.inf, otherwise_s
    for bend_s in np.arange(times_s[0] + 2 * _BIN_S, times_s[-1] - 2 * _BIN_S, _BIN_S / 4):
        before = np.minimum(times_s - bend_s, 0.0)
        design = np.stack([before, np.ones_like(before)], axis=1)
        fit, *_ = np.linalg.lstsq(design, areas_mm2, rcond=None)
        error = float(((design @ fit - areas_mm2) ** 2).sum())
        if fit[0] > 0 and error < best:
            best, at = error, float(bend_s)
    return at
