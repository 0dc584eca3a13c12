"""The profile across a steel tube as a picture shows it, and its fit.

The beam meets the chord of the outer circle less that of the inner one, which holds anything from air to a
stylet. What arrives goes through blur, scatter and display (`calibration.curve`). Everything that the picture
cannot tell has a prior, whose width goes into the stated error.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.optimize import least_squares

from calibration.curve import (
    APERTURE_VARIANCE_PX2,
    DISPLAYED,
    LINEAR,
    LOG_BLUR,
    STEEL_PER_MM,
    mean_chord,
    shown,
)

Vector = NDArray[np.float64]

_FINE_PX = 0.1

_CENTRE, _RADIUS, _BLUR, _STEEL, _VEIL, _BEND, _GAIN, _POWER, _CONTENT, _INNER = range(10)
_PRIORS = np.array([  # middle, spread
    (0.0, 1.0),  # centre: free
    (0.0, 0.1),  # log of the radius: free
    LOG_BLUR,
    (0.0, 0.3),  # log of the attenuation of steel as thick as the tube
    *DISPLAYED,
    (0.0, 0.0),  # content by steel: one of _CONTENTS
    (0.79, 0.03),  # inner by outer diameter
    (0.0, 0.05),  # level, slope and curvature beside the tube
    (0.0, 0.05),
    (0.0, 0.02),
])  # fmt: skip
_CONTENTS = ((0.12, 0.13), (1.0, 0.04))
"""Air to cement, or a stylet."""
_FREE = (_CENTRE, _RADIUS)
_FARTHEST = 3.5
"""Of a value with a prior from its middle, in its spreads."""


@dataclass(frozen=True, slots=True, eq=False)
class TubeFit:
    """A fitted tube.

    Parameters
    ----------
    centre_px, radius_px, blur_px : float
        `blur_px` without the pixel's aperture.
    content : float
        Attenuation of what is inside by that of steel.
    misfit : float
        Root mean square of the residuals by their expected size.
    contrast : float
        Depth of the profile by the level beside it.
    fitted : ndarray, shape (n,)
        The profile of the fitted tube.
    answers : ndarray, shape (2, n)
        By how much centre and log of the radius change per change of the profile's samples.
    prior_sd : float
        What of the log of the radius the priors leave open (one SD).
    """

    centre_px: float
    radius_px: float
    blur_px: float
    content: float
    misfit: float
    contrast: float
    fitted: Vector
    answers: Vector
    prior_sd: float


def fit_tube(
    u: Vector,
    profile: Vector,
    sd: Vector,
    centre_px: float,
    width_px: float,
    *,
    outer_diameter_mm: float,
    linear: bool = False,
) -> TubeFit:
    """Fit a tube to a profile, hollow and solid, and weigh the two by how well they fit.

    Parameters
    ----------
    u : ndarray, shape (n,)
        Places of the samples (px), growing.
    profile : ndarray, shape (n,)
        Values that fall where less X-ray arrives, 1 beside the tube.
    sd : ndarray, shape (n,)
        Their standard deviations.
    centre_px, width_px : float
        Where to start.
    outer_diameter_mm : float
        How much steel there may be.
    linear : bool
        Whether values are proportional to the intensity.
    """
    priors = _PRIORS.copy()
    priors[_CENTRE] = centre_px, 0.1 * width_px
    priors[_RADIUS, 0] = math.log(width_px / 2)
    priors[_STEEL, 0] = math.log(STEEL_PER_MM * outer_diameter_mm)
    priors[_VEIL : _POWER + 1] = LINEAR if linear else DISPLAYED
    found = []
    for content in _CONTENTS:
        priors[_CONTENT] = content
        found.append(_fit(u, profile, sd, priors.copy()))
    costs = np.array([cost for cost, _ in found])
    # half the logarithm of the odds: the noise of the samples is known only so well
    weights = np.exp(-0.5 * (costs - costs.min()))
    weights /= weights.sum()
    fits = [fit for _, fit in found]
    best = fits[int(np.argmin(costs))]
    logs = np.log([fit.radius_px for fit in fits])
    log_radius = float(weights @ logs)
    variance = float(weights @ ((logs - log_radius) ** 2 + [fit.prior_sd**2 for fit in fits]))
    return TubeFit(
        float(weights @ [fit.centre_px for fit in fits]),
        math.exp(log_radius),
        best.blur_px,
        float(weights @ [fit.content for fit in fits]),
        best.misfit,
        best.contrast,
        best.fitted,
        sum(w * fit.answers for w, fit in zip(weights, fits, strict=True)),
        math.sqrt(variance),
    )


def _fit(u: Vector, profile: Vector, sd: Vector, priors: Vector) -> tuple[float, TubeFit]:
    """Least squares with priors; the cost is half the sum of squares."""
    span = float(np.abs(u).max())
    grid = np.arange(-span - 0.5, span + 0.5 + _FINE_PX, _FINE_PX)
    middle, spread = priors[:, 0], priors[:, 1]
    informed = np.ones(len(priors), bool)
    informed[list(_FREE)] = False

    def model(z: Vector) -> Vector:
        return _profile(middle + spread * z, grid, u, span)

    def misfit(z: Vector) -> Vector:
        return np.concatenate([(model(z) - profile) / sd, z[informed]])

    lowest, highest = np.where(informed, -_FARTHEST, -9.0), np.where(informed, _FARTHEST, 9.0)
    start = np.zeros(len(priors))
    found = least_squares(misfit, start, bounds=(lowest, highest), max_nfev=30, xtol=1e-5, ftol=1e-6)
    n = len(u)
    inverse = np.linalg.pinv(found.jac.T @ found.jac, hermitian=True)
    answers = (inverse @ (found.jac[:n] / sd[:, None]).T)[list(_FREE)] * spread[list(_FREE), None]
    prior_sd = float(np.sqrt(np.sum(inverse[_RADIUS, informed] ** 2))) * float(spread[_RADIUS])
    theta, fitted = middle + spread * found.x, model(found.x)
    fit = TubeFit(
        float(theta[_CENTRE]),
        math.exp(float(theta[_RADIUS])),
        math.exp(float(theta[_BLUR])),
        float(theta[_CONTENT]),
        float(np.sqrt(np.mean(found.fun[:n] ** 2))),
        float(1.0 - fitted.min() / max(float(fitted.max()), 1e-9)),
        fitted,
        answers,
        prior_sd,
    )
    return float(found.cost), fit


def _profile(theta: Vector, grid: Vector, u: Vector, span: float) -> Vector:
    centre, log_radius, log_blur, log_steel, veil, bend, log_gain, log_power, content, inner, b0, b1, b2 = (
        theta
    )
    radius = math.exp(log_radius)
    chord = mean_chord(grid - centre, radius, _FINE_PX)
    chord -= (1.0 - content) * inner * mean_chord(grid - centre, inner * radius, _FINE_PX)
    primary = np.exp(-math.exp(log_steel) * chord)
    blur = math.sqrt(math.exp(2 * log_blur) + APERTURE_VARIANCE_PX2)
    arrived = gaussian_filter1d(primary, blur / _FINE_PX, mode="nearest")
    seen = shown(arrived, veil, bend, log_gain, log_power)
    t = u / span
    return cast(Vector, np.interp(u, grid, seen) * (1.0 + b0 + b1 * t + b2 * t * t))
