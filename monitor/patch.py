"""A part of the reference that is learned anew while the rest goes on being watched.

Where an instrument came to lie, or lay before, the image is another one; everywhere else what was learned
still holds. The part is averaged against the rest, on the residual less its background, so that no step is
left at its rim when scatter or brightness have changed since the rest was learned.
"""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]
Bool = NDArray[np.bool_]

_MEAN_ALONE = 0.4
"""Share of the time in which only the mean is learned: a mean under way feigns strays."""
_FEWEST_PULSES = 15
_SHORT_LOOK = 1.3
"""So much more than was seen in so short a time may stray yet."""


class Patch:
    """Mean, noise and stray of the pixels of a part.

    Parameters
    ----------
    part : ndarray of bool, shape of the window
    mean : ndarray of float32, same shape
        The reference so far.
    time_s, seconds : float
        When learning begins, and how long it takes (s).
    evidence_s : float
        Time constant of the moving average whose stray is the dead-zone (s).
    """

    def __init__(self, part: Bool, mean: Float32, time_s: float, seconds: float, evidence_s: float) -> None:
        self.part = part
        self._at = np.flatnonzero(part)
        self._began_s, self._last_s, self._seconds, self._evidence_s = time_s, time_s, seconds, evidence_s
        self._from = mean.ravel()[self._at].copy()
        nothing = np.zeros(len(self._at), np.float32)
        self._shift, self._level, self._average = nothing, nothing.copy(), nothing.copy()
        self._stray, self._variance = nothing.copy(), nothing.copy()
        self._before: Float32 | None = None
        self._pulses = 0

    def learn(self, difference: Float32, matched: Float32, time_s: float) -> bool:
        """Take in a pulse; whether enough has been seen.

        Parameters
        ----------
        difference : ndarray, shape of the window, float32
            Live less the reference as it was when the patch was begun, without background (log units).
        matched : ndarray, same shape, float32
            The same after the matched blur: noise and dead-zone are those of what is decided on.
        time_s : float
        """
        self._pulses += 1
        self._shift += (difference.ravel()[self._at] - self._shift) / np.float32(self._pulses)
        value = matched.ravel()[self._at]
        self._level += (value - self._level) / np.float32(self._pulses)
        if self._before is not None:
            half = np.square(value - self._before) * np.float32(0.5)
            self._variance += (half - self._variance) / np.float32(self._pulses - 1)
        self._before = value
        dt_s = max(time_s - self._last_s, 1e-3)
        self._last_s = time_s
        gone_s = time_s - self._began_s
        if gone_s > _MEAN_ALONE * self._seconds and 2 * self._pulses > _FEWEST_PULSES:
            keep = np.float32(np.exp(-dt_s / self._evidence_s))
            self._average = self._average * keep + (value - self._level) * (1 - keep)
            np.maximum(self._stray, np.abs(self._average), out=self._stray)
        return gone_s >= self._seconds and self._pulses >= _FEWEST_PULSES

    def mean(self) -> Float32:
        """The reference of the part's pixels, in the order of their indices."""
        return self._from + self._shift

    def stray(self) -> Float32:
        """How far the moving average is to be expected to stray there."""
        return self._stray * np.float32(_SHORT_LOOK)

    def variance(self) -> Float32:
        """Half the mean square of differences from pulse to pulse."""
        return self._variance

    def put(self, values: Float32, image: Float32) -> None:
        """Write values of the part's pixels into an image of the window's shape."""
        flat = cast(Float32, image.ravel())
        if not np.shares_memory(flat, image):
            image[self.part] = values
            return
        flat[self._at] = values
