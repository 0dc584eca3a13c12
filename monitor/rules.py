"""The rule table: which findings are alarms, how grave, and where the numbers come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from monitor.alerts import Condition
from monitor.config import AlarmConfig, VolumeConfig
from monitor.plan import LevelIntent
from monitor.result import Distance, Kind, LevelResult, Priority
from monitor.states import Reason, State


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table. `words` is what the bar says first."""

    rule_id: str
    kind: Kind
    priority: Priority
    structure: str | None
    latching: bool
    words: str
    source: str


_C, _T = Kind.CLINICAL, Kind.TECHNICAL
_STOP = (
    "cement at the posterior quarter of the body: stop; posterior third: caution (vertebroplasty practice)"
)
_LEAK = "visible leak: stop injecting (vertebroplasty practice)"

RULES: dict[str, Rule] = {
    rule.rule_id: rule
    for rule in (
        Rule("near_posterior_wall", _C, Priority.MEDIUM, "posterior_wall", False, "posterior wall", _STOP),
        Rule(
            "near_vein",
            _C,
            Priority.MEDIUM,
            "vein",
            False,
            "vein",
            "cement runs at about 21 mm/s once in a vein",
        ),
        Rule(
            "near_foramen",
            _C,
            Priority.MEDIUM,
            "foramen",
            False,
            "foramen",
            "foraminal cement predicts a canal leak",
        ),
        Rule("leak_canal", _C, Priority.HIGH, "canal", True, "canal leak", _LEAK),
        Rule("leak_foramen", _C, Priority.HIGH, "foramen", True, "foramen leak", _LEAK),
        Rule("leak_vein", _C, Priority.HIGH, "vein", True, "vein leak", _LEAK),
        Rule("leak_embolus", _C, Priority.HIGH, "embolus", True, "cement carried away", _LEAK),
        Rule(
            "leak_disc_superior",
            _C,
            Priority.MEDIUM,
            "disc_superior",
            True,
            "leak into the disc above",
            _LEAK,
        ),
        Rule(
            "leak_disc_inferior",
            _C,
            Priority.MEDIUM,
            "disc_inferior",
            True,
            "leak into the disc below",
            _LEAK,
        ),
        Rule("leak_paravertebral", _C, Priority.MEDIUM, "paravertebral", True, "leak beside the body", _LEAK),
        Rule("leak_outside", _C, Priority.MEDIUM, None, True, "leak out of the body", _LEAK),
        Rule(
            "volume_reached",
            _C,
            Priority.LOW,
            "volume",
            False,
            "planned volume reached",
            "high volume leaks more",
        ),
        Rule(
            "not_monitoring",
            _T,
            Priority.MEDIUM,
            None,
            False,
            "not monitoring",
            "lost or frozen video is an alarm",
        ),
        Rule("degraded", _T, Priority.LOW, None, False, "degraded", "what is not watched must be known"),
    )
}


def clinical_conditions(
    level: LevelResult, intent: LevelIntent, depth_mm: float | None, config: AlarmConfig, volume: VolumeConfig
) -> tuple[Condition, ...]:
    """Conditions that hold at a level now. Unknown values give none."""
    found: list[Condition] = []
    distances = level.distances or {}
    widen = config.defect_factor if intent.risk.posterior_wall_defect else 1.0
    wall = distances.get("posterior_wall")
    if wall is not None:
        priority = _wall_priority(wall, depth_mm, widen, config)
        if priority is not None:
            found.append(_near("near_posterior_wall", priority, level.name, wall, config))
    for rule_id, limit_mm in (("near_vein", config.vein_near_mm), ("near_foramen", config.foramen_near_mm)):
        gap = distances.get(rule_id.removeprefix("near_"))
        if gap is not None and gap.value_mm <= limit_mm * widen:
            found.append(_near(rule_id, Priority.MEDIUM, level.name, gap, config))
    for leak in level.leaks:
        rule = RULES[f"leak_{leak.leak_class}"]
        words = rule.words + (f" (or {leak.ambiguous_with})" if leak.ambiguous_with else "")
        found.append(
            Condition(
                rule.rule_id,
                rule.kind,
                rule.priority,
                level.name,
                rule.structure,
                leak.area_mm2,
                "mm2",
                words,
                config.leak_on_delay_s,
                config.off_delay_s,
                rule.latching,
            )
        )
    limit_ml = (
        volume.default_limit_ml
        if intent.planned_volume_ml is None
        else intent.planned_volume_ml * volume.fraction_of_planned
    )
    if level.volume_ml is not None and level.volume_ml >= limit_ml:
        rule = RULES["volume_reached"]
        found.append(
            Condition(
                rule.rule_id,
                rule.kind,
                rule.priority,
                level.name,
                rule.structure,
                level.volume_ml,
                "mL",
                f"{rule.words}: {level.volume_ml:.1f} of {limit_ml:.1f} mL",
                config.on_delay_s,
                config.off_delay_s,
                rule.latching,
            )
        )
    return _one_per_key(found)


def technical_conditions(reasons: Sequence[Reason], config: AlarmConfig) -> tuple[Condition, ...]:
    """Conditions about the monitor itself: blind, or partly so."""
    found: list[Condition] = []
    for reason in reasons:
        if reason.state is State.NOT_MONITORING:
            rule = RULES["not_monitoring"]
        elif reason.state is State.DEGRADED:
            rule = RULES["degraded"]
        else:
            continue
        found.append(
            Condition(
                rule.rule_id,
                rule.kind,
                rule.priority,
                reason.level,
                rule.structure,
                None,
                None,
                f"{rule.words}: {reason.text}",
                config.technical_on_delay_s,
                config.off_delay_s,
                rule.latching,
            )
        )
    return _one_per_key(found)


def _wall_priority(
    wall: Distance, depth_mm: float | None, widen: float, config: AlarmConfig
) -> Priority | None:
    uncertainty_mm = max(0.0, wall.value_mm - wall.low_mm)
    stop_mm = max(config.stop_floor_mm, uncertainty_mm)
    caution_mm = stop_mm
    if depth_mm is not None:
        stop_mm = max(stop_mm, config.stop_fraction * depth_mm)
        caution_mm = max(stop_mm, config.caution_fraction * depth_mm)
    if wall.value_mm <= stop_mm * widen:
        return Priority.HIGH
    if wall.value_mm <= caution_mm * widen:
        return Priority.MEDIUM
    return None


def _near(rule_id: str, priority: Priority, level: str, gap: Distance, config: AlarmConfig) -> Condition:
    rule = RULES[rule_id]
    if gap.value_mm < 0:
        message = f"{rule.words} crossed by {-gap.value_mm:.1f} mm"
    else:
        message = f"{rule.words} {gap.value_mm:.1f} mm"
    return Condition(
        rule_id,
        rule.kind,
        priority,
        level,
        rule.structure,
        gap.value_mm,
        "mm",
        message,
        config.on_delay_s,
        config.off_delay_s,
        rule.latching,
    )


def _one_per_key(found: list[Condition]) -> tuple[Condition, ...]:
    """The gravest condition of each alarm; of equals the first."""
    best: dict[tuple[str, str | None, str | None], Condition] = {}
    for condition in found:
        other = best.get(condition.key)
        if other is None or condition.priority > other.priority:
            best[condition.key] = condition
    return tuple(best.values())
