"""The pedal of an exercise that runs: pressed and let go by one thread, asked by another."""

from __future__ import annotations

import threading
from dataclasses import replace

from recordings.simulated.injection import Injection

SHORTEST_GAP_S = 0.06
"""No foot lets go and presses again in less: under X11 a held key's repeat can look so (s)."""


class Pedal:
    """An injection that is still being written.

    A press counts from when it is told, so nothing that was said of an earlier time changes, and what is
    rendered again afterwards from `injection` is what was shown. A release may be told some 30 ms late: what
    was shown meanwhile then had up to 1 ms too much of the flow, which goes on for a while in any case.
    """

    def __init__(self, injection: Injection) -> None:
        self._lock = threading.Lock()
        self._injection = injection

    @property
    def injection(self) -> Injection:
        """Everything so far."""
        return self._injection

    @property
    def held(self) -> bool:
        """Whether it is held now."""
        presses = self._injection.presses
        return bool(presses) and presses[-1][1] is None

    def press(self, time_s: float) -> bool:
        """Hold it from a time on; False: it was held already."""
        with self._lock:
            if self.held:
                return False
            last_s = self._injection.presses[-1][1] if self._injection.presses else None
            at_s = time_s if last_s is None else max(time_s, last_s)
            presses = (*self._injection.presses, (at_s, None))
            self._injection = replace(self._injection, presses=presses)
            return True

    def release(self, time_s: float) -> bool:
        """Let it go at a time; False: it was not held."""
        with self._lock:
            if not self.held:
                return False
            down_s = self._injection.presses[-1][0]
            presses = (*self._injection.presses[:-1], (down_s, max(time_s, down_s)))
            self._injection = replace(self._injection, presses=presses)
            return True

    def grown_s(self, time_s: float) -> float:
        """As `Injection.grown_s`."""
        return self._injection.grown_s(time_s)

    def reached_s(self, grown_s: float) -> float | None:
        """As `Injection.reached_s`."""
        return self._injection.reached_s(grown_s)


def joined(presses: tuple[tuple[float, float | None], ...]) -> tuple[tuple[float, float | None], ...]:
    """Presses as a foot made them: those with less than `SHORTEST_GAP_S` between them are one."""
    made: list[tuple[float, float | None]] = []
    for down_s, up_s in presses:
        before_s = made[-1][1] if made else None
        if before_s is not None and down_s - before_s < SHORTEST_GAP_S:
            made[-1] = (made[-1][0], up_s)
        else:
            made.append((down_s, up_s))
    return tuple(made)
