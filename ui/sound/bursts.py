"""Tone bursts of the alarms, computed: how many pulses, how long, how far apart, of which pitch.

Counts, lengths and gaps are those of the burst table of IEC 60601-1-8 as it is cited in the literature; the
standard itself was not at hand, and conformance has not been checked. Clinical and technical alarms differ in
pitch, so that whoever does not look knows whether it is the patient or the machine.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.result import Kind, Priority

SAMPLE_RATE_HZ = 44_100
_EDGE_S = 0.02
_HARMONICS = (1.0, 0.6, 0.45, 0.35, 0.3, 0.2)
_LOUDEST = 0.8

Samples = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Burst:
    """One burst and how often it comes.

    Parameters
    ----------
    fundamental_hz : float
        Within 150 to 1000 Hz, with at least four harmonics between 300 and 4000 Hz.
    pulse_s : float
        Length of a pulse.
    gaps_s : tuple of float
        From the end of each pulse to the start of the next; one less than there are pulses.
    rest_s : float or None
        From the end of a burst to the start of the next; None: it sounds once.
    """

    fundamental_hz: float
    pulse_s: float
    gaps_s: tuple[float, ...]
    rest_s: float | None

    @property
    def length_s(self) -> float:
        """From the start of the first pulse to the end of the last."""
        return (len(self.gaps_s) + 1) * self.pulse_s + sum(self.gaps_s)


_SHORT, _STEP, _BETWEEN = 0.1, 0.35, 0.5
_FIVE = (_SHORT, _SHORT, _STEP, _SHORT)
_SHAPES = {
    Priority.HIGH: (0.15, (*_FIVE, _BETWEEN, *_FIVE), 3.0),
    Priority.MEDIUM: (0.2, (0.2, 0.2), 6.0),
    Priority.LOW: (0.2, (0.2,), None),
}
_FUNDAMENTAL_HZ = {
    (Kind.CLINICAL, Priority.HIGH): 523.0,
    (Kind.CLINICAL, Priority.MEDIUM): 440.0,
    (Kind.CLINICAL, Priority.LOW): 392.0,
    (Kind.TECHNICAL, Priority.HIGH): 330.0,
    (Kind.TECHNICAL, Priority.MEDIUM): 294.0,
    (Kind.TECHNICAL, Priority.LOW): 262.0,
}
BURSTS = {(kind, p): Burst(hz, *_SHAPES[p]) for (kind, p), hz in _FUNDAMENTAL_HZ.items()}


def samples_of(burst: Burst, volume: float = 1.0) -> Samples:
    """One burst, without the rest behind it.

    Parameters
    ----------
    volume : float
        0 to 1 of the loudest.

    Returns
    -------
    ndarray, shape (samples,), int16
        Mono, `SAMPLE_RATE_HZ`.
    """
    whole = np.zeros(round(burst.length_s * SAMPLE_RATE_HZ) + 1)
    pulse = _pulse(burst.fundamental_hz, burst.pulse_s)
    at_s = 0.0
    for gap_s in (*burst.gaps_s, 0.0):
        first = round(at_s * SAMPLE_RATE_HZ)
        whole[first : first + len(pulse)] = pulse[: len(whole) - first]
        at_s += burst.pulse_s + gap_s
    return (whole * min(max(volume, 0.0), 1.0) * 32767).astype(np.int16)


def tick(volume: float, length_s: float = 0.05, pitch_hz: float = 880.0) -> Samples:
    """One short tick of the distance tone; as `samples_of`."""
    return samples_of(Burst(pitch_hz, length_s, (), None), volume)


def _pulse(fundamental_hz: float, length_s: float) -> NDArray[np.float64]:
    """A pulse with soft edges; its level rises and falls over `_EDGE_S`, so that it does not click."""
    t_s = np.arange(round(length_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    wave = sum(a * np.sin(2 * np.pi * n * fundamental_hz * t_s) for n, a in enumerate(_HARMONICS, 1))
    edge_s = min(_EDGE_S, length_s / 3)
    edge = np.minimum(1.0, np.minimum(t_s, length_s - t_s) / edge_s)
    shaped: NDArray[np.float64] = _LOUDEST * edge * wave / np.abs(wave).max()
    return shaped
