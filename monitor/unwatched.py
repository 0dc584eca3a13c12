"""What was not watched: cement before and after a level was blind, set side by side."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from monitor.config import AlarmConfig
from monitor.result import LevelResult
from monitor.states import State

_SETTLE_S = 1.0
"""What is seen is an average over the last pulses, and builds up anew after learning (s)."""


@dataclass(frozen=True, slots=True)
class Unwatched:
    """A time for which nothing was known of a level that holds cement.

    Parameters
    ----------
    level : str
    lasted_s : float
    before_mm2, after_mm2 : float
        Projected cement when it was last known, and once it was known again.
    """

    level: str
    lasted_s: float
    before_mm2: float
    after_mm2: float

    @property
    def grown_mm2(self) -> float:
        """By how much there is more cement."""
        return self.after_mm2 - self.before_mm2


@dataclass(slots=True)
class _Known:
    area_mm2: float
    time_ns: int
    lasted_ns: int | None = None
    """Length of the gap behind us while it is being settled what is there now."""
    before_mm2: float = 0.0
    back_ns: int = 0


class UnwatchedLevels:
    """Follows every level of a view; one thread.

    Parameters
    ----------
    config : AlarmConfig
    """

    def __init__(self, config: AlarmConfig) -> None:
        self._config = config
        self._known: dict[str, _Known] = {}
        self._told: dict[str, tuple[int, Unwatched]] = {}

    def look(self, levels: Iterable[LevelResult], now_ns: int) -> tuple[Unwatched, ...]:
        """Take in what is known now, and give the comparisons that are to be told.

        Parameters
        ----------
        now_ns : int
            Time that alarms go by (ns).
        """
        for level in levels:
            # what is already told while learning may still be half of it
            if level.area_mm2 is not None and level.state is not State.LEARNING:
                self._seen(level.name, level.area_mm2, now_ns)
        keep_ns = round(self._config.unwatched_notice_s * 1e9)
        self._told = {name: told for name, told in self._told.items() if now_ns - told[0] < keep_ns}
        return tuple(unwatched for _, unwatched in self._told.values())

    def _seen(self, name: str, area_mm2: float, now_ns: int) -> None:
        known = self._known.get(name)
        if known is None:
            self._known[name] = _Known(area_mm2, now_ns)
            return
        gap_ns = now_ns - known.time_ns
        if gap_ns >= self._config.unwatched_s * 1e9:
            # blind again before it was settled: the older picture is the one to compare with
            before_mm2 = known.area_mm2 if known.lasted_ns is None else known.before_mm2
            known.lasted_ns, known.before_mm2, known.back_ns = (
                gap_ns + (known.lasted_ns or 0),
                before_mm2,
                now_ns,
            )
        known.area_mm2, known.time_ns = area_mm2, now_ns
        if known.lasted_ns is None or now_ns - known.back_ns < _SETTLE_S * 1e9:
            return
        unwatched = Unwatched(name, known.lasted_ns / 1e9, known.before_mm2, area_mm2)
        known.lasted_ns = None
        if max(unwatched.before_mm2, unwatched.after_mm2) > 0:
            self._told[name] = (now_ns, unwatched)
