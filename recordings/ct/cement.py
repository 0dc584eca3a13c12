"""Cement in a CT, told from bone and metal, with the part of every voxel that it fills.

A deposit is found by a piece within a body that is too dense and too large for spongy bone. Its plateau is
the median of its core; its edge is half-way between the plateau and what would be there without cement (the
usual choice for a symmetric point spread). A voxel near the edge is filled by the part of the way that it
lies between the two, so that the sum over a deposit and its blur is its volume, whatever the blur (partial
volume; cf. the half-maximum and intensity-sum methods of quantitative CT).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from recordings.ct.background import background_hu
from recordings.ct.frames import VertebraFrame
from recordings.ct.volume import Box, CtVolume, Floats, Labels, Mask, around, to_mm

LEAST_HU = 800.0
"""No cement of vertebroplasty shows less in its core; sclerotic bone seldom shows more."""
_SURE_HU = 1000.0
_LEAST_ML, _LEAST_SURE_ML = 0.12, 0.05
_IN_BODY_MM = 2.5
_SMOOTH_MM = 0.8
_CORE_MM = 1.3
_LEAST_CORE_VOXELS = 30
_REACH_MM = 1.7
_MARGIN_MM = 30.0
_ROOM_MM = 9.0
_BLOOM_MM = 1.5
_STEEL_MM = 2.5
_LEAST_DETACHED_MM3 = 3.0
_DETACHED_HU = 1000.0
_FAR_MM, _FAR_HU = 25.0, 1500.0
_CORTEX_MM, _MOST_INSIDE, _FAINT_MM = 2.5, 0.3, 4.0
_BONE_HU, _BONE_TIMES, _BONE_ML = 350.0, 6.0, 1.5
_ROUNDS = 2
_BACKGROUND_HU = 250.0
_EIGHTFOLD = np.ones((3, 3, 3), bool)


@dataclass(frozen=True, slots=True, eq=False)
class Plateau:
    """HU of the cement of a level, its standard error, and whether it has a core that shows it."""

    hu: float
    se_hu: float
    has_core: bool


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Cement in a part of the CT.

    Parameters
    ----------
    box : tuple of slice
        Which part of the CT.
    mask : ndarray, shape (i, j, k), bool
        Voxels that are half filled at least.
    filled : ndarray, shape (i, j, k), float32
        Part of each voxel that is cement; 0 where no mask is near. By noise also somewhat below 0 or above 1.
    owner : ndarray, shape (i, j, k), uint16
        Number of the level whose deposit a voxel of the mask hangs together with; 0: detached from all.
    nearest : ndarray, shape (3, i, j, k), int32
        For each voxel the nearest one of the mask.
    depth_mm : ndarray, shape (i, j, k), float32
        Under the surface of a labelled bone; negative outside.
    plateaus : mapping of int to Plateau
        By level.
    background_sd_hu : float
        Of what the background was taken for, about the cement.
    lost : ndarray, shape (i, j, k), bool
        Where metal hides whether there is cement.
    """

    box: Box
    mask: Mask
    filled: NDArray[np.float32]
    owner: Labels
    nearest: NDArray[np.int32]
    depth_mm: NDArray[np.float32]
    plateaus: Mapping[int, Plateau]
    background_sd_hu: float
    lost: Mask


def find_cement(
    volume: CtVolume,
    labels: Labels,
    frames: Mapping[int, VertebraFrame],
    metal: Mask,
    cement_hu: float | None = None,
) -> Found | None:
    """Find cement in and about labelled vertebrae.

    Parameters
    ----------
    volume : CtVolume
    labels : ndarray, shape (i, j, k), uint16
        Vertebrae on its grid.
    frames : mapping of int to VertebraFrame
    metal : ndarray, shape (i, j, k), bool
    cement_hu : float or None
        Plateau of the cement, where the scale is not to be trusted (cone beam); None: as found.

    Returns
    -------
    Found or None
        None: there is none.
    """
    spacing = volume.spacing_mm
    near = _voxels(_MARGIN_MM, spacing)
    seeds = _seeds(volume, labels, frames, metal)
    bones = np.zeros(labels.shape, bool)
    for seed_box, _, _ in seeds:
        bones[seed_box] = True
    box = around(bones, near)
    if box is None:
        return None
    part, bone, steel = volume.part(box), labels[box], metal[box]
    hu = part.hu.astype(np.float32)
    depth = _depth(bone, spacing)
    seeded = np.zeros(bone.shape, np.uint16)
    for seed_box, seed, number in seeds:
        there = tuple(
            slice(own.start - whole.start, own.stop - whole.start)
            for own, whole in zip(seed_box, box, strict=True)
        )
        seeded[there][seed] = number
    tight = _worth(hu, seeded, depth, steel, spacing, cement_hu)
    whole = tuple(
        slice(one.start + own.start, one.start + own.stop) for one, own in zip(box, tight, strict=True)
    )
    part, bone, steel, hu = part.part(tight), bone[tight], steel[tight], hu[tight]
    body = _of_bodies(part, bone, frames)
    lost = _dilated(steel, _BLOOM_MM, spacing) & ~steel if steel.any() else steel
    return _refine(
        part, hu, depth[tight], body, steel, lost, seeded[tight], cement_hu, (whole[0], whole[1], whole[2])
    )


def _worth(
    hu: Floats, seeded: Labels, depth: Floats, steel: Mask, spacing: tuple[float, float, float],
    cement_hu: float | None,
) -> Box:  # fmt: skip
    """The part of a CT in which anything may be cement, with room about it for its background."""
    plateau = float(np.percentile(hu[seeded > 0], 75)) if cement_hu is None else cement_hu
    there = (hu >= 0.45 * plateau) & ~steel
    pieces, _ = ndimage.label(there, _EIGHTFOLD)
    own = np.unique(pieces[seeded > 0])
    kept = np.isin(pieces, own[own > 0]) & (hu >= 0.6 * plateau)
    kept |= there & (hu >= min(_DETACHED_HU, 0.7 * plateau)) & (depth < -1.0)
    kept |= seeded > 0
    box = around(kept, _voxels(_ROOM_MM, spacing))
    return box if box is not None else (slice(0, hu.shape[0]), slice(0, hu.shape[1]), slice(0, hu.shape[2]))


def _refine(
    part: CtVolume, hu: NDArray[np.float32], depth: NDArray[np.float32], body: Mask, steel: Mask,
    lost: Mask, seeded: Labels, cement_hu: float | None, box: Box,
) -> Found:  # fmt: skip
    spacing = part.spacing_mm
    smooth = _smoothed(hu, spacing, 0.3)
    plateaus = {
        int(n): Plateau(
            float(np.percentile(smooth[seeded == n], 75)) if cement_hu is None else cement_hu, 0.0, False
        )
        for n in np.unique(seeded[seeded > 0])
    }
    background = np.full(hu.shape, _BACKGROUND_HU, np.float32)
    blocked = steel | lost
    for turn in range(_ROUNDS + 1):
        mask, owner = _grown(smooth, background, seeded, plateaus, depth, blocked, spacing)
        plateaus = {
            n: _plateau(hu, (owner == n) & ~blocked, spacing, kept, cement_hu) for n, kept in plateaus.items()
        }
        plateaus = _shared(plateaus)
        if turn == _ROUNDS:
            break
        wide = _dilated(mask, 2.2 * _REACH_MM, spacing) | _dilated(steel, 6.0, spacing)
        background = background_hu(hu, depth, body, ~wide, spacing)
    gap, nearest = ndimage.distance_transform_edt(
        ~mask, sampling=np.divide(spacing, _reach(spacing)), return_indices=True
    )
    level = _level_of(owner, nearest)
    top = np.full(int(max(plateaus)) + 1, max(one.hu for one in plateaus.values()), np.float32)
    for n, one in plateaus.items():
        top[n] = one.hu
    filled = np.clip((hu - background) / np.maximum(top[level] - background, 200.0), -0.5, 1.6)
    filled = np.where((gap <= 1.0) & ~steel, filled, 0).astype(np.float32)
    hidden = lost & _dilated(mask, 3.0, spacing)
    if hidden.any():  # between metal and cement: as what is next to it
        beside = ndimage.distance_transform_edt(blocked, return_distances=False, return_indices=True)
        filled[hidden] = np.clip(filled[tuple(beside)][hidden], 0, 1)
    ring = (gap > 1.6) & (gap <= 3.5) & ~steel & (depth < 0)
    spread = float(1.4826 * np.median(np.abs(hu[ring] - background[ring]))) if ring.any() else 50.0
    return Found(
        box,
        mask,
        filled,
        owner,
        nearest.astype(np.int32),
        depth,
        plateaus,
        spread,
        hidden,
    )


def _seeds(
    volume: CtVolume, labels: Labels, frames: Mapping[int, VertebraFrame], metal: Mask
) -> list[tuple[Box, Mask, int]]:
    """Pieces within bodies that are too dense and too large for bone: box, mask in it, level."""
    made = []
    found = ndimage.find_objects(labels, max_label=max(frames, default=1))
    for number, frame in frames.items():
        box = found[number - 1]
        if box is None:
            continue
        part = volume.part(box)
        # about metal everything looks dense
        inner = _within(part, labels[box] == number, frame) & ~_dilated(
            metal[box], _STEEL_MM, volume.spacing_mm
        )
        smooth = _smoothed(part.hu.astype(np.float32), volume.spacing_mm, _SMOOTH_MM)
        seed = np.zeros(inner.shape, bool)
        for threshold, least_ml in ((_SURE_HU, _LEAST_SURE_ML), (LEAST_HU, _LEAST_ML)):
            pieces, count = ndimage.label(inner & (smooth >= threshold), _EIGHTFOLD)
            if not count:
                continue
            sizes = np.bincount(pieces.ravel()) * volume.voxel_ml
            kept = np.flatnonzero(sizes >= least_ml)
            seed |= np.isin(pieces, kept[kept > 0])
        if seed.any():
            made.append((box, seed, number))
    return made


def _within(part: CtVolume, own: Mask, frame: VertebraFrame) -> Mask:
    """The inside of a body, its cortex left out."""
    index = np.argwhere(own)
    a, s, _ = frame.local(to_mm(part.affine_lps, index)).T
    kept = (a < frame.back_mm) & (s > frame.top_mm - 3) & (s < frame.bottom_mm + 3)
    body = np.zeros(own.shape, bool)
    body[tuple(index[kept].T)] = True
    padded = np.pad(body, 1)
    deep = ndimage.distance_transform_edt(padded, sampling=part.spacing_mm)[1:-1, 1:-1, 1:-1]
    made: Mask = deep >= max(_IN_BODY_MM, 1.01 * min(part.spacing_mm))
    return made


def _of_bodies(part: CtVolume, bone: Labels, frames: Mapping[int, VertebraFrame]) -> Mask:
    """Which voxels of the labels are those of bodies, and not of arches."""
    made = np.zeros(bone.shape, bool)
    for number, frame in frames.items():
        index = np.argwhere(bone == number)
        if len(index):
            a = (to_mm(part.affine_lps, index) - frame.centre_mm) @ frame.axes[0]
            made[tuple(index[a <= frame.back_mm + 1.0].T)] = True
    return made


def _grown(
    smooth: Floats, background: Floats, seeded: Labels, plateaus: Mapping[int, Plateau], depth: Floats,
    blocked: Mask, spacing: tuple[float, float, float],
) -> tuple[Mask, Labels]:  # fmt: skip
    """What is half filled: connected with a seed, or by itself outside bone; and whose it is."""
    lowest = min(one.hu for one in plateaus.values())
    mask = np.zeros(seeded.shape, bool)
    owner = np.zeros(seeded.shape, np.uint16)
    for number, plateau in sorted(plateaus.items(), key=lambda pair: -pair[1].hu):
        there = (
            (smooth >= background + 0.5 * (plateau.hu - background)) & (smooth >= 0.4 * plateau.hu) & ~blocked
        )
        pieces, _ = ndimage.label(there, _EIGHTFOLD)
        own = np.unique(pieces[(seeded == number) & there])
        piece = np.isin(pieces, own[own > 0])
        owner[piece & (owner == 0)] = number
        mask |= piece
    seeds = np.unique(seeded[seeded > 0])
    for number in seeds:  # two levels in one piece: each voxel to the nearer seed
        meet = np.unique(seeded[(owner == number) & (seeded > 0)])
        if len(meet) > 1:
            index = ndimage.distance_transform_edt(
                ~np.isin(seeded, meet), return_distances=False, return_indices=True
            )
            both = owner == number
            owner[both] = seeded[tuple(index)][both]
    loose = _loose(smooth, background, mask | blocked, depth, lowest, float(np.prod(spacing)) / 1000)
    loose |= _thin(smooth, background, mask | loose, depth, blocked, lowest, spacing)
    _join(owner, loose, spacing)
    return mask | loose, owner


def _thin(
    smooth: Floats, background: Floats, mask: Mask, depth: Floats, blocked: Mask, plateau_hu: float,
    spacing: tuple[float, float, float],
) -> Mask:  # fmt: skip
    """What goes on outside bone where cement is too thin to show half of its plateau."""
    outside = mask & (depth < -0.5)
    if not outside.any():
        return outside
    faint = (smooth >= background + 0.3 * (plateau_hu - background)) & (smooth >= _BONE_HU)
    faint &= (depth < -1.0) & ~blocked & _dilated(outside, _FAINT_MM, spacing)
    pieces, _ = ndimage.label(faint | outside, _EIGHTFOLD)
    own = np.unique(pieces[outside])
    made: Mask = np.isin(pieces, own[own > 0]) & faint & ~mask
    return made


def _join(owner: Labels, loose: Mask, spacing: tuple[float, float, float]) -> None:
    """Give what comes out of a bone to what is inside: where it is thin its cortex breaks it in two."""
    pieces, _ = ndimage.label(loose, _EIGHTFOLD)
    touching = np.unique(pieces[_dilated(owner > 0, _CORTEX_MM, spacing)])
    joined = np.isin(pieces, touching[touching > 0])
    if joined.any():
        index = ndimage.distance_transform_edt(
            owner == 0, sampling=spacing, return_distances=False, return_indices=True
        )
        owner[joined] = owner[tuple(index)][joined]


def _loose(
    smooth: Floats, background: Floats, taken: Mask, depth: Floats, plateau_hu: float, voxel_ml: float
) -> Mask:
    """Pieces as dense as cement that lie by themselves in soft tissue.

    Bone that is not labelled has bone about it.
    """
    dense = smooth >= np.maximum(
        background + 0.5 * (plateau_hu - background), min(_DETACHED_HU, 0.7 * plateau_hu)
    )
    pieces, count = ndimage.label(dense & ~taken, _EIGHTFOLD)
    if not count:
        return np.zeros(taken.shape, bool)
    flat = pieces.ravel()
    inside = np.bincount(flat, (depth > -1.0).ravel(), minlength=count + 1)
    sizes = np.bincount(flat, minlength=count + 1)
    peaks = ndimage.maximum(smooth, pieces, np.arange(count + 1))
    gaps = -ndimage.maximum(depth, pieces, np.arange(count + 1))
    least_hu = np.where(gaps > _FAR_MM, max(_FAR_HU, 0.75 * plateau_hu), 0.5 * plateau_hu)
    kept = (
        (inside < _MOST_INSIDE * sizes)
        & (sizes >= 2)
        & (sizes * voxel_ml * 1000 >= _LEAST_DETACHED_MM3)
        & (peaks >= least_hu)
    )
    kept[0] = False
    about, _ = ndimage.label(
        (smooth >= max(_BONE_HU, 0.2 * plateau_hu)) & ~taken & (depth < -1.5), _EIGHTFOLD
    )
    whole = np.bincount(about.ravel())
    own = ndimage.maximum(about, pieces, np.arange(count + 1)).astype(int)
    within = np.bincount(own, sizes * (own > 0), minlength=len(whole))  # all that is dense in it
    kept &= (whole[own] * voxel_ml <= _BONE_ML) | (whole[own] <= _BONE_TIMES * within[own])
    made: Mask = kept[pieces]
    return made


def _plateau(
    hu: Floats, own: Mask, spacing: tuple[float, float, float], before: Plateau, cement_hu: float | None
) -> Plateau:
    box = around(own, (1, 1, 1))
    if box is None:
        return before
    deep = ndimage.distance_transform_edt(np.pad(own[box], 1), sampling=spacing)[1:-1, 1:-1, 1:-1]
    core = deep >= np.maximum(_CORE_MM, 1.01 * max(spacing))
    if core.sum() < _LEAST_CORE_VOXELS:
        core = deep >= np.maximum(_CORE_MM, 1.01 * min(spacing))
    values = hu[box][core]
    if cement_hu is not None:
        return Plateau(cement_hu, 0.02 * cement_hu, True)
    if len(values) >= _LEAST_CORE_VOXELS:
        return Plateau(float(np.median(values)), float(values.std() / np.sqrt(len(values) / 8)), True)
    values = hu[box][own[box]]
    return Plateau(float(np.percentile(values, 85)), 0.12 * float(values.max()), False)


def _shared(plateaus: dict[int, Plateau]) -> dict[int, Plateau]:
    """A level without a core has the cement of the others, where any has one."""
    known = [one.hu for one in plateaus.values() if one.has_core]
    if not known:
        return plateaus
    typical = float(np.median(known))
    return {
        n: one if one.has_core else Plateau(max(typical, one.hu), max(one.se_hu, 0.05 * typical), False)
        for n, one in plateaus.items()
    }


def _level_of(owner: Labels, nearest: NDArray[np.int32]) -> Labels:
    made: Labels = owner[tuple(nearest)]
    return made


def _depth(bone: Labels, spacing: tuple[float, float, float]) -> NDArray[np.float32]:
    there = bone > 0
    inside = ndimage.distance_transform_edt(there, sampling=spacing).astype(np.float32)
    if there.all():
        return np.asarray(inside, np.float32)
    outside = ndimage.distance_transform_edt(~there, sampling=spacing).astype(np.float32)
    half = 0.5 * min(spacing)  # the surface lies between voxels
    made: NDArray[np.float32] = np.where(there, inside - half, half - outside).astype(np.float32)
    return made


def _smoothed(hu: Floats, spacing: tuple[float, float, float], sigma_mm: float) -> NDArray[np.float32]:
    sigma = [sigma_mm / one if one < 2 * sigma_mm else 0.0 for one in spacing]
    made: NDArray[np.float32] = ndimage.gaussian_filter(hu, sigma, mode="nearest")
    return made


def _reach(spacing: tuple[float, float, float]) -> tuple[float, float, float]:
    """How far from its half-filled voxels a deposit still shows (mm), along each axis."""
    a, b, c = (max(_REACH_MM, 1.3 * one) for one in spacing)
    return a, b, c


def _dilated(mask: Mask, by_mm: float, spacing: tuple[float, float, float]) -> Mask:
    made = np.zeros_like(mask)
    box = around(mask, _voxels(by_mm, spacing))
    if box is not None:
        gap = ndimage.distance_transform_edt(~mask[box], sampling=spacing)
        made[box] = gap <= np.maximum(by_mm, 1.01 * max(spacing))
    return made


def _voxels(by_mm: float, spacing: tuple[float, float, float]) -> tuple[int, int, int]:
    a, b, c = (int(np.ceil(by_mm / one)) + 1 for one in spacing)
    return a, b, c
