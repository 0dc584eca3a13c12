"""How well one mask of cement matches the true one."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Floats = NDArray[np.floating]

FALSE_BEYOND_MM = 1.0
"""Found cement farther than this from any true cement is false."""

FRONT_BINS_MM = np.linspace(-10.05, 10.05, 202)
"""Edges of the histogram of front errors; what is beyond counts in the outermost bins."""

_MARGIN_MM = 12.0


@dataclass(frozen=True, slots=True, eq=False)
class MaskScore:
    """One frame.

    Parameters
    ----------
    dice : float
        1 where both are empty.
    hd95_mm : float or None
        The larger of the two 95th percentiles of the distances from one outline to the other; the diagonal
        of the frame where only one mask is empty, None where both are.
    false_mm2 : float
        Found area more than `FALSE_BEYOND_MM` from true cement.
    front : ndarray, int
        Histogram over `FRONT_BINS_MM` of the found front's place relative to the true one, along the true
        outline: negative where the found front lags behind (the unsafe side).
    """

    dice: float
    hd95_mm: float | None
    false_mm2: float
    front: NDArray[np.int64]


def score_mask(found: Mask, true: Mask, mm_per_px: float) -> MaskScore:
    """Compare two masks of a frame.

    Parameters
    ----------
    found, true : ndarray of bool, shape (rows, columns)
    mm_per_px : float
    """
    diagonal_mm = float(np.hypot(*true.shape)) * mm_per_px
    part = _part(found | true, round(_MARGIN_MM / mm_per_px))
    found, true = found[part], true[part]
    no_front = np.zeros(len(FRONT_BINS_MM) - 1, np.int64)
    if not (found.any() or true.any()):
        return MaskScore(1.0, None, 0.0, no_front)
    if not true.any():
        return MaskScore(0.0, diagonal_mm, float(found.sum()) * mm_per_px**2, no_front)
    true_edge, found_edge = outline(true), outline(found)
    beyond = distance_px(true) * mm_per_px > FALSE_BEYOND_MM
    false_mm2 = float((found & beyond).sum()) * mm_per_px**2
    if not found.any():
        return MaskScore(0.0, diagonal_mm, false_mm2, no_front)
    there = np.percentile(distance_px(true_edge)[found_edge], 95)
    back = np.percentile(distance_px(found_edge)[true_edge], 95)
    return MaskScore(
        dice=dice(found, true),
        hd95_mm=float(max(there, back)) * mm_per_px,
        false_mm2=false_mm2,
        front=front_errors(found, true_edge, mm_per_px),
    )


def dice(found: Mask, true: Mask) -> float:
    """Dice coefficient of two masks; 1 where both are empty."""
    total = float(found.sum() + true.sum())
    return 2 * float((found & true).sum()) / total if total else 1.0


def front_errors(found: Mask, true_edge: Mask, mm_per_px: float) -> NDArray[np.int64]:
    """Histogram of the found front's place relative to the true one, at every pixel of the true outline."""
    # signed distance from the found edge, which runs half a pixel from the pixels on either side of it
    signed_px = np.where(found, 0.5 - distance_px(~found), distance_px(found) - 0.5)
    # pixels of the true outline lie half a pixel inside the true edge
    error_mm = -(signed_px[true_edge] + 0.5) * mm_per_px
    counts, _ = np.histogram(np.clip(error_mm, -10.0, 10.0), FRONT_BINS_MM)
    return counts


def outline(mask: Mask) -> Mask:
    """Pixels of a mask that share a side with its outside."""
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    inner = cv2.erode(mask.view(np.uint8), cross, borderValue=0) > 0
    return mask & ~inner


def distance_px(mask: Mask) -> Floats:
    """Distance of every pixel from the nearest one of a mask (px); very large where it is empty."""
    if not mask.any():
        return np.full(mask.shape, 1e6, np.float32)
    return np.asarray(
        cv2.distanceTransform((~mask).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE), np.float32
    )


def histogram_figures(counts: NDArray[np.integer]) -> tuple[float, float, float] | None:
    """Mean, standard deviation and 95th percentile of the size of what a front histogram holds (mm)."""
    total = int(counts.sum())
    if total == 0:
        return None
    centres = (FRONT_BINS_MM[:-1] + FRONT_BINS_MM[1:]) / 2
    mean = float((counts * centres).sum() / total)
    sd = float(np.sqrt((counts * (centres - mean) ** 2).sum() / total))
    order = np.argsort(np.abs(centres), kind="stable")
    size = np.abs(centres)[order]
    at = int(np.searchsorted(np.cumsum(counts[order]), 0.95 * total))
    return mean, sd, float(size[min(at, len(size) - 1)])


def _part(mask: Mask, margin_px: int) -> tuple[slice, slice]:
    x, y, width, height = cv2.boundingRect(mask.view(np.uint8))
    return (
        slice(max(0, y - margin_px), min(mask.shape[0], y + height + margin_px)),
        slice(max(0, x - margin_px), min(mask.shape[1], x + width + margin_px)),
    )
