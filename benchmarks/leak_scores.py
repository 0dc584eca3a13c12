"""True leaks against the alarms that were raised: delay, class, false alarms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.procedure import LeakScene
from benchmarks.records import FalseAlarm, LeakScore
from monitor.result import Leak

JUDGED_BEFORE_END_S = 2.0
"""A leak that is first visible later than this before the end says nothing of sensitivity."""

_NEAR = {"canal": "near_posterior_wall", "vein": "near_vein", "embolus": "near_vein"}


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to an alarm, with the leaks shown at its level at that moment."""

    time_s: float
    what: str
    rule: str
    level: str
    structure: str | None
    leaks: tuple[Leak, ...] = ()


def leak_scores(
    leaks: Sequence[LeakScene],
    events: Sequence[Event],
    final: dict[str, tuple[Leak, ...]],
    end_s: float,
) -> list[LeakScore]:
    """Judge every true leak.

    Parameters
    ----------
    leaks : sequence of LeakScene
    events : sequence of Event
        In the order of time.
    final : dict
        Leaks last shown, by level.
    end_s : float
        Time of the last frame (s).
    """
    earliest = {k.level: min(o.present_s for o in leaks if o.level == k.level) for k in leaks}
    return [_judge(leak, events, final.get(leak.level, ()), earliest[leak.level], end_s) for leak in leaks]


def _judge(
    leak: LeakScene, events: Sequence[Event], final: tuple[Leak, ...], first_present_s: float, end_s: float
) -> LeakScore:
    own = [e for e in events if e.level == leak.level]
    raised = [e for e in own if e.what == "raised"]
    alarms = [e for e in raised if e.rule.startswith("leak_") and e.time_s >= leak.present_s]
    first = alarms[0] if alarms else None
    near = [
        e
        for e in raised
        if e.rule.startswith("near_") and e.rule == _NEAR.get(leak.leak_class, e.rule)
        and (leak.visible_s is None or e.time_s < leak.visible_s)
    ]  # fmt: skip
    emboli = [e for e in alarms if e.rule == "leak_embolus"]
    before = [e.time_s for e in raised if e.rule.startswith("leak_") and e.time_s < leak.present_s]
    first_class = first.rule.removeprefix("leak_") if first else None
    said = next((k for k in first.leaks if k.leak_class == first_class), None) if first else None
    largest = max(final, key=lambda k: k.area_mm2) if final else None
    final_class = largest.leak_class if largest else None
    ambiguous_with = largest.ambiguous_with if largest else None
    if leak.leak_class == "embolus":
        # it has gone by the end: what counts is what was said of it on its way
        final_class = "embolus" if emboli else first_class
        ambiguous_with = None if emboli or said is None else said.ambiguous_with
    return LeakScore(
        level=leak.level,
        leak_class=leak.leak_class,
        present_s=leak.present_s,
        visible_s=leak.visible_s,
        judged=leak.visible_s is not None and leak.visible_s <= end_s - JUDGED_BEFORE_END_S,
        alarm_s=first.time_s if first else None,
        masked=first is None and bool(before),
        warned=any(time_s >= first_present_s for time_s in before),
        first_class=first_class,
        first_verdict=verdict(leak.leak_class, first_class, said.ambiguous_with if said else None),
        final_class=final_class,
        final_verdict=verdict(leak.leak_class, final_class, ambiguous_with),
        near_s=near[0].time_s if near else None,
        near_rule=near[0].rule if near else None,
        embolus_alarm_s=emboli[0].time_s if emboli else None,
    )


def verdict(true: str, said: str | None, ambiguous_with: str | None) -> str | None:
    """``right``, ``ambiguous`` (one of the two said is right), ``not said`` or ``wrong``; None: no alarm."""
    if said is None:
        return None
    if said == "outside":
        return "not said"
    if true not in (said, ambiguous_with):
        return "wrong"
    return "ambiguous" if ambiguous_with is not None else "right"


def false_alarms(leaks: Sequence[LeakScene], events: Sequence[Event]) -> list[FalseAlarm]:
    """Leak alarms raised at a level where no leak was present by then."""
    found = []
    for event in events:
        if event.what != "raised" or not event.rule.startswith("leak_"):
            continue
        if any(k.level == event.level and k.present_s <= event.time_s for k in leaks):
            continue
        kind = "no_leak"
        if any(k.level == event.level for k in leaks):
            kind = "too_early"
        elif leaks:
            kind = "other_level"
        found.append(FalseAlarm(round(event.time_s, 3), event.level, event.rule, kind))
    return found
