"""Place the crossings of a wire grid by the length of their wires, where noise hides the crossing itself."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_HALF = 0.42
"""How much of the lattice cell is looked at to each side, in pitches."""
_GAP = 0.08
_ACROSS, _ALONG = 65, 33
_ROUNDS = 2
_FARTHEST = 0.12


def along_wires(bulge: NDArray[np.float32], points_px: Floats, steps_px: Floats, sigma_px: float) -> Floats:
    """Crossings, each from the mean course of its two wires up to half way to the neighbours.

    Parameters
    ----------
    bulge : ndarray, float32, shape (rows, columns)
        The picture on an even ground, wires positive.
    points_px : ndarray, shape (n, 2)
        Where the crossings are, roughly.
    steps_px : ndarray, shape (n, 2, 2)
        ``steps_px[k, 0]`` and ``steps_px[k, 1]`` lead to the neighbours along the two axes of the lattice.
    sigma_px : float
        Width of the wires, as a standard deviation.

    Returns
    -------
    ndarray, float64, shape (n, 2)
    """
    points = points_px.copy()
    for _ in range(_ROUNDS):
        for axis in (0, 1):
            across, along = steps_px[:, axis], steps_px[:, 1 - axis]
            shift = _shift(bulge, points, across, along, sigma_px)
            points = points + shift[:, None] * across
    moved = np.hypot(*(points - points_px).T)
    far = moved > 3 * _FARTHEST * np.hypot(*steps_px[:, 0].T)
    points[far] = points_px[far]
    return points


def _shift(
    bulge: NDArray[np.float32], points: Floats, across: Floats, along: Floats, sigma_px: float
) -> Floats:
    """How far the wire lies from the points, in steps across it, shape (n,)."""
    u = np.linspace(-_HALF, _HALF, _ACROSS)
    v = np.linspace(_GAP, _HALF, _ALONG // 2)
    v = np.concatenate([-v[::-1], v])
    x, y = (
        points[:, None, None, k] + u[:, None] * across[:, None, None, k] + v * along[:, None, None, k]
        for k in (0, 1)
    )
    shape = (len(points), len(u) * len(v))
    patch = cv2.remap(
        bulge,
        x.reshape(shape).astype(np.float32),
        y.reshape(shape).astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    profile = np.asarray(patch, np.float64).reshape(len(points), len(u), len(v)).mean(axis=2)
    du = float(u[1] - u[0])
    sigma = max(sigma_px / float(np.median(np.hypot(*across.T))) / du, 1.0)
    reach = np.arange(-int(3.5 * sigma) - 1, int(3.5 * sigma) + 2)
    # a second derivative: whatever slope the ground has does not shift its peak
    kernel = (1 - (reach / sigma) ** 2) * np.exp(-0.5 * (reach / sigma) ** 2)
    kernel -= kernel.mean()
    half = len(reach) // 2
    padded = np.pad(profile, ((0, 0), (half, half)), mode="edge")
    answer = np.stack([np.convolve(row, kernel, mode="valid") for row in padded])
    central = np.abs(u) <= _FARTHEST
    first = int(np.flatnonzero(central)[0])
    peak = first + answer[:, central].argmax(axis=1)
    each = np.arange(len(points))
    left, top, right = answer[each, peak - 1], answer[each, peak], answer[each, peak + 1]
    curve = left - 2 * top + right
    part = np.where(curve < 0, 0.5 * (left - right) / np.where(curve < 0, curve, 1.0), 0.0)
    shift: Floats = u[peak] + part.clip(-0.5, 0.5) * du
    return shift
