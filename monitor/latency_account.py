"""From capture to paint: how long a frame waits, is worked on, and waits to be seen."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

import numpy as np

_STEP_MS, _LONGEST_MS = 0.25, 10_000
_RECENT = 64
_MOST_OPEN = 1800


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the way, over the whole session (ms, to a quarter).

    Parameters
    ----------
    frames : int
    median_ms, p95_ms, p99_ms, most_ms : float
    """

    frames: int
    median_ms: float
    p95_ms: float
    p99_ms: float
    most_ms: float


class _Counts:
    """Times counted by the quarter of a millisecond: a session of any length takes the same room."""

    def __init__(self) -> None:
        self._counts = np.zeros(round(_LONGEST_MS / _STEP_MS) + 1, np.int64)
        self._most_ms = 0.0

    def add(self, ms: float) -> None:
        ms = max(0.0, ms)
        self._counts[min(round(ms / _STEP_MS), len(self._counts) - 1)] += 1
        self._most_ms = max(self._most_ms, ms)

    def part(self) -> Part | None:
        count = int(self._counts.sum())
        if count == 0:
            return None
        sums = np.cumsum(self._counts)
        p50, p95, p99 = (
            float(np.searchsorted(sums, share * count)) * _STEP_MS for share in (0.5, 0.95, 0.99)
        )
        return Part(count, p50, p95, p99, self._most_ms)


class LatencyAccount:
    """Notes when frames were captured, taken up, done and painted; called from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[int, int] = {}
        self._parts = {
            name: _Counts() for name in ("capture_to_step", "step", "capture_to_result", "capture_to_paint")
        }
        self._recent_ms: deque[float] = deque(maxlen=_RECENT)

    def done(self, seq: int, captured_ns: int, taken_ns: int, done_ns: int) -> None:
        """A frame is through the stages (monotonic ns)."""
        with self._lock:
            self._parts["capture_to_step"].add((taken_ns - captured_ns) / 1e6)
            self._parts["step"].add((done_ns - taken_ns) / 1e6)
            self._parts["capture_to_result"].add((done_ns - captured_ns) / 1e6)
            self._open[seq] = captured_ns
            while len(self._open) > _MOST_OPEN:
                del self._open[next(iter(self._open))]

    def painted(self, seq: int, painted_ns: int) -> None:
        """What was found in a frame has been painted, or told where there is no window (monotonic ns)."""
        with self._lock:
            captured_ns = self._open.pop(seq, None)
            if captured_ns is None:
                return
            late_ms = max(0.0, (painted_ns - captured_ns) / 1e6)
            self._parts["capture_to_paint"].add(late_ms)
            self._recent_ms.append(late_ms)

    @property
    def recent_ms(self) -> float | None:
        """From capture to paint, median of the last few frames (ms); None before the first."""
        with self._lock:
            return float(np.median(self._recent_ms)) if self._recent_ms else None

    def parts(self) -> dict[str, Part]:
        """Figures of the whole session; a part that has not happened is not there.

        ``capture_to_step`` (waiting), ``step`` (the stages), ``capture_to_result``, ``capture_to_paint``.
        """
        with self._lock:
            found = {name: counts.part() for name, counts in self._parts.items()}
        return {name: part for name, part in found.items() if part is not None}
