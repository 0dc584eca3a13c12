"""The shape of a vertebra out of its label: where its body ends, where its canal is, which way is back.

A label covers body and arch. The body is its bulkiest part; the canal is the hole that the label leaves when
it is looked at along the spine. All of it is in the vertebra's own coordinates ``(a, s, r)`` in mm from the
centre of the body: towards the back, towards the feet, towards the patient's left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from recordings.ct.volume import Floats, Labels, Mask, spacing_of, to_mm

_CELL_MM = 1.0
_HALF_CELLS = 64
_BULK = 0.6
_LEAST_INSCRIBED_MM = 5.0
_LEAST_ML = 3.0
_CANAL_DEPTH_MM = 16.0
_CANAL_HALF_MM = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class VertebraFrame:
    """A vertebra's own coordinates.

    Parameters
    ----------
    level : str
    centre_mm : ndarray, shape (3,)
        Of the body (LPS).
    axes : ndarray, shape (3, 3)
        Rows: unit vectors of `a`, `s` and `r` (LPS).
    back_mm : float
        `a` of the posterior wall.
    top_mm, bottom_mm : float
        `s` of the endplates.
    half_width_mm : float
        Of the body.
    canal : (float, float, float)
        First and last `a` of the canal, and half its width (mm).
    footprint : ndarray, shape (n, n), bool
        The body as seen along the spine: cells of 1 mm, rows along `a`, columns along `r`, the centre in
        the middle.
    canal_seen : bool
        False: the label leaves no hole, and the canal's size is assumed.
    """

    level: str
    centre_mm: Floats
    axes: Floats
    back_mm: float
    top_mm: float
    bottom_mm: float
    half_width_mm: float
    canal: tuple[float, float, float]
    footprint: Mask
    canal_seen: bool = True

    def local(self, points_mm: Floats) -> Floats:
        """``(a, s, r)`` of patient coordinates, shape (n, 3)."""
        made: Floats = (points_mm - self.centre_mm) @ self.axes.T
        return made

    def beneath(self, a: Floats, r: Floats) -> Mask:
        """Whether places lie above or below the body."""
        row = np.clip(np.rint(a / _CELL_MM).astype(int) + _HALF_CELLS, 0, 2 * _HALF_CELLS)
        column = np.clip(np.rint(r / _CELL_MM).astype(int) + _HALF_CELLS, 0, 2 * _HALF_CELLS)
        made: Mask = self.footprint[row, column]
        return made


@dataclass(frozen=True, slots=True)
class _Bulk:
    """The bulkiest part of a label: its centre (mm), what the label's centre is, how deep it is (mm)."""

    centre_mm: Floats
    whole_mm: Floats
    inscribed_mm: float


def frames_of(labels: Labels, affine: Floats, names: Mapping[int, str]) -> dict[int, VertebraFrame]:
    """Frames of all vertebrae of which enough is on the grid, by their numbers."""
    bulks: dict[int, _Bulk] = {}
    points: dict[int, Floats] = {}
    spacing = spacing_of(affine)
    voxel_ml = float(np.prod(spacing)) / 1000
    for number, box in boxes_of(labels, names).items():
        there = labels[box] == number
        if there.sum() * voxel_ml < _LEAST_ML:
            continue
        bulk, at = _bulk_of(there, affine, [one.start for one in box], spacing)
        if bulk.inscribed_mm >= _LEAST_INSCRIBED_MM:
            bulks[number], points[number] = bulk, at
    made = {}
    ordered = sorted(bulks, key=lambda number: -bulks[number].centre_mm[2])
    for place, number in enumerate(ordered):
        near = [bulks[one].centre_mm for one in ordered[max(place - 1, 0) : place + 2]]
        frame = _frame(names[number], bulks[number], points[number], near)
        if frame is not None:
            made[number] = frame
    return made


def boxes_of(labels: Labels, names: Mapping[int, str]) -> dict[int, tuple[slice, slice, slice]]:
    """Where each label is on the grid."""
    found = ndimage.find_objects(labels, max_label=max(names))
    return {n: found[n - 1] for n in sorted(names) if n <= len(found) and found[n - 1] is not None}


def _bulk_of(
    there: Mask, affine: Floats, first: list[int], spacing: tuple[float, float, float]
) -> tuple[_Bulk, Floats]:
    padded = np.pad(there, 1)
    deep = ndimage.distance_transform_edt(padded, sampling=spacing)[1:-1, 1:-1, 1:-1]
    inscribed = float(deep.max())
    at = to_mm(affine, np.argwhere(there) + np.asarray(first))
    bulk = to_mm(affine, np.argwhere(deep >= _BULK * inscribed) + np.asarray(first))
    return _Bulk(bulk.mean(axis=0), at.mean(axis=0), inscribed), at


def _frame(level: str, bulk: _Bulk, points_mm: Floats, near: list[Floats]) -> VertebraFrame | None:
    down = near[-1] - near[0] if len(near) > 1 else np.array([0.0, 0.0, -1.0])
    down = down / np.linalg.norm(down)
    back = bulk.whole_mm - bulk.centre_mm
    back = back - (back @ down) * down
    if np.linalg.norm(back) < 2.0 or back[1] < 0.5 * np.linalg.norm(back):
        back = np.array([0.0, 1.0, 0.0]) - down[1] * down  # no arch to tell it: as the patient lies
    back = back / np.linalg.norm(back)
    left = np.cross(back, down)
    left = left * np.sign(left[0] or 1.0)
    axes = np.stack([back, down, left])
    at = (points_mm - bulk.centre_mm) @ axes.T
    # the body: what is about as high as its middle, as seen along the spine
    counts = _histogram(at)
    column = np.abs(at[:, 0]) + np.abs(at[:, 2]) < bulk.inscribed_mm
    if column.sum() < 20:
        return None
    top, bottom = np.percentile(at[column, 1], [1, 99])
    back_mm = _wall(at, bulk.inscribed_mm, float(top), float(bottom))
    rows = (np.arange(2 * _HALF_CELLS + 1) - _HALF_CELLS) * _CELL_MM
    footprint = (counts > 0) & (rows[:, None] <= back_mm + 0.5)
    footprint = ndimage.binary_opening(ndimage.binary_closing(footprint, iterations=2), iterations=4)
    middle = (at[:, 0] < back_mm) & (np.abs(at[:, 1]) < 0.3 * (bottom - top))
    half_width = float(np.percentile(np.abs(at[middle, 2]), 99)) if middle.any() else bulk.inscribed_mm
    canal = _canal(counts > 0, back_mm)
    assumed = (back_mm, back_mm + _CANAL_DEPTH_MM, min(_CANAL_HALF_MM, 0.5 * half_width))
    return VertebraFrame(
        level,
        bulk.centre_mm,
        axes,
        back_mm,
        float(top),
        float(bottom),
        half_width,
        canal or assumed,
        footprint,
        canal is not None,
    )


def _histogram(at: Floats) -> NDArray[np.int64]:
    cells = np.rint(at[:, [0, 2]] / _CELL_MM).astype(int) + _HALF_CELLS
    size = 2 * _HALF_CELLS + 1
    kept = cells[np.all((cells >= 0) & (cells < size), axis=1)]
    counts = np.bincount(kept[:, 0] * size + kept[:, 1], minlength=size * size).reshape(size, size)
    return np.asarray(counts, np.int64)


def _wall(at: Floats, inscribed_mm: float, top: float, bottom: float) -> float:
    """`a` at which the body ends behind: the far end of the column through its middle, before the canal."""
    reach = 0.35 * (bottom - top)
    band = (np.abs(at[:, 2]) < 0.5 * inscribed_mm) & (np.abs(at[:, 1] - (top + bottom) / 2) < reach)
    depth = np.sort(at[band, 0])
    depth = depth[depth > 0]
    if not len(depth):
        return inscribed_mm
    gaps = np.flatnonzero(np.diff(depth) > 3.5)  # the canal; bone in front of it is in one piece
    before = depth[: gaps[0] + 1] if len(gaps) else depth[depth < 1.6 * inscribed_mm]
    return float(np.percentile(before, 99)) if len(before) else inscribed_mm


def _canal(there: Mask, back_mm: float) -> tuple[float, float, float] | None:
    """The hole behind the body, as seen along the spine."""
    closed = ndimage.binary_closing(there, iterations=3)
    holes = ndimage.binary_fill_holes(closed) & ~closed
    found, number = ndimage.label(holes)
    if not number:
        return None
    sizes = ndimage.sum_labels(holes, found, np.arange(1, number + 1)) * _CELL_MM**2
    best = int(np.argmax(sizes))
    rows, columns = np.nonzero(found == best + 1)
    a, r = (rows - _HALF_CELLS) * _CELL_MM, (columns - _HALF_CELLS) * _CELL_MM
    if sizes[best] < 40 or a.min() < back_mm - 6 or a.min() > back_mm + 12:
        return None
    return back_mm, float(a.max()) + 1.5, float(np.percentile(np.abs(r - r.mean()), 98)) + 1.5
