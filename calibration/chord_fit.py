"""The profile across lying cylinders: a chord, bent by scatter and a display, and blurred."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.optimize import least_squares

from calibration.curve import mean_chord
from monitor.errors import CalibrationError

Float64 = NDArray[np.float64]

_GAP, _FIT = (1.25, 1.15)
"""In radii: from where on there is background, and up to where the profile is fitted."""
_NARROWEST_GAP_PX = 4.0
_LEAST_SHARE = 0.95
"""Part of the profile that must be explained by chords."""


def grounds(u: Float64, middle: Float64, radius: Float64) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Samples of the background on either side of each cylinder."""
    begin, end = middle - _GAP * radius, middle + _GAP * radius
    order = np.argsort(middle)
    widths = begin[order][1:] - end[order][:-1]
    if widths.min() < _NARROWEST_GAP_PX:
        raise CalibrationError("cylinders: they touch each other; background must be seen between them")
    found: list[tuple[NDArray[np.intp], NDArray[np.intp]]] = [(np.empty(0, np.intp),) * 2] * len(middle)
    for place, k in enumerate(order):
        left = widths[place - 1] if place > 0 else widths.mean()
        right = widths[place] if place < len(widths) else widths.mean()
        sides = (
            np.flatnonzero((u > begin[k] - left) & (u < begin[k])),
            np.flatnonzero((u > end[k]) & (u < end[k] + right)),
        )
        if min(len(side) for side in sides) < _NARROWEST_GAP_PX - 1:
            raise CalibrationError("cylinders: background must be seen on both sides of each")
        found[k] = sides
    return found


def line(
    u: Float64, values: Float64, sides: tuple[NDArray[np.intp], NDArray[np.intp]], at: Float64
) -> Float64:
    """Background under a cylinder: the line between what is on its sides."""
    places = [float(u[side].mean()) for side in sides]
    levels = [float(values[side].mean()) for side in sides]
    slope = (levels[1] - levels[0]) / (places[1] - places[0])
    return np.asarray(levels[0] + (at - places[0]) * slope, np.float64)


def fitted(
    u: Float64, profile: Float64, middle: Float64, mm_per_px: float, diameter: Float64
) -> tuple[Float64, float, list[Float64], Float64]:
    """Middles, scale, for each cylinder the coefficients of what thickness adds and the blur, and its radius.

    The radius is what each would have on its own (px).

    Each coefficient row is (blur_px, c1, c2, c3): added = c1 t + c2 t^2 + c3 t^3 with t in diameters.
    """
    radius = diameter / (2 * mm_per_px)
    parts = []
    for k, sides in enumerate(grounds(u, middle, radius)):
        near = np.flatnonzero(np.abs(u - middle[k]) < _FIT * radius[k])
        parts.append((u[near], profile[near] - line(u, profile, sides, u[near])))

    def solved(x: Float64) -> list[tuple[Float64, Float64]]:
        scale, blur_px = mm_per_px * math.exp(x[0]), math.exp(x[1])
        found = []
        for k, (at, added) in enumerate(parts):
            powers = basis(at - middle[k] - x[2 + k], diameter[k] / (2 * scale), blur_px)
            c = np.asarray(np.linalg.lstsq(powers, added, rcond=None)[0], np.float64)
            found.append((c, powers))
        return found

    def residual(x: Float64) -> Float64:
        return np.concatenate(
            [powers @ c - added for (c, powers), (_, added) in zip(solved(x), parts, strict=True)]
        )

    start = np.concatenate([[0.0, math.log(1.0)], np.zeros(len(middle))])
    bound = np.concatenate([[0.15, 1.4], np.full(len(middle), 0.3 * radius.min())])
    best = least_squares(residual, start, bounds=(start - bound, start + bound), x_scale=0.1).x
    rows = []
    for (coefficients, powers), (_, added), mm in zip(solved(best), parts, diameter, strict=True):
        left = np.square(powers @ coefficients - added).sum() / np.square(added - added.mean()).sum()
        if 1 - left < _LEAST_SHARE or powers[len(powers) // 2] @ coefficients <= 0:
            raise CalibrationError(f"cylinders: the one of {mm:g} mm has no round profile")
        rows.append(np.append(math.exp(best[1]), coefficients))
    middle, mm_per_px = middle + best[2:], mm_per_px * math.exp(best[0])
    own = [
        _own_radius(at - m, added, mm / (2 * mm_per_px), math.exp(best[1]))
        for (at, added), m, mm in zip(parts, middle, diameter, strict=True)
    ]
    return middle, mm_per_px, rows, np.array(own)


def _own_radius(away: Float64, added: Float64, radius: float, blur_px: float) -> float:
    """Radius of one cylinder by its own profile (px)."""

    def residual(x: Float64) -> Float64:
        powers = basis(away - x[1], radius * math.exp(x[0]), blur_px)
        return np.asarray(powers @ np.linalg.lstsq(powers, added, rcond=None)[0] - added, np.float64)

    found = least_squares(residual, [0.0, 0.0], bounds=([-0.3, -2.0], [0.3, 2.0]), x_scale=0.1).x
    return radius * math.exp(float(found[0]))


def basis(away: Float64, radius: float, blur_px: float) -> Float64:
    """Powers of the chord in diameters, blurred, shape (samples, 3)."""
    fine = np.arange(away[0] - 6, away[-1] + 6.01, 1.0)
    chord = mean_chord(fine, radius, 1.0)
    blurred = [np.interp(away, fine, gaussian_filter1d(chord**p, blur_px)) for p in (1, 2, 3)]
    return np.stack(blurred, axis=1)


def thickness_of(added: float, coefficients: Float64) -> float:
    """Thickness in diameters that adds so much, without blur."""
    t = np.linspace(0.0, 1.0, 401)
    grows = np.maximum.accumulate(np.polynomial.polynomial.polyval(t, np.append(0.0, coefficients)))
    return float(np.interp(added, grows, t))
