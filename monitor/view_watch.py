"""Whether the image is the planned view at all: a C-arm turned from lateral to AP shows other bones.

Looked at when the marked bone is lost, and where bone is too faint to be followed. Once the view is unknown
nothing is looked for in it, so that nothing wrong is learned, until the planned view is back.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from monitor.intensity import WorkImage
from monitor.likeness import Likeness
from monitor.robust import median
from monitor.states import Reason, State

Bool = NDArray[np.bool_]

_SHARE = 0.45
"""Below this share of the usual likeness it is another view. On two forward models another view has 0.06 to
0.22 where the planned one has 0.24 to 0.92, always more than twice as much."""
_AT_FIRST = 0.25
_LEAST_USUAL = 0.2
_EVERY_S, _LATER_S = 1.0, 10.0
"""A look costs a fifth of a pulse's time: once the usual likeness is known it is only brought up to date."""
_KNOWN = 5
_AGREEING = 2


class ViewWatch:
    """Watches one view. Single-threaded; `look` once for each new pulse.

    Parameters
    ----------
    likeness : Likeness
        Of the planned view.
    """

    def __init__(self, likeness: Likeness) -> None:
        self._likeness = likeness
        self._usual: deque[float] = deque(maxlen=15)
        self._looked_s: float | None = None
        self._against = self._for = 0
        self.unknown = False
        """Whether the image is not the planned view."""
        self.score = 0.0
        """Likeness at the newest look."""

    def look(
        self, work: WorkImage, outside: Bool, time_s: float, *, lost: bool, faint: bool = False
    ) -> Reason | None:
        """Take in a pulse; why nothing can be monitored, None where it may be the planned view.

        Parameters
        ----------
        outside : ndarray of bool, shape of the work image
            What is out of the field.
        lost : bool
            The marked bone is not found, at any level.
        faint : bool
            No level has bone that can be followed: nothing else would tell.
        """
        doubted = lost or self.unknown or (faint and self._against > 0)
        every_s = _LATER_S if len(self._usual) >= _KNOWN and not faint else _EVERY_S
        due = self._looked_s is None or not 0 <= time_s - self._looked_s < every_s
        if not self._likeness.known or not (doubted or due):
            return self._reason()
        self._looked_s = time_s
        cells = self._likeness.look(work, outside)
        if cells is None:
            return self._reason()
        score = self.score = self._likeness.anywhere(cells)
        if score < self._least():
            self._against, self._for = self._against + 1, 0
        else:
            self._against, self._for = 0, self._for + 1
        if self.unknown:
            self.unknown = self._for < _AGREEING
        elif lost or (faint and self._usual and median(self._usual) >= _LEAST_USUAL):
            self.unknown = self._against >= _AGREEING
        elif not self._against:
            self._usual.append(score)
        return self._reason()

    def _least(self) -> float:
        return _SHARE * median(self._usual) if len(self._usual) >= 3 else _SHARE * _AT_FIRST

    def _reason(self) -> Reason | None:
        if not self.unknown:
            return None
        return Reason(State.NOT_MONITORING, "unknown_view", "the image is not the marked view")
