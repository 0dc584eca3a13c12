"""The cement of a level at the end of the injection: of the last frames together, not of one noisy frame."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from statistics import median

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.frame_mask import OUTSIDE
from monitor.result import LevelResult
from recordings.qa.body import BodySides, sides_of
from recordings.qa.distribution import Sampled, SampleGrid, sample

Label = NDArray[np.uint8]

_NOTHING: Label = np.zeros((1, 1), np.uint8)

FRAMES = 15
"""So many of the last trusted frames are taken together."""


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """A level on a frame, with the part of its mask that holds cement, and where that lies (x, y)."""

    level: LevelResult
    mask: Label
    origin_px: tuple[int, int]


class LastFrames:
    """Keeps the last frames of a level; the oldest go as new ones come."""

    def __init__(self) -> None:
        self._held: deque[Held] = deque(maxlen=FRAMES)

    def __len__(self) -> int:
        return len(self._held)

    def take(self, level: LevelResult, mask: Label | None) -> None:
        """Take a trusted frame; `mask` as `monitor.result.Result.level_masks_px`, None: no cement."""
        x, y, width, height = (0, 0, 0, 0) if mask is None else cv2.boundingRect(mask)
        cut = _NOTHING if mask is None or not width else mask[y : y + height, x : x + width]
        self._held.append(Held(level, cut.copy(), (x, y)))

    @property
    def newest(self) -> Held | None:
        """The last of the frames; None where there is none."""
        return self._held[-1] if self._held else None

    def usual(self, name: str) -> float | None:
        """Median of a figure over these frames; None where none of them has it."""
        values = [value for held in self._held if (value := getattr(held.level, name)) is not None]
        return float(median(values)) if values else None

    def pose_sigma_mm(self) -> float:
        """Largest standard error of the level's place in these frames; 0 without any."""
        return max(
            (float(h.level.pose.sigma_mm) for h in self._held if h.level.pose is not None), default=0.0
        )

    def sampled(self, projection: str) -> tuple[BodySides, Sampled] | str:
        """Cement that is there in half of these frames or more, each laid upon the last by the body.

        Returns
        -------
        (BodySides, Sampled) or str
            On the last of the frames; or why it is not known.
        """
        if not self._held:
            return "no frame is trusted"
        structures = self._held[-1].level.structures_px
        if structures is None:
            return "its place on the last frame is not known"
        sides = sides_of(structures, projection)
        if isinstance(sides, str):
            return sides
        grid = SampleGrid.around(sides.outline)
        rows, columns = grid.shape
        cement, outside = np.zeros(grid.shape, int), np.zeros(grid.shape, int)
        taken = 0
        for held in self._held:
            placed = _moved(sides.outline, held.level)
            if placed is None:
                continue
            to_frame = placed[:, :2] @ grid.to_px() + np.array([[0, 0, 1], [0, 0, 1]]) * placed[:, 2:]
            to_frame[:, 2] -= held.origin_px
            cement += _laid(held.mask > 0, to_frame, (columns, rows))
            outside += _laid(held.mask == OUTSIDE, to_frame, (columns, rows))
            taken += 1
        return sides, sample(grid, sides, 2 * cement >= taken, 2 * outside >= taken)


def _laid(part: NDArray[np.bool_], to_frame: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.bool_]:
    """A part of a mask as a grid of samples sees it."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    laid: NDArray[np.bool_] = (
        cv2.warpAffine(part.astype(np.uint8) * np.uint8(200), to_frame, size, flags=flags) >= 100
    )
    return laid


def _moved(outline: NDArray[np.float64], level: LevelResult) -> NDArray[np.float64] | None:
    """Rigid map, shape (2, 3), that lays the body's outline upon that of a frame; None: not the same."""
    structures = level.structures_px
    body = structures.get("body") if structures is not None else None
    if not body or body[0].shape != outline.shape:
        return None
    other = np.asarray(body[0], np.float64)
    first, second = outline.mean(axis=0), other.mean(axis=0)
    a, b = outline - first, other - second
    angle = float(np.arctan2((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum(), (a * b).sum()))
    cos, sin = np.cos(angle), np.sin(angle)
    turn = np.array([[cos, -sin], [sin, cos]])
    return np.column_stack([turn, second - turn @ first])
