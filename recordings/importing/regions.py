"""Parts of the frames that are blanked: burned-in names, dates and places.

They are set to the stored value of no X-ray at all (0 where bright means more X-ray, else the largest one),
as a collimator blade is: the monitor leaves what no X-ray reaches out of the field of view, and takes it for
neither bone nor cement. Any value in between would be an object of some thickness.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from monitor.errors import InputError
from monitor.frame import Frame, Intensity, Pixels, freeze_pixels

MOST_REGIONS = 64
_TEXT = re.compile(r"(\d{1,5}),(\d{1,5}),(\d{1,5}),(\d{1,5})")


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle of the frames as they are kept, after a crop (px): first column and row, and its size."""

    x: int
    y: int
    columns: int
    rows: int

    def __str__(self) -> str:
        return f"{self.x},{self.y},{self.columns},{self.rows}"

    @property
    def part(self) -> tuple[slice, slice]:
        """Its rows and columns."""
        return slice(self.y, self.y + self.rows), slice(self.x, self.x + self.columns)


def parse_region(text: str, name: str = "--black") -> Region:
    """The region that ``X,Y,W,H`` names; `name` is used in messages.

    Raises
    ------
    InputError
        Anything else, or a region without area.
    """
    found = _TEXT.fullmatch(text.strip())
    if found is None:
        raise InputError(f"{name} must be X,Y,W,H in pixels, is {text!r}")
    region = Region(*(int(number) for number in found.groups()))
    if not (region.columns and region.rows):
        raise InputError(f"{name} {region}: covers nothing")
    return region


def check_within(regions: Sequence[Region], rows: int, columns: int) -> None:
    """Check that the regions lie within frames of this size.

    Raises
    ------
    InputError
        One does not, or there are too many.
    """
    if len(regions) > MOST_REGIONS:
        raise InputError(f"--black: {len(regions)} regions, at most {MOST_REGIONS}")
    for region in regions:
        if region.x + region.columns > columns or region.y + region.rows > rows:
            raise InputError(f"--black {region} does not lie within {columns} x {rows}")


def black_value(intensity: Intensity) -> int:
    """The stored value of no X-ray."""
    return 0 if intensity.bright_is_radiolucent else intensity.largest_stored_value


def blanked_pixels(pixels: Pixels, regions: Sequence[Region], intensity: Intensity) -> Pixels:
    """The image with the regions blanked; itself where there are none.

    Parameters
    ----------
    pixels : ndarray, shape (rows, columns), uint8 or uint16
    """
    if not regions:
        return pixels
    changed = pixels.copy()
    for region in regions:
        changed[region.part] = black_value(intensity)
    return freeze_pixels(changed, copy=False)


def blanked(frame: Frame, regions: Sequence[Region], intensity: Intensity) -> Frame:
    """The frame with the regions blanked."""
    return replace(frame, pixels=blanked_pixels(frame.pixels, regions, intensity)) if regions else frame
