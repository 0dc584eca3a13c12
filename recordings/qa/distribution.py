"""Where in a vertebral body the cement lies, in the body's own coordinates: parts, contact, a map.

Cement and body are sampled alike, on a grid of about 300 samples across the body, whatever a pixel measures.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from recordings.qa.body import BodySides
from recordings.qa.record import ApDistribution, DistributionMap, EndplateContact, LateralDistribution

Points = NDArray[np.float64]
Mask = NDArray[np.bool_]

MAP_CELLS = 36
MAP_FIRST, MAP_LAST = -0.25, 1.25
_SAMPLES_ACROSS = 300
_MARGIN = 0.35
"""So much beside the body is sampled, in extents of its outline."""
_LEAST_BEYOND = 0.02
"""So far beyond the midline, in widths of the body, cement has crossed it."""


@dataclass(frozen=True, slots=True, eq=False)
class Sampled:
    """Cement and body on a common grid of samples, all of shape (rows, columns).

    Parameters
    ----------
    across, down : ndarray of float
        Place of each sample in the body (`BodySides.shares`).
    body, cement, outside : ndarray of bool
        Within the outline of the body; covered with cement; with cement that has left the body.
    px_per_sample : float
    origin_px : ndarray, shape (2,)
        Of the first sample, x then y (px of the frame).
    """

    across: NDArray[np.float64]
    down: NDArray[np.float64]
    body: Mask
    cement: Mask
    outside: Mask
    px_per_sample: float
    origin_px: Points


@dataclass(frozen=True, slots=True, eq=False)
class SampleGrid:
    """Where samples are taken: from `origin_px` (x, y), `px_per_sample` apart, `shape` of them."""

    origin_px: Points
    px_per_sample: float
    shape: tuple[int, int]

    @classmethod
    def around(cls, outline: Points) -> SampleGrid:
        """The grid that covers a body and what is near it."""
        low, high = outline.min(axis=0), outline.max(axis=0)
        margin = _MARGIN * (high - low)
        pitch = float((high - low).max()) / _SAMPLES_ACROSS
        columns, rows = np.ceil((high - low + 2 * margin) / pitch).astype(int) + 1
        return cls(low - margin, pitch, (int(rows), int(columns)))

    def to_px(self) -> NDArray[np.float64]:
        """Affine map, shape (2, 3), from places in the grid (column, row) to the frame (px)."""
        scale = self.px_per_sample
        return np.array([[scale, 0.0, self.origin_px[0]], [0.0, scale, self.origin_px[1]]])


def sample(grid: SampleGrid, sides: BodySides, cement: Mask, outside: Mask) -> Sampled:
    """Put cement that was sampled on a grid, shape `grid.shape`, beside the body; `outside` has left it."""
    rows, columns = grid.shape
    xy = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1).reshape(-1, 2)
    across, down = sides.shares(xy * grid.px_per_sample + grid.origin_px)
    canvas = np.zeros(grid.shape, np.uint8)
    corners = (sides.outline - grid.origin_px) / grid.px_per_sample
    cv2.fillPoly(canvas, [np.round(corners * 256).astype(np.int32).reshape(-1, 1, 2)], (1,), shift=8)
    return Sampled(
        across.reshape(grid.shape), down.reshape(grid.shape), canvas.astype(bool), cement, outside,
        grid.px_per_sample, grid.origin_px,
    )  # fmt: skip


def thirds(shares: NDArray[np.float64]) -> tuple[float, float, float]:
    """Parts of the samples in the first, the middle and the last third; together 1."""
    counts = np.bincount(np.clip(np.floor(3.0 * shares), 0, 2).astype(int), minlength=3)
    first, middle, last = (float(count) / shares.size for count in counts)
    return first, middle, last


def lateral_of(found: Sampled) -> LateralDistribution | None:
    """Parts of the cement within the body as seen from the side; None where there is none."""
    within = found.cement & found.body
    if not within.any():
        return None
    anterior, middle, posterior = thirds(found.across[within])
    upper, central, lower = thirds(found.down[within])
    return LateralDistribution(
        anterior=anterior, middle=middle, posterior=posterior, upper=upper, central=central, lower=lower
    )


def ap_of(found: Sampled) -> ApDistribution | None:
    """Parts of the cement within the body as seen from the front; None where there is none."""
    within = found.cement & found.body
    if not within.any():
        return None
    across = found.across[within]
    left = float(np.count_nonzero(across < 0.5)) / across.size
    upper, central, lower = thirds(found.down[within])
    return ApDistribution(
        image_left=left, image_right=1.0 - left,
        symmetry=min(left, 1.0 - left) / max(left, 1.0 - left),
        crosses_midline=_crosses(found, within), upper=upper, central=central, lower=lower,
    )  # fmt: skip


def _crosses(found: Sampled, within: Mask) -> bool:
    _, labels = cv2.connectedComponents(within.astype(np.uint8), connectivity=8)
    on_left = np.unique(labels[within & (found.across < 0.5 - _LEAST_BEYOND)])
    on_right = np.unique(labels[within & (found.across > 0.5 + _LEAST_BEYOND)])
    return bool(np.intersect1d(on_left, on_right).size)


def fill_of(found: Sampled) -> float | None:
    """Part of the projected body that cement covers; None where the body has no area."""
    whole = np.count_nonzero(found.body)
    return float(np.count_nonzero(found.cement & found.body)) / float(whole) if whole else None


def contact_of(found: Sampled, endplate: Points, tolerance_px: float) -> EndplateContact:
    """Where along an endplate, shape (n, 2) in px of the frame, cement is within a tolerance of it."""
    length = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(endplate, axis=0).T))])
    at = np.linspace(0.0, length[-1], 2 * _SAMPLES_ACROSS)
    line = np.stack([np.interp(at, length, endplate[:, k]) for k in (0, 1)], axis=1)
    if not found.cement.any():
        return EndplateContact(contact=False, length_fraction=0.0)
    away = cv2.distanceTransform((~found.cement).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    places = np.rint((line - found.origin_px) / found.px_per_sample).astype(int)
    columns, rows = (np.clip(places[:, k], 0, found.cement.shape[1 - k] - 1) for k in (0, 1))
    # the distance to the nearest sample with cement, which ends half a sample before
    touched = (away[rows, columns] - 0.5) * found.px_per_sample <= tolerance_px
    return EndplateContact(
        contact=bool(touched.any()), length_fraction=float(np.count_nonzero(touched)) / float(touched.size)
    )


def map_of(found: Sampled, view: str, projection: str) -> DistributionMap:
    """Cover of each cell of a map in coordinates of the body."""
    cells = np.floor((np.stack([found.down, found.across]) - MAP_FIRST) * MAP_CELLS / (MAP_LAST - MAP_FIRST))
    known = np.all((cells >= 0) & (cells < MAP_CELLS), axis=0)
    row, column = cells[:, known].astype(int)
    index = row * MAP_CELLS + column
    every = np.bincount(index, minlength=MAP_CELLS**2)
    covered = np.bincount(index[found.cement[known]], minlength=MAP_CELLS**2)
    cover = (covered / np.maximum(every, 1)).reshape(MAP_CELLS, MAP_CELLS)
    return DistributionMap(
        view=view, projection="ap" if projection == "ap" else "lateral", first=MAP_FIRST, last=MAP_LAST,
        cover=tuple(tuple(round(float(part), 3) for part in line) for line in cover),
    )  # fmt: skip
