"""From the cement of one pulse to everything that is told of a level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.config import Config
from monitor.describe import Structures, WatchedZones
from monitor.embolus import Embolus
from monitor.extension import ExtensionWatch
from monitor.front import DANGEROUS, Advance, FrontHistory, Gap, gaps, outlines
from monitor.grid import Grid
from monitor.injection import Injection
from monitor.leaks import LeakPart, leak_parts, outside_body
from monitor.masks import around
from monitor.plan import Level, View
from monitor.result import Approach, Contour, Distance, Leak, LevelResult, Pose, Zone
from monitor.states import Reason, worst
from monitor.thickness import areas_by_added
from monitor.volume import DensityCalibration, Seen, behind_steel, look, volume_of
from monitor.zones import LevelMaps

Float32 = NDArray[np.float32]
Bool = NDArray[np.bool_]
Vector = NDArray[np.float64]

_MARGIN_MM = 8.0


@dataclass(frozen=True, slots=True, eq=False)
class CementEvidence:
    """Cement of a level in reference coordinates; every array has the window's shape.

    Parameters
    ----------
    mask : ndarray of bool
        Cement.
    reach : ndarray of bool
        The same, and where more of it may be hidden.
    added, noise : ndarray of float32
        Averaged added attenuation and the noise of a single pulse (log units).
    hidden : ndarray of bool
        Cannulas that cannot be seen through.
    noise_correlation : float or None
        Correlation of the noise from pulse to pulse.
    excess : ndarray of float32, or None
        `CementEdge.excess`.
    """

    mask: Bool
    reach: Bool
    added: Float32
    noise: Float32
    hidden: Bool
    noise_correlation: float | None = None
    excess: Float32 | None = None


class LevelFindings:
    """Measures the cement of one level. Keeps the history of the front and the onset of each leak."""

    def __init__(
        self,
        view: View,
        level: Level,
        grid: Grid,
        maps: LevelMaps,
        own: Bool,
        config: Config,
        density: DensityCalibration | None,
        watched: WatchedZones,
    ) -> None:
        self._watched = watched
        self._name = level.name
        self._view, self._grid, self._maps, self._own = view, grid, maps, own
        self._config = config
        self.injection = Injection(density, view.scale.relative_uncertainty, config.volume)
        self._extension = ExtensionWatch(grid.mm_per_px, config.extension)
        self._structures = Structures(level, maps, grid)
        self._body_pixels = int(maps.body.sum())
        self._history = FrontHistory(config.front)
        self._onsets: dict[tuple[str, bool], int] = {}
        self._veins = np.zeros(maps.window.shape, bool)

    def adopt(self, level: Level, maps: LevelMaps, watched: WatchedZones) -> None:
        """Structures have been derived: measure to them from now on."""
        self._maps, self._watched = maps, watched
        self._structures = Structures(level, maps, self._grid)

    def interrupt(self) -> None:
        """Monitoring was interrupted: no speed may be taken across the gap."""
        self._history.clear()
        self._extension.clear()

    def nothing(self, pose: Pose, reasons: tuple[Reason, ...]) -> LevelResult:
        """Nothing is known but where the structures are, and that only with a trusted pose."""
        self.interrupt()
        return LevelResult(
            name=self._name,
            state=worst(reasons),
            pose=pose,
            structures_px=self._structures.on_frame(pose) if pose.trusted else None,
            zones=self._watched.now(None, None),
            derived=self._maps.derived,
        )

    def describe(
        self,
        pose: Pose,
        evidence: CementEvidence,
        reasons: tuple[Reason, ...],
        zones: tuple[Zone, ...],
        time_s: float,
        now_ns: int,
    ) -> LevelResult:
        """Measure the cement of a pulse.

        Parameters
        ----------
        time_s : float
            Time of the frame (s), for speeds.
        now_ns : int
            Time that alarms go by (ns), for onsets.
        """
        config, mm = self._config, self._grid.mm_per_px
        # all that follows looks at the cement and a little around it, not at the whole window
        part = around(evidence.reach, round(_MARGIN_MM / mm))
        maps, own = self._maps.cropped(part), self._own[part]
        mask, added, noise = evidence.mask[part], evidence.added[part], evidence.noise[part]
        scale_sd = self._view.scale.relative_uncertainty
        excess = None if evidence.excess is None else evidence.excess[part]
        found = gaps(mask, evidence.reach[part], maps, mm, scale_sd, pose.sigma_mm, config.front, excess)
        advances = self._history.advance(found, time_s)
        outside = outside_body(mask, maps, own, config.leak)
        veins = self._veins[part]
        parts = leak_parts(mask, outside, maps, mm, self._view.projection, config.leak, veins)
        for leak in parts:
            if leak.leak_class == "vein":
                veins |= leak.pixels
        filled = behind_steel(added, mask, evidence.hidden[part], mm)
        seen = look(filled, mask, noise, mm, evidence.hidden[part]) if mask.any() else None
        area_mm2 = np.count_nonzero(mask) * mm**2
        injected = self.injection.follow(
            seen, area_mm2, {name: gap.value_mm for name, gap in found.items()}, now_ns
        )
        density = self.injection.density
        ml = sd_ml = None
        if density is not None:
            ml, sd_ml = (0.0, 0.0) if seen is None else volume_of(seen, scale_sd, density, config.volume)
        running = self._extension.follow(evidence.mask, time_s)
        speed, contact = _most_pressing(advances)
        origin = maps.window.origin
        return LevelResult(
            name=self._name,
            state=worst(reasons),
            pose=pose,
            contours_px=tuple(self._on_frame(line, origin, pose) for line in outlines(mask)),
            structures_px=self._structures.on_frame(pose),
            unobservable_px=self._structures.hidden_on_frame(evidence.hidden, pose),
            distances=self._distances(found, origin, pose),
            area_mm2=area_mm2,
            outside_mm2=np.count_nonzero(outside) * mm**2,
            front_speed_mm_s=speed,
            time_to_contact_s=contact,
            approaches={name: Approach(a.speed_mm_s, a.time_to_contact_s) for name, a in advances.items()},
            volume_ml=ml,
            volume_sd_ml=sd_ml,
            fill_fraction=np.count_nonzero(mask & maps.body) / self._body_pixels
            if self._body_pixels
            else None,
            leaks=tuple(self._leak(leak, added, origin, pose, now_ns) for leak in parts),
            zones=zones,
            derived=maps.derived,
            volume_relative=density is not None and density.is_relative,
            volume_method=None if density is None else density.method,
            injected_ml=injected.injected_ml,
            unseen_ml=injected.unseen_ml,
            unseen_sd_ml=injected.unseen_sd_ml,
            standing_ml=injected.standing_ml,
            still_s=injected.still_s,
            extension_mm_s=None if running is None else running.speed_mm_s,
            noise_correlation=evidence.noise_correlation,
        )

    def _leak(self, part: LeakPart, added: Float32, origin: Vector, pose: Pose, now_ns: int) -> Leak:
        onset = self._onsets.setdefault((part.leak_class, part.detached), now_ns)
        ml = None
        density = self.injection.density
        if density is not None:
            areas = areas_by_added(added[part.pixels].clip(0), self._grid.mm_per_px**2)
            scale_sd = self._view.scale.relative_uncertainty
            ml = volume_of(Seen(areas, 0.0), scale_sd, density, self._config.volume)[0]
        return Leak(
            part.leak_class,
            part.area_mm2,
            ml,
            onset,
            part.detached,
            self._point(part.centre, origin, pose),
            part.ambiguous_with,
        )

    def carried_away(self, embolus: Embolus, pose: Pose, now_ns: int) -> Leak:
        """An embolus as a leak; how much it is cannot be told."""
        onset = self._onsets.setdefault(("embolus", True), now_ns)
        centre = self._point((embolus.x, embolus.y), self._maps.window.origin, pose)
        return Leak("embolus", embolus.area_mm2, None, onset, True, centre)

    def _distances(self, found: Mapping[str, Gap], origin: Vector, pose: Pose) -> Mapping[str, Distance]:
        points = self._points([point for gap in found.values() for point in (gap.at, gap.to)], origin, pose)
        return {
            name: Distance(gap.value_mm, gap.low_mm, *points[2 * k : 2 * k + 2])
            for k, (name, gap) in enumerate(found.items())
        }

    def _point(self, window_px: tuple[float, float], origin: Vector, pose: Pose) -> tuple[float, float]:
        return self._points([window_px], origin, pose)[0]

    def _points(
        self, window_px: Sequence[tuple[float, float]], origin: Vector, pose: Pose
    ) -> list[tuple[float, float]]:
        if not window_px:
            return []
        moved = self._on_frame(np.array(window_px, np.float32), origin, pose)
        return [(x, y) for x, y in moved.tolist()]

    def _on_frame(self, line: NDArray[np.float32], origin: Vector, pose: Pose) -> Contour:
        return pose.to_frame(self._grid.to_frame(line + origin)).astype(np.float32)


def _most_pressing(advances: Mapping[str, Advance]) -> tuple[float | None, float | None]:
    """Speed and time to contact of the dangerous structure that is reached first."""
    found = {name: advance for name, advance in advances.items() if name in DANGEROUS}
    if not found:
        return None, None
    first = min(found.values(), key=lambda a: (a.time_to_contact_s or np.inf, -a.speed_mm_s))
    return first.speed_mm_s, first.time_to_contact_s
