"""The shape of a vertebra in three dimensions, its outline in a projection, and a stack of them.

Coordinates of a vertebra are ``(a, s, r)`` in mm from the centre of its body: `a` runs from the front
to the back, `s` from head to foot, `r` from the patient's side on the left of an AP image to the one
on its right. Beams are parallel: lateral along `r`, AP along `a`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Volume = NDArray[np.float32]

_ROUNDNESS = 2.5
_BACK = 0.86
_WAIST = 0.08
_SAMPLES = 81

_SIZES_MM = {  # depth, width, height of the body, disc below
    "T10": (28.0, 33.0, 22.5, 4.5),
    "T11": (30.0, 36.0, 23.5, 5.5),
    "T12": (32.0, 40.0, 25.0, 6.5),
    "L1": (33.0, 42.0, 26.0, 7.5),
    "L2": (34.5, 44.0, 27.0, 8.5),
    "L3": (35.5, 46.0, 27.5, 9.5),
    "L4": (36.0, 48.0, 27.5, 10.0),
}
_TILT_DEG = {"T10": 7.0, "T11": 5.0, "T12": 2.5, "L1": 0.0, "L2": -4.0, "L3": -8.0, "L4": -10.0}
ORDER = tuple(_SIZES_MM)


@dataclass(frozen=True, slots=True)
class Vertebra:
    """Shape of one vertebra, lengths in mm.

    The body is a rounded cylinder with a waist, hollow endplates and a posterior wall that is slightly
    hollow towards the canal. `height_anterior_mm` is below `height_mm` where the body is wedged.
    """

    name: str
    depth_mm: float
    width_mm: float
    height_mm: float
    height_anterior_mm: float
    disc_below_mm: float
    tilt_rad: float
    hollow_mm: float = 1.3
    dome_mm: float = 0.6

    @property
    def front_mm(self) -> float:
        """Most anterior `a` of the body."""
        return -self.depth_mm / 2

    @property
    def back_mm(self) -> float:
        """Most posterior `a` of the body."""
        return _BACK * self.depth_mm / 2

    def at_depth(self, fraction: float) -> float:
        """`a` (mm) at a fraction of the body's depth from the front."""
        return self.front_mm + fraction * (self.back_mm - self.front_mm)

    def waist(self, s: Floats) -> Floats:
        """Narrowing of the body at height `s`, 1 at the endplates."""
        narrowing: Floats = 1 - _WAIST * np.clip(1 - (2 * s / self.height_mm) ** 2, 0, 1)
        return narrowing

    def wall_mm(self, r: Floats) -> Floats:
        """`a` of the posterior wall at `r`."""
        wall: Floats = self.back_mm - 1.2 * np.clip(1 - (r / (0.3 * self.width_mm)) ** 2, 0, 1)
        return wall

    def top_mm(self, a: Floats) -> Floats:
        """`s` of the superior endplate's rim at `a`, before the dome."""
        u = 2 * a / self.depth_mm
        wedge = (self.height_mm - self.height_anterior_mm) * np.clip((_BACK - u) / (1 + _BACK), 0, 1)
        rim: Floats = -self.height_mm / 2 + wedge + self.hollow_mm * np.clip(1 - u**2, 0, 1)
        return rim

    def bottom_mm(self, a: Floats) -> Floats:
        """`s` of the inferior endplate's rim at `a`, before the dome."""
        u = 2 * a / self.depth_mm
        rim: Floats = self.height_mm / 2 - self.hollow_mm * np.clip(1 - u**2, 0, 1)
        return rim

    def inside_mm(self, a: Volume, s: Volume, r: Volume) -> Volume:
        """Approximate distance inwards from the body's surface (mm), negative outside; broadcasts."""
        w = self.waist(s)
        u, v = 2 * a / self.depth_mm, 2 * r / self.width_mm
        disc = (np.abs(u) ** _ROUNDNESS + np.abs(v) ** _ROUNDNESS) ** (1 / _ROUNDNESS)
        side = (1 - disc / w) * (self.depth_mm / 2)
        dome = self.dome_mm * np.clip(1 - disc**2, 0, 1)
        depth: Volume = np.minimum(side, self.wall_mm(r) - a)
        depth = np.minimum(depth, s - self.top_mm(a) - dome)
        depth = np.minimum(depth, self.bottom_mm(a) - dome - s)
        return depth.astype(np.float32)

    def side_outline_mm(self) -> dict[str, Floats]:
        """Outline seen from the side: the four walls as polylines of ``(a, s)``.

        Walls run from head to foot, endplates from front to back.
        """
        front = np.full(2, self.front_mm)
        back = np.full(2, self.back_mm)
        for _ in range(4):  # the corners, where an endplate meets a wall
            front = self.front_mm * self.waist(np.array([self.top_mm(front)[0], self.bottom_mm(front)[1]]))
            back = self._back_at(np.array([self.top_mm(back)[0], self.bottom_mm(back)[1]]))
        s_front = np.linspace(self.top_mm(front)[0], self.bottom_mm(front)[1], _SAMPLES // 4)
        s_back = np.linspace(self.top_mm(back)[0], self.bottom_mm(back)[1], _SAMPLES // 4)
        a_top = np.linspace(front[0], back[0], _SAMPLES // 4)
        a_bottom = np.linspace(front[1], back[1], _SAMPLES // 4)
        return {
            "posterior_wall": np.stack([self._back_at(s_back), s_back], axis=1),
            "anterior_wall": np.stack([self.front_mm * self.waist(s_front), s_front], axis=1),
            "superior_endplate": np.stack([a_top, self.top_mm(a_top)], axis=1),
            "inferior_endplate": np.stack([a_bottom, self.bottom_mm(a_bottom)], axis=1),
        }

    def front_outline_mm(self, tilt_rad: float) -> dict[str, Floats]:
        """Outline seen from the front: ``left``, ``right`` and both endplates as polylines of ``(r, s)``.

        Parameters
        ----------
        tilt_rad : float
            By how much the beam is off the plane of the endplates.
        """
        a = np.linspace(self.front_mm, self.back_mm, 4 * _SAMPLES)[:, None]
        r = np.linspace(-self.width_mm / 2, self.width_mm / 2, _SAMPLES // 2 + 1)[None, :]
        v = np.abs(2 * r / self.width_mm)
        half = self.depth_mm / 2 * np.clip(1 - v**_ROUNDNESS, 0, 1) ** (1 / _ROUNDNESS)
        there = (np.abs(a) <= half + 1e-6) & (a <= self.wall_mm(r) + 1e-6)
        there |= np.abs(a) == np.abs(a).min()
        disc = (np.abs(2 * a / self.depth_mm) ** _ROUNDNESS + v**_ROUNDNESS) ** (1 / _ROUNDNESS)
        dome = self.dome_mm * np.clip(1 - disc**2, 0, 1)
        lift = a * np.tan(tilt_rad)
        top = np.where(there, self.top_mm(a) + dome + lift, np.inf).min(axis=0)
        bottom = np.where(there, self.bottom_mm(a) - dome + lift, -np.inf).max(axis=0)
        s = np.linspace(top[0], bottom[0], _SAMPLES // 4)
        edge = self.width_mm / 2 * self.waist(s)
        return {
            "left": np.stack([-edge, s], axis=1),
            "right": np.stack([edge, np.linspace(top[-1], bottom[-1], len(s))], axis=1),
            "superior_endplate": np.stack([r[0], top], axis=1),
            "inferior_endplate": np.stack([r[0], bottom], axis=1),
        }

    def _back_at(self, s: Floats) -> Floats:
        r = np.linspace(0, self.width_mm / 2, 10 * _SAMPLES)[None, :]
        w = self.waist(s)[:, None]
        round_ = np.clip(1 - (2 * r / self.width_mm / w) ** _ROUNDNESS, 0, 1) ** (1 / _ROUNDNESS)
        reach: Floats = np.minimum(self.wall_mm(r), self.depth_mm / 2 * w * round_).max(axis=1)
        return reach


@dataclass(frozen=True, slots=True)
class Placed:
    """A vertebra in the stack: `centre_mm` is ``(a, s)`` from the middle of the field."""

    vertebra: Vertebra
    centre_mm: tuple[float, float]
    centre_r_mm: float


def build_spine(
    rng: np.random.Generator, fractured: tuple[str, ...], aim: tuple[float, float]
) -> tuple[Placed, ...]:
    """Stack vertebrae around the fractured ones.

    Parameters
    ----------
    rng : Generator
        Draws sizes (SD 3 %), tilts and a slight scoliosis.
    fractured : tuple of str
        Names of `ORDER`: wedged, and at the middle of the field.
    aim : (float, float)
        Where the middle of the fractured levels comes to be, ``(a, s)`` from the field's middle (mm).
    """
    stature = 1 + 0.03 * float(np.clip(rng.standard_normal(), -2, 2))
    bend = 1 + 0.3 * float(np.clip(rng.standard_normal(), -2, 2))
    bones = []
    for name in ORDER:
        jitter = np.clip(rng.standard_normal(5), -2, 2)
        depth, width, height, disc = np.array(_SIZES_MM[name]) * stature * (1 + 0.02 * jitter[:4])
        loss = 0.20 + 0.03 * jitter[4] if name in fractured else 0.03
        bones.append(
            Vertebra(
                name=name,
                depth_mm=float(depth / 0.93),
                width_mm=float(width),
                height_mm=float(height),
                height_anterior_mm=float(height * (1 - loss)),
                disc_below_mm=float(disc),
                tilt_rad=float(np.deg2rad(_TILT_DEG[name] * bend + 0.8 * jitter[0])),
                hollow_mm=float(1.4 + 0.25 * jitter[1]),
            )
        )
    centres = [np.zeros(2)]
    for above, below in pairwise(bones):
        down_above = above.height_mm / 2 + above.disc_below_mm / 2
        down_below = below.height_mm / 2 + above.disc_below_mm / 2
        centres.append(centres[-1] + down_above * _down(above.tilt_rad) + down_below * _down(below.tilt_rad))
    middle = np.mean([c for b, c in zip(bones, centres, strict=True) if b.name in fractured], axis=0)
    lean = 0.03 * float(rng.standard_normal())
    placed = []
    for bone, centre in zip(bones, centres, strict=True):
        at = centre - middle + np.asarray(aim)
        placed.append(Placed(bone, (float(at[0]), float(at[1])), lean * float(centre[1] - middle[1])))
    return tuple(placed)


def _down(tilt_rad: float) -> Floats:
    """Foot-ward direction of a vertebra turned clockwise (as seen) by `tilt_rad`, as ``(a, s)``."""
    return np.array([-np.sin(tilt_rad), np.cos(tilt_rad)])
