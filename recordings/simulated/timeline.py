"""Which exposure a frame shows: every frame its own, or repeats of slower pulses, or a held image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from recordings.simulated.disturbances import Disturbance, HeldImage, Repeats, of_kind

_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Timeline:
    """Exposures are numbered from that of the first frame, at `pulse_hz`; those in a hold are left out.

    Parameters
    ----------
    frame_rate_hz, pulse_hz : float
    held : tuple of HeldImage
    """

    frame_rate_hz: float
    pulse_hz: float
    held: tuple[HeldImage, ...]

    @classmethod
    def of(cls, frame_rate_hz: float, disturbances: Sequence[Disturbance]) -> Timeline:
        """Timeline of a run."""
        rates = [r.pulse_rate_hz for r in of_kind(disturbances, Repeats)]
        return cls(frame_rate_hz, min([frame_rate_hz, *rates]), of_kind(disturbances, HeldImage))

    def exposure(self, frame: int) -> int:
        """Number of the exposure that a frame shows."""
        number = frame
        if self.pulse_hz != self.frame_rate_hz:
            number = int(frame / self.frame_rate_hz * self.pulse_hz + _ROUNDING)
        return self.taken(number)

    def taken(self, number: int) -> int:
        """The exposure itself, or the last one before the hold in which it was not taken."""
        for hold in reversed(self.held):
            first = self._first(hold)
            if first < number and number / self.pulse_hz < hold.at_s + hold.seconds - _ROUNDING:
                number = first
        return number

    def before(self, number: int) -> int:
        """The exposure taken before another."""
        return self.taken(number - 1)

    def time_s(self, number: int) -> float:
        """Time of an exposure (s)."""
        return number / self.pulse_hz

    def _first(self, hold: HeldImage) -> int:
        return int(hold.at_s * self.pulse_hz + _ROUNDING)
