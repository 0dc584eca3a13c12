"""Pictures of a step wedge of cement over a water phantom, by the simulator's own spectrum and detector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.frame import Intensity, PixelIntensityRelationship, Pixels, SourceInfo
from recordings.simulated.detector import Detector, scattered
from recordings.simulated.physics import attenuation

_FINER = 4


@dataclass(frozen=True, slots=True)
class WedgePhantom:
    """A wedge and how it is taken.

    Parameters
    ----------
    thickness_mm : sequence of float
        Of its steps, in their order.
    cement, kvp : str, float
        As `physics.attenuation`.
    scatter_to_primary : float
    quanta : float
        Detected quanta per pixel, mean over the field.
    heel : float
        How much brighter one side of the field is than the other.
    """

    thickness_mm: Sequence[float]
    cement: str = "20% BaSO4"
    kvp: float = 80.0
    scatter_to_primary: float = 1.0
    quanta: float = 600.0
    heel: float = 0.15
    angle_deg: float = 0.0
    step_px: float = 34.0
    width_px: float = 44.0
    size: int = 400
    mm_per_px: float = 0.3
    relationship: PixelIntensityRelationship = PixelIntensityRelationship.LIN
    gamma: float = 1.0
    bits: int = 12

    @property
    def ends(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Middles of the outer edges of the first and the last step (px)."""
        angle, half = np.radians(self.angle_deg), self.step_px * len(self.thickness_mm) / 2
        middle = (self.size - 1) / 2
        dx, dy = float(half * np.cos(angle)), float(half * np.sin(angle))
        return (middle - dx, middle - dy), (middle + dx, middle + dy)

    @property
    def info(self) -> SourceInfo:
        """What a source of it would state."""
        return SourceInfo(
            "wedge", "simulated", self.size, self.size, Intensity(self.relationship, self.bits), kvp=self.kvp
        )

    def added_log(self, thickness_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """What thicknesses add to the primary (log units)."""
        table = attenuation(self.kvp, self.cement)
        return np.interp(thickness_mm, table.thickness_mm, table.cement_log)

    def picture(self, seed: int, frames: int = 16) -> list[Pixels]:
        """Frames of it as stored, each shape (size, size)."""
        rng = np.random.default_rng(seed)
        n = self.size * _FINER
        y, x = (np.mgrid[:n, :n].astype(np.float32) + 0.5) / _FINER - 0.5
        (x0, y0), (x1, y1) = self.ends
        length = float(np.hypot(x1 - x0, y1 - y0))
        ux, uy = (x1 - x0) / length, (y1 - y0) / length
        along = (x - x0) * ux + (y - y0) * uy
        across = (y - y0) * ux - (x - x0) * uy
        number = np.clip(along / self.step_px, 0, len(self.thickness_mm) - 1e-3).astype(int)
        within = (along > 0) & (along < length) & (np.abs(across) < self.width_px / 2)
        log = self.added_log(np.asarray(self.thickness_mm, np.float64))[number] * within
        log += self.heel * (x / self.size - 0.5)
        fine = np.exp(-log).astype(np.float32)
        primary = cv2.resize(fine, (self.size, self.size), interpolation=cv2.INTER_AREA)
        veil = scattered(np.asarray(primary, np.float32), self.mm_per_px)
        whole = np.asarray(primary + self.scatter_to_primary * veil, np.float32)
        whole /= whole.mean()
        detector = Detector(self.mm_per_px, self.quanta, 0.6, 2.0, self.relationship, self.gamma, self.bits)
        return [detector.store(detector.expose(whole, rng)) for _ in range(frames)]
