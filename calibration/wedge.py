"""A step wedge of cement in the picture: what each thickness adds, in the monitor's own units.

The wedge lies along a line between two clicks, its steps one after another and equally long. The middle of
each step is compared with what lies beside it, so that slow differences across the field cancel.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.picture import Picture
from monitor.errors import CalibrationError
from monitor.intensity import Curve

Float32 = NDArray[np.float32]
Floats = NDArray[np.float64]
Point = tuple[float, float]

_FEWEST_STEPS, _MOST_STEPS = 3, 24
_SHORTEST_STEP_PX = 8.0
_INNER = 0.5
"""Of each step, along and across: its edges are blurred."""
_BESIDE = (0.3, 0.9)
"""Where the background is looked at, beyond the wedge's edge, in its widths."""
_NARROWEST_PX = 6.0
_LEAST_SURE = 4.0


@dataclass(frozen=True, slots=True)
class Step:
    """One step: thickness (mm), what it adds (log units) with its standard error, and its outline (px)."""

    thickness_mm: float
    added_log: float
    sd_log: float
    outline_px: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Wedge:
    """A measured wedge: its steps from thin to thick, and its width (px)."""

    steps: tuple[Step, ...]
    width_px: float


def measure_wedge(picture: Picture, start: Point, end: Point, thickness_mm: Sequence[float]) -> Wedge:
    """Measure a wedge between two clicks.

    Parameters
    ----------
    picture : Picture
    start, end : (x, y)
        Middle of the outer edge of the first step, and of the last (px).
    thickness_mm : sequence of float
        Thickness of each step, in the order in which they come.

    Raises
    ------
    CalibrationError
        Too few steps, thicknesses that make no sense, points outside the image, no wedge there, a step that
        is saturated or black or hardly stands out, or steps that do not darken as they get thicker.
    """
    thickness = np.asarray(thickness_mm, np.float64)
    if not _FEWEST_STEPS <= len(thickness) <= _MOST_STEPS:
        raise CalibrationError(
            f"a wedge of {len(thickness)} steps: {_FEWEST_STEPS} to {_MOST_STEPS} are needed"
        )
    if not (np.isfinite(thickness).all() and (thickness > 0).all() and len(set(thickness)) == len(thickness)):
        raise CalibrationError("the thicknesses of a wedge must be above 0 mm and all different")
    rows, columns = picture.stored.shape
    for x, y in (start, end):
        if not (0 <= x <= columns - 1 and 0 <= y <= rows - 1):
            raise CalibrationError(f"the point {x:g},{y:g} is outside the image")
    length_px = math.dist(start, end)
    step_px = length_px / len(thickness)
    if step_px < _SHORTEST_STEP_PX:
        raise CalibrationError(
            f"a step is {step_px:.0f} px long, at least {_SHORTEST_STEP_PX:.0f} are needed"
        )
    thickest = int(np.argmax(thickness))
    width_px = _width(picture.attenuation, start, end, (thickest + 0.5) * step_px, step_px)
    half = width_px / 2
    curve, grey = picture.curve, picture.grey
    steps = []
    for k, mm in enumerate(thickness):
        middle = (k + 0.5) * step_px
        along = np.linspace(middle - _INNER * step_px / 2, middle + _INNER * step_px / 2, 4 * round(step_px))
        across = np.linspace(-_INNER * half, _INNER * half, max(5, 2 * round(half)))
        inner = _sampled(grey, start, end, along, across)
        _refuse_clipped(inner, curve, mm)
        beside = [
            _sampled(
                grey,
                start,
                end,
                along,
                side * np.linspace(half + _BESIDE[0] * width_px, half + _BESIDE[1] * width_px, 9),
            )
            for side in (-1, 1)
        ]
        if any(not np.isfinite(part).all() for part in beside):
            raise CalibrationError(f"beside the {mm:g} mm step the image ends: its background cannot be seen")
        _refuse_clipped(np.concatenate([part.ravel() for part in beside]), curve, None)
        level, sd = _level(inner, curve)
        around = [_level(part, curve) for part in beside]
        added = level - 0.5 * (around[0][0] + around[1][0])
        sd = math.hypot(sd, 0.5 * math.hypot(around[0][1], around[1][1]))
        if added < _LEAST_SURE * sd:
            raise CalibrationError(f"the {mm:g} mm step hardly stands out from what is beside it")
        corners = [(middle + s * step_px / 2, t * half) for s, t in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
        outline = tuple(_place(start, end, s, u) for s, u in corners)
        steps.append(Step(float(mm), added, sd, outline))
    steps.sort(key=lambda step: step.thickness_mm)
    for thin, thick in pairwise(steps):
        if thick.added_log <= thin.added_log + math.hypot(thin.sd_log, thick.sd_log):
            raise CalibrationError(
                f"the {thick.thickness_mm:g} mm step is no darker than that of {thin.thickness_mm:g} mm: are "
                "the thicknesses in the order in which the steps come, and is the picture not saturated?"
            )
    return Wedge(tuple(steps), width_px)


def _place(start: Point, end: Point, along_px: float, across_px: float) -> Point:
    length = math.dist(start, end)
    ux, uy = (end[0] - start[0]) / length, (end[1] - start[1]) / length
    return (start[0] + along_px * ux - across_px * uy, start[1] + along_px * uy + across_px * ux)


def _sampled(image: Float32, start: Point, end: Point, along_px: Floats, across_px: Floats) -> Float32:
    """The image at positions along the line (rows) and beside it (columns); nan outside the image."""
    length = math.dist(start, end)
    ux, uy = (end[0] - start[0]) / length, (end[1] - start[1]) / length
    x = start[0] + along_px[:, None] * ux - across_px[None] * uy
    y = start[1] + along_px[:, None] * uy + across_px[None] * ux
    return np.asarray(
        cv2.remap(
            image,
            x.astype(np.float32),
            y.astype(np.float32),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=float("nan"),
        ),
        np.float32,
    )


def _width(attenuation: Float32, start: Point, end: Point, at_px: float, step_px: float) -> float:
    """Width of the wedge where it is thickest, between the half heights of its edges (px)."""
    reach = min(4 * step_px, 0.5 * max(attenuation.shape))
    along = np.linspace(at_px - step_px / 4, at_px + step_px / 4, 9)
    across = np.arange(-reach, reach + 0.5, 0.5)
    profile = np.nanmedian(_sampled(attenuation, start, end, along, across), axis=0)
    core = float(np.nanmedian(profile[np.abs(across) < 0.25 * step_px]))
    base = float(np.nanpercentile(profile, 10))
    above = profile > (core + base) / 2
    middle = len(across) // 2
    low = high = middle
    while low > 0 and above[low - 1]:
        low -= 1
    while high < len(across) - 1 and above[high + 1]:
        high += 1
    width_px = float(across[high] - across[low])
    if not above[middle] or low == 0 or high == len(across) - 1 or width_px < _NARROWEST_PX:
        raise CalibrationError("no wedge stands out between the points")
    # the line need not be the middle of the wedge: take what is on its narrower side
    return 2.0 * float(min(-across[low], across[high]))


def _level(values: Float32, curve: Curve) -> tuple[float, float]:
    """Attenuation of the mean grey of a part, and its standard error from how its quarters differ."""
    parts = [quarter for half in np.array_split(values, 2) for quarter in np.array_split(half, 2, axis=1)]
    levels = [float(curve.attenuation(np.array([[part.mean()]], np.float32))[0, 0]) for part in parts]
    mean = float(curve.attenuation(np.array([[values.mean()]], np.float32))[0, 0])
    return mean, max(float(np.std(levels, ddof=1)) / 2.0, 1e-4)


def _refuse_clipped(values: Float32, curve: Curve, thickness_mm: float | None) -> None:
    where = "beside the wedge" if thickness_mm is None else f"on the {thickness_mm:g} mm step"
    for clipped, word in ((values >= curve.highest, "saturated"), (values <= curve.lowest, "black")):
        if clipped.mean() > 0.02:
            raise CalibrationError(f"the picture is {word} {where}")
