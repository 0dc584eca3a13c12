"""Text burned into the image: names, side markers, clocks and counters.

It stands still while the bone moves, so in vertebra coordinates it would look like cement coming and
going, and a clock changes in place. Text is drawn in the brightest grey there is, in thin strokes with
sharp edges, and it is there again in the next image at the very same place. Air beside the patient is
as bright, but wide.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.burned_in_config import BurnedInConfig
from monitor.field import Field
from monitor.intensity import WorkImage
from monitor.masks import around

Bool = NDArray[np.bool_]
Float32 = NDArray[np.float32]

_MEMORY_LOOKS = 8
_FEWEST_LOOKS = 3
_BACKGROUND_MM = 2.0
_BLACK_SHARE = 0.03


class BurnedIn:
    """Looks for text. Single-threaded; `look` once for each new pulse.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of the work image.
    mm_per_px : float
    bright_is_radiolucent : bool
        As the source states. Text is white on the screen, whichever way the image is shown.
    config : BurnedInConfig
    """

    def __init__(
        self, shape: tuple[int, int], mm_per_px: float, config: BurnedInConfig, *, bright_is_radiolucent: bool
    ) -> None:
        self._shape, self._mm, self._config = shape, mm_per_px, config
        self._as_stored = bright_is_radiolucent
        self._share: Float32 | None = None
        self._looks = 0
        self._looked_s = -np.inf
        self._begun: tuple[Float32, Bool] | None = None
        self.text: Bool | None = None
        """Text and a margin around it, over the work image; None where there is none."""

    def look(self, work: WorkImage, time_s: float) -> None:
        """Take in a pulse."""
        if self._begun is not None:
            # the second half of a look: both at once would hold up a pulse
            stored, thin = self._begun
            self._begun = None
            self._take(stored, self._sharp(stored, thin, work.curve.full), work.curve.full)
            return
        if time_s - self._looked_s < self._config.look_every_s:
            return
        self._looked_s = time_s
        stored = work.grey if self._as_stored else np.float32(work.curve.full) - work.grey
        strokes = self._thin(stored, work.curve.full)
        if strokes is None:
            self._take(stored, None, work.curve.full)
        else:
            self._begun = (stored, strokes)

    def _take(self, stored: Float32, strokes: Bool | None, full: float) -> None:
        """Take in what a look has found."""
        self._looks += 1
        if strokes is None and self._share is None:
            return
        if self._share is None:
            self._share = np.zeros(self._shape, np.float32)
        now = np.zeros(self._shape, np.float32) if strokes is None else strokes.astype(np.float32)
        weight = 1.0 / min(self._looks, _MEMORY_LOOKS)
        cv2.addWeighted(self._share, 1.0 - weight, now, weight, 0.0, dst=self._share)
        if self._looks >= _FEWEST_LOOKS:
            self._decide(stored, full)

    def left_out_of(self, field: Field) -> Field:
        """The field of view without what the text covers."""
        return field if self.text is None else replace(field, outside=field.outside | self.text)

    def _thin(self, stored: Float32, full: float) -> Bool | None:
        """White and thin; None where there is nothing of the kind."""
        config = self._config
        white = (stored > np.float32(config.white_share * full)).view(np.uint8)
        if not cv2.countNonZero(white):
            return None
        width = 2 * max(1, round(config.stroke_mm / 2 / self._mm)) + 1
        core = cv2.erode(white, np.ones((width, width), np.uint8))
        thin: cv2.typing.MatLike = white
        if cv2.countNonZero(core):
            # what is left at the rim of something wide and bright is its rim
            thin = cv2.subtract(white, cv2.dilate(core, np.ones((2 * width + 1, 2 * width + 1), np.uint8)))
            if not cv2.countNonZero(thin):
                return None
        return thin.view(np.bool_)

    def _sharp(self, stored: Float32, thin: Bool, full: float) -> Bool | None:
        """Those of the thin places that have sharp edges; None where there are none."""
        reach = self._px(_BACKGROUND_MM)
        part = around(thin, reach)
        here = stored[part]
        size = 2 * reach + 1
        sharp = here - cv2.blur(here, (size, size)) > np.float32(self._config.sharp_share * full)
        strokes = np.zeros(stored.shape, bool)
        strokes[part] = thin[part] & sharp
        return strokes if strokes.any() else None

    def _decide(self, stored: Float32, full: float) -> None:
        steady = cast(Float32, self._share) > np.float32(self._config.seen_share)
        if not steady.any():
            self.text = None
            return
        # between the strokes, and the black that they are drawn on
        near = cv2.dilate(steady.view(np.uint8), np.ones((2 * self._px(_BACKGROUND_MM) + 1,) * 2, np.uint8))
        covered = steady | ((near > 0) & (stored < np.float32(_BLACK_SHARE * full)))
        closing = np.ones((2 * self._px(_BACKGROUND_MM) + 1,) * 2, np.uint8)
        whole = cv2.morphologyEx(covered.view(np.uint8), cv2.MORPH_CLOSE, closing)
        margin = 2 * self._px(self._config.margin_mm) + 1
        self.text = cv2.dilate(whole, np.ones((margin, margin), np.uint8)) > 0

    def _px(self, mm: float) -> int:
        return max(1, round(mm / self._mm))
