"""When an exercise is over by itself."""

from __future__ import annotations

from recordings.training.interactive import Prepared
from recordings.training.pedal import Pedal
from recordings.training.scoring import Scoring
from recordings.training.simulated_facts import first_danger_grown_s

LET_GO_S = 4.0
"""So long without the pedal after a danger showed, or after the planned volume: it is over (s)."""
FULL_S = 1.0


class Ending:
    """Asked again and again while an exercise runs.

    It is over once the planned volume is in and the pedal let go, or once the pedal was let go for `LET_GO_S`
    after the front has come where a danger shows. Else time ends it.
    """

    def __init__(self, prepared: Prepared, scoring: Scoring) -> None:
        self._prepared = prepared
        self._danger_grown_s = first_danger_grown_s(prepared, scoring)

    def reached(self, pedal: Pedal, time_s: float) -> bool:
        """Whether it is over at a time (s)."""
        injection = pedal.injection
        if not injection.presses or pedal.held:
            return False
        let_go_s = time_s - (injection.presses[-1][1] or time_s)
        grown_s = injection.grown_s(time_s)
        if grown_s >= injection.end_s - 1e-6:
            return let_go_s >= FULL_S
        danger_s = self._danger_grown_s
        return danger_s is not None and grown_s >= danger_s and let_go_s >= LET_GO_S
