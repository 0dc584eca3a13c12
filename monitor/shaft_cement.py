"""Cement behind a cannula, followed along its shaft.

Cement likes to run back along the cannula. Behind steel it adds less contrast, since more of what arrives
there is scatter, and pixel by pixel it stays below the dead-zone while the front, and with it the distance to
the posterior wall, seems to stand still. Means across the whole width of the shaft show it: what is sought is
the place along the shaft to which the cement reaches, beginning at cement that is known.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.corridor import Axis, sample_along
from monitor.robust import quantile
from monitor.shaft_cement_config import ShaftCementConfig

Float32 = NDArray[np.float32]
Bool = NDArray[np.bool_]

_CORE_SHARE = 0.8
"""Share of the shaft's width that is averaged: its edges move against the reference."""
_SMOOTH_MM = 0.7
_AVERAGE_S = 0.25
_FORGOTTEN_S = 20.0
_ASIDE_S = 2.0
"""Only what was seen so long ago is usual: cement is there before it is known to be."""
_UNLEARNED = np.float32(0.03)
"""What is taken to be usual where a cannula was found when there was cement already (log units)."""
_NOISE_SHARE = 0.05
_LEAST_NOISE = 0.001
_GLARE_REACH_MM = 2.0
_LOWEST_Z, _HIGHEST_Z, _DRIFT = -3.0, 6.0, 0.5
_KNOWN_SHARE = 0.3
_SEEN_SHARE = 0.7
_SHORTEST_MM = 4.0
_FLANK_MM = 1.5
_APART_MM, _LEAST_FREE_MM, _COMMON_SHARE = 3.0, 3.0, 0.3
_SUSPECT_SHARE = 0.8
_PALE_SHARE = 0.9


@dataclass(frozen=True, slots=True, eq=False)
class BehindShafts:
    """Cement behind cannulas that shows beside them, too; `suspected`: without that."""

    cement: Bool
    suspected: Bool


class _Shaft:
    """One shaft inside the body: where it is sampled, and what is known along it."""

    def __init__(self, axis: Axis, shown: Bool, mm_per_px: float) -> None:
        along, across = axis.coordinates(shown.shape)
        strip = shown & (along >= 0) & (along <= axis.length_px) & (np.abs(across) <= axis.diameter_px / 2)
        self.pixels = np.flatnonzero(strip)
        place = np.floor(along.ravel()[self.pixels]).astype(np.intp)
        first = int(place.min()) if len(place) else 0
        self.at = place - first
        self.count = int(self.at.max()) + 1 if len(place) else 0
        self.length_mm = self.count * mm_per_px
        half = max(1.0, _CORE_SHARE * axis.diameter_px / 2)
        s = np.arange(self.count, dtype=np.float32) + np.float32(first + 0.5)
        u = np.arange(-half, half + 0.5, dtype=np.float32)
        self.x, self.y = sample_along(axis, s, u)
        near, far = axis.diameter_px / 2 + 0.5, axis.diameter_px / 2 + _FLANK_MM / mm_per_px
        flank = np.arange(near, max(far, near + 1.0), dtype=np.float32)
        self.flanks = (sample_along(axis, s, -flank), sample_along(axis, s, flank))
        self.average, self.usual, self.variance, self.evidence, self.gone_s = (
            np.zeros(self.count, np.float32) for _ in range(5)
        )
        self.last: Float32 | None = None
        self.aside: deque[tuple[float, Float32]] = deque()
        self.waited_s = 0.0
        self.found = np.zeros(self.count, bool)
        self.common = 0.0
        """Attenuation that the whole shaft in the body shows where no cement is near: its content."""

    def mean_across(self, image: Float32, flags: int = cv2.INTER_LINEAR) -> Float32:
        """Mean over the core of the shaft at each place along it."""
        sampled = cv2.remap(image, self.x, self.y, flags, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(np.asarray(sampled).mean(axis=1), dtype=np.float32)

    def share_across(self, mask: Bool) -> Float32:
        """Share of the core that lies in a mask, at each place."""
        return self.mean_across(mask.astype(np.float32), cv2.INTER_NEAREST)

    def beside(self, mask: Bool) -> Bool:
        """Places along the shaft that have some of a mask right beside them."""
        image, found = mask.view(np.uint8), np.zeros(self.count, bool)
        for x, y in self.flanks:
            found |= np.asarray(cv2.remap(image, x, y, cv2.INTER_NEAREST)).any(axis=1)
        return found


class ShaftCement:
    """Looks along all cannulas of a level. Single-threaded; `look` once for each new pulse.

    Parameters
    ----------
    body_distance_mm : ndarray, shape of the window, float32
        Signed distance to the outline, positive inside.
    mm_per_px : float
    config : ShaftCementConfig
    """

    def __init__(self, body_distance_mm: Float32, mm_per_px: float, config: ShaftCementConfig) -> None:
        self._inside = body_distance_mm > 0
        self._mm, self._config = mm_per_px, config
        self._shafts: tuple[_Shaft, ...] = ()

    def adopt(self, axes: Sequence[Axis], hidden: Bool) -> None:
        """Take the cannulas that were found in the reference; what is `hidden` cannot be seen through.

        Parameters
        ----------
        axes : sequence of Axis
        hidden : ndarray of bool, shape of the window
        """
        shafts = (_Shaft(axis, self._inside & ~hidden, self._mm) for axis in axes)
        self._shafts = tuple(shaft for shaft in shafts if shaft.length_mm >= _SHORTEST_MM)

    def start_anew(self) -> None:
        """The reference is learned anew: what was learned along the shafts no longer holds."""
        self._shafts = ()

    def look(
        self, residual: Float32, usable: Bool, cement: Bool, dt_s: float, *, trusted: bool
    ) -> BehindShafts:
        """Take in a pulse.

        Parameters
        ----------
        residual : ndarray, shape of the window, float32
            Attenuation added since the reference, without what the cannula's content adds, before the
            matched blur (log units).
        usable : ndarray of bool, same shape
            Where cement could be seen and nothing moves.
        cement : ndarray of bool, same shape
            Known cement.
        dt_s : float
            Time since the pulse before (s).
        trusted : bool
            False in phases of the breath that have not been learned: nothing new is found then.
        """
        found, suspected = np.zeros(usable.shape, bool), np.zeros(usable.shape, bool)
        any_cement = bool(cement.any())
        for shaft in self._shafts:
            likely = self._follow(shaft, residual, usable, cement if any_cement else None, dt_s, trusted)
            if any_cement:
                # what a shaft alone shows may be its content: it is drawn where cement comes out beside it
                drawn = shaft.found & shaft.beside(cement)
                found.ravel()[shaft.pixels] |= drawn[shaft.at]
                suspected.ravel()[shaft.pixels] |= likely[shaft.at]
        return BehindShafts(found, suspected)

    def _follow(
        self, shaft: _Shaft, residual: Float32, usable: Bool, cement: Bool | None, dt_s: float, trusted: bool
    ) -> Bool:
        config = self._config
        now = shaft.mean_across(residual)
        sigma_px = max(0.5, _SMOOTH_MM / self._mm)
        now = cast(Float32, cv2.GaussianBlur(now[:, None], (0, 0), sigma_px)).ravel()
        keep = np.float32(np.exp(-max(dt_s, 1e-3) / _AVERAGE_S))
        shaft.average = shaft.average * keep + now * (1 - keep)
        known = np.zeros(shaft.count, bool)
        if cement is not None:
            known = shaft.share_across(cement) > _KNOWN_SHARE
        self._learn_noise(shaft, now, known)
        if cement is None:
            self._learn_usual(shaft, dt_s)
            return known
        seen = shaft.share_across(usable) > _SEEN_SHARE
        self._learn_common(shaft, known | shaft.found)
        least = self._least(shaft, known)
        noise = np.sqrt(np.maximum(shaft.variance, np.float32(_LEAST_NOISE**2)))
        z = np.clip((now - least) / noise, _LOWEST_Z, _HIGHEST_Z) - np.float32(_DRIFT)
        if not trusted:
            np.minimum(z, 0, out=z)
        evidence = np.clip(shaft.evidence + z, 0, np.float32(3 * config.threshold))
        shaft.evidence = np.where(seen, evidence, shaft.evidence)
        sure = seen & (shaft.evidence > config.threshold) & (shaft.average > 0.7 * least)
        shaft.found |= self._hanging_together(sure | shaft.found | known, known | shaft.found) & sure
        self._take_back(shaft, seen & (shaft.average < 0.5 * least), dt_s)
        likely = (shaft.evidence > config.suspected_share * config.threshold) | (
            seen & (shaft.average > _SUSPECT_SHARE * least)
        )
        return self._hanging_together(likely | shaft.found | known, known | shaft.found)

    def widened(self, dead_zone: Float32) -> Float32:
        """A dead-zone (log units, shape of the window) with what the shafts' own content may still add."""
        found = [shaft for shaft in self._shafts if shaft.common > 0]
        if not found:
            return dead_zone
        wider = dead_zone.copy()
        for shaft in found:
            wider.ravel()[shaft.pixels] += np.float32(self._config.usual_factor * shaft.common)
        return wider

    def _learn_common(self, shaft: _Shaft, cement: Bool) -> None:
        """What the content adds in the body where scatter is another than at the yardstick outside."""
        reach = 2 * round(_APART_MM / self._mm) + 1
        near = cv2.dilate(cement[:, None].view(np.uint8), np.ones((reach, 1), np.uint8)).ravel() > 0
        free = shaft.average[~near]
        if free.size * self._mm >= _LEAST_FREE_MM:
            shaft.common = max(0.0, quantile(free, _COMMON_SHARE))

    def _least(self, shaft: _Shaft, known: Bool) -> Float32:
        """Attenuation that says nothing: as without cement, as where the shaft grew paler, and glare."""
        config = self._config
        free = shaft.average[~known & ~shaft.found]
        # cement only adds: what lies below zero tells how far the rest strays just now
        pale = quantile(np.maximum(-free, 0), _PALE_SHARE) if free.size else 0.0
        reach = 2 * max(1, round(_GLARE_REACH_MM / self._mm)) + 1
        beside = cv2.dilate(shaft.average[:, None], np.ones((reach, 1), np.uint8)).ravel()
        learned = shaft.usual if shaft.waited_s > 2 * _ASIDE_S else np.maximum(shaft.usual, _UNLEARNED)
        usual = np.maximum(learned, np.float32(pale)) * np.float32(config.usual_factor)
        glare = np.float32(config.glare_share) * beside
        usual += np.float32(config.floor + config.usual_factor * shaft.common)
        return cast(Float32, np.maximum(usual, glare))

    def _learn_usual(self, shaft: _Shaft, dt_s: float) -> None:
        shaft.usual *= np.float32(np.exp(-max(dt_s, 0.0) / _FORGOTTEN_S))
        shaft.waited_s += dt_s
        shaft.aside.append((shaft.waited_s, np.abs(shaft.average)))
        while shaft.aside[0][0] < shaft.waited_s - _ASIDE_S:
            np.maximum(shaft.usual, shaft.aside.popleft()[1], out=shaft.usual)

    def _learn_noise(self, shaft: _Shaft, now: Float32, known: Bool) -> None:
        if shaft.last is not None:
            step = np.square(now - shaft.last) * np.float32(0.5)
            share = np.float32(1.0 if not shaft.variance.any() else _NOISE_SHARE)
            # the noise of a few neighbours together: a single place is estimated too badly
            step[:] = step[~known].mean() if not known.all() else step
            shaft.variance = shaft.variance * (1 - share) + step * share
        shaft.last = now

    def _hanging_together(self, places: Bool, seeds: Bool) -> Bool:
        """Runs of places, small gaps bridged, that hold a seed."""
        gap = 2 * round(self._config.gap_mm / self._mm / 2) + 1
        closed = cv2.morphologyEx(
            places[:, None].astype(np.uint8), cv2.MORPH_CLOSE, np.ones((gap, 1), np.uint8)
        ).ravel()
        count, labels = cv2.connectedComponents(closed[:, None], connectivity=8)
        kept = np.zeros(count, bool)
        kept[labels.ravel()[seeds]] = True
        kept[0] = False
        together: Bool = kept[labels.ravel()]
        return together

    def _take_back(self, shaft: _Shaft, gone: Bool, dt_s: float) -> None:
        shaft.gone_s = np.where(shaft.found & gone, shaft.gone_s + np.float32(dt_s), np.float32(0))
        back = shaft.gone_s > self._config.unlatch_s
        shaft.found &= ~back
        shaft.evidence[back] = 0
