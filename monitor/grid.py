"""The grid that detection works on: the frame binned to a third of a millimetre or so, and windows in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Grid:
    """The frame binned by a whole number.

    Parameters
    ----------
    rows, columns : int
        Size of the work image (work px).
    binning : int
        Frame px per work px, along each axis.
    mm_per_px : float
        Size of a work pixel in the plane of the spine (mm).
    """

    rows: int
    columns: int
    binning: int
    mm_per_px: float

    @classmethod
    def for_frames(cls, rows: int, columns: int, mm_per_px: float, coarsest_mm: float) -> Grid:
        """Bin as far as work pixels stay finer than `coarsest_mm`."""
        binning = max(1, int(coarsest_mm / mm_per_px))
        binning = min(binning, max(1, min(rows, columns) // 64))
        return cls(rows // binning, columns // binning, binning, mm_per_px * binning)

    def to_work(self, points_px: NDArray[np.floating]) -> NDArray[np.float64]:
        """Frame px to work px, shape (n, 2)."""
        work: NDArray[np.float64] = (np.asarray(points_px, np.float64) + 0.5) / self.binning - 0.5
        return work

    def to_frame(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Work px to frame px, shape (n, 2)."""
        frame: NDArray[np.float64] = (np.asarray(points, np.float64) + 0.5) * self.binning - 0.5
        return frame


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle of the work image: columns `x0` to `x0 + columns`, rows likewise (work px)."""

    x0: int
    y0: int
    columns: int
    rows: int

    @classmethod
    def around(cls, points: NDArray[np.floating], margin_px: float, grid: Grid) -> Window:
        """Smallest window that holds the points and a margin, cut at the image's border."""
        low = np.floor(points.min(axis=0) - margin_px).astype(int)
        high = np.ceil(points.max(axis=0) + margin_px).astype(int) + 1
        x0, y0 = max(0, int(low[0])), max(0, int(low[1]))
        x1, y1 = min(grid.columns, int(high[0])), min(grid.rows, int(high[1]))
        return cls(x0, y0, max(1, x1 - x0), max(1, y1 - y0))

    def padded(self, pad_px: int, grid: Grid) -> Window:
        """The same window and so much more on every side, cut at the image's border."""
        x0, y0 = max(0, self.x0 - pad_px), max(0, self.y0 - pad_px)
        x1 = min(grid.columns, self.x0 + self.columns + pad_px)
        y1 = min(grid.rows, self.y0 + self.rows + pad_px)
        return Window(x0, y0, x1 - x0, y1 - y0)

    @property
    def part(self) -> tuple[slice, slice]:
        """Rows and columns of a work image that lie in this window."""
        return (slice(self.y0, self.y0 + self.rows), slice(self.x0, self.x0 + self.columns))

    @property
    def origin(self) -> NDArray[np.float64]:
        """Work px of this window's first pixel, x then y."""
        return np.array([self.x0, self.y0], dtype=np.float64)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return (self.rows, self.columns)
