"""At high pulse rates two slow looks take turns, so that no pulse pays for both."""

from __future__ import annotations

_RAPID_S = 0.09
"""Of pulses closer than this every other one is enough: at slow rates that is as often as there are any."""


class Turns:
    """Says whose turn it is. `take` once for each pulse."""

    def __init__(self) -> None:
        self.first_rests = self.second_rests = False

    def take(self, dt_s: float) -> None:
        """A pulse has come, so long after the one before (s)."""
        rapid = dt_s < _RAPID_S
        self.first_rests = rapid and not self.first_rests
        self.second_rests = rapid and not self.first_rests
