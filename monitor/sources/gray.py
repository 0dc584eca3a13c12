"""Gray from colour and from limited-range video, bit depth kept."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray


def gray_of(image: NDArray[np.generic], *, order: str = "RGB") -> NDArray[np.generic]:
    """Return the luma of an image (ITU-R BT.601: 0.299 R + 0.587 G + 0.114 B); gray stays as it is.

    Parameters
    ----------
    image : ndarray, shape (rows, columns) or (rows, columns, 1 to 4), uint8 or uint16
        Two channels are gray and alpha; a fourth is alpha. Alpha is dropped.
    order : {"RGB", "BGR"}
        Order of the colour channels.

    Returns
    -------
    ndarray, shape (rows, columns), same dtype
        Equal channels give exactly their value.
    """
    if image.ndim == 2:
        return image
    if image.shape[2] < 3:
        return np.ascontiguousarray(image[:, :, 0])
    codes = {
        ("RGB", 3): cv2.COLOR_RGB2GRAY,
        ("RGB", 4): cv2.COLOR_RGBA2GRAY,
        ("BGR", 3): cv2.COLOR_BGR2GRAY,
        ("BGR", 4): cv2.COLOR_BGRA2GRAY,
    }
    return cv2.cvtColor(np.asarray(image), codes[order, image.shape[2]])


@lru_cache(maxsize=4)
def full_range_table(bits: int) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Return the table from limited-range luma to full-range gray.

    ITU-R BT.601 and BT.709 put black at 16 and white at 235 (8 bit; shifted left for more), as
    ffmpeg does when it converts limited-range YUV to gray. The fixed-point arithmetic is that of
    libswscale (19077 / 16384 = 255 / 219 on 15-bit values), so that results up to 14 bits equal ffmpeg's.

    Parameters
    ----------
    bits : int
        Bits of the luma plane, 8 to 16.

    Returns
    -------
    ndarray, shape (2**bits,), uint8 or uint16
    """
    luma: NDArray[np.int64] = np.arange(1 << bits, dtype=np.int64)
    largest = (1 << bits) - 1
    full: NDArray[np.int64]
    if bits <= 14:
        shift = 15 - bits
        full = ((np.minimum(luma << shift, 30189) * 19077 - 39057361) >> 14) + (1 << (shift - 1)) >> shift
    else:
        black, white = 16 << (bits - 8), 235 << (bits - 8)
        full = np.rint((luma - black) * (largest / (white - black))).astype(np.int64)
    clipped: NDArray[np.int64] = np.clip(full, 0, largest)
    return clipped.astype(np.uint8) if bits == 8 else clipped.astype(np.uint16)
