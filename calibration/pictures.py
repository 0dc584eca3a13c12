"""What a calibration found, drawn on the picture that it was found in."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.beads import FoundBeads, Picture
from calibration.distortion import DistortionModel

_RED, _GREEN, _BLUE, _YELLOW = (235, 70, 60), (80, 220, 120), (90, 160, 255), (255, 220, 70)
_SUBPIXEL_BITS = 4
_MAGNIFIED = 50.0
_DARKENED = 0.75


def marked_picture(
    pixels: Picture,
    beads: FoundBeads,
    model: DistortionModel | None = None,
    *,
    magnified: float = _MAGNIFIED,
) -> NDArray[np.uint8]:
    """The phantom's picture with the marks, the lines of the lattice, and what the model misses of each mark.

    Marks are ringed (the one at the origin of the lattice twice), neighbours joined, the hull within which
    the model holds is drawn, and a yellow line leads from each mark the way that the model misses it.

    Parameters
    ----------
    pixels : ndarray, uint8, uint16 or float32, shape (rows, columns)
    beads : FoundBeads
    model : DistortionModel or None
    magnified : float
        How much longer than in the picture the misses are drawn.

    Returns
    -------
    ndarray, uint8, shape (rows, columns, 3)
        Red, green, blue.
    """
    low, high = np.percentile(pixels, [1, 99.5])
    grey = np.clip((pixels.astype(np.float32) - low) / max(float(high - low), 1.0), 0, 1) * (255 * _DARKENED)
    picture = np.repeat(grey.astype(np.uint8)[..., None], 3, axis=2)
    place = {(int(i), int(j)): k for k, (i, j) in enumerate(beads.indices)}
    for (i, j), k in place.items():
        for step in ((1, 0), (0, 1)):
            neighbour = place.get((i + step[0], j + step[1]))
            if neighbour is not None:
                _line(picture, beads.points_px[k], beads.points_px[neighbour], _BLUE)
    radius = max(2.0, 2.0 * beads.mark_sigma_px)
    for k, point in enumerate(beads.points_px):
        _ring(picture, point, radius, _GREEN)
        if tuple(beads.indices[k]) == (0, 0):
            _ring(picture, point, 1.8 * radius, _RED)
    if model is not None:
        hull = np.array(model.hull_px)
        for a, b in zip(hull, np.roll(hull, -1, axis=0), strict=True):
            _line(picture, a, b, _RED)
        missed_mm = model.to_plate_mm(beads.points_px) - beads.plate_mm
        missed = missed_mm @ model.turn.T / model.mm_per_px
        for point, by in zip(beads.points_px, missed, strict=True):
            if np.all(np.isfinite(by)):
                _line(picture, point, point + magnified * by, _YELLOW, 2)
    return picture


def _line(
    picture: NDArray[np.uint8],
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    colour: tuple[int, int, int],
    width: int = 1,
) -> None:
    start, end = (np.rint(np.asarray(p) * (1 << _SUBPIXEL_BITS)).astype(int).tolist() for p in (a, b))
    cv2.line(picture, start, end, colour, width, cv2.LINE_AA, _SUBPIXEL_BITS)


def _ring(
    picture: NDArray[np.uint8], centre: NDArray[np.float64], radius: float, colour: tuple[int, int, int]
) -> None:
    fine = 1 << _SUBPIXEL_BITS
    middle = np.rint(centre * fine).astype(int).tolist()
    cv2.circle(picture, middle, round(radius * fine), colour, 1, cv2.LINE_AA, _SUBPIXEL_BITS)
