"""The figures of a whole run: of each level, each leak and each alarm, with when they were so.

Times are those that alarms go by (ns); None is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from monitor.result import AlertTransition, Distance, Kind, LevelResult, Priority
from monitor.states import State
from recordings.findings import Findings

MOST_ALARMS = 500


@dataclass(frozen=True, slots=True)
class Seen:
    """A frame's number, and when it was looked at (ns)."""

    seq: int
    t_ns: int


@dataclass(frozen=True, slots=True)
class Closest:
    """The closest that cement came to a structure: as `monitor.result.Distance`, and when."""

    value_mm: float
    low_mm: float
    at: Seen


@dataclass(frozen=True, slots=True)
class LeakFigures:
    """Leaks of one class at a level, connected with the cement in the body or not.

    `largest_mm2` is the largest area at any moment, `volume_ml` the last that was known, relative where the
    run was not calibrated then, `first` when it was first told; with when the others were so.
    """

    leak_class: str
    detached: bool
    onset_ns: int
    largest_mm2: float
    volume_ml: float | None
    ambiguous_with: str | None
    first: Seen
    largest_at: Seen
    volume_at: Seen | None = None
    volume_relative: bool = False


@dataclass(frozen=True, slots=True)
class LevelFigures:
    """The last that was known of a level in a view, and its extremes over the run; see `LevelResult`."""

    view: str
    level: str
    at: Seen | None = None
    area_mm2: float | None = None
    outside_mm2: float | None = None
    fill_fraction: float | None = None
    volume_ml: float | None = None
    volume_sd_ml: float | None = None
    volume_relative: bool = False
    volume_method: str | None = None
    volume_at: Seen | None = None
    closest: Mapping[str, Closest] = field(default_factory=dict)
    leaks: Mapping[tuple[str, bool], LeakFigures] = field(default_factory=dict)
    derived: frozenset[str] = frozenset()

    def after(self, level: LevelResult, at: Seen) -> LevelFigures:
        """With what one more frame has shown; of a level that is being learned leaks alone."""
        leaks = _leaked(self.leaks, level, at) if level.leaks else self.leaks
        if level.area_mm2 is None or level.state > State.DEGRADED:
            return replace(self, leaks=leaks) if level.leaks else self
        known = replace(
            self, at=at, leaks=leaks, area_mm2=level.area_mm2, outside_mm2=level.outside_mm2,
            fill_fraction=level.fill_fraction, derived=level.derived,
        )  # fmt: skip
        if level.volume_ml is not None:
            known = replace(
                known, volume_ml=level.volume_ml, volume_sd_ml=level.volume_sd_ml, volume_at=at,
                volume_relative=level.volume_relative, volume_method=level.volume_method,
            )  # fmt: skip
        if level.distances:
            known = replace(known, closest=_closer(self.closest, level.distances, at))
        return known


def _closer(before: Mapping[str, Closest], now: Mapping[str, Distance], at: Seen) -> Mapping[str, Closest]:
    merged = dict(before)
    for name, distance in now.items():
        known = merged.get(name)
        if known is None or distance.value_mm < known.value_mm:
            merged[name] = Closest(float(distance.value_mm), float(distance.low_mm), at)
    return merged


def _leaked(
    before: Mapping[tuple[str, bool], LeakFigures], level: LevelResult, at: Seen
) -> Mapping[tuple[str, bool], LeakFigures]:
    merged = dict(before)
    area_mm2: dict[tuple[str, bool], float] = {}
    volume_ml: dict[tuple[str, bool], float | None] = {}
    for leak in level.leaks:  # several parts of one class are one leak
        key = leak.leak_class, leak.detached
        area_mm2[key] = area_mm2.get(key, 0.0) + leak.area_mm2
        parts_ml = volume_ml.get(key, 0.0)
        volume_ml[key] = None if parts_ml is None or leak.volume_ml is None else parts_ml + leak.volume_ml
        if key not in merged:
            merged[key] = LeakFigures(*key, leak.onset_ns, 0.0, None, leak.ambiguous_with, at, at)
    for key, area in area_mm2.items():
        known, ml = merged[key], volume_ml[key]
        if area > known.largest_mm2:
            known = replace(known, largest_mm2=area, largest_at=at)
        if ml is not None:
            known = replace(known, volume_ml=ml, volume_at=at, volume_relative=level.volume_relative)
        merged[key] = known
    return merged


@dataclass(frozen=True, slots=True)
class AlarmFigures:
    """One alarm from when it was raised: when it was escalated, acknowledged and cleared, None where not.

    `observed`: raised by who watches the monitor, and not from an image.
    """

    rule_id: str
    level: str | None
    structure: str | None
    kind: Kind
    priority: Priority
    message: str
    value: float | None
    unit: str | None
    raised: Seen
    escalated_ns: int | None = None
    acknowledged_ns: int | None = None
    cleared_ns: int | None = None
    observed: bool = False


class Figures:
    """Takes in one step after the other; what stands at the end are the figures of the run."""

    def __init__(self) -> None:
        self.levels: dict[tuple[str, str], LevelFigures] = {}
        self.alarms: list[AlarmFigures] = []
        self.alarms_left_out = 0
        self.looked_at = 0
        self.first_ns: int | None = None
        self.last_ns: int | None = None
        self.watched_s = 0.0
        """Time up to each step in which something was watched, as an analysis counts it (s)."""
        self._open: dict[tuple[str, str | None, str | None], int] = {}

    def take(self, found: Findings, at: Seen) -> None:
        """Take in what was found in a frame."""
        self.looked_at += 1
        if self.last_ns is not None and found.state in (State.MONITORING, State.DEGRADED):
            self.watched_s += max(0, at.t_ns - self.last_ns) / 1e9
        self.first_ns = at.t_ns if self.first_ns is None else self.first_ns
        self.last_ns = at.t_ns
        for level in found.levels:
            key = found.view, level.name
            self.levels[key] = self.levels.get(key, LevelFigures(*key)).after(level, at)
        for transition in found.transitions:
            self._take_alarm(transition, self._open)

    def observed(self, transitions: Iterable[AlertTransition]) -> None:
        """Take in alarms of no image, after the last step: of a lost source, a disk that is full."""
        standing: dict[tuple[str, str | None, str | None], int] = {}
        for transition in transitions:
            self._take_alarm(transition, standing, observed=True)
        self.alarms.sort(key=lambda alarm: alarm.raised.t_ns)

    def _take_alarm(
        self,
        transition: AlertTransition,
        standing: dict[tuple[str, str | None, str | None], int],
        *,
        observed: bool = False,
    ) -> None:
        alert, t_ns = transition.alert, transition.t_ns
        place = standing.get(alert.key)
        if transition.event == "raised" or (place is None and transition.event == "escalated"):
            if len(self.alarms) >= MOST_ALARMS:
                self.alarms_left_out += 1
                return
            standing[alert.key] = len(self.alarms)
            self.alarms.append(
                AlarmFigures(
                    alert.rule_id, alert.level, alert.structure, alert.kind, alert.priority, alert.message,
                    None if alert.value is None else float(alert.value), alert.unit, Seen(alert.seq, t_ns),
                    observed=observed,
                )
            )  # fmt: skip
        elif place is not None:
            known = self.alarms[place]
            if transition.event == "escalated":
                known = replace(
                    known,
                    escalated_ns=known.escalated_ns or t_ns,
                    priority=max(known.priority, alert.priority),
                )
            elif transition.event == "acknowledged":
                known = replace(known, acknowledged_ns=t_ns)
            elif transition.event == "cleared":
                known = replace(known, cleared_ns=t_ns)
                del standing[alert.key]
            self.alarms[place] = known
