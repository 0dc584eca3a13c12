"""Which sound is due: from the alarms of now, what has sounded, and whether the audio is paused. No Qt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from monitor.result import AlarmState, Alert, Kind, Priority
from ui.sound.bursts import BURSTS, Burst
from ui.sound.distance_tone import period_s

PAUSE_S = 120.0
Key = tuple[str, str | None, str | None]


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be played now, in place of what still plays.

    `burst` None: one tick of the distance tone, or nothing where it is `silence`.
    """

    burst: Burst | None
    silence: bool = False


class Schedule:
    """Asked at every look; remembers what has sounded.

    An alarm sounds while it is true and not acknowledged: the sound does not latch. The highest one sounds,
    clinical before technical; one that comes and is graver than what sounds cuts in. LOW sounds once.
    """

    def __init__(self) -> None:
        self.distance_tone = False
        self._paused_until_ns: int | None = None
        self._known_high: frozenset[Key] = frozenset()
        self._told: set[Key] = set()
        self._playing = (0, 0)
        self._burst_end_ns = self._rest_until_ns = 0
        self._tick_ns: int | None = None

    def pause(self, alerts: Iterable[Alert], now_ns: int) -> None:
        """Be silent for two minutes, or sound again where it is silent."""
        if self.paused_s(now_ns) is not None:
            self._paused_until_ns = None
            return
        self._paused_until_ns = now_ns + round(PAUSE_S * 1e9)
        self._known_high = frozenset(key_of(alert) for alert in alerts if alert.priority is Priority.HIGH)

    def paused_s(self, now_ns: int) -> float | None:
        """For how long the audio stays paused (s); None: it is not."""
        if self._paused_until_ns is None or now_ns >= self._paused_until_ns:
            return None
        return (self._paused_until_ns - now_ns) / 1e9

    def sounding(self, now_ns: int) -> bool:
        """Whether a burst is being played."""
        return now_ns < self._burst_end_ns

    def rest_s(self, now_ns: int) -> float:
        """Time until the burst that has sounded comes again (s)."""
        return max(0, self._rest_until_ns - now_ns) / 1e9

    def due(self, alerts: Iterable[Alert], distance_mm: float | None, now_ns: int) -> Due | None:
        """What is to be played now; None: what plays goes on, or nothing does.

        Parameters
        ----------
        alerts : iterable of Alert
            All that are shown, of every plane and of the observer.
        distance_mm : float or None
            For the distance tone; see `ui.sound.distance_tone`.
        now_ns : int
            Monotonic time (ns).
        """
        active = [alert for alert in alerts if alert.state is AlarmState.ACTIVE]
        keys = {key_of(alert) for alert in active}
        self._told &= keys  # one that went and comes again is new
        if self.paused_s(now_ns) is not None:
            new_high = {key_of(a) for a in active if a.priority is Priority.HIGH} - self._known_high
            if not new_high:
                self._burst_end_ns = self._rest_until_ns = now_ns
                return Due(None, silence=True)
            self._paused_until_ns = None  # what was paused were other alarms
        alarm = self._alarm(active, now_ns)
        if alarm is not None:
            return alarm
        return None if now_ns < self._burst_end_ns else self._tick(distance_mm, now_ns)

    def _alarm(self, active: list[Alert], now_ns: int) -> Due | None:
        sounding = now_ns < self._burst_end_ns
        gone = sounding and self._playing not in {gravity_of(alert) for alert in active}
        if gone:  # acknowledged, or no longer true: what still plays is cut short
            self._burst_end_ns = self._rest_until_ns = now_ns
        wanted = [a for a in active if a.priority > Priority.LOW or key_of(a) not in self._told]
        if not wanted:
            return Due(None, silence=True) if gone else None
        first = max(wanted, key=gravity_of)
        if not gone:
            if sounding and gravity_of(first)[0] <= self._playing[0]:
                return None
            if not sounding and now_ns < self._rest_until_ns and key_of(first) in self._told:
                return None
        burst = BURSTS[(first.kind, first.priority)]
        self._playing = gravity_of(first)
        self._told |= {key_of(alert) for alert in wanted if alert.priority <= first.priority}
        self._burst_end_ns = now_ns + round(burst.length_s * 1e9)
        self._rest_until_ns = self._burst_end_ns + round((burst.rest_s or 0.0) * 1e9)
        return Due(burst)

    def _tick(self, distance_mm: float | None, now_ns: int) -> Due | None:
        period = period_s(distance_mm) if self.distance_tone else None
        if period is None:
            self._tick_ns = None
            return None
        if self._tick_ns is not None and now_ns < self._tick_ns + round(period * 1e9):
            return None
        self._tick_ns = now_ns
        return Due(None)


def gravity_of(alert: Alert) -> tuple[int, int]:
    """The graver, the more; the patient's before the machine's."""
    return (int(alert.priority), int(alert.kind is Kind.CLINICAL))


def key_of(alert: Alert) -> Key:
    """What makes it one alarm, at one priority."""
    return (f"{alert.rule_id} {int(alert.priority)}", alert.level, alert.structure)
