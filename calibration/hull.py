"""Convex hulls of points in the plane: what lies within, and the nearest place within."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError

from monitor.errors import CalibrationError

Floats = NDArray[np.float64]

_EDGE_PX = 1e-6


def hull_of(points: Floats) -> Floats:
    """Corners of the convex hull in order (counter-clockwise for y upwards), shape (m, 2).

    Raises
    ------
    CalibrationError
        Fewer than three points, or all on a line.
    """
    if len(points) < 3:
        raise CalibrationError(f"{len(points)} points enclose nothing")
    try:
        corners: Floats = points[ConvexHull(points).vertices]
    except QhullError as error:
        raise CalibrationError("points on one line enclose nothing") from error
    return corners


def inside(points: Floats, hull: Floats) -> NDArray[np.bool_]:
    """Whether points lie within a hull or on its edge, shape (n,); nan does not."""
    edges = np.roll(hull, -1, axis=0) - hull
    normals = np.stack([-edges[:, 1], edges[:, 0]], axis=1) / np.hypot(*edges.T)[:, None]
    heights = points @ normals.T - (normals * hull).sum(axis=1)
    within: NDArray[np.bool_] = heights.min(axis=1) >= -_EDGE_PX
    return within


def clamped(points: Floats, hull: Floats) -> Floats:
    """The nearest places within a hull, shape (n, 2)."""
    out = np.array(points, np.float64)
    beyond = np.flatnonzero(~inside(out, hull) & np.isfinite(out).all(axis=1))
    if not len(beyond):
        return out
    edges = np.roll(hull, -1, axis=0) - hull
    away = out[beyond, None] - hull
    along = np.clip((away * edges).sum(axis=2) / (edges**2).sum(axis=1), 0.0, 1.0)
    feet = hull + along[..., None] * edges
    distance = ((out[beyond, None] - feet) ** 2).sum(axis=2)
    out[beyond] = feet[np.arange(len(beyond)), distance.argmin(axis=1)]
    return out
