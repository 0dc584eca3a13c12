"""What the generator and the blades do to the beam over time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recordings.simulated.disturbances import (
    BrightnessDrift,
    BrightnessStep,
    CircularField,
    Collimation,
    Disturbance,
    KvpStep,
    of_kind,
    smooth_step,
)

Image = NDArray[np.float32]

_THROUGH_BLADE = 0.012
_BLADE_EDGE_MM = 0.6


class Beam:
    """Tube voltage, dose and the part of the beam let through, as closed forms of time.

    Parameters
    ----------
    disturbances : sequence of Disturbance
    kvp : float
        Tube voltage at the start (kV).
    collimator : ndarray, shape (n, n)
        What the fixed collimator lets through.
    mm_per_px : float
    """

    def __init__(
        self, disturbances: Sequence[Disturbance], kvp: float, collimator: Image, mm_per_px: float
    ) -> None:
        self._kvp = kvp
        self._collimator = collimator
        self._mm_per_px = mm_per_px
        self._voltages = of_kind(disturbances, KvpStep)
        self._steps = of_kind(disturbances, BrightnessStep)
        self._drifts = of_kind(disturbances, BrightnessDrift)
        self._blades = of_kind(disturbances, Collimation)
        circles = of_kind(disturbances, CircularField)
        self.circle = _circle(len(collimator), circles[-1].radius_mm / mm_per_px) if circles else None
        """Field of an image intensifier, shape (n, n), 1 inside; None: the whole detector is seen."""

    def kvp(self, time_s: float) -> float:
        """Tube voltage (kV)."""
        kvp = self._kvp
        for step in self._voltages:
            if time_s >= step.at_s:
                kvp = step.kvp
        return kvp

    def factor(self, time_s: float) -> float:
        """Signal relative to that of the start, beside what automatic brightness does."""
        factor = 1.0
        for voltage in self._voltages:
            if time_s >= voltage.at_s:
                factor = voltage.signal
        for step in self._steps:
            if time_s >= step.at_s:
                factor *= step.factor
        for drift in self._drifts:
            factor *= drift.factor ** smooth_step(time_s, drift.at_s, drift.seconds)
        return factor

    def mask(self, time_s: float) -> Image:
        """Part of the beam that is let through, shape (n, n)."""
        mask = self._collimator
        if self.circle is not None:
            mask = mask * self.circle
        insets_mm = self.insets_mm(time_s)
        if insets_mm is None or not insets_mm.any():
            return mask
        n = len(mask)
        at = (np.arange(n) + 0.5) * self._mm_per_px
        left, right, top, bottom = insets_mm
        side = n * self._mm_per_px

        def open_at(low_mm: float, high_mm: float) -> NDArray[np.floating]:
            within = np.minimum(at - low_mm, side - high_mm - at)
            through: NDArray[np.floating] = np.clip(within / _BLADE_EDGE_MM + 0.5, _THROUGH_BLADE, 1)
            return through

        blades = np.outer(open_at(top, bottom), open_at(left, right)).astype(np.float32)
        return np.asarray(mask * blades, np.float32)

    def insets_mm(self, time_s: float) -> NDArray[np.float64] | None:
        """How far the blades are in: left, right, top, bottom (mm); None where there are none."""
        if not self._blades:
            return None
        insets = np.zeros(4)
        for c in self._blades:
            wanted = np.array([c.left_mm, c.right_mm, c.top_mm, c.bottom_mm])
            part = min(max((time_s - c.at_s) / c.moves_s, 0.0), 1.0)
            insets = insets + part * (wanted - insets)
        return insets


def _circle(n: int, radius_px: float) -> Image:
    axis = np.arange(n) - (n - 1) / 2
    away = np.hypot(axis[None, :], axis[:, None])
    return np.asarray(np.clip(radius_px - away + 0.5, 0, 1), np.float32)
