"""Cement by arrival times: the cheapest way from the cannula's tip through an uneven conductivity."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.graph import MCP_Geometric

from benchmarks.ct_model.anatomy import Box, Vertebra
from benchmarks.ct_model.volume import Float32, Float64, refine

SCENARIO_CLASSES = {
    "canal": ("canal",),
    "disc": ("disc_superior", "disc_inferior"),
    "vein": ("vein",),
    "paravertebral": ("paravertebral",),
    "embolus": ("embolus",),
}
_PORE_PART = 0.88
"""Part of cancellous bone that cement can fill."""
_FRONT_ML = 0.008
_SHELL_MM = 1.0
_CORRIDORS = (0.5, 1.0, 1.5, 2.0, 2.6, 3.2, 3.9, 4.6)


@dataclass(frozen=True, slots=True, eq=False)
class Leak:
    """A way out of the body.

    Parameters
    ----------
    leak_class : str
    mouth : ndarray, shape (3,)
        Where it leaves the body, ``(u, v, w)`` in mm.
    path : ndarray, shape (n, 3), or None
        Course of the vein, mouth first.
    diameter_mm : float
        Of the vein, or of the drop.
    """

    leak_class: str
    mouth: Float64
    path: Float64 | None
    diameter_mm: float


@dataclass(frozen=True, slots=True, eq=False)
class Cement:
    """Voxels in the order in which they fill.

    Parameters
    ----------
    flat : ndarray of int
        Pixel ``v * columns + u`` of the box that the voxel projects to.
    filled_mm : ndarray, float32
        Cement along the beam that the voxel holds when full.
    from_ml : ndarray, float64
        Injected volume at which it begins to fill, ascending.
    leaked : ndarray of bool
        Outside the body.
    shape : (int, int)
        Rows and columns of the projection.
    voxel_ml : float
        Volume per mm of `filled_mm`.
    leak : Leak or None
    drop_ml : float or None
        Injected volume at which an embolus breaks off.
    """

    flat: NDArray[np.int64]
    filled_mm: Float32
    from_ml: Float64
    leaked: NDArray[np.bool_]
    shape: tuple[int, int]
    voxel_ml: float
    leak: Leak | None
    drop_ml: float | None

    def _fills(self, injected_ml: float) -> tuple[int, Float32]:
        n = int(np.searchsorted(self.from_ml, injected_ml))
        part = np.clip((injected_ml - self.from_ml[:n]) / _FRONT_ML, 0, 1).astype(np.float32)
        return n, part * self.filled_mm[:n]

    def thickness(self, injected_ml: float, leaked_only: bool = False) -> Float32:
        """Cement along the beam on the box's own grid (mm)."""
        n, filled = self._fills(injected_ml)
        if leaked_only:
            filled = filled * self.leaked[:n]
        flat = np.bincount(self.flat[:n], filled, self.shape[0] * self.shape[1])
        return flat.reshape(self.shape).astype(np.float32)

    def volume_ml(self, injected_ml: float, leaked_only: bool = False) -> float:
        """Cement that is really there."""
        n, filled = self._fills(injected_ml)
        return (
            float((filled * self.leaked[:n] if leaked_only else filled).sum(dtype=np.float64)) * self.voxel_ml
        )

    def first_leak_ml(self) -> float | None:
        """Injected volume at which the first leaked voxel begins to fill."""
        at = np.flatnonzero(self.leaked)
        return float(self.from_ml[at[0]]) if at.size else None


def correlated_field(shape: tuple[int, int, int], sigma: float, random: np.random.Generator) -> Float32:
    """Gaussian random field of unit variance; `sigma` in voxels."""
    coarse = max(1, int(sigma / 1.3))
    small = [-(-n // coarse) + 2 for n in shape]
    noise = ndimage.gaussian_filter(random.standard_normal(small, np.float32), sigma / coarse, mode="wrap")
    if coarse > 1:
        noise = refine(noise, coarse, shape)
    noise = noise[: shape[0], : shape[1], : shape[2]]
    return ((noise - noise.mean()) / noise.std()).astype(np.float32)


def plan_leak(scenario: str, vertebra: Vertebra, random: np.random.Generator, side: float) -> Leak | None:
    """Choose where and how the cement will leave.

    Parameters
    ----------
    scenario : str
    vertebra : Vertebra
    random : numpy.random.Generator
    side : float
        +1 or -1: the cannula's side along the body's right axis.
    """
    if scenario not in SCENARIO_CLASSES:
        return None
    a = vertebra.axes
    leak_class = str(random.choice(SCENARIO_CLASSES[scenario]))
    depth, height = a.front_mm - a.wall_mm, a.top_mm - a.bottom_mm
    if leak_class == "canal":
        start, towards = a.point(0, random.uniform(-0.15, 0.2) * height, random.uniform(-5, 5)), -a.anterior
    elif leak_class.startswith("disc"):
        sign = 1.0 if leak_class == "disc_superior" else -1.0
        start = a.point(random.uniform(-0.15, 0.25) * depth, 0, side * random.uniform(-2, 9))
        towards = sign * a.superior
    else:
        angle = np.deg2rad(random.uniform(0, 50)) * side
        start = a.point(0, random.uniform(-0.2, 0.2) * height, 0)
        towards = np.cos(angle) * a.anterior + np.sin(angle) * a.right
    mouth = _way_out(vertebra, start, towards)
    if leak_class == "vein":
        path = _vein(vertebra, mouth, towards, random, float(random.uniform(30, 55)))
        return Leak(leak_class, mouth, path, float(random.uniform(1.5, 3.0)))
    if leak_class == "embolus":
        return Leak(
            leak_class, mouth, _vein(vertebra, mouth, towards, random, 170.0), float(random.uniform(2.0, 3.0))
        )
    return Leak(leak_class, mouth, None, 0.0)


def _way_out(vertebra: Vertebra, start: Float64, towards: Float64) -> Float64:
    """Where a ray leaves the body."""
    for step in np.arange(0, 60, 0.25):
        point = start + step * towards
        if vertebra.depth_mm[vertebra.box.index(point)] <= 0:
            return np.asarray(point)
    return start + 20 * towards


def _vein(
    vertebra: Vertebra, mouth: Float64, towards: Float64, random: np.random.Generator, length_mm: float
) -> Float64:
    """A vein that leaves the body forwards and bends upwards or downwards along the spine."""
    a = vertebra.axes
    up = (1.0 if random.random() < 0.7 else -1.0) * a.superior
    out_mm = random.uniform(4, 9)
    weave = random.uniform(0.5, 2.0)
    phase, period_mm = random.uniform(0, 6.28), random.uniform(14, 28)
    s = np.arange(0, length_mm, 1.0)
    bend = 0.5 * (1 + np.tanh((s - out_mm) / 3.0))
    steps = (1 - 0.9 * bend)[:, None] * towards + bend[:, None] * up
    steps /= np.linalg.norm(steps, axis=1, keepdims=True)
    wave = (weave * np.sin(2 * np.pi * s / period_mm + phase) - weave * np.sin(phase))[:, None] * a.anterior
    return mouth - towards + np.cumsum(steps, axis=0) + wave * bend[:, None]


def _distance_to_line(box: Box, path: Float64, within_mm: float) -> Float32:
    """Distance of voxels to a polyline (mm), no more than `within_mm`."""
    fine = np.concatenate([p + np.linspace(0, 1, 6)[:, None] * (q - p) for p, q in pairwise(path)])
    near = np.full(box.shape, np.float32(within_mm**2))
    reach = int(within_mm / box.step_mm) + 1
    axis = [box.coordinate(k) for k in range(3)]
    for point in fine[:, [1, 0, 2]]:
        at = np.round((point - box.start_mm) / box.step_mm).astype(int)
        cut = tuple(
            slice(max(0, i - reach), max(0, min(n, i + reach + 1)))
            for i, n in zip(at, box.shape, strict=True)
        )
        if any(c.stop <= c.start for c in cut):
            continue
        dv = axis[0][cut[0]] - np.float32(point[0])
        du = axis[1][:, cut[1]] - np.float32(point[1])
        dw = axis[2][:, :, cut[2]] - np.float32(point[2])
        np.minimum(near[cut], dv * dv + du * du + dw * dw, out=near[cut])
    return np.sqrt(near)


def crop(vertebra: Vertebra, leak: Leak | None) -> Vertebra:
    """The part of the grid that cement may reach; what follows is quicker there."""
    box = vertebra.box
    rows, columns, deep = ((int(i.min()), int(i.max())) for i in np.nonzero(vertebra.depth_mm > 0))
    low, high = np.array([rows[0], columns[0], deep[0]]), np.array([rows[1], columns[1], deep[1]])
    margin = round(3 / box.step_mm)
    if leak is not None:
        wide = {"canal": 28.0, "paravertebral": 16.0, "disc_superior": 9.0, "disc_inferior": 9.0}
        points = leak.mouth[None]
        if leak.leak_class == "vein" and leak.path is not None:
            points = leak.path
        index = (points[:, [1, 0, 2]] - box.start_mm) / box.step_mm
        reach = wide.get(leak.leak_class, 3.0) / box.step_mm
        low = np.minimum(low, index.min(axis=0) - reach)
        high = np.maximum(high, index.max(axis=0) + reach)
    first = np.maximum(0, np.floor(low - margin)).astype(int)
    last = np.minimum(np.array(box.shape), np.ceil(high + margin).astype(int) + 1)
    cut = tuple(slice(int(a), int(b)) for a, b in zip(first, last, strict=True))
    shape = tuple(c.stop - c.start for c in cut)
    smaller = Box(box.start_mm + box.step_mm * first, box.step_mm, (shape[0], shape[1], shape[2]))
    arrays = (np.ascontiguousarray(a[cut]) for a in (vertebra.bone, vertebra.depth_mm, vertebra.others))
    return Vertebra(smaller, *arrays, vertebra.axes)


def _outside(
    vertebra: Vertebra, leak: Leak, random: np.random.Generator
) -> tuple[NDArray[np.bool_], Float32, Float32]:
    """Voxels that a leak may fill, their conductivity, and the part of each that may fill."""
    box, a = vertebra.box, vertebra.axes
    free = (vertebra.depth_mm <= 0) & ~vertebra.others
    speed = np.exp(0.6 * correlated_field(box.shape, 2.0 / box.step_mm, random))
    part = np.ones(box.shape, np.float32)
    mouth = leak.mouth
    if leak.leak_class == "canal":
        behind = a.wall_mm - box.along(a.centre, a.anterior)
        canal = (
            (behind > -1.0) & (behind < random.uniform(3.0, 5.5)) & (np.abs(box.along(a.centre, a.right)) < 8)
        )
        canal &= np.abs(box.along(mouth, a.superior)) < 26
        return free & canal, 4 * speed, part
    if leak.leak_class.startswith("disc"):
        sign = 1.0 if leak.leak_class == "disc_superior" else -1.0
        height = sign * box.along(mouth, a.superior)
        flat = (height > -2.5) & (height < random.uniform(2.5, 5.0))
        forth, across = box.along(a.centre, a.anterior), box.along(a.centre, a.right)
        flat &= (forth > a.wall_mm + 2) & (forth < a.front_mm - 1) & (np.abs(across) < a.half_width_mm - 3)
        return free & flat, 3 * speed, part
    if leak.leak_class == "vein":
        assert leak.path is not None
        reach = leak.diameter_mm / 2
        away = _distance_to_line(box, leak.path, reach + 1)
        part = np.clip((reach - away) / box.step_mm + 0.5, 0, 1).astype(np.float32)
        return free & (part > 0), np.full(box.shape, 60, np.float32), part
    away = np.sqrt(sum(np.square(box.along(mouth, d)) for d in (a.anterior, a.superior, a.right)))
    ball = (away < (14.0 if leak.leak_class == "paravertebral" else 0.0)) & (vertebra.depth_mm > -6)
    return free & ball, 2 * speed, part


def grow(
    vertebra: Vertebra,
    tip: Float64,
    leak: Leak | None,
    total_ml: float,
    leak_after_ml: float,
    random: np.random.Generator,
) -> Cement:
    """Fill the body from the cannula's tip, and whatever the leak opens.

    Parameters
    ----------
    vertebra : Vertebra
    tip : ndarray, shape (3,)
        Cannula tip, ``(u, v, w)`` in mm.
    leak : Leak or None
    total_ml : float
        Most that will be injected.
    leak_after_ml : float
        Injected volume by which the cement is to have reached the leak, roughly.
    random : numpy.random.Generator
    """
    box = vertebra.box
    inside = vertebra.depth_mm > _SHELL_MM
    uneven = 0.9 * correlated_field(box.shape, 2.2 / box.step_mm, random)
    uneven += 0.6 * correlated_field(box.shape, 6.0 / box.step_mm, random)
    speed = np.exp(uneven)
    part = np.full(box.shape, _PORE_PART, np.float32)
    open_ = inside.copy()
    outside = np.zeros(box.shape, bool)
    way = None
    if leak is not None:
        outside, leak_speed, leak_part = _outside(vertebra, leak, random)
        hole_mm = 1.6 if leak.leak_class in ("vein", "embolus") else random.uniform(1.8, 2.8)
        hole = _distance_to_line(box, np.stack([leak.mouth, leak.mouth + 0.1]), hole_mm + 3) < hole_mm
        hole |= _distance_to_line(box, np.stack([tip, leak.mouth]), 1.6) < 1.5
        hole &= (vertebra.depth_mm > 0) | outside
        speed = np.where(outside, leak_speed, np.where(hole & ~inside, 3.0, speed))
        part = np.where(outside, leak_part, part)
        open_ |= outside | hole
        middle = (tip + leak.mouth) / 2 + random.normal(0, 2.0, 3)
        way = np.clip(1.4 - _distance_to_line(box, np.stack([tip, middle, leak.mouth]), 4.0) / 2.0, 0, 1)
    start = box.index(tip)
    if not open_[start]:
        deep = np.argwhere(inside)
        start = tuple(deep[np.argmin(np.square(deep - np.array(start)).sum(axis=1))])

    def fill(corridor: float) -> tuple[NDArray[np.int64], Float64, float | None]:
        """Order, cumulative volume (mL), and the volume at which the leak is reached (None: it is not)."""
        if way is None:
            faster = speed
        else:
            # what lies behind an easy way must be as easy, or the cement would turn back from the leak
            faster = speed * np.where(inside, np.exp(corridor * way), np.float32(np.exp(0.6 * corridor)))
        order = _arrivals(np.where(open_, 1 / faster, -1.0), start, total_ml, part, box.step_mm)
        cumulative = np.cumsum(part.ravel()[order], dtype=np.float64) * box.step_mm**3 / 1000
        if leak is None:
            return order, cumulative, None
        mouth = int(np.ravel_multi_index(box.index(leak.mouth), box.shape))
        hits = _near(order, mouth, box) if leak.leak_class == "embolus" else outside.ravel()[order]
        first = np.flatnonzero(hits)
        return order, cumulative, float(cumulative[first[0]]) if first.size else None

    # the weakest corridor (a cleft, a lytic track) that brings the cement to the leak in time
    order, cumulative, reached_ml = fill(0.0)
    low, high = 0, len(_CORRIDORS) - 1
    if leak is not None and (reached_ml is None or reached_ml > leak_after_ml):
        while low < high:
            middle_one = (low + high) // 2
            order, cumulative, reached_ml = fill(_CORRIDORS[middle_one])
            if reached_ml is not None and reached_ml <= leak_after_ml:
                high = middle_one
            else:
                low = middle_one + 1
        order, cumulative, reached_ml = fill(_CORRIDORS[high])
    drop_ml = reached_ml if leak is not None and leak.leak_class == "embolus" else None
    pixels = order // box.shape[2]
    filled = part.ravel()[order] * np.float32(box.step_mm)
    before = np.concatenate([[0.0], cumulative[:-1]]) - _FRONT_ML / 2
    leaked = outside.ravel()[order]
    shape = (box.shape[0], box.shape[1])
    voxel_ml = box.step_mm**2 / 1000
    return Cement(pixels, filled, np.maximum(before, 0), leaked, shape, voxel_ml, leak, drop_ml)


def _near(order: NDArray[np.int64], voxel: int, box: Box) -> NDArray[np.bool_]:
    at = np.stack(np.unravel_index(order, box.shape))
    to = np.array(np.unravel_index(voxel, box.shape))[:, None]
    return np.asarray(np.square(at - to).sum(axis=0) * box.step_mm**2 < 4.0)


def _arrivals(
    cost: NDArray[np.float64], start: tuple[int, int, int], total_ml: float, part: Float32, step_mm: float
) -> NDArray[np.int64]:
    """Flat voxels in the order in which the cheapest ways reach them, enough for `total_ml`."""
    wanted = int(1.6 * total_ml * 1000 / step_mm**3 / _PORE_PART) + 2000
    paths = MCP_Geometric(cost)
    costs, _ = paths.find_costs([start], max_coverage=min(1.0, wanted / cost.size))
    flat = costs.ravel()
    reached = np.flatnonzero(np.isfinite(flat) & (part.ravel() > 0))
    return reached[np.argsort(flat[reached], kind="stable")][: int(wanted * 0.9)]
