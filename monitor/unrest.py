"""How far the image strays just now where there is no cement: what the decision has to allow for."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.config import CementConfig
from monitor.intensity import coarse_cells, low_pass

Float32 = NDArray[np.float32]
Bool = NDArray[np.bool_]

_CELL_MM = 1.5
_GRAIN_MM = 0.7
_BEFORE_CEMENT = 0.5


class Unrest:
    """A dead-zone from what lies below the reference. Single-threaded; `now` once for each new pulse.

    Soft tissue that slides in a phase of the breath not seen while learning leaves as much below zero as
    above it. Cement only adds: what lies below tells the unrest, whatever cement there is.

    Parameters
    ----------
    mm_per_px : float
    config : CementConfig
    """

    def __init__(self, mm_per_px: float, config: CementConfig) -> None:
        self._mm, self._config = mm_per_px, config
        # what follows from the mask is worked out once for each change of it
        self._away_cells: Float32 | None = None
        # where nothing was in the way at the last pulse, and how much of that is around each cell
        self._clear: tuple[Bool, Float32] | None = None

    def mask_changed(self) -> None:
        """There is more or less cement than before."""
        self._away_cells = None

    def now(self, added: Float32, visible: Bool, mask: Bool, elsewhere: Bool) -> Float32:
        """How far the averaged residual strays around each place (log units), shape of the window.

        Parameters
        ----------
        added : ndarray, shape of the window, float32
            Averaged added attenuation (log units).
        visible, mask, elsewhere : ndarray of bool, same shape
            Where cement could be seen; known cement; and what is away from the body and from known cement.
        """
        config = self._config
        step = max(1, round(_GRAIN_MM / self._mm))
        seen = visible & ~mask
        clear = seen.astype(np.float32)
        below = np.clip(added, np.float32(-config.unrest_clip), np.float32(0))
        below *= clear
        sigma_px = config.unrest_reach_mm / (step * self._mm)
        variance = low_pass(coarse_cells(np.square(below), step), None, sigma_px)
        if self._clear is None or not np.array_equal(self._clear[0], seen):
            weight = np.maximum(low_pass(coarse_cells(clear, step), None, sigma_px), np.float32(1e-3))
            self._clear = (seen, weight)
        variance /= self._clear[1]
        unrest = np.sqrt(np.maximum(variance, np.float32(0))) * np.float32(
            np.sqrt(2.0) * config.unrest_factor
        )
        if self._away_cells is None:
            away = elsewhere.astype(np.float32)
            if not mask.any():
                # nothing has been injected yet: gas over the body is likelier than it may be later
                away = np.maximum(away, np.float32(_BEFORE_CEMENT))
            self._away_cells = coarse_cells(away, step)
        unrest = np.maximum(unrest, self._pairs(coarse_cells(below, step), step) * self._away_cells)
        rows, columns = visible.shape
        size = (unrest.shape[1] * step, unrest.shape[0] * step)
        return cast(Float32, cv2.resize(unrest, size, interpolation=cv2.INTER_LINEAR)[:rows, :columns])

    def _pairs(self, below: Float32, step: int) -> Float32:
        """As much as the surroundings have grown paler: what slides darkens one place and lightens another.

        `below` is in cells of `step` pixels. Only away from the body and from known cement, so that the front
        itself is never kept back by it.
        """
        config = self._config
        wider = max(1, round(_CELL_MM / (step * self._mm)))
        cells = coarse_cells(below, wider)
        reach = 2 * max(1, round(config.pair_reach_mm / (wider * step * self._mm))) + 1
        around = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
        paler = cv2.erode(cells, around) * np.float32(-config.pair_share)
        rows, columns = below.shape
        size = (cells.shape[1] * wider, cells.shape[0] * wider)
        return cast(Float32, cv2.resize(paler, size, interpolation=cv2.INTER_LINEAR)[:rows, :columns])
