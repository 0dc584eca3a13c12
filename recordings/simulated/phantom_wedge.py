"""Pictures of a step wedge or of cylinders of cement, standing or lying, in a water phantom.

The same spectrum, scatter, detector and display as the procedures have (`physics`, `detector`), so that a
density found on such a picture may be held against a truth. The phantom lies in water: cement takes the
place of water, as it takes that of marrow in a vertebra.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.frame import Intensity, PixelIntensityRelationship, Pixels, SourceInfo
from recordings.simulated.detector import (
    DETECTIVE_EFFICIENCY,
    MAGNIFICATION,
    QUANTA_PER_MM2_NGY,
    Detector,
    scattered,
)
from recordings.simulated.physics import attenuation

Shape = Literal["wedge", "standing", "lying"]

_FWHM_PER_SIGMA = 2.3548
_FINE = 4
"""Edges are drawn on a grid that is so much finer."""
_CYLINDER_SHARE = 0.4
"""Radius of a cylinder as a part of the distance from one to the next."""


@dataclass(frozen=True, slots=True)
class WedgePhantom:
    """What is pictured, and with what.

    Parameters
    ----------
    thickness_mm : tuple of float
        Of each step (mm), in a row.
    shape : Shape
        A wedge, or cylinders that stand apart: on their ends, or lying side by side, their thickness being
        their diameter.
    kvp : float
        Tube voltage (kV).
    cement : str
        A name of `physics.CEMENTS`.
    relationship : PixelIntensityRelationship
    display_gamma : float
        DISP only.
    bits_stored : int
    scatter_to_primary : float
    heel : float
        Change of intensity from one border to the other along the wedge, as a part of the mean.
    exposure : float
        Intensity relative to that of the detector's mean level: patients thicker or thinner.
    dose_ngy : float
        At the detector (nGy), of all pictures that are averaged together.
    pitch_mm, width_mm : float
        Length of a step along the row, and across (mm). Lying cylinders are `width_mm` long, with
        `pitch_mm` from one's edge to the next's.
    angle_deg : float
        Of the row in the picture.
    size : int
        Rows and columns (px).
    mm_per_px, blur_mm : float
    seed : int
        Of the noise.
    """

    thickness_mm: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0, 7.0, 10.0, 15.0, 20.0)
    shape: Shape = "wedge"
    kvp: float = 80.0
    cement: str = "20% BaSO4"
    relationship: PixelIntensityRelationship = PixelIntensityRelationship.LIN
    display_gamma: float = 1.0
    bits_stored: int = 12
    scatter_to_primary: float = 0.8
    heel: float = 0.1
    exposure: float = 1.0
    dose_ngy: float = 300.0
    pitch_mm: float = 12.0
    width_mm: float = 20.0
    angle_deg: float = 0.0
    size: int = 512
    mm_per_px: float = 0.3
    blur_mm: float = 0.4
    seed: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class WedgePicture:
    """A picture and its truth.

    Parameters
    ----------
    pixels : ndarray, shape (size, size), uint8 or uint16
    info : SourceInfo
    centres_px : ndarray, shape (steps, 2)
        Middle of each step (x, y).
    """

    pixels: Pixels
    info: SourceInfo
    centres_px: NDArray[np.float64]


def picture_of(phantom: WedgePhantom) -> WedgePicture:
    """Picture of a phantom, with noise."""
    n, mm = phantom.size, phantom.mm_per_px
    count = len(phantom.thickness_mm)
    along = np.array([math.cos(math.radians(phantom.angle_deg)), math.sin(math.radians(phantom.angle_deg))])
    offsets_mm = np.asarray((np.arange(count) - (count - 1) / 2) * phantom.pitch_mm, np.float64)
    if phantom.shape == "lying":
        widths = np.asarray(phantom.thickness_mm) + phantom.pitch_mm
        offsets_mm = np.cumsum(widths) - widths / 2 - widths.sum() / 2
    centres = (n - 1) / 2 + offsets_mm[:, None] / mm * along
    thickness = _thickness(phantom, along, offsets_mm)
    table = attenuation(phantom.kvp, phantom.cement)
    primary = np.exp(-np.interp(thickness, table.thickness_mm, table.cement_log))
    axis = (np.arange(n) - (n - 1) / 2) / n
    slope = 1.0 + phantom.heel * (axis[None, :] * along[0] + axis[:, None] * along[1])
    primary = (primary * slope).astype(np.float32)
    with_scatter = primary + np.float32(phantom.scatter_to_primary) * scattered(primary, mm)
    intensity = with_scatter * np.float32(phantom.exposure / (1.0 + phantom.scatter_to_primary))
    pixel_mm = mm * MAGNIFICATION
    detector = Detector(
        mm_per_px=mm,
        mean_quanta=phantom.dose_ngy * QUANTA_PER_MM2_NGY * DETECTIVE_EFFICIENCY * pixel_mm**2,
        blur_px=phantom.blur_mm / _FWHM_PER_SIGMA / pixel_mm,
        electronic_quanta=2.0,
        relationship=phantom.relationship,
        gamma=phantom.display_gamma,
        bits=phantom.bits_stored,
    )
    pixels = detector.store(detector.expose(intensity, np.random.default_rng([phantom.seed, 31])))
    info = SourceInfo(
        "simulated:wedge",
        "simulated",
        n,
        n,
        Intensity(phantom.relationship, phantom.bits_stored),
        kvp=phantom.kvp,
    )
    return WedgePicture(pixels, info, centres)


def _thickness(
    phantom: WedgePhantom, along: NDArray[np.float64], offsets_mm: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Thickness of cement at each pixel (mm), shape (size, size); a pixel at an edge has its mean."""
    n = phantom.size
    at_mm = ((np.arange(n * _FINE) + 0.5) / _FINE - n / 2) * phantom.mm_per_px
    x, y = at_mm[None, :], at_mm[:, None]
    u, v = x * along[0] + y * along[1], y * along[0] - x * along[1]
    thickness = np.zeros(u.shape, np.float32)
    for offset_mm, t in zip(offsets_mm, phantom.thickness_mm, strict=True):
        if phantom.shape == "lying":
            inside = (np.abs(u - offset_mm) < t / 2) & (np.abs(v) < phantom.width_mm / 2)
            thickness[inside] = 2 * np.sqrt((t / 2) ** 2 - np.square(u[inside] - offset_mm))
            continue
        if phantom.shape == "standing":
            inside = np.hypot(u - offset_mm, v) < _CYLINDER_SHARE * phantom.pitch_mm
        else:
            inside = (np.abs(u - offset_mm) <= phantom.pitch_mm / 2) & (np.abs(v) < phantom.width_mm / 2)
        thickness[inside] = t
    return np.asarray(cv2.resize(thickness, (n, n), interpolation=cv2.INTER_AREA), np.float64)
