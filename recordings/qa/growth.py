"""When the cement of a level began to grow, and when it grew no more: the injection as the images show it.

Volume tells it better than area: with a steady hand it grows steadily, and stops growing at once, while the
outline creeps on. A volume for comparison only serves as well; where there is none, the area has to do.
"""

from __future__ import annotations

from array import array

import numpy as np
from numpy.typing import NDArray

Series = NDArray[np.float64]

_BIN_S = 0.2
_LEAST_MM2 = 3.0
"""Less cement than this is no beginning."""
_SLOPE_S = 2.0
_LEAST_RATE_MM2_S, _LEAST_RATE_ML_S = 1.5, 0.008
"""Slower changes are noise: the breath alone makes cement swell by as much."""
_USUAL_SHARE = 0.5
"""Cement that grows at less than this share of its usual rate rests; what it does then is creeping."""
_LEAST_REST_S = 1.0
"""The cement must have rested so long at the end, or it is not known when it stopped."""
_AROUND_S = 2.0
SEEN_LATE_S = 0.5
"""So much later than the cement itself what is seen of it comes to rest: usual, by simulated sessions."""


class Growth:
    """Takes in a level's cement: five numbers a second are kept, the means of what came."""

    def __init__(self) -> None:
        self._times, self._areas, self._volumes = array("d"), array("d"), array("d")
        self._bin, self._taken = -1, np.zeros(4)
        self._method: object = None
        self._factor = 1.0
        self._last_ml = 0.0

    def take(
        self, time_s: float, area_mm2: float, volume_ml: float | None = None, method: object = None
    ) -> None:
        """Take in a trusted frame; in order of time.

        `method` is what the volume is calibrated by: where that changes the volume leaps, and not the cement.
        """
        place = int(time_s / _BIN_S)
        if place != self._bin:
            self._end()
            self._bin = place
        if volume_ml is not None:
            if method != self._method and volume_ml > 0 and self._last_ml > 0:
                self._factor = self._last_ml / volume_ml
            self._method = method
            self._last_ml = volume_ml * self._factor
        self._taken += (1.0, time_s, area_mm2, np.nan if volume_ml is None else self._last_ml)

    def ends(self) -> tuple[float | None, float | None]:
        """Start and stop of the injection (s); None where they cannot be told."""
        self._end()
        times, areas, volumes = (np.array(held) for held in (self._times, self._areas, self._volumes))
        start_s = start_of(times, areas)
        if start_s is None:
            return None, None
        known = np.isfinite(volumes)
        if known.all():
            return start_s, stop_of(times, volumes, start_s, _LEAST_RATE_ML_S * self._factor)
        return start_s, stop_of(times, areas, start_s, _LEAST_RATE_MM2_S)

    def _end(self) -> None:
        count, time_s, area_mm2, volume_ml = self._taken
        if count:
            self._times.append(time_s / count)
            self._areas.append(area_mm2 / count)
            self._volumes.append(volume_ml / count)
        self._taken = np.zeros(4)


def start_of(times_s: Series, areas_mm2: Series) -> float | None:
    """The first moment with cement before there are 3 mm2 of it (s); None where there never are."""
    if not areas_mm2.size or areas_mm2.max() < _LEAST_MM2:
        return None
    first = int(np.argmax(areas_mm2 >= _LEAST_MM2))
    empty = np.flatnonzero(areas_mm2[:first] <= 0)
    return float(times_s[empty[-1] + 1] if empty.size else times_s[0])


def stop_of(times_s: Series, grown: Series, start_s: float, least_rate: float) -> float | None:
    """The end of the last rise, less what is usually seen late (s).

    It is the bend between the two lines that fit best around the last moment at which the cement grew at half
    of its usual rate or more.

    Parameters
    ----------
    times_s, grown : ndarray, shape (n,)
        What grew: a volume or an area.
    least_rate : float
        What is no growth but noise (its unit per s).

    Returns
    -------
    float or None
        None where it grew until less than a second before the end.
    """
    # cement does not shrink: what swells and shrinks again is the breath
    grown = np.maximum.accumulate(grown)
    rates = _rates(times_s, grown)
    growing = rates[rates >= least_rate]
    if not growing.size:
        return None
    least = max(least_rate, _USUAL_SHARE * float(np.median(growing)))
    reached_s = float(times_s[np.flatnonzero(rates >= least)[-1]])
    if times_s[-1] - reached_s < _LEAST_REST_S:
        return None
    near = np.abs(times_s - reached_s) <= _AROUND_S
    stop_s = _bend(times_s[near], grown[near], reached_s)
    if times_s[-1] - stop_s < _LEAST_REST_S:
        return None
    return max(stop_s - SEEN_LATE_S, start_s)


def _rates(times_s: Series, grown: Series) -> Series:
    """Growth at each moment (per s), over two seconds around it; 0 across a gap."""
    half = _SLOPE_S / 2
    rates = np.zeros(len(times_s))
    for i, time_s in enumerate(times_s):
        first, end = np.searchsorted(times_s, (time_s - half, time_s + half + 1e-9))
        if times_s[end - 1] - times_s[first] >= half:
            at = times_s[first:end] - times_s[first:end].mean()
            rates[i] = float(at @ grown[first:end] / (at @ at))
    return rates


def _bend(times_s: Series, grown: Series, otherwise_s: float) -> float:
    """Where a line goes over into one that rises less, by least squares; both meet there."""
    best, at = np.inf, otherwise_s
    for bend_s in np.arange(times_s[0] + 2 * _BIN_S, times_s[-1] - 2 * _BIN_S, _BIN_S / 4):
        before, after = np.minimum(times_s - bend_s, 0.0), np.maximum(times_s - bend_s, 0.0)
        design = np.stack([before, after, np.ones_like(before)], axis=1)
        fit, *_ = np.linalg.lstsq(design, grown, rcond=None)
        error = float(((design @ fit - grown) ** 2).sum())
        if fit[0] > max(2 * fit[1], 0.0) and error < best:
            best, at = error, float(bend_s)
    return at
