"""Where the image lies in what a video output delivers: a round or square field on an even border.

Only what is clear is proposed; else all of the frame is kept. Text around the image is thin and goes when the
picture is opened; what remains must be one convex field.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.frame import Pixels
from monitor.sources.cropped import LEAST_SIDE_PX, Crop

_CELLS = 270
"""Smaller side of the picture that is looked at (px); text is gone in it, and noise averaged."""
_EVEN = 1.6 / 255
"""Spread of a border that is the video's own (of full scale); collimator blades are noisier, and stay."""
_OTHER = 2.5 / 255
_OTHER_SDS = 4.0
_STROKES = 0.03
_LEAST_AREA, _MOST_AREA = 0.06, 0.97
_CONVEX = 0.93
_ROUND = (0.72, 0.85)
"""Of the rectangle around it, a circle fills pi / 4 = 0.785."""
_SQUARE_FROM = 0.93
_NEARLY_ROUND = 0.06


@dataclass(frozen=True, slots=True)
class Proposal:
    """A crop, and the shape of what lies in it (``round`` or ``rectangular``)."""

    crop: Crop
    shape: str


def propose(pixels: Pixels) -> Proposal | None:
    """The part of a frame that is the image; None where that is all of it, or not clear.

    Parameters
    ----------
    pixels : ndarray, shape (rows, columns), uint8 or uint16
    """
    rows, columns = pixels.shape
    step = max(1, min(rows, columns) // _CELLS)
    if min(rows, columns) < 4 * LEAST_SIDE_PX:
        return None
    size = (columns // step, rows // step)
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    value, spread = _border(pixels)
    full = _full(pixels)
    if spread > _EVEN * full:
        return None
    other = np.abs(small - np.float32(value)) > max(_OTHER * full, _OTHER_SDS * spread / step)
    field = _largest(other.astype(np.uint8))
    return None if field is None else _of(field, step, rows, columns)


def _full(pixels: Pixels) -> float:
    """Full scale: of 16 bits few are used by most."""
    bits = max(8, int(pixels.max()).bit_length())
    return float((1 << bits) - 1)


def _border(pixels: Pixels) -> tuple[float, float]:
    """Median and spread of the two opposite sides that the image does not reach; text may."""
    pairs = ((pixels[:, 0], pixels[:, -1]), (pixels[0], pixels[-1]))
    told = []
    for pair in pairs:
        side = np.concatenate(pair).astype(np.float64)
        # half of the middle four fifths, as a standard deviation
        low, middle, high = np.percentile(side, (10, 50, 90))
        told.append((float(middle), float(high - low) / 2.563))
    return min(told, key=lambda one: one[1])


def _largest(other: NDArray[np.uint8]) -> NDArray[np.int32] | None:
    """Outline of the largest part that is no text; None where it has too small or too large an area."""
    width = max(3, round(_STROKES * min(other.shape)) | 1)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    # holes first: dense bone and steel may be as dark as the border
    outlines, _ = cv2.findContours(other, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = cv2.drawContours(np.zeros_like(other), outlines, -1, 1, cv2.FILLED)
    opened = cv2.morphologyEx(filled, cv2.MORPH_OPEN, kernel)
    outlines, _ = cv2.findContours(opened, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not outlines:
        return None
    largest = max(outlines, key=cv2.contourArea)
    share = cv2.contourArea(largest) / other.size
    return np.asarray(largest, np.int32) if _LEAST_AREA <= share <= _MOST_AREA else None


def _of(field: NDArray[np.int32], step: int, rows: int, columns: int) -> Proposal | None:
    x, y, width, height = cv2.boundingRect(field)
    area, hull = cv2.contourArea(field), cv2.contourArea(cv2.convexHull(field))
    # outlines run through the middle of the outermost pixels
    fills = area / max((width - 1) * (height - 1), 1)
    if area < _CONVEX * hull:
        return None
    is_round = _ROUND[0] <= fills <= _ROUND[1] and abs(math.log(width / height)) < _NEARLY_ROUND
    if not is_round and fills < _SQUARE_FROM:
        return None
    left, top = x * step, y * step
    right, bottom = min((x + width) * step, columns), min((y + height) * step, rows)
    # what is left over where the frame is no whole number of steps
    right, bottom = (
        columns if columns - right < step else right,
        rows if rows - bottom < step else bottom,
    )
    crop = Crop(left, top, right - left, bottom - top)
    if crop.whole(columns, rows) or min(crop.columns, crop.rows) < LEAST_SIDE_PX:
        return None
    return Proposal(crop, "round" if is_round else "rectangular")
