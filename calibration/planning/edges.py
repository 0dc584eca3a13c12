"""Where bone begins: the course of an edge near a line that was drawn, to a part of a pixel.

Across the drawn line the attenuation is sampled; the edge is where it rises most towards the inside. Along
the line the edges are joined so that together they are strong and the course stays smooth: the way through
the samples is found by dynamic programming (Amini, Weymouth, Jain: Using dynamic programming for solving
variational problems in vision, IEEE PAMI 12(9), 1990). Strength counts up to a limit only, so that steel
that crosses the line does not pull it along.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

Points = NDArray[np.float64]
Vector = NDArray[np.float64]
Float32 = NDArray[np.float32]

_SIGMA_MM, _LEAST_SIGMA_PX = 0.3, 0.8
_STEP_PX = 0.25
_MOST_STEPS = 2
_STIFFNESS = 0.25
_PULL = 0.15
_TYPICAL_PERCENT = 60
_MOST_STRENGTH = 1.0
_SMOOTH_MM = 1.5
_SEEN_SIGMAS = 5.0
_PINNED = 1e6
_WEAK = 0.3
_MOST_PLACES = 30_000


@dataclass(frozen=True, slots=True, eq=False)
class Slopes:
    """Slopes of an attenuation image, smoothed to the width of an edge.

    Parameters
    ----------
    x, y : ndarray, shape (rows, columns), float32
        Rise per px.
    mm_per_px : float
    """

    x: Float32
    y: Float32
    mm_per_px: float

    @classmethod
    def of(cls, attenuation: Float32, mm_per_px: float) -> Slopes:
        """Slopes of an image, shape (rows, columns), larger is more radiopaque."""
        sigma_px = max(_SIGMA_MM / mm_per_px, _LEAST_SIGMA_PX)
        smooth = cv2.GaussianBlur(attenuation.astype(np.float32), (0, 0), sigma_px)
        x = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=3, scale=0.125)
        y = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=3, scale=0.125)
        return cls(cast(Float32, x), cast(Float32, y), mm_per_px)

    def along(self, at: Points, direction: Points) -> Vector:
        """Rise per px at places, shape (..., 2), along unit vectors that broadcast; 0 off the image."""
        # remap takes at most 32767 places a side
        x, y = (np.ascontiguousarray(at[..., k].reshape(-1, at.shape[-2]), np.float32) for k in (0, 1))
        parts = []
        for start in range(0, len(x), _MOST_PLACES):
            part = slice(start, start + _MOST_PLACES)
            parts.append(
                [
                    cv2.remap(one, x[part], y[part], cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
                    for one in (self.x, self.y)
                ]
            )
        rise_x, rise_y = (np.concatenate([part[k] for part in parts]).reshape(at.shape[:-1]) for k in (0, 1))
        return np.asarray(rise_x * direction[..., 0] + rise_y * direction[..., 1], np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """The course of an edge.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        Places on it, x then y (px), from one end to the other.
    seen : float
        Share of it, 0 to 1, along which an edge is seen at all.
    """

    points: Points
    seen: float


@dataclass(frozen=True, slots=True, eq=False)
class Search:
    """How far from the drawn line the edge is looked for, at every one of its points (mm)."""

    outwards_mm: Vector
    inwards_mm: Vector


def follow(
    slopes: Slopes,
    drawn: Points,
    inwards: Vector,
    search: Search,
    pinned: tuple[int, ...] = (),
) -> Course:
    """Move a drawn line, shape (n, 2), onto the edge.

    Parameters
    ----------
    inwards : ndarray, shape (2,)
        Unit vector across the line, to where there is more bone.
    pinned : tuple of int
        Numbers of the points that stay where they were drawn.
    """
    px = 1.0 / slopes.mm_per_px
    lowest, highest = -float(search.outwards_mm.max()) * px, float(search.inwards_mm.max()) * px
    offsets = np.arange(lowest, highest + _STEP_PX, _STEP_PX)
    places = drawn[:, None, :] + offsets[None, :, None] * inwards
    rises = slopes.along(places, inwards)
    allowed = (offsets[None, :] >= -search.outwards_mm[:, None] * px - 1e-9) & (
        offsets[None, :] <= search.inwards_mm[:, None] * px + 1e-9
    )
    best = np.where(allowed, rises, -np.inf).max(axis=1)
    typical = max(float(np.percentile(best, _TYPICAL_PERCENT)), 1e-9)
    strength = np.clip(rises / typical, -_MOST_STRENGTH, _MOST_STRENGTH)
    # where the edge fades, what little there is beside it must not lead away from the drawn line
    clear = np.maximum(strength - _WEAK, 0.0) / (1.0 - _WEAK) + np.minimum(strength, 0.0)
    reach = np.maximum(np.maximum(search.outwards_mm, search.inwards_mm) * px, 1.0)
    score = clear - _PULL * (offsets[None, :] / reach[:, None]) ** 2
    score[~allowed] = -_PINNED / 10
    for k in pinned:
        score[k] = np.where(np.abs(offsets) <= _STEP_PX / 2 + 1e-9, 0.0, -_PINNED)
    way = _best_way(score)
    rows = np.arange(len(drawn))
    at = offsets[way] + _STEP_PX * _between(strength, rows, way)
    weight = np.clip(clear[rows, way], 0.05, 1.0)
    for k in pinned:
        at[k], weight[k] = 0.0, _PINNED
    spacing_px = float(np.hypot(*(drawn[-1] - drawn[0]))) / max(len(drawn) - 1, 1)
    sigma = _SMOOTH_MM * px / max(spacing_px, 1e-6)
    seen = float(np.mean(_steady(rises, sigma)[rows, way] > _SEEN_SIGMAS * _noise(rises, sigma)))
    smooth = _smoothed(at, weight, sigma)
    return Course(drawn + smooth[:, None] * inwards, seen)


def _steady(rises: Vector, sigma: float) -> Vector:
    """Rises averaged along the line."""
    return np.asarray(gaussian_filter1d(rises, sigma, axis=0))


def _noise(rises: Vector, sigma: float) -> float:
    """SD of `_steady` where there is no edge: from how rises differ some way along the line."""
    lag = min(max(2, round(sigma)), len(rises) - 1)
    apart = rises[lag:] - rises[:-lag]
    each = 1.4826 * float(np.median(np.abs(apart))) / math.sqrt(2.0)
    return each / math.sqrt(max(2 * math.sqrt(math.pi) * sigma, 1.0))


def _best_way(score: Vector) -> NDArray[np.int64]:
    """One column for each row, with the largest sum of scores less what the steps cost."""
    rows, columns = score.shape
    total = score[0].copy()
    came = np.zeros((rows, columns), np.int64)
    steps = np.arange(-_MOST_STEPS, _MOST_STEPS + 1)
    for row in range(1, rows):
        padded = np.pad(total, _MOST_STEPS, constant_values=-np.inf)
        ways = np.stack(
            [
                padded[_MOST_STEPS + s : _MOST_STEPS + s + columns] - _STIFFNESS * (s * _STEP_PX) ** 2
                for s in steps
            ]
        )
        taken = ways.argmax(axis=0)
        came[row] = steps[taken]
        total = score[row] + ways[taken, np.arange(columns)]
    way = np.zeros(rows, np.int64)
    way[-1] = int(total.argmax())
    for row in range(rows - 1, 0, -1):
        way[row - 1] = way[row] + came[row, way[row]]
    return way


def _between(values: Vector, rows: NDArray[np.int64], at: NDArray[np.int64]) -> Vector:
    """By how much of a step the top of a parabola through three neighbours is beside the middle one."""
    at = np.clip(at, 1, values.shape[1] - 2)
    left, middle, right = (values[rows, at + k] for k in (-1, 0, 1))
    bend = left - 2 * middle + right
    beside = np.where(bend < -1e-9, np.clip(0.5 * (left - right) / np.minimum(bend, -1e-9), -0.5, 0.5), 0.0)
    return np.asarray(beside)


def _smoothed(values: Vector, weights: Vector, sigma: float) -> Vector:
    """Local straight lines by weighted least squares, so that the ends are not bent inwards."""
    at = np.arange(len(values), dtype=np.float64)
    away = at[None, :] - at[:, None]
    w = np.exp(-0.5 * (away / max(sigma, 1e-6)) ** 2) * np.minimum(weights, 50.0)
    s0, s1, s2 = w.sum(axis=1), (w * away).sum(axis=1), (w * away**2).sum(axis=1)
    t0, t1 = (w * values).sum(axis=1), (w * away * values).sum(axis=1)
    flat = s0 * s2 - s1**2
    line = (s2 * t0 - s1 * t1) / np.where(np.abs(flat) < 1e-12, 1.0, flat)
    return np.asarray(np.where(np.abs(flat) < 1e-12, t0 / np.maximum(s0, 1e-12), line))
