"""Morphology of masks, looked at only where they are not empty: cement is small, windows are wide."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

Bool = NDArray[np.bool_]
Part = tuple[slice, slice]


@cache
def square(reach_px: int) -> NDArray[np.uint8]:
    """Structuring element that reaches so many pixels to every side. Shared: not to be written to."""
    return np.ones((2 * reach_px + 1, 2 * reach_px + 1), np.uint8)


def around(mask: Bool, margin_px: int) -> Part:
    """Rows and columns around the pixels of a mask; the first few where it has none."""
    x, y, width, height = cv2.boundingRect(mask.view(np.uint8))
    rows = slice(max(0, y - margin_px), min(mask.shape[0], y + height + margin_px))
    return (rows, slice(max(0, x - margin_px), min(mask.shape[1], x + width + margin_px)))


def dilated(mask: Bool, reach_px: int) -> Bool:
    """A mask and what lies within so many pixels of it, up, down and across. Always a new array."""
    part = around(mask, reach_px)
    result = np.zeros(mask.shape, bool)
    # of zeros and ones the dilation holds nothing else
    result[part] = cv2.dilate(mask[part].view(np.uint8), square(reach_px)).view(np.bool_)
    return result
