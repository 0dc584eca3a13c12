"""The steps of a wedge, or cylinders in a row, in a picture: what each adds in the monitor's own units.

The operator clicks the first and the last step; the steps between them are equally spaced. Across and along
the row the edges are looked for, and of each step only the inner part counts. What is beside a step, on both
sides of the row, is its background: scatter and the heel effect are the same there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.picture import Picture
from monitor.errors import CalibrationError
from monitor.intensity import Curve
from monitor.robust import spread

Float64 = NDArray[np.float64]

FEWEST_STEPS = 3
_MOST_STEPS = 24
_FEWEST_PITCH_PX = 8.0
_SAMPLES = 32
"""Samples per step along the row; across, the spacing is the same."""
_ACROSS = 2.6
"""How far to look across, in lengths of a step."""
_INNER = 0.6
"""Middle part of a step that counts, along and across."""
_GAP, _BESIDE = 0.25, 0.7
"""Background: begins so far from the edge, in lengths of a step, and is so wide."""
_EDGE_REACH = 0.4
_LOOKS = 4
_TRIMMED = 0.1
_ALIKE_PX = 4.0
"""Neighbouring pixels are blurred into each other: so many count for one."""
_MOST_CLIPPED = 0.02
_CLEAR_SD = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """A step as seen.

    Parameters
    ----------
    thickness_mm : float
        As the operator stated it (mm of cement).
    outline_px : ndarray, shape (4, 2)
        Corners of the whole step (x, y).
    inner_px : ndarray, shape (4, 2)
        Corners of the part that was measured.
    grey, background_grey : float
        Stored values, turned so that larger is more X-ray.
    added, added_sd : float
        Added attenuation in the units of `Curve.attenuation`, and its standard error.
    """

    thickness_mm: float
    outline_px: Float64
    inner_px: Float64
    grey: float
    background_grey: float
    added: float
    added_sd: float


@dataclass(frozen=True, slots=True, eq=False)
class Wedge:
    """The steps in the order clicked, and the curve that their units are those of."""

    steps: tuple[Step, ...]
    curve: Curve


class _Row:
    """Coordinates along (u) and across (v) the row, in lengths of a step; u = 0 at the first click."""

    def __init__(self, first_px: Float64, last_px: Float64, count: int) -> None:
        self.first = first_px
        self.pitch_px = float(np.hypot(*(last_px - first_px))) / (count - 1)
        self.along = (last_px - first_px) / (self.pitch_px * (count - 1))
        self.across = np.array([-self.along[1], self.along[0]])

    def px(self, u: NDArray[np.floating], v: NDArray[np.floating]) -> Float64:
        """Pixel coordinates (x, y) in a last axis of two."""
        there = u[..., None] * self.along + v[..., None] * self.across
        return np.asarray(self.first + self.pitch_px * there, np.float64)

    def sample(self, image: NDArray[np.float32], u: Float64, v: Float64) -> Float64:
        """Values of an image on a grid, shape (v, u); nan outside."""
        at = self.px(*np.meshgrid(u, v)).astype(np.float32)
        found = cv2.remap(
            image,
            at[..., 0],
            at[..., 1],
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=(float("nan"),) * 4,
        )
        return np.asarray(found, np.float64)

    def box(self, u: tuple[float, float], v: tuple[float, float]) -> Float64:
        """Corners, shape (4, 2)."""
        return self.px(np.array([u[0], u[1], u[1], u[0]]), np.array([v[0], v[0], v[1], v[1]]))


def find_steps(
    picture: Picture,
    first_px: tuple[float, float],
    last_px: tuple[float, float],
    thickness_mm: Sequence[float],
) -> Wedge:
    """Find the steps of a wedge between two clicks.

    Parameters
    ----------
    picture : Picture
    first_px, last_px : tuple of float
        Somewhere near the middle of the first and the last step (x, y).
    thickness_mm : sequence of float
        Of every step in this order (mm).

    Raises
    ------
    CalibrationError
        Fewer than three steps, thicknesses that are none or do not grow or fall in order, clicks too close
        together or beside the wedge, or a step that is saturated, black or thinner than the noise.
    """
    stated = _stated(thickness_mm)
    rows, columns = picture.stored.shape
    for x, y in (first_px, last_px):
        if not (0 <= x <= columns - 1 and 0 <= y <= rows - 1):
            raise CalibrationError(f"wedge: the point {x:g},{y:g} is outside the image")
    row = _Row(np.asarray(first_px, np.float64), np.asarray(last_px, np.float64), len(stated))
    if row.pitch_px < _FEWEST_PITCH_PX:
        raise CalibrationError(
            f"wedge: steps of {row.pitch_px:.1f} px are too small, or the clicks are wrong"
        )
    curve, grey = picture.curve, picture.grey
    added = curve.attenuation(np.asarray(cv2.GaussianBlur(grey, (0, 0), 1.0), np.float32))
    _edges_across(row, added, stated)  # nothing there: say so before anything else
    row = _straightened(row, added, stated)
    low, high = _edges_across(row, added, stated)
    bounds = _edges_along(row, added, stated, low, high)
    steps = tuple(
        _measured(row, grey, curve, t, bound, (low, high)) for t, bound in zip(stated, bounds, strict=True)
    )
    return Wedge(steps, curve)


def _stated(thickness_mm: Sequence[float]) -> Float64:
    stated = np.asarray(thickness_mm, np.float64)
    if not FEWEST_STEPS <= len(stated) <= _MOST_STEPS:
        raise CalibrationError(
            f"wedge: {len(stated)} steps are given, {FEWEST_STEPS} to {_MOST_STEPS} are needed"
        )
    if not (np.isfinite(stated).all() and stated.min() > 0):
        raise CalibrationError("wedge: every thickness must be above 0 mm")
    grows = np.diff(stated)
    if not ((grows > 0).all() or (grows < 0).all()):
        raise CalibrationError("wedge: thicknesses must be in order, from the first step clicked to the last")
    return stated


def _edges_across(row: _Row, added: NDArray[np.float32], stated: Float64) -> tuple[float, float]:
    """Where the row begins and ends across, by half of what the thicker steps add."""
    thick = np.flatnonzero(stated >= np.median(stated)).astype(np.float64)
    return _half_heights(row, added, (thick[:, None] + np.linspace(-0.2, 0.2, 9)).ravel())


def _straightened(row: _Row, added: NDArray[np.float32], stated: Float64) -> _Row:
    """The row along the middles of its steps, where the clicks were not in the middle across."""
    number, middles = [], []
    for k in np.flatnonzero(stated >= np.quantile(stated, 0.3)):
        try:
            low, high = _half_heights(row, added, k + np.linspace(-0.15, 0.15, 7))
        except CalibrationError:  # too thin to be seen on its own
            continue
        number.append(float(k))
        middles.append(0.5 * (low + high))
    if len(middles) < FEWEST_STEPS:
        return row
    at, middle = np.array(number), np.array(middles)
    i, j = np.triu_indices(len(at), 1)
    slope = float(np.median((middle[j] - middle[i]) / (at[j] - at[i])))
    begin, count = float(np.median(middle - slope * at)), len(stated)
    ends = row.px(np.array([0.0, count - 1.0]), begin + slope * np.array([0.0, count - 1.0]))
    return _Row(ends[0], ends[1], count)


def _half_heights(row: _Row, added: NDArray[np.float32], u: Float64) -> tuple[float, float]:
    """Where what is added falls to half of that in the middle, on either side across."""
    v = np.linspace(-_ACROSS, _ACROSS, round(2 * _ACROSS * _SAMPLES) + 1)
    profile = _median(row.sample(added, u, v), axis=1)
    good = np.isfinite(profile)
    middle = profile[np.abs(v) < 0.15]
    outside = profile[good & (np.abs(v) > 0.8)]
    if not np.isfinite(middle).all() or len(outside) < _SAMPLES:
        raise CalibrationError("wedge: it must lie inside the picture with background on both sides")
    top, ground = float(np.median(middle)), float(np.quantile(outside, 0.2))
    noise = spread(np.diff(profile[good]))
    if top - ground < max(5.0 * noise, 0.01):
        raise CalibrationError("wedge: nothing is darker between the two clicks than beside them")
    half = 0.5 * (top + ground)
    edges = []
    for sign in (-1, 1):
        side = np.where(sign > 0, v >= 0, v <= 0) & good
        away, values = np.abs(v[side]), profile[side]
        order = np.argsort(away)
        away, values = away[order], values[order]
        below = np.flatnonzero(values < half)
        if not len(below) or below[0] == 0:
            raise CalibrationError("wedge: its edge is not seen beside the clicks")
        k = int(below[0])
        part = (values[k - 1] - half) / (values[k - 1] - values[k])
        edges.append(sign * float(away[k - 1] + part * (away[k] - away[k - 1])))
    return edges[0], edges[1]


def _median(values: Float64, axis: int) -> Float64:
    """Median of what is inside the picture; nan where nothing is."""
    nowhere = np.isnan(values).all(axis=axis, keepdims=True)
    found = np.nanmedian(np.where(nowhere, 0.0, values), axis=axis)
    return np.asarray(np.where(np.squeeze(nowhere, axis), np.nan, found), np.float64)


def _beside(low: float, high: float) -> tuple[tuple[float, float], tuple[float, float]]:
    return (low - _GAP - _BESIDE, low - _GAP), (high + _GAP, high + _GAP + _BESIDE)


def _edges_along(
    row: _Row, added: NDArray[np.float32], stated: Float64, low: float, high: float
) -> list[tuple[float, float]]:
    """Begin and end of each step along the row."""
    count = len(stated)
    u = np.arange(-1.0, count, 1.0 / _SAMPLES)
    middle, half = 0.5 * (low + high), 0.5 * (high - low)
    inner = np.linspace(middle - _INNER * half, middle + _INNER * half, 2 * _SAMPLES)
    around = [row.sample(added, u, np.linspace(*part, _SAMPLES)) for part in _beside(low, high)]
    sides = [_median(part, axis=0) for part in around]
    profile = _median(row.sample(added, u, inner), axis=0) - 0.5 * (sides[0] + sides[1])
    if not np.isfinite(profile[(u >= 0) & (u <= count - 1)]).all():
        raise CalibrationError("wedge: background must be seen beside every step")
    profile = np.where(np.isfinite(profile), profile, 0.0)
    sharp = np.abs(np.gradient(profile))
    at_steps = np.array([np.median(profile[np.abs(u - k) < 0.15]) for k in range(count)])
    between = np.array([profile[np.abs(u - k - 0.5) < 0.3].min() for k in range(count - 1)])
    lesser = np.minimum(at_steps[1:], at_steps[:-1])
    if np.mean(between < 0.5 * lesser) > 0.5:
        # they stand apart: as wide along as across
        return [(k - half, k + half) for k in _centres(u, profile, count)]
    places = []
    for k in range(count + 1):
        near = np.flatnonzero(np.abs(u - (k - 0.5)) <= _EDGE_REACH)
        places.append(_peak(u, sharp, int(near[np.argmax(sharp[near])])))
    edges = _evenly(np.array(places))
    return [(float(edges[k]), float(edges[k + 1])) for k in range(count)]


def _centres(u: Float64, profile: Float64, count: int) -> list[float]:
    """Where cylinders are, to a part of a sample: the middle of what each adds.

    Clicks may be a third of the way to the next one: what is looked at follows what was found.
    """
    places = np.arange(count, dtype=np.float64)
    for _ in range(_LOOKS):
        found = []
        for place in places:
            near = np.abs(u - place) < 0.5
            added = np.clip(profile[near], 0.0, None)
            weight = np.where(added > 0.5 * np.quantile(added, 0.8), 1.0, 0.0) if near.any() else np.zeros(0)
            found.append(float(np.sum(u[near] * weight) / weight.sum()) if weight.sum() > 0 else float(place))
        places = _evenly(np.array(found))
    return [float(x) for x in places]


def _peak(u: Float64, values: Float64, k: int) -> float:
    if not 0 < k < len(values) - 1:
        return float(u[k])
    left, top, right = values[k - 1 : k + 2]
    curvature = left - 2 * top + right
    shift = 0.5 * (left - right) / curvature if curvature < 0 else 0.0
    return float(u[k] + shift * (u[1] - u[0]))


def _evenly(places: Float64) -> Float64:
    """Places on the straight line through them that most agree with: low edges are lost in noise."""
    number = np.arange(len(places), dtype=np.float64)
    i, j = np.triu_indices(len(places), max(1, len(places) // 3))
    slope = float(np.median((places[j] - places[i]) / (j - i)))
    return np.asarray(np.median(places - slope * number) + slope * number)


def _measured(
    row: _Row,
    grey: NDArray[np.float32],
    curve: Curve,
    thickness_mm: float,
    along: tuple[float, float],
    across: tuple[float, float],
) -> Step:
    inner_u, inner_v = _middle(along), _middle(across)
    values = _inside(row, grey, inner_u, inner_v)
    sides = [_inside(row, grey, inner_u, part) for part in _beside(*across)]
    if min(len(values), *(len(side) for side in sides)) < 9:
        raise CalibrationError(f"wedge: the step of {thickness_mm:g} mm has too few pixels, or lies outside")
    name = f"the step of {thickness_mm:g} mm"
    for what, part in ((name, values), *((f"what is beside {name}", side) for side in sides)):
        refuse_clipped(part, curve, what)
    level, level_sd = level_of(values)
    both = [level_of(side) for side in sides]
    ground = 0.5 * (both[0][0] + both[1][0])
    ground_sd = 0.5 * float(np.hypot(both[0][1], both[1][1]))
    at = curve.attenuation(np.array([[level, ground, level + 0.5, ground + 0.5]], np.float32))[0].astype(
        float
    )
    added = float(at[0] - at[1])
    sd = float(np.hypot(2 * (at[2] - at[0]) * level_sd, 2 * (at[3] - at[1]) * ground_sd))
    if added < _CLEAR_SD * sd:
        raise CalibrationError(
            f"wedge: {name} adds {added:.4f} with a standard error of {sd:.4f}: thinner than the noise"
        )
    return Step(thickness_mm, row.box(along, across), row.box(inner_u, inner_v), level, ground, added, sd)


def _middle(span: tuple[float, float]) -> tuple[float, float]:
    centre, half = 0.5 * (span[0] + span[1]), 0.5 * _INNER * (span[1] - span[0])
    return centre - half, centre + half


def _inside(
    row: _Row, grey: NDArray[np.float32], u: tuple[float, float], v: tuple[float, float]
) -> NDArray[np.float32]:
    """Pixels inside a box, as stored: nothing is interpolated."""
    corners = row.box(u, v)
    low = np.floor(corners.min(axis=0)).astype(int)
    high = np.ceil(corners.max(axis=0)).astype(int) + 1
    rows, columns = grey.shape
    low, high = np.maximum(low, 0), np.minimum(high, [columns, rows])
    if (high <= low).any():
        return np.empty(0, np.float32)
    y, x = np.mgrid[low[1] : high[1], low[0] : high[0]]
    away = (np.stack([x, y], axis=-1) - row.first) / row.pitch_px
    at_u, at_v = away @ row.along, away @ row.across
    use = (at_u >= u[0]) & (at_u <= u[1]) & (at_v >= v[0]) & (at_v <= v[1])
    return np.asarray(grey[low[1] : high[1], low[0] : high[0]][use], np.float32)


def refuse_clipped(values: NDArray[np.float32], curve: Curve, what: str) -> None:
    """Raise a `CalibrationError` where more than a few values are saturated or black."""
    if np.mean(values >= curve.highest) > _MOST_CLIPPED:
        raise CalibrationError(f"{what} is saturated; less dose or another window is needed")
    if np.mean(values <= curve.lowest) > _MOST_CLIPPED:
        raise CalibrationError(f"{what} is black; more dose or a thinner wedge is needed")


def level_of(values: NDArray[np.float32]) -> tuple[float, float]:
    """Mean of all but the outermost values, and its standard error.

    A median would only ever be a whole grey level.
    """
    ordered = np.sort(values.astype(np.float64))
    cut = int(_TRIMMED * len(ordered))
    kept = ordered[cut : len(ordered) - cut]
    sd = max(spread(ordered), float(kept.std()))
    # without noise to spread it out, rounding is an error that no averaging takes away
    rounding = 0.29 * float(np.exp(-0.5 * (2 * np.pi * sd) ** 2))
    return float(kept.mean()), float(np.hypot(sd * np.sqrt(_ALIKE_PX / len(kept)), rounding))
