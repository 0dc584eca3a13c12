"""What a distortion model states: its errors, the scale at a point, how straight a line has become."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Residual:
    """Errors at held-out marks: each was predicted by a fit that did not know it (mm on the plate).

    Parameters
    ----------
    rms_mm, max_mm : float
        Over all marks but `dropped`.
    marks : int
    dropped : int
        Marks that no fit agrees with: doubled or damaged beads.
    """

    rms_mm: float
    max_mm: float
    marks: int
    dropped: int


@dataclass(frozen=True, slots=True)
class LocalScale:
    """Scale at points, arrays of shape (n,); nan where the beads do not reach.

    Parameters
    ----------
    along_mm_per_px, across_mm_per_px : ndarray
        Of a frame pixel along the ray from the middle and across it, in the plane of the phantom.
    factor : ndarray
        Undistorted px per frame px, square root of the areas: what a scale that holds in the middle is to be
        multiplied by.
    anisotropy : ndarray
        Largest over smallest scale of all directions; 1 where there is none.
    """

    along_mm_per_px: Floats
    across_mm_per_px: Floats
    factor: Floats
    anisotropy: Floats


@dataclass(frozen=True, slots=True)
class LineError:
    """Deviations of points from the straight line through them, before and after (mm)."""

    before_rms_mm: float
    before_max_mm: float
    after_rms_mm: float
    after_max_mm: float


def line_error(before_px: Floats, after_px: Floats, mm_per_px: float) -> LineError:
    """Deviations of points (shape (n, 2)) from the straight line nearest to them, before and after."""
    before, after = (mm_per_px * _deviations(points) for points in (before_px, after_px))
    return LineError(
        float(np.sqrt((before**2).mean())),
        float(np.abs(before).max()),
        float(np.sqrt((after**2).mean())),
        float(np.abs(after).max()),
    )


def _deviations(points: Floats) -> Floats:
    """Signed distances from the straight line nearest to all points, shape (n,)."""
    away = points - points.mean(axis=0)
    across = np.linalg.svd(away, full_matrices=False)[2][-1]
    distances: Floats = away @ across
    return distances
