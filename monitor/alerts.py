"""The alarm state machine: pure, its transitions a table; time is an argument.

INACTIVE -> PENDING (on-delay) -> ACTIVE -> LATCHED (condition gone) -> INACTIVE (acknowledged);
ACKNOWLEDGED while still active; a higher priority alarms again. A missing input freezes the pending
time and clears nothing. After IEC 60601-1-8 in spirit; conformance has not been checked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from monitor.result import AlarmState, Alert, AlertTransition, Kind, Priority

Key = tuple[str, str | None, str | None]


class Event(Enum):
    """What may happen to an alarm."""

    SEEN = "condition there"
    HELD = "condition there for the on-delay"
    GONE = "condition gone"
    AWAY = "condition gone for the off-delay"
    WORSE = "priority rises"
    ACKNOWLEDGE = "operator acknowledges"


@dataclass(frozen=True, slots=True)
class Move:
    """Where an event leads, and what is told of it (None: nothing)."""

    to: AlarmState
    tell: str | None = None


_S, _E = AlarmState, Event

TRANSITIONS: dict[tuple[AlarmState, Event], Move] = {
    (_S.INACTIVE, _E.SEEN): Move(_S.PENDING),
    (_S.PENDING, _E.HELD): Move(_S.ACTIVE, "raised"),
    (_S.PENDING, _E.GONE): Move(_S.INACTIVE),
    (_S.ACTIVE, _E.WORSE): Move(_S.ACTIVE, "escalated"),
    (_S.ACTIVE, _E.AWAY): Move(_S.LATCHED, "cleared"),
    (_S.ACTIVE, _E.ACKNOWLEDGE): Move(_S.ACKNOWLEDGED, "acknowledged"),
    (_S.ACKNOWLEDGED, _E.WORSE): Move(_S.ACTIVE, "escalated"),
    (_S.ACKNOWLEDGED, _E.AWAY): Move(_S.INACTIVE, "cleared"),
    (_S.LATCHED, _E.SEEN): Move(_S.ACTIVE, "raised"),
    (_S.LATCHED, _E.ACKNOWLEDGE): Move(_S.INACTIVE, "acknowledged"),
}
"""Every pair that is not listed leaves the alarm as it is and tells nothing."""


def transition(state: AlarmState, event: Event, *, latching: bool) -> Move:
    """Look a move up. An alarm that does not latch goes from ACTIVE to INACTIVE when it clears."""
    move = TRANSITIONS.get((state, event), Move(state))
    if move.to is AlarmState.LATCHED and state is AlarmState.ACTIVE and not latching:
        return Move(AlarmState.INACTIVE, move.tell)
    return move


@dataclass(frozen=True, slots=True)
class Condition:
    """A rule's condition that holds now, with what the bar would say."""

    rule_id: str
    kind: Kind
    priority: Priority
    level: str | None
    structure: str | None
    value: float | None
    unit: str | None
    message: str
    on_delay_s: float
    off_delay_s: float
    latching: bool

    @property
    def key(self) -> Key:
        """What makes it one alarm and not another."""
        return (self.rule_id, self.level, self.structure)


@dataclass(slots=True)
class _Entry:
    alert: Alert
    condition: Condition
    seen_ns: int
    """Time for which the condition has held while its input was there (ns)."""
    gone_ns: int
    latest_ns: int


class AlarmBoard:
    """All alarms of a run. Single-threaded; `update` for each result, `acknowledge` for the operator."""

    def __init__(self) -> None:
        self._entries: dict[Key, _Entry] = {}

    def update(
        self, conditions: Sequence[Condition], unknown: Callable[[Key], bool], now_ns: int, seq: int
    ) -> tuple[AlertTransition, ...]:
        """Take in the conditions that hold now.

        Parameters
        ----------
        conditions : sequence of Condition
        unknown : callable
            Whether the input of an alarm is missing, so that nothing can be said of it.
        now_ns : int
            Time (ns). seq: number of the frame.
        """
        told: list[AlertTransition] = []
        here = {condition.key: condition for condition in conditions}
        for key, condition in here.items():
            if key not in self._entries:
                alert = Alert(
                    condition.rule_id,
                    condition.kind,
                    condition.priority,
                    AlarmState.INACTIVE,
                    condition.level,
                    condition.structure,
                    now_ns,
                    seq,
                    condition.value,
                    condition.unit,
                    condition.message,
                )
                self._entries[key] = _Entry(alert, condition, 0, 0, now_ns)
            self._hold(self._entries[key], condition, now_ns, seq, told)
        for key, entry in self._entries.items():
            if key in here:
                continue
            if unknown(key):
                entry.latest_ns = now_ns
                continue
            self._miss(entry, now_ns, told)
        self._forget()
        return tuple(told)

    def acknowledge(self, now_ns: int) -> tuple[AlertTransition, ...]:
        """Acknowledge every alarm that can be."""
        told: list[AlertTransition] = []
        for entry in self._entries.values():
            self._apply(entry, Event.ACKNOWLEDGE, now_ns, told)
        self._forget()
        return tuple(told)

    def restore(self, alerts: Sequence[Alert], rules: Mapping[str, tuple[float, bool]], now_ns: int) -> None:
        """Take up alarms of a run that was broken off.

        What latches and was raised stays latched until it is acknowledged, and what was acknowledged
        stays so until it has gone. The others are raised anew where they still hold.

        Parameters
        ----------
        alerts : sequence of Alert
            As they stood.
        rules : mapping of str to (float, bool)
            Off-delay (s) of a rule, and whether it latches.
        """
        for alert in alerts:
            off_delay_s, latching = rules.get(alert.rule_id, (0.0, False))
            if not latching or alert.state in (AlarmState.INACTIVE, AlarmState.PENDING):
                continue
            state = AlarmState.LATCHED if alert.state is AlarmState.ACTIVE else alert.state
            condition = Condition(
                alert.rule_id, alert.kind, alert.priority, alert.level, alert.structure, alert.value,
                alert.unit, alert.message, 0.0, off_delay_s, latching,
            )  # fmt: skip
            self._entries[alert.key] = _Entry(replace(alert, state=state), condition, 0, 0, now_ns)

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """Alarms that are active, acknowledged or latched; the highest and newest first."""
        shown = [
            e.alert
            for e in self._entries.values()
            if e.alert.state not in (AlarmState.INACTIVE, AlarmState.PENDING)
        ]
        order = {AlarmState.ACTIVE: 0, AlarmState.LATCHED: 1, AlarmState.ACKNOWLEDGED: 2}
        shown.sort(key=lambda a: (-a.priority, order[a.state], -a.t_onset_ns))
        return tuple(shown)

    def _hold(
        self, entry: _Entry, condition: Condition, now_ns: int, seq: int, told: list[AlertTransition]
    ) -> None:
        elapsed_ns = max(0, now_ns - entry.latest_ns)
        entry.condition, entry.latest_ns, entry.gone_ns = condition, now_ns, 0
        was = entry.alert
        if was.state in (AlarmState.INACTIVE, AlarmState.LATCHED):
            entry.seen_ns = 0
            entry.alert = replace(was, t_onset_ns=now_ns, priority=condition.priority)
        else:
            entry.seen_ns += elapsed_ns
        worse = condition.priority > entry.alert.priority
        entry.alert = replace(
            entry.alert,
            seq=seq,
            value=condition.value,
            unit=condition.unit,
            message=condition.message,
            priority=condition.priority if worse or was.state is AlarmState.PENDING else entry.alert.priority,
        )
        if worse and was.state in (AlarmState.ACTIVE, AlarmState.ACKNOWLEDGED):
            self._apply(entry, Event.WORSE, now_ns, told)
        else:
            self._apply(entry, Event.SEEN, now_ns, told)
        if entry.alert.state is AlarmState.PENDING and entry.seen_ns >= round(condition.on_delay_s * 1e9):
            self._apply(entry, Event.HELD, now_ns, told)

    def _miss(self, entry: _Entry, now_ns: int, told: list[AlertTransition]) -> None:
        entry.gone_ns += max(0, now_ns - entry.latest_ns)
        entry.latest_ns = now_ns
        self._apply(entry, Event.GONE, now_ns, told)
        if entry.gone_ns >= round(entry.condition.off_delay_s * 1e9):
            self._apply(entry, Event.AWAY, now_ns, told)

    @staticmethod
    def _apply(entry: _Entry, event: Event, now_ns: int, told: list[AlertTransition]) -> None:
        move = transition(entry.alert.state, event, latching=entry.condition.latching)
        entry.alert = replace(entry.alert, state=move.to)
        if move.tell is not None:
            told.append(AlertTransition(move.tell, now_ns, entry.alert))

    def _forget(self) -> None:
        for key in [k for k, e in self._entries.items() if e.alert.state is AlarmState.INACTIVE]:
            del self._entries[key]
