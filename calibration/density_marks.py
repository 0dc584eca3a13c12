"""Density from marks on a picture of a step wedge, from the picture to the part of a profile."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.conditions import conditions_of
from calibration.density_fit import fit_density
from calibration.picture import Picture
from calibration.pictures_density import wedge_picture
from calibration.profile import DensityPart, Stamp, density_part
from calibration.shapes import Shapes
from calibration.wedge import measure_wedge
from monitor.errors import InputError
from monitor.frame import SourceInfo
from monitor.plan import Point
from monitor.volume import DensityCalibration


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredDensity:
    """A fitted density: what was found in words, as shapes and as a picture for OpenCV."""

    density: DensityCalibration
    valid_mm: tuple[float, float]
    lines: tuple[str, ...]
    found: Shapes
    drawn: NDArray[np.uint8]
    info: SourceInfo

    def part(self, made: Stamp, cement: str = "") -> DensityPart:
        """As a profile keeps it."""
        return density_part(self.density, made, conditions_of(self.info), self.valid_mm, cement)


@dataclass(frozen=True, slots=True)
class WedgeMarks:
    """Middles of the outer edges of the first and the last step (px), and all thicknesses in order (mm)."""

    start: Point
    end: Point
    thickness_mm: tuple[float, ...]

    def measured(self, picture: Picture) -> MeasuredDensity:
        """Measure the steps and fit them. Raises `CalibrationError`."""
        wedge = measure_wedge(picture, self.start, self.end, self.thickness_mm)
        fit = fit_density(wedge, picture.info.intensity.relationship, picture.info.kvp)
        low, high = fit.valid_mm
        outlines = tuple(tuple((float(x), float(y)) for x, y in step.outline_px) for step in wedge.steps)
        labels = tuple(
            (_middle(outline), f"{step.thickness_mm:g} mm")
            for outline, step in zip(outlines, wedge.steps, strict=True)
        )
        return MeasuredDensity(
            fit.density,
            fit.valid_mm,
            (*fit.lines, f"holds from {low:g} to {high:g} mm"),
            Shapes(outlines=outlines, labels=labels),
            wedge_picture(picture, wedge),
            picture.info,
        )


def thicknesses_mm(name: str, text: str) -> tuple[float, ...]:
    """Read ``1,2,4,8``. Raises `InputError`, which calls it by the name."""
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise InputError(f"{name} must be numbers as 1,2,4,8, is {text!r}") from None


def _middle(outline: tuple[Point, ...]) -> Point:
    x, y = np.mean(outline, axis=0)
    return float(x), float(y)
