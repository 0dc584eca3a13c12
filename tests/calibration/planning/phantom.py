"""A body with a rim in noise, drawn finely and averaged down: its edge is known to a part of a pixel."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

MM_PER_PX = 0.35
CORNERS = ((120.0, 100.0), (215.0, 92.0), (213.0, 176.0), (117.0, 170.0))
_FINE = 8


def outline(
    hollow_px: float = 5.0, corners: tuple[tuple[float, float], ...] = CORNERS
) -> NDArray[np.float64]:
    """Closed outline, shape (n, 2): straight walls, endplates that are hollow by so many px."""
    c = np.array(corners)
    u = np.linspace(0, 1, 40)[:, None]
    bow = 4 * u * (1 - u) * np.array([[0.0, hollow_px]])
    top = c[0] + u * (c[1] - c[0]) + bow
    bottom = c[2] + u * (c[3] - c[2]) - bow
    return np.concatenate([top, bottom])


def attenuation(
    *bodies: NDArray[np.float64], noise: float = 0.02, seed: int = 1, shape: tuple[int, int] = (300, 320)
) -> NDArray[np.float32]:
    """Attenuation of bodies, with a denser rim of 1 mm; the centre of the first pixel is at 0, 0."""
    rows, columns = shape
    fine = np.zeros((rows * _FINE, columns * _FINE), np.float32)
    for body in bodies:
        points = np.round((body + 0.5) * _FINE - 0.5).astype(np.int32)
        inside = np.zeros(fine.shape, np.uint8)
        cv2.fillPoly(inside, [points], 1)
        depth_px = cv2.distanceTransform(inside, cv2.DIST_L2, 5) / _FINE
        fine += 0.12 * inside + 0.12 * ((depth_px > 0) & (depth_px < 1.0 / MM_PER_PX))
    image = cv2.resize(fine, (columns, rows), interpolation=cv2.INTER_AREA)
    image = cv2.GaussianBlur(image, (0, 0), 0.8)
    rng = np.random.default_rng(seed)
    return np.asarray(image + rng.normal(0, noise, shape), np.float32)


def away_px(points: NDArray[np.float64], closed: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance of points from a closed outline (px)."""
    a, b = closed, np.roll(closed, -1, axis=0)
    d = b - a
    t = np.clip(((points[:, None] - a) * d).sum(-1) / np.maximum((d * d).sum(-1), 1e-9), 0, 1)
    return np.asarray(np.hypot(*(points[:, None] - (a + t[..., None] * d)).transpose(2, 0, 1)).min(axis=1))
