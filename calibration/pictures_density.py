"""A picture of what was found on a wedge, to be looked at before the density is used."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.cylinders import Cylinders
from calibration.density_fit import WedgeDensity, thickness_of
from calibration.picture import Picture
from calibration.wedge import Wedge

_OUTLINE, _INNER, _BEYOND = (255, 200, 0), (0, 220, 120), (60, 60, 255)
"""Colours in OpenCV's order."""
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_MARGIN = 0.02
_READABLE_PX = 1024


def picture_of_wedge(picture: Picture, wedge: Wedge, found: WedgeDensity | None = None) -> NDArray[np.uint8]:
    """Outline the steps, with thickness and added attenuation beside each.

    Parameters
    ----------
    picture : Picture
        As `calibration.wedge.find_steps` took it.
    wedge : Wedge
    found : WedgeDensity or None
        With it, the fitted thickness is written too, and steps that it does not hold for are red.

    Returns
    -------
    ndarray, shape (times rows, times columns, 3), uint8
        Blue, green, red; a small picture is enlarged a whole number of times, so that it can be read.
    """
    drawn, times = _canvas(picture)
    scale = _scale(drawn)
    ends = wedge.steps[-1].outline_px.mean(axis=0) - wedge.steps[0].outline_px.mean(axis=0)
    level = abs(float(ends[0])) >= abs(float(ends[1]))
    for number, step in enumerate(wedge.steps):
        beyond = found is not None and step.thickness_mm > found.validity.thickness_mm[1]
        for corners, colour in ((step.outline_px, _BEYOND if beyond else _OUTLINE), (step.inner_px, _INNER)):
            _polygon(drawn, corners, times, colour)
        lines = [f"{step.thickness_mm:g} mm", f"{step.added:.3f}"]
        if found is not None:
            lines.append(f"({thickness_of(found.at(step.background_grey), step.added):.1f})")
        _write(
            drawn,
            lines,
            (step.outline_px + 0.5) * times - 0.5,
            scale,
            level=level,
            first_side=number % 2 == 0,
        )
    if found is not None:
        _note(drawn, found)
    return drawn


def picture_of_cylinders(
    picture: Picture, lying: Cylinders, found: WedgeDensity | None = None
) -> NDArray[np.uint8]:
    """Outline lying cylinders and the parts that were measured, with the diameter of each.

    Parameters
    ----------
    picture : Picture
        As `calibration.cylinders.find_cylinders` took it.
    lying : Cylinders
    found : WedgeDensity or None
        With it, strips that it does not hold for are red.

    Returns
    -------
    ndarray, shape (times rows, times columns, 3), uint8
        As `picture_of_wedge`.
    """
    drawn, times = _canvas(picture)
    ends = lying.outline_px[-1].mean(axis=0) - lying.outline_px[0].mean(axis=0)
    level = abs(float(ends[0])) >= abs(float(ends[1]))
    for number, (corners, mm) in enumerate(zip(lying.outline_px, lying.diameter_mm, strict=True)):
        _polygon(drawn, corners, times, _OUTLINE)
        at_px = (corners + 0.5) * times - 0.5
        _write(drawn, [f"{mm:g} mm"], at_px, _scale(drawn), level=level, first_side=number % 2 == 0)
    for step in lying.wedge.steps:
        beyond = found is not None and step.thickness_mm > found.validity.thickness_mm[1]
        _polygon(drawn, step.inner_px, times, _BEYOND if beyond else _INNER)
    if found is not None:
        _note(drawn, found)
    return drawn


def _canvas(picture: Picture) -> tuple[NDArray[np.uint8], int]:
    """The picture enlarged a whole number of times, and how many."""
    screen = picture.on_screen()
    times = max(1, round(_READABLE_PX / screen.shape[1]))
    return np.ascontiguousarray(np.repeat(np.repeat(screen, times, axis=0), times, axis=1)), times


def _scale(drawn: NDArray[np.uint8]) -> float:
    return float(max(0.4, drawn.shape[1] / 2000.0))


def _polygon(
    drawn: NDArray[np.uint8], corners: NDArray[np.float64], times: int, colour: tuple[int, int, int]
) -> None:
    at_px = (corners + 0.5) * times - 0.5
    cv2.polylines(drawn, [np.rint(at_px).astype(np.int32)], True, colour, 1, cv2.LINE_AA)


def _note(drawn: NDArray[np.uint8], found: WedgeDensity) -> None:
    note = f"{found.density.method}, relative SD {100 * found.density.relative_sd:.1f} %"
    rows, columns = drawn.shape[:2]
    _text(drawn, note, (round(_MARGIN * columns), rows - round(_MARGIN * rows)), _scale(drawn))


def _write(
    drawn: NDArray[np.uint8],
    lines: list[str],
    corners: NDArray[np.float64],
    scale: float,
    *,
    level: bool,
    first_side: bool,
) -> None:
    """Write beside a step: above and below by turns where the row lies level, else on its right."""
    line_px = round(32 * scale)
    centre, low, high = corners.mean(axis=0), corners.min(axis=0), corners.max(axis=0)
    if level:
        width = cv2.getTextSize(lines[0], _FONT, scale, 1)[0][0]
        x = centre[0] - width / 2
        y = low[1] - line_px * (len(lines) - 0.5) if first_side else high[1] + line_px
    else:
        x, y = high[0] + line_px / 2, centre[1] - line_px * (len(lines) - 1) / 2
        if x + 80 * scale > drawn.shape[1]:
            x = low[0] - 90 * scale
    for number, line in enumerate(lines):
        _text(drawn, line, (round(float(x)), round(float(y + number * line_px))), scale)


def _text(drawn: NDArray[np.uint8], text: str, at: tuple[int, int], scale: float) -> None:
    """White on a dark rim, to be read on any grey; a bolder font for it would be wider."""
    x, y = at
    for dx, dy in ((-1, -1), (0, -1), (1, -1), (-1, 0), (1, 0), (-1, 1), (0, 1), (1, 1)):
        cv2.putText(drawn, text, (x + dx, y + dy), _FONT, scale, (0, 0, 0), 1, cv2.LINE_AA)
    cv2.putText(drawn, text, at, _FONT, scale, (255, 255, 255), 1, cv2.LINE_AA)
