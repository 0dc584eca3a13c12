"""What has shifted: it leaves one place paler and makes another darker. Cement only adds.

While the reference is still being learned, nobody knows yet how far the bone moves with the breath; a cannula
on a bone that cannot be followed darkens one of its sides like cement, and pales the other.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.masks import dilated

Float32 = NDArray[np.float32]
Bool = NDArray[np.bool_]

_REACH_MM = 8.0
_LEAST_SHARE = 0.3
_PALE = 0.7
"""Of the dead-zone: what is looked for beside a part is asked no more than the part itself."""


class DisplacedWatch:
    """Tells what something shifted explains, and remembers where, until the reference has been learned.

    Parameters
    ----------
    mm_per_px : float
    """

    def __init__(self, mm_per_px: float) -> None:
        self._mm = mm_per_px
        self._places: Bool | None = None

    def clear(self) -> None:
        """The reference knows from now on how far things move, or is learned anew."""
        self._places = None

    def without(self, fresh: Bool, known: Bool, added: Float32, dead_zone: Float32) -> Bool:
        """Parts of `fresh` less those that something shifted explains.

        Parameters
        ----------
        fresh : ndarray of bool, shape of the window
            What would be confirmed at this pulse.
        known : ndarray of bool, same shape
            Cement: what hangs together with it is kept.
        added, dead_zone : ndarray, same shape, float32
            Averaged added attenuation, and what of it is to be expected without cement (log units).
        """
        if not fresh.any():
            return fresh
        count, labels = cv2.connectedComponents(fresh.view(np.uint8), connectivity=8)
        beside = dilated(known, 1) if known.any() else known
        paler = added < np.float32(-_PALE) * dead_zone
        kept = fresh.copy()
        for k in range(1, count):
            part = np.asarray(labels) == k
            if (part & beside).any():
                continue
            near = dilated(part, round(_REACH_MM / self._mm))
            shifted = np.count_nonzero(paler & near) > _LEAST_SHARE * np.count_nonzero(part)
            if shifted:
                self._places = near if self._places is None else self._places | near
            if shifted or (self._places is not None and (part & self._places).any()):
                kept &= ~part
        return kept
