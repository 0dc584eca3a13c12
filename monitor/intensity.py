"""From stored values to log-attenuation, and where that cannot be had.

Larger is more radiopaque. For LIN data the numbers are true attenuation up to a constant; for LOG
and DISP they are attenuation up to an unknown factor, which is enough to detect but not to measure
millilitres.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.config import IntensityConfig
from monitor.frame import Intensity, PixelIntensityRelationship, Pixels
from monitor.grid import Grid

Float32 = NDArray[np.float32]
Bool = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class WorkImage:
    """A frame on the work grid.

    Parameters
    ----------
    attenuation : ndarray, shape (rows, columns), float32
        Log-attenuation; larger is more radiopaque.
    grey : ndarray, shape (rows, columns), float32
        Stored values, binned, turned so that larger means more X-ray.
    saturated : ndarray, shape (rows, columns), bool
        Some pixel of the bin was at either end of its range: not observable.
    """

    attenuation: Float32
    grey: Float32
    saturated: Bool


def to_work_image(pixels: Pixels, intensity: Intensity, grid: Grid, config: IntensityConfig) -> WorkImage:
    """Bin a frame and take its logarithm.

    Binning comes first: intensities add, their logarithms do not.

    Parameters
    ----------
    pixels : ndarray, shape (rows, columns), uint8 or uint16
    """
    full = float(intensity.largest_stored_value)
    b = grid.binning
    used = pixels[: grid.rows * b, : grid.columns * b]
    if b == 1:
        grey = used.astype(np.float32)
    else:
        grey = cast(Float32, cv2.resize(used, (grid.columns, grid.rows), interpolation=cv2.INTER_AREA))
        grey = grey.astype(np.float32)
    if intensity.relationship is PixelIntensityRelationship.LIN:
        lowest = max(config.darkest_fraction * full, 0.0)
    else:
        lowest = 0.0
    if not intensity.bright_is_radiolucent:
        np.subtract(np.float32(full), grey, out=grey)
    saturated: Bool = (grey >= full - 0.5) | (grey <= lowest)
    return WorkImage(_attenuation(grey, intensity, config, full), grey, saturated)


def _attenuation(grey: Float32, intensity: Intensity, config: IntensityConfig, full: float) -> Float32:
    if intensity.relationship is PixelIntensityRelationship.LOG:
        # the factor is the vendor's own; one full scale is taken as five natural log units
        return np.asarray((full - grey) * np.float32(5.0 / full), dtype=np.float32)
    if intensity.relationship is PixelIntensityRelationship.LIN:
        slope = intensity.rescale_slope if intensity.rescale_slope > 0 else 1.0
        black = -intensity.rescale_intercept / slope
        floor = max(config.darkest_fraction * full, 0.5)
        scaled = np.maximum(grey - np.float32(black), np.float32(floor)) * np.float32(1.0 / full)
    else:
        black = config.display_black_fraction * full
        scaled = (grey + np.float32(black)) * np.float32(1.0 / (full + black))
    return cast(Float32, -cv2.log(scaled))


def low_pass(image: Float32, weight: Float32 | None, sigma_px: float) -> Float32:
    """Gaussian low-pass that leaves out pixels of weight 0 (normalised convolution).

    Computed on a coarser grid where `sigma_px` allows it.

    Parameters
    ----------
    image : ndarray, shape (rows, columns), float32
    weight : ndarray, same shape, float32, or None
        0 to 1; None: all count.
    """
    rows, columns = image.shape
    step = max(1, int(sigma_px / 3.0))
    small = (max(1, -(-columns // step)), max(1, -(-rows // step)))
    sigma = sigma_px / step

    def smooth(a: Float32) -> Float32:
        coarse = cv2.resize(a, small, interpolation=cv2.INTER_AREA) if step > 1 else a
        return cast(Float32, cv2.GaussianBlur(coarse, (0, 0), sigma, borderType=cv2.BORDER_REFLECT))

    if weight is None:
        low = smooth(image)
    else:
        low = np.divide(
            smooth(image * weight), np.maximum(smooth(weight), np.float32(1e-3)), dtype=np.float32
        )
    if step == 1:
        return low
    return cast(Float32, cv2.resize(low, (columns, rows), interpolation=cv2.INTER_LINEAR))
