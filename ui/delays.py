"""How late what is shown is: the room's delay up to capture, and the software's own from there on."""

from __future__ import annotations

import msgspec

from monitor.latency_account import LatencyAccount


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


def delay_of(account: LatencyAccount, room_ms: float | None) -> Delay | None:
    """Of the whole session; None where nothing was painted."""
    part = account.parts().get("capture_to_paint")
    return None if part is None else Delay(room_ms, part.median_ms, part.p95_ms, part.frames)


def delay_words(room_ms: float | None, processing_ms: float) -> str:
    """``glass to alarm 312 ms (280 capture + 32 processing)``, as far as it is known.

    What evidence an alarm needs before it is raised is not in it.
    """
    if room_ms is None:
        return f"processing {processing_ms:.0f} ms, the room's delay before it is not known"
    whole_ms = room_ms + processing_ms
    return f"glass to alarm {whole_ms:.0f} ms ({room_ms:.0f} capture + {processing_ms:.0f} processing)"
