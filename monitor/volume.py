"""Millilitres of cement from the integral of the added attenuation.

The background under the cement is what a ring around it shows: what is left there of brightness and
scatter. What remains is turned into thickness (`monitor.thickness`) and added up. Without a calibration
there is no volume, only the area; with a nominal one it is a relative figure.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.config import VolumeConfig
from monitor.intensity import low_pass
from monitor.thickness import NODES, ThicknessModel, areas_by_added

_DILATION_MM = 1.0
_RING_MM = (1.5, 4.0)
_FEWEST_RING_PIXELS = 30
_RING_GRAIN_MM = 3.0
_STEEL_REACH_MM = 1.5
_MODEL_LOG_SD = 0.05
"""Error of a curve itself, with all that it leaves out."""

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Bool = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class DensityCalibration:
    """How added attenuation becomes thickness, and how sure that is.

    Parameters
    ----------
    attenuation_per_mm : float
        Effective attenuation of a thin film of cement (log units per mm).
    relative_sd : float
        Its relative standard deviation.
    method : str
        Where it comes from.
    relative : bool
        Volumes serve for comparison only, until there are two aliquots.
    model : ThicknessModel or None
        Curves for the volume; None: thickness in proportion to the added attenuation.
    aliquots : int
        Aliquots that it was fitted to.
    """

    attenuation_per_mm: float
    relative_sd: float
    method: str
    relative: bool = False
    model: ThicknessModel | None = field(default=None, compare=False, repr=False)
    aliquots: int = 0

    @property
    def is_relative(self) -> bool:
        """Whether volumes may only be compared with each other."""
        return self.relative and self.aliquots < 2


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """The cement of a pulse as the volume takes it.

    Parameters
    ----------
    areas_mm2 : ndarray, shape (nodes,)
        Projected area by added attenuation, background taken away (`thickness.areas_by_added`).
    noise_mm2 : float
        Standard error of the integral of the added attenuation (log units times mm2).
    """

    areas_mm2: Float64
    noise_mm2: float


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


def look(added: Float32, mask: Bool, noise: Float32, mm_per_px: float, cannula: Bool | None = None) -> Seen:
    """Take the cement's added attenuation and the background around it.

    Parameters
    ----------
    added, noise : ndarray, shape (rows, columns), float32
        Averaged added attenuation and its noise (log units).
    mask : ndarray of bool, same shape
    cannula : ndarray of bool, same shape, or None
        Where nothing is seen; not part of the ring.
    """
    away_mm = cv2.distanceTransform((~mask).view(np.uint8), cv2.DIST_L2, 5) * np.float32(mm_per_px)
    near = away_mm <= _DILATION_MM
    ring = (away_mm > _RING_MM[0]) & (away_mm <= _RING_MM[1])
    if cannula is not None:
        ring &= ~cannula
        # steel beyond the cement is not filled in: what it shows is no cement
        near &= mask | ~cannula
    pixel_mm2 = mm_per_px**2
    background, background_sd = 0.0, 0.0
    count = int(np.count_nonzero(ring))
    if count >= _FEWEST_RING_PIXELS:
        values = added[ring]
        background = float(values.mean())
        # neighbours are alike: so many independent grains
        grains = max(4.0, count * pixel_mm2 / _RING_GRAIN_MM**2)
        values -= np.float32(background)
        background_sd = math.sqrt(float(values @ values) / count / grains)
    areas = areas_by_added(added[near] - np.float32(background), pixel_mm2)
    under = noise[near]
    white = math.sqrt(float(under @ under)) * pixel_mm2
    common = background_sd * len(under) * pixel_mm2
    return Seen(areas, math.hypot(white, common))


def volume_of(
    seen: Seen, scale_relative_sd: float, density: DensityCalibration, config: VolumeConfig
) -> tuple[float, float]:
    """Volume of what was seen, and its standard deviation (mL).

    The error of a model is one of the logarithm; its upper, longer side is taken, so that the estimate
    plus and minus 1.96 standard deviations covers. What the scale and the background share with the
    aliquots cancels.
    """
    if not seen.areas_mm2.any():
        return 0.0, 0.0
    noise_ml = seen.noise_mm2 / density.attenuation_per_mm / 1000.0
    shared = 0.0
    if density.aliquots == 0:
        shared = math.hypot(2 * scale_relative_sd, config.background_relative_sd)
    if density.model is None:
        ml = max(0.0, float(seen.areas_mm2 @ NODES) / density.attenuation_per_mm / 1000.0)
        return ml, math.hypot(math.hypot(density.relative_sd, shared) * ml, noise_ml)
    ml, log_sd = density.model.volume_ml(seen.areas_mm2)
    if density.aliquots == 0:
        # the spread of the curves is wide on purpose, for aliquots to choose from
        log_sd = density.relative_sd
    log_sd = math.sqrt(log_sd**2 + _MODEL_LOG_SD**2 + shared**2)
    return ml, math.hypot((math.exp(1.96 * log_sd) - 1.0) / 1.96 * ml, noise_ml)


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
    return volume_of(look(added, mask, noise, mm_per_px), scale_relative_sd, density, config)
