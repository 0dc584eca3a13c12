"""The part of the image that is looked at for a level. It follows when the patient or the table moves."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.grid import Grid, Window

Float32 = NDArray[np.float32]


class Viewport:
    """A level's window and some padding around it, moved by whole pixels.

    Parameters
    ----------
    window : Window
        Where the level is in the reference.
    pad_px : int
        Padding on every side (work px): how far the level may sway without the viewport being moved.
    grid : Grid
    """

    def __init__(self, window: Window, pad_px: int, grid: Grid) -> None:
        self._window, self._pad, self._grid = window, pad_px, grid
        self.drift = np.zeros(2)
        """Whole pixels by which the viewport has been moved, x then y (work px)."""

    @property
    def offset(self) -> NDArray[np.float64]:
        """Where the window's first pixel is in what is cut out, x then y (px)."""
        return np.array([self._pad, self._pad], np.float64)

    def move(self, by_px: NDArray[np.float64]) -> None:
        """Move the viewport by whole pixels, x then y."""
        self.drift = self.drift + by_px

    def inner(self, cut: Float32) -> Float32:
        """The window itself, of what has been cut out."""
        rows, columns = self._window.shape
        return np.ascontiguousarray(cut[self._pad : self._pad + rows, self._pad : self._pad + columns])

    def cut(self, of: Callable[[tuple[slice, slice]], Float32], beyond: float | None = None) -> Float32:
        """The viewport's part of an image, with the padding.

        Parameters
        ----------
        of : callable
            Returns rows and columns of the image, given as slices.
        beyond : float or None
            Value beyond the image's border; None: that at the border.
        """
        x0 = self._window.x0 + int(self.drift[0]) - self._pad
        y0 = self._window.y0 + int(self.drift[1]) - self._pad
        x1, y1 = x0 + self._window.columns + 2 * self._pad, y0 + self._window.rows + 2 * self._pad
        left, top = min(max(0, x0), self._grid.columns - 1), min(max(0, y0), self._grid.rows - 1)
        right, bottom = max(left + 1, min(self._grid.columns, x1)), max(top + 1, min(self._grid.rows, y1))
        part = of((slice(top, bottom), slice(left, right)))
        if (left, top, right, bottom) == (x0, y0, x1, y1):
            return part
        borders = (top - y0, y1 - bottom, left - x0, x1 - right)
        if min(borders) < 0:
            # the level has left the image altogether
            return np.full((y1 - y0, x1 - x0), 1.0 if beyond is None else beyond, np.float32)
        kind = cv2.BORDER_REPLICATE if beyond is None else cv2.BORDER_CONSTANT
        return cast(Float32, cv2.copyMakeBorder(part, *borders, kind, value=beyond or 0.0))
