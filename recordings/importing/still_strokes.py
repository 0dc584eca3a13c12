"""Strokes that do not change while the image around them does: text of any brightness.

An X-ray image has noise; what a machine has drawn into it has none. So a pixel that keeps its value from
frame to frame was drawn, or lies where nothing reaches the detector, or is saturated. Thin groups of such
pixels that stand out from what is around them are strokes, and so are sharp edges between pixels that all
stand still.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.frame import Pixels

Bool = NDArray[np.bool_]

_MOST_FRAMES = 60
_FEWEST_FRAMES = 4
_STILL_SHARE = 0.004
"""A pixel that changes by no more than this part of the largest value stands still: codecs are not exact."""
_STANDS_OUT_SHARE, _EDGE_SHARE = 0.05, 0.12
_END_SHARE, _AROUND_PX, _REACHED_SHARE = 0.03, 9, 0.05
_STROKE_SHARE = 1 / 80
"""Widest stroke, as a part of the image's larger side."""
_LEAST_PX = 40
"""In a group, at 512 px a side: letters are many strokes, a dead pixel is none."""
_TOGETHER = (5, 25)
_DENSE_SHARE = 0.3
"""Of nine pixels: three, as in a line of one pixel."""
_LARGEST_STILL_SHARE = 0.97
_WHITE_SHARE = 0.75


class StillStrokes:
    """Looks for what does not change. Frames that are the same as the one before say nothing.

    Parameters
    ----------
    largest : int
        Largest stored value.
    """

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._frames = 0
        self._low: Pixels | None = None
        self._high: Pixels | None = None
        self._before: Pixels | None = None

    def look(self, pixels: Pixels) -> None:
        """Take in a frame, shape (rows, columns), uint8 or uint16."""
        if self._frames >= _MOST_FRAMES or (
            self._before is not None and np.array_equal(pixels, self._before)
        ):
            return
        self._before = pixels
        self._frames += 1
        self._low = pixels if self._low is None else np.minimum(self._low, pixels)
        self._high = pixels if self._high is None else np.maximum(self._high, pixels)

    def found(self) -> Bool | None:
        """Where strokes are, shape of the frames; None where too few frames differ to tell."""
        if self._low is None or self._high is None or self._frames < _FEWEST_FRAMES:
            return None
        image = self._low.astype(np.float32)
        still = (self._high - self._low) <= max(1, round(_STILL_SHARE * self._largest))
        if still.mean() > _LARGEST_STILL_SHARE:
            return None
        strokes = self._alone(image, still) | self._among_still(image, still)
        return _in_groups(strokes, max(image.shape))

    def confirmed(self, white: Bool) -> Bool:
        """Of groups that were taken for white text those that are white in every frame; noise is not.

        All of them where too few frames differ to tell.
        """
        if self._low is None or self._frames < _FEWEST_FRAMES:
            return white
        always = white & (self._low > _WHITE_SHARE * self._largest)
        count, labels = cv2.connectedComponents(white.view(np.uint8))
        sizes = np.bincount(labels[always], minlength=count)
        sizes[0] = 0
        return np.asarray(sizes[labels] >= _LEAST_PX * (max(white.shape) / 512))

    def _alone(self, image: NDArray[np.float32], still: Bool) -> Bool:
        """Thin and still, in an image that is not."""
        width = max(3, round(_STROKE_SHARE * max(image.shape)) | 1)
        kernel = np.ones((width, width), np.uint8)
        wide = cv2.dilate(cv2.morphologyEx(still.view(np.uint8), cv2.MORPH_OPEN, kernel), kernel) > 0
        size = 4 * width + 1
        stands_out = np.abs(image - cv2.blur(image, (size, size))) > _STANDS_OUT_SHARE * self._largest
        # a letter's stroke is more than one pixel that happens to keep its value
        dense = cv2.blur(still.astype(np.float32), (3, 3)) > _DENSE_SHARE
        found: Bool = still & ~wide & stands_out & dense & ~self._cut_off(image, still)
        return found

    def _cut_off(self, image: NDArray[np.float32], still: Bool) -> Bool:
        """At an end of the range that what is around reaches too: noise is cut off there."""
        assert self._high is not None
        low_end, high_end = _END_SHARE * self._largest, (1 - _END_SHARE) * self._largest
        cut = np.zeros(still.shape, bool)
        for at_end, reached in (
            (image < low_end, image < low_end), (image > high_end, self._high > high_end),
        ):  # fmt: skip
            around = cv2.blur((reached & ~still).astype(np.float32), (_AROUND_PX, _AROUND_PX))
            cut |= at_end & (around > _REACHED_SHARE)
        return cut

    def _among_still(self, image: NDArray[np.float32], still: Bool) -> Bool:
        """Sharp edges where everything stands still."""
        cross = np.ones((3, 3), np.uint8)
        edge = cv2.morphologyEx(image, cv2.MORPH_GRADIENT, cross) > _EDGE_SHARE * self._largest
        inside = cv2.erode(still.view(np.uint8), cross) > 0
        found: Bool = edge & inside
        return found


def _in_groups(strokes: Bool, side_px: int) -> Bool:
    """Without what is too little to be letters."""
    together = cv2.dilate(strokes.view(np.uint8), np.ones(_TOGETHER, np.uint8))
    count, labels = cv2.connectedComponents(together)
    sizes = np.bincount(labels[strokes], minlength=count)
    sizes[0] = 0
    return np.asarray(strokes & (sizes[labels] >= _LEAST_PX * (side_px / 512)))
