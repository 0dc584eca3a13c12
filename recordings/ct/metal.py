"""Metal in a CT: screws, rods and implants, told from cement by density, shape and place.

Cement of vertebroplasty shows some 1000 to 3000 HU and lies in a compact piece in a body; steel and titanium
saturate the usual scale (3071 HU) or lie above it, are slender and straight, or lie where no vertebra is.
Blooming makes metal larger than it is: its volume is an estimate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from recordings.ct.volume import Box, CtVolume, Floats, Labels, Mask, around, to_mm

SURE_HU = 3050.0
"""From here on it is metal unless it lies compactly within a body."""
NEVER_CEMENT_HU = 4500.0
"""Where the scale goes so far: no cement, however compact (titanium and steel show 8000 and more)."""
DENSE_HU = 2000.0
"""Denser than bone; metal where no vertebra is near."""
_EDGE_HU = 1500.0
_BONE_HU = 300.0
_FAR_MM = 15.0
_LEAST_FAR_ML = 0.1
_LEAST_ML = 0.02
_SLENDER, _THIN = 3.0, 5.0
_ROD_MM = (28.0, 9.0)
_STRAIGHT = 0.4
_REACH_MM = 2.0
_MOST_POINTS = 20_000
_EIGHTFOLD = np.ones((3, 3, 3), bool)


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of metal: its volume (mL), where its middle is (mm, LPS), its length and width (mm)."""

    volume_ml: float
    centre_mm: tuple[float, float, float]
    length_mm: float
    width_mm: float
    distance_mm: float | None
    """From the nearest labelled bone; None: there is none on the CT."""
    nearest: int | None
    """Number of the label that is nearest."""


def shape_of(points_mm: Floats) -> tuple[float, float]:
    """Length and width (mm) of a straight rod with the same second moments."""
    if len(points_mm) < 4:
        return 0.0, 0.0
    spread = np.sort(np.linalg.eigvalsh(np.cov((points_mm - points_mm.mean(axis=0)).T)))[::-1]
    spread = np.sqrt(np.maximum(spread, 0))
    return float(spread[0] * np.sqrt(12)), float(4 * spread[1])


def find_metal(volume: CtVolume, labels: Labels) -> tuple[Mask, list[Piece]]:
    """Where metal is, blooming included, and its pieces, the largest first.

    Parameters
    ----------
    volume : CtVolume
    labels : ndarray, shape (i, j, k), uint16
        Vertebrae on its grid; 0 elsewhere.

    Returns
    -------
    ndarray of bool, shape (i, j, k)
    list of Piece
    """
    made = np.zeros(volume.hu.shape, bool)
    spacing = volume.spacing_mm
    margin = tuple(int(np.ceil(2 * _FAR_MM / one)) for one in spacing)
    dense = volume.hu >= DENSE_HU
    box = around(dense, (margin[0], margin[1], margin[2]))
    if box is None:
        return made, []
    part, bone = volume.part(box), labels[box]
    away = _away(bone, spacing)
    pieces: list[Piece] = []
    for at in _seeds(part, dense[box], bone, away):
        _grow(made[box], part, at, away)
    tree, numbers = _bones(volume, labels)
    found, _ = ndimage.label(made[box], _EIGHTFOLD)
    for place, where in enumerate(ndimage.find_objects(found), start=1):
        index = np.argwhere(found[where] == place) + [one.start for one in where]
        points = to_mm(part.affine_lps, index)
        length, width = shape_of(points)
        middle = points.mean(axis=0)
        gap, near = (None, None) if tree is None else _nearest(tree, numbers, points)
        pieces.append(
            Piece(
                len(index) * part.voxel_ml,
                (float(middle[0]), float(middle[1]), float(middle[2])),
                length,
                width,
                gap,
                near,
            )
        )
    return made, sorted(pieces, key=lambda piece: -piece.volume_ml)


def _away(bone: Labels, spacing: tuple[float, float, float]) -> Floats:
    if not bone.any():
        return np.full(bone.shape, np.inf, np.float32)
    made: Floats = ndimage.distance_transform_edt(bone == 0, sampling=spacing).astype(np.float32)
    return made


def _bones(volume: CtVolume, labels: Labels) -> tuple[cKDTree | None, Labels]:
    """Where the labelled bones are, to be searched, and their numbers."""
    index = np.argwhere(labels > 0)
    if not len(index):
        return None, labels[:0]
    index = index[:: max(len(index) // _MOST_POINTS, 1)]
    return cKDTree(to_mm(volume.affine_lps, index)), labels[tuple(index.T)]


def _nearest(tree: cKDTree, numbers: Labels, points: Floats) -> tuple[float, int]:
    gaps, at = tree.query(points[:: max(len(points) // _MOST_POINTS, 1)])
    least = int(np.argmin(gaps))
    return float(gaps[least]), int(numbers[at[least]])


def _seeds(part: CtVolume, dense: Mask, bone: Labels, away: Floats) -> list[Mask]:
    seeds = []
    for threshold in (NEVER_CEMENT_HU, SURE_HU, DENSE_HU):
        there = part.hu >= threshold if threshold != DENSE_HU else dense
        found, _ = ndimage.label(there, _EIGHTFOLD)
        for place, where in enumerate(ndimage.find_objects(found), start=1):
            own = found[where] == place
            never = threshold == NEVER_CEMENT_HU and own.sum() * part.voxel_ml >= _LEAST_ML
            if never or _is_metal(part, where, own, bone, away, sure=threshold == SURE_HU):
                seed = np.zeros(bone.shape, bool)
                seed[where] = own
                seeds.append(seed)
    return seeds


def _is_metal(part: CtVolume, where: Box, own: Mask, bone: Labels, away: Floats, *, sure: bool) -> bool:
    count = int(own.sum())
    size_ml = count * part.voxel_ml
    distance = float(away[where][own].min())
    if distance > _FAR_MM:
        return size_ml >= _LEAST_FAR_ML or (sure and size_ml >= _LEAST_ML)
    if size_ml < _LEAST_ML:
        return False
    points = to_mm(part.affine_lps, np.argwhere(own) + [one.start for one in where])
    length, width = shape_of(points)
    if sure:
        in_bone = float((bone[where][own] > 0).mean())
        slender = length >= _SLENDER * width or length >= _THIN * _thickness(own, part.spacing_mm)
        return slender or in_bone < 0.5
    straight = size_ml * 1000 >= _STRAIGHT * np.pi / 4 * width**2 * length  # cement in a vein winds
    return straight and length >= _ROD_MM[0] and width <= _ROD_MM[1] and length >= _SLENDER * width


def _thickness(own: Mask, spacing: tuple[float, float, float]) -> float:
    """Of a piece where it is thickest (mm), holes of a millimetre filled: of joined screws that of one."""
    steps = max(1, round(1.0 / min(spacing)))
    padded = np.pad(own, steps + 1)
    whole = padded | ndimage.binary_closing(padded, _EIGHTFOLD, iterations=steps)
    deep = ndimage.distance_transform_edt(whole, sampling=spacing)
    return 2 * float(deep.max()) - min(spacing)


def _grow(made: Mask, part: CtVolume, seed: Mask, away: Floats) -> None:
    """Add a seed and what blooms about it; away from bone all that hangs together."""
    spacing = part.spacing_mm
    edge = part.hu >= _EDGE_HU
    if away[seed].min() > _FAR_MM:
        found, _ = ndimage.label(edge, _EIGHTFOLD)
        numbers = np.unique(found[seed])
        made |= np.isin(found, numbers[numbers > 0])
        return
    top = float(np.percentile(part.hu[seed], 90))  # where the scale ends, the edge lies where it does
    edge = part.hu >= (SURE_HU if top >= float(part.hu.max()) - 5 else 0.5 * (top + _BONE_HU))
    reach = tuple(int(np.ceil(_REACH_MM / one)) + 1 for one in spacing)
    box = around(seed, (reach[0], reach[1], reach[2]))
    if box is None:
        return
    gap = ndimage.distance_transform_edt(~seed[box], sampling=spacing)
    made[box] |= (gap <= max(_REACH_MM, 1.01 * min(spacing))) & edge[box]
