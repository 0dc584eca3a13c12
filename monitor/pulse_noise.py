"""Noise of a level, from differences of pulses one and two apart.

That also gives its correlation in time, the C-arm's own recursive filter: for a first-order filter
D2/D1 = 1 + rho and sigma^2 = D1 / (1 - rho).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.patch import Patch
from monitor.robust import median, spread

Float32 = NDArray[np.float32]
Bool = NDArray[np.bool_]

_PULSES = 12
_CORRELATION_PULSES = 16
_LARGEST_RHO = 0.9
_SPARSE = np.s_[::3, ::3]


class PulseNoise:
    """Learns the noise per pixel, its correlation, and how the noise of now compares.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of the level's window.
    """

    def __init__(self, shape: tuple[int, int]) -> None:
        self._previous: list[Float32] = []
        self._d1 = np.zeros(shape, np.float32)
        self._d2_over_d1: list[float] = []
        self._d1_count = 0
        self._sigma: Float32 | None = None
        self.ratio = 1.0
        """Noise now, relative to the learned noise."""

    @property
    def rho(self) -> float:
        """Correlation of the noise from pulse to pulse, 0 to 0.9."""
        if len(self._d2_over_d1) < 3:
            return 0.0
        return min(max(median(self._d2_over_d1) - 1.0, 0.0), _LARGEST_RHO)

    @property
    def correlation(self) -> float | None:
        """The same, None while too few pulses have been seen."""
        return self.rho if len(self._d2_over_d1) >= 3 else None

    def learn(self, residual: Float32, learnable: Bool, *, finished: bool) -> None:
        """Take in the residual of a pulse (log units), shape of the window.

        Parameters
        ----------
        learnable : ndarray of bool, same shape
            Where nothing is suspected and the image is valid.
        finished : bool
            The reference is there: its noise is kept from then on, and that of what comes compared with it.
        """
        self._previous.append(residual)
        if len(self._previous) < 3:
            return
        two, one, now = self._previous[-3:]
        del self._previous[0]
        self._learn_correlation(two, one, now, learnable[_SPARSE], finished=finished)
        if not finished or self._d1_count < _PULSES:
            self._d1_count += 1
            self._d1 += (np.square(now - one) * np.float32(0.5) - self._d1) / np.float32(self._d1_count)
            self._sigma = None

    def take(self, patch: Patch) -> None:
        """Take in a part that has been learned anew."""
        patch.put(patch.variance(), self._d1)
        self._sigma = None

    def sigma(self) -> Float32:
        """Standard deviation, widened for its correlation in time (log units), shape of the window.

        sigma * sqrt((1 + rho) / (1 - rho)), the inflation of a mean over correlated samples.
        """
        rho = self.rho
        if self._sigma is None:
            variance = cv2.blur(self._d1, (5, 5)) / np.float32(1.0 - rho)
            least = np.float32(0.25 * max(float(np.median(variance[_SPARSE])), 1e-8))
            self._sigma = np.sqrt(np.maximum(variance, least) * np.float32((1.0 + rho) / (1.0 - rho)))
        return self._sigma * np.float32(max(1.0, self.ratio))

    def _learn_correlation(
        self, two: Float32, one: Float32, now: Float32, inner: Bool, *, finished: bool
    ) -> None:
        if inner.sum() <= 50:
            return
        first = 0.5 * median(np.square(now[_SPARSE] - one[_SPARSE])[inner])
        if first <= 0:
            return
        if not finished or len(self._d2_over_d1) < _CORRELATION_PULSES:
            second = 0.5 * median(np.square(now[_SPARSE] - two[_SPARSE])[inner])
            self._d2_over_d1.append(second / first)
        elif self._d1_count:
            usual = median(self._d1[_SPARSE][inner])
            # the median of a squared normal is 0.455 of its mean
            ratio = np.sqrt(first / 0.455 / max(usual, 1e-12))
            self.ratio += 0.1 * (float(ratio) - self.ratio)


def noise_of(residual: Float32) -> float:
    """Robust spread of this very residual, for the first pulses when no noise is learned yet (log units)."""
    return max(spread(residual[_SPARSE]), 1e-4)
