"""Labels of vertebrae on the grid of a CT: out of a label map, or about a point marked in each body."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import ndimage

from monitor.errors import SourceError
from recordings.ct.images import read_image
from recordings.ct.marks import Mark, is_marks, read_marks
from recordings.ct.numbering import DEFAULT_NUMBERS
from recordings.ct.volume import CtVolume, Floats, Labels, canonical, check_affine, to_index

_SAME_MM = 0.05
_LARGEST_LABEL = 65535
_LEAST_INSIDE = 0.5
_REACH_MM = 22.0
_HALF_HEIGHT_MM = 17.0


@dataclass(frozen=True, slots=True, eq=False)
class LabelMap:
    """Vertebrae of a CT.

    Parameters
    ----------
    values : ndarray, shape (i, j, k), uint16
        On the grid of the CT; 0: none.
    names : mapping of int to str
        Levels.
    coarse : bool
        They are regions about marks: where a bone ends is not known.
    notes : tuple of str
    """

    values: Labels
    names: Mapping[int, str]
    coarse: bool = False
    notes: tuple[str, ...] = ()


def read_labels(path: Path, volume: CtVolume, numbers: Mapping[int, str] | None = None) -> LabelMap:
    """Read labels, and bring them onto the grid of a CT.

    Parameters
    ----------
    path : Path
        A label map (NIfTI, NRRD), or marks of 3D Slicer (``.mrk.json``, ``.fcsv``).
    volume : CtVolume
    numbers : mapping of int to str or None
        Which number is which level; None: `DEFAULT_NUMBERS`.

    Raises
    ------
    SourceError
        It cannot be read, or has none of the levels, or lies elsewhere than the CT.
    """
    if is_marks(path):
        return labels_about(read_marks(path), volume, str(path))
    image = read_image(path)
    values, affine = canonical(image.values, image.affine_lps)
    check_affine(str(path), affine)
    if values.dtype.kind == "f" and (not np.isfinite(values).all() or (values != np.rint(values)).any()):
        raise SourceError(f"{path}: holds fractions: it is no label map")
    if values.min() < 0 or values.max() > _LARGEST_LABEL:
        raise SourceError(
            f"{path}: holds values from {values.min():g} to {values.max():g}: it is no label map"
        )
    return on_grid(values.astype(np.uint16), affine, volume, numbers or DEFAULT_NUMBERS, str(path))


def on_grid(
    values: Labels, affine: Floats, volume: CtVolume, numbers: Mapping[int, str], name: str
) -> LabelMap:
    """Bring a label map onto the grid of a CT (nearest neighbour). Raises `SourceError` as `read_labels`."""
    known = np.zeros(_LARGEST_LABEL + 1, np.uint16)
    for number in numbers:
        known[number] = number
    there = [int(n) for n in np.unique(values) if n in numbers]
    if not there:
        others = [int(n) for n in np.unique(values) if n][:5]
        said = f"its numbers are {', '.join(map(str, others))}" if others else "it is empty"
        raise SourceError(f"{name}: labels no vertebra that is known by number; {said}")
    values = known[values]
    notes: tuple[str, ...] = ()
    if not _same_grid(values.shape, affine, volume):
        whole = _counts(values, there)
        values = _resampled(values, affine, volume)
        got = _counts(values, there)
        ratio = (got * volume.voxel_ml) / (whole * abs(float(np.linalg.det(affine[:3, :3]))) / 1000)
        if not got.any() or ratio.max() < _LEAST_INSIDE:
            raise SourceError(f"{name}: lies elsewhere than the CT: is it of another scan?")
        cut = [numbers[n] for n, part in zip(there, ratio, strict=True) if part < _LEAST_INSIDE]
        notes = ("the labels were on another grid",)
        if cut:
            notes += (f"less than half of {', '.join(cut)} is on the CT",)
    return LabelMap(values, {n: numbers[n] for n in there}, notes=notes)


def _counts(values: Labels, numbers: list[int]) -> Floats:
    return np.bincount(values.ravel(), minlength=max(numbers) + 1)[numbers].astype(float)


def _same_grid(shape: tuple[int, ...], affine: Floats, volume: CtVolume) -> bool:
    if shape != volume.hu.shape:
        return False
    corners = np.array(np.meshgrid(*[(0, n - 1) for n in shape])).reshape(3, -1).T
    gap = corners @ (affine[:3, :3] - volume.affine_lps[:3, :3]).T + affine[:3, 3] - volume.affine_lps[:3, 3]
    return float(np.abs(gap).max()) <= _SAME_MM * max(1.0, min(volume.spacing_mm))


def _resampled(values: Labels, affine: Floats, volume: CtVolume) -> Labels:
    back = np.linalg.inv(affine) @ volume.affine_lps
    made: Labels = ndimage.affine_transform(
        values, back[:3, :3], back[:3, 3], output_shape=volume.hu.shape, order=0, mode="constant", cval=0
    )
    return made


def labels_about(marks: tuple[Mark, ...], volume: CtVolume, name: str) -> LabelMap:
    """Regions about marks: each voxel to the nearest, not farther than a body reaches.

    Raises `SourceError`.
    """
    places = np.array([mark.point_mm for mark in marks])
    index = to_index(volume.affine_lps, places)
    inside = np.all((index > -0.5) & (index < np.array(volume.hu.shape) - 0.5), axis=1)
    if not inside.any():
        raise SourceError(f"{name}: no mark lies on the CT: is it of another scan?")
    for place, mark in enumerate(marks):
        same = [one.level for one in marks[:place] if np.allclose(one.point_mm, mark.point_mm, atol=1.0)]
        if same:
            raise SourceError(f"{name}: marks {same[0]} and {mark.level} in one place")
    order = np.argsort(-places[:, 2])
    values = np.zeros(volume.hu.shape, np.uint16)
    best = np.full(volume.hu.shape, np.inf, np.float32)
    names: dict[int, str] = {}
    by_name = {level: number for number, level in DEFAULT_NUMBERS.items()}
    for rank, place in enumerate(order):
        if not inside[place]:
            continue
        number = by_name.get(marks[place].level, 51 + int(place))
        names[number] = marks[place].level
        near = places[order[max(rank - 1, 0) : rank + 2]]
        way = near[-1] - near[0] if len(near) > 1 else np.array([0.0, 0.0, -1.0])
        _fill(values, best, volume, places[place], way / np.linalg.norm(way), number)
    outside = [mark.level for mark, one in zip(marks, inside, strict=True) if not one]
    notes: tuple[str, ...] = (
        "levels are regions about marks: what is in a body and what has leaked cannot be told",
    )
    if outside:
        notes += (f"the marks of {', '.join(outside)} are not on the CT",)
    return LabelMap(values, names, coarse=True, notes=notes)


def _fill(
    values: Labels, best: Floats, volume: CtVolume, centre_mm: Floats, down: Floats, number: int
) -> None:
    reach = np.hypot(_REACH_MM, _HALF_HEIGHT_MM)
    at = to_index(volume.affine_lps, centre_mm[None])[0]
    span = np.ceil(reach / np.array(volume.spacing_mm)).astype(int) + 1
    first = np.maximum(np.floor(at).astype(int) - span, 0)
    last = np.minimum(np.ceil(at).astype(int) + span + 1, volume.hu.shape)
    box = tuple(slice(int(a), int(b)) for a, b in zip(first, last, strict=True))
    grid = np.stack(
        np.meshgrid(*[np.arange(a, b) for a, b in zip(first, last, strict=True)], indexing="ij"), -1
    )
    away = (grid - at) @ volume.affine_lps[:3, :3].T
    along = away @ down
    gap = np.linalg.norm(away, axis=-1)
    across = np.sqrt(np.maximum(gap**2 - along**2, 0))
    nearer = (across <= _REACH_MM) & (np.abs(along) <= _HALF_HEIGHT_MM) & (gap < best[box])
    best[box][nearer] = gap[nearer]
    values[box][nearer] = number
