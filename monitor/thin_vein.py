"""Cement in thin veins: a line of weak attenuation that runs off from the cement.

Per pixel such a line stays below the dead-zone. Along its course it does not: means over short straight
strips, less what lies on both sides of them, keep the line and lose what slides or brightens at large.
The background tells the noise: cement only adds, so lines that are paler than both their sides are chance.
"""

from __future__ import annotations

from functools import cache
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.config import ThinVeinConfig
from monitor.intensity import coarse_cells
from monitor.masks import around, dilated, square

Float32 = NDArray[np.float32]
Bool = NDArray[np.bool_]

_CELL_MM = 0.7
_ANGLES = 6
_LENGTH_MM = 5.6
_SIDE_MM = 2.0
_AVERAGE_S = 0.25
_FORGOTTEN_S = 20.0
_HIGHEST_Z = 3.0
_NEAR_MM = 12.0
_FILL_MM = 2.0
_FEW = 0.05
_PAIR_MM = 3.0
_APART_MM = 8.0


class ThinVein:
    """Follows the lines beside the cement of one level. Single-threaded; `look` once for each new pulse.

    Parameters
    ----------
    body_distance_mm : ndarray, shape of the window, float32
        Signed distance to the outline, positive inside.
    mm_per_px : float
    config : ThinVeinConfig
    """

    def __init__(self, body_distance_mm: Float32, mm_per_px: float, config: ThinVeinConfig) -> None:
        self._mm, self._config = mm_per_px, config
        self._step = max(1, round(_CELL_MM / mm_per_px))
        self._cell_mm = self._step * mm_per_px
        self._outside = coarse_cells(body_distance_mm, self._step) < -config.off_body_mm
        cells = self._outside.shape
        self._average = np.zeros(cells, np.float32)
        self._usual = np.zeros(cells, np.float32)
        self._evidence = np.zeros(cells, np.float32)
        self._found: Bool = np.zeros(cells, bool)
        self._gone_s = np.zeros(cells, np.float32)
        # since the last look
        self._pulses, self._since_s = 0, 0.0
        # made now, not when the first pulse waits for them
        _kernels(round(self._cell_mm, 3))

    def start_anew(self) -> None:
        """The reference is learned anew: what is there now belongs to it."""
        for kept in (self._average, self._evidence, self._gone_s):
            kept[:] = 0
        self._pulses, self._since_s = 0, 0.0

    def look(
        self,
        residual: Float32,
        usable: Bool,
        cement: Bool,
        dt_s: float,
        *,
        trusted: bool,
        rests: bool = False,
    ) -> Bool:
        """Take in a pulse.

        Parameters
        ----------
        residual : ndarray, shape of the window, float32
            Attenuation added since the reference, before the matched blur (log units).
        usable : ndarray of bool, same shape
            Where cement could be seen and no instrument moves.
        cement : ndarray of bool, same shape
            Known cement.
        dt_s : float
            Time since the pulse before (s).
        trusted : bool
            False in phases of the breath that have not been learned: nothing new is found then.
        rests : bool
            This pulse is only averaged; the next one counts for both (`turns`).

        Returns
        -------
        ndarray of bool, same shape
            Cement in thin veins.
        """
        clear = (usable & ~cement).astype(np.float32)
        weight = coarse_cells(clear, self._step)
        cells = coarse_cells(residual * clear, self._step)
        keep = float(np.exp(-max(dt_s, 1e-3) / _AVERAGE_S))
        cv2.addWeighted(self._average, keep, cells, 1.0 - keep, 0.0, dst=self._average)
        self._pulses, self._since_s = self._pulses + 1, self._since_s + dt_s
        if rests:
            return self._drawn(residual.shape)
        pulses, dt_s = self._pulses, self._since_s
        self._pulses, self._since_s = 0, 0.0
        # what cannot be seen is taken to be as its surroundings, not as nothing
        seen = weight > 0.9
        filled = _spread_out(self._average, weight, _FILL_MM / self._cell_mm)
        np.copyto(filled, self._average, where=seen)
        darker, paler = _lines(filled, self._cell_mm)
        free = seen & self._outside
        if not cement.any():
            self._learn(np.maximum(darker, paler), free, dt_s)
            return np.zeros(residual.shape, bool)
        grain = np.sqrt(_spread_out(np.square(paler), free.astype(np.float32), _NEAR_MM / self._cell_mm))
        # what slides leaves a paler line beside a darker one; a vein has none of its own strength
        pairs = cv2.dilate(paler, square(self._px(_PAIR_MM)))
        least = np.maximum(
            np.float32(self._config.grain_factor) * grain, np.float32(self._config.pair_factor) * pairs
        )
        np.maximum(least, np.float32(self._config.usual_factor) * self._usual, out=least)
        z = np.clip((darker - least) / np.maximum(grain, np.float32(1e-4)), -_HIGHEST_Z, _HIGHEST_Z)
        if not trusted:
            np.minimum(z, 0, out=z)
        z *= np.float32(pulses)
        known, half = coarse_cells(cement.astype(np.float32), self._step) > 0.2, weight > 0.5
        z += self._evidence
        self._evidence = np.clip(z, 0, np.float32(3 * self._config.threshold), out=z)
        self._evidence *= half
        apart = free & ~dilated(known, self._px(_APART_MM)) & ~self._found
        strength = paler.copy()
        np.copyto(strength, np.maximum(darker, paler), where=apart)
        self._learn(strength, free, dt_s)
        self._latch(darker, least, known, half, dt_s)
        return self._drawn(residual.shape)

    def _drawn(self, shape: tuple[int, ...]) -> Bool:
        if not self._found.any():
            return np.zeros(shape, bool)
        rows, columns = shape
        size = (self._found.shape[1] * self._step, self._found.shape[0] * self._step)
        fine = cv2.resize(self._found.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
        return np.ascontiguousarray(fine[:rows, :columns]) > 0.5

    def _px(self, mm: float) -> int:
        return max(1, round(mm / self._cell_mm))

    def _learn(self, strength: Float32, free: Bool, dt_s: float) -> None:
        """Lines that come and go without cement: the edges of bone, as the registration errs."""
        self._usual *= np.float32(np.exp(-max(dt_s, 0.0) / _FORGOTTEN_S))
        near = cv2.dilate(strength * free, square(1))
        np.maximum(self._usual, near, out=self._usual)

    def _latch(self, darker: Float32, least: Float32, known: Bool, usable: Bool, dt_s: float) -> None:
        """Take what runs off from known cement; take back what has gone. All in cells."""
        config = self._config
        candidate = (self._evidence > config.threshold) & self._outside & usable & (darker > 0.7 * least)
        candidate |= self._found
        if not candidate.any():
            self._gone_s[:] = 0
            return
        part = around(candidate, 0)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(
            candidate[part].view(np.uint8), connectivity=8
        )
        extent = np.hypot(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]) * self._cell_mm
        area_mm2 = stats[:, cv2.CC_STAT_AREA] * self._cell_mm**2
        touching = np.zeros(count, bool)
        touching[labels[dilated(known, self._px(config.from_cement_mm))[part]]] = True
        touching[labels[self._found[part]]] = True
        accepted = touching & (extent >= config.shortest_mm) & (area_mm2 < config.widest_mm * extent)
        accepted[0] = False
        self._found[part] |= accepted[labels]
        # taken back once the line has been gone for a while
        gone = np.where(usable & (darker < 0.6 * least), np.float32(dt_s), np.float32(-dt_s))
        self._gone_s = np.maximum(self._gone_s + gone, np.float32(0)) * self._found
        back = self._gone_s > config.unlatch_s
        self._found &= ~back
        self._evidence[back] = 0


def _lines(cells: Float32, cell_mm: float) -> tuple[Float32, Float32]:
    """How much each place is darker, and paler, along the best line through it than on both its sides."""
    darker = paler = None
    for kernel in _kernels(round(cell_mm, 3)):
        strength = cv2.filter2D(cells, -1, kernel, borderType=cv2.BORDER_REFLECT)
        darker = strength if darker is None else cv2.max(darker, strength)
        paler = strength if paler is None else cv2.min(paler, strength)
    return cast(Float32, darker), cast(Float32, np.negative(cast(Float32, paler)))


@cache
def _kernels(cell_mm: float) -> tuple[Float32, ...]:
    """Means along short strips less those on both sides, for each direction."""
    reach = round(_LENGTH_MM / 2 / cell_mm)
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1] * cell_mm
    found = []
    for k in range(_ANGLES):
        angle = np.pi * k / _ANGLES
        along, across = x * np.cos(angle) + y * np.sin(angle), -x * np.sin(angle) + y * np.cos(angle)
        window = np.exp(-0.5 * (along / (_LENGTH_MM / 3.5)) ** 2)
        middle = window * np.exp(-0.5 * (across / (0.35 * _SIDE_MM)) ** 2)
        sides = window * np.exp(-0.5 * ((np.abs(across) - _SIDE_MM) / (0.35 * _SIDE_MM)) ** 2)
        found.append((middle / middle.sum() - sides / sides.sum()).astype(np.float32))
    return tuple(found)


def _spread_out(image: Float32, weight: Float32, sigma_px: float) -> Float32:
    """Local mean of what counts; where little does, that of the whole window."""
    step = max(1, int(sigma_px / 3))
    parts = coarse_cells(image * weight, step), coarse_cells(weight, step)
    low, count = (cv2.GaussianBlur(part, (0, 0), sigma_px / step) for part in parts)
    whole = float(parts[0].sum()) / max(float(parts[1].sum()), 1.0)
    mean = (low + np.float32(_FEW * whole)) / (count + np.float32(_FEW))
    if step == 1:
        return cast(Float32, mean)
    rows, columns = image.shape
    size = (mean.shape[1] * step, mean.shape[0] * step)
    return cast(Float32, cv2.resize(mean, size, interpolation=cv2.INTER_LINEAR)[:rows, :columns])
