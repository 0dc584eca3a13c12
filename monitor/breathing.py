"""How soft tissue shifts over the bone as the patient breathes.

In vertebra coordinates the bone stands still and everything else slides over it, by an amount that follows
the bone's own displacement and, since breathing in and out differ, by its speed. Per pixel the attenuation is
fitted as a linear function of both (a breathing surrogate and its derivative, as in respiratory-correlated
imaging: McClelland et al., Med. Image Anal. 17, 2013).
What the fit foretells is no cement, also at a depth of breathing that was not seen while learning.
"""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]
Bool = NDArray[np.bool_]
Vector = NDArray[np.float64]

_RIDGE_MM = 0.25
"""Displacements much smaller than this teach nothing: the slope then stays near 0."""
_SMOOTH_MM = 0.5
_SPEED_S = 0.5
_SPEED_SMOOTH_S = 0.25
_LONGEST_GAP_S = 1.0
_TERMS = 4
_SLOPE_EVERY = 12
_KNOWN_SHARE = 0.15
_USUAL_RANGE_MM = 1.5


class Surrogate:
    """Displacement of the bone and its smoothed speed, as one vector (mm; speed times `_SPEED_S`)."""

    def __init__(self) -> None:
        self._last_mm: Vector | None = None
        self._speed = np.zeros(2)

    def follow(self, shift_mm: Vector, dt_s: float) -> Vector:
        """Take in a displacement, shape (2,), and return the surrogate, shape (4,)."""
        if self._last_mm is not None and 0 < dt_s < _LONGEST_GAP_S:
            share = 1.0 - np.exp(-dt_s / _SPEED_SMOOTH_S)
            self._speed += share * ((shift_mm - self._last_mm) / dt_s - self._speed)
        else:
            self._speed[:] = 0
        self._last_mm = shift_mm.copy()
        return np.concatenate([shift_mm, self._speed * _SPEED_S])


class Breathing:
    """Running regression of attenuation on the surrogate, per pixel."""

    def __init__(self, shape: tuple[int, int], mm_per_px: float, most_pulses: int) -> None:
        self._mm, self._most = mm_per_px, most_pulses
        self._count = self._since_solved = 0
        self._centre_mm = np.zeros(_TERMS)
        self._spread = np.zeros((_TERMS, _TERMS))
        self._covariance = np.zeros((_TERMS, *shape), np.float32)
        self._slope: Float32 | None = None
        self._low_mm = np.full(_TERMS, np.inf)
        self._high_mm = np.full(_TERMS, -np.inf)
        self._known_mm: tuple[Vector, Vector] | None = None

    def learn(self, shift_mm: Vector, deviation: Float32, learnable: Bool) -> None:
        """Take in a pulse.

        Parameters
        ----------
        shift_mm : ndarray, shape (4,)
            What `Surrogate.follow` says.
        deviation : ndarray, shape (rows, columns), float32
            Attenuation less the running mean and less the pulse's own brightness.
        learnable : ndarray of bool, same shape
        """
        self._count = min(self._count + 1, self._most)
        share = 1.0 / self._count
        before = shift_mm - self._centre_mm
        self._centre_mm += share * before
        after = shift_mm - self._centre_mm
        self._spread += share * (np.outer(before, after) - self._spread)
        used = deviation * learnable
        for axis in range(_TERMS):
            kept = self._covariance[axis]
            cv2.addWeighted(kept, 1.0 - share, used, share * float(after[axis]), 0.0, dst=kept)
        self._low_mm = np.minimum(self._low_mm, shift_mm)
        self._high_mm = np.maximum(self._high_mm, shift_mm)
        if self._known_mm is None:
            self._known_mm = (shift_mm[:2].copy(), shift_mm[:2].copy())
        low, high = self._known_mm
        low += np.minimum(shift_mm[:2] - low, 0) * _KNOWN_SHARE
        high += np.maximum(shift_mm[:2] - high, 0) * _KNOWN_SHARE
        self._since_solved += 1
        if self._since_solved >= _SLOPE_EVERY:
            self._since_solved = 0
            self._solve()

    def forget(self, part: Bool) -> None:
        """The image of a part is another one: what was learned of it goes for it no longer."""
        self._covariance[:, part] = 0
        if self._slope is not None:
            self._slope[:, part] = 0

    def foretold(self, shift_mm: Vector) -> Float32 | None:
        """Attenuation that breathing adds at a displacement, relative to the mean (log units)."""
        if self._slope is None:
            return None
        return self._along(shift_mm - self._centre_mm)

    def doubt(self, shift_mm: Vector) -> Float32 | None:
        """Size of what is foretold only by going on beyond the displacements seen; None within them."""
        if self._slope is None:
            return None
        beyond = shift_mm - np.clip(shift_mm, self._low_mm, self._high_mm)
        return np.abs(self._along(beyond)) if float(np.abs(beyond).max()) > 0.05 else None

    def unfamiliar_mm(self, shift_mm: Vector) -> float:
        """How far a displacement lies beyond those that have been seen for a while (mm)."""
        if self._known_mm is None:
            return 0.0
        low, high = self._known_mm
        beyond = float(np.hypot(*np.maximum(np.maximum(low - shift_mm[:2], shift_mm[:2] - high), 0)))
        # where the bone hardly moves, a small step of it means as much of the soft tissue
        usual = float(np.hypot(*(high - low)))
        return beyond * max(1.0, _USUAL_RANGE_MM / max(usual, 0.3 * _USUAL_RANGE_MM))

    def _along(self, shift_mm: Vector) -> Float32:
        return _combined(shift_mm, cast(Float32, self._slope))

    def _solve(self) -> None:
        inverse = np.linalg.inv(self._spread + _RIDGE_MM**2 * np.eye(_TERMS))
        sigma_px = max(0.5, _SMOOTH_MM / self._mm)
        slopes = [_combined(row, self._covariance) for row in inverse]
        self._slope = np.stack([cv2.GaussianBlur(slope, (0, 0), sigma_px) for slope in slopes])


def _combined(weights: Vector, images: Float32) -> Float32:
    """Weighted sum of images, shape (n, rows, columns). Not by BLAS: its threads are dearer than the sum."""
    total: Float32 = np.multiply(images[0], weights[0], dtype=np.float32)
    for weight, image in zip(weights[1:], images[1:], strict=True):
        cv2.addWeighted(total, 1.0, image, float(weight), 0.0, dst=total)
    return total
