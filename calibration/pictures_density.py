"""What was found on a wedge, drawn on the picture."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.picture import Picture
from calibration.wedge import Wedge

_OUTLINE, _WORDS, _SHADE = (60, 220, 120), (255, 255, 255), (0, 0, 0)


def wedge_picture(picture: Picture, wedge: Wedge) -> NDArray[np.uint8]:
    """The steps outlined, each with its thickness and what it adds, shape (rows, columns, 3) for OpenCV."""
    drawn = picture.on_screen()
    zoom = max(1, round(900 / max(drawn.shape[:2])))
    drawn = cast(
        NDArray[np.uint8], cv2.resize(drawn, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_NEAREST)
    )
    for step in wedge.steps:
        outline = np.round((np.array(step.outline_px) + 0.5) * zoom - 0.5).astype(np.int32)
        cv2.polylines(drawn, [outline.reshape(-1, 1, 2)], True, _OUTLINE, 1, cv2.LINE_AA)
        x, y = (int(v) for v in outline.mean(axis=0))
        for row, text in enumerate((f"{step.thickness_mm:g} mm", f"{step.added_log:.3f}")):
            at = (x - 22, y - 2 + 14 * row)
            cv2.putText(drawn, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.4, _SHADE, 3, cv2.LINE_AA)
            cv2.putText(drawn, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.4, _WORDS, 1, cv2.LINE_AA)
    return drawn
