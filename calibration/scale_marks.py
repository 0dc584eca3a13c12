"""Scales measured between marks on a picture, each with what was found for whoever has to believe it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.gauges import outer_diameter_mm
from calibration.picture import Picture
from calibration.ruler import scale_from_ruler
from calibration.scale import ScaleEstimate, scale_from_points
from calibration.shaft import scale_from_cannula
from calibration.shapes import Shapes
from calibration.sphere import scale_from_ball
from monitor.errors import CalibrationError
from monitor.frame import PixelIntensityRelationship
from monitor.plan import Point

_FOUND, _CLICKED = (60, 220, 120), (70, 170, 255)
_SHORTEST_PX = 20.0


@dataclass(frozen=True, slots=True)
class MarkedScale:
    """A measured scale, what was found, and the marks that it was found by."""

    estimate: ScaleEstimate
    found: Shapes
    marks: tuple[Point, ...]


class ScaleMarks(Protocol):
    """Marks on an object of known size."""

    def measured(self, picture: Picture) -> MarkedScale:
        """Measure it. Raises `CalibrationError`."""
        ...


@dataclass(frozen=True, slots=True)
class CannulaMarks:
    """Two points along a shaft, and its gauge (``11G``) or outer diameter in mm."""

    start: Point
    end: Point
    gauge: str

    def measured(self, picture: Picture) -> MarkedScale:
        """Measure it. Raises `CalibrationError`."""
        diameter_mm = outer_diameter_mm(self.gauge)
        shaft = scale_from_cannula(
            picture.attenuation, self.start, self.end, diameter_mm, linear=_linear(picture)
        )
        return MarkedScale(shaft.estimate, Shapes(paths=shaft.edges), (self.start, self.end))


@dataclass(frozen=True, slots=True)
class BallMarks:
    """A point within a ball, and its diameter (mm)."""

    at: Point
    diameter_mm: float

    def measured(self, picture: Picture) -> MarkedScale:
        """Measure it. Raises `CalibrationError`."""
        ball = scale_from_ball(picture.attenuation, self.at, self.diameter_mm, linear=_linear(picture))
        return MarkedScale(ball.estimate, Shapes(circles=((ball.centre, ball.diameter_px / 2),)), ())


@dataclass(frozen=True, slots=True)
class RulerMarks:
    """The first and the last mark of a ruler, and its pitch (mm)."""

    start: Point
    end: Point
    pitch_mm: float

    def measured(self, picture: Picture) -> MarkedScale:
        """Measure it. Raises `CalibrationError`."""
        ruler = scale_from_ruler(picture.attenuation, self.start, self.end, self.pitch_mm)
        return MarkedScale(ruler.estimate, Shapes(crosses=ruler.marks), ())


@dataclass(frozen=True, slots=True)
class LengthMarks:
    """Both ends of a known length (mm) in the plane of the spine."""

    start: Point
    end: Point
    length_mm: float

    def measured(self, picture: Picture) -> MarkedScale:
        """Measure it. Raises `CalibrationError`."""
        length_px = math.dist(self.start, self.end)
        rows, columns = picture.stored.shape
        if length_px < _SHORTEST_PX:
            raise CalibrationError(
                f"the two points are {length_px:.0f} px apart, at least {_SHORTEST_PX:.0f} are needed"
            )
        for x, y in (self.start, self.end):
            if not (0 <= x <= columns - 1 and 0 <= y <= rows - 1):
                raise CalibrationError(f"the point {x:g},{y:g} is outside the image")
        estimate = scale_from_points(length_px, self.length_mm)
        return MarkedScale(estimate, Shapes(paths=((self.start, self.end),)), ())


def picture_of_scales(picture: Picture, scales: Sequence[MarkedScale]) -> NDArray[np.uint8]:
    """The picture with what was found, shape (rows, columns, 3), as OpenCV writes it."""
    drawn = picture.on_screen()
    for scale in scales:
        for path in scale.found.paths:
            cv2.polylines(drawn, [_fine(path)], False, _FOUND, 1, cv2.LINE_AA, 4)
        for centre, radius in scale.found.circles:
            middle = (round(centre[0] * 16), round(centre[1] * 16))
            cv2.circle(drawn, middle, round(radius * 16), _FOUND, 1, cv2.LINE_AA, 4)
        for points, colour in ((scale.found.crosses, _FOUND), (scale.marks, _CLICKED)):
            for x, y in points:
                cv2.drawMarker(drawn, (round(x), round(y)), colour, cv2.MARKER_CROSS, 9, 1)
    return drawn


def _fine(path: Sequence[Point]) -> NDArray[np.int32]:
    fine: NDArray[np.int32] = np.rint(np.array(path) * 16).astype(np.int32).reshape(-1, 1, 2)
    return fine


def _linear(picture: Picture) -> bool:
    return picture.info.intensity.relationship is PixelIntensityRelationship.LIN
