"""The cement of all levels as masks on the frame."""

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

WITHIN, OUTSIDE = 1, 2
"""Cement that belongs to the body, and cement that has left it (`monitor.leaks.outside_body`)."""


def masks_on_frame(
    frame: Frame, grid: Grid, levels: Iterable[LevelMonitor], steps: Iterable[LevelStep]
) -> dict[str, NDArray[np.uint8]]:
    """Draw what each level found where it is on this frame.

    Returns
    -------
    dict of str to ndarray, shape (rows, columns), uint8
        By the name of each level that holds cement: 0, `WITHIN` or `OUTSIDE`.
    """
    drawn: dict[str, NDArray[np.uint8]] = {}
    b = grid.binning
    for monitor, step in zip(levels, steps, strict=False):
        if step.mask is None or step.fit is None or not step.mask.any():
            continue
        matrix = pose_matrix(monitor.centre, step.fit)
        # frame px -> work px is (p + 0.5) / b - 0.5; the window's origin is added in work px
        turn = matrix[:, :2]
        offset = (matrix[:, 2] + monitor.origin + 0.5) * b - 0.5
        to_frame = np.hstack([turn * b, offset[:, None]])
        size = (frame.columns, frame.rows)
        cement, outside = (
            cv2.warpAffine(mask.astype(np.uint8) * 255, to_frame, size, flags=cv2.INTER_LINEAR) > 127
            for mask in (step.mask, monitor.outside(step.mask))
        )
        canvas = cement.view(np.uint8) * np.uint8(WITHIN)
        canvas[cement & outside] = OUTSIDE
        drawn[monitor.name] = cast(NDArray[np.uint8], canvas)
    return drawn


def union(frame: Frame, masks: Iterable[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """The cement of all levels: 255 where it is, else 0, shape (rows, columns)."""
    canvas = np.zeros((frame.rows, frame.columns), np.uint8)
    for mask in masks:
        canvas[mask > 0] = 255
    return canvas
