"""From capture to paint: how long a frame waits, is worked on, and waits to be seen."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

import numpy as np

_KEPT = 1800
"""Frames over which the figures are: a minute at 30 per second."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the way (ms).

    Parameters
    ----------
    frames : int
    median_ms, p99_ms, most_ms : float
    """

    frames: int
    median_ms: float
    p99_ms: float
    most_ms: float


class LatencyAccount:
    """Notes when frames were captured, taken up, done and painted; called from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[int, int] = {}
        self._waited_ms: deque[float] = deque(maxlen=_KEPT)
        self._worked_ms: deque[float] = deque(maxlen=_KEPT)
        self._done_ms: deque[float] = deque(maxlen=_KEPT)
        self._painted_ms: deque[float] = deque(maxlen=_KEPT)

    def done(self, seq: int, captured_ns: int, taken_ns: int, done_ns: int) -> None:
        """A frame is through the stages (monotonic ns)."""
        with self._lock:
            self._waited_ms.append((taken_ns - captured_ns) / 1e6)
            self._worked_ms.append((done_ns - taken_ns) / 1e6)
            self._done_ms.append((done_ns - captured_ns) / 1e6)
            self._open[seq] = captured_ns
            while len(self._open) > _KEPT:
                del self._open[next(iter(self._open))]

    def painted(self, seq: int, painted_ns: int) -> None:
        """What was found in a frame has been painted (monotonic ns)."""
        with self._lock:
            captured_ns = self._open.pop(seq, None)
            if captured_ns is not None:
                self._painted_ms.append((painted_ns - captured_ns) / 1e6)

    def parts(self) -> dict[str, Part]:
        """Figures over the last minute or so; a part that has not happened is not there.

        ``capture_to_step`` (waiting), ``step`` (the stages), ``capture_to_result``, ``capture_to_paint``.
        """
        with self._lock:
            held = {
                "capture_to_step": list(self._waited_ms),
                "step": list(self._worked_ms),
                "capture_to_result": list(self._done_ms),
                "capture_to_paint": list(self._painted_ms),
            }
        return {name: _part(values) for name, values in held.items() if values}


def _part(values_ms: list[float]) -> Part:
    median_ms, p99_ms = np.percentile(values_ms, [50, 99])
    return Part(len(values_ms), float(median_ms), float(p99_ms), max(values_ms))
