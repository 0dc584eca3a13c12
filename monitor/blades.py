"""What the collimator does to one level: its blades move, have moved, or cover its body."""

from __future__ import annotations

from enum import Enum
from typing import cast

import numpy as np
from numpy.typing import NDArray

from monitor.config import FieldConfig
from monitor.field import Field
from monitor.viewport import Viewport

Bool = NDArray[np.bool_]
Float32 = NDArray[np.float32]


_CLOSED = 0.05
"""Part of the image that blades must cover for its contrast to change."""


class Blades(Enum):
    """What the blades do now."""

    CLEAR = "clear"
    STARTED = "started"
    MOVING = "moving"
    MOVED = "moved"
    COVERING = "covering"


class BladeWatch:
    """Looks at the field of view of one level; `look` once for each pulse."""

    def __init__(self, viewport: Viewport, mm_per_px: float, config: FieldConfig) -> None:
        self._viewport, self._mm, self._config = viewport, mm_per_px, config
        self._changed_s: float | None = None
        self._exposed_mm2 = 0.0
        self._covered: float | None = None

    def look(self, field: Field, body: Bool, seen: Bool, time_s: float) -> Blades:
        """Take in the field of a pulse.

        Parameters
        ----------
        field : Field
        body, seen : ndarray of bool, shape of the window
            The body, and where anything is seen.
        time_s : float
            Time of the pulse (s).
        """
        if not field.settled(time_s, self._config.settled_after_s):
            if self._changed_s == field.changed_s:
                return Blades.MOVING
            self._changed_s = field.changed_s
            exposed = self._viewport.cut(
                lambda part: cast(Float32, field.exposed[part].astype(np.float32)), 0.0
            )
            self._exposed_mm2 = float(exposed.sum()) * self._mm**2
            return Blades.STARTED
        covered_before, self._covered = self._covered, float(field.outside.mean())
        # where they have only closed, less of the patient scatters, and contrast has changed
        closed = covered_before is not None and self._covered - covered_before > _CLOSED
        if closed or self._exposed_mm2 > self._config.least_change_mm2:
            self._exposed_mm2 = 0.0
            return Blades.MOVED
        covered, whole = np.count_nonzero(body & ~seen), np.count_nonzero(body)
        return Blades.COVERING if covered > self._config.most_covered * whole else Blades.CLEAR
