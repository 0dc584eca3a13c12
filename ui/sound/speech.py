"""Which words are due: a few, once for each alarm, behind its tones and never over them. No Qt.

No distance is spoken: it would be another one by the time that it is heard.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from monitor.result import AlarmState, Alert, Priority
from monitor.rule_table import RULES
from ui.sound.schedule import Key, gravity_of, key_of

STALE_S = 10.0
"""What could not be said so long after it came, in the rest of two bursts of HIGH, is not said any more."""
_WORD_S, _AROUND_S = 0.42, 0.56
_LEVEL = re.compile(r"([A-Za-z]+)\s*(\d+)")
_UNSPEAKABLE = re.compile(r"[^A-Za-z0-9 ,]+")


@dataclass(frozen=True, slots=True)
class Say:
    """What is to be said now, in place of what is being said; empty: be silent."""

    words: str


def words_of(alert: Alert) -> str:
    """``canal leak, L 1``: what the rule is called, and the level, letters and number apart."""
    rule = RULES.get(alert.rule_id)
    what = rule.words if rule is not None else alert.rule_id.replace("_", " ")
    level = _LEVEL.sub(r"\1 \2", alert.level or "")
    return " ".join(_UNSPEAKABLE.sub(" ", f"{what}, {level}" if level else what).split())


def length_s(words: str) -> float:
    """How long it takes to say this, at most (s); measured with `espeak-ng` at 165 words a minute."""
    return _AROUND_S + _WORD_S * len(words.split())


class Speech:
    """Asked at every look; remembers what was said.

    An alarm of HIGH or MEDIUM priority is said once while it is true and not acknowledged. There is no queue:
    of several the gravest is said, the newest of those; what is stale by then, or too long, is not.
    """

    def __init__(self) -> None:
        self._since_ns: dict[Key, int] = {}
        self._said: set[Key] = set()
        self._saying: Key | None = None

    def due(
        self, alerts: Iterable[Alert], now_ns: int, *, hushed: bool, room_s: float, speaking: bool
    ) -> Say | None:
        """What is to be said now; None: what is being said goes on, or nothing is.

        Parameters
        ----------
        alerts : iterable of Alert
            As the tones are given them.
        now_ns : int
            Monotonic time (ns).
        hushed : bool
            A burst sounds, or the audio is paused.
        room_s : float
            Time until the next burst (s); what is longer waits for the rest behind that.
        speaking : bool
            What was said last is not at its end.
        """
        active = {
            key_of(alert): alert
            for alert in alerts
            if alert.state is AlarmState.ACTIVE and alert.priority >= Priority.MEDIUM
        }
        self._since_ns = {key: self._since_ns.get(key, now_ns) for key in active}
        self._said &= active.keys()  # one that went and comes again is new
        if speaking and self._saying is not None and (hushed or self._saying not in active):
            self._saying = None
            return Say("")
        if hushed or speaking:
            return None
        fresh = [
            key
            for key in active
            if key not in self._said
            and now_ns - self._since_ns[key] <= round(STALE_S * 1e9)
            and length_s(words_of(active[key])) <= room_s
        ]
        self._saying = max(
            fresh, key=lambda key: (gravity_of(active[key]), self._since_ns[key]), default=None
        )
        if self._saying is None:
            return None
        self._said.add(self._saying)
        return Say(words_of(active[self._saying]))
