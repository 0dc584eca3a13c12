"""What is really there: distances to the walls, and when a leak can be seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from benchmarks.ct_model.anatomy import Box
from benchmarks.ct_model.volume import Float32, Float64
from benchmarks.procedure import CEMENT_AT_MM

WIDE_MM, LARGE_MM2 = 1.5, 2.0
_FINER = 2
_END_SLACK_MM = 0.5


def finer(image: Float32) -> Float32:
    """The projection on a grid of half the step, same corners (centre of pixel 0 at -1/4 of the old)."""
    return cv2.resize(image, None, fx=_FINER, fy=_FINER, interpolation=cv2.INTER_LINEAR)


@dataclass(frozen=True, slots=True, eq=False)
class Walls:
    """Signed distances to the marked structures on the finer grid of a box's projection.

    Parameters
    ----------
    signed_mm : dict of str to ndarray
        Positive inside; NaN where a pixel says nothing of that wall.
    vein_mm : ndarray or None
        Distance to the vein's surface, 0 within.
    inside : ndarray of bool
        Within the outline of the body.
    step_mm : float
    """

    signed_mm: dict[str, Float32]
    vein_mm: Float32 | None
    inside: NDArray[np.bool_]
    step_mm: float

    def distances(self, thickness: Float32) -> dict[str, float | None]:
        """Distance of the cement to each structure (mm); None where there is no cement."""
        there = finer(thickness) >= CEMENT_AT_MM
        out: dict[str, float | None] = {}
        for name, signed in self.signed_mm.items():
            values = signed[there]
            values = values[np.isfinite(values)]
            out[name] = float(values.min()) if values.size else None
        if self.vein_mm is not None:
            out["vein"] = float(self.vein_mm[there].min()) if there.any() else None
        return out


def make_walls(
    box: Box, outline: Float64, lines: dict[str, Float64], vein: Float64 | None, vein_mm: float
) -> Walls:
    """Prepare the distances.

    Parameters
    ----------
    box : Box
    outline : ndarray, shape (n, 2)
        Outline of the body, ``(u, v)`` in mm.
    lines : dict of str to ndarray
        Walls and endplates seen in this view.
    vein : ndarray, shape (n, 2), or None
    vein_mm : float
        Its diameter.
    """
    step = box.step_mm / _FINER
    shape = (box.shape[0] * _FINER, box.shape[1] * _FINER)
    origin = box.start_mm[[1, 0]] - box.step_mm / 4

    def to_px(points: Float64) -> Float64:
        return (np.asarray(points)[:, :2] - origin) / step

    inside = _fill(to_px(outline), shape)
    centroid = np.asarray(outline).mean(axis=0)
    signed = {}
    for name, line in lines.items():
        away, on_line = _line_distance(to_px(line), shape)
        beyond = _beyond(line, centroid, to_px, shape) & ~inside
        signed[name] = np.where(
            beyond, np.where(on_line <= _END_SLACK_MM / step, -away, np.nan), away
        ).astype(np.float32) * np.float32(step)
    vein_away = None
    if vein is not None:
        vein_away = np.maximum(_line_distance(to_px(vein), shape)[0] * step - vein_mm / 2, 0).astype(
            np.float32
        )
    return Walls(signed, vein_away, inside, step)


def _fill(points: Float64, shape: tuple[int, int]) -> NDArray[np.bool_]:
    canvas = np.zeros(shape, np.uint8)
    cv2.fillPoly(canvas, [np.round(points * 16).astype(np.int32).reshape(-1, 1, 2)], (1,), shift=4)
    return canvas.astype(bool)


def _line_distance(line: Float64, shape: tuple[int, int]) -> tuple[Float32, Float32]:
    """Distance of every pixel to a polyline, and how far its foot lies beyond the line's ends (px)."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    nearest = np.full(shape, np.inf, np.float32)
    past = np.zeros(shape, np.float32)
    last = len(line) - 2
    for k, (p, q) in enumerate(pairwise(line)):
        length = float(np.hypot(*(q - p)))
        if length < 1e-9:
            continue
        d = (q - p) / length
        t = (x - np.float32(p[0])) * np.float32(d[0]) + (y - np.float32(p[1])) * np.float32(d[1])
        foot = np.clip(t, 0, length)
        away = np.hypot(x - (p[0] + foot * d[0]), y - (p[1] + foot * d[1])).astype(np.float32)
        over = np.zeros(shape, np.float32)
        if k == 0:
            over = np.maximum(over, -t)
        if k == last:
            over = np.maximum(over, t - np.float32(length))
        closer = away < nearest
        nearest[closer] = away[closer]
        past[closer] = over[closer]
    return nearest, past


def _beyond(
    line: Float64, centroid: Float64, to_px: Callable[[Float64], Float64], shape: tuple[int, int]
) -> NDArray[np.bool_]:
    """Pixels on the far side of a wall, which is carried on straight at both ends."""
    line = np.asarray(line)[:, :2]
    chord = (line[-1] - line[0]) / np.linalg.norm(line[-1] - line[0])
    outward = np.array([-chord[1], chord[0]])
    if (line.mean(axis=0) - centroid) @ outward < 0:
        outward = -outward
    long = np.vstack([line[0] - 300 * chord, line, line[-1] + 300 * chord])
    region = np.vstack([long, long[-1] + 400 * outward, long[0] + 400 * outward])
    return _fill(to_px(region), shape)


def can_be_seen(leaked: Float32, other: Float32, steel: NDArray[np.bool_], walls: Walls) -> bool:
    """Whether a leak is `CEMENT_AT_MM` thick, outside the body, free of steel and cement, wide and large.

    Parameters
    ----------
    leaked, other : ndarray, float32
        Leaked and other cement on the box's projection (mm).
    steel : ndarray of bool
        Behind steel, on the finer grid.
    walls : Walls
    """
    seen = (finer(leaked) >= CEMENT_AT_MM) & ~walls.inside & ~steel & (finer(other) < CEMENT_AT_MM)
    if seen.sum() * walls.step_mm**2 < LARGE_MM2:
        return False
    seen = np.pad(seen, 1)
    # half a pixel: the transform measures to the centre of the nearest pixel that is not part of it
    depth = ndimage.distance_transform_edt(seen) - 0.5
    core = depth * walls.step_mm >= WIDE_MM / 2
    if not core.any():
        return False
    opened = seen & (ndimage.distance_transform_edt(~core) * walls.step_mm <= WIDE_MM / 2)
    parts, n = ndimage.label(opened)
    return bool(n and np.bincount(parts.ravel())[1:].max() * walls.step_mm**2 >= LARGE_MM2)
