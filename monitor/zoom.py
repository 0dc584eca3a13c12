"""Whether the image is as large as the one that the plan was drawn on: zoom and distance change its size.

Marks and millimetres are then wrong, however well the bone is followed. After every disturbance the
surroundings of the marked bodies are looked for in the image at other sizes, one size at each pulse.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from monitor.intensity import WorkImage
from monitor.likeness import Likeness
from monitor.states import Reason, State

Bool = NDArray[np.bool_]

_SIZES = (1.0, 1.05, 0.95, 1.1, 0.9, 1.16, 0.86, 1.22, 0.8, 1.3, 0.74, 1.4, 0.68, 1.5)
_SUSPECT_S = 6.0
_STEADY = 0.5
_SURE, _BETTER = 0.35, 0.08
_SAME_SIZE = 0.03
_AGREEING = 3


class ZoomWatch:
    """Watches the size of the image. Single-threaded; `look` once for each new pulse.

    Parameters
    ----------
    likeness : Likeness
        Of the planned view.
    """

    def __init__(self, likeness: Likeness) -> None:
        self._likeness = likeness
        self._suspect_until_s: float | None = None
        self._begin()
        self.size: float | None = None
        """How many times as large as planned the image is; None: as planned, as far as is known."""

    def start_anew(self) -> None:
        """The frame that the plan was drawn on is another one."""
        self.size = None
        self._begin()

    def suspect(self, time_s: float) -> None:
        """Something has happened to the image: look for some seconds."""
        if self._suspect_until_s is None:
            self._begin()
        self._suspect_until_s = time_s + _SUSPECT_S

    def look(self, work: WorkImage, outside: Bool, time_s: float) -> Reason | None:
        """Take in a pulse; why nothing can be monitored, None where the size is as planned.

        `outside`, shape of the work image, is what is out of the field: blades are of no size.
        """
        if self._suspect_until_s is None or not self._likeness.known:
            return None
        if time_s > self._suspect_until_s and self.size is None:
            self._suspect_until_s = None
            return None
        size = _SIZES[self._turn % len(_SIZES)]
        self._turn += 1
        cells = self._likeness.look(work, outside)
        if cells is None:
            return self._reason()
        score = self._likeness.at(cells, size)
        before = self._scores.get(size)
        self._scores[size] = score if before is None else before + _STEADY * (score - before)
        if len(self._scores) == len(_SIZES):
            self._decide()
        return self._reason()

    def _begin(self) -> None:
        self._scores: dict[float, float] = {}
        self._turn = 0
        self._candidate, self._agreeing = 1.0, 0

    def _decide(self) -> None:
        best = max(self._scores, key=lambda size: self._scores[size])
        planned = self._scores[1.0]
        other = abs(best - 1.0) > _SAME_SIZE and self._scores[best] > max(_SURE, planned + _BETTER)
        self._agreeing = self._agreeing + 1 if other and best == self._candidate else int(other)
        self._candidate = best
        if self._agreeing >= _AGREEING:
            self.size = best
        elif planned > _SURE and planned + _BETTER > self._scores[best]:
            self.size = None

    def _reason(self) -> Reason | None:
        if self.size is None:
            return None
        text = (
            f"the image is about {self.size:.2f} times as large as planned: zoom or distance has changed, "
            "mark and calibrate again"
        )
        return Reason(State.NOT_MONITORING, "zoom", text)
