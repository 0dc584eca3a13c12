"""A straight strip of an image, cut into pieces along it, each averaged into a profile across it.

Pixels are sorted by their distance from the axis instead of being interpolated: a slanted edge is then seen
finer than a pixel, nothing is blurred, and the noise of a profile's samples stays independent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]
Vector = NDArray[np.float64]

STEP_PX = 0.25
"""Width of a bin across the axis (px)."""


@dataclass(frozen=True, slots=True, eq=False)
class Strip:
    """Profiles across an axis.

    Parameters
    ----------
    u : ndarray, shape (n,), float64
        Mean distance of each bin's pixels from the axis, to the left of its direction positive down (px).
    profiles : ndarray, shape (pieces, n), float64
        Mean value per piece and bin; NaN where a piece has no pixel.
    counts : ndarray, shape (pieces, n), float64
        Pixels behind each.
    """

    u: Vector
    profiles: Vector
    counts: Vector

    @property
    def mean(self) -> Vector:
        """Profile of all pieces together, shape (n,)."""
        return np.asarray(np.nansum(self.profiles * self.counts, axis=0) / self.counts.sum(axis=0))


def cut_strip(
    image: Float32, start: Vector, end: Vector, half_px: float, pieces: int, step_px: float = STEP_PX
) -> Strip:
    """Average an image along a line.

    Parameters
    ----------
    image : ndarray, shape (rows, columns), float32
    start, end : ndarray, shape (2,)
        Ends of the axis, x then y (px).
    half_px : float
        How far to either side.
    pieces : int
        Along the axis.
    step_px : float
        Width of a bin.
    """
    length = float(np.hypot(*(end - start)))
    along = (end - start) / length
    rows, columns = image.shape
    reach = half_px + 1.0
    low = np.maximum(np.floor(np.minimum(start, end) - reach), 0).astype(int)
    high = np.minimum(np.ceil(np.maximum(start, end) + reach) + 1, (columns, rows)).astype(int)
    x = np.arange(low[0], high[0])[None, :] - start[0]
    y = np.arange(low[1], high[1])[:, None] - start[1]
    s, u = x * along[0] + y * along[1], -x * along[1] + y * along[0]
    inside = (s >= 0) & (s < length) & (np.abs(u) < half_px)
    bins = int(np.ceil(2 * half_px / step_px))
    s, u = s[inside], u[inside]
    values = image[low[1] : high[1], low[0] : high[0]][inside].astype(np.float64)
    column = np.minimum(((u + half_px) / step_px).astype(int), bins - 1)
    row = np.minimum((s / length * pieces).astype(int), pieces - 1)
    index = row * bins + column

    def total(of: Vector | None, at: NDArray[np.intp], size: int) -> Vector:
        return np.asarray(np.bincount(at, of, size), np.float64)

    counts = total(None, index, pieces * bins).reshape(pieces, bins)
    sums = total(values, index, pieces * bins).reshape(pieces, bins)
    seen = counts.sum(axis=0) > 0
    counts, sums = counts[:, seen], sums[:, seen]
    mean_u = total(u, column, bins)[seen] / counts.sum(axis=0)
    profiles = np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)
    return Strip(mean_u, profiles, counts)
