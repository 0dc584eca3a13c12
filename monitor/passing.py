"""What has come and gone: soft tissue that slides with the breath, not cement, which stays.

Where the averaged residual rises and falls back again within a breath or so, that much is to be expected
there again. Close to known cement nothing is learned so: its edge comes and goes as the registration errs.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.masks import square

Float32 = NDArray[np.float32]
Bool = NDArray[np.bool_]

_EVERY_S = 0.12
_SHRINKS_S = 6.0
"""A peak counts less the longer ago it was: what fades slowly has been learned, not passed."""
_FELL = 0.3
_APART_MM = 1.2


class Passing:
    """Peaks of the averaged residual that have passed. Single-threaded; `look` at each pulse.

    Parameters
    ----------
    shape : (int, int)
        Of the window.
    mm_per_px : float
    """

    def __init__(self, shape: tuple[int, int], mm_per_px: float) -> None:
        self._apart = square(max(1, round(_APART_MM / mm_per_px)))
        self._peak = np.zeros(shape, np.float32)
        self._since_s = 0.0

    def clear(self) -> None:
        """The reference is learned anew: nothing before can be compared."""
        self._peak[:] = 0
        self._since_s = 0.0

    def look(self, average: Float32, bare: Bool, least: float, dt_s: float) -> Float32 | None:
        """Take in a pulse; what has passed, 0 where nothing has; None where this pulse is not looked at.

        Parameters
        ----------
        average : ndarray, shape of the window, float32
            Averaged residual (log units).
        bare : ndarray of bool, same shape
            Where there is no known cement and nothing hides it.
        least : float
            Peaks below this are noise (log units).
        dt_s : float
            Time since the pulse before (s).
        """
        self._since_s += dt_s
        if self._since_s < _EVERY_S:
            return None
        self._peak *= np.float32(np.exp(-self._since_s / _SHRINKS_S))
        self._since_s = 0.0
        np.maximum(self._peak, average, out=self._peak)
        self._peak *= cv2.erode(bare.view(np.uint8), self._apart)
        gone = average < np.float32(_FELL) * self._peak
        gone &= self._peak > np.float32(least)
        if not gone.any():
            return None
        passed = self._peak * gone
        np.copyto(self._peak, np.maximum(average, np.float32(0)), where=gone)
        return passed
