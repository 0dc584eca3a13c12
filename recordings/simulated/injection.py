"""How far an injection has come at a time: steadily by itself, or only while a pedal is held.

Cement grows by a clock of its own (`recordings.simulated.growth`: every parcel has an arrival time), all
else by the time of day. A steady run has one time for both. Where somebody injects, the clock of growth runs
while the pedal is held and for a little while after: what is under pressure in syringe and cannula still
comes out.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Protocol

AFTER_FLOW_S = 0.3
"""Time constant with which the flow falls once the pedal is let go (s): an assumption. That cement goes on
for a moment is what operators report; how long depends on cannula, cement and syringe, and no measured value
for the hand syringe was at hand. At 0.07 mL/s it lets 0.02 mL follow."""

Press = tuple[float, float | None]
"""When the pedal was pressed and let go (s from the first frame); None: it is still held."""


class Flow(Protocol):
    """What renderer and truth ask of an injection. Times are seconds from the first frame."""

    def grown_s(self, time_s: float) -> float:
        """Time of growth that has been reached at a time."""
        ...

    def reached_s(self, grown_s: float) -> float | None:
        """Time at which a time of growth is reached first; None: it is not."""
        ...


@dataclass(frozen=True, slots=True)
class Steady:
    """Runs by itself: growth keeps the time of day."""

    def grown_s(self, time_s: float) -> float:
        """The time itself."""
        return time_s

    def reached_s(self, grown_s: float) -> float | None:
        """The time itself."""
        return grown_s


@dataclass(frozen=True, slots=True)
class _Part:
    """From `from_s` on growth runs (``flow``), dies away (``fall``) or stands (``still``), up to `most_s`."""

    from_s: float
    grown_s: float
    kind: str
    most_s: float


@dataclass(frozen=True, slots=True)
class Injection:
    """An injection by pedal: a pure function of when it was pressed and let go.

    Parameters
    ----------
    start_s : float
        When injecting becomes possible, and the time of growth at which cement begins (s); a pedal that is
        held before counts from here.
    end_s : float
        Time of growth at which all cement is in (s).
    presses : tuple of (float, float or None)
        In order, not overlapping; the last may be held still.
    pauses_s : tuple of float
        Times of growth at which the flow ends until the pedal is pressed anew: another level is next.
    after_flow_s : float
        Time constant of the flow after letting go (s), above 0.

    Raises
    ------
    ValueError
        The presses are not in order.
    """

    start_s: float
    end_s: float
    presses: tuple[Press, ...] = ()
    pauses_s: tuple[float, ...] = ()
    after_flow_s: float = AFTER_FLOW_S
    _parts: tuple[_Part, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        last_s = -math.inf
        for number, (down_s, up_s) in enumerate(self.presses):
            held = up_s is None
            if down_s < last_s or (held and number != len(self.presses) - 1):
                raise ValueError(f"press {number} at {down_s} s is not in order")
            if up_s is not None and up_s < down_s:
                raise ValueError(f"press {number} ends at {up_s} s before it begins at {down_s} s")
            last_s = down_s if up_s is None else up_s
        object.__setattr__(self, "_parts", self._worked_out())

    def grown_s(self, time_s: float) -> float:
        """Time of growth that has been reached at a time (s); never falls."""
        part = self._parts[bisect_right(self._parts, time_s, key=lambda p: p.from_s) - 1]
        return self._grown(part, time_s)

    def reached_s(self, grown_s: float) -> float | None:
        """Time at which a time of growth is reached first (s); None: it never is."""
        if grown_s <= self.start_s:
            return self.start_s
        for part, following in zip(self._parts, (*self._parts[1:], None), strict=True):
            at_s = self._reached_in(part, grown_s)
            if at_s is not None and (following is None or at_s <= following.from_s):
                return at_s
        return None

    def flows(self, time_s: float) -> bool:
        """Whether the pedal presses cement out at a time; what follows after it is let go does not count."""
        part = self._parts[bisect_right(self._parts, time_s, key=lambda p: p.from_s) - 1]
        return part.kind == "flow" and self._grown(part, time_s) < part.most_s

    def waits(self, time_s: float) -> bool:
        """Whether the level is done and the pedal has to be pressed anew for the next."""
        grown_s = self.grown_s(time_s)
        return any(math.isclose(grown_s, pause_s, abs_tol=1e-9) for pause_s in self.pauses_s)

    def _worked_out(self) -> tuple[_Part, ...]:
        parts = [_Part(-math.inf, self.start_s, "still", self.start_s)]
        for down_s, up_s in self.presses:
            from_s = max(down_s, self.start_s)
            if up_s is not None and up_s <= from_s:
                continue
            grown_s = self._grown(parts[-1], from_s)
            most_s = min((p for p in self.pauses_s if p > grown_s + 1e-9), default=self.end_s)
            most_s = max(min(most_s, self.end_s), grown_s)
            parts.append(_Part(from_s, grown_s, "flow", most_s))
            if up_s is not None:
                grown_s = self._grown(parts[-1], up_s)
                parts.append(_Part(up_s, grown_s, "fall" if grown_s < most_s else "still", most_s))
        return tuple(parts)

    def _grown(self, part: _Part, time_s: float) -> float:
        if part.kind == "still":
            return part.grown_s
        since_s = time_s - part.from_s
        if part.kind == "fall":
            since_s = self.after_flow_s * -math.expm1(-since_s / self.after_flow_s)
        return min(part.grown_s + since_s, part.most_s)

    def _reached_in(self, part: _Part, grown_s: float) -> float | None:
        way_s = grown_s - part.grown_s
        if way_s <= 0:
            return part.from_s
        if part.kind == "still" or grown_s > part.most_s:
            return None
        if part.kind == "flow":
            return part.from_s + way_s
        if way_s >= self.after_flow_s:
            return None
        return part.from_s - self.after_flow_s * math.log1p(-way_s / self.after_flow_s)
