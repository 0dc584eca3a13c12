"""What comes into the beam and does not belong to the spine: a hand, a clamp, a bubble of bowel gas.

A hand and a clamp lie in a plane of their own whose first axis runs back from the tip; they stand still
beside the field, come in straight, waver a little, and go the way they came.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from recordings.simulated.bone import Plane
from recordings.simulated.disturbances import BowelGas, Clamp, Disturbance, Hand, of_kind, smooth_step

Floats = NDArray[np.floating]
Image = NDArray[np.float32]

_STEP_MM = 0.4
_WAVER_MM = 2.0
_WAVER_HZ = 0.45
_INWARD = {"left": (1.0, 0.0), "right": (-1.0, 0.0), "top": (0.0, 1.0), "bottom": (0.0, -1.0)}


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A plane and where it is now: affine map, shape (2, 3), from its mm to px."""

    plane: Plane
    to_px: Floats


class Intruders:
    """Hands, clamps and gas of a run, as closed forms of time.

    Parameters
    ----------
    disturbances : sequence of Disturbance
    water_per_mm, bone_per_mm : float
        Effective attenuation of soft tissue, and of bone beyond it (1/mm).
    size : int
    mm_per_px : float
    """

    def __init__(
        self,
        disturbances: Sequence[Disturbance],
        water_per_mm: float,
        bone_per_mm: float,
        size: int,
        mm_per_px: float,
    ) -> None:
        self._size, self._mm_per_px = size, mm_per_px
        self._hands = of_kind(disturbances, Hand)
        self._clamps = of_kind(disturbances, Clamp)
        self._gas = [(gas, _bubble(gas)) for gas in of_kind(disturbances, BowelGas)]
        self._hand = _draw_hand(water_per_mm, bone_per_mm) if self._hands else None
        self._clamp = _draw_clamp() if self._clamps else None

    def added_log(self, time_s: float, soft_mm: Floats) -> list[Placed]:
        """Log-attenuation planes that are in the beam; gas moves with the soft tissue (mm)."""
        found = []
        if self._hand is not None:
            found += [Placed(self._hand, m) for h in self._hands if (m := self._way(h, time_s)) is not None]
        found += [Placed(plane, self._gas_to_px(gas, time_s, soft_mm)) for gas, plane in self._gas]
        return found

    def added_steel(self, time_s: float) -> list[Placed]:
        """Planes of steel thickness (mm) that are in the beam."""
        if self._clamp is None:
            return []
        return [Placed(self._clamp, m) for c in self._clamps if (m := self._way(c, time_s)) is not None]

    def _way(self, thing: Hand | Clamp, time_s: float) -> Floats | None:
        since = time_s - thing.at_s
        takes_s = thing.reach_mm / thing.speed_mm_s
        if not 0 < since < thing.seconds + 2 * takes_s:
            return None
        inward = min(since, thing.seconds + 2 * takes_s - since, takes_s) * thing.speed_mm_s
        waver = _WAVER_MM * np.sin(2 * np.pi * _WAVER_HZ * since)
        way = np.asarray(_INWARD[thing.from_side])
        aside = np.array([-way[1], way[0]])
        half = self._size * self._mm_per_px / 2
        tip = -way * half + (2 * thing.along - 1) * half * aside + inward * way + waver * (0.4 * way + aside)
        # the plane's first axis runs back from the tip
        turn = np.stack([-way, -aside], axis=1)
        return self._affine(turn, tip)

    def _gas_to_px(self, gas: BowelGas, time_s: float, soft_mm: Floats) -> Floats:
        part = smooth_step(time_s, gas.at_s, gas.seconds)
        start, end = np.asarray(gas.from_mm), np.asarray(gas.to_mm)
        squeezed = gas.squeeze * np.sin(np.pi * part) * np.sin(2 * np.pi * 0.3 * (time_s - gas.at_s))
        shape = np.diag([1 + squeezed, 1 - squeezed])
        return self._affine(shape, start + part * (end - start) + soft_mm)

    def _affine(self, turn: Floats, at_mm: Floats) -> Floats:
        middle = (self._size - 1) / 2
        return np.column_stack([turn / self._mm_per_px, at_mm / self._mm_per_px + middle])


def _canvas(back_mm: float, half_mm: float) -> tuple[Image, tuple[float, float]]:
    shape = (int(2 * half_mm / _STEP_MM) + 1, int((back_mm + 4) / _STEP_MM) + 1)
    return np.zeros(shape, np.float32), (-4.0, -half_mm)


def _stroke(
    target: Image, origin: tuple[float, float], line_mm: Floats, width_mm: float, value: float
) -> None:
    """A round-ended stroke, the larger value where strokes meet."""
    one = np.zeros_like(target)
    points = np.round((np.asarray(line_mm) - origin) / _STEP_MM * 16).astype(np.int32).reshape(-1, 1, 2)
    cv2.polylines(one, [points], False, value, max(1, round(width_mm / _STEP_MM)), cv2.LINE_8, 4)
    np.maximum(target, one, out=target)


def _draw_hand(water_per_mm: float, bone_per_mm: float) -> Plane:
    """A hand, fingers first, and the forearm behind it, as log-attenuation."""
    soft, origin = _canvas(330.0, 60.0)
    bone = np.zeros_like(soft)
    fingers = ((14.0, -30.0), (3.0, -10.0), (0.0, 10.0), (10.0, 29.0))
    for tip, y in fingers:
        line = np.array([[tip + 9, y * 1.1], [95.0, y * 0.8]])
        _stroke(soft, origin, line, 17.0, 15.0)
        for start, end in ((tip + 4, tip + 22), (tip + 25, tip + 48), (tip + 52, 90.0), (96.0, 150.0)):
            at_y = np.interp([start, end], line[:, 0], line[:, 1])
            _stroke(bone, origin, np.stack([[start, end], at_y], axis=1), 7.5, 4.0)
    _stroke(soft, origin, np.array([[70.0, 48.0], [150.0, 20.0]]), 22.0, 18.0)
    _stroke(soft, origin, np.array([[120.0, -4.0], [150.0, 4.0]]), 82.0, 26.0)
    _stroke(soft, origin, np.array([[170.0, 0.0], [330.0, 0.0]]), 66.0, 55.0)
    for y in (-13.0, 13.0):
        _stroke(bone, origin, np.array([[175.0, y], [330.0, y]]), 14.0, 7.0)
    soft = np.asarray(cv2.GaussianBlur(soft, (0, 0), 2.2 / _STEP_MM), np.float32)
    bone = np.asarray(cv2.GaussianBlur(bone, (0, 0), 0.7 / _STEP_MM), np.float32)
    return Plane(soft * np.float32(water_per_mm) + bone * np.float32(bone_per_mm), origin, _STEP_MM)


def _draw_clamp() -> Plane:
    """Two jaws a little open, the joint, and shanks that part, as steel thickness (mm)."""
    steel, origin = _canvas(200.0, 45.0)
    for side in (-1.0, 1.0):
        jaw = np.array([[0.0, 1.2 * side], [18.0, 2.4 * side], [42.0, 1.5 * side]])
        _stroke(steel, origin, jaw, 2.6, 1.8)
        _stroke(steel, origin, np.array([[48.0, 0.0], [120.0, 14.0 * side], [200.0, 24.0 * side]]), 4.0, 2.4)
    _stroke(steel, origin, np.array([[40.0, 0.0], [50.0, 0.0]]), 9.0, 3.0)
    return Plane(np.asarray(cv2.GaussianBlur(steel, (0, 0), 0.5), np.float32), origin, _STEP_MM)


def _bubble(gas: BowelGas) -> Plane:
    """A lobed patch with a fairly sharp edge that takes attenuation away."""
    half = 1.6 * gas.radius_mm + 4
    axis = np.arange(-half, half + 1e-9, _STEP_MM)
    x, y = axis[None, :], axis[:, None]
    angle = np.arctan2(y, x)
    lobes = 1 + 0.15 * np.sin(2 * angle + 0.7) + 0.1 * np.sin(3 * angle + 2.1)
    away = np.hypot(y, x / 1.25) / (gas.radius_mm * lobes)
    edge = 1 / (1 + np.exp(-np.clip((1 - away) * gas.radius_mm / 0.8, -30, 30)))
    values = -gas.log * edge * np.sqrt(np.clip(1.05 - away**2, 0.05, 1))
    values[np.hypot(y, x) > half - _STEP_MM] = 0.0
    return Plane(values.astype(np.float32), (-half, -half), _STEP_MM)
