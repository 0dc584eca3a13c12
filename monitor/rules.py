"""Which findings are alarms now: one small pure function for each kind of rule.

The table itself, with priorities, conditions in words and sources, is `monitor.rule_table`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from monitor.alerts import Condition
from monitor.clock import CementAge
from monitor.config import AlarmConfig, Config, VolumeConfig
from monitor.plan import LevelIntent, Risk
from monitor.result import Distance, LevelResult, Priority
from monitor.rule_table import RULES, SESSION_RULES, Rule
from monitor.states import Reason, State
from monitor.unwatched import Unwatched

__all__ = [
    "RULES", "SESSION_RULES", "Rule", "clinical_conditions", "session_conditions", "technical_conditions",
    "unwatched_conditions",
]  # fmt: skip

_LYTIC = re.compile(r"metasta|lytic|lysis|myeloma|plasm[ao]cytoma|tumou?r|carcinoma|lymphoma", re.IGNORECASE)
_NOT_LYTIC = re.compile(r"\b(non|not|no)[- ]", re.IGNORECASE)
_LEVEL_NAME = re.compile(r"\s*(C|TH|T|D|L|S)\s*(\d{1,2})", re.IGNORECASE)
_EXPECTED = frozenset({"between_runs", "near_live"})
"""Nothing is wrong: shown as states, but an alarm that always stands teaches to ignore alarms."""
_SIDED = 1.645
"""A distance's lower bound lies so many standard deviations below it."""


def clinical_conditions(
    level: LevelResult, intent: LevelIntent, depth_mm: float | None, config: Config, age: CementAge | None
) -> tuple[Condition, ...]:
    """Conditions that hold at a level now. Unknown values give none.

    Parameters
    ----------
    depth_mm : float or None
        Depth of the body from wall to wall.
    age : CementAge or None
        None where the time of mixing is not known.
    """
    found = [
        *_near_wall(level, intent.risk, depth_mm, config.alarm),
        *_near_others(level, intent.risk, config.alarm),
        *_running(level, config.alarm),
        *_leaks(level, config.alarm),
        *_volumes(level, intent, config),
        *_injection(level, config),
        *_withdraw(level, age, config),
    ]
    return _one_per_key(found)


def session_conditions(
    filled_levels: int, age: CementAge | None, brand: str | None, config: Config
) -> tuple[Condition, ...]:
    """Conditions of the whole session: how many levels were filled, and how old the cement is."""
    found: list[Condition] = []
    alarm = config.alarm
    if filled_levels > alarm.most_levels:
        rule = RULES["many_levels"]
        message = f"{rule.words}: {filled_levels}"
        found.append(_condition(rule, None, float(filled_levels), None, message, alarm.on_delay_s, alarm))
    if age is not None and (age.phase == "late" or age.in_phase_s < config.clock.notice_s):
        rule = RULES[f"cement_{age.phase}"]
        message = f"{rule.words} ({age.age_s / 60:.0f} min from mixing{f', {brand}' if brand else ''})"
        found.append(_condition(rule, None, age.age_s, "s", message, 0.0, alarm))
    return _one_per_key(found)


def unwatched_conditions(gaps: Sequence[Unwatched], config: AlarmConfig) -> tuple[Condition, ...]:
    """Cement before and after a level was unwatched: growth alarms, the rest is told."""
    rule = RULES["grown_unwatched"]
    found = []
    for gap in gaps:
        least_mm2 = max(config.unwatched_growth_mm2, config.unwatched_growth_fraction * gap.before_mm2)
        grown = gap.grown_mm2 >= least_mm2
        message = (
            f"{rule.words if grown else 'watched again'}: {gap.before_mm2:.0f} mm2 before, "
            f"{gap.after_mm2:.0f} mm2 after {gap.lasted_s:.0f} s"
        )
        priority = rule.priority if grown else rule.lowest
        found.append(_condition(rule, gap.level, gap.grown_mm2, "mm2", message, 0.0, config, priority))
    return tuple(found)


def technical_conditions(reasons: Sequence[Reason], config: AlarmConfig) -> tuple[Condition, ...]:
    """Conditions about the monitor itself: blind, or partly so."""
    found: list[Condition] = []
    for reason in reasons:
        if reason.code in _EXPECTED:
            continue
        if reason.state is State.NOT_MONITORING:
            rule = RULES["not_monitoring"]
        elif reason.state is State.DEGRADED:
            rule = RULES["degraded"]
        else:
            continue
        message = f"{rule.words}: {reason.text}"
        found.append(_condition(rule, reason.level, None, None, message, config.technical_on_delay_s, config))
    return _one_per_key(found)


def volume_limit_ml(level_name: str, intent: LevelIntent, config: VolumeConfig) -> float:
    """Volume at which a notice is due: the planned one, or the usual one of the region of the spine."""
    if intent.planned_volume_ml is not None:
        return intent.planned_volume_ml * config.fraction_of_planned
    named = _LEVEL_NAME.match(level_name)
    if named is None:
        return config.default_limit_ml
    region, number = named[1].upper(), int(named[2])
    if region == "C":
        return config.cervical_limit_ml
    if region in ("L", "S"):
        return config.lumbar_limit_ml
    return config.upper_thoracic_limit_ml if number <= 6 else config.lower_thoracic_limit_ml


def is_lytic(pathology: str | None) -> bool:
    """Whether the pathology of a plan names a lesion that eats bone away."""
    if pathology is None:
        return False
    return bool(_LYTIC.search(pathology)) and not _NOT_LYTIC.search(pathology)


def wall_priority(
    wall: Distance, depth_mm: float | None, risk: Risk, nears: bool, config: AlarmConfig
) -> Priority | None:
    """Priority of cement near the posterior wall; None where it is far enough."""
    widen = _widen(risk, config)
    uncertainty_mm = config.stop_uncertainty_factor * max(0.0, wall.value_mm - wall.low_mm) / _SIDED
    stop_mm = max(config.stop_floor_mm, uncertainty_mm)
    caution_mm = stop_mm
    if depth_mm is not None:
        stop_mm = max(stop_mm, config.stop_fraction * depth_mm)
        caution_mm = max(stop_mm, config.caution_fraction * depth_mm)
    if wall.value_mm <= stop_mm * widen:
        return Priority.HIGH
    if wall.value_mm <= caution_mm * widen:
        return Priority.MEDIUM if nears or risk.posterior_wall_defect else Priority.LOW
    return None


def _widen(risk: Risk, config: AlarmConfig) -> float:
    return config.defect_factor if risk.posterior_wall_defect else 1.0


def _near_wall(
    level: LevelResult, risk: Risk, depth_mm: float | None, config: AlarmConfig
) -> Iterator[Condition]:
    wall = (level.distances or {}).get("posterior_wall")
    if wall is None:
        return
    priority = wall_priority(wall, depth_mm, risk, level.time_to_contact_s is not None, config)
    if priority is not None:
        yield _near("near_posterior_wall", priority, level.name, wall, config)


def _near_others(level: LevelResult, risk: Risk, config: AlarmConfig) -> Iterator[Condition]:
    for rule_id, limit_mm in (("near_vein", config.vein_near_mm), ("near_foramen", config.foramen_near_mm)):
        gap = (level.distances or {}).get(rule_id.removeprefix("near_"))
        if gap is not None and gap.value_mm <= limit_mm * _widen(risk, config):
            yield _near(rule_id, RULES[rule_id].priority, level.name, gap, config)


def _running(level: LevelResult, config: AlarmConfig) -> Iterator[Condition]:
    if level.extension_mm_s is None:
        return
    rule = RULES["near_fast_extension"]
    message = f"{rule.words} at {level.extension_mm_s:.0f} mm/s: a vein?"
    # already seen over several pulses: no further delay
    yield _condition(rule, level.name, level.extension_mm_s, "mm/s", message, 0.0, config)


def _leaks(level: LevelResult, config: AlarmConfig) -> Iterator[Condition]:
    for leak in level.leaks:
        rule = RULES[f"leak_{leak.leak_class}"]
        words = rule.words + (f" (or {leak.ambiguous_with})" if leak.ambiguous_with else "")
        yield _condition(rule, level.name, leak.area_mm2, "mm2", words, config.leak_on_delay_s, config)


def _volumes(level: LevelResult, intent: LevelIntent, config: Config) -> Iterator[Condition]:
    """Volume seen or injected, whichever is more, against its limits."""
    known = [ml for ml in (level.volume_ml, level.injected_ml) if ml is not None]
    if not known:
        return
    ml = max(known)
    injected = level.injected_ml is not None and ml == level.injected_ml
    figure = f"{ml:.1f} mL injected" if injected else f"about {ml:.1f} mL seen"
    if not injected and level.volume_relative:
        figure += ", uncalibrated"
    delay_s, alarm = config.alarm.on_delay_s, config.alarm
    limit_ml = volume_limit_ml(level.name, intent, config.volume)
    if ml >= limit_ml:
        rule = RULES["volume_reached"]
        planned = "planned" if intent.planned_volume_ml is not None else "usual limit"
        message = f"{rule.words}: {figure}, {planned} {limit_ml:.1f} mL"
        yield _condition(rule, level.name, ml, "mL", message, delay_s, alarm)
    risk = intent.risk
    if risk.posterior_wall_defect and is_lytic(risk.pathology) and ml >= config.volume.lytic_limit_ml:
        rule = RULES["volume_lytic"]
        message = f"{rule.words} with a wall defect: {figure}"
        yield _condition(rule, level.name, ml, "mL", message, delay_s, alarm)


def _injection(level: LevelResult, config: Config) -> Iterator[Condition]:
    """What was injected and cannot be found in the image."""
    volume, alarm = config.volume, config.alarm
    if level.unseen_ml is not None and level.unseen_ml >= max(
        volume.unseen_ml, 1.96 * (level.unseen_sd_ml or 0.0)
    ):
        rule = RULES["injected_not_seen"]
        message = f"{rule.words}: {level.unseen_ml:.1f} of {level.injected_ml or 0.0:.1f} mL"
        yield _condition(rule, level.name, level.unseen_ml, "mL", message, alarm.on_delay_s, alarm)
    stands = level.still_s is not None and level.still_s >= volume.standing_s
    if stands and level.standing_ml is not None and level.standing_ml >= volume.standing_ml:
        rule = RULES["front_standing"]
        message = f"{rule.words}: {level.standing_ml:.1f} mL"
        yield _condition(rule, level.name, level.standing_ml, "mL", message, alarm.on_delay_s, alarm)


def _withdraw(level: LevelResult, age: CementAge | None, config: Config) -> Iterator[Condition]:
    if age is None or age.phase == "early" or level.still_s is None:
        return
    if level.still_s >= config.clock.withdraw_after_s:
        rule = RULES["withdraw_cannula"]
        yield _condition(rule, level.name, level.still_s, "s", rule.words, 0.0, config.alarm)


def _near(rule_id: str, priority: Priority, level: str, gap: Distance, config: AlarmConfig) -> Condition:
    rule = RULES[rule_id]
    if gap.value_mm < 0:
        message = f"{rule.words} crossed by {-gap.value_mm:.1f} mm"
    else:
        message = f"{rule.words} {gap.value_mm:.1f} mm"
    return _condition(rule, level, gap.value_mm, "mm", message, config.on_delay_s, config, priority)


def _condition(
    rule: Rule,
    level: str | None,
    value: float | None,
    unit: str | None,
    message: str,
    on_delay_s: float,
    config: AlarmConfig,
    priority: Priority | None = None,
) -> Condition:
    return Condition(
        rule.rule_id,
        rule.kind,
        rule.priority if priority is None else priority,
        level,
        rule.structure,
        value,
        unit,
        message,
        on_delay_s,
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
