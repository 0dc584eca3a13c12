"""The cannula: a hollow steel tube through a pedicle, what is in it, and its shadow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.ct_model.anatomy import Axes, Box
from benchmarks.ct_model.truth import Walls
from benchmarks.ct_model.volume import Float32, Float64

GAUGES_MM = {11: (3.05, 2.40), 12: (2.77, 2.15), 13: (2.41, 1.80)}
_SHAFT_MM = 135.0


@dataclass(frozen=True, slots=True, eq=False)
class Needle:
    """A cannula in detector coordinates (mm).

    Parameters
    ----------
    tip : ndarray, shape (3,)
    back : ndarray, shape (3,)
        Unit vector from the tip to the hub.
    outer_mm, inner_mm : float
        Diameters.
    """

    tip: Float64
    back: Float64
    outer_mm: float
    inner_mm: float

    @property
    def path_mm(self) -> Float64:
        """Axis from hub to tip, shape (2, 3)."""
        return np.stack([self.tip + _SHAFT_MM * self.back, self.tip])


def place_needle(
    axes: Axes, gauge: int, reach: float, height: float, side: float, random: np.random.Generator
) -> Needle:
    """Push a cannula through a pedicle.

    Parameters
    ----------
    axes : Axes
    gauge : int
    reach : float
        Where the tip lies between the posterior (0) and the anterior (1) wall.
    height : float
        Where it lies between the inferior (0) and the superior (1) endplate.
    side : float
        +1: right pedicle, -1: left.
    random : numpy.random.Generator
    """
    tall = axes.top_mm - axes.bottom_mm
    pedicle = axes.point(
        axes.wall_mm - 4.0,
        axes.bottom_mm + random.uniform(0.64, 0.76) * tall,
        side * random.uniform(0.58, 0.70) * axes.half_width_mm,
    )
    tip = axes.point(
        axes.wall_mm + reach * (axes.front_mm - axes.wall_mm),
        axes.bottom_mm + height * tall,
        side * random.uniform(0.10, 0.30) * axes.half_width_mm,
    )
    back = pedicle - tip
    outer, inner = GAUGES_MM[gauge]
    return Needle(tip, back / np.linalg.norm(back), outer, inner)


@dataclass(frozen=True, slots=True, eq=False)
class Shadow:
    """Part of a picture that a cannula covers: slices, steel and inner lumen along the beam (mm)."""

    rows: slice
    columns: slice
    steel: Float32
    lumen: Float32
    along_mm: Float32


def shadow(
    tip_px: Float64, back_px: Float64, mm_per_px: float, needle: Needle, shape: tuple[int, int]
) -> Shadow | None:
    """Project a cannula.

    Parameters
    ----------
    tip_px : ndarray, shape (2,)
        Tip ``(x, y)``.
    back_px : ndarray, shape (2,)
        Direction to the hub in the picture; its length is the sine of the angle to the beam.
    mm_per_px : float
    needle : Needle
    shape : (int, int)
    """
    sine = max(float(np.hypot(*back_px)), 0.05)
    way = back_px / sine
    wide = needle.outer_mm / 2 / mm_per_px + 1
    ends = np.stack([tip_px - way, tip_px + way * (_SHAFT_MM * sine / mm_per_px)])
    low, high = ends.min(axis=0) - wide, ends.max(axis=0) + wide
    c0, c1 = max(0, int(low[0])), min(shape[1], int(high[0]) + 2)
    r0, r1 = max(0, int(low[1])), min(shape[0], int(high[1]) + 2)
    if c0 >= c1 or r0 >= r1:
        return None
    x = (np.arange(c0, c1, dtype=np.float32) - np.float32(tip_px[0])) * np.float32(mm_per_px)
    y = (np.arange(r0, r1, dtype=np.float32) - np.float32(tip_px[1])) * np.float32(mm_per_px)
    along = x[None, :] * np.float32(way[0]) + y[:, None] * np.float32(way[1])
    across = x[None, :] * np.float32(way[1]) - y[:, None] * np.float32(way[0])
    there = np.clip(along / mm_per_px + 0.5, 0, 1) * (along < _SHAFT_MM * sine)
    square = across * across
    outer = 2 * np.sqrt(np.maximum((needle.outer_mm / 2) ** 2 - square, 0)) * there
    lumen = 2 * np.sqrt(np.maximum((needle.inner_mm / 2) ** 2 - square, 0)) * there
    slant = np.float32(1 / max(sine, 0.2))
    return Shadow(
        slice(r0, r1),
        slice(c0, c1),
        ((outer - lumen) * slant).astype(np.float32),
        (lumen * slant).astype(np.float32),
        (along / np.float32(sine)).astype(np.float32),
    )


def steel_on_box(needle: Needle, box: Box, walls: Walls) -> NDArray[np.bool_]:
    """Where the cannula hides what lies behind it, on the finer grid of the body's box."""
    shape = walls.inside.shape
    origin = box.start_mm[[1, 0]] - box.step_mm / 4
    out = np.zeros(shape, bool)
    tip = (needle.tip[:2] - origin) / walls.step_mm
    shade = shadow(tip, needle.back[:2], walls.step_mm, needle, (shape[0], shape[1]))
    if shade is not None:
        out[shade.rows, shade.columns] = shade.steel > 0
    return out
