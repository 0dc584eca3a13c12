"""The plan turned into maps: where each structure lies around a level, and which zone a pixel is in.

Everything here is computed once, when a plan is taken up, in the coordinates of the reference frame.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.config import Config
from monitor.grid import Grid, Window
from monitor.masks import dilated
from monitor.plan import WALLS, Level, View, as_array

Float32 = NDArray[np.float32]
Bool = NDArray[np.bool_]
Points = NDArray[np.float64]

STRUCTURES = (*WALLS, "vein", "foramen")


class ZoneLabel(IntEnum):
    """What a pixel around a level belongs to. OUTSIDE: beyond the body, nothing more is marked."""

    BODY = 0
    CANAL = 1
    DISC_SUPERIOR = 2
    DISC_INFERIOR = 3
    VEIN = 4
    FORAMEN = 5
    PARAVERTEBRAL = 6
    OUTSIDE = 7
    OTHER_LEVEL = 8


@dataclass(frozen=True, slots=True, eq=False)
class LevelMaps:
    """Maps of one level over its window; every array has the window's shape.

    Parameters
    ----------
    window : Window
        Where the maps lie in the work image.
    body : ndarray of bool
        Inside the outline.
    body_distance_mm : ndarray of float32
        Signed distance to the outline, positive inside.
    distance_mm : mapping of str to ndarray of float32
        Signed distance per marked structure, positive on the body's side (vein: distance to its
        course less its half width; foramen: positive outside it).
    relevant : mapping of str to ndarray of bool
        Where that distance means something: the strip that belongs to the structure.
    reached_mm : ndarray of float32, one map for each of `distance_mm`, in that order
        The same, infinite where it means nothing.
    zone : ndarray of uint8
        `ZoneLabel` per pixel.
    cannula : ndarray of bool
        Marked cannulas: no bone to register on.
    band : ndarray of bool
        Bone that is registered on.
    depth_mm : float or None
        Depth of the body from the anterior to the posterior wall, along the line of sight's plane.
    derived : frozenset of str
        Structures that were not marked but taken from the outline of the body.
    """

    window: Window
    body: Bool
    body_distance_mm: Float32
    distance_mm: Mapping[str, Float32]
    relevant: Mapping[str, Bool]
    reached_mm: Float32
    zone: NDArray[np.uint8]
    cannula: Bool
    band: Bool
    depth_mm: float | None
    derived: frozenset[str] = frozenset()

    def cropped(self, part: tuple[slice, slice]) -> LevelMaps:
        """The same maps over a part of the window (rows, columns); views, nothing is copied."""
        rows, columns = part
        window = Window(
            self.window.x0 + columns.start,
            self.window.y0 + rows.start,
            columns.stop - columns.start,
            rows.stop - rows.start,
        )
        return LevelMaps(
            window,
            self.body[part],
            self.body_distance_mm[part],
            {name: distance[part] for name, distance in self.distance_mm.items()},
            {name: relevant[part] for name, relevant in self.relevant.items()},
            self.reached_mm[:, rows, columns],
            self.zone[part],
            self.cannula[part],
            self.band[part],
            self.depth_mm,
            self.derived,
        )


def level_maps(
    view: View,
    level: Level,
    grid: Grid,
    config: Config,
    derived: frozenset[str] = frozenset(),
    window: Window | None = None,
) -> LevelMaps:
    """Compute the maps of a level; `derived` names the structures that the operator did not mark.

    `window` is kept where it is given.
    """
    mm = grid.mm_per_px
    body_pts = grid.to_work(as_array(level.body))
    if window is None:
        window = Window.around(body_pts, config.cement.roi_margin_mm / mm, grid)
    body_pts = body_pts - window.origin
    xy = np.stack(np.meshgrid(np.arange(window.columns), np.arange(window.rows)), axis=-1).astype(np.float64)
    body = fill(body_pts, window.shape)
    to_outline = line_distance(xy, np.vstack([body_pts, body_pts[:1]])) * np.float32(mm)
    body_distance = np.where(body, to_outline, -to_outline).astype(np.float32)
    centroid = body_pts.mean(axis=0)

    walls = {
        name: grid.to_work(as_array(path)) - window.origin
        for name in WALLS
        if (path := level.wall(name)) is not None
    }
    distance: dict[str, Float32] = {}
    relevant: dict[str, Bool] = {}
    inner_side: dict[str, Bool] = {}
    for name, points in walls.items():
        inner_side[name] = side_of(points, centroid, window.shape)
        unsigned = line_distance(xy, points) * np.float32(mm)
        distance[name] = np.where(inner_side[name], unsigned, -unsigned).astype(np.float32)
        relevant[name] = _strip(xy, points, 6.0 / mm if "wall" in name else 1.5 / mm)
    veins = [grid.to_work(as_array(v.path)) - window.origin for v in level.veins]
    vein_near = np.full(window.shape, np.inf, np.float32)
    for points in veins:
        vein_near = np.minimum(vein_near, line_distance(xy, points) * np.float32(mm))
    if veins:
        outside_body_near = np.where(body_distance > 0, np.maximum(vein_near, body_distance), vein_near)
        # within the body the danger is the vein's mouth at the wall, not its course through the bone
        distance["vein"] = (outside_body_near - 1.0).astype(np.float32)
        relevant["vein"] = np.ones(window.shape, bool)
    foramen = np.zeros(window.shape, bool)
    if level.foramen is not None:
        points = grid.to_work(as_array(level.foramen)) - window.origin
        foramen = fill(points, window.shape)
        edge = line_distance(xy, np.vstack([points, points[:1]])) * np.float32(mm)
        distance["foramen"] = np.where(foramen, -edge, edge).astype(np.float32)
        relevant["foramen"] = np.ones(window.shape, bool)

    cannula = np.zeros(window.shape, bool)
    for mark in level.cannulas:
        points = grid.to_work(as_array(mark.path)) - window.origin
        cannula |= line_distance(xy, points) * mm <= mark.outer_diameter_mm / 2 + 1.0

    motion = config.motion
    near = (body_distance < motion.band_inside_mm) & (body_distance > -motion.band_outside_mm)
    for points in walls.values():
        near |= line_distance(xy, points) * mm < motion.band_outside_mm
    band = near & ~cannula

    zone = _zones(body, body_distance, inner_side, vein_near, foramen, distance, relevant, config)
    for other in view.levels:
        if other.name != level.name:
            other_body = fill(grid.to_work(as_array(other.body)) - window.origin, window.shape)
            zone[other_body & ~body] = ZoneLabel.OTHER_LEVEL
    reached = np.full((len(distance), *window.shape), np.inf, np.float32)
    for k, name in enumerate(distance):
        reached[k][relevant[name]] = distance[name][relevant[name]]
    return LevelMaps(
        window,
        body,
        body_distance,
        distance,
        relevant,
        reached,
        zone,
        cannula,
        band,
        _depth(body, distance),
        derived,
    )


def territory(view: View, level: Level, window: Window, grid: Grid) -> Bool:
    """Pixels of a window that are nearer to this level's body than to any other marked one."""
    if len(view.levels) == 1:
        return np.ones(window.shape, bool)
    xy = np.stack(np.meshgrid(np.arange(window.columns), np.arange(window.rows)), axis=-1).astype(np.float64)

    def to_body(points: Points) -> Float32:
        inside = fill(points, window.shape)
        return np.where(inside, np.float32(0), line_distance(xy, np.vstack([points, points[:1]])))

    own = to_body(grid.to_work(as_array(level.body)) - window.origin)
    mine = np.ones(window.shape, bool)
    for other in view.levels:
        if other.name != level.name:
            mine &= own <= to_body(grid.to_work(as_array(other.body)) - window.origin)
    return mine


def _zones(
    body: Bool,
    body_distance: Float32,
    inner_side: Mapping[str, Bool],
    vein_near: Float32,
    foramen: Bool,
    distance: Mapping[str, Float32],
    relevant: Mapping[str, Bool],
    config: Config,
) -> NDArray[np.uint8]:
    """Zone first (algorithm: zone, then shape); later lines win over earlier ones."""
    leak = config.leak
    everything = np.ones(body.shape, bool)
    marked = bool(inner_side)
    zone = np.full(body.shape, ZoneLabel.PARAVERTEBRAL if marked else ZoneLabel.OUTSIDE, np.uint8)
    behind = ~inner_side["posterior_wall"] if "posterior_wall" in inner_side else ~everything
    before = ~inner_side["anterior_wall"] if "anterior_wall" in inner_side else ~everything
    if marked and "posterior_wall" not in inner_side:
        zone[:] = ZoneLabel.OUTSIDE
        zone[before] = ZoneLabel.PARAVERTEBRAL
    column = ~behind & ~before
    for name, label in (
        ("superior_endplate", ZoneLabel.DISC_SUPERIOR),
        ("inferior_endplate", ZoneLabel.DISC_INFERIOR),
    ):
        if name in inner_side:
            # where no wall bounds it, the disc is what lies over the endplate
            beside = column if "posterior_wall" in inner_side else column & relevant[name]
            zone[~inner_side[name] & beside] = label
    if "posterior_wall" in distance:
        zone[behind & (distance["posterior_wall"] > -leak.canal_depth_mm)] = ZoneLabel.CANAL
    zone[foramen] = ZoneLabel.FORAMEN
    zone[(vein_near < leak.vein_half_width_mm) & (body_distance < 0)] = ZoneLabel.VEIN
    if "posterior_wall" in inner_side:
        # the basivertebral vein drains into the canal: behind the wall it is the canal that matters
        zone[behind & (zone == ZoneLabel.VEIN)] = ZoneLabel.CANAL
    zone[body] = ZoneLabel.BODY
    return zone


def _depth(body: Bool, distance: Mapping[str, Float32]) -> float | None:
    if "posterior_wall" not in distance or not body.any():
        return None
    return float(np.percentile(distance["posterior_wall"][body], 98))


def fill(points: Points, shape: tuple[int, int]) -> Bool:
    """Pixels inside a polygon (window px)."""
    canvas = np.zeros(shape, np.uint8)
    limit = 8 * max(shape) + 1000
    fixed = np.round(np.clip(points, -limit, limit) * 16).astype(np.int32)
    cv2.fillPoly(canvas, [fixed.reshape(-1, 1, 2)], (1,), shift=4)
    return canvas.astype(bool)


def line_distance(xy: Points, line: Points) -> Float32:
    """Distance of every pixel to a polyline (px).

    Parameters
    ----------
    xy : ndarray, shape (rows, columns, 2)
    line : ndarray, shape (n, 2)
    """
    x, y = (np.ascontiguousarray(xy[..., k], np.float32) for k in (0, 1))
    nearest = np.full(x.shape, np.inf, np.float32)
    for a, b in itertools.pairwise(line):
        length = float(np.hypot(*(b - a)))
        if length == 0:
            continue
        ux, uy = (np.float32(part) for part in (b - a) / length)
        dx, dy = x - np.float32(a[0]), y - np.float32(a[1])
        along = np.clip(dx * ux + dy * uy, np.float32(0), np.float32(length))
        dx -= along * ux
        dy -= along * uy
        np.minimum(nearest, dx * dx + dy * dy, out=nearest)
    return np.sqrt(nearest)


def side_of(line: Points, inner: Points, shape: tuple[int, int]) -> Bool:
    """Pixels on the same side of a polyline, prolonged at both ends, as the point `inner`."""
    chord = line[-1] - line[0]
    chord = chord / max(float(np.hypot(*chord)), 1e-9)
    normal = np.array([-chord[1], chord[0]])
    middle = line.mean(axis=0)
    if float((inner - middle) @ normal) < 0:
        normal = -normal
    far = 3.0 * (shape[0] + shape[1])
    start, end = line[0] - chord * far, line[-1] + chord * far
    polygon = np.vstack([start, line, end, end + normal * far, start + normal * far])
    return fill(polygon, shape)


def _strip(xy: Points, line: Points, overhang_px: float) -> Bool:
    """Pixels beside a polyline, seen along its chord, with some overhang at both ends."""
    chord = line[-1] - line[0]
    length = float(np.hypot(*chord))
    along = (xy - line[0]) @ (chord / max(length, 1e-9))
    strip: Bool = (along >= -overhang_px) & (along <= length + overhang_px)
    return strip


def grown(mask: Bool, mm_per_px: float, reach_px: int | None = None) -> Bool:
    """Dilate by about 1.5 mm, or by a number of pixels."""
    reach = max(1, round(1.5 / mm_per_px)) if reach_px is None else reach_px
    if reach == 0 or not mask.any():
        return mask
    return dilated(mask, reach)
