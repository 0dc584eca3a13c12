"""Log-attenuation as polynomials of a thickness, for one tube voltage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recordings.simulated.physics import Attenuation

Floats = NDArray[np.floating]
Image = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Curves:
    """What materials add to the log-attenuation behind one tube voltage.

    Parameters
    ----------
    bone_per_mm : float32
        Of bone in place of soft tissue (1/mm).
    soft : float
        Attenuation of soft tissue relative to that at the voltage of the start.
    cement, steel : tuple of float
        Coefficients of powers 1 to 4 of the thickness in mm.
    """

    bone_per_mm: np.float32
    soft: float
    cement: tuple[float, ...]
    steel: tuple[float, ...]


def curves_of(rays: Attenuation, water_at_start_per_mm: float, opacity: float = 1.0) -> Curves:
    """Fit the curves of one tube voltage; `opacity` scales what cement attenuates."""
    return Curves(
        bone_per_mm=np.float32(rays.bone_per_mm - rays.water_per_mm),
        soft=rays.water_per_mm / water_at_start_per_mm,
        cement=tuple(opacity * c for c in _through_zero(rays.thickness_mm, rays.cement_log, 40.0)),
        steel=_through_zero(rays.thickness_mm, rays.steel_log, 12.0),
    )


def _through_zero(x: Floats, y: Floats, upto: float) -> tuple[float, ...]:
    """Coefficients c1..c4 of a polynomial through the origin, fitted up to a thickness."""
    use = (x > 0) & (x <= upto)
    powers = np.stack([x[use] ** k for k in range(1, 5)], axis=1)
    weights = 1 / x[use]
    solution = np.linalg.lstsq(powers * weights[:, None], y[use] * weights, rcond=None)[0]
    return tuple(float(c) for c in solution)


def add_curve(log: Image, thickness: Image, coefficients: tuple[float, ...]) -> None:
    """Add a polynomial of a thickness, only where there is any."""
    rows = np.flatnonzero(thickness.any(axis=1))
    if not len(rows):
        return
    columns = np.flatnonzero(thickness[rows[0] : rows[-1] + 1].any(axis=0))
    window = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    t = thickness[window]
    total = np.full_like(t, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        total *= t
        total += np.float32(coefficient)
    total *= t
    log[window] += total
