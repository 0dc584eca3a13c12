"""A straight wire or rod as the frame shows it, between two clicks, to test a distortion model on."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.beads import Picture as Pixels
from calibration.bivariate import Floats
from calibration.conditions import conditions_of, geometry_changes
from calibration.distortion import DistortionModel
from calibration.misses import LineError
from calibration.picture import Picture as FramePicture
from calibration.profile import DistortionPart
from calibration.shapes import Shapes
from monitor.errors import CalibrationError
from monitor.frame import SourceInfo
from monitor.plan import Point

_SHORTEST_PX = 30.0
_STEP_PX = 2.0
_PER_PX = 4
_REACH = 0.06
"""How far the wire may bow from the line between the clicks, in its lengths."""
_LEAST_REACH_PX = 6.0
_LEAST_CONTRAST_SDS = 4.0
_FOUND = (60, 220, 120)
_BEND_PX = 1.5
"""How far the wire may move sideways from one step along it to the next."""


def trace_wire(pixels: Pixels, start: Point, end: Point, *, width_px: float) -> Floats:
    """Middle of a thin wire or rod between two clicks, every two pixels along it.

    Parameters
    ----------
    pixels : ndarray, uint8, uint16 or float32, shape (rows, columns)
    start, end : tuple of float
        Clicks on the wire (frame px).
    width_px : float
        Its diameter, roughly.

    Returns
    -------
    ndarray, float64, shape (n, 2)
        Frame px.

    Raises
    ------
    CalibrationError
        The clicks are too near each other, or no wire is to be seen between them.
    """
    a, b = np.array(start, np.float64), np.array(end, np.float64)
    length = float(np.hypot(*(b - a)))
    if length < _SHORTEST_PX:
        raise CalibrationError(f"the ends of a wire must be {_SHORTEST_PX:g} px apart, are {length:.0f}")
    along = (b - a) / length
    across = np.array([-along[1], along[0]])
    reach = max(_LEAST_REACH_PX, 2 * width_px, _REACH * length)
    steps = np.linspace(0.0, length, int(length / _STEP_PX) + 1)
    sides = np.arange(-round(reach * _PER_PX), round(reach * _PER_PX) + 1) / _PER_PX
    places = a + steps[:, None, None] * along + sides[:, None] * across
    strip = cv2.remap(
        pixels.astype(np.float32),
        places[..., 0].astype(np.float32),
        places[..., 1].astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    sigma = max(0.4 * width_px, 1.0) * _PER_PX
    # blurred along the wire less than it bends, across it by its own width
    smooth = np.asarray(cv2.GaussianBlur(strip, (0, 0), sigmaX=sigma, sigmaY=2.0), np.float64)
    curve = np.zeros_like(smooth)
    curve[:, 1:-1] = smooth[:, 2:] - 2 * smooth[:, 1:-1] + smooth[:, :-2]
    answer, path = max(((one, _path(one)) for one in (curve, -curve)), key=_along)
    each = np.arange(len(path))
    noise = 1.4826 * float(np.median(np.abs(answer - np.median(answer))))
    if float(np.median(answer[each, path])) < _LEAST_CONTRAST_SDS * max(noise, 1e-12):
        raise CalibrationError("no straight wire or rod is to be seen between the two points")
    inner = path.clip(1, answer.shape[1] - 2)
    left, top, right = answer[each, inner - 1], answer[each, inner], answer[each, inner + 1]
    bend = left - 2 * top + right
    part = np.where(bend < 0, 0.5 * (left - right) / np.where(bend < 0, bend, -1.0), 0.0).clip(-0.5, 0.5)
    offset = sides[inner] + part / _PER_PX
    found: Floats = a + steps[:, None] * along + offset[:, None] * across
    return found


@dataclass(frozen=True, slots=True, eq=False)
class StraightWire:
    """A traced wire and how straight it is.

    Parameters
    ----------
    points_px : ndarray, float64, shape (n, 2)
        Where the beads of the model reach (frame px).
    error : LineError
    """

    points_px: Floats
    error: LineError

    @property
    def line(self) -> str:
        """The residual in words."""
        e = self.error
        return (
            f"off a straight line: {e.before_rms_mm:.3f} mm RMS ({e.before_max_mm:.3f} mm at most) before "
            f"correction, {e.after_rms_mm:.3f} mm ({e.after_max_mm:.3f} mm at most) after"
        )

    @property
    def found(self) -> Shapes:
        """The course of the wire as the frame shows it."""
        return Shapes(paths=(tuple((float(x), float(y)) for x, y in self.points_px),))


def tested_model(part: DistortionPart | None, info: SourceInfo, name: str) -> DistortionModel:
    """The distortion of a profile, for pictures of a source.

    Parameters
    ----------
    part : DistortionPart or None
    info : SourceInfo
    name : str
        What the profile is called in messages.

    Raises
    ------
    CalibrationError
        There is none, or it is that of another format, field or geometry.
    """
    if part is None:
        raise CalibrationError(f"{name}: holds no distortion to test; calibrate distortion first")
    for change in geometry_changes(part.conditions, conditions_of(info)):
        raise CalibrationError(f"{name}: the distortion does not hold for this source: {change}")
    return DistortionModel.from_dict(part.model)


def straight_wire(
    pixels: Pixels, model: DistortionModel, start: Point, end: Point, *, width_px: float
) -> StraightWire:
    """Deviation of a straight wire between two clicks from a straight line, before and after correction (mm).

    Raises
    ------
    CalibrationError
        As `trace_wire`; another format; less than half of the wire where the beads reach.
    """
    model.check_fits(pixels.shape[0], pixels.shape[1])
    points = trace_wire(pixels, start, end, width_px=width_px)
    covered = model.covers(points)
    if covered.mean() < 0.5:
        raise CalibrationError("most of the wire lies beyond the beads")
    return StraightWire(points[covered], model.straight_line_error(points[covered]))


def picture_of_wire(picture: FramePicture, wire: StraightWire) -> NDArray[np.uint8]:
    """The picture with the course of the wire, shape (rows, columns, 3), as OpenCV writes it."""
    drawn = picture.on_screen()
    course = np.rint(wire.points_px * 16).astype(np.int32).reshape(-1, 1, 2)
    cv2.polylines(drawn, [course], False, _FOUND, 1, cv2.LINE_AA, 4)
    return drawn


def _along(answer_and_path: tuple[Floats, NDArray[np.intp]]) -> float:
    answer, path = answer_and_path
    return float(answer[np.arange(len(path)), path].sum())


def _path(answer: Floats) -> NDArray[np.intp]:
    """The course of the greatest sum that never jumps sideways, by dynamic programming, shape (steps,)."""
    jump = max(1, round(_BEND_PX * _PER_PX / 2))
    total = answer.copy()
    for k in range(1, len(answer)):
        total[k] += cv2.dilate(total[k - 1][None], np.ones((1, 2 * jump + 1), np.uint8))[0]
    path = np.empty(len(answer), np.intp)
    path[-1] = int(total[-1].argmax())
    for k in range(len(answer) - 2, -1, -1):
        low = max(0, path[k + 1] - jump)
        path[k] = low + int(total[k, low : path[k + 1] + jump + 1].argmax())
    return path
