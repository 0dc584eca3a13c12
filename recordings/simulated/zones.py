"""Signed distances from a body's structures over a level's plane.

The plane is parted without overlap: the body; behind the posterior wall and its straight prolongation;
before the anterior wall and its own; above and below the endplates in between. Cement in the part
behind a wall is beyond that wall, by its distance from it; elsewhere its distance is positive.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from recordings.simulated.bone import PLANE_MM
from recordings.simulated.marks import basivertebral_mm
from recordings.simulated.scene import SceneLevel

Floats = NDArray[np.floating]
Image = NDArray[np.float32]

_FAR_MM = 200.0


@dataclass(frozen=True, slots=True, eq=False)
class Zones:
    """Over a level's cement plane: where the body is, and the signed distance from each structure (mm)."""

    body: NDArray[np.bool_]
    signed_mm: Mapping[str, Image]


@lru_cache(maxsize=8)
def zones_of(level: SceneLevel) -> Zones:
    """Work out the zones of a level; some 0.1 s, so those of the last levels are kept."""
    rows, columns = level.cement_shape()
    left, top = level.cement_origin_mm()
    x = (left + PLANE_MM * np.arange(columns))[None, :]
    y = (top + PLANE_MM * np.arange(rows))[:, None]
    body = _inside(level.body_polygon_mm(), x, y)
    behind_name, front_name = ("posterior_wall", "anterior_wall")
    if level.projection == "ap":
        behind_name, front_name = ("right", "left")
    behind = ~body & (x > _wall_x(level.outline[behind_name], y))
    before = ~body & (x < _wall_x(level.outline[front_name], y))
    between = ~body & ~behind & ~before
    middle = np.interp(
        x[0],
        level.outline["superior_endplate"][:, 0],
        (level.outline["superior_endplate"][:, 1] + level.outline["inferior_endplate"][:, 1]) / 2,
    )
    beyond = {
        "superior_endplate": between & (y < middle),
        "inferior_endplate": between & (y > middle),
        behind_name: behind,
        front_name: before,
    }
    signed: dict[str, Image] = {}
    for name, out in beyond.items():
        if name not in ("left", "right"):
            away = _distance_mm(level.outline[name], x, y)
            signed[name] = np.where(out, -away, away).astype(np.float32)
    if level.projection == "lateral":
        to_vein = _distance_mm(basivertebral_mm(level), x, y)
        signed["vein"] = np.maximum(to_vein - np.float32(PLANE_MM / 2), 0)
    return Zones(body, signed)


def _wall_x(wall: Floats, y: Floats) -> Floats:
    """Horizontal place of a wall at heights `y`; straight on along its chord above and below."""
    slope = (wall[-1, 0] - wall[0, 0]) / (wall[-1, 1] - wall[0, 1])
    ends = np.stack(
        [wall[0] - _FAR_MM * np.array([slope, 1.0]), wall[-1] + _FAR_MM * np.array([slope, 1.0])], axis=0
    )
    line = np.concatenate([ends[:1], wall, ends[1:]])
    at: Floats = np.interp(y, line[:, 1], line[:, 0])
    return at


def _inside(polygon: Floats, x: Floats, y: Floats) -> NDArray[np.bool_]:
    """Even-odd rule at the centres of the samples."""
    inside = np.zeros(np.broadcast_shapes(x.shape, y.shape), dtype=bool)
    for (x0, y0), (x1, y1) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        if y0 == y1:
            continue
        crosses = (y0 > y) != (y1 > y)
        inside ^= crosses & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0)
    return inside


def _distance_mm(line: Floats, x: Floats, y: Floats) -> Image:
    """Distance of every sample from a polyline, exact."""
    nearest = np.full(np.broadcast_shapes(x.shape, y.shape), np.inf, dtype=np.float32)
    for start, end in pairwise(line):
        way = end - start
        t = np.clip(((x - start[0]) * way[0] + (y - start[1]) * way[1]) / (way @ way), 0, 1)
        gap = np.hypot(x - start[0] - t * way[0], y - start[1] - t * way[1])
        cv2.min(nearest, gap.astype(np.float32), dst=nearest)
    return nearest
