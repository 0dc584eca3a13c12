"""Millilitres of cement from the integral of the added attenuation.

V = sum(added / mu) * pixel area. mu is the cement's effective attenuation per millimetre above what it
displaces; it comes from calibration. Without one there is no volume, only the area.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.config import VolumeConfig

_DILATION_MM = 1.0


@dataclass(frozen=True, slots=True)
class DensityCalibration:
    """Effective attenuation of the cement (log units per mm), its relative SD, and where it comes from."""

    attenuation_per_mm: float
    relative_sd: float
    method: str


def volume_ml(
    added: NDArray[np.float32],
    mask: NDArray[np.bool_],
    noise: NDArray[np.float32],
    mm_per_px: float,
    scale_relative_sd: float,
    density: DensityCalibration | None,
    config: VolumeConfig,
) -> tuple[float | None, float | None]:
    """Volume of the cement in a mask and its standard deviation (mL); None where not calibrated.

    Parameters
    ----------
    added, noise : ndarray, shape (rows, columns), float32
        Averaged added attenuation and its noise (log units).
    mask : ndarray of bool, same shape
    """
    if density is None:
        return None, None
    if not mask.any():
        return 0.0, 0.0
    reach = 2 * max(1, round(_DILATION_MM / mm_per_px)) + 1
    near = cv2.dilate(mask.astype(np.uint8), np.ones((reach, reach), np.uint8)) > 0
    pixel_mm2 = mm_per_px**2
    total = float(added[near].sum()) * pixel_mm2
    ml = max(0.0, total / density.attenuation_per_mm / 1000.0)
    noise_ml = float(np.sqrt(np.square(noise[near]).sum())) * pixel_mm2 / density.attenuation_per_mm / 1000.0
    relative = np.sqrt(
        density.relative_sd**2 + (2 * scale_relative_sd) ** 2 + config.background_relative_sd**2
    )
    return ml, float(np.hypot(relative * ml, noise_ml))
