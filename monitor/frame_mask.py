"""The cement of all levels as a mask on the frame."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.frame import Frame
from monitor.grid import Grid
from monitor.level import LevelMonitor
from monitor.level_step import LevelStep
from monitor.motion import pose_matrix


def mask_on_frame(
    frame: Frame, grid: Grid, levels: Iterable[LevelMonitor], steps: Iterable[LevelStep]
) -> NDArray[np.uint8]:
    """Draw what the levels found where it is on this frame.

    Returns
    -------
    ndarray, shape (rows, columns), uint8
        255 where cement is, else 0.
    """
    canvas = np.zeros((frame.rows, frame.columns), np.uint8)
    b = grid.binning
    for monitor, step in zip(levels, steps, strict=False):
        if step.mask is None or step.fit is None or not step.mask.any():
            continue
        matrix = pose_matrix(monitor.centre, step.fit)
        # frame px -> work px is (p + 0.5) / b - 0.5; the window's origin is added in work px
        turn = matrix[:, :2]
        offset = (matrix[:, 2] + monitor.origin + 0.5) * b - 0.5
        to_frame = np.hstack([turn * b, offset[:, None]])
        layer = cv2.warpAffine(
            step.mask.astype(np.uint8) * 255,
            to_frame,
            (frame.columns, frame.rows),
            flags=cv2.INTER_LINEAR,
        )
        np.maximum(canvas, cast(NDArray[np.uint8], (layer > 127) * np.uint8(255)), out=canvas)
    return canvas
