"""Cylinders of cement that lie side by side in a picture: across each, thickness is a chord of its circle.

The operator clicks a point on the axis of each. The direction of the axes, the middle and the scale follow
from the edges: a profile with the chord's shape, bent as scatter and the display bend it, is fitted across
all of them together. Strips of each then serve as steps of a wedge. Seen from the focus, chords off the
middle of the field are longer by less than a hundredth.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from calibration.chord_fit import basis, fitted, grounds, line, thickness_of
from calibration.picture import Picture
from calibration.wedge import Step, Wedge, level_of, refuse_clipped
from monitor.errors import CalibrationError
from monitor.intensity import Curve

Float64 = NDArray[np.float64]
Point = tuple[float, float]

_FEWEST, _MOST = 2, 12
_TURNED_DEG = 25.0
_HALF_LENGTH = 0.3
"""Half of the length that is looked at, in distances from one cylinder to the next."""
_SMALLEST_RADIUS_PX = 3.0
_STRIPS = (0.0, 0.3, 0.5, 0.65, 0.77, 0.86, 0.92)
"""Bounds of the strips, in radii from the axis."""
_FROM_EDGE_PX = 2.0
_SAME_SCALE = 0.05
"""Diameters that contradict each other: one looks larger or smaller than stated by this part, and by so many
pixels, of which blur takes some at first."""
_FIRST_LOOK_PX, _SECOND_LOOK_PX = 2.5, 0.5
_ALIKE = 1.12
"""Strips whose thickness differs by less are taken together."""
_CLEAR_SD = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class Cylinders:
    """Cylinders as found.

    Parameters
    ----------
    wedge : Wedge
        Their strips as steps from thin to thick.
    outline_px : ndarray, shape (cylinders, 4, 2)
        Corners of the part of each that was measured (x, y).
    diameter_mm : tuple of float
        As stated.
    mm_per_px : float
        In their plane, by their edges.
    """

    wedge: Wedge
    outline_px: Float64
    diameter_mm: tuple[float, ...]
    mm_per_px: float


@dataclass(frozen=True, slots=True, eq=False)
class _Frame:
    """Coordinates across (u) and along (v) the axes in px; v = 0 runs through the clicks' middle."""

    middle_px: Float64
    across: Float64
    slope: float
    """Along the axes, the clicks move by so much for each px across."""

    def px(self, u: Float64, v: Float64) -> Float64:
        along = np.array([-self.across[1], self.across[0]])
        v = v + self.slope * u
        return np.asarray(self.middle_px + u[..., None] * self.across + v[..., None] * along, np.float64)

    def sample(self, image: NDArray[np.float32], u: Float64, v: Float64) -> Float64:
        """Values on a grid, shape (v, u); nan outside the image."""
        at = self.px(*np.meshgrid(u, v)).astype(np.float32)
        found = cv2.remap(
            image, at[..., 0], at[..., 1], cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT, borderValue=(float("nan"),) * 4,
        )  # fmt: skip
        return np.asarray(found, np.float64)


def find_cylinders(picture: Picture, points_px: Sequence[Point], diameter_mm: Sequence[float]) -> Cylinders:
    """Find lying cylinders by a click on each.

    Parameters
    ----------
    picture : Picture
    points_px : sequence of (x, y)
        A point near the axis and the middle of each cylinder, side by side.
    diameter_mm : sequence of float
        Of each, in the same order (mm); they may be alike.

    Raises
    ------
    CalibrationError
        Numbers that make no sense, cylinders that are not seen, are cut off, touch each other or are
        saturated or black, or diameters that contradict each other.
    """
    diameter = _stated(picture, points_px, diameter_mm)
    points = np.asarray(points_px, np.float64)
    grey, curve = picture.grey, picture.curve
    frame, clicked = _turned(grey, curve, points)
    half = _HALF_LENGTH * float(np.diff(np.sort(clicked)).min())
    v = np.arange(-half, half + 0.5)
    reach = float(np.diff(np.sort(clicked)).max())
    u = np.arange(clicked.min() - reach, clicked.max() + reach)
    values = frame.sample(grey, u, v)
    inside = np.asarray(np.isfinite(values).all(axis=0))
    first = int(np.searchsorted(u, clicked.min()))
    last = int(np.searchsorted(u, clicked.max()))
    if not inside[first : last + 1].all():
        raise CalibrationError("cylinders: they are not seen whole around the clicks")
    low, high = first, last
    while low > 0 and inside[low - 1]:
        low -= 1
    while high < len(u) - 1 and inside[high + 1]:
        high += 1
    u, values = u[low : high + 1], values[:, low : high + 1]
    refuse_clipped(values[:, first : last + 1].astype(np.float32), curve, "the picture around the cylinders")
    profile = _attenuation(curve, values.mean(axis=0))
    middle, radius = _edges(u, profile, clicked, diameter)
    own = diameter / (2 * radius)
    mm_per_px = float(np.median(own))
    _refuse_odd(radius, diameter / (2 * mm_per_px), diameter, _FIRST_LOOK_PX)
    middle, mm_per_px, coefficients, own_radius = fitted(u, profile, middle, mm_per_px, diameter)
    _refuse_odd(own_radius, diameter / (2 * mm_per_px), diameter, _SECOND_LOOK_PX)
    radius = diameter / (2 * mm_per_px)
    strips = _strips(frame, grey, curve, u, coefficients, middle, radius, diameter, half)
    outline = np.array([_corners(frame, m - r, m + r, half) for m, r in zip(middle, radius, strict=True)])
    return Cylinders(Wedge(_together(strips), curve), outline, tuple(diameter), mm_per_px)


def _stated(picture: Picture, points: Sequence[Point], diameter_mm: Sequence[float]) -> Float64:
    diameter = np.asarray(diameter_mm, np.float64)
    if not _FEWEST <= len(diameter) <= _MOST:
        raise CalibrationError(
            f"cylinders: {len(diameter)} diameters are given, {_FEWEST} to {_MOST} are needed"
        )
    if len(points) != len(diameter):
        raise CalibrationError(f"cylinders: {len(points)} points for {len(diameter)} diameters")
    if not (np.isfinite(diameter).all() and diameter.min() > 0):
        raise CalibrationError("cylinders: every diameter must be above 0 mm")
    rows, columns = picture.stored.shape
    for x, y in points:
        if not (0 <= x <= columns - 1 and 0 <= y <= rows - 1):
            raise CalibrationError(f"cylinders: the point {x:g},{y:g} is outside the image")
    return diameter


def _refuse_odd(seen_px: Float64, stated_px: Float64, diameter: Float64, error_px: float) -> None:
    """Raise where a radius as seen is not that by the scale of all."""
    beyond = np.abs(seen_px - stated_px) / (_SAME_SCALE * stated_px + error_px)
    odd = int(np.argmax(beyond))
    if beyond[odd] > 1:
        seen_mm = diameter[odd] * seen_px[odd] / stated_px[odd]
        raise CalibrationError(
            f"cylinders: the one of {diameter[odd]:g} mm looks like {seen_mm:.1f} mm beside the others"
        )


def _turned(grey: NDArray[np.float32], curve: Curve, points: Float64) -> tuple[_Frame, Float64]:
    """The frame in which the profile across is sharpest, and where the clicks are in it."""
    row = points[-1] - points[0]
    near_px = float(np.hypot(*np.diff(points, axis=0).T).min())
    if near_px < 4 * _SMALLEST_RADIUS_PX:
        raise CalibrationError(f"cylinders: {near_px:.0f} px from one to the next are too few")
    smooth = np.asarray(cv2.GaussianBlur(grey, (0, 0), 1.0), np.float32)
    start = math.atan2(row[1], row[0])
    middle = points.mean(axis=0)

    def frame_at(angle: float) -> tuple[_Frame, Float64]:
        across = np.array([math.cos(angle), math.sin(angle)])
        along = np.array([-across[1], across[0]])
        u, v = (points - middle) @ across, (points - middle) @ along
        return _Frame(middle, across, float((u @ v) / (u @ u))), u

    def sharpness(angle: float) -> float:
        frame, u = frame_at(angle)
        half = _HALF_LENGTH * near_px
        at = np.arange(u.min() - near_px / 2, u.max() + near_px / 2)
        seen = frame.sample(smooth, at, np.arange(-half, half + 1, 2.0))
        seen = seen[:, np.isfinite(seen).all(axis=0)]
        steps = np.diff(_attenuation(curve, seen.mean(axis=0))) if seen.shape[1] > 1 else np.zeros(1)
        return float(steps @ steps)

    coarse = start + np.radians(np.arange(-_TURNED_DEG, _TURNED_DEG + 0.5, 1.0))
    best = float(coarse[int(np.argmax([sharpness(a) for a in coarse]))])
    fine = best + np.radians(np.arange(-1.0, 1.01, 0.1))
    height = gaussian_filter1d(np.array([sharpness(a) for a in fine]), 2.0)
    frame, clicked = frame_at(float(fine[int(np.argmax(height))]))
    order = np.diff(clicked)
    if not ((order > 0).all() or (order < 0).all()):
        raise CalibrationError("cylinders: the points are not in the order in which the cylinders lie")
    return frame, clicked


def _attenuation(curve: Curve, grey: Float64) -> Float64:
    return np.asarray(curve.attenuation(np.asarray(grey, np.float32)[None])[0], np.float64)


def _edges(u: Float64, profile: Float64, clicked: Float64, diameter: Float64) -> tuple[Float64, Float64]:
    """Middle and radius of each by where the profile is steepest on its sides (px)."""
    slope = gaussian_filter1d(profile, 1.5, order=1)
    noise = 1.4826 * float(np.median(np.abs(slope - np.median(slope))))
    order = np.argsort(clicked)
    # by their diameters, so that each bound lies in the gap, however narrow it is
    share = diameter[order][:-1] / (diameter[order][1:] + diameter[order][:-1])
    between = clicked[order][:-1] + share * np.diff(clicked[order])
    bounds = np.concatenate([[u[0]], between, [u[-1]]])
    middles, radii = np.zeros(len(clicked)), np.zeros(len(clicked))
    for place, k in enumerate(order):
        mm = diameter[k]
        own = np.flatnonzero((u >= bounds[place]) & (u <= bounds[place + 1]))
        low, high = own[int(np.argmax(slope[own]))], own[int(np.argmin(slope[own]))]
        radius = 0.5 * float(u[high] - u[low])
        if min(slope[low], -slope[high]) < 4 * noise or radius < _SMALLEST_RADIUS_PX:
            raise CalibrationError(f"cylinders: the one of {mm:g} mm is not seen at its click, or too small")
        middles[k], radii[k] = 0.5 * float(u[high] + u[low]), radius
    return middles, radii


def _strips(
    frame: _Frame,
    grey: NDArray[np.float32],
    curve: Curve,
    u: Float64,
    coefficients: list[Float64],
    middle: Float64,
    radius: Float64,
    diameter: Float64,
    half: float,
) -> list[Step]:
    steps = []
    v = np.arange(-half, half + 0.5)
    whole = frame.sample(grey, u, v)
    for k, sides in enumerate(grounds(u, middle, radius)):
        name = f"the cylinder of {diameter[k]:g} mm"
        ground = np.concatenate([whole[:, side].ravel() for side in sides])
        refuse_clipped(ground.astype(np.float32), curve, f"what is beside {name}")
        level_sd = [level_of(whole[:, side].astype(np.float32).ravel())[1] for side in sides]
        away = np.abs(u - middle[k]) / radius[k]
        powers = basis(u - middle[k], float(radius[k]), float(coefficients[k][0]))
        shown = powers @ coefficients[k][1:]
        for low, high in pairwise(_STRIPS):
            inner = np.flatnonzero((away >= low) & (away < high))
            if len(inner) < 2 or (1 - high) * radius[k] < _FROM_EDGE_PX:
                continue
            values = whole[:, inner].astype(np.float32).ravel()
            refuse_clipped(values, curve, name)
            level, sd = level_of(values)
            beside = line(u, whole.mean(axis=0), sides, u[inner]).mean()
            beside_sd = 0.5 * math.hypot(*level_sd)
            at = _attenuation(curve, np.array([level, beside, level + 0.5, beside + 0.5]))
            added = float(at[0] - at[1])
            added_sd = math.hypot(2 * (at[2] - at[0]) * sd, 2 * (at[3] - at[1]) * beside_sd)
            if added < _CLEAR_SD * added_sd:
                raise CalibrationError(f"cylinders: {name} adds less than the noise")
            thickness_mm = thickness_of(float(shown[inner].mean()), coefficients[k][1:]) * diameter[k]
            outline = _corners(frame, middle[k] + low * radius[k], middle[k] + high * radius[k], half)
            steps.append(Step(thickness_mm, outline, outline, level, float(beside), added, added_sd))
    return steps


def _corners(frame: _Frame, low: float, high: float, half: float) -> Float64:
    return frame.px(np.array([low, high, high, low]), np.array([-half, -half, half, half]))


def _together(strips: list[Step]) -> tuple[Step, ...]:
    """Strips from thin to thick, those of nearly the same thickness as one."""
    left = sorted(strips, key=lambda step: step.thickness_mm)
    groups: list[list[Step]] = []
    for step in left:
        if groups and step.thickness_mm < _ALIKE * groups[-1][0].thickness_mm:
            groups[-1].append(step)
        else:
            groups.append([step])
    steps = []
    for group in groups:
        weight = np.array([1.0 / step.added_sd**2 for step in group])
        weight /= weight.sum()

        def mean(name: str, weight: Float64 = weight, group: list[Step] = group) -> float:
            return float(weight @ [getattr(step, name) for step in group])

        per_mm = np.array([step.added / step.thickness_mm for step in group])
        thickness_mm = mean("thickness_mm")
        apart = float(np.sqrt(weight @ np.square(per_mm - weight @ per_mm))) * thickness_mm
        sd = math.hypot(1.0 / math.sqrt(sum(1.0 / step.added_sd**2 for step in group)), apart)
        lead = group[int(np.argmax(weight))]
        steps.append(
            Step(
                thickness_mm, lead.outline_px, lead.inner_px, mean("grey"), mean("background_grey"),
                mean("added"), sd,
            )
        )  # fmt: skip
    return tuple(steps)
