"""Density from marks on a picture of a phantom, from the picture to the part of a profile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.conditions import conditions_of
from calibration.cylinders import find_cylinders
from calibration.density_fit import WedgeDensity, density_from_wedge
from calibration.picture import Picture
from calibration.pictures_density import picture_of_cylinders, picture_of_wedge
from calibration.profile import DensityPart, Stamp, density_part
from calibration.shapes import Shapes
from calibration.wedge import find_steps
from monitor.errors import InputError
from monitor.frame import SourceInfo
from monitor.plan import Point

_BESIDE = 0.3
"""How far from a piece the words are, in its lengths across the row."""


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredDensity:
    """A fitted density: what was found in words, as shapes and as a picture for OpenCV."""

    fit: WedgeDensity
    lines: tuple[str, ...]
    found: Shapes
    drawn: NDArray[np.uint8]
    info: SourceInfo

    def part(self, made: Stamp, cement: str = "") -> DensityPart:
        """As a profile keeps it: with the error over the spine."""
        conditions = conditions_of(self.info)
        return density_part(self.fit.over_spine, made, conditions, self.fit.validity.thickness_mm, cement)


@dataclass(frozen=True, slots=True)
class WedgeMarks:
    """Middles of the first and the last step (px), and the thickness of all in their order (mm)."""

    start: Point
    end: Point
    thickness_mm: tuple[float, ...]

    def measured(self, picture: Picture) -> MeasuredDensity:
        """Measure the steps and fit them. Raises `CalibrationError`."""
        wedge = find_steps(picture, self.start, self.end, self.thickness_mm)
        fit = density_from_wedge(wedge, picture.info)
        found = _outlined([step.outline_px for step in wedge.steps], [s.thickness_mm for s in wedge.steps])
        return MeasuredDensity(fit, fit.lines, found, picture_of_wedge(picture, wedge, fit), picture.info)


@dataclass(frozen=True, slots=True)
class CylinderMarks:
    """A point on each lying cylinder (px), and their diameters in the same order (mm)."""

    points: tuple[Point, ...]
    diameter_mm: tuple[float, ...]

    def measured(self, picture: Picture) -> MeasuredDensity:
        """Measure across the cylinders and fit that. Raises `CalibrationError`."""
        lying = find_cylinders(picture, self.points, self.diameter_mm)
        fit = density_from_wedge(lying.wedge, picture.info, what="cylinders")
        scale = f"{len(self.points)} cylinders, {lying.mm_per_px:.4f} mm per pixel in their plane"
        found = _outlined(list(lying.outline_px), lying.diameter_mm)
        drawn = picture_of_cylinders(picture, lying, fit)
        return MeasuredDensity(fit, (scale, *fit.lines), found, drawn, picture.info)


def lengths_mm(name: str, text: str | None) -> tuple[float, ...]:
    """Read ``1,2,4,8``. Raises `InputError`, which calls it by the name."""
    try:
        return tuple(float(part) for part in (text or "").split(","))
    except ValueError:
        raise InputError(f"{name} must be numbers as 1,2,4,8, is {text!r}") from None


def _outlined(corners: Sequence[NDArray[np.float64]], mm: Sequence[float]) -> Shapes:
    """Outlines of pieces in a row, and words beside them, on either side by turns."""
    along = np.abs(corners[-1].mean(axis=0) - corners[0].mean(axis=0))
    across = int(along[0] >= along[1])
    labels = []
    for number, (one, length) in enumerate(zip(corners, mm, strict=True)):
        low, high = one.min(axis=0), one.max(axis=0)
        at = (low + high) / 2
        beside = _BESIDE * (high - low)[across]
        at[across] = high[across] + beside if number % 2 else low[across] - beside
        labels.append(((float(at[0]), float(at[1])), f"{length:g} mm"))
    outlines = tuple(tuple((float(x), float(y)) for x, y in one) for one in corners)
    return Shapes(outlines=outlines, labels=tuple(labels))
