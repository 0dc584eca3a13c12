"""A CT in memory, and a label map on its grid.

Patient coordinates are DICOM's: left, back, head (LPS, mm).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.errors import SourceError

Floats = NDArray[np.floating]
Labels = NDArray[np.uint16]
Mask = NDArray[np.bool_]
Box = tuple[slice, slice, slice]

MOST_VOXELS = 700_000_000
"""1024 x 1024 x 667: whatever is larger is refused before room is made for it."""
_LEAST_MM, _MOST_MM = 0.05, 20.0
_MOST_SHEAR = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class CtVolume:
    """A CT.

    Parameters
    ----------
    hu : ndarray, shape (i, j, k), int16 or float32
        Hounsfield units; read-only. Its axes run nearest to left, back and head.
    affine_lps : ndarray, shape (4, 4), float64
        From the index of a voxel to its centre (mm, LPS); its columns are at right angles.
    series : str
        UID of the series, or a hash of what the file holds.
    day : str or None
        ``YYYY-MM-DD``.
    patient_id : str or None
        As in the header. It names a person: it is compared, and never written anywhere.
    study_uid : str or None
    notes : tuple of str
        What is doubtful about it.
    """

    hu: NDArray[Any]
    affine_lps: Floats
    series: str
    day: str | None = None
    patient_id: str | None = None
    study_uid: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Along i, j and k."""
        return spacing_of(self.affine_lps)

    @property
    def voxel_ml(self) -> float:
        """Volume of a voxel."""
        return float(np.prod(self.spacing_mm)) / 1000

    def part(self, box: Box) -> CtVolume:
        """A part of it, without copying."""
        affine = self.affine_lps.copy()
        affine[:3, 3] = to_mm(self.affine_lps, np.array([[one.start for one in box]]))[0]
        return replace(self, hu=self.hu[box], affine_lps=affine)


def spacing_of(affine: Floats) -> tuple[float, float, float]:
    """Length of a step along each axis (mm)."""
    a, b, c = np.linalg.norm(affine[:3, :3], axis=0)
    return float(a), float(b), float(c)


def to_mm(affine: Floats, index: NDArray[Any]) -> Floats:
    """Patient coordinates of indices, shape (n, 3)."""
    made: Floats = index @ affine[:3, :3].T + affine[:3, 3]
    return made


def to_index(affine: Floats, points_mm: NDArray[Any]) -> Floats:
    """Indices, with fractions, of patient coordinates, shape (n, 3)."""
    made: Floats = (points_mm - affine[:3, 3]) @ np.linalg.inv(affine[:3, :3]).T
    return made


def check_size(name: str, shape: tuple[int, ...]) -> None:
    """Raise `SourceError` where a grid is none, or larger than is read."""
    if len(shape) != 3 or min(shape) < 2:
        raise SourceError(f"{name}: has {' x '.join(map(str, shape))} voxels, which is no volume")
    if int(np.prod([int(n) for n in shape], dtype=object)) > MOST_VOXELS:
        raise SourceError(
            f"{name}: says it has {' x '.join(map(str, shape))} voxels; at most {MOST_VOXELS} are read"
        )


def check_affine(name: str, affine: Floats) -> None:
    """Raise `SourceError` where a map from index to patient is none, or its axes are not at right angles."""
    if not np.isfinite(affine).all():
        raise SourceError(f"{name}: says no place and size of its voxels")
    spacing = spacing_of(affine)
    if not all(_LEAST_MM <= one <= _MOST_MM for one in spacing):
        said = " x ".join(f"{one:.4g}" for one in spacing)
        raise SourceError(f"{name}: voxels of {said} mm are not those of a CT")
    unit = affine[:3, :3] / np.array(spacing)
    if np.abs(unit.T @ unit - np.eye(3)).max() > _MOST_SHEAR * 5:
        raise SourceError(f"{name}: its axes are not at right angles (gantry tilt?): resample it first")


def canonical(values: NDArray[Any], affine: Floats) -> tuple[NDArray[Any], Floats]:
    """Permute and flip axes so that they run nearest to left, back and head; voxels stay where they are."""
    left = np.abs(affine[:3, :3] / np.array(spacing_of(affine)))
    order = [-1, -1, -1]
    for _ in range(3):  # the clearest axis first
        row, column = np.unravel_index(int(np.argmax(left)), (3, 3))
        order[row] = int(column)
        left[row, :] = -1
        left[:, column] = -1
    turned = np.eye(4)
    turned[:3, :3] = affine[:3, order]
    turned[:3, 3] = affine[:3, 3]
    values = values.transpose(order)
    for axis in range(3):
        if turned[axis, axis] < 0:
            turned[:3, 3] += turned[:3, axis] * (values.shape[axis] - 1)
            turned[:3, axis] *= -1
            values = np.flip(values, axis)
    return values, turned


def around(there: Mask, margin: tuple[int, int, int]) -> Box | None:
    """The box about what is there, with a margin (voxels) that stays on the grid; None: nothing is there."""
    made = []
    for axis in range(3):
        others = tuple(n for n in range(3) if n != axis)
        found = np.flatnonzero(there.any(axis=others))
        if not len(found):
            return None
        first = max(int(found[0]) - margin[axis], 0)
        made.append(slice(first, min(int(found[-1]) + 1 + margin[axis], there.shape[axis])))
    return made[0], made[1], made[2]
