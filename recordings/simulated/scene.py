"""Everything of a simulated procedure that is worked out once: spine, cement, instruments, tissue."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from recordings.simulated import background
from recordings.simulated.anatomy import Placed, Vertebra, build_spine
from recordings.simulated.bone import PLANE_MM, Plane, project_bone
from recordings.simulated.cannula import Cannula, Rod, draw, place
from recordings.simulated.disturbances import (
    CannulaAbsent,
    Disturbance,
    Jerk,
    NeedleMove,
    TableMove,
    of_kind,
)
from recordings.simulated.growth import Drop, LevelGrowth, grow, tip_mm
from recordings.simulated.motion import Motion, turn_matrix
from recordings.simulated.physics import Attenuation, attenuation
from recordings.simulated.settings import (
    PAUSE_BETWEEN_LEVELS_S,
    LevelScript,
    Scenario,
    SimulationSettings,
    scenario,
)
from recordings.simulated.timeline import Timeline

Floats = NDArray[np.floating]
Image = NDArray[np.float32]

_CEMENT_PLANE_MM = {"lateral": ((-42.0, 42.0), (-100.0, 60.0)), "ap": ((-46.0, 46.0), (-100.0, 60.0))}
_BREATHING_DIRECTION = {"lateral": (0.55, 0.835), "ap": (0.15, 0.989)}


@dataclass(frozen=True, slots=True, eq=False)
class Instrument:
    """A cannula in a level's plane: where its tip is and which way it runs back."""

    cannula: Cannula
    tip_mm: Floats
    back_rad: float
    projected_length: float
    rod: Rod
    stylet: Image


@dataclass(frozen=True, slots=True, eq=False)
class SceneLevel:
    """A vertebra in the field. `script`, `growth` and `instrument` are None where nothing is done to it."""

    placed: Placed
    projection: str
    tilt_rad: float
    centre_mm: Floats
    bone: Plane
    outline: dict[str, Floats]
    script: LevelScript | None
    growth: LevelGrowth | None
    cells: tuple[NDArray[np.int64], ...]
    instrument: Instrument | None

    @property
    def turn_rad(self) -> float:
        """Turn of the level's plane in the image at rest."""
        return self.tilt_rad if self.projection == "lateral" else 0.0

    def project(self, points_mm: Floats) -> Floats:
        """Place ``(a, s, r)`` points, shape (n, 3), in the level's plane, shape (n, 2)."""
        a, s, r = points_mm.T
        if self.projection == "lateral":
            return np.stack([a, s], axis=1)
        return np.stack([r, s + a * np.tan(self.tilt_rad)], axis=1)

    def body_polygon_mm(self) -> Floats:
        """Outline of the body in the level's plane, closed, shape (n, 2)."""
        first, last = ("anterior_wall", "posterior_wall")
        if self.projection == "ap":
            first, last = ("left", "right")
        sides = self.outline
        return np.concatenate(
            [
                sides["superior_endplate"],
                sides[last][1:-1],
                sides["inferior_endplate"][::-1],
                sides[first][::-1][1:-1],
            ]
        )

    def cement_origin_mm(self) -> tuple[float, float]:
        """First sample of the plane in which cement is added up."""
        (left, _), (top, _) = _CEMENT_PLANE_MM[self.projection]
        return left, top

    def cement_shape(self) -> tuple[int, int]:
        """Rows and columns of that plane."""
        (left, right), (top, bottom) = _CEMENT_PLANE_MM[self.projection]
        return int((bottom - top) / PLANE_MM), int((right - left) / PLANE_MM)

    def cement_mm(self, time_s: float, kind: str | None = None, *, drop_s: float | None = None) -> Plane:
        """Projected thickness of cement (mm) at a time of growth; of one kind, or of all.

        `drop_s` is the time on the clock of the drop, as `growth.drop_s`; None: there is none.
        """
        shape = self.cement_shape()
        total = np.zeros(shape, dtype=np.float32)
        if self.growth is not None:
            for cloud, cells in zip(self.growth.clouds, self.cells, strict=True):
                if time_s < cloud.first_s or kind not in (None, cloud.kind):
                    continue
                weights = cloud.fill(time_s) * (cloud.parcel_mm3 / PLANE_MM**2)
                total += np.bincount(cells, weights, minlength=total.size)[: total.size].reshape(shape)
            cv2.sepFilter2D(total, -1, _TENT, _TENT, dst=total, borderType=cv2.BORDER_CONSTANT)
            if self.growth.drop is not None and drop_s is not None and kind in (None, "embolus"):
                self._add_drop(total, self.growth.drop, drop_s)
        return Plane(total, self.cement_origin_mm())

    def _add_drop(self, total: Image, drop: Drop, time_s: float) -> None:
        at = drop.at(time_s)
        if at is None:
            return
        x, y = (self.project(at[None, :])[0] - self.cement_origin_mm()) / PLANE_MM
        rows, columns = np.ogrid[: total.shape[0], : total.shape[1]]
        away = np.hypot(columns - x, rows - y) * PLANE_MM
        total += 2 * np.sqrt(np.clip(drop.radius_mm**2 - away**2, 0, None)).astype(np.float32)


_TENT = np.array([0.25, 0.5, 0.25], dtype=np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A procedure as built from its name and settings; see `build_scene`."""

    scenario: Scenario
    settings: SimulationSettings
    levels: tuple[SceneLevel, ...]
    motion: Motion
    soft: Image
    fixed: Image
    collimator: Image
    attenuation: Attenuation
    frame_count: int
    timeline: Timeline

    @property
    def disturbances(self) -> tuple[Disturbance, ...]:
        """Those of the scenario, then those of the settings."""
        return self.scenario.disturbances

    @property
    def treated(self) -> tuple[SceneLevel, ...]:
        """The levels that are cemented (or would be), in the order in which it is done."""
        order = [script.name for script in self.scenario.levels]
        done = [level for level in self.levels if level.script is not None]
        return tuple(sorted(done, key=lambda level: order.index(level.placed.vertebra.name)))

    def time_s(self, frame: int) -> float:
        """Time of a frame from the first (s)."""
        return frame / self.settings.frame_rate_hz

    def shown_s(self, frame: int) -> float:
        """Time at which what a frame shows was exposed (s); earlier where it repeats or holds an image."""
        return self.timeline.time_s(self.timeline.exposure(frame))

    def to_px(self, level: SceneLevel, time_s: float) -> Floats:
        """Affine map, shape (2, 3), from a level's plane (mm) to pixels of the frame at a time."""
        turned = self.motion.turn_rad(time_s)
        centre = turn_matrix(turned) @ level.centre_mm + self.motion.bone_mm(time_s)
        # The upper levels follow the chest more than the lower ones.
        breath = self.motion.breathing_mm * self.motion.breath(time_s)
        centre = centre - 0.0012 * level.centre_mm[1] * breath * np.asarray(self.motion.direction)
        return self._affine(turn_matrix(level.turn_rad + turned), centre)

    def level_turn_rad(self, time_s: float) -> float:
        """Turn of every level from its rest at a time."""
        return self.motion.turn_rad(time_s)

    def _affine(self, turn: Floats, centre_mm: Floats) -> Floats:
        px = self.settings.pixel_mm
        middle = (self.settings.size - 1) / 2
        return np.column_stack([turn / px, centre_mm / px + middle])


def build_scene(name: str, settings: SimulationSettings) -> Scene:
    """Build a procedure. The same name and settings give the same scene.

    Raises
    ------
    InputError
        There is no procedure of that name.
    """
    # whoever plans a procedure also renders it, and how long it lasts makes no other scene
    scene = _built(name, replace(settings, duration_s=None))
    if settings.duration_s is None:
        return scene
    return replace(
        scene,
        scenario=replace(scene.scenario, duration_s=settings.duration_s),
        settings=settings,
        frame_count=max(1, round(settings.duration_s * settings.frame_rate_hz)),
    )


@lru_cache(maxsize=4)
def _built(name: str, settings: SimulationSettings) -> Scene:
    return build_plot(scenario(name), settings)


def build_plot(
    plot: Scenario, settings: SimulationSettings, pause_s: float = PAUSE_BETWEEN_LEVELS_S
) -> Scene:
    """Build a scenario that need not be one of the named; `pause_s` lies between two levels."""
    plot = replace(
        plot,
        duration_s=plot.duration_s if settings.duration_s is None else settings.duration_s,
        dose_ngy=plot.dose_ngy if settings.dose_ngy is None else settings.dose_ngy,
        breathing_mm=plot.breathing_mm if settings.breathing_mm is None else settings.breathing_mm,
        jerk_mm=plot.jerk_mm if settings.jerk_mm is None else settings.jerk_mm,
        jerk_at_s=plot.jerk_at_s if settings.jerk_at_s is None else settings.jerk_at_s,
        disturbances=plot.disturbances + settings.disturbances,
    )
    rays = attenuation(float(settings.kvp), settings.cement)
    streams = [np.random.default_rng([settings.seed, k]) for k in range(6)]
    scripts = {script.name: script for script in plot.levels}
    lateral = settings.projection == "lateral"
    aim = (-9.0 + 3 * streams[0].uniform(-1, 1), 3 * streams[0].uniform(-1, 1))
    spine = build_spine(streams[0], tuple(scripts), aim)
    beam_rad = float(np.mean([p.vertebra.tilt_rad for p in spine if p.vertebra.name in scripts]))
    field_mm = settings.size * settings.pixel_mm
    starts = _starts(plot, settings, pause_s)
    levels = []
    for number, placed in enumerate(spine):
        script = scripts.get(placed.vertebra.name)
        if script is None and abs(placed.centre_mm[1]) > field_mm / 2 + 45:
            continue
        start_s = starts.get(placed.vertebra.name, 0.0)
        level = _build_level(placed, settings, script, start_s, beam_rad, number, plot.disturbances)
        levels.append(level)
    contrast_per_mm = rays.bone_per_mm - rays.water_per_mm
    phases = tuple(float(p) for p in streams[3].uniform(0, 2 * np.pi, 6))
    return Scene(
        scenario=plot,
        settings=settings,
        levels=tuple(levels),
        motion=Motion(
            breathing_mm=plot.breathing_mm,
            rotation_rad=float(np.deg2rad(settings.rotation_deg)) if plot.breathing_mm > 0 else 0.0,
            direction=_BREATHING_DIRECTION["lateral" if lateral else "ap"],
            jerk_mm=plot.jerk_mm,
            jerk_at_s=plot.jerk_at_s,
            table_mm=settings.table_shift_mm if settings.table_shift_at_s is not None else 0.0,
            table_at_s=settings.table_shift_at_s or 0.0,
            phases=phases,
            further=(*of_kind(plot.disturbances, Jerk), *of_kind(plot.disturbances, TableMove)),
        ),
        soft=background.soft_tissue(field_mm, settings.projection, spine, contrast_per_mm, streams[1]),
        fixed=background.fixed(field_mm, settings.size, settings.projection, streams[2]),
        collimator=background.collimator(settings.size, streams[4]),
        attenuation=rays,
        frame_count=max(1, round(plot.duration_s * settings.frame_rate_hz)),
        timeline=Timeline.of(settings.frame_rate_hz, plot.disturbances),
    )


def _starts(plot: Scenario, settings: SimulationSettings, pause_s: float) -> dict[str, float]:
    """When the injection starts at each level."""
    starts = {}
    now_s = settings.injection_start_s
    for script in plot.levels:
        starts[script.name] = now_s
        now_s += script.volume_ml / settings.injection_ml_per_s + pause_s
    return starts


def _build_level(
    placed: Placed,
    settings: SimulationSettings,
    script: LevelScript | None,
    start_s: float,
    beam_rad: float,
    number: int,
    disturbances: tuple[Disturbance, ...],
) -> SceneLevel:
    bone = placed.vertebra
    lateral = settings.projection == "lateral"
    tilt = bone.tilt_rad if lateral else bone.tilt_rad - beam_rad
    outline = bone.side_outline_mm() if lateral else bone.front_outline_mm(tilt)
    across = placed.centre_mm[0] if lateral else placed.centre_r_mm
    plane = _bone(bone, settings.projection, tilt, settings.seed, number)
    level = SceneLevel(
        placed=placed,
        projection=settings.projection,
        tilt_rad=tilt,
        centre_mm=np.array([across, placed.centre_mm[1]]),
        bone=_antialiased(plane, settings.pixel_mm),
        outline=outline,
        script=script,
        growth=None,
        cells=(),
        instrument=None,
    )
    if script is None:
        return level
    growth = _growth(bone, script, start_s, settings.injection_ml_per_s, settings.seed, number)
    rows, columns = level.cement_shape()
    cells = []
    for cloud in growth.clouds:
        at = (level.project(cloud.points_mm) - level.cement_origin_mm()) / PLANE_MM
        x, y = np.rint(at).astype(np.int64).T
        inside = (x >= 0) & (x < columns) & (y >= 0) & (y < rows)
        cells.append(np.where(inside, y * columns + x, rows * columns))
    if of_kind(disturbances, CannulaAbsent):
        return replace(level, growth=growth, cells=tuple(cells))
    moves = of_kind(disturbances, NeedleMove)
    cannula = place(bone, tip_mm(bone, script), start_s if script.needle_moves else None, moves)
    ends = level.project(np.stack([cannula.tip_mm, cannula.tip_mm + cannula.back]))
    way = ends[1] - ends[0]
    projected_length = float(np.hypot(*way))
    rod, stylet = draw(projected_length)
    instrument = Instrument(
        cannula=cannula,
        tip_mm=ends[0],
        back_rad=float(np.arctan2(way[1], way[0])),
        projected_length=projected_length,
        rod=Rod(_antialiased(rod.steel, settings.pixel_mm), _antialiased(rod.filling, settings.pixel_mm)),
        stylet=_antialiased(replace(rod.steel, values=stylet), settings.pixel_mm).values,
    )
    return replace(level, growth=growth, cells=tuple(cells), instrument=instrument)


# Pictures of the same patient in another size, dose or disturbance: what takes long is the same.


@lru_cache(maxsize=24)
def _bone(bone: Vertebra, projection: str, tilt_rad: float, seed: int, number: int) -> Plane:
    return project_bone(bone, projection, tilt_rad, np.random.default_rng([seed, 10, number]))


@lru_cache(maxsize=12)
def _growth(
    bone: Vertebra, script: LevelScript, start_s: float, rate_ml_s: float, seed: int, number: int
) -> LevelGrowth:
    return grow(bone, script, start_s, rate_ml_s, np.random.default_rng([seed, 11, number]))


def _antialiased(plane: Plane, pixel_mm: float) -> Plane:
    """Blur a plane so that it can be sampled once per pixel; the focal spot blurs it by as much."""
    sigma = np.hypot(0.4 * max(pixel_mm - plane.step_mm, 0.0), 0.08) / plane.step_mm
    return replace(plane, values=np.asarray(cv2.GaussianBlur(plane.values, (0, 0), sigma), np.float32))
