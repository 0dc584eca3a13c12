"""What may be asked of a live picture, behind a ``#``: ``device:0#size=1920x1080&crop=420,0,1080,1080``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl

import numpy as np
from numpy.typing import NDArray

from monitor.errors import SourceError
from monitor.sources.gray import gray_of

_SIZE = re.compile(r"(\d{2,5})x(\d{2,5})")
_CROP = re.compile(r"(\d{1,5}),(\d{1,5}),(\d{2,5}),(\d{2,5})")
_FOURCC = re.compile(r"[A-Z0-9]{4}|Y1[0246]")  # gray of 10 to 16 bits: the fourth character is a blank
_KNOWN = "size=COLUMNSxROWS, rate=HZ, format=FOURCC, crop=X,Y,COLUMNS,ROWS, interlaced=top|bottom"


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """None: as the device or the stream gives it.

    Parameters
    ----------
    size : (int, int) or None
        Columns and rows to ask a device for.
    rate_hz : float or None
        Frames per second to ask a device for.
    fourcc : str or None
        Pixel format to ask a device for, as ``YUYV``; four characters, of which the last may be a blank.
    crop : (int, int, int, int) or None
        Left, top, columns and rows of the part that is the image: pillar boxes, and what a grabber puts
        around it.
    interlaced : str or None
        ``top`` or ``bottom``, the field that comes first. The later field is taken alone, its lines between
        interpolated: the two are not of one moment.
    """

    size: tuple[int, int] | None = None
    rate_hz: float | None = None
    fourcc: str | None = None
    crop: tuple[int, int, int, int] | None = None
    interlaced: str | None = None

    @property
    def of_device(self) -> bool:
        """Whether something is asked that only a capture device can grant."""
        return (self.size, self.rate_hz, self.fourcc) != (None, None, None)

    def picture(self, image: NDArray[np.generic]) -> NDArray[np.generic]:
        """The gray picture out of what the driver hands over (BGR or gray).

        Raises
        ------
        SourceError
            The crop does not lie within it.
        """
        gray = gray_of(image, order="BGR")
        if self.interlaced is not None:
            gray = one_field(gray, 0 if self.interlaced == "bottom" else 1)
        if self.crop is None:
            return gray
        left, top, columns, rows = self.crop
        if top + rows > gray.shape[0] or left + columns > gray.shape[1]:
            raise SourceError(
                f"crop {left},{top},{columns},{rows} does not lie within {gray.shape[1]} x {gray.shape[0]}"
            )
        return gray[top : top + rows, left : left + columns]


def one_field(image: NDArray[np.generic], parity: int) -> NDArray[np.generic]:
    """Every second line, those between interpolated; nothing moves by a fraction of a line.

    Parameters
    ----------
    image : ndarray, shape (rows, columns), uint8 or uint16
    parity : {0, 1}
        Rows ``parity, parity + 2, ...`` are kept.
    """
    kept = image[parity::2]
    out = np.empty_like(image)
    out[parity::2] = kept
    between = out[1 - parity :: 2]
    below = kept if parity else kept[1:]
    above = kept[:-1] if parity else kept
    # the outermost line has one neighbour only
    count = min(len(above), len(below))
    pair = above[:count].astype(np.uint32) + below[-count:].astype(np.uint32)
    inner = ((pair + 1) // 2).astype(image.dtype)
    if parity:
        between[0] = kept[0]
        between[1 : 1 + count] = inner[: len(between) - 1]
    else:
        between[:count] = inner
        between[count:] = kept[-1]
    return out


def split_options(spec: str) -> tuple[str, LiveOptions]:
    """The source and what is asked of it.

    Raises
    ------
    SourceError
        An unknown option, or a value that makes no sense.
    """
    source, mark, text = spec.partition("#")
    if not mark:
        return spec, LiveOptions()
    asked: dict[str, object] = {}
    for key, value in parse_qsl(text, keep_blank_values=True):
        if key == "size" and (found := _SIZE.fullmatch(value)):
            asked["size"] = (int(found[1]), int(found[2]))
        elif key == "rate" and re.fullmatch(r"\d{1,3}(\.\d+)?", value) and float(value) > 0:
            asked["rate_hz"] = float(value)
        elif key == "format" and _FOURCC.fullmatch(value.upper()):
            asked["fourcc"] = value.upper().ljust(4)
        elif key == "crop" and (found := _CROP.fullmatch(value)):
            asked["crop"] = tuple(int(n) for n in found.groups())
        elif key == "interlaced" and value in ("top", "bottom"):
            asked["interlaced"] = value
        else:
            raise SourceError(f"{spec}: cannot ask for {key}={value}; there are: {_KNOWN}")
    return source, LiveOptions(**asked)  # type: ignore[arg-type]  # checked above
