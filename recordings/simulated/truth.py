"""What is really there in a frame of a simulated procedure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from recordings.simulated.bone import PLANE_MM
from recordings.simulated.growth import EMBOLUS_AFTER_S, LevelGrowth, drop_s
from recordings.simulated.injection import Flow, Steady
from recordings.simulated.render import Renderer
from recordings.simulated.scene import Scene, SceneLevel
from recordings.simulated.zones import Zones, zones_of

Floats = NDArray[np.floating]
Image = NDArray[np.float32]
Mask = NDArray[np.bool_]

CEMENT_AT_MM = 0.3
"""Projected thickness (mm) from which a pixel counts as cement."""

VISIBLE_AREA_MM2 = 2.0
VISIBLE_WIDTH_MM = 1.5
_HIDING_STEEL_MM = 0.1

LEAKS = ("canal", "disc_superior", "disc_inferior", "vein", "paravertebral", "embolus")


@dataclass(frozen=True, slots=True)
class LevelTruth:
    """One treated level in one frame.

    Parameters
    ----------
    name : str
    area_mm2, outside_mm2 : float
        Projected cement of this level, all of it and the part outside the outline of its body.
    distances_mm : mapping of str to (float or None)
        To ``posterior_wall``, ``anterior_wall``, ``superior_endplate``, ``inferior_endplate``: positive
        while all cement is inside, otherwise minus how far it is beyond. To ``vein``: 0 on contact. None
        where there is no cement or the structure is not seen in this projection.
    volume_ml : float
        In the body.
    leaked_ml : mapping of str to float
        By leak class, all of `LEAKS`.
    shift_px : (float, float)
        Displacement of the level's centre from the first frame, x then y.
    rotation_rad : float
        Turn from the first frame, clockwise as seen.
    """

    name: str
    area_mm2: float
    outside_mm2: float
    distances_mm: Mapping[str, float | None]
    volume_ml: float
    leaked_ml: Mapping[str, float]
    shift_px: tuple[float, float]
    rotation_rad: float


@dataclass(frozen=True, slots=True, eq=False)
class FrameTruth:
    """One frame.

    Parameters
    ----------
    frame : int
    time_s : float
    thickness_mm : ndarray, shape (rows, columns), float32
        Cement along the beam, in the coordinates of this frame. What fills the cannula does not count.
    mask : ndarray, shape (rows, columns), bool
        Where that is at least `CEMENT_AT_MM`.
    levels : tuple of LevelTruth
    """

    frame: int
    time_s: float
    thickness_mm: Image
    mask: Mask
    levels: tuple[LevelTruth, ...]


@dataclass(frozen=True, slots=True)
class LeakTruth:
    """A leak of the run.

    Parameters
    ----------
    level, leak_class : str
    first_present_frame : int
        First frame in which any of it exists.
    first_visible_frame : int or None
        First frame in which it can be seen in this projection: at least `CEMENT_AT_MM` thick outside the
        outline of the body, not behind the cannula or other cement, at least `VISIBLE_WIDTH_MM` wide
        and `VISIBLE_AREA_MM2` large. None: never.
    """

    level: str
    leak_class: str
    first_present_frame: int
    first_visible_frame: int | None


class Truth:
    """Truth of a scene, worked out frame by frame when asked.

    Parameters
    ----------
    scene : Scene
    flow : Flow
        How far the cement is at a time; None: it goes on steadily.
    """

    def __init__(self, scene: Scene, flow: Flow | None = None) -> None:
        self._scene = scene
        self._flow = flow or Steady()
        self._renderer = Renderer(scene, self._flow)
        self._zones = {level.placed.vertebra.name: zones_of(level) for level in scene.treated}
        self._leaks: tuple[LeakTruth, ...] | None = None

    @property
    def frame_count(self) -> int:
        """Number of frames of the run."""
        return self._scene.frame_count

    def truth_at(self, frame: int) -> FrameTruth:
        """Truth of one frame, from 0."""
        time_s = self._scene.time_s(frame)
        shown_s = self._scene.shown_s(frame)
        thickness = self._renderer.cement_mm(shown_s)
        levels = tuple(self._level(level, shown_s) for level in self._scene.treated)
        return FrameTruth(frame, time_s, thickness, thickness >= CEMENT_AT_MM, levels)

    def leaks(self, frames: int | None = None) -> tuple[LeakTruth, ...]:
        """All leaks of the run, in the order in which they appear; or those of so many first frames."""
        if self._leaks is None or frames is not None:
            last = self._scene.frame_count if frames is None else min(frames, self._scene.frame_count)
            found = [leak for level in self._scene.treated for leak in self._leaks_of(level, last)]
            leaks = tuple(sorted(found, key=lambda leak: leak.first_present_frame))
            if frames is not None:
                return leaks
            self._leaks = leaks
        return self._leaks

    def leak_shows(self, level: SceneLevel, time_s: float) -> bool:
        """Whether any leak of a level can be seen at a time, as in `LeakTruth`."""
        zones = self._zones[level.placed.vertebra.name]
        kinds = {cloud.kind for cloud in level.growth.clouds} if level.growth is not None else set()
        return any(self._visible(level, zones, kind, time_s) for kind in kinds - {"body"})

    def wall_mm(self, level: SceneLevel, time_s: float) -> float | None:
        """Signed distance (mm) of a level's cement from the posterior wall at a time; None: not known."""
        signed_mm = self._zones[level.placed.vertebra.name].signed_mm.get("posterior_wall")
        there = self._cement(level, time_s) >= CEMENT_AT_MM
        return None if signed_mm is None else _nearest(signed_mm, there)

    def front(self, level: SceneLevel, time_s: float) -> tuple[Floats, Floats] | None:
        """Where cement is nearest to the posterior wall, or farthest beyond, and the wall's nearest point.

        Both in the level's plane (mm), shape (2,). None: no cement, or no such wall in this projection.
        """
        signed_mm = self._zones[level.placed.vertebra.name].signed_mm.get("posterior_wall")
        there = self._cement(level, time_s) >= CEMENT_AT_MM
        if signed_mm is None or not there.any():
            return None
        row, column = np.unravel_index(int(np.argmin(np.where(there, signed_mm, np.inf))), there.shape)
        at = np.array([float(column), float(row)]) * PLANE_MM + level.cement_origin_mm()
        wall = level.outline["posterior_wall"]
        steps = np.linspace(0, len(wall) - 1, 20 * len(wall))
        along = np.stack([np.interp(steps, np.arange(len(wall)), wall[:, axis]) for axis in (0, 1)], axis=1)
        return at, along[int(np.argmin(np.linalg.norm(along - at, axis=1)))]

    def _cement(self, level: SceneLevel, time_s: float, kind: str | None = None) -> Image:
        grown_s = self._flow.grown_s(time_s)
        return level.cement_mm(grown_s, kind, drop_s=drop_s(level.growth, self._flow, time_s)).values

    def _level(self, level: SceneLevel, time_s: float) -> LevelTruth:
        zones = self._zones[level.placed.vertebra.name]
        there = self._cement(level, time_s) >= CEMENT_AT_MM
        leaked = dict.fromkeys(LEAKS, 0.0)
        volume_ml = 0.0
        growth = level.growth
        if growth is not None:
            grown_s, left_s = self._flow.grown_s(time_s), drop_s(growth, self._flow, time_s)
            for cloud in growth.clouds:
                if cloud.kind == "body":
                    volume_ml += cloud.volume_ml(grown_s)
                else:
                    leaked[cloud.kind] += cloud.volume_ml(grown_s)
            if growth.drop is not None and left_s is not None and left_s >= growth.drop.start_s:
                leaked["embolus"] += growth.drop.volume_ml
        now, first = self._scene.to_px(level, time_s), self._scene.to_px(level, 0.0)
        moved = now[:, 2] - first[:, 2]
        cell_mm2 = PLANE_MM**2
        return LevelTruth(
            name=level.placed.vertebra.name,
            area_mm2=float(there.sum()) * cell_mm2,
            outside_mm2=float((there & ~zones.body).sum()) * cell_mm2,
            distances_mm={name: _nearest(field, there) for name, field in zones.signed_mm.items()},
            volume_ml=volume_ml,
            leaked_ml=leaked,
            shift_px=(float(moved[0]), float(moved[1])),
            rotation_rad=self._scene.level_turn_rad(time_s) - self._scene.level_turn_rad(0.0),
        )

    def _leaks_of(self, level: SceneLevel, last: int) -> list[LeakTruth]:
        if level.growth is None:
            return []
        starts = {c.kind: c.first_s for c in level.growth.clouds if c.kind != "body" and len(c.arrival_s)}
        if level.growth.drop is not None:
            starts["embolus"] = level.growth.drop.start_s
        found = []
        for kind, grown_s in starts.items():
            start_s = self._begins_s(level.growth, kind, grown_s)
            if start_s is None:
                continue
            first = int(np.floor(start_s * self._scene.settings.frame_rate_hz)) + 1
            if first < last:
                seen = self._first_visible(level, kind, first, last)
                found.append(LeakTruth(level.placed.vertebra.name, kind, first, seen))
        return found

    def _begins_s(self, growth: LevelGrowth, kind: str, grown_s: float) -> float | None:
        """Time at which a leak begins that does so at a time of growth; None: it does not."""
        if kind != "embolus" or growth.drop is None:
            return self._flow.reached_s(grown_s)
        torn_s = growth.drop.start_s - EMBOLUS_AFTER_S
        since_s = self._flow.reached_s(torn_s)
        return None if since_s is None else since_s + EMBOLUS_AFTER_S

    def _first_visible(self, level: SceneLevel, kind: str, first: int, last: int) -> int | None:
        zones = self._zones[level.placed.vertebra.name]
        growth = level.growth
        if kind == "embolus" and growth is not None and growth.drop is not None:
            run_mm = float(np.linalg.norm(np.diff(growth.drop.path_mm, axis=0), axis=1).sum())
            left_s = self._begins_s(growth, kind, growth.drop.start_s) or 0.0
            gone_s = left_s + run_mm / growth.drop.speed_mm_s
            last = min(last, int(gone_s * self._scene.settings.frame_rate_hz) + 2)
        for frame in range(first, last):
            if self._visible(level, zones, kind, self._scene.shown_s(frame)):
                return frame
        return None

    def _visible(self, level: SceneLevel, zones: Zones, kind: str, time_s: float) -> bool:
        own = self._cement(level, time_s, kind)
        if not (own >= CEMENT_AT_MM).any():
            return False
        others = self._cement(level, time_s) - own
        seen = (own >= CEMENT_AT_MM) & ~zones.body & (others < CEMENT_AT_MM)
        seen &= ~self._hidden(level, time_s, seen.shape)
        return wide_area_mm2(seen) >= VISIBLE_AREA_MM2

    def _hidden(self, level: SceneLevel, time_s: float, shape: tuple[int, ...]) -> Mask:
        """Where the level's plane is behind steel, behind another level's cement, or out of the field."""
        steel = self._renderer.steel_mm(time_s)
        covered = (steel > _HIDING_STEEL_MM) | (self._renderer.open_field(time_s) < 0.5)
        to_px = self._scene.to_px(level, time_s)
        index_to_px = np.column_stack(
            [to_px[:, :2] * PLANE_MM, to_px[:, :2] @ np.asarray(level.cement_origin_mm()) + to_px[:, 2]]
        )
        back = cv2.warpAffine(
            covered.astype(np.uint8),
            index_to_px,
            (shape[1], shape[0]),
            flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP,
            borderValue=1,
        )
        return np.asarray(back, dtype=bool)


def wide_area_mm2(seen: Mask) -> float:
    """Largest connected area (mm2) of the part of a mask in a level's plane that is wide enough."""
    size = round(VISIBLE_WIDTH_MM / PLANE_MM)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    opened = cv2.morphologyEx(seen.astype(np.uint8), cv2.MORPH_OPEN, disc)
    _, _, stats, _ = cv2.connectedComponentsWithStats(opened, connectivity=8)
    largest = float(stats[1:, cv2.CC_STAT_AREA].max()) if len(stats) > 1 else 0.0
    return largest * PLANE_MM**2


def _nearest(signed_mm: Image, there: Mask) -> float | None:
    return float(signed_mm[there].min()) if there.any() else None
