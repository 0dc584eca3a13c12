"""How colours look to who lacks a kind of cone, how far they then lie apart, and contrast.

Simulation: G. M. Machado, M. M. Oliveira, L. A. F. Fernandes, A physiologically-based model for simulation of
color vision deficiency, IEEE Trans. Vis. Comput. Graph. 15 (2009) 1291-1298; severity 1.0, on linear RGB.
Difference: CIEDE2000 (ISO/CIE 11664-6), by scikit-image. Contrast: WCAG 2.2, relative luminance.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000, rgb2lab

VISIONS: dict[str, NDArray[np.float64]] = {
    "usual": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


def linear_rgb(colour: str) -> NDArray[np.float64]:
    """``#rrggbb`` (sRGB) as linear red, green and blue, 0 to 1."""
    parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def seen(linear: NDArray[np.float64], vision: str) -> NDArray[np.float64]:
    """Linear RGB, shape (..., 3), as somebody of this vision sees it; sRGB, 0 to 1."""
    mixed = np.clip(linear @ VISIONS[vision].T, 0.0, 1.0)
    bright = 1.055 * np.maximum(mixed, 0.0031308) ** (1 / 2.4) - 0.055
    return np.where(mixed <= 0.0031308, 12.92 * mixed, bright)


def difference(one: str, other: str, vision: str) -> float:
    """CIEDE2000 between two colours as somebody of this vision sees them; about 1 is just noticed."""
    labs = [rgb2lab(seen(linear_rgb(colour), vision)) for colour in (one, other)]
    return float(deltaE_ciede2000(labs[0], labs[1]))


def contrast(one: str, other: str) -> float:
    """WCAG contrast ratio, 1 to 21."""
    light, dark = sorted((float(linear_rgb(c) @ _LUMINANCE) for c in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)
