"""What comes up at one stroke and is too large for cement: an instrument that reaches the cement.

Cement covers a few square millimetres more with every pulse, in a vein some tens of them in half a second.
A clamp or a finger that is put into the beam and touches the image of the cement hangs together with it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from monitor.masks import dilated

Float32 = NDArray[np.float32]
Bool = NDArray[np.bool_]

_AROUND_MM = 3.0
_KEPT_S = 0.7
_STILL_THERE = 0.3


class LeapWatch:
    """Remembers where something has come up at one stroke, for as long as it is there.

    Parameters
    ----------
    inside : ndarray of bool, shape of the window
        The body: cement that fills it may be found all at once.
    mm_per_px : float
    largest_mm2 : float
    """

    def __init__(self, inside: Bool, mm_per_px: float, largest_mm2: float) -> None:
        self._beside, self._mm, self._largest_mm2 = ~inside, mm_per_px, largest_mm2
        self._object: tuple[float, Bool] | None = None

    def clear(self) -> None:
        """The reference is learned anew, with whatever is there."""
        self._object = None

    def judge(self, fresh: Bool, time_s: float) -> Bool | None:
        """Where an instrument must be, given what has just been confirmed; None where it may be cement."""
        if not fresh.any():
            return None
        if np.count_nonzero(fresh & self._beside) * self._mm**2 <= self._largest_mm2:
            return None
        part = dilated(fresh, round(_AROUND_MM / self._mm))
        self._object = (time_s, part)
        return part

    def hides(self, added: Float32, dead_zone: Float32, time_s: float) -> Bool | None:
        """What it hides now; None where nothing is.

        Parameters
        ----------
        added, dead_zone : ndarray, shape of the window, float32
            Averaged added attenuation, and what of it is to be expected without cement (log units).
        """
        if self._object is None:
            return None
        since_s, part = self._object
        if np.count_nonzero(part & (added > dead_zone)) > _STILL_THERE * np.count_nonzero(part):
            self._object = (time_s, part)
        elif time_s - since_s > _KEPT_S:
            self._object = None
        return part
