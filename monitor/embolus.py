"""Cement carried away: a small dark spot that leaves the body along a vein.

It stays nowhere long enough for a sequential decision. So the change against the last second is looked at for
compact spots, and a spot is believed when it is seen again where a steady course would take it (track before
detect, three of four: Blackman, Multiple-Target Tracking, 1986).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.config import EmbolusConfig
from monitor.masks import around
from monitor.robust import median, spread

Float32 = NDArray[np.float32]
Bool = NDArray[np.bool_]
Vector = NDArray[np.float64]

_BLUR_MM = 0.6
_MOST_SPOTS = 12
_SLOW_S = 1.0
_LEFT_BEHIND = 0.4
_ON_THE_WAY = (0.5, 0.65)
_ALIKE = 2.2


@dataclass(frozen=True, slots=True)
class Spot:
    """A compact dark spot of one pulse.

    Where it is (window px), how many times the noise (log units) it stands out, and its area.
    """

    time_s: float
    x: float
    y: float
    strength: float
    noise: float
    area_mm2: float


@dataclass(frozen=True, slots=True)
class Embolus:
    """A spot that was followed: where it is now (window px), its speed and the way it has come."""

    x: float
    y: float
    speed_mm_s: float
    travelled_mm: float
    area_mm2: float


class EmbolusWatch:
    """Looks for spots that move away. Single-threaded; `look` for each new pulse."""

    def __init__(self, body_distance_mm: Float32, mm_per_px: float, config: EmbolusConfig) -> None:
        self._off_body = body_distance_mm < -1.0
        self._mm, self._config = mm_per_px, config
        self._slow: Float32 | None = None
        self._past: deque[tuple[Spot, ...]] = deque(maxlen=8)
        self._times: deque[float] = deque(maxlen=8)
        self._kept: tuple[float, Embolus] | None = None

    def start_anew(self) -> None:
        """Forget the last second: what was there is not comparable with what comes."""
        self._slow = None
        self._past.clear()

    def keep(self, embolus: Embolus, time_s: float) -> None:
        """It is to be told of for a while, also after it has gone."""
        self._kept = (time_s, embolus)

    def shown(self, time_s: float) -> Embolus | None:
        """What is still to be told of."""
        if self._kept is not None and time_s - self._kept[0] > self._config.shown_s:
            self._kept = None
        return None if self._kept is None else self._kept[1]

    def look(
        self,
        residual: Float32,
        dead_zone: Float32,
        noise: Float32,
        usable: Bool,
        cement: Bool,
        time_s: float,
        dt_s: float,
    ) -> Embolus | None:
        """Take in a pulse; the embolus that it shows, if any.

        Parameters
        ----------
        residual : ndarray, shape of the window, float32
            Attenuation added since the reference (log units).
        dead_zone : ndarray, same shape, float32
            What is to be expected without cement.
        noise : ndarray, same shape, float32
            That of a single pulse: behind dense bone there is more of it than elsewhere.
        usable : ndarray of bool, same shape
            Where something could be seen and nothing else moves.
        cement : ndarray of bool, same shape
            Known cement: an embolus comes from there, and what grows there is none.
        """
        smooth = cast(Float32, cv2.GaussianBlur(residual, (0, 0), max(0.5, _BLUR_MM / self._mm)))
        if self._slow is None:
            self._slow = smooth.copy()
            return None
        change = smooth - self._slow
        keep = float(np.exp(-max(dt_s, 1e-3) / _SLOW_S))
        cv2.addWeighted(self._slow, keep, smooth, 1.0 - keep, 0.0, dst=self._slow)
        if not cement.any():
            self._past.clear()
            return None
        outside = usable & self._off_body & ~cement
        spots = self._spots(change, dead_zone, noise, outside, time_s)
        found = self._course(spots, smooth, cement)
        self._past.append(spots)
        return found

    def _spots(
        self, change: Float32, dead_zone: Float32, grain: Float32, outside: Bool, time_s: float
    ) -> tuple[Spot, ...]:
        config = self._config
        noise = max(spread(change[::3, ::3]), 1e-4)
        strong = outside & (change > np.float32(config.sure * noise))
        if not strong.any():
            return ()
        strong &= change > np.float32(0.5) * dead_zone
        noisier = grain[strong] / np.float32(max(median(grain[::3, ::3]), 1e-6))
        strong[strong] = change[strong] > np.float32(config.sure * noise) * noisier
        if not strong.any():
            return ()
        part = around(strong, 0)
        y0, x0 = part[0].start, part[1].start
        count, labels, stats, _ = cv2.connectedComponentsWithStats(
            strong[part].view(np.uint8), connectivity=8
        )
        if count - 1 > 4 * _MOST_SPOTS:
            return ()
        spots = []
        for k in range(1, count):
            area_mm2 = float(stats[k, cv2.CC_STAT_AREA]) * self._mm**2
            extent_mm = max(stats[k, cv2.CC_STAT_WIDTH], stats[k, cv2.CC_STAT_HEIGHT]) * self._mm
            if not config.smallest_mm2 <= area_mm2 <= config.largest_mm2 or extent_mm > config.longest_mm:
                continue
            rows, columns = np.nonzero(labels == k)
            rows, columns = rows + y0, columns + x0
            weight = change[rows, columns].astype(np.float64)
            total = float(weight.sum())
            spots.append(
                Spot(
                    time_s,
                    float(columns @ weight) / total,
                    float(rows @ weight) / total,
                    float(weight.max()) / noise,
                    noise,
                    area_mm2,
                )
            )
        spots.sort(key=lambda spot: -spot.strength)
        return tuple(spots[:_MOST_SPOTS])

    def _course(self, spots: tuple[Spot, ...], smooth: Float32, cement: Bool) -> Embolus | None:
        """The longest steady course that ends in one of the spots of now and began near the cement."""
        for now in spots:
            for back in range(1, min(4, len(self._past)) + 1):
                for before in self._past[-back]:
                    found = self._followed(now, before, smooth, cement)
                    if found is not None:
                        return found
        return None

    def _followed(self, now: Spot, before: Spot, smooth: Float32, cement: Bool) -> Embolus | None:
        """Whether two spots, carried back at their speed, meet others and lead back to the cement."""
        config = self._config
        dt_s = now.time_s - before.time_s
        if not 0 < dt_s <= config.longest_gap_s or not _alike(now, before):
            return None
        speed = np.array([now.x - before.x, now.y - before.y]) / dt_s
        speed_mm_s = float(np.hypot(*speed)) * self._mm
        if not config.slowest_mm_s <= speed_mm_s <= config.fastest_mm_s:
            return None
        met, first = 2, before
        reach_px = config.straightness_mm / self._mm
        for past in reversed(self._past):
            if not past or past[0].time_s >= before.time_s:
                continue
            back_s = now.time_s - past[0].time_s
            at = np.array([now.x, now.y]) - speed * back_s
            near = [
                s
                for s in past
                if np.hypot(s.x - at[0], s.y - at[1]) < reach_px * (1.0 + back_s) and _alike(s, now)
            ]
            if near:
                met, first = met + 1, near[0]
        travelled_mm = float(np.hypot(now.x - first.x, now.y - first.y)) * self._mm
        if met < config.sightings or travelled_mm < config.shortest_way_mm:
            return None
        # what fills a vein stays where it has been; what is carried away leaves nothing behind
        way = [
            (first.x + (now.x - first.x) * share, first.y + (now.y - first.y) * share)
            for share in _ON_THE_WAY
        ]
        left = max(float(smooth[round(y), round(x)]) for x, y in way)
        if left > _LEFT_BEHIND * first.strength * first.noise:
            return None
        # it comes from the cement: nearer to it at first than now
        distance = self._to_cement_mm(first, cement)
        if distance > config.from_cement_mm or distance > self._to_cement_mm(now, cement):
            return None
        return Embolus(now.x, now.y, speed_mm_s, travelled_mm, now.area_mm2)

    def _to_cement_mm(self, spot: Spot, cement: Bool) -> float:
        rows, columns = np.nonzero(cement)
        return float(np.sqrt(((columns - spot.x) ** 2 + (rows - spot.y) ** 2).min())) * self._mm


def _alike(one: Spot, other: Spot) -> bool:
    """Whether two spots may be the same drop: about as dark."""
    return 1 / _ALIKE < one.strength / other.strength < _ALIKE
