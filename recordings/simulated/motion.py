"""How the patient moves: breathing, a jerk, the table. Closed forms of time, so any frame can be asked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recordings.simulated.disturbances import Jerk, TableMove, smooth_step

Floats = NDArray[np.floating]

_BREATH_S = 3.7
_JERK_RISE_S = 0.15
_JERK_KEPT = 0.6
_JERK_BACK_S = 0.5
_TABLE_S = 1.0
_SOFT_FACTOR = 3.0


@dataclass(frozen=True, slots=True)
class Motion:
    """Movement in the plane of the image.

    Parameters
    ----------
    breathing_mm : float
        Peak-to-peak movement of the spine.
    rotation_rad : float
        Peak-to-peak turn of the spine, in phase with breathing.
    direction : (float, float)
        Unit vector of the breathing movement of bone, horizontal and vertical.
    jerk_mm, jerk_at_s : float
    table_mm, table_at_s : float
    phases : tuple of float
        Six random phases (rad) that make breathing irregular.
    further : tuple of Jerk or TableMove
        More of both.
    """

    breathing_mm: float
    rotation_rad: float
    direction: tuple[float, float]
    jerk_mm: float
    jerk_at_s: float
    table_mm: float
    table_at_s: float
    phases: tuple[float, ...]
    further: tuple[Jerk | TableMove, ...] = ()

    def breath(self, time_s: float, delay_rad: float = 0.0) -> float:
        """Depth of the breath, about 0 to 1; periods vary by a fifth, depths by a quarter."""
        p = self.phases
        pace = 2 * np.pi / _BREATH_S
        phase = pace * time_s + p[0] + 0.5 * np.sin(0.23 * pace * time_s + p[1])
        phase += 0.25 * np.sin(0.61 * pace * time_s + p[2]) - delay_rad
        depth = 0.86 + 0.09 * np.sin(0.17 * pace * time_s + p[3]) + 0.05 * np.sin(0.43 * pace * time_s + p[4])
        return float(depth * (0.5 - 0.5 * np.cos(phase)) ** 1.4)

    def bone_mm(self, time_s: float) -> Floats:
        """Displacement of the spine (mm), horizontal and vertical."""
        drift = 0.15 * np.array([np.sin(0.11 * time_s + self.phases[5]), np.cos(0.07 * time_s)])
        breathing = self.breathing_mm * self.breath(time_s) * np.asarray(self.direction)
        return breathing + (drift if self.breathing_mm > 0 else 0.0) + self.patient_mm(time_s)

    def soft_mm(self, time_s: float) -> Floats:
        """Displacement of the soft tissue in front of the spine (mm): further, later, and up and down."""
        depth = _SOFT_FACTOR * self.breathing_mm * self.breath(time_s, 0.35)
        return np.array([0.12 * depth, 0.95 * depth]) + self.patient_mm(time_s)

    def patient_mm(self, time_s: float) -> Floats:
        """Displacement of the whole patient (mm): jerk and table."""
        jerk = _jerked(self.jerk_mm, time_s - self.jerk_at_s) if self.jerk_mm else 0.0
        slid = np.clip((time_s - self.table_at_s) / _TABLE_S, 0, 1) if self.table_mm else 0.0
        table = self.table_mm * slid * slid * (3 - 2 * slid)
        moved: Floats = jerk * np.array([0.8, 0.6]) + table * np.array([0.0, 1.0])
        for event in self.further:
            if isinstance(event, Jerk):
                way = _jerked(event.mm, time_s - event.at_s)
            else:
                way = event.mm * smooth_step(time_s, event.at_s, event.seconds)
            moved = moved + way * np.asarray(event.direction)
        return moved

    def turn_rad(self, time_s: float) -> float:
        """Turn of the spine about the middle of the field, clockwise as seen."""
        return self.rotation_rad * (self.breath(time_s, 0.15) - 0.5)


def _jerked(jerk_mm: float, since_s: float) -> float:
    """Displacement (mm) so long after a jerk began."""
    if since_s <= 0:
        return 0.0
    kept = _JERK_KEPT + (1 - _JERK_KEPT) * np.exp(-max(since_s - _JERK_RISE_S, 0) / _JERK_BACK_S)
    return float(jerk_mm * min(since_s / _JERK_RISE_S, 1.0) * kept)


def turn_matrix(angle_rad: float) -> Floats:
    """Rotation, clockwise as seen with y running down."""
    cos, sin = np.cos(angle_rad), np.sin(angle_rad)
    return np.array([[cos, -sin], [sin, cos]])
