"""From expected intensity to stored values: quanta, blur, noise, quantisation."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.frame import PixelIntensityRelationship, Pixels

Image = NDArray[np.float32]

MAGNIFICATION = 1.4
QUANTA_PER_MM2_NGY = 30.0
DETECTIVE_EFFICIENCY = 0.6
_SCATTER_SIGMA_MM = 28.0
_MEAN_LEVEL = 0.25
_LOG_LOW, _LOG_HIGH = -3.5, 1.39
_DISPLAY_LOW, _DISPLAY_HIGH = -2.2, 1.0


@dataclass(frozen=True, slots=True)
class Detector:
    """A flat detector.

    Parameters
    ----------
    mm_per_px : float
        In the plane of the spine; a pixel of the detector is `MAGNIFICATION` times that.
    mean_quanta : float
        Detected quanta per pixel, mean over the field.
    blur_px : float
        Standard deviation of the point spread (px).
    electronic_quanta : float
    relationship : PixelIntensityRelationship
    gamma : float
    bits : int
    """

    mm_per_px: float
    mean_quanta: float
    blur_px: float
    electronic_quanta: float
    relationship: PixelIntensityRelationship
    gamma: float
    bits: int

    def expose(self, intensity: Image, rng: np.random.Generator) -> Image:
        """One exposure: detected quanta per pixel, blurred and noisy.

        Parameters
        ----------
        intensity : ndarray, shape (n, m)
            Expected intensity, 1 at the mean of the field.
        rng : Generator

        Notes
        -----
        Counts are drawn as normal with the third moment of Poisson put back (Cornish-Fisher), which
        is indistinguishable from Poisson above about 3 quanta and five times as fast to draw.
        """
        expected = intensity * np.float32(self.mean_quanta)
        z = rng.standard_normal(expected.shape, dtype=np.float32)
        spread = cv2.sqrt(expected + np.float32(self.electronic_quanta**2))
        counts: Image = np.asarray(cv2.multiply(spread, z), dtype=np.float32)
        np.add(counts, expected, out=counts)
        np.multiply(z, z, out=z)
        np.subtract(z, np.float32(1), out=z)
        counts = np.asarray(cv2.scaleAdd(z, 1 / 6, counts), dtype=np.float32)
        if self.blur_px > 0.1:
            counts = np.asarray(cv2.GaussianBlur(counts, (0, 0), self.blur_px), dtype=np.float32)
        return counts

    def store(self, quanta: Image) -> Pixels:
        """Stored values of an image of quanta."""
        largest = float((1 << self.bits) - 1)
        if self.relationship is PixelIntensityRelationship.LIN:
            values = quanta * np.float32(_MEAN_LEVEL * largest / self.mean_quanta)
        else:
            log = cv2.log(np.maximum(quanta, np.float32(0.5)) / np.float32(self.mean_quanta))
            if self.relationship is PixelIntensityRelationship.LOG:
                values = (log - _LOG_LOW) * np.float32(largest / (_LOG_HIGH - _LOG_LOW))
            else:
                shown = np.clip((log - _DISPLAY_LOW) / (_DISPLAY_HIGH - _DISPLAY_LOW), 0, 1)
                values = np.power(shown, np.float32(self.gamma)) * np.float32(largest)
        rounded: Image = np.rint(np.clip(values, 0, largest))
        return rounded.astype(np.uint8) if self.bits <= 8 else rounded.astype(np.uint16)


def scattered(primary: Image, mm_per_px: float) -> Image:
    """Scatter per unit of scatter-to-primary: the primary, broadly blurred."""
    step = max(1, round(4.0 / mm_per_px))
    rows, columns = primary.shape
    small = cv2.resize(primary, (max(columns // step, 4), max(rows // step, 4)), interpolation=cv2.INTER_AREA)
    sigma = _SCATTER_SIGMA_MM / (mm_per_px * columns / small.shape[1])
    broad = cv2.GaussianBlur(small, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
    return np.asarray(cv2.resize(broad, (columns, rows), interpolation=cv2.INTER_LINEAR), dtype=np.float32)
