"""A part of a source's frames as frames of their own, without what a video output puts around the image."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from monitor.errors import InputError, SourceError
from monitor.frame import Frame, SourceInfo, freeze_pixels
from monitor.sources.base import FrameSource
from monitor.sources.wrapped import WrappedSource

LEAST_SIDE_PX = 16
_TEXT = re.compile(r"(\d{1,5}),(\d{1,5}),(\d{1,5}),(\d{1,5})")


@dataclass(frozen=True, slots=True)
class Crop:
    """The part that is the image (px of the frames as delivered).

    Parameters
    ----------
    left, top : int
        Its first column and row.
    columns, rows : int
        Its size.
    """

    left: int
    top: int
    columns: int
    rows: int

    def __str__(self) -> str:
        return f"{self.left},{self.top},{self.columns},{self.rows}"

    def within(self, columns: int, rows: int) -> bool:
        """Whether it lies within frames of this size."""
        return self.left + self.columns <= columns and self.top + self.rows <= rows

    def whole(self, columns: int, rows: int) -> bool:
        """Whether it is all of frames of this size."""
        return (self.left, self.top, self.columns, self.rows) == (0, 0, columns, rows)


def parse_crop(text: str, name: str = "crop") -> Crop:
    """The crop that ``LEFT,TOP,COLUMNS,ROWS`` names; `name` is used in messages.

    Raises
    ------
    InputError
        Anything else, or a part too small to be an image.
    """
    found = _TEXT.fullmatch(text.strip())
    if found is None:
        raise InputError(f"{name} must be LEFT,TOP,COLUMNS,ROWS in pixels, is {text!r}")
    crop = Crop(*(int(number) for number in found.groups()))
    if min(crop.columns, crop.rows) < LEAST_SIDE_PX:
        raise InputError(f"{name} {crop}: an image has at least {LEAST_SIDE_PX} columns and rows")
    return crop


def cropped(source: FrameSource, crop: Crop | None) -> FrameSource:
    """The source with its frames cropped; the source itself where there is no crop."""
    return source if crop is None else CroppedSource(source, crop)


class CroppedSource(WrappedSource):
    """A `FrameSource` that hands out a part of each frame; numbers and times stay.

    The part is copied, since pixels of a frame are contiguous; the frame that it was cut from can go.

    Parameters
    ----------
    source : FrameSource
    crop : Crop
    """

    def __init__(self, source: FrameSource, crop: Crop) -> None:
        super().__init__(source)
        self._crop = crop

    def open(self) -> SourceInfo:
        """Open the source; see there for errors.

        Raises
        ------
        SourceError
            The crop does not lie within its frames; it is closed again then.
        """
        info = self._source.open()
        if not self._crop.within(info.columns, info.rows):
            self._source.close()
            raise SourceError(
                f"{info.source_id}: crop {self._crop} does not lie within {info.columns} x {info.rows}"
            )
        return self.info

    @property
    def info(self) -> SourceInfo:
        """What `open` returned. Raises `RuntimeError` before it."""
        info = self._source.info
        facts = {"Delivered": f"{info.columns} x {info.rows}", **info.attributes, "Crop": str(self._crop)}
        return replace(info, rows=self._crop.rows, columns=self._crop.columns, attributes=facts)

    def read(self, timeout_s: float = 1.0) -> Frame:
        """Return the part of the next frame; raises as the source does.

        Raises
        ------
        SourceError
            The frame has another size than when the source was opened: the image lies elsewhere in it.
        """
        frame = self._source.read(timeout_s)
        info, crop = self._source.info, self._crop
        if (frame.columns, frame.rows) != (info.columns, info.rows):
            raise SourceError(
                f"{info.source_id}: frame {frame.seq} is {frame.columns} x {frame.rows}, no longer "
                f"{info.columns} x {info.rows}: crop {crop} does not hold"
            )
        part = frame.pixels[crop.top : crop.top + crop.rows, crop.left : crop.left + crop.columns]
        return replace(frame, pixels=freeze_pixels(part, copy=True))
