"""Scales measured on a picture, each with what was found, drawn for whoever has to believe it."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.gauges import outer_diameter_mm
from calibration.picture import Picture
from calibration.ruler import scale_from_ruler
from calibration.scale import ScaleEstimate, scale_from_points
from calibration.shaft import scale_from_cannula
from calibration.sphere import scale_from_ball
from monitor.errors import CalibrationError
from monitor.frame import PixelIntensityRelationship

Point = tuple[float, float]

_FOUND, _CLICKED = (60, 220, 120), (70, 170, 255)
_SHORTEST_PX = 20.0


class MeasuredScales:
    """Measures one thing after another on a picture. Single-threaded.

    Parameters
    ----------
    picture : Picture
    """

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._attenuation = picture.attenuation
        self._linear = picture.info.intensity.relationship is PixelIntensityRelationship.LIN
        self._drawn = picture.on_screen()
        self.estimates: list[ScaleEstimate] = []

    def cannula(self, start: Point, end: Point, gauge: str) -> None:
        """Scale from a cannula between two clicks, by gauge or diameter in mm. Raises `CalibrationError`."""
        found = scale_from_cannula(
            self._attenuation, start, end, outer_diameter_mm(gauge), linear=self._linear
        )
        self.estimates.append(found.estimate)
        for edge in found.edges:
            self._line(*edge)
        self._cross(start)
        self._cross(end)

    def ball(self, click: tuple[float, ...], diameter_mm: float) -> None:
        """Scale from a ball around a click. Raises `CalibrationError`."""
        found = scale_from_ball(self._attenuation, (click[0], click[1]), diameter_mm, linear=self._linear)
        self.estimates.append(found.estimate)
        centre = (round(found.centre[0] * 16), round(found.centre[1] * 16))
        cv2.circle(self._drawn, centre, round(found.diameter_px / 2 * 16), _FOUND, 1, cv2.LINE_AA, 4)

    def ruler(self, start: Point, end: Point, pitch_mm: float) -> None:
        """Scale from a ruler between two clicks. Raises `CalibrationError`."""
        found = scale_from_ruler(self._attenuation, start, end, pitch_mm)
        self.estimates.append(found.estimate)
        for mark in found.marks:
            self._cross(mark, _FOUND)

    def points(self, start: Point, end: Point, length_mm: float) -> None:
        """Scale from a known length between two clicks. Raises `CalibrationError`."""
        length_px = math.dist(start, end)
        rows, columns = self._attenuation.shape
        if length_px < _SHORTEST_PX:
            raise CalibrationError(
                f"the two points are {length_px:.0f} px apart, at least {_SHORTEST_PX:.0f} are needed"
            )
        for x, y in (start, end):
            if not (0 <= x <= columns - 1 and 0 <= y <= rows - 1):
                raise CalibrationError(f"the point {x:g},{y:g} is outside the image")
        self.estimates.append(scale_from_points(length_px, length_mm))
        self._line(start, end)

    def drawn(self) -> NDArray[np.uint8]:
        """The picture with what was found, shape (rows, columns, 3), as OpenCV writes it."""
        return self._drawn

    def _line(self, start: Point, end: Point) -> None:
        a, b = ((round(x * 16), round(y * 16)) for x, y in (start, end))
        cv2.line(self._drawn, a, b, _FOUND, 1, cv2.LINE_AA, 4)

    def _cross(self, at: Point, colour: tuple[int, int, int] = _CLICKED) -> None:
        cv2.drawMarker(self._drawn, (round(at[0]), round(at[1])), colour, cv2.MARKER_CROSS, 9, 1)
