"""A thin part of the cement that runs: cement in a vein, whatever it is near to.

Bulk cement advances by 0.05 to 0.3 mm/s; in a vein of 2 mm all of the injected cement goes one way, at
about 21 mm/s. What counts is the tip of a thin part, seen from the cement of some pulses ago: how far
it is from that cement, from the cement one pulse later, and so on. A tip that runs comes nearer with
every pulse by about as much; noise of one pulse, and a part that is confirmed at one stroke, do not.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.config import ExtensionConfig
from monitor.masks import around, dilated

Bool = NDArray[np.bool_]

_LEAST_SHARE, _MOST_SHARE = 0.3, 2.2
"""A single step may be this part of the mean step; others are no run but a leap."""
_MARGIN_MM = 1.0
_RIM_MM = 0.5
_THIN_SHARE = 0.6
_DIAGONAL = 1.4143
_STRIDES = (1, 2, 3, 5, 7)


@dataclass(frozen=True, slots=True)
class Extension:
    """A running tip: its speed, how far it has come while looked at, and where it is (x, y, window px)."""

    speed_mm_s: float
    advance_mm: float
    tip: tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class _Past:
    time_s: float
    mask: Bool


class ExtensionWatch:
    """Follows the masks of one level; `follow` once for each pulse."""

    def __init__(self, mm_per_px: float, config: ExtensionConfig) -> None:
        self._mm, self._config = mm_per_px, config
        width_px = max(2, round(config.widest_mm / mm_per_px))
        self._thick = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width_px, width_px))
        self._past: deque[_Past] = deque()
        self._found: tuple[float, Extension] | None = None

    def clear(self) -> None:
        """Monitoring was interrupted: nothing may be compared across the gap."""
        self._past.clear()
        self._found = None

    def follow(self, mask: Bool, time_s: float) -> Extension | None:
        """Take in the cement of a pulse; say what runs, for as long as the finding is held.

        Parameters
        ----------
        mask : ndarray of bool, shape (rows, columns)
            Cement in reference coordinates.
        time_s : float
            Time of the pulse (s).
        """
        config = self._config
        if self._past and (mask.shape != self._past[-1].mask.shape or time_s <= self._past[-1].time_s):
            self.clear()
        while self._past and self._past[0].time_s < time_s - config.longest_s:
            self._past.popleft()
        running = self._running(mask, time_s)
        if running is not None:
            self._found = (time_s, running)
        elif self._found is not None and time_s - self._found[0] > config.stays_s:
            self._found = None
        self._past.append(_Past(time_s, mask))
        return None if self._found is None else self._found[1]

    def _running(self, mask: Bool, time_s: float) -> Extension | None:
        """Look back by a few pulses, then by more of them: a slower tip needs longer to come far enough."""
        steps = self._config.fewest_pulses
        if len(self._past) < steps:
            return None
        cut = self._around(mask)
        now = mask[cut]
        thin = self._thin(now)
        if not thin.any():
            return None
        for stride in _STRIDES:
            if stride * steps > len(self._past):
                break
            before = [self._past[-stride * k] for k in range(steps, 0, -1)]
            found = self._compare(thin, before, time_s, cut)
            if found is not None:
                return found
        return None

    def _thin(self, now: Bool) -> Bool:
        """What a disc as wide as a vein may be does not fit into."""
        thick = cv2.morphologyEx(now.view(np.uint8), cv2.MORPH_OPEN, self._thick, borderValue=0)
        # the corners of what is thick are rounded off by a disc: they are not thin
        rim_px = max(1, round(_RIM_MM / self._mm))
        thin: Bool = now & ~dilated(thick.view(np.bool_), rim_px)
        return thin

    def _compare(
        self, thin: Bool, before: list[_Past], time_s: float, cut: tuple[slice, slice]
    ) -> Extension | None:
        """How the farthest thin part has come away from the cement of each of the pulses before."""
        config = self._config
        old = before[0].mask[cut]
        if float(np.count_nonzero(old)) * self._mm**2 < config.smallest_area_mm2:
            return None
        elapsed_s = time_s - before[0].time_s
        fresh = thin & ~old
        least_mm = max(config.advance_mm, config.speed_mm_s * elapsed_s)
        # nearly always it is the rim: no farther than the square around every old pixel, by its diagonal
        near_px = int(least_mm / self._mm / _DIAGONAL)
        if not (fresh & ~dilated(old, near_px)).any():
            return None
        far = np.where(fresh, self._distance_mm(old), np.float32(-1))
        row, column = (int(v) for v in np.unravel_index(int(np.argmax(far)), far.shape))
        advance_mm = float(far[row, column])
        if advance_mm < least_mm:
            return None
        # the part itself must be thin over most of that way, not only the ragged rim of something wide
        _, parts = cv2.connectedComponents(fresh.view(np.uint8), connectivity=8)
        along_mm = far[parts == parts[row, column]]
        if float(along_mm.max() - along_mm.min()) < _THIN_SHARE * advance_mm:
            return None
        path_mm = [advance_mm, *(float(self._distance_mm(p.mask[cut])[row, column]) for p in before[1:]), 0.0]
        times = [*(past.time_s for past in before), time_s]
        for k in range(len(before)):
            share = (path_mm[k] - path_mm[k + 1]) / advance_mm * elapsed_s / (times[k + 1] - times[k])
            if not _LEAST_SHARE <= share <= _MOST_SHARE:
                return None
        return Extension(
            advance_mm / elapsed_s, advance_mm, (float(column + cut[1].start), float(row + cut[0].start))
        )

    def _around(self, mask: Bool) -> tuple[slice, slice]:
        return around(mask, self._thick.shape[0] + round(_MARGIN_MM / self._mm))

    def _distance_mm(self, mask: Bool) -> NDArray[np.float32]:
        away = cv2.distanceTransform((~mask).view(np.uint8), cv2.DIST_L2, 5) * np.float32(self._mm)
        return np.asarray(away, dtype=np.float32)
