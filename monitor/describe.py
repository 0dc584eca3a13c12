"""What is drawn and listed for a level: its structures on the frame, and which zones are watched."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import cast

import numpy as np
from numpy.typing import NDArray

from monitor.config import CementConfig
from monitor.front import outlines
from monitor.grid import Grid
from monitor.plan import WALLS, Level, as_array
from monitor.result import Contour, Pose, Watch, Zone
from monitor.robust import quantile
from monitor.volume import DensityCalibration
from monitor.zones import LevelMaps, ZoneLabel

_HIDDEN_SHARE = 0.15
_NEAR_MM = 15.0
_WALL_NEAR_MM = 3.0
_VEIN_NEAR_MM = 2.0
_MOST_SAMPLES = 1500

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
        every = [path for paths in lines.values() for path in paths]
        ends = itertools.accumulate((len(path) for path in every), initial=0)
        parts = (slice(first, last) for first, last in itertools.pairwise(ends))
        self._parts = {name: tuple(itertools.islice(parts, len(paths))) for name, paths in lines.items()}
        self._points = np.concatenate(every)
        self._grid, self._origin = grid, maps.window.origin
        self._hidden_mask: NDArray[np.bool_] | None = None
        self._hidden: list[NDArray[np.float64]] = []

    def on_frame(self, pose: Pose) -> Mapping[str, tuple[Contour, ...]]:
        """Structures where they are in the frame (px)."""
        points = pose.to_frame(self._points).astype(np.float32)
        return {name: tuple(points[part] for part in parts) for name, parts in self._parts.items()}

    def hidden_on_frame(self, hidden: NDArray[np.bool_], pose: Pose) -> tuple[Contour, ...]:
        """Outlines of what cannot be observed (a mask over the window), on the frame (px)."""
        if self._hidden_mask is not hidden:
            self._hidden_mask = hidden
            self._hidden = [self._grid.to_frame(line + self._origin) for line in outlines(hidden)]
        return tuple(pose.to_frame(line).astype(np.float32) for line in self._hidden)


class WatchedZones:
    """The zones of a level: which are marked, and where each lies (a sample of its pixels)."""

    def __init__(self, maps: LevelMaps, density: DensityCalibration | None) -> None:
        self._density, self._derived = density, maps.derived
        self._places = {
            words: _place(maps, label, structure) for words, (label, structure) in _WATCHED.items()
        }

    def now(self, visible: NDArray[np.bool_] | None, need: NDArray[np.float32] | None) -> tuple[Zone, ...]:
        """List the zones, whether each is watched, and the thinnest cement that would be seen now.

        Parameters
        ----------
        visible : ndarray of bool or None
            Where cement could be seen; None: nothing is watched now.
        need : ndarray of float32 or None
            Added attenuation that would be confirmed within a second (log units). Where no density is
            known the thickness is not known either.
        """
        return tuple(
            self._zone(self._named(words), place, visible, need) for words, place in self._places.items()
        )

    def _named(self, words: str) -> str:
        return f"{words} (derived)" if _WATCHED[words][1] in self._derived else words

    def _zone(
        self,
        words: str,
        place: NDArray[np.intp] | None,
        visible: NDArray[np.bool_] | None,
        need: NDArray[np.float32] | None,
    ) -> Zone:
        if place is None:
            return Zone(words, Watch.NOT_MARKED, None)
        if visible is None or need is None or not place.size:
            return Zone(words, Watch.NOT_WATCHED, None)
        seen = visible.ravel()[place]
        if not seen.any():
            return Zone(words, Watch.NOT_WATCHED, None)
        thinnest = None
        if self._density is not None:
            thinnest = quantile(need.ravel()[place[seen]], 0.75) / self._density.attenuation_per_mm
        return Zone(words, Watch.WATCHED if seen.mean() >= 1 - _HIDDEN_SHARE else Watch.PARTLY, thinnest)


def minimum_detectable_added(
    noise: NDArray[np.float32], dead_zone: NDArray[np.float32], pulse_interval_s: float, config: CementConfig
) -> NDArray[np.float32]:
    """Attenuation that would be confirmed within one second beside known cement, per pixel (log units).

    From the CUSUM's drift: a residual d gathers (d - delta)/sigma - k per pulse.
    """
    pulses = max(1.0, 1.0 / max(pulse_interval_s, 1e-3))
    need = config.drift_per_pulse + config.threshold / pulses
    return cast(NDArray[np.float32], dead_zone + noise * np.float32(need))


def _place(maps: LevelMaps, label: ZoneLabel | None, structure: str) -> NDArray[np.intp] | None:
    """Flat indices of a zone's pixels, a sample of them; None where its structure is not marked."""
    distance = maps.distance_mm.get(structure)
    if distance is None:
        return None
    if label is ZoneLabel.VEIN:
        # a vein is watched along its whole marked course, in the body and out of it
        place = distance < _VEIN_NEAR_MM
    elif label is None:
        place = (np.abs(distance) < _WALL_NEAR_MM) & maps.body
    else:
        place = (np.abs(distance) < _NEAR_MM) & (maps.zone == label)
    indices = np.flatnonzero(place & maps.relevant[structure])
    return indices[:: 1 + len(indices) // _MOST_SAMPLES]


def _inward(wall: NDArray[np.float64], centre: NDArray[np.float64], by_px: float) -> NDArray[np.float64]:
    """A wall moved into the body, across its chord."""
    chord = wall[-1] - wall[0]
    normal = np.array([-chord[1], chord[0]]) / max(float(np.hypot(*chord)), 1e-9)
    if float((centre - wall.mean(axis=0)) @ normal) < 0:
        normal = -normal
    moved: NDArray[np.float64] = wall + normal * by_px
    return moved
