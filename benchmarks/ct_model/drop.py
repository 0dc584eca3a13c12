"""A drop of cement that breaks off and runs along a vein: the embolus."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.ct_model.growth import Leak
from benchmarks.ct_model.volume import Float32, Float64

_LONGER = 1.3


@dataclass(frozen=True, slots=True, eq=False)
class Drop:
    """An ellipsoid, a little longer than wide, on its way.

    Parameters
    ----------
    path : ndarray, shape (n, 3)
        Course in detector coordinates (mm), origin first.
    diameter_mm, speed_mm_s, born_s : float
    """

    path: Float64
    diameter_mm: float
    speed_mm_s: float
    born_s: float

    @property
    def volume_ml(self) -> float:
        """Cement that left the body."""
        return float(np.pi / 6 * self.diameter_mm**3 * _LONGER / 1000)

    def at(self, time_s: float) -> tuple[Float64, Float64] | None:
        """Place ``(u, v)`` in mm and direction in the picture; None before its birth and after the path."""
        if time_s < self.born_s:
            return None
        gone_mm = self.speed_mm_s * (time_s - self.born_s)
        length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(self.path, axis=0), axis=1))])
        if gone_mm > length[-1]:
            return None
        here, after = (
            np.array([np.interp(gone_mm + d, length, self.path[:, k]) for k in range(2)]) for d in (-0.5, 0.5)
        )
        way = after - here
        return (here + after) / 2, way / max(float(np.linalg.norm(way)), 1e-6)

    def add_to(self, image: Float32, place: Float64, way: Float64, mm_per_px: float) -> None:
        """Add its thickness (mm) to a picture, at a place in that picture's pixels."""
        reach = int(self.diameter_mm / mm_per_px) + 2
        c0, r0 = (max(0, int(p) - reach) for p in place)
        c1, r1 = (max(0, min(n, int(p) + reach + 1)) for p, n in zip(place, image.shape[::-1], strict=True))
        if c0 >= c1 or r0 >= r1:
            return
        x = (np.arange(c0, c1) - place[0])[None, :] * mm_per_px
        y = (np.arange(r0, r1) - place[1])[:, None] * mm_per_px
        along, across = x * way[0] + y * way[1], x * way[1] - y * way[0]
        radius = self.diameter_mm / 2
        left = np.maximum(1 - (along / (_LONGER * radius)) ** 2 - (across / radius) ** 2, 0)
        image[r0:r1, c0:c1] += (2 * radius * np.sqrt(left)).astype(np.float32)


def make_drop(
    leak: Leak | None, drop_ml: float | None, injected_ml: Float64, times_s: Float64, speed_mm_s: float
) -> Drop | None:
    """The drop of a procedure, None where none breaks off.

    Parameters
    ----------
    leak : Leak or None
    drop_ml : float or None
        Injected volume at which it breaks off.
    injected_ml, times_s : ndarray
        Course of the injection.
    speed_mm_s : float
    """
    if leak is None or leak.path is None or drop_ml is None:
        return None
    after = np.flatnonzero(injected_ml >= drop_ml)
    if not after.size:
        return None
    return Drop(leak.path, leak.diameter_mm, speed_mm_s, float(times_s[after[0]]))
