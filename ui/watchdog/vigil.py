"""When a watched process counts as frozen or dead, and whether it is started again (pure)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum

FROZEN_S = 0.7
"""No sign of life for so long: frozen. Looks come every 33 ms; a second is the most that may pass."""
GIVEN_UP_S = 3.0
"""Frozen for so long: it does not come back by itself, and is ended."""
STARTS_WITHIN_S = 30.0
"""No first sign of life for so long: it will not start."""
MOST_RESTARTS, IN_S = 3, 60.0


class Verdict(Enum):
    """What the watchdog sees."""

    STARTING = "starting"
    WELL = "well"
    FROZEN = "frozen"
    GIVEN_UP = "frozen for good"
    DEAD = "dead"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Vigil:
    """One process under watch. Times are monotonic seconds.

    Parameters
    ----------
    started_s : float
    beat_s : float or None
        Last sign of life.
    ending : bool
        It has said that it ends.
    restarted : bool
        It takes the place of one that has failed.
    """

    started_s: float
    beat_s: float | None = None
    ending: bool = False
    restarted: bool = False

    def beat(self, now_s: float) -> Vigil:
        """It has given a sign of life."""
        return replace(self, beat_s=now_s)

    def ends(self) -> Vigil:
        """It has said that it ends."""
        return replace(self, ending=True)

    def verdict(self, now_s: float, exit_status: int | None) -> Verdict:
        """What to think of it now.

        Parameters
        ----------
        exit_status : int or None
            None while the process is there; negative: the signal that ended it.
        """
        if exit_status is not None:
            # a first start that never looked has told its reason itself, and would tell it again
            in_order = self.ending or (self.beat_s is None and not self.restarted)
            return Verdict.ENDED if in_order and exit_status >= 0 else Verdict.DEAD
        if self.ending:
            return Verdict.ENDED
        if self.beat_s is None:
            return Verdict.GIVEN_UP if now_s - self.started_s > STARTS_WITHIN_S else Verdict.STARTING
        silent_s = now_s - self.beat_s
        if silent_s > GIVEN_UP_S:
            return Verdict.GIVEN_UP
        return Verdict.FROZEN if silent_s > FROZEN_S else Verdict.WELL


@dataclass(slots=True)
class Restarts:
    """How often it was started again, so that a process that always dies is not started for ever."""

    at_s: list[float] = field(default_factory=list)

    def another(self, now_s: float) -> int | None:
        """Number of the restart that is due; None where there have been too many."""
        self.at_s = [at_s for at_s in self.at_s if now_s - at_s < IN_S]
        if len(self.at_s) >= MOST_RESTARTS:
            return None
        self.at_s.append(now_s)
        return len(self.at_s)
