"""How what arrives behind an object becomes a picture: blur, a veil of scatter, and a display curve.

The display curve is not known: a Box-Cox curve of the intensity, taken to a power, reaches from a power of
the intensity to one of its logarithm. Values are by the level beside the object; each parameter has a prior,
and how wide that is goes into the stated error of what is fitted.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Prior = tuple[float, float]

LOG_BLUR: Prior = (math.log(0.75), 0.35)
"""Logarithm of the point spread's standard deviation without the pixel's aperture (px)."""
DISPLAYED: tuple[Prior, ...] = ((0.0, 0.8), (0.5, 0.5), (-0.5, 0.5), (0.0, 0.45))
"""Logit of the veil's share, exponent of the curve, logs of its gain and of the power: middle, spread."""
LINEAR: tuple[Prior, ...] = ((0.0, 0.8), (1.0, 0.02), (0.0, 0.15), (0.0, 0.02))
"""The same where stored values are proportional to the intensity."""
STEEL_PER_MM = 0.8
"""Effective attenuation of steel some millimetres thick at 60 to 110 kV: 0.5 to 1.3 (1/mm)."""
APERTURE_VARIANCE_PX2 = 1.0 / 12.0
"""Of a square pixel, in any direction."""


def shown(arrived: Vector, veil: float, bend: float, log_gain: float, log_power: float) -> Vector:
    """Values shown of a primary intensity, both by the level beside the object.

    Parameters
    ----------
    arrived : ndarray
        Primary intensity, blurred.
    veil, bend, log_gain, log_power : float
        As in `DISPLAYED`.
    """
    share = 1.0 / (1.0 + math.exp(-veil))
    veiled = np.maximum(share + (1.0 - share) * arrived, 1e-6)
    curved = np.log(veiled) if abs(bend) < 1e-4 else (veiled**bend - 1.0) / bend
    return np.asarray(np.maximum(1.0 + math.exp(log_gain) * curved, 1e-4) ** math.exp(log_power), np.float64)


def mean_chord(places: Vector, radius: float, step: float) -> Vector:
    """Chord of a circle by its diameter, each the mean over a step.

    Single samples of its foot, which is steeper than any step, would make what is fitted jump.

    Parameters
    ----------
    places : ndarray, shape (n,)
        Distances from the middle, a step apart (px).
    radius, step : float
        (px)
    """
    edges = np.append(places - step / 2, places[-1] + step / 2)
    t = np.clip(edges / radius, -1.0, 1.0)
    area = 0.5 * radius * (t * np.sqrt(1.0 - t**2) + np.arcsin(t))
    return np.asarray(np.diff(area) / step, np.float64)
