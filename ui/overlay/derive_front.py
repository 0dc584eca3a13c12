"""Where the front will stand a second from now, if it goes on as it does."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from monitor.result import Contour, LevelResult

AHEAD_S = 1.0
_HALF_MM = 3.0
"""Length of the front on either side of its tip that is moved; beyond, the speed is not that of the tip."""
_LEAST_MM = 0.2
"""A step shorter than this cannot be told from the front as it is."""
_STEP_SHARE = 1 / 16


def fronts_ahead(level: LevelResult, mm_per_px: float | None) -> tuple[Contour, ...]:
    """The parts of the front that near a structure, moved by what they travel in `AHEAD_S`.

    The speed is that of the cement's point nearest to the structure; it fades along the outline, so that a
    line begins and ends on the contour.

    Returns
    -------
    lines : tuple of ndarray, shape (n, 2), float32
        Open lines, x then y (px of the frame). None towards a structure that has been reached, or to which
        the speed is not known or is not told from standing.
    """
    if mm_per_px is None or not level.contours_px:
        return ()
    lines = []
    for structure, approach in (level.approaches or {}).items():
        distance = (level.distances or {}).get(structure)
        travel_mm = approach.speed_mm_s * AHEAD_S
        known = approach.time_to_contact_s is not None and distance is not None
        if distance is None or not known or distance.value_mm <= 0 or travel_mm < _LEAST_MM:
            continue
        tip = np.asarray(distance.from_px, np.float64)
        way = np.asarray(distance.to_px, np.float64) - tip
        length_px = float(np.hypot(*way))
        if length_px > 0:
            travel_px = way / length_px * (travel_mm / mm_per_px)
            lines.append(_moved(level.contours_px, tip, travel_px, max(_HALF_MM, travel_mm) / mm_per_px))
    return tuple(lines)


def _moved(
    contours_px: tuple[Contour, ...],
    tip: NDArray[np.float64],
    travel_px: NDArray[np.float64],
    half_px: float,
) -> Contour:
    """The stretch of the nearest outline around its point nearest to `tip`, moved most in its middle."""
    outlines = [np.asarray(line, np.float64).reshape(-1, 2) for line in contours_px]
    outline = min(outlines, key=lambda line: float(np.hypot(*(line - tip).T).min()))
    nearest = int(np.argmin(np.hypot(*(outline - tip).T)))
    closed = np.roll(outline, -nearest, axis=0)
    closed = np.vstack([closed, closed[:1]])
    at_px = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(closed, axis=0).T))])
    along = np.arange(-1, 1 + _STEP_SHARE / 2, _STEP_SHARE)
    where = along * min(half_px, at_px[-1] / 4) % at_px[-1]
    front = np.stack([np.interp(where, at_px, closed[:, k]) for k in (0, 1)], axis=1)
    moved = front + np.cos(along * np.pi / 2)[:, None] ** 2 * travel_px
    return np.asarray(moved, np.float32)
