"""What becomes of a level when a cannula moves: hidden where it has been, then learned anew there alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from monitor.cement import CementDetector
from monitor.config import Config
from monitor.corridor import Corridor
from monitor.moved_shaft import ShaftWatch
from monitor.outline import CementOutline
from monitor.patch import Patch
from monitor.reference import Reference

Float32 = NDArray[np.float32]
Bool = NDArray[np.bool_]

_NOTICED_S = 0.7
"""What was confirmed on the shaft's way so shortly before may have been the shaft."""


def either(one: Bool | None, other: Bool | None) -> Bool | None:
    """What is in one of two masks; None for an empty one."""
    if one is None or other is None:
        return other if one is None else one
    return one | other


class ShaftLearning:
    """Brings together who sees a shaft move and who has learned the image with the shaft in its old place.

    Parameters
    ----------
    watch : ShaftWatch
    reference, corridor, cement, outline
        Those of the level.
    mm_per_px : float
    config : Config
    """

    def __init__(
        self,
        watch: ShaftWatch,
        reference: Reference,
        corridor: Corridor,
        cement: CementDetector,
        outline: CementOutline,
        mm_per_px: float,
        config: Config,
    ) -> None:
        self._watch, self._reference, self._corridor = watch, reference, corridor
        self._cement, self._outline = cement, outline
        self._mm, self._seconds = mm_per_px, config.learning.relearn_s
        self._evidence_s = config.cement.evidence_s
        self._patch: Patch | None = None
        self._since_s: float | None = None
        self._seen: Bool | None = None
        self.away_s = 0.0
        """For how long a shaft has not been in its place (s)."""

    def start_anew(self) -> None:
        """All of the image is learned anew."""
        self._patch = self._since_s = None
        self.away_s = 0.0
        self._watch.clear()

    def find(self) -> None:
        """The reference is there: look for the cannulas in it, as far as it is in the field of view."""
        self._corridor.update(self._reference.mean, self._watch.axes_now(), self._seen)
        self._cement.unseen = self._corridor.hidden
        self._cement.beside_steel = self._corridor.beside
        self._outline.adopt(self._corridor.found, self._corridor.hidden)
        self._watch.update(self._corridor.found, self._reference.mean, self._seen)

    def look(self, moved: Float32, seen: Bool, time_s: float, *, rests: bool = False) -> Bool | None:
        """Where cement cannot be told from a shaft that has moved; None where none has.

        Parameters
        ----------
        moved : ndarray, shape of the window, float32
            Attenuation in reference coordinates (log units).
        seen : ndarray of bool, same shape
            What is in the field of view.
        time_s : float
        rests : bool
            While all shafts are in their places nothing is looked at (`turns`).
        """
        self._seen = seen
        if not self._reference.ready or (rests and self._since_s is None):
            return None
        swept = self._swept(moved, seen, time_s)
        self._since_s = None if swept is None else time_s if self._since_s is None else self._since_s
        self.away_s = 0.0 if self._since_s is None else time_s - self._since_s
        return swept

    def _swept(self, moved: Float32, seen: Bool, time_s: float) -> Bool | None:
        paler = self._cement.paler(self._reference.settled_zone(), self._reference.noise(moved))
        self._watch.look(moved, self._cement.mask | ~seen, paler, time_s)
        swept = self._watch.swept
        if swept is None:
            self._patch = None
            return None
        if self._patch is None:
            self._cement.distrust(time_s - _NOTICED_S, swept)
        elif self._watch.rests:
            swept = swept | self._patch.part
        else:
            self._patch = None
        return swept

    def learn(self, difference: Float32, time_s: float) -> None:
        """Take in a pulse; `difference` is the residual before cannulas are seen through."""
        if self._watch.swept is None or not self._watch.rests:
            return
        if self._patch is None:
            mean = self._reference.mean
            self._patch = Patch(self._watch.swept, mean, time_s, self._seconds, self._evidence_s)
        if self._patch.learn(difference, self._reference.matched(difference), time_s):
            part = self._patch.part
            self._reference.take(self._patch)
            self._cement.rebase(part)
            self._outline.forget(part)
            self._patch = None
            self.find()
