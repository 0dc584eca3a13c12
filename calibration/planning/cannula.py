"""A cannula from two clicks along its shaft: its axis to the tip, its width, and which gauges it may be."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.gauges import OUTER_DIAMETER_MM, matching_gauges
from calibration.picture import Picture
from calibration.planning.outline import Outline
from calibration.scale import ScaleEstimate
from calibration.shaft import ShaftScale, scale_from_cannula
from monitor.frame import PixelIntensityRelationship
from monitor.plan import Path2D, Point

Vector = NDArray[np.float64]

USUAL_GAUGE = "11G"
"""What the width is first measured with; the shape of a shaft's shadow hardly depends on it."""
_STEP_PX = 0.5
_SIDE_WIDTHS = 1.2
_LEAST_CONTRAST = 0.45
_GAP_WIDTHS = 1.0


@dataclass(frozen=True, slots=True)
class MarkedCannula:
    """A shaft that was found.

    Parameters
    ----------
    start, end : Point
        The clicks (px).
    path : tuple of Point
        Its axis, the end in the patient first (px).
    width_px, width_sd_px : float
        Outer diameter in the picture.
    edges : tuple of tuple of Point
        Both edges between the clicks (px).
    """

    start: Point
    end: Point
    path: Path2D
    width_px: float
    width_sd_px: float
    edges: tuple[Path2D, ...]


def found_cannula(picture: Picture, start: Point, end: Point, outlines: tuple[Outline, ...]) -> MarkedCannula:
    """Find the shaft between two clicks, and its tip beyond them.

    Parameters
    ----------
    outlines : tuple of Outline
        Bodies that are marked: the tip is the end that is nearer to one of them.

    Raises
    ------
    CalibrationError
        There is no straight cannula between the clicks.
    """
    shaft = _measured(picture, start, end, OUTER_DIAMETER_MM[USUAL_GAUGE])
    one, other = (np.asarray(point) for point in shaft.axis)
    ends = [
        _reached(picture, other, one, shaft.width_px),
        _reached(picture, one, other, shaft.width_px),
    ]
    if outlines and _away(ends[1], outlines) < _away(ends[0], outlines):
        ends.reverse()
    path = tuple((round(float(x), 3), round(float(y), 3)) for x, y in ends)
    return MarkedCannula(start, end, path, shaft.width_px, shaft.width_sd_px, shaft.edges)


def scale_by(picture: Picture, marked: MarkedCannula, outer_diameter_mm: float) -> ScaleEstimate:
    """The scale that a cannula of this diameter gives. Raises `CalibrationError`."""
    return _measured(picture, marked.start, marked.end, outer_diameter_mm).estimate


def possible_gauges(marked: MarkedCannula, rough: ScaleEstimate) -> tuple[str, ...]:
    """Gauges that fit a scale known otherwise, the nearest first; empty where none does."""
    return tuple(name for name, _ in matching_gauges(marked.width_px, marked.width_sd_px, rough))


def level_of(path: Path2D, outlines: tuple[Outline, ...]) -> int | None:
    """Number of the body that a cannula's tip is in or nearest to; None where none is marked."""
    if not outlines:
        return None
    inside = [_inside_px(path[0], outline) for outline in outlines]
    return int(np.argmax(inside))


def comes_from_the_front(path: Path2D, outline: Outline) -> bool:
    """Whether a cannula in a lateral view leaves the body through the anterior wall.

    In chest and loins it comes from behind: the walls are then likely to be marked the wrong way round.
    """
    front, back = (np.asarray(outline.handles[k]) for k in (7, 6))
    tip, end = np.asarray(path[0]), np.asarray(path[-1])
    return bool((end - tip) @ (front - back) > 0)


def _measured(picture: Picture, start: Point, end: Point, outer_diameter_mm: float) -> ShaftScale:
    linear = picture.info.intensity.relationship is PixelIntensityRelationship.LIN
    return scale_from_cannula(picture.attenuation, start, end, outer_diameter_mm, linear=linear)


def _reached(picture: Picture, start: Vector, end: Vector, width_px: float) -> Vector:
    """How far a shaft goes on beyond its end: as long as its middle stays darker than beside it."""
    attenuation = picture.attenuation
    along = (end - start) / max(float(np.hypot(*(end - start))), 1e-6)
    across = np.array([-along[1], along[0]])
    rows, columns = attenuation.shape
    far = np.arange(0.0, float(np.hypot(rows, columns)), _STEP_PX)
    places = end + far[:, None] * along
    inside = ((places >= 0) & (places <= [columns - 1, rows - 1])).all(axis=1)
    places = places[: int(np.argmin(inside))] if not inside.all() else places
    if len(places) == 0:
        return end
    before = end - np.arange(_STEP_PX, max(3 * width_px, 8.0), _STEP_PX)[:, None] * along
    usual = float(np.median(_contrast(attenuation, before, across, width_px)))
    goes_on = _contrast(attenuation, places, across, width_px) > _LEAST_CONTRAST * usual
    gap = max(1, round(_GAP_WIDTHS * width_px / _STEP_PX))
    last = 0
    for k, there in enumerate(goes_on):
        if there:
            last = k
        elif k - last > gap:
            break
    return np.asarray(places[last])


def _contrast(attenuation: NDArray[np.float32], at: Vector, across: Vector, width_px: float) -> Vector:
    """By how much the middle of a shaft is darker than either side, at most."""
    offsets = [0.0, -_SIDE_WIDTHS * width_px, _SIDE_WIDTHS * width_px]
    smooth = cv2.GaussianBlur(attenuation, (0, 0), max(0.2 * width_px, 0.5))
    values = []
    for off in offsets:
        places = (at + off * across).astype(np.float32)[None]
        values.append(
            cv2.remap(
                smooth, places[..., 0], places[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
            )[0]
        )
    return np.asarray(values[0] - np.maximum(values[1], values[2]), np.float64)


def _inside_px(at: Point, outline: Outline) -> float:
    body = np.asarray(outline.body, np.float32)
    return float(cv2.pointPolygonTest(body, (float(at[0]), float(at[1])), True))


def _away(at: Vector, outlines: tuple[Outline, ...]) -> float:
    return -max(_inside_px((float(at[0]), float(at[1])), outline) for outline in outlines)
