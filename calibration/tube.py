"""The profile across a steel tube as a picture shows it, and its fit.

The beam meets the chord of the outer circle less that of the inner one, which holds anything from air to a stylet.
What arrives is blurred by focal spot, detector and pixel, a veil of scatter is added, and the display bends the
result by a curve that is not known: a Box-Cox curve, which reaches from a power of the intensity to its logarithm.
Everything that the picture cannot tell has a prior, whose width goes into the stated error.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.optimize import least_squares

Vector = NDArray[np.float64]

_FINE_PX = 0.1
_APERTURE_VARIANCE = 1.0 / 12.0
"""Of a square pixel, in any direction (px squared)."""
_NAMES = ("centre", "radius", "blur", "steel", "veil", "bend", "gain", "content", "inner", "b0", "b1", "b2")
_MIDDLE = np.array([0.0, 0.0, math.log(0.75), math.log(2.6), 0.0, 0.8, math.log(0.7), 0.0, 0.79, 0.0, 0.0, 0.0])
_SPREAD = np.array([1.0, 0.1, 0.35, 0.5, 0.8, 0.6, 0.6, 0.5, 0.03, 0.05, 0.05, 0.02])
_HAS_PRIOR = np.array([0, 0, 1, 1, 1, 1, 1, 0, 1, 0, 0, 1], bool)
_CONTENT = 7
_LOWEST = np.array([-9.0, -9.0, -3.0, -3.0, -3.0, -3.0, -4.0, -0.3, -3.0, -9.0, -9.0, -9.0])
_HIGHEST = np.array([9.0, 9.0, 3.0, 3.0, 3.0, 3.0, 4.0, 2.2, 3.0, 9.0, 9.0, 9.0])
_RADIUS, _CENTRE, _BLUR = 1, 0, 2


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
    answers: Vector
    prior_sd: float


def fit_tube(u: Vector, profile: Vector, sd: Vector, centre_px: float, width_px: float) -> TubeFit:
    """Fit a tube to a profile.

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
    """
    half = max(float(np.abs(u).max()), 1.0) + 0.5
    grid = np.arange(-half, half + _FINE_PX, _FINE_PX)
    span = float(np.abs(u).max())
    middle = _MIDDLE.copy()
    middle[_CENTRE], middle[_RADIUS] = centre_px, math.log(width_px / 2)
    spread = _SPREAD.copy()
    spread[_CENTRE] = 0.1 * width_px

    def model(z: Vector) -> Vector:
        return _profile(middle + spread * z, grid, u, span)

    def misfit(z: Vector) -> Vector:
        prior = z[_HAS_PRIOR]
        return np.concatenate([(model(z) - profile) / sd, prior])

    best = None
    for content in (0.0, 2.0):
        start = np.zeros(len(_MIDDLE))
        start[_CONTENT] = content
        found = least_squares(misfit, start, bounds=(_LOWEST, _HIGHEST), max_nfev=40, xtol=1e-6, ftol=1e-6)
        if best is None or found.cost < best.cost:
            best = found
    assert best is not None
    n = len(u)
    data = best.jac[:n] / 1.0
    # a parameter at its bound does not move any more
    free = (best.x > _LOWEST + 1e-4) & (best.x < _HIGHEST - 1e-4)
    hessian = best.jac.T @ best.jac
    inverse = np.zeros_like(hessian)
    inverse[np.ix_(free, free)] = np.linalg.pinv(hessian[np.ix_(free, free)], hermitian=True)
    answers = (inverse @ (data / sd[:, None]).T)[[_CENTRE, _RADIUS]] * spread[[_CENTRE, _RADIUS], None]
    prior_sd = float(np.sqrt(np.sum(inverse[_RADIUS, _HAS_PRIOR] ** 2))) * spread[_RADIUS]
    theta = middle + spread * best.x
    fitted = model(best.x)
    return TubeFit(
        float(theta[_CENTRE]),
        float(math.exp(theta[_RADIUS])),
        float(math.exp(theta[_BLUR])),
        float(theta[_CONTENT]),
        float(np.sqrt(np.mean(best.fun[:n] ** 2))),
        float(1.0 - fitted.min() / max(fitted.max(), 1e-9)),
        answers,
        prior_sd,
    )


def _profile(theta: Vector, grid: Vector, u: Vector, span: float) -> Vector:
    centre, log_radius, log_blur, log_steel, veil, bend, log_gain, content, inner, b0, b1, b2 = theta
    radius = math.exp(log_radius)
    chord = _chord(grid - centre, radius) - (1.0 - content) * inner * _chord(grid - centre, inner * radius)
    primary = np.exp(-math.exp(log_steel) * chord)
    blur = math.sqrt(math.exp(2 * log_blur) + _APERTURE_VARIANCE)
    arrived = gaussian_filter1d(primary, blur / _FINE_PX, mode="nearest")
    share = 1.0 / (1.0 + math.exp(-veil))
    arrived = np.maximum(share + (1.0 - share) * arrived, 1e-6)
    curved = np.log(arrived) if abs(bend) < 1e-4 else (arrived**bend - 1.0) / bend
    seen = np.interp(u, grid, 1.0 + math.exp(log_gain) * curved)
    t = u / span
    return cast(Vector, seen * (1.0 + b0 + b1 * t + b2 * t * t))


def _chord(u: Vector, radius: float) -> Vector:
    """Chord of a circle by its largest, averaged over each step: its foot is steeper than a step."""
    edges = np.append(u - _FINE_PX / 2, u[-1] + _FINE_PX / 2)
    t = np.clip(edges / radius, -1.0, 1.0)
    area = 0.5 * radius * (t * np.sqrt(1.0 - t**2) + np.arcsin(t))
    return cast(Vector, np.diff(area) / _FINE_PX)
