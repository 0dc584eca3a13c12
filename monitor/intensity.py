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

_LOG_SPAN = 5.0


@dataclass(frozen=True, slots=True, eq=False)
class WorkImage:
    """A frame on the work grid. Logarithms are taken where they are asked for, not over the whole frame.

    Parameters
    ----------
    grey : ndarray, shape (rows, columns), float32
        Stored values, binned, turned so that larger means more X-ray.
    curve : Curve
        How they become attenuation.
    """

    grey: Float32
    curve: Curve

    def attenuation(self, part: tuple[slice, slice]) -> Float32:
        """Log-attenuation of a part of the image; larger is more radiopaque."""
        return self.curve.attenuation(self.grey[part])

    def clipped(self, part: tuple[slice, slice], outside: Bool | None = None) -> Float32:
        """1 where a value is at either end of its range and nothing can be seen, or outside, else 0.

        `outside` has the shape of the whole image.
        """
        grey = self.grey[part]
        beyond = np.zeros(grey.shape, bool) if outside is None else outside[part]
        lowest, highest, _, _ = cv2.minMaxLoc(grey)
        if lowest <= self.curve.lowest or highest >= self.curve.highest:
            beyond = beyond | (grey >= self.curve.highest) | (grey <= self.curve.lowest)
        return beyond.astype(np.float32)


@dataclass(frozen=True, slots=True)
class Curve:
    """From stored values (turned: larger is more X-ray) to log-attenuation.

    Parameters
    ----------
    relationship : PixelIntensityRelationship
    full : float
        Largest stored value.
    black : float
        LIN: the stored value of no X-ray. DISP: added to every value.
    floor : float
        LIN: the least that is taken the logarithm of.
    lowest, highest : float
        Values at or beyond these are clipped.
    """

    relationship: PixelIntensityRelationship
    full: float
    black: float
    floor: float
    lowest: float
    highest: float

    @classmethod
    def of(cls, intensity: Intensity, config: IntensityConfig) -> Curve:
        """Curve of a source."""
        full = float(intensity.largest_stored_value)
        highest = full - 0.5
        if intensity.relationship is PixelIntensityRelationship.LIN:
            slope = intensity.rescale_slope if intensity.rescale_slope > 0 else 1.0
            darkest = config.darkest_fraction * full
            black = -intensity.rescale_intercept / slope
            return cls(intensity.relationship, full, black, max(darkest, 0.5), darkest, highest)
        return cls(intensity.relationship, full, config.display_black_fraction * full, 0.0, 0.0, highest)

    def attenuation(self, grey: Float32) -> Float32:
        """Log-attenuation of stored values, same shape."""
        if self.relationship is PixelIntensityRelationship.LOG:
            # the factor is the vendor's own; one full scale is taken as five natural log units
            return np.asarray((self.full - grey) * np.float32(_LOG_SPAN / self.full), dtype=np.float32)
        if self.relationship is PixelIntensityRelationship.LIN:
            scaled = grey - np.float32(self.black)
            np.clip(scaled, np.float32(self.floor), np.float32(np.inf), out=scaled)
            scaled *= np.float32(1.0 / self.full)
        else:
            scaled = grey + np.float32(self.black)
            scaled *= np.float32(1.0 / (self.full + self.black))
        logarithm = cv2.log(scaled, dst=scaled)
        return cast(Float32, np.negative(logarithm, out=logarithm))


def to_work_image(pixels: Pixels, intensity: Intensity, grid: Grid, curve: Curve) -> WorkImage:
    """Bin a frame. Binning comes before the logarithm: intensities add, their logarithms do not.

    Parameters
    ----------
    pixels : ndarray, shape (rows, columns), uint8 or uint16
    """
    b = grid.binning
    used = pixels[: grid.rows * b, : grid.columns * b]
    if b > 1:
        used = cast(Pixels, cv2.resize(used, (grid.columns, grid.rows), interpolation=cv2.INTER_AREA))
    grey = used.astype(np.float32)
    if not intensity.bright_is_radiolucent:
        np.subtract(np.float32(curve.full), grey, out=grey)
    return WorkImage(grey, curve)


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
    sigma = sigma_px / step

    def smooth(a: Float32) -> Float32:
        coarse = coarse_cells(a, step)
        return cast(Float32, cv2.GaussianBlur(coarse, (0, 0), sigma, borderType=cv2.BORDER_REFLECT))

    if weight is None:
        low = smooth(image)
    else:
        low = np.divide(
            smooth(image * weight),
            np.maximum(smooth(weight), np.float32(1e-3)),
            dtype=np.float32,
        )
    if step == 1:
        return low
    size = (low.shape[1] * step, low.shape[0] * step)
    return cast(Float32, cv2.resize(low, size, interpolation=cv2.INTER_LINEAR)[:rows, :columns])


def coarse_cells(image: Float32, step: int) -> Float32:
    """Means over squares of `step` pixels; the image is continued at its far borders to fill the last ones.

    A whole number of pixels per cell is five times as fast as a fraction.
    """
    if step == 1:
        return image
    rows, columns = image.shape
    more_rows, more_columns = -rows % step, -columns % step
    if more_rows or more_columns:
        image = cast(Float32, cv2.copyMakeBorder(image, 0, more_rows, 0, more_columns, cv2.BORDER_REPLICATE))
    size = (image.shape[1] // step, image.shape[0] // step)
    return cast(Float32, cv2.resize(image, size, interpolation=cv2.INTER_AREA))
