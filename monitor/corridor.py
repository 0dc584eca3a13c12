"""Cannulas: where they are in the image, and how cement is told through them.

Steel weakens the beam but does not end it: cement behind a cannula adds its attenuation all the same. What
stands in the way is the cannula's own content, since the stylet goes and cement fills the lumen. Both are
the same all along the shaft, so the part outside the body tells what to take away from the part inside.
Where there is no such part, cement behind the cannula cannot be told and the corridor counts as hidden.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.config import CorridorConfig
from monitor.grid import Grid, Window
from monitor.intensity import low_pass
from monitor.masks import dilated
from monitor.plan import Level, as_array
from monitor.zones import grown

Float32 = NDArray[np.float32]
Bool = NDArray[np.bool_]
Vector = NDArray[np.float64]

_HALO_MM = 1.0
"""Around a marked cannula that the image does not show: the mark may be that far off."""
_EDGE_MM = 0.6
_OUTSIDE_MM = 4.0
_SAMPLES = 40
_SHARES = (0.8, 0.65, 0.5, 0.4)
_GOES_ON = 0.4
_FOOT = 0.3
_GONE = 0.8
_STEADY_S = 0.25
_FILLS_S = 4.0
_EMPTIES_S = 1.5
_LARGEST_GAP_MM = 4.0
_FROM_OUTSIDE_MM = 3.0
_CROSSING_MM = 2.5
_BACKGROUND_MM = 6.0
_FIELD_EDGE_MM = 1.0
"""So near to the edge of the field the penumbra is darker than any steel."""
_STEEP = 0.28
"""Sine of the least angle between a cannula and the outline that it crosses."""


@dataclass(frozen=True, slots=True, eq=False)
class Axis:
    """A straight cannula in window px: from its tip or any end to the other, and its diameter."""

    start: Vector
    end: Vector
    diameter_px: float

    @property
    def along(self) -> Vector:
        """Unit vector from start to end."""
        run: Vector = (self.end - self.start) / max(float(np.hypot(*(self.end - self.start))), 1e-9)
        return run

    def coordinates(self, shape: tuple[int, int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Position along the axis from its start, and lateral offset, of every pixel (px)."""
        rows, columns = np.indices(shape, dtype=np.float64)
        x, y = columns - self.start[0], rows - self.start[1]
        (ux, uy) = self.along
        return x * ux + y * uy, y * ux - x * uy

    @property
    def length_px(self) -> float:
        """From start to end."""
        return float(np.hypot(*(self.end - self.start)))


def marked_axes(level: Level, grid: Grid, window: Window) -> list[Axis]:
    """The operator's cannulas in window px, each taken to be straight."""
    axes = []
    for cannula in level.cannulas:
        points = grid.to_work(as_array(cannula.path)) - window.origin
        axes.append(Axis(points[0], points[-1], cannula.outer_diameter_mm / grid.mm_per_px))
    return axes


def find_cannulas(
    reference: Float32,
    body_distance_mm: Float32,
    mm_per_px: float,
    config: CorridorConfig,
    seen: Bool | None = None,
) -> list[Axis]:
    """Straight steel that runs from outside into the body.

    Parameters
    ----------
    reference : ndarray, shape (rows, columns), float32
        Attenuation of the reference (log units).
    body_distance_mm : ndarray, same shape
        Signed distance to the outline, positive inside: endplates and walls run along it, cannulas across.
    seen : ndarray of bool, same shape, or None
        What is in the field of view; None: all. No steel comes near to the attenuation beyond the field.
    """
    if seen is None or seen.all():
        low = low_pass(reference, None, _BACKGROUND_MM / mm_per_px)
        seen = np.ones(reference.shape, bool)
    else:
        seen = ~dilated(~seen, max(1, round(_FIELD_EDGE_MM / mm_per_px)))
        low = low_pass(reference, seen.astype(np.float32), _BACKGROUND_MM / mm_per_px)
        reference = np.where(seen, reference, low)
    kept = seen[::2, ::2]
    if not kept.any():
        return []
    top = cv2.GaussianBlur(reference, (0, 0), max(0.5, 0.3 / mm_per_px))
    top = cv2.subtract(top, low)
    peak = float(np.percentile(top[::2, ::2][kept], 99.7))
    # steel behind a thick patient is no darker than cortical bone, but straighter: look from the top down
    for share in _SHARES:
        threshold = share * peak
        if threshold < config.steel_contrast:
            break
        found = [
            _prolonged(_whole_width(axis, reference, mm_per_px, config), reference, mm_per_px)
            for axis in _strips(top > threshold, body_distance_mm, mm_per_px, config)
        ]
        found = [axis for axis in found if _enters(axis, body_distance_mm, mm_per_px)]
        if found:
            return found
    return []


def _enters(axis: Axis, body_distance_mm: Float32, mm_per_px: float) -> bool:
    """Whether an axis comes from outside and crosses the outline steeply: endplates run along it."""
    s = np.arange(0.0, axis.length_px + 1.0, dtype=np.float32)
    depth = _along(axis, s, np.zeros(1, np.float32), body_distance_mm).ravel()
    if float(depth.min()) > -_FROM_OUTSIDE_MM:
        return False
    reach = max(1, round(_CROSSING_MM / mm_per_px))
    crossings = np.flatnonzero(np.diff(depth > 0))
    first, last = np.maximum(crossings - reach, 0), np.minimum(crossings + 1 + reach, len(s) - 1)
    slope = np.abs(depth[last] - depth[first]) / (np.maximum(last - first, 1) * mm_per_px)
    return bool((slope > _STEEP).any())


def _strips(strong: Bool, body_distance_mm: Float32, mm_per_px: float, config: CorridorConfig) -> list[Axis]:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(strong.view(np.uint8), connectivity=8)
    found = []
    for k in range(1, count):
        if stats[k, cv2.CC_STAT_AREA] * mm_per_px**2 < config.shortest_mm * config.thinnest_mm:
            continue
        pixels = labels == k
        axis = _straight(pixels, mm_per_px, config)
        inside = body_distance_mm[pixels]
        if axis is not None and inside.max() > config.tip_inside_mm and inside.min() < 0:
            found.append(axis)
    return found


def _straight(pixels: Bool, mm_per_px: float, config: CorridorConfig) -> Axis | None:
    """Axis of a component, None where it is not a long straight strip."""
    points = np.argwhere(pixels)[:, ::-1].astype(np.float64)
    centre = points.mean(axis=0)
    _, vectors = np.linalg.eigh(np.cov((points - centre).T))
    run = vectors[:, 1]
    along = (points - centre) @ run
    across = (points - centre) @ np.array([-run[1], run[0]])
    length_px = float(np.ptp(along)) + 1.0
    width_px = len(points) / length_px
    if length_px * mm_per_px < config.shortest_mm or length_px < 4.0 * width_px:
        return None
    if not config.thinnest_mm <= width_px * mm_per_px <= config.thickest_mm:
        return None
    if float(across.std()) > 1.6 * width_px / np.sqrt(12.0):
        return None
    return Axis(centre + along.min() * run, centre + along.max() * run, width_px)


def _whole_width(axis: Axis, reference: Float32, mm_per_px: float, config: CorridorConfig) -> Axis:
    """The same axis with the diameter at which the shaft sinks into what is beside it."""
    half = config.thickest_mm / mm_per_px
    s = np.arange(0.15 * axis.length_px, 0.95 * axis.length_px, dtype=np.float32)
    u = np.arange(-half, half + 0.5, 0.5, dtype=np.float32)
    strip = _along(axis, s, u, reference)
    profile = np.median(strip, axis=0)
    level = np.minimum(profile[: len(u) // 4].min(), profile[-(len(u) // 4) :].min())
    middle = len(u) // 2
    core = profile[middle - 2 : middle + 3].max() - level
    above = profile - level > _FOOT * core
    first = last = middle
    while first > 0 and above[first - 1]:
        first -= 1
    while last < len(u) - 1 and above[last + 1]:
        last += 1
    width = float(u[last] - u[first])
    widest = min(config.thickest_mm / mm_per_px, 2.2 * axis.diameter_px)
    if not axis.diameter_px <= width <= widest:
        width = min(max(width, axis.diameter_px), widest)
    return Axis(axis.start, axis.end, width)


def sample_along(axis: Axis, s: Float32, u: Float32) -> tuple[Float32, Float32]:
    """Points x, y (window px) along an axis: positions along it in rows, lateral offsets in columns (px)."""
    (ux, uy) = axis.along
    x = (axis.start[0] + s[:, None] * ux - u[None] * uy).astype(np.float32)
    y = (axis.start[1] + s[:, None] * uy + u[None] * ux).astype(np.float32)
    return x, y


def _along(axis: Axis, s: Float32, u: Float32, image: Float32) -> Float32:
    """An image resampled along an axis: positions along it in rows, lateral offsets in columns."""
    x, y = sample_along(axis, s, u)
    return cast(Float32, cv2.remap(image, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def _prolonged(axis: Axis, reference: Float32, mm_per_px: float) -> Axis:
    """The same axis, followed at both ends as long as a strip stands out from what is beside it.

    Where a shaft crosses other bone its contrast to all around fails, that to its sides does not.
    """
    width = axis.diameter_px
    reach = int(np.hypot(*reference.shape))
    s = np.arange(-reach, int(axis.length_px) + reach + 1, dtype=np.float32)
    u = np.arange(-np.ceil(1.7 * width), np.ceil(1.7 * width) + 1, dtype=np.float32)
    strip = _along(axis, s, u, reference)
    core, sides = np.abs(u) < width / 3, (np.abs(u) > 0.9 * width)
    contrast = strip[:, core].mean(axis=1) - strip[:, sides].mean(axis=1)
    contrast = cv2.blur(contrast[:, None], (1, 2 * round(1.0 / mm_per_px) + 1)).ravel()
    piece = (s >= 0) & (s <= axis.length_px)
    enough = contrast > _GOES_ON * float(np.median(contrast[piece]))
    (rows, columns), (ux, uy) = reference.shape, axis.along
    x, y = axis.start[0] + s * ux, axis.start[1] + s * uy
    enough &= (x >= 0) & (x < columns) & (y >= 0) & (y < rows)
    gap = round(_LARGEST_GAP_MM / mm_per_px)
    first, last = int(np.flatnonzero(piece)[0]), int(np.flatnonzero(piece)[-1])
    ends = []
    for at, step in ((first, -1), (last, 1)):
        end = k = at
        while 0 <= k < len(s) and abs(k - end) <= gap:
            end = k if enough[k] else end
            k += step
        ends.append(float(s[end]))
    return Axis(axis.start + ends[0] * axis.along, axis.start + ends[1] * axis.along, width)


@dataclass(frozen=True, slots=True, eq=False)
class _Shaft:
    """A cannula that can be seen through.

    Its pixels, their lateral bin, samples of each bin outside the body, what they show, and the palest and
    darkest that its content has been in each bin; `contrast` is that of the whole shaft, summed over the
    bins (log units).
    """

    pixels: NDArray[np.intp]
    bins: NDArray[np.intp]
    yardstick: NDArray[np.intp]
    profile: Float32
    palest: Float32
    darkest: Float32
    contrast: float


class Corridor:
    """All cannulas of a level. `update` when the reference is learned, `see_through` for each pulse.

    Parameters
    ----------
    marked : sequence of Axis
        The operator's marks: a help where the image does not show the cannula.
    body_distance_mm : ndarray, shape of the window, float32
        Signed distance to the outline of the body, positive inside.
    """

    def __init__(
        self, marked: Sequence[Axis], body_distance_mm: Float32, mm_per_px: float, config: CorridorConfig
    ) -> None:
        self._marked, self._body_distance_mm = tuple(marked), body_distance_mm
        self._mm, self._config = mm_per_px, config
        self._shafts: tuple[_Shaft, ...] = ()
        self.steel: Bool = np.zeros(body_distance_mm.shape, bool)
        """Cannulas and their edges."""
        self.beside: Bool = self.steel
        """The same, and what lies near to them (`zones.grown`)."""
        self.hidden: Bool = self.steel
        """What of them cannot be seen through."""
        self.found: tuple[Axis, ...] = ()
        """Cannulas seen in the image."""
        self._take(())

    def update(self, reference: Float32, followed: Sequence[Axis] = (), seen: Bool | None = None) -> None:
        """Look for the cannulas in the reference, attenuation over the window (log units).

        `followed` are shafts that have been seen to come to lie there; taken where none is found. `seen` is
        what is in the field of view, None: all.
        """
        found = find_cannulas(reference, self._body_distance_mm, self._mm, self._config, seen) or followed
        self._take(found, reference)

    def see_through(self, residual: Float32, dt_s: float) -> Float32:
        """Residual without what the cannulas' own content adds or takes, same shape (log units).

        Parameters
        ----------
        residual : ndarray, shape of the window, float32
        dt_s : float
            Time since the pulse before (s).
        """
        if not self._shafts:
            return residual
        corrected = residual.copy()
        flat, source = corrected.ravel(), residual.ravel()
        for shaft in self._shafts:
            across = source[shaft.yardstick]
            middle = across.shape[1] // 2
            now = np.partition(across, middle, axis=1)[:, middle]
            shaft.profile[:] += np.float32(1 - np.exp(-dt_s / _STEADY_S)) * (now - shaft.profile)
            profile = shaft.profile
            if float(profile.sum()) < -_GONE * shaft.contrast:
                # not the content but the cannula itself is elsewhere: let that be seen
                continue
            # forget what the content was: soon how dark, since what is drawn out leaves the tip first
            shaft.palest[:] += np.float32(1 - np.exp(-dt_s / _FILLS_S)) * (profile - shaft.palest)
            shaft.darkest[:] += np.float32(1 - np.exp(-dt_s / _EMPTIES_S)) * (profile - shaft.darkest)
            np.minimum(shaft.palest, profile, out=shaft.palest)
            np.maximum(shaft.darkest, profile, out=shaft.darkest)
            seen = source[shaft.pixels]
            # content arrives at different times along the shaft: all that it has been is no cement
            flat[shaft.pixels] = seen - np.clip(seen, shaft.palest[shaft.bins], shaft.darkest[shaft.bins])
        return corrected

    def _take(self, found: Sequence[Axis], reference: Float32 | None = None) -> None:
        shape = cast(tuple[int, int], self._body_distance_mm.shape)
        self.steel, self.hidden = np.zeros(shape, bool), np.zeros(shape, bool)
        shafts = []
        for axis in found:
            pixels, shaft = self._shaft(axis, shape, reference)
            self.steel |= pixels
            if shaft is None:
                self.hidden |= pixels
            else:
                # the yardstick cannot be measured by itself
                self.hidden |= pixels & (self._body_distance_mm < -_OUTSIDE_MM)
                shafts.append(shaft)
        for mark in self._marked:
            if not any(_same(mark, axis, 4.0 / self._mm) for axis in found):
                along, across = mark.coordinates(shape)
                halo_px = _HALO_MM / self._mm
                strip = (along > -halo_px) & (along < mark.length_px + halo_px)
                strip &= np.abs(across) <= mark.diameter_px / 2 + halo_px
                self.steel |= strip
                self.hidden |= strip
        self.beside = grown(self.steel, self._mm)
        self._shafts = tuple(shafts)
        self.found = tuple(found)

    def _shaft(
        self, axis: Axis, shape: tuple[int, int], reference: Float32 | None
    ) -> tuple[Bool, _Shaft | None]:
        along, across = axis.coordinates(shape)
        edge_px = _EDGE_MM / self._mm
        strip = (along > -edge_px) & (along < axis.length_px + edge_px)
        half_px = int(np.ceil(axis.diameter_px / 2 + edge_px))
        bins = np.round(across).astype(np.intp) + half_px
        strip &= (bins >= 0) & (bins <= 2 * half_px)
        outside = strip & (self._body_distance_mm < -_OUTSIDE_MM)
        samples = []
        for k in range(2 * half_px + 1):
            there = np.flatnonzero(outside & (bins == k))
            if len(there) * self._mm < self._config.shortest_yardstick_mm:
                return strip, None
            samples.append(there[np.linspace(0, len(there) - 1, _SAMPLES).astype(np.intp)])
        pixels = np.flatnonzero(strip)
        yardstick, nothing = np.stack(samples), np.zeros(len(samples), np.float32)
        contrast = np.inf
        if reference is not None:
            level = np.median(reference.ravel()[yardstick], axis=1)
            contrast = float((level - min(level[0], level[-1])).sum())
        return strip, _Shaft(
            pixels, bins.ravel()[pixels], yardstick, nothing, nothing.copy(), nothing.copy(), contrast
        )


def _same(mark: Axis, axis: Axis, reach_px: float) -> bool:
    """Whether a mark and a strip of steel are the same cannula."""
    if abs(float(mark.along @ axis.along)) < 0.97:
        return False
    middle = 0.5 * (mark.start + mark.end)
    offset = middle - axis.start
    (ux, uy) = axis.along
    return abs(float(offset[1] * ux - offset[0] * uy)) < reach_px
