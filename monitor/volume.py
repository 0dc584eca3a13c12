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
from monitor.intensity import low_pass

_DILATION_MM = 1.0
_STEEL_REACH_MM = 1.5

Float32 = NDArray[np.float32]
Bool = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class DensityCalibration:
    """Effective attenuation of the cement (log units per mm), its relative SD, and where it comes from."""

    attenuation_per_mm: float
    relative_sd: float
    method: str


def behind_steel(added: Float32, mask: Bool, cannula: Bool, mm_per_px: float) -> Float32:
    """Added attenuation with what a cannula hides filled in from the cement on its sides.

    Parameters
    ----------
    added : ndarray, shape (rows, columns), float32
    mask, cannula : ndarray of bool, same shape
    """
    hidden = mask & cannula
    seen = mask & ~cannula
    if not hidden.any() or not seen.any():
        return added
    sigma_px = _STEEL_REACH_MM / mm_per_px
    margin = round(4 * sigma_px)
    x, y, width, height = cv2.boundingRect(hidden.view(np.uint8))
    cut = np.s_[max(0, y - margin) : y + height + margin, max(0, x - margin) : x + width + margin]
    filled = np.where(cannula, np.float32(0), added)
    around = low_pass(added[cut], seen[cut].astype(np.float32), sigma_px)
    filled[cut] = np.where(hidden[cut], around, filled[cut])
    return filled


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
