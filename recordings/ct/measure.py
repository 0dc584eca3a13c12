"""What a CT shows of the cement, from the volume and the labels of its vertebrae to a record."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recordings.ct.cement import Found, find_cement
from recordings.ct.frames import VertebraFrame, boxes_of, frames_of
from recordings.ct.labels import LabelMap
from recordings.ct.metal import SURE_HU, Piece, find_metal
from recordings.ct.numbering import LEVELS
from recordings.ct.places import ARCH, BODY, CLASSES, OUTSIDE, Leaked, Placed, place
from recordings.ct.record import CtLeak, CtLevel, CtMetal, CtRecord
from recordings.ct.volume import CtVolume, Mask

METAL = 90
"""Value of metal in the label map of cement; those of leaks are `LEAK_VALUES`."""
LEAK_VALUES: Mapping[str, int] = {name: 80 + n for n, name in enumerate(CLASSES)}
_DOUBTFUL_HU = 1100.0
_SCALE_END_HU = 50.0
_NO_CORE = 0.12
_MODEL = 0.015
_EDGE_SHARE = 0.06


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredCt:
    """What measuring a CT gives.

    Parameters
    ----------
    record : CtRecord
    cement : ndarray, shape (i, j, k), uint8
        On the grid of the CT: the number of the level where cement is in its bone, `LEAK_VALUES` outside,
        `METAL`; 0 elsewhere.
    levels : mapping of str to VertebraFrame
    """

    record: CtRecord
    cement: NDArray[np.uint8]
    levels: Mapping[str, VertebraFrame]


def measure_ct(
    volume: CtVolume, labels: LabelMap, *, software_version: str, cement_hu: float | None = None
) -> MeasuredCt:
    """Measure the cement in a CT.

    Parameters
    ----------
    volume : CtVolume
    labels : LabelMap
        On the grid of the CT.
    software_version : str
    cement_hu : float or None
        Plateau of the cement, where the scale of the scanner is not to be trusted.
    """
    bones = labels.values
    frames = frames_of(bones, volume.affine_lps, labels.names)
    metal, pieces = find_metal(volume, bones)
    found = find_cement(volume, bones, frames, metal, cement_hu)
    cement = np.zeros(volume.hu.shape, np.uint8)
    levels: list[CtLevel] = []
    unassigned_ml = 0.0
    threshold: float | None = None
    if found is not None:
        placed = place(volume.part(found.box), bones[found.box], frames, found)
        levels, unassigned_ml = _levels(volume, labels, frames, found, placed, pieces)
        if not labels.coarse:
            _paint(cement[found.box], found, placed, labels)
        else:
            cement[found.box][found.mask] = np.minimum(placed.level[found.mask], 79)
        threshold = min(0.5 * (one.hu + 250.0) for one in found.plateaus.values())
    cement[metal] = METAL
    missing = [labels.names[n] for n in boxes_of(bones, labels.names) if n not in frames]
    notes = [*volume.notes, *labels.notes]
    if missing:
        notes.append(f"too little of {', '.join(missing)} is labelled on this CT: not searched")
    record = CtRecord(
        series=volume.series, software_version=software_version, day=volume.day, spacing_mm=volume.spacing_mm,
        cement_hu=threshold, levels=tuple(sorted(levels, key=lambda one: _order(one.level))),
        metal=tuple(_metal(one, labels.names) for one in pieces), unassigned_ml=unassigned_ml,
        coarse=labels.coarse, searched=tuple(sorted((frames[n].level for n in frames), key=_order)),
        notes=tuple(notes),
    )  # fmt: skip
    return MeasuredCt(record, cement, {frame.level: frame for frame in frames.values()})


def _order(level: str) -> int:
    return -LEVELS.index(level) if level in LEVELS else 1


def _levels(
    volume: CtVolume, labels: LabelMap, frames: Mapping[int, VertebraFrame], found: Found, placed: Placed,
    pieces: list[Piece],
) -> tuple[list[CtLevel], float]:  # fmt: skip
    shares: dict[int, dict[int, float]] = defaultdict(dict)
    for (level, where), volume_ml in placed.shares_ml.items():
        shares[level][where] = volume_ml
    made = []
    for number, plateau in sorted(found.plateaus.items()):
        own = shares.get(number, {})
        total = sum(own.values())
        outside = sum(value for where, value in own.items() if where >= OUTSIDE)
        notes = []
        if not plateau.has_core:
            notes.append("no core shows how dense this cement is: its volume is an estimate")
        if plateau.hu < _DOUBTFUL_HU:
            notes.append(f"shows {plateau.hu:.0f} HU: may be dense bone (sclerosis)")
        if plateau.hu >= SURE_HU - _SCALE_END_HU:
            notes.append("as dense as metal: may be metal (a compact implant), not cement")
        if any(piece.nearest == number and (piece.distance_mm or 0) < 10 for piece in pieces):
            notes.append("metal is near: streaks and blooming make volume and leaks doubtful")
        if frames[number].canal_seen is False and not labels.coarse:
            notes.append("the label leaves no canal: where it lies is assumed")
        coarse = labels.coarse
        made.append(
            CtLevel(
                level=labels.names[number],
                volume_ml=total,
                volume_sd_ml=_sd_ml(volume, found, placed, number, total),
                within_ml=None if coarse else own.get(BODY, 0.0),
                arch_ml=None if coarse else own.get(ARCH, 0.0),
                outside_ml=None if coarse else outside,
                plateau_hu=plateau.hu if plateau.has_core else None,
                leaks=() if coarse else _leaks([one for one in placed.leaks if one.level == number]),
                notes=tuple(notes),
            )
        )
    others = sum(sum(own.values()) for level, own in shares.items() if level not in found.plateaus)
    return made, others


def _leaks(parts: list[Leaked]) -> tuple[CtLeak, ...]:
    """Parts of one class together; where one of them is beyond doubt the leak is."""
    made = []
    for name in CLASSES:
        own = [part for part in parts if part.leak_class == name]
        if own:
            doubts = [part.ambiguous_with for part in own]
            made.append(
                CtLeak(
                    leak_class=name, volume_ml=sum(part.volume_ml for part in own),
                    detached=any(part.detached for part in own),
                    ambiguous_with=None if None in doubts else doubts[0],
                )
            )  # fmt: skip
    return tuple(made)


def _sd_ml(volume: CtVolume, found: Found, placed: Placed, number: int, total_ml: float) -> float:
    """Standard deviation of a level's volume (mL).

    Its parts: the plateau's standard error; what the background was mistaken for, over the voxels of the
    surface; a share of the surface's voxels for its shape between them; what metal hides; and a floor for the
    model.
    """
    plateau = found.plateaus[number]
    voxel_ml = volume.voxel_ml
    near = placed.level[tuple(found.nearest)] == number
    edge_ml = float(((found.filled > 0.05) & (found.filled < 0.95) & near).sum()) * voxel_ml
    contrast = max(plateau.hu - 200.0, 200.0)
    of_plateau = total_ml * (plateau.se_hu / contrast if plateau.has_core else _NO_CORE)
    of_background = 0.3 * edge_ml * found.background_sd_hu / contrast
    of_surface = _EDGE_SHARE * edge_ml * min(max(volume.spacing_mm) / 10.0, 0.5)
    hidden: Mask = found.lost & near
    of_metal = 0.3 * float(hidden.sum()) * voxel_ml
    parts = (of_plateau, of_background, of_surface, of_metal, _MODEL * total_ml)
    return float(np.sqrt(sum(part**2 for part in parts)))


def _paint(cement: NDArray[np.uint8], found: Found, placed: Placed, labels: LabelMap) -> None:
    bone = found.mask & (placed.where > 0) & (placed.where < OUTSIDE)
    order = {n: place for place, n in enumerate(sorted(labels.names), start=1)}
    plain = max(labels.names) < min(LEAK_VALUES.values())
    for number in np.unique(placed.level[bone]):
        value = int(number) if plain else order.get(int(number), 0)
        cement[bone & (placed.level == number)] = value
    for name, value in LEAK_VALUES.items():
        cement[placed.where == OUTSIDE + CLASSES.index(name)] = value


def _metal(piece: Piece, names: Mapping[int, str]) -> CtMetal:
    level = None if piece.nearest is None else names.get(piece.nearest)
    distance = piece.distance_mm
    if level is None or distance is None:
        words = "no labelled bone on this CT"
    elif distance <= 1.0:
        words = f"in or at {level}"
    else:
        words = f"{distance:.0f} mm from {level}"
    return CtMetal(
        volume_ml=piece.volume_ml,
        centre_mm=piece.centre_mm,
        length_mm=piece.length_mm,
        width_mm=piece.width_mm,
        near_level=level,
        distance_mm=distance,
        place=words,
    )
