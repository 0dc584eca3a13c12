"""How late what is shown is: the room's delay up to capture, and the software's own from there on."""

from __future__ import annotations

from collections import deque

import msgspec
import numpy as np

_RECENT = 64
_LONGEST_MS = 10_000


class Delay(msgspec.Struct, frozen=True):
    """Delay of what was shown in a session (ms).

    Parameters
    ----------
    room_ms : float or None
        From the glass of the room's screen to the capture, as its profile states it; None: not measured.
    processing_p50_ms, processing_p95_ms : float
        From capture to paint, or to what was told where there is no window.
    painted : int
        Results that this rests on.
    """

    room_ms: float | None
    processing_p50_ms: float
    processing_p95_ms: float
    painted: int

    @property
    def words(self) -> str:
        """The delay in a line."""
        usual = delay_words(self.room_ms, self.processing_p50_ms)
        return f"{usual}; 95 % of the frames were processed within {self.processing_p95_ms:.0f} ms"


def delay_words(room_ms: float | None, processing_ms: float) -> str:
    """``glass to alarm 312 ms (280 capture + 32 processing)``, as far as it is known.

    What evidence an alarm needs before it is raised is not in it.
    """
    if room_ms is None:
        return f"processing {processing_ms:.0f} ms, the room's delay before it is not known"
    whole_ms = room_ms + processing_ms
    return f"glass to alarm {whole_ms:.0f} ms ({room_ms:.0f} capture + {processing_ms:.0f} processing)"


class Delays:
    """Delays from capture to paint: all of them, counted by the millisecond, and the last few."""

    def __init__(self) -> None:
        self._counts = np.zeros(_LONGEST_MS + 1, np.int64)
        self._recent: deque[float] = deque(maxlen=_RECENT)

    def add(self, delay_ns: int) -> None:
        """Take in one frame's."""
        delay_ms = max(0.0, delay_ns / 1e6)
        self._counts[min(round(delay_ms), _LONGEST_MS)] += 1
        self._recent.append(delay_ms)

    @property
    def recent_ms(self) -> float | None:
        """Median of the last few; None before the first."""
        return float(np.median(self._recent)) if self._recent else None

    def over_all(self, room_ms: float | None) -> Delay | None:
        """Of the whole session; None where nothing was painted."""
        count = int(self._counts.sum())
        if count == 0:
            return None
        p50, p95 = (float(np.searchsorted(np.cumsum(self._counts), share * count)) for share in (0.5, 0.95))
        return Delay(room_ms, p50, p95, count)
