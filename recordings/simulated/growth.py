"""Where cement is at any time: inside the body, and along the path of a leak.

Everything is worked out beforehand: each small parcel of cement has a place and a time of arrival,
so that the state at a time does not depend on what was asked before.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recordings.simulated.anatomy import Vertebra
from recordings.simulated.injection import Flow
from recordings.simulated.percolation import Volume, conductivity, fill_order
from recordings.simulated.settings import LeakScript, LevelScript

Floats = NDArray[np.floating]

VOXEL_MM = 0.6
_PACKING = 0.85
_CORTEX_MM = 0.9
_MARGIN_MM = 12.0
_EMBOLUS_SPEED_MM_S = 25.0
_EMBOLUS_RADIUS_MM = 1.0
EMBOLUS_AFTER_S = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Cloud:
    """Parcels of cement in a level's own coordinates, in order of arrival.

    Parameters
    ----------
    kind : str
        ``body`` or a leak class.
    points_mm : ndarray, shape (n, 3)
        ``(a, s, r)`` of each parcel.
    arrival_s : ndarray, shape (n,)
        Time at which the parcel is half there.
    parcel_mm3 : float
        Volume of one parcel.
    settle_s : float
        Time over which a parcel fills.
    """

    kind: str
    points_mm: Floats
    arrival_s: Floats
    parcel_mm3: float
    settle_s: float

    def fill(self, time_s: float) -> Floats:
        """Fraction of each parcel that is there, shape (n,)."""
        there: Floats = np.clip((time_s - self.arrival_s) / self.settle_s + 0.5, 0.0, 1.0)
        return there

    def volume_ml(self, time_s: float) -> float:
        """Volume that is there (mL)."""
        return float(self.fill(time_s).sum()) * self.parcel_mm3 * 1e-3

    @property
    def first_s(self) -> float:
        """Time at which the first parcel starts to fill."""
        return float(self.arrival_s[0]) - self.settle_s / 2 if len(self.arrival_s) else float("inf")


@dataclass(frozen=True, slots=True, eq=False)
class Drop:
    """A ball of cement that moves along a path from `start_s` on, ``(a, s, r)`` in mm."""

    path_mm: Floats
    start_s: float
    speed_mm_s: float = _EMBOLUS_SPEED_MM_S
    radius_mm: float = _EMBOLUS_RADIUS_MM

    def at(self, time_s: float) -> Floats | None:
        """Centre of the drop, shape (3,); None before it leaves and after the end of its path."""
        run_mm = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(self.path_mm, axis=0), axis=1))])
        way = (time_s - self.start_s) * self.speed_mm_s
        if way < 0 or way > run_mm[-1]:
            return None
        return np.array([np.interp(way, run_mm, self.path_mm[:, axis]) for axis in range(3)])

    @property
    def volume_ml(self) -> float:
        """Volume of the drop (mL)."""
        return float(4 / 3 * np.pi * self.radius_mm**3 * 1e-3)


@dataclass(frozen=True, slots=True, eq=False)
class LevelGrowth:
    """All cement of one level. `opened_s` is when the leak opened, None where there is none."""

    clouds: tuple[Cloud, ...]
    drop: Drop | None
    start_s: float
    end_s: float
    opened_s: float | None


def grow(
    vertebra: Vertebra, script: LevelScript, start_s: float, rate_ml_s: float, rng: np.random.Generator
) -> LevelGrowth:
    """Work out the filling of one level.

    Parameters
    ----------
    vertebra : Vertebra
    script : LevelScript
        How much, how far back, and which leak.
    start_s, rate_ml_s : float
        Start and rate of the injection.
    rng : Generator
    """
    end_s = start_s + script.volume_ml / rate_ml_s
    if script.volume_ml <= 0:
        return LevelGrowth((), None, start_s, start_s, None)
    grid = _Grid(vertebra)
    tip = tip_mm(vertebra, script)
    field = conductivity(grid.shape, VOXEL_MM, rng)
    speed = np.where(grid.inside > _CORTEX_MM, field, 0).astype(np.float32)
    limit = vertebra.at_depth(script.reach)
    if script.reach < 1:
        uneven = np.clip(2.5 * np.log(conductivity(grid.shape, 2 * VOXEL_MM, rng)), -5.0, 1.0)
        speed *= np.clip((limit + uneven - grid.a) / 6.0, 0, 1).astype(np.float32)
    parcel_mm3 = VOXEL_MM**3 * _PACKING
    count = int(np.ceil(script.volume_ml * 1e3 / parcel_mm3))
    leak = script.leak
    if leak is None:
        order = fill_order(speed, grid.nearest(tip, speed > 0), count)
        arrival = start_s + (np.arange(len(order)) + 0.5) * parcel_mm3 * 1e-3 / rate_ml_s
        body = Cloud("body", grid.points(order), arrival, parcel_mm3, 0.5)
        return LevelGrowth((body,), None, start_s, end_s, None)

    path = _vein_path_mm(vertebra, rng)
    portal = path[0] if leak.kind in ("vein", "embolus") else _portal_mm(vertebra, leak, rng)
    opens_at_ml = leak.opens_at_ml * float(rng.uniform(0.85, 1.15))
    order, opened_ml = _reach_portal(grid, speed, tip, portal, count, opens_at_ml, parcel_mm3)
    opened_s = start_s + opened_ml / rate_ml_s
    shared_s = min(leak.most_ml / (leak.share * rate_ml_s), end_s - opened_s)
    times = np.array([start_s, opened_s, opened_s + shared_s, end_s])
    rates = np.array([rate_ml_s, rate_ml_s * (1 - leak.share), rate_ml_s])
    filled_ml = np.concatenate([[0.0], np.cumsum(np.diff(times) * rates)])
    kept = order[: int(filled_ml[-1] * 1e3 / parcel_mm3)]
    body_ml = (np.arange(len(kept)) + 0.5) * parcel_mm3 * 1e-3
    body = Cloud("body", grid.points(kept), np.interp(body_ml, filled_ml, times), parcel_mm3, 0.5)
    out_ml = shared_s * leak.share * rate_ml_s
    out_rate = leak.share * rate_ml_s
    if leak.kind in ("vein", "embolus"):
        drawn_mm = float(rng.uniform(0.75, 1.0))
        radius_mm = drawn_mm if leak.radius_mm is None else leak.radius_mm
        tube = _tube(path, radius_mm, out_ml, opened_s, out_rate)
        drop = None
        if leak.kind == "embolus":
            done_s = opened_s + shared_s
            left = path[np.argmin(np.linalg.norm(path - tube.points_mm[-1], axis=1)) :]
            drop = Drop(left, done_s + EMBOLUS_AFTER_S)
        return LevelGrowth((body, tube), drop, start_s, end_s, opened_s)
    around = _leak_speed(grid, vertebra, leak, portal, field)
    out_count = int(out_ml * 1e3 / parcel_mm3)
    out_order = fill_order(around, grid.nearest(portal, around > 0), out_count)
    out_arrival = opened_s + (np.arange(len(out_order)) + 0.5) * parcel_mm3 * 1e-3 / out_rate
    out = Cloud(leak.kind, grid.points(out_order), out_arrival, parcel_mm3, 0.3)
    return LevelGrowth((body, out), None, start_s, end_s, opened_s)


def drop_s(growth: LevelGrowth | None, flow: Flow, time_s: float) -> float | None:
    """Time on the clock of a level's drop (s): blood takes it along whether or not anybody injects.

    None where there is no drop, or what it comes from is not there yet.
    """
    if growth is None or growth.drop is None:
        return None
    torn_s = growth.drop.start_s - EMBOLUS_AFTER_S
    since_s = flow.reached_s(torn_s)
    return None if since_s is None or since_s > time_s else torn_s + time_s - since_s


def tip_mm(vertebra: Vertebra, script: LevelScript) -> Floats:
    """Tip of the cannula, ``(a, s, r)``: in the front third, further back where the script leaks there."""
    depth = 0.34
    if script.leak is not None and script.leak.kind == "canal":
        depth = 0.48
    if script.tip_depth is not None:
        depth = script.tip_depth
    a = vertebra.at_depth(depth)
    middle = float(vertebra.top_mm(np.array(a)) + vertebra.bottom_mm(np.array(a))) / 2
    return np.array([a, middle, -3.0])


class _Grid:
    """Voxels around a body, and how deep each lies in it."""

    def __init__(self, vertebra: Vertebra) -> None:
        half_s = vertebra.height_mm / 2 + _MARGIN_MM
        half_r = vertebra.width_mm / 2 + 1
        self.axes = (
            np.arange(vertebra.front_mm - 2, vertebra.back_mm + _MARGIN_MM, VOXEL_MM, dtype=np.float32),
            np.arange(-half_s, half_s, VOXEL_MM, dtype=np.float32),
            np.arange(-half_r, half_r, VOXEL_MM, dtype=np.float32),
        )
        self.a = self.axes[0][:, None, None]
        self.s = self.axes[1][None, :, None]
        self.r = self.axes[2][None, None, :]
        self.inside = vertebra.inside_mm(self.a, self.s, self.r)
        self.shape = (len(self.axes[0]), len(self.axes[1]), len(self.axes[2]))

    def points(self, flat: NDArray[np.int64]) -> Floats:
        index = np.unravel_index(flat, self.shape)
        return np.stack([axis[i] for axis, i in zip(self.axes, index, strict=True)], axis=1).astype(
            np.float64
        )

    def away_mm(self, point: Floats) -> Volume:
        """Distance of every voxel from a point."""
        away: Volume = np.sqrt((self.a - point[0]) ** 2 + (self.s - point[1]) ** 2 + (self.r - point[2]) ** 2)
        return away

    def nearest(self, point: Floats, among: NDArray[np.bool_]) -> tuple[int, int, int]:
        """Index of the voxel of a set that is nearest to a point."""
        flat = int(np.argmin(np.where(among, self.away_mm(point), np.inf)))
        i, j, k = np.unravel_index(flat, self.shape)
        return int(i), int(j), int(k)

    def along_mm(self, start: Floats, end: Floats) -> Volume:
        """Distance of every voxel from the line between two points."""
        way = end - start
        t = ((self.a - start[0]) * way[0] + (self.s - start[1]) * way[1] + (self.r - start[2]) * way[2]) / (
            way @ way
        )
        t = np.clip(t, 0, 1)
        gap: Volume = np.sqrt(
            (self.a - start[0] - t * way[0]) ** 2
            + (self.s - start[1] - t * way[1]) ** 2
            + (self.r - start[2] - t * way[2]) ** 2
        )
        return gap


def _portal_mm(vertebra: Vertebra, leak: LeakScript, rng: np.random.Generator) -> Floats:
    """Place on the inside of the cortex at which the leak opens."""
    if leak.kind == "canal":
        r = float(rng.uniform(1, 5))
        return np.array([float(vertebra.wall_mm(np.array(r))) - _CORTEX_MM, rng.uniform(-2, 4), r])
    if leak.kind == "disc_superior":
        a = vertebra.at_depth(rng.uniform(0.35, 0.55))
        edge = float(vertebra.top_mm(np.array(a))) + vertebra.dome_mm + _CORTEX_MM
        return np.array([a, edge, rng.uniform(-2, 6)])
    a = vertebra.at_depth(rng.uniform(0.35, 0.55))
    edge = float(vertebra.bottom_mm(np.array(a))) - vertebra.dome_mm - _CORTEX_MM
    return np.array([a, edge, rng.uniform(-2, 6)])


def _reach_portal(
    grid: _Grid, speed: Volume, tip: Floats, portal: Floats, count: int, opens_at_ml: float, parcel_mm3: float
) -> tuple[NDArray[np.int64], float]:
    """Grow with a cleft towards the portal, just conductive enough to get there in time."""
    start = grid.nearest(tip, speed > 0)
    door = np.ravel_multi_index(grid.nearest(portal, speed > 0), grid.shape)
    cleft = np.exp(-((grid.along_mm(tip, portal) / 2.5) ** 2))
    order = np.zeros(0, dtype=np.int64)
    reached_ml = np.inf
    for boost in (0.0, 1.5, 3.0, 6.0, 12.0, 30.0):
        order = fill_order((speed * (1 + boost * cleft)).astype(np.float32), start, count)
        found = np.flatnonzero(order == door)
        reached_ml = (float(found[0]) + 1) * parcel_mm3 * 1e-3 if len(found) else np.inf
        if reached_ml <= opens_at_ml:
            return order, opens_at_ml
    return order, min(reached_ml, count * parcel_mm3 * 1e-3)


def _leak_speed(grid: _Grid, vertebra: Vertebra, leak: LeakScript, portal: Floats, field: Volume) -> Volume:
    """Where cement can go outside the body, through a hole of 1.3 mm radius at the portal."""
    if leak.kind == "canal":
        behind = grid.a - vertebra.wall_mm(grid.r)
        sac = 3.6 - 0.02 * grid.r**2
        room = (behind > 0.2) & (behind < sac) & (np.abs(grid.r) < 9) & (np.abs(grid.s) < 40)
        out = portal + np.array([_CORTEX_MM + 1.2, 0, 0])
    else:
        up = leak.kind == "disc_superior"
        edge = vertebra.top_mm(grid.a) if up else vertebra.bottom_mm(grid.a)
        disc = np.abs(2 * grid.a / vertebra.depth_mm) ** 2.5 + np.abs(2 * grid.r / vertebra.width_mm) ** 2.5
        beyond = edge - grid.s if up else grid.s - edge
        thick = max(vertebra.disc_below_mm - 1.5, 3.0)
        room = (beyond > -vertebra.dome_mm) & (grid.inside < -0.1) & (beyond < thick) & (disc < 0.8)
        out = portal + np.array([0, (-1 if up else 1) * (_CORTEX_MM + 1.5), 0])
    hole = grid.along_mm(portal, out) < 1.3
    speed: Volume = np.where(room | hole, np.sqrt(field), 0).astype(np.float32)
    return speed


def _vein_path_mm(vertebra: Vertebra, rng: np.random.Generator) -> Floats:
    """A segmental vein: out of the front, round the side, along the spine; points 0.2 mm apart."""
    f = vertebra.front_mm
    knots = np.array(
        [
            [f + 1.8, 1.0, 3.0],
            [f - 2.5, 2.0, 6.0],
            [f - 5.0, 0.0, 13.0],
            [f - 5.5, -6.0, 21.0],
            [f - 6.5, -16.0, 26.5],
            [f - 7.0, -30.0, 29.0],
            [f - 6.0, -60.0, 30.0],
            [f - 6.0, -110.0, 30.0],
        ]
    )
    knots[1:-1] += rng.uniform(-1.2, 1.2, size=knots[1:-1].shape)
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(knots, axis=0), axis=1))])
    at = np.arange(0, run[-1], 0.2)
    path: Floats = np.stack([np.interp(at, run, knots[:, axis]) for axis in range(3)], axis=1)
    kernel = np.ones(21) / 21
    smooth = np.stack([np.convolve(np.pad(p, 10, mode="edge"), kernel, "valid") for p in path.T], axis=1)
    return smooth


def _tube(path: Floats, radius_mm: float, volume_ml: float, start_s: float, rate_ml_s: float) -> Cloud:
    """Parcels that fill a tube along a path, in the order of the path."""
    step = 0.2
    across = np.arange(-radius_mm, radius_mm + 1e-9, radius_mm / 5)
    x, y = np.meshgrid(across, across)
    keep = np.hypot(x, y) <= radius_mm
    ring = np.stack([x[keep], y[keep]], axis=1)
    parcel_mm3 = np.pi * radius_mm**2 * step / len(ring)
    slices = min(len(path) - 1, int(np.ceil(volume_ml * 1e3 / (parcel_mm3 * len(ring)))))
    along = np.gradient(path, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    aside = np.cross(along, [0.3, 0.2, 1.0])
    aside /= np.linalg.norm(aside, axis=1, keepdims=True)
    third = np.cross(along, aside)
    points = (
        path[:slices, None, :]
        + ring[None, :, 0, None] * aside[:slices, None, :]
        + ring[None, :, 1, None] * third[:slices, None, :]
    ).reshape(-1, 3)
    arrival = start_s + (np.arange(len(points)) + 0.5) * parcel_mm3 * 1e-3 / rate_ml_s
    return Cloud("vein", points, arrival, parcel_mm3, 0.05)
