"""Slices of a CT through each level with cement, outlines of what was found drawn on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from recordings.ct.frames import VertebraFrame
from recordings.ct.measure import LEAK_VALUES, METAL, MeasuredCt
from recordings.ct.volume import CtVolume, Floats, Labels, to_index

_CELL_MM = 0.25
_HALF_MM = 42.0
_LOW_HU, _HIGH_HU = -200.0, 2000.0
_BONE, _CEMENT, _LEAK, _METAL = (120, 120, 0), (0, 200, 0), (0, 0, 255), (255, 160, 0)  # BGR


def slices_of(volume: CtVolume, labels: Labels, measured: MeasuredCt) -> dict[str, bytes]:
    """PNG by name: a sagittal and an axial slice through each level with cement.

    Where much of the cement is; cement in bone is outlined in green, outside in red, metal in blue, labels in
    teal.
    """
    made = {}
    for level in measured.record.levels:
        frame = measured.levels.get(level.level)
        if frame is None:
            continue
        for plane, png in _of_level(volume, labels, measured.cement, frame).items():
            made[f"{_plain(level.level)}-{plane}.png"] = png
    return made


def _plain(name: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in name)[:20] or "level"


def _of_level(
    volume: CtVolume, labels: Labels, cement: NDArray[np.uint8], frame: VertebraFrame
) -> Mapping[str, bytes]:
    steps = np.arange(-_HALF_MM, _HALF_MM + _CELL_MM, _CELL_MM)
    # a and s, then a and r: through where most cement is along the third axis
    made = {}
    for plane, (across, down, fixed) in {"sagittal": (0, 1, 2), "axial": (2, 0, 1)}.items():
        shift = 8.0 if 0 in (across, down) else 0.0
        offset = _richest(volume, cement, frame, fixed)
        at = np.zeros((len(steps), len(steps), 3))
        at[..., across] = steps[None, :] + (shift if across == 0 else 0.0)
        at[..., down] = steps[:, None] + (shift if down == 0 else 0.0)
        at[..., fixed] = offset
        points = at.reshape(-1, 3) @ frame.axes + frame.centre_mm
        index = np.rint(to_index(volume.affine_lps, points)).astype(int)
        inside = np.all((index >= 0) & (index < volume.hu.shape), axis=1)
        flat = tuple(np.clip(index, 0, np.array(volume.hu.shape) - 1).T)
        gray = np.where(inside, np.clip((volume.hu[flat] - _LOW_HU) / (_HIGH_HU - _LOW_HU), 0, 1) * 255, 0)
        shape = (len(steps), len(steps))
        picture = cv2.cvtColor(gray.reshape(shape).astype(np.uint8), cv2.COLOR_GRAY2BGR)
        value = np.where(inside, cement[flat], 0).reshape(shape)
        bone = np.where(inside, labels[flat], 0).reshape(shape)
        for number in np.unique(bone[bone > 0]):
            _outline(picture, bone == number, _BONE)
        leak = np.isin(value, list(LEAK_VALUES.values()))
        _outline(picture, (value > 0) & ~leak & (value != METAL), _CEMENT)
        _outline(picture, leak, _LEAK)
        _outline(picture, value == METAL, _METAL)
        done, png = cv2.imencode(".png", picture)
        if done:
            made[plane] = png.tobytes()
    return made


def _richest(volume: CtVolume, cement: NDArray[np.uint8], frame: VertebraFrame, axis: int) -> float:
    """Where along an axis of a level most cement is (mm)."""
    reach = np.ceil(_HALF_MM / np.array(volume.spacing_mm)).astype(int)
    middle = np.rint(to_index(volume.affine_lps, frame.centre_mm[None])[0]).astype(int)
    first = np.maximum(middle - reach, 0)
    box = tuple(slice(int(a), int(b)) for a, b in zip(first, middle + reach, strict=True))
    index = np.argwhere((cement[box] > 0) & (cement[box] != METAL)) + first
    if not len(index):
        return 0.0
    points: Floats = index @ volume.affine_lps[:3, :3].T + volume.affine_lps[:3, 3]
    along = frame.local(points)[:, axis]
    counts, edges = np.histogram(along, bins=np.arange(-_HALF_MM, _HALF_MM, 2.0))
    return float(edges[int(np.argmax(counts))] + 1.0)


def _outline(picture: NDArray[Any], there: NDArray[np.bool_], colour: tuple[int, int, int]) -> None:
    lines, _ = cv2.findContours(there.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(picture, lines, -1, colour, 1)
