"""Hands and instruments over the level: a change too large and too sudden to be cement.

Cement adds at most some tens of square millimetres in half a second, even in a vein. What changes more of the
image at once is something in the beam. While it moves, and as long as what it brought is still there, nothing
can be said.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.config import IntruderConfig
from monitor.intensity import coarse_cells
from monitor.robust import median, spread

Float32 = NDArray[np.float32]
Bool = NDArray[np.bool_]

_CELL_MM = 1.5
_LAG_S = 0.5
_LEAST_STEP = 0.05
_SURE = 5.0
_USUAL_S = 30.0
_USUAL_EVERY_S = 0.2
_LARGEST_ARISING_MM2 = 200.0
_MOST_AT_EDGE = 0.5
_WIDE = np.ones((2, 2), np.uint8)


@dataclass(frozen=True, slots=True)
class Intrusion:
    """Whether something lies over the level, and for how long it has lain still (s)."""

    present: bool
    still_s: float


class _Grain:
    """Usual spread of a difference: what covers half the window must not pass for the window's own noise."""

    def __init__(self) -> None:
        self._past: deque[float] = deque(maxlen=45)

    def usual(self, now: float, *, learn: bool) -> float:
        if not self._past:
            self._past.append(now)
        middle = median(self._past)
        if learn:
            self._past.append(min(now, 1.3 * middle))
        return middle


class _Usual:
    """What an area usually comes to at most: the 90th percentile of the last half minute."""

    def __init__(self) -> None:
        self._past: deque[tuple[float, float]] = deque()
        self.most = 0.0

    def learn(self, area_mm2: float, time_s: float) -> None:
        if self._past and time_s - self._past[-1][0] < _USUAL_EVERY_S:
            return
        self._past.append((time_s, area_mm2))
        while self._past[0][0] < time_s - _USUAL_S:
            self._past.popleft()
        ordered = sorted(area for _, area in self._past)
        self.most = ordered[int(0.9 * (len(ordered) - 1))]


class IntruderWatch:
    """Compares each pulse with that of half a second ago, and with the reference, in coarse cells."""

    def __init__(self, mm_per_px: float, config: IntruderConfig) -> None:
        self._config = config
        self._step = max(1, round(_CELL_MM / mm_per_px))
        self._cell_mm2 = (self._step * mm_per_px) ** 2
        self._past: deque[tuple[float, Float32]] = deque()
        self._change_mm2, self._apart_mm2 = _Usual(), _Usual()
        self._change_grain, self._apart_grain = _Grain(), _Grain()
        self._moved_s: float | None = None
        self._began_s = 0.0
        self._outside: Bool | None = None

    def start_anew(self) -> None:
        """What is there now is taken to belong there."""
        self._past.clear()
        self._moved_s = None
        self._apart_grain = _Grain()
        self._apart_mm2 = _Usual()

    def judge(
        self,
        live: Float32,
        reference: Float32 | None,
        ignored: Bool,
        time_s: float,
        outside: Bool | None = None,
    ) -> Intrusion:
        """Take in a pulse.

        Parameters
        ----------
        live : ndarray, shape of the window, float32
            Attenuation in reference coordinates.
        reference : ndarray, same shape, or None
            The learned mean; None while it is not known: then nothing is judged yet.
        ignored : ndarray of bool, same shape
            Cement and cannulas, and a little around them, and what is outside the field.
        outside : ndarray of bool, same shape, or None
            What is outside the field: what reaches in does so past its edge.
        """
        self._outside = None
        if outside is not None and outside.any():
            covered = (self._coarse(outside.astype(np.float32)) > 0.2).view(np.uint8)
            self._outside = cv2.dilate(covered, np.ones((7, 7), np.uint8)) > 0
        cells = self._coarse(live)
        kept = self._coarse(ignored.astype(np.float32)) < 0.2
        self._past.append((time_s, cells))
        while self._past[0][0] < time_s - _LAG_S - 1e-6:
            self._past.popleft()
        change_mm2 = 0.0
        if len(self._past) > 1:
            change_mm2 = self._area_mm2(cells - self._past[0][1], kept, self._change_grain)
        apart_mm2 = 0.0
        if reference is not None:
            apart_mm2 = self._area_mm2(cells - self._coarse(reference), kept, self._apart_grain)
        largest = self._config.largest_change_mm2
        if reference is not None and change_mm2 > largest + 2.0 * self._change_mm2.most:
            self._began_s = time_s if self._moved_s is None else self._began_s
            self._moved_s = time_s
        # what goes on for so long, like gas that slides with the breath, is usual here
        if self._moved_s is None or time_s - self._began_s > 2 * self._config.learned_after_s:
            self._change_mm2.learn(change_mm2, time_s)
        if self._moved_s is None:
            self._apart_mm2.learn(apart_mm2, time_s)
        if self._moved_s is None:
            return Intrusion(False, 0.0)
        still_s = time_s - self._moved_s
        stays = apart_mm2 > 0.5 * largest + 1.5 * self._apart_mm2.most
        if still_s > self._config.clear_after_s and not stays:
            self._moved_s = None
            return Intrusion(False, 0.0)
        return Intrusion(True, still_s)

    def _area_mm2(self, difference: Float32, kept: Bool, grain: _Grain) -> float:
        """Area of what stands out and is wide: vessels that fill are thin, hands and instruments are not."""
        if not kept.any():
            return 0.0
        inner = difference[kept]
        middle = np.float32(median(inner))
        limit = max(
            _LEAST_STEP, _SURE * grain.usual(spread(inner, float(middle)), learn=self._moved_s is None)
        )
        large = (np.abs(difference - middle) > limit) & kept
        if not large.any():
            return 0.0
        wide = cv2.morphologyEx(large.view(np.uint8), cv2.MORPH_OPEN, _WIDE)
        if not cv2.countNonZero(wide):
            return 0.0
        _, labels, stats, _ = cv2.connectedComponentsWithStats(wide, connectivity=8)
        # it reaches in from outside; what arises in the middle must be larger than any drop of cement
        rim = np.unique(
            np.concatenate(
                [labels[:2].ravel(), labels[-2:].ravel(), labels[:, :2].ravel(), labels[:, -2:].ravel()]
            )
        )
        areas_mm2 = stats[:, cv2.CC_STAT_AREA] * self._cell_mm2
        counts = areas_mm2 > _LARGEST_ARISING_MM2
        counts[rim] = True
        if self._outside is not None:
            # the edge itself sways with the breath: what reaches in lies mostly beyond it
            at_edge = np.bincount(labels[self._outside], minlength=len(counts))
            along = at_edge >= _MOST_AT_EDGE * stats[:, cv2.CC_STAT_AREA]
            counts = (counts | (at_edge > 0)) & ~along
        counts[0] = False
        return float(areas_mm2[counts].sum())

    def _coarse(self, image: Float32) -> Float32:
        return coarse_cells(image, self._step)
