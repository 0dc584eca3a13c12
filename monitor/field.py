"""The field of view: where X-ray reaches the detector at all, collimator blades and circular masks left out.

The blades stand still while the bone moves, so in vertebra coordinates their edges move and would look like
cement coming and going. They are also moved in mid-run, so the field is looked for at every pulse.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.config import FieldConfig
from monitor.intensity import coarse_cells
from monitor.robust import median

Bool = NDArray[np.bool_]
Float32 = NDArray[np.float32]

_DARK_SHARE = 0.25
_OPEN_SHARE = 0.4
_CELL_MM = 1.5
_DARKER, _OPEN_AGAIN = 0.48, 0.65
"""Blades that come in leave so much of what was there; scatter fills in a quarter and more of it."""
_WIDE_MM = 7.0
"""What is narrower is an instrument."""
_MOST_IN_HULL = 0.4
"""Blades and circles leave a convex field: what lies within its hull is a hand or an instrument."""
_OPEN_PULSES, _FIRST_PULSES = 50.0, 16


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """What is out of the field of view, and when that last changed.

    Parameters
    ----------
    outside : ndarray of bool, shape of the work image
        Out of the field, or too near to its edge.
    changed_s : float or None
        Time of the last change (s); None: it has been so from the start.
    exposed : ndarray of bool, same shape
        What the last change has uncovered.
    """

    outside: Bool
    changed_s: float | None
    exposed: Bool

    def settled(self, time_s: float, after_s: float) -> bool:
        """Whether the blades have been still for so long (s)."""
        return self.changed_s is None or time_s - self.changed_s >= after_s


class FieldOfView:
    """Follows blades and circle. Single-threaded; `look` once for each new pulse."""

    def __init__(self, shape: tuple[int, int], mm_per_px: float, config: FieldConfig) -> None:
        self._shape, self._config = shape, config
        self._step = max(1, min(round(_CELL_MM / mm_per_px), min(shape) // 8))
        self._cell_mm = mm_per_px * self._step
        self._cells: Bool | None = None
        self._small: Float32 | None = None
        self._bright: float | None = None
        self._open: Float32 | None = None
        self._shaded: Bool | None = None
        self._pulses = 0
        self._field = Field(np.zeros(shape, bool), None, np.zeros(shape, bool))

    @property
    def field(self) -> Field:
        """The field as last seen."""
        return self._field

    def look(self, grey: Float32, time_s: float) -> Field:
        """Take in a pulse.

        Parameters
        ----------
        grey : ndarray, shape (rows, columns), float32
            Work image; larger is more X-ray.
        time_s : float
            Time of the pulse (s).
        """
        small = cast(Float32, cv2.blur(coarse_cells(grey, self._step), (3, 3)))
        self._small = small if self._small is None else 0.5 * (self._small + small)
        cells = self._dark(self._small)
        if self._cells is None:
            self._cells = cells
            self._field = Field(self._enlarged(cells, self._margin), None, self._field.exposed)
            return self._field
        changed = cells ^ self._cells
        # a cell or two at the penumbra come and go with the noise
        if not changed.any():
            return self._field
        wide = cv2.morphologyEx(changed.view(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
        if float(cv2.countNonZero(wide)) * self._cell_mm**2 > self._config.least_change_mm2:
            uncovered = self._cells & ~cells
            before = self._field
            recent = not before.settled(time_s, self._config.settled_after_s)
            exposed = self._enlarged(uncovered, self._margin + 1)
            if recent:
                exposed = exposed | before.exposed
            self._cells = cells
            self._field = Field(self._enlarged(cells, self._margin), time_s, exposed)
        return self._field

    @property
    def _margin(self) -> int:
        return max(1, round(self._config.margin_mm / self._cell_mm))

    def _dark(self, small: Float32) -> Bool:
        """Dark cells that hang together with the border."""
        rows, columns = small.shape
        middle = small[rows // 4 : rows - rows // 4, columns // 4 : columns - columns // 4]
        bright = median(middle)
        # blades over the middle must not make everything else look open
        self._bright = bright if self._bright is None else max(bright, 0.97 * self._bright)
        share = np.full(small.shape, _DARK_SHARE, np.float32)
        if self._cells is not None:
            # what is out of the field stays out until it is clearly in it again
            share[self._cells] = _OPEN_SHARE
        level = self._bright if bright < 0.5 * self._bright else bright
        dark = ((small < share * np.float32(level)) | self._shade(small / np.float32(level))).astype(np.uint8)
        if not dark.any():
            return np.zeros(small.shape, bool)
        count, labels = cv2.connectedComponents(dark, connectivity=4)
        touching = np.zeros(count, bool)
        for side in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
            touching[side] = True
        touching[0] = False
        outside: Bool = touching[labels]
        return outside

    def _shade(self, relative: Float32) -> Bool:
        """Wide parts that have become much darker than they were, against the middle of the image."""
        if self._open is None or self._shaded is None:
            self._open = relative.copy()
            self._shaded = np.zeros(relative.shape, bool)
        self._pulses += 1
        if self._pulses <= _FIRST_PULSES:
            # brightness, or the polarity, may still be put right
            self._open += (relative - self._open) / np.float32(max(2.0, 0.25 * self._pulses))
            return self._shaded
        least = np.where(self._shaded, np.float32(_OPEN_AGAIN), np.float32(_DARKER))
        darker = (relative < least * self._open).view(np.uint8)
        width = max(2, round(_WIDE_MM / self._cell_mm))
        wide = cv2.morphologyEx(
            darker, cv2.MORPH_OPEN, np.ones((width, width), np.uint8), borderType=cv2.BORDER_REPLICATE
        )
        self._shaded = _around_convex(wide > 0, width) if wide.any() else wide > 0
        self._open += (relative - self._open) * np.where(darker > 0, 0, np.float32(1 / _OPEN_PULSES))
        return self._shaded

    def moved(self) -> None:
        """The patient lies elsewhere: what is open now shows something else."""
        if self._open is not None and self._small is not None and self._bright and self._shaded is not None:
            self._open = np.where(self._shaded, self._open, self._small / np.float32(self._bright))

    def _enlarged(self, cells: Bool, reach: int) -> Bool:
        if not cells.any():
            return np.zeros(self._shape, bool)
        grown = cv2.dilate(cells.view(np.uint8), np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
        size = (grown.shape[1] * self._step, grown.shape[0] * self._step)
        large = cv2.resize(grown, size, interpolation=cv2.INTER_NEAREST) > 0
        return np.ascontiguousarray(large[: self._shape[0], : self._shape[1]])


def _around_convex(shaded: Bool, width: int) -> Bool:
    """Those parts of a shadow that lie around the open field, none narrower than `width` (cells)."""
    open_ = cv2.morphologyEx((~shaded).view(np.uint8), cv2.MORPH_OPEN, np.ones((width, width), np.uint8))
    if not open_.any():
        return shaded
    _, parts, stats, _ = cv2.connectedComponentsWithStats(open_, connectivity=4)
    largest = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    points = cv2.findNonZero((parts == largest).view(np.uint8))
    hull = np.zeros(shaded.shape, np.uint8)
    cv2.fillConvexPoly(hull, cv2.convexHull(points), 1)
    count, labels = cv2.connectedComponents(shaded.view(np.uint8), connectivity=4)
    flat = labels.ravel()
    within = np.bincount(flat, hull.ravel(), count) / np.maximum(np.bincount(flat, minlength=count), 1)
    around = within < _MOST_IN_HULL
    around[0] = False
    found: Bool = around[labels]
    return found
