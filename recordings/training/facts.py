"""What was really so during an exercise, as far as it is known. Times are seconds from the first frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

DangerKind = Literal["near", "leak"]
Origin = Literal["simulated", "truth file", "mark", "alarm", "given"]

ORIGINS: Mapping[str, str] = {
    "simulated": "truth of the simulation",
    "truth file": "truth.json of the recording",
    "mark": "a mark of the operator in the log, not the truth",
    "alarm": "an alarm of the monitor in the log, not the truth",
    "given": "an onset that was given",
}
"""Where it is known from, in words."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One frame.

    Parameters
    ----------
    time_s : float
    distances_mm : mapping of str to (float or None)
        Nearest over all levels, by structure; negative beyond. None: no cement, or not known.
    leaked_ml : float or None
        Over all levels and classes.
    threatened : bool
        Something dangerous is near, so that letting go is reasonable.
    """

    time_s: float
    distances_mm: Mapping[str, float | None]
    leaked_ml: float | None
    threatened: bool


@dataclass(frozen=True, slots=True)
class Danger:
    """Something that ought to end the injection.

    Parameters
    ----------
    kind : {"near", "leak"}
    structure : str
        ``posterior_wall``, or the class of the leak.
    level : str or None
    visible_s : float or None
        First frame in which it can be seen; None: never in this projection.
    """

    kind: DangerKind
    structure: str
    level: str | None
    visible_s: float | None


@dataclass(frozen=True, slots=True)
class Facts:
    """A whole run.

    Parameters
    ----------
    moments : tuple of Moment
        In order of time; empty where nothing but the onset is known.
    dangers : tuple of Danger
        Those that came about.
    may_leak : bool
        Whether it leaks if one goes on.
    ready_s, until_s : float
        From when to when there was something to do.
    planned_ml, safe_ml, injected_ml : float or None
        Planned; injected when the first danger shows if one goes on; injected in the end. None: not known.
    excused_s : tuple of (float, float)
        When nobody is blamed for having let go.
    origin : str
        A key of `ORIGINS`.
    waits_s : tuple of float
        When a level was done and the pedal had to be let go.
    """

    moments: tuple[Moment, ...]
    dangers: tuple[Danger, ...]
    may_leak: bool
    ready_s: float
    until_s: float
    planned_ml: float | None
    safe_ml: float | None
    injected_ml: float | None
    excused_s: tuple[tuple[float, float], ...]
    origin: Origin
    waits_s: tuple[float, ...] = ()

    @property
    def first_danger(self) -> Danger | None:
        """The danger that can be seen first; None: none can."""
        seen = [danger for danger in self.dangers if danger.visible_s is not None]
        return min(seen, key=lambda danger: danger.visible_s or 0.0, default=None)
