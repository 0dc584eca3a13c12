"""What is drawn and listed for a level: its structures on the frame, and which zones are watched."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from monitor.front import outlines
from monitor.grid import Grid
from monitor.plan import WALLS, Level, as_array
from monitor.result import Contour, Pose, Watch, Zone
from monitor.volume import DensityCalibration
from monitor.zones import LevelMaps, ZoneLabel

_HIDDEN_SHARE = 0.15
_NEAR_MM = 15.0

_WATCHED = {
    "posterior wall": (None, "posterior_wall"),
    "anterior wall": (None, "anterior_wall"),
    "disc above": (ZoneLabel.DISC_SUPERIOR, "superior_endplate"),
    "disc below": (ZoneLabel.DISC_INFERIOR, "inferior_endplate"),
    "canal": (ZoneLabel.CANAL, "posterior_wall"),
    "veins": (ZoneLabel.VEIN, "vein"),
    "foramen": (ZoneLabel.FORAMEN, "foramen"),
}


class Structures:
    """The marked structures of a level, ready to be moved onto a frame."""

    def __init__(self, level: Level, maps: LevelMaps, grid: Grid) -> None:
        lines: dict[str, list[NDArray[np.float64]]] = {"body": [as_array(level.body)]}
        for name in WALLS:
            path = level.wall(name)
            if path is not None:
                lines[name] = [as_array(path)]
        if level.veins:
            lines["vein"] = [as_array(v.path) for v in level.veins]
        if level.foramen is not None:
            lines["foramen"] = [as_array(level.foramen)]
        if level.cannulas:
            lines["cannula"] = [as_array(c.path) for c in level.cannulas]
        if level.posterior_wall is not None and maps.depth_mm is not None:
            wall = as_array(level.posterior_wall)
            depth_px = maps.depth_mm / grid.mm_per_px * grid.binning
            centre = as_array(level.body).mean(axis=0)
            lines["posterior_third"] = [_inward(wall, centre, depth_px / 3)]
            lines["posterior_quarter"] = [_inward(wall, centre, depth_px / 4)]
        self._lines = lines
        self._hidden = [grid.to_frame(line + maps.window.origin) for line in outlines(maps.cannula)]

    def on_frame(self, pose: Pose) -> Mapping[str, tuple[Contour, ...]]:
        """Structures where they are in the frame (px)."""
        return {
            name: tuple(pose.to_frame(line).astype(np.float32) for line in lines)
            for name, lines in self._lines.items()
        }

    def hidden_on_frame(self, pose: Pose) -> tuple[Contour, ...]:
        """Outlines of what cannot be observed, on the frame (px)."""
        return tuple(pose.to_frame(line).astype(np.float32) for line in self._hidden)


def watched_zones(
    maps: LevelMaps,
    visible: NDArray[np.bool_] | None,
    need: NDArray[np.float32] | None,
    density: DensityCalibration | None,
) -> tuple[Zone, ...]:
    """List the zones, whether each is watched, and the thinnest cement that would be seen now.

    Parameters
    ----------
    visible : ndarray of bool or None
        Where cement could be seen; None: nothing is watched now.
    need : ndarray of float32 or None
        Added attenuation that would be confirmed within a second (log units).
    density : DensityCalibration or None
        Without it the thickness is not known.
    """
    zones: list[Zone] = []
    for words, (label, structure) in _WATCHED.items():
        if structure not in maps.distance_mm:
            zones.append(Zone(words, Watch.NOT_MARKED, None))
            continue
        if visible is None or need is None:
            zones.append(Zone(words, Watch.NOT_WATCHED, None))
            continue
        near = np.abs(maps.distance_mm[structure]) < (3.0 if label is None else _NEAR_MM)
        where = maps.body if label is None else maps.zone == label
        if label is ZoneLabel.VEIN:
            # a vein is watched along its whole marked course, in the body and out of it
            near, where = maps.distance_mm[structure] < 2.0, np.ones(maps.body.shape, bool)
        place = near & maps.relevant[structure] & where
        if not place.any():
            zones.append(Zone(words, Watch.NOT_WATCHED, None))
            continue
        hidden = 1.0 - float(visible[place].mean())
        seen = place & visible
        thinnest = None
        if density is not None and seen.any():
            thinnest = float(np.percentile(need[seen], 75)) / density.attenuation_per_mm
        watch = Watch.PARTLY if hidden > _HIDDEN_SHARE else Watch.WATCHED
        zones.append(Zone(words, watch, thinnest))
    return tuple(zones)


def _inward(wall: NDArray[np.float64], centre: NDArray[np.float64], by_px: float) -> NDArray[np.float64]:
    """A wall moved into the body, across its chord."""
    chord = wall[-1] - wall[0]
    normal = np.array([-chord[1], chord[0]]) / max(float(np.hypot(*chord)), 1e-9)
    if float((centre - wall.mean(axis=0)) @ normal) < 0:
        normal = -normal
    moved: NDArray[np.float64] = wall + normal * by_px
    return moved
