"""Where cement outside a body is: disc, canal, foramen, vein, soft tissue, or carried away.

Zone first, then shape, as the monitor does (`monitor.result.Leak` has the classes).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from recordings.ct.cement import Found
from recordings.ct.frames import VertebraFrame
from recordings.ct.metal import shape_of
from recordings.ct.volume import CtVolume, Floats, Labels, Mask, to_mm

BODY, ARCH, OUTSIDE = 1, 2, 3
CLASSES = ("disc_superior", "disc_inferior", "canal", "foramen", "vein", "paravertebral", "embolus")
_LEAST_OUT_MM = 1.2
_LEAST_LEAK_ML = 0.015
_LEAST_SHARE = 0.08
_LEAST_DETACHED_ML = 0.005
_BROKEN_ML = 0.06
_VEIN_WIDTH_MM, _VEIN_WIDTHS, _UNSURE_WIDTHS = 3.5, 4.0, 2.8
_FORAMEN_MM = 14.0
_FAR_MM = 25.0
_ALONE_MM = 12.0
_EDGE_MM = 1.5
_EIGHTFOLD = np.ones((3, 3, 3), bool)


@dataclass(frozen=True, slots=True)
class Leaked:
    """Cement of a level outside its bone, one connected part of one class (mL)."""

    level: int
    leak_class: str
    volume_ml: float
    detached: bool
    ambiguous_with: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """Where cement is.

    Parameters
    ----------
    where : ndarray, shape (i, j, k), uint8
        `BODY`, `ARCH`, or `OUTSIDE` plus the place of the class in `CLASSES`; of the mask's voxels, 0
        elsewhere.
    level : ndarray, shape (i, j, k), uint16
        Whose the mask's voxels are; 0: nobody's.
    leaks : tuple of Leaked
    shares_ml : mapping of (int, int) to float
        By level and `where`: all that is filled in and about those voxels.
    """

    where: NDArray[np.uint8]
    level: Labels
    leaks: tuple[Leaked, ...]
    shares_ml: Mapping[tuple[int, int], float]


def place(volume: CtVolume, labels: Labels, frames: Mapping[int, VertebraFrame], found: Found) -> Placed:
    """Say where all the cement is.

    Parameters
    ----------
    volume : CtVolume
        The part of the CT that `found` is of.
    labels : ndarray, shape (i, j, k), uint16
        Of the same part.
    frames : mapping of int to VertebraFrame
    found : Found
    """
    spacing = volume.spacing_mm
    seeded = [n for n in found.plateaus if n in frames]
    own_bone = np.isin(labels, seeded)
    level = found.owner.copy()
    where = np.zeros(labels.shape, np.uint8)
    _divide_bone(volume, labels, frames, found, seeded, where)
    # what is nobody's goes to the vertebra that is nearest
    loose = found.mask & (level == 0)
    if loose.any() and own_bone.any():
        index = ndimage.distance_transform_edt(~own_bone, return_distances=False, return_indices=True)
        level[loose] = labels[tuple(index)][loose]
    filled = _filled_ml(volume, found)
    out = found.mask & (where == 0)
    gap = np.maximum(-found.depth_mm, 0)
    pieces, _ = ndimage.label(out, _EIGHTFOLD)
    whole, _ = ndimage.label(found.mask, _EIGHTFOLD)
    rooted = np.unique(whole[found.owner > 0])
    roots = cKDTree(to_mm(volume.affine_lps, np.argwhere(found.owner > 0)))
    leaks: list[Leaked] = []
    least_mm = max(_LEAST_OUT_MM, 0.75 * min(spacing))
    for number, box in enumerate(ndimage.find_objects(pieces), start=1):
        index = np.argwhere(pieces[box] == number) + [one.start for one in box]
        at = tuple(index.T)
        owner = int(np.bincount(level[at]).argmax())
        frame = frames.get(owner)
        detached = int(whole[at][0]) not in rooted
        small = float(gap[at].max()) < least_mm or float(filled[at].sum()) < _LEAST_LEAK_ML
        if frame is None or (small and not detached) or float(filled[at].sum()) < _LEAST_DETACHED_ML:
            where[at] = BODY  # the label's edge, not cement's
            continue
        points = to_mm(volume.affine_lps, index)
        alone = detached and _alone(roots, points)
        zones, unsure = zones_of(frame, points)
        soft = float((zones == CLASSES.index("paravertebral")).mean()) > 0.5
        near = float(gap[at].min()) <= _FAR_MM
        if alone and soft and near and not _is_vein(points, filled[at]):
            level[at] = 0
            continue
        for zone, kept in _shares(zones, filled[at]):
            told, ambiguous = _told(
                CLASSES[zone], unsure[kept], points[kept], filled[at][kept], detached, gap[at][kept]
            )
            where[tuple(index[kept].T)] = OUTSIDE + CLASSES.index(told)
            ambiguous = ambiguous or ("calcification" if alone and soft else None)
            leaks.append(Leaked(owner, told, float(filled[at][kept].sum()), detached, ambiguous))
    leaks = [_joined(leak, leaks) for leak in leaks]
    keys = level[found.mask].astype(np.int64) * 64 + where[found.mask]
    kinds, place_of = np.unique(keys, return_inverse=True)
    sums = np.bincount(place_of, filled[found.mask])
    shares = {(int(key) // 64, int(key) % 64): float(total) for key, total in zip(kinds, sums, strict=True)}
    return Placed(where, level, tuple(leaks), shares)


def _alone(roots: cKDTree, points_mm: Floats) -> bool:
    """Whether a loose piece is so far from other cement that nothing but its density speaks for it."""
    gaps, _ = roots.query(points_mm)
    return float(gaps.min()) > _ALONE_MM


def _joined(leak: Leaked, leaks: list[Leaked]) -> Leaked:
    """A small loose piece beside a vein of the same level is of that vein, which thick slices break up."""
    small = leak.leak_class == "paravertebral" and leak.detached and leak.volume_ml < _BROKEN_ML
    if small and any(one.leak_class == "vein" and one.level == leak.level for one in leaks):
        return replace(leak, leak_class="vein")
    return leak


def _filled_ml(volume: CtVolume, found: Found) -> Floats:
    """What is filled in and about each voxel of the mask (mL): the blur goes to the voxel that it is of."""
    flat = np.ravel_multi_index(tuple(found.nearest), found.mask.shape).ravel()
    total = np.bincount(flat, found.filled.ravel(), minlength=found.mask.size)
    made: Floats = total.reshape(found.mask.shape) * volume.voxel_ml
    return made


def _divide_bone(
    volume: CtVolume, labels: Labels, frames: Mapping[int, VertebraFrame], found: Found, seeded: list[int],
    where: NDArray[np.uint8],
) -> None:  # fmt: skip
    for number in seeded:
        index = np.argwhere(found.mask & (labels == number))
        if not len(index):
            continue
        frame = frames[number]
        a = frame.local(to_mm(volume.affine_lps, index))[:, 0]
        body = a <= frame.back_mm + 1.0
        where[tuple(index[body].T)] = BODY
        where[tuple(index[~body].T)] = ARCH


def zones_of(frame: VertebraFrame, points_mm: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The class of each place by its zone, and another that it may as well be (-1: none); shape (n,)."""
    a, s, r = frame.local(points_mm).T
    begin, end, half = frame.canal
    beneath = frame.beneath(a, r)
    upper = s < 0
    disc = np.where(upper, CLASSES.index("disc_superior"), CLASSES.index("disc_inferior"))
    behind = (a > begin - 2.0) & ~(beneath & (a < begin - 0.5)) & (a <= end)
    beyond = (s < frame.top_mm + 3) | (s > frame.bottom_mm - 3)
    in_disc = beneath & ~(a > begin + 0.5) & beyond
    canal = behind & (np.abs(r) <= half) & ~in_disc
    aside = behind & ~canal & ~in_disc & (np.abs(r) <= half + _FORAMEN_MM)
    foramen = aside & ((s > 0) | (s < frame.top_mm))
    zones = np.full(len(a), CLASSES.index("paravertebral"))
    zones[foramen] = CLASSES.index("foramen")
    zones[canal] = CLASSES.index("canal")
    zones[in_disc] = disc[in_disc]
    unsure = np.full(len(a), -1)
    unsure[canal & (np.abs(r) > half - _EDGE_MM)] = CLASSES.index("foramen")
    unsure[foramen & (np.abs(r) < half + _EDGE_MM)] = CLASSES.index("canal")
    unsure[in_disc & (a > begin - _EDGE_MM)] = CLASSES.index("canal")
    return zones, unsure


def _shares(zones: NDArray[np.int64], filled: Floats) -> list[tuple[int, Mask]]:
    """Zones of a piece that hold a share worth telling; what is less goes to the largest."""
    sums = np.bincount(zones, np.maximum(filled, 0), minlength=len(CLASSES))
    kept = [
        n for n in range(len(CLASSES)) if sums[n] >= max(_LEAST_LEAK_ML, _LEAST_SHARE * float(sums.sum()))
    ]
    if not kept:
        kept = [int(np.argmax(sums))]
    largest = max(kept, key=lambda n: sums[n])
    zones = np.where(np.isin(zones, kept), zones, largest)
    return [(n, zones == n) for n in kept]


def _told(
    zone: str, unsure: NDArray[np.int64], points_mm: Floats, filled: Floats, detached: bool, gap: Floats
) -> tuple[str, str | None]:
    """The class by zone and shape, and what it cannot be told from."""
    if detached and float(gap.min()) > _FAR_MM:
        return "embolus", "calcification"
    if zone == "paravertebral":
        if _is_vein(points_mm, filled):
            return "vein", None
        if _is_vein(points_mm, filled, _UNSURE_WIDTHS):
            return zone, "vein"
        return zone, "calcification" if detached else None
    other = unsure[unsure >= 0]
    if len(other) > 0.4 * len(unsure):
        return zone, CLASSES[int(np.bincount(other).argmax())]
    return zone, None


def _is_vein(points_mm: Floats, filled: Floats, widths: float = _VEIN_WIDTHS) -> bool:
    """Whether a piece is thin, and longer than so many widths."""
    length = _extent(points_mm)
    width = 2 * np.sqrt(max(float(filled.sum()), 1e-6) * 1000 / (np.pi * max(length, 1.0)))
    return bool(width < _VEIN_WIDTH_MM and length >= widths * width)


def _extent(points_mm: Floats) -> float:
    """Largest extent of a piece (mm)."""
    if len(points_mm) < 4:
        return float(np.ptp(points_mm, axis=0).max()) if len(points_mm) else 0.0
    straight, _ = shape_of(points_mm)
    return max(straight, float(np.linalg.norm(np.ptp(points_mm, axis=0))))
