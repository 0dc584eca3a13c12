"""A CT of the same patient after the procedure: the scene's vertebrae and its cement, voxel by voxel.

Tissue and cement are laid out on a fine grid here; `recordings.simulated.ct_scan` takes the scan. A parcel of
cement is `recordings.simulated.growth.VOXEL_MM` wide, part of it is bone, and growth leaves pores between
parcels. A CT cannot tell how much of what it shows as one piece is bone. So by default the same volume is
packed without pores into the places that cement reached first: both, CT and fluoroscopy, have the same
millilitres. With `porous` the pores stay.

Patient coordinates are DICOM's (LPS, mm): the patient's left, back and head; the origin is the field's
middle.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from recordings.ct.numbering import DEFAULT_NUMBERS
from recordings.simulated.anatomy import Placed
from recordings.simulated.bone import arch_rods
from recordings.simulated.growth import VOXEL_MM
from recordings.simulated.scene import Scene, SceneLevel

Floats = NDArray[np.floating]
Image = NDArray[np.float32]

_SHELL_MM = 0.6
_MARGIN_MM = (34.0, 26.0, 22.0)
_SCREW_RADIUS_MM = 2.75
_SCREW_LENGTH_MM = 45.0


@dataclass(frozen=True, slots=True)
class Blob:
    """A ball of cement of a leak class: centre ``(a, s, r)`` in a level's coordinates and radius (mm)."""

    level: str
    kind: str
    centre_mm: tuple[float, float, float]
    radius_mm: float


@dataclass(frozen=True, slots=True, eq=False)
class Patient:
    """What lies in the scanner, on the fine grid, axes (left, back, head).

    Parameters
    ----------
    tissue_hu : ndarray, shape (x, y, z), float32
        Without cement and metal.
    cement, metal : ndarray, shape (x, y, z), float32
        Fraction of the voxel.
    labels : ndarray, shape (x, y, z), uint8
    origin_mm : (float, float, float)
        Centre of the first voxel.
    step_mm : (float, float, float)
    body_ml : mapping of str to float
        Cement in each body.
    leaks_ml : mapping of (str, str) to float
        By level and class, what is outside the body.
    metal_ml : float
    """

    tissue_hu: Image
    cement: Image
    metal: Image
    labels: NDArray[np.uint8]
    origin_mm: tuple[float, float, float]
    step_mm: tuple[float, float, float]
    body_ml: Mapping[str, float]
    leaks_ml: Mapping[tuple[str, str], float]
    metal_ml: float


def lay_out(
    scene: Scene,
    grown_s: float,
    *,
    pixel_mm: float = 0.5,
    fine_mm: float = 0.2,
    blobs: tuple[Blob, ...] = (),
    screw: str | None = None,
    porous: bool = False,
    seed: int = 1,
) -> Patient:
    """Lay out treated levels and their neighbours.

    Parameters
    ----------
    scene : Scene
    grown_s : float
        Time of growth up to which there is cement (s).
    pixel_mm : float
        Of the scan that will be taken.
    fine_mm : float
        Step of the fine grid along the patient.
    blobs : tuple of Blob
        Further cement.
    screw : str or None
        Level with a pedicle screw of titanium on its right.
    porous : bool
        Whether cement keeps the pores that growth leaves.
    seed : int
        Of the tissue.
    """
    rng = np.random.default_rng([seed, 77])
    shown = _with_neighbours(scene)
    grid = _Grid(shown, pixel_mm, fine_mm)
    tissue = grid.soft(rng)
    labels = np.zeros(grid.shape, np.uint8)
    numbers = {name: number for number, name in DEFAULT_NUMBERS.items()}
    spongy, shell = float(rng.uniform(110, 230)), float(rng.uniform(1000, 1500))
    for level in shown:
        _add_vertebra(tissue, labels, grid, level.placed, numbers[level.placed.vertebra.name], spongy, shell)
    texture = grid.texture(rng, 0.8)
    tissue += np.where(labels > 0, 45.0, 0.0).astype(np.float32) * texture
    cement = np.zeros(grid.shape, np.float32)
    body_ml: dict[str, float] = {}
    leaks_ml: dict[tuple[str, str], float] = {}
    for level in shown:
        _add_cement(cement, grid, level, grown_s, blobs, porous, body_ml, leaks_ml)
    metal = np.zeros(grid.shape, np.float32)
    for level in shown:
        if level.placed.vertebra.name == screw:
            _add_screw(metal, grid, level.placed)
    cement *= 1 - metal
    return Patient(
        tissue, cement, metal, labels, grid.origin_mm, grid.step_mm, body_ml, leaks_ml,
        float(metal.sum()) * grid.voxel_ml,
    )  # fmt: skip


class _Grid:
    """The fine grid about the vertebrae that are shown."""

    def __init__(self, levels: tuple[SceneLevel, ...], pixel_mm: float, fine_mm: float) -> None:
        centres = np.array([_centre(level.placed) for level in levels])
        half = np.array([max(level.placed.vertebra.width_mm for level in levels) / 2, 0, 0])
        low = centres.min(axis=0) - _MARGIN_MM - half
        high = centres.max(axis=0) + _MARGIN_MM + half + np.array([0, 46, 0])
        self.step_mm = (pixel_mm, pixel_mm, fine_mm)
        counts = np.ceil((high - low) / self.step_mm).astype(int)
        self.shape = (int(counts[0]), int(counts[1]), int(counts[2]))
        self.origin_mm = (float(low[0]), float(low[1]), float(low[2]))
        self.voxel_ml = float(np.prod(self.step_mm)) / 1000

    def axis(self, number: int, window: slice) -> Image:
        """Coordinates of voxels along an axis (mm)."""
        index = np.arange(window.start, window.stop)
        return (self.origin_mm[number] + index * self.step_mm[number]).astype(np.float32)

    def window(self, low: Floats, high: Floats) -> tuple[slice, slice, slice]:
        """Voxels of a box."""
        first = np.clip(((low - self.origin_mm) / self.step_mm).astype(int), 0, self.shape)
        last = np.clip(((high - self.origin_mm) / self.step_mm).astype(int) + 2, 0, self.shape)
        made = tuple(slice(int(a), int(b)) for a, b in zip(first, last, strict=True))
        return made[0], made[1], made[2]

    def texture(self, rng: np.random.Generator, sigma_mm: float) -> Image:
        """Unit variance, as wide as told."""
        coarse = (
            max(self.shape[0] // 2, 1),
            max(self.shape[1] // 2, 1),
            max(round(self.shape[2] * self.step_mm[2]), 1),
        )
        white = rng.standard_normal(coarse).astype(np.float32)
        smooth = ndimage.gaussian_filter(white, sigma_mm / (2 * self.step_mm[0]))
        fitted = ndimage.zoom(smooth, np.divide(self.shape, coarse), order=1, grid_mode=True, mode="nearest")
        made: Image = (fitted / fitted.std()).astype(np.float32)
        return made

    def soft(self, rng: np.random.Generator) -> Image:
        """Muscle with fat between."""
        made: Image = np.where(self.texture(rng, 3.0) > 0.9, -90.0, 55.0).astype(np.float32)
        return made

    def splat(self, points_mm: Floats, each_ml: Floats) -> tuple[tuple[slice, slice, slice], Image]:
        """Share parcels among the voxels about them: a window, and what fraction of its voxels they fill."""
        window = self.window(points_mm.min(axis=0) - self.step_mm, points_mm.max(axis=0) + self.step_mm)
        first = np.array([one.start for one in window])
        shape = tuple(one.stop - one.start for one in window)
        at = (points_mm - self.origin_mm) / self.step_mm - first
        low = np.floor(at).astype(np.int64)
        part = at - low
        made = np.zeros(int(np.prod(shape)))
        for corner in np.ndindex(2, 2, 2):
            index = low + corner
            weight = np.prod(np.where(corner, part, 1 - part), axis=1) * each_ml / self.voxel_ml
            kept = np.all((index >= 0) & (index < shape), axis=1)  # what is outside the field is lost
            flat = np.ravel_multi_index(tuple(index[kept].T), shape)
            made += np.bincount(flat, weight[kept], minlength=made.size)
        return window, made.reshape(shape).astype(np.float32)


def _with_neighbours(scene: Scene) -> tuple[SceneLevel, ...]:
    treated = {level.placed.vertebra.name for level in scene.treated}
    place = [n for n, level in enumerate(scene.levels) if level.placed.vertebra.name in treated]
    return scene.levels[max(min(place) - 1, 0) : max(place) + 2]


def _centre(placed: Placed) -> Floats:
    a, s = placed.centre_mm
    return np.array([placed.centre_r_mm, a, -s])


def _to_patient(placed: Placed, points: Floats) -> Floats:
    """``(a, s, r)`` of a level, shape (n, 3), in patient coordinates."""
    turn = placed.vertebra.tilt_rad
    a, s, r = points.T
    back, down = a * np.cos(turn) - s * np.sin(turn), a * np.sin(turn) + s * np.cos(turn)
    made: Floats = _centre(placed) + np.stack([r, back, -down], axis=1)
    return made


def _local(placed: Placed, grid: _Grid, window: tuple[slice, slice, slice]) -> tuple[Image, Image, Image]:
    """``(a, s, r)`` of the voxels of a window, to be broadcast."""
    x, y, z = (grid.axis(n, one) for n, one in enumerate(window))
    centre, turn = _centre(placed), placed.vertebra.tilt_rad
    back, down = (y - centre[1])[None, :, None], -(z - centre[2])[None, None, :]
    a = back * np.cos(turn) + down * np.sin(turn)
    s = -back * np.sin(turn) + down * np.cos(turn)
    return a.astype(np.float32), s.astype(np.float32), (x - centre[0]).astype(np.float32)[:, None, None]


def _box(
    placed: Placed, grid: _Grid, low: tuple[float, ...], high: tuple[float, ...]
) -> tuple[slice, slice, slice]:
    corners = np.array(np.meshgrid(*zip(low, high, strict=True))).reshape(3, -1).T
    at = _to_patient(placed, corners)
    return grid.window(at.min(axis=0), at.max(axis=0))


def _add_vertebra(
    tissue: Image,
    labels: NDArray[np.uint8],
    grid: _Grid,
    placed: Placed,
    number: int,
    spongy: float,
    shell: float,
) -> None:
    bone = placed.vertebra
    half = np.array(
        [bone.depth_mm / 2 + 2, bone.height_mm / 2 + bone.disc_below_mm + 1, bone.width_mm / 2 + 2]
    )
    window = _box(placed, grid, tuple(-half), tuple(half))
    a, s, r = _local(placed, grid, window)
    depth = bone.inside_mm(a, s, r)
    part = tissue[window]
    below = (s > bone.bottom_mm(a)) & (s < bone.bottom_mm(a) + bone.disc_below_mm) & (depth < 0)
    round_ = np.abs(2 * a / bone.depth_mm) ** 2.5 + np.abs(2 * r / bone.width_mm) ** 2.5 < 0.95
    part[below & round_ & (labels[window] == 0)] = 95.0
    _bone(part, labels[window], depth, number, spongy, shell)
    for start, end, radius, stretch, squeeze in arch_rods(bone):
        reach = radius * np.array([1.0, stretch, squeeze]) + 1
        low, high = np.minimum(start, end) - reach, np.maximum(start, end) + reach
        box = _box(placed, grid, tuple(low), tuple(high))
        if any(one.stop <= one.start for one in box):
            continue
        inside = radius - _from_rod(_local(placed, grid, box), start, end, stretch, squeeze)
        _bone(tissue[box], labels[box], inside, number, 420.0, shell)


def _from_rod(
    at: tuple[Image, Image, Image], start: tuple[float, float, float],
    end: tuple[float, float, float], stretch: float, squeeze: float,
) -> Image:  # fmt: skip
    shape = np.array([1.0, stretch, squeeze])
    a, s, r = at[0], at[1] / stretch, at[2] / squeeze
    begin, way = np.asarray(start) / shape, (np.asarray(end) - np.asarray(start)) / shape
    t = ((a - begin[0]) * way[0] + (s - begin[1]) * way[1] + (r - begin[2]) * way[2]) / (way @ way)
    t = np.clip(t, 0, 1)
    gap: Image = np.sqrt(
        (a - begin[0] - t * way[0]) ** 2 + (s - begin[1] - t * way[1]) ** 2 + (r - begin[2] - t * way[2]) ** 2
    )
    return gap


def _bone(
    tissue: Image, labels: NDArray[np.uint8], depth_mm: Image, number: int, core_hu: float, shell_hu: float
) -> None:
    """Bone with a shell where it is deeper than 0; edges are shared by voxels; denser bone stays."""
    inside = np.clip(depth_mm / 0.4 + 0.5, 0, 1)
    deep = np.clip((depth_mm - _SHELL_MM) / 0.4 + 0.5, 0, 1)
    made = np.where(labels > 0, tissue, (inside - deep) * shell_hu + deep * core_hu + (1 - inside) * tissue)
    within = (labels == number) & (depth_mm > _SHELL_MM)
    made = np.where(within & (tissue > core_hu), np.minimum(tissue, core_hu), made)  # no shell inside bone
    tissue[...] = made
    labels[(depth_mm > 0) & (labels == 0)] = number


def _add_cement(
    cement: Image, grid: _Grid, level: SceneLevel, grown_s: float, blobs: tuple[Blob, ...], porous: bool,
    body_ml: dict[str, float], leaks_ml: dict[tuple[str, str], float],
) -> None:  # fmt: skip
    bone, name = level.placed.vertebra, level.placed.vertebra.name
    parts: list[tuple[str, tuple[slice, slice, slice], Image]] = []
    for cloud in level.growth.clouds if level.growth is not None else ():
        each_ml = cloud.fill(grown_s) * cloud.parcel_mm3 * 1e-3
        if each_ml.sum() <= 0:
            continue
        if cloud.parcel_mm3 < 0.5 * VOXEL_MM**3:  # finer than a cell: a tube
            parts.append((cloud.kind, *grid.splat(_to_patient(level.placed, cloud.points_mm), each_ml)))
            continue
        cells = round(float(each_ml.sum()) / (VOXEL_MM**3 * 1e-3))
        points = cloud.points_mm[:cells] if porous else _packed(cloud.points_mm, cells)
        if len(points):
            parts.append((cloud.kind, *_cells(grid, level.placed, points)))
    for blob in blobs:
        if blob.level == name:
            points, each_ml = _ball(blob)
            parts.append((blob.kind, *grid.splat(_to_patient(level.placed, points), each_ml)))
    for kind, window, filled in parts:
        own = filled * (1 - cement[window])  # two parcels in one place
        cement[window] += own
        a, s, r = _local(level.placed, grid, window)
        outside = (bone.inside_mm(a, s, r) < 0) & (kind != "body")
        out_ml = float(own[outside].sum()) * grid.voxel_ml
        body_ml[name] = body_ml.get(name, 0.0) + float(own.sum()) * grid.voxel_ml - out_ml
        if out_ml > 0:
            leaks_ml[name, kind] = leaks_ml.get((name, kind), 0.0) + out_ml


def _cells(grid: _Grid, placed: Placed, points_mm: Floats) -> tuple[tuple[slice, slice, slice], Image]:
    """Cells of growth as a window of the fine grid, and what fraction of its voxels they fill."""
    low = points_mm.min(axis=0)
    at = np.rint((points_mm - low) / VOXEL_MM).astype(int) + 1
    there = np.zeros(at.max(axis=0) + 2, np.float32)
    there[tuple(at.T)] = 1
    window = _box(placed, grid, tuple(low - VOXEL_MM), tuple(points_mm.max(axis=0) + VOXEL_MM))
    index = [
        (axis - first) / VOXEL_MM + 1 for axis, first in zip(_local(placed, grid, window), low, strict=True)
    ]
    filled: Image = ndimage.map_coordinates(there, np.broadcast_arrays(*index), order=1)
    return window, filled


def _packed(points_mm: Floats, cells: int) -> Floats:
    """So many cells without pores: the first of the cloud, with what lies between them."""
    if not cells:
        return points_mm[:0]
    low = points_mm.min(axis=0)
    at = np.rint((points_mm - low) / VOXEL_MM).astype(int) + 3
    most, least = min(cells, len(at)), 0
    there = np.zeros(at.max(axis=0) + 4, bool)
    for _ in range(12):  # as many of the first as make so many cells once their pores are filled
        first = (most + least) // 2
        cloud = np.zeros_like(there)
        cloud[tuple(at[:first].T)] = True
        there = ndimage.binary_closing(cloud, iterations=2)
        least, most = (first, most) if there.sum() < cells else (least, first)
    made: Floats = (np.argwhere(there) - 3) * VOXEL_MM + low
    return made


def _ball(blob: Blob) -> tuple[Floats, Floats]:
    step = 0.2
    reach = np.arange(-blob.radius_mm, blob.radius_mm + step, step)
    points = np.array(np.meshgrid(reach, reach, reach)).reshape(3, -1).T
    points = points[np.linalg.norm(points, axis=1) <= blob.radius_mm]
    each_ml = 4 / 3 * np.pi * blob.radius_mm**3 * 1e-3 / len(points)
    return points + np.asarray(blob.centre_mm), np.full(len(points), each_ml)


def _add_screw(metal: Image, grid: _Grid, placed: Placed) -> None:
    bone = placed.vertebra
    end = np.array([bone.back_mm + 12, -0.24 * bone.height_mm, -0.36 * bone.width_mm])
    tip = np.array([bone.front_mm + 8, -0.18 * bone.height_mm, -0.18 * bone.width_mm])
    way = (end - tip) / np.linalg.norm(end - tip)
    end = tip + _SCREW_LENGTH_MM * way
    low, high = np.minimum(tip, end) - 5, np.maximum(tip, end) + 5
    window = _box(placed, grid, tuple(low), tuple(high))
    gap = _from_rod(_local(placed, grid, window), tuple(tip), tuple(end), 1.0, 1.0)
    np.maximum(metal[window], np.clip((_SCREW_RADIUS_MM - gap) / 0.4 + 0.5, 0, 1), out=metal[window])
