"""Where cement ends: the outline of what has been confirmed.

The sequential decision says that there is cement, late at thin edges and too wide at thick ones, since it
looks through a matched blur. Next to confirmed cement more is likely, so the outline is drawn where the
unblurred, averaged attenuation falls below that of a thin film, as far as noise and dead-zone allow.
"""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.config import EdgeConfig
from monitor.intensity import low_pass
from monitor.masks import around, dilated, square
from monitor.robust import spread
from monitor.volume import DensityCalibration

Float32 = NDArray[np.float32]
Bool = NDArray[np.bool_]

_DISPLAYED_PER_MM = 0.075
"""Where nothing is calibrated: a display that shows the logarithm halves the contrast of the intensities."""
_FAST_S = 0.35
_CHANGED = 2.5
_IN_SCATTER = 0.8
"""Share of the nominal attenuation that is left of a film in the middle of a scattering patient."""
_LEAST_SURE_MM2 = 1.0
_LEAST_SEEN_LOG_MM2 = 0.25
"""Integral of what is added: some 0.0025 mL. Soft tissue that slides past the wall adds less."""
_GOES_ON = 0.4
_SMOOTH_MM = 0.25
_RING_MM = (1.6, 4.5)
_BESIDE_MM = 5.0
_MOST_BESIDE = 0.06


class CementEdge:
    """Averages of the added attenuation without the matched blur, and the outline drawn from them."""

    def __init__(
        self,
        body: Bool,
        mm_per_px: float,
        config: EdgeConfig,
        density: DensityCalibration | None,
    ) -> None:
        self.excess: Float32 | None = None
        """Attenuation beyond that of the thinnest film drawn; 0 where not looked at, None without cement."""
        # outside the body a film that may be none would be a leak
        self._inside, shape = body, body.shape
        self._mm, self._config = mm_per_px, config
        per_mm = _DISPLAYED_PER_MM if density is None else density.attenuation_per_mm
        self._film = config.thickness_mm * per_mm * _IN_SCATTER
        self._fast, self._slow = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        self._beyond = np.zeros(shape, bool)

    def start_anew(self, kept: Bool | None) -> None:
        """The reference is learned anew; where it is kept, so is what was added to it."""
        self._beyond = np.zeros_like(self._beyond)
        for average in (self._fast, self._slow):
            if kept is None:
                average[:] = 0
            else:
                average[~kept] = 0

    def follow(self, residual: Float32, dt_s: float) -> None:
        """Take in the residual of a pulse, before the matched blur (log units)."""
        for average, seconds in ((self._fast, _FAST_S), (self._slow, self._config.slow_s)):
            keep = float(np.exp(-max(dt_s, 1e-3) / seconds))
            cv2.addWeighted(average, keep, residual, 1.0 - keep, 0.0, dst=average)

    def outline(self, confirmed: Bool, dead_zone: Float32, visible: Bool) -> Bool:
        """Cement as it is drawn and measured.

        Parameters
        ----------
        confirmed : ndarray of bool, shape of the window
        dead_zone : ndarray of float32, same shape
            Residual that is to be expected without cement (log units).
        visible : ndarray of bool, same shape
            Elsewhere what is confirmed stays as it is.
        """
        if not confirmed.any():
            self.excess = None
            return confirmed
        config = self._config
        reach = max(1, round(config.reach_mm / self._mm))
        wide = max(reach, round(_RING_MM[1] / self._mm))
        part = around(confirmed, wide)
        core = confirmed[part]
        near = dilated(core, reach)
        noise = max(spread(self._fast[::3, ::3]), 1e-4)
        fast, slow = self._fast[part], self._slow[part]
        added = np.where(np.abs(fast - slow) > np.float32(_CHANGED * noise), fast, slow)
        added = cast(Float32, cv2.GaussianBlur(added, (0, 0), max(0.5, _SMOOTH_MM / self._mm)))
        added = cv2.subtract(added, self._background(core, visible[part], slow))
        # the slow average and the smoothing leave about a third of the fast one's noise
        least = np.maximum(
            np.float32(max(self._film, config.noise_factor * 0.35 * noise)),
            np.float32(config.dead_zone_share) * dead_zone[part],
        )
        # beside thick cement the detector's blur alone is darker than a film
        tall = max(1, round(config.blur_reach_mm / self._mm))
        highest = cv2.dilate(added, square(tall))
        least = np.maximum(least, np.float32(config.blur_share) * highest)
        self.excess = np.zeros(confirmed.shape, np.float32)
        self.excess[part] = added - least
        drawn = np.where(visible[part], near & (added > least), core)
        sure = core | (added > dead_zone[part])
        beyond = drawn & ~self._inside[part]
        drawn &= self._inside[part] | self._believed(beyond, sure, cast(Float32, added), self._beyond[part])
        # what is drawn hangs together with what is confirmed
        count, labels = cv2.connectedComponents(drawn.view(np.uint8), connectivity=8)
        kept = np.zeros(count, bool)
        kept[labels[core & drawn]] = True
        kept[0] = False
        outline = np.zeros_like(confirmed)
        outline[part] = kept[labels]
        self._beyond = outline & ~self._inside
        return outline

    def _believed(self, outside: Bool, sure: Bool, added: Float32, before: Bool) -> Bool:
        """Parts beyond the body of which at least some is sure: a film that may be none is no leak.

        What was drawn `before` goes on being drawn with less, so that a leak does not come and go.
        """
        count, labels = cv2.connectedComponents(outside.view(np.uint8), connectivity=8)
        surely = np.bincount(labels[outside & sure], minlength=count) * self._mm**2
        surely[0] = 0
        seen = np.bincount(labels[outside], weights=added[outside], minlength=count) * self._mm**2
        least = np.ones(count)
        least[labels[outside & before]] = _GOES_ON
        enough = (surely >= least * _LEAST_SURE_MM2) & (seen >= least * _LEAST_SEEN_LOG_MM2)
        believed: Bool = enough[labels]
        return believed

    def _background(self, core: Bool, visible: Bool, slow: Float32) -> Float32:
        """What is added beside the cement all the same: glare, and a background not known behind it."""
        inner, outer = (round(mm / self._mm) for mm in _RING_MM)
        ring = dilated(core, outer) & ~dilated(core, inner) & visible
        if not ring.any():
            return np.zeros(core.shape, np.float32)
        beside = low_pass(slow, ring.astype(np.float32), _BESIDE_MM / self._mm)
        return np.clip(beside, -_MOST_BESIDE, _MOST_BESIDE)
