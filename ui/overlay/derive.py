"""From an observation to what is painted: which level, which structure, which words."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from monitor.result import AlarmState, Alert, Kind, LevelResult, Priority, Watch
from monitor.states import State
from ui.delays import delay_words
from ui.overlay.choice import levels_to_speak_of
from ui.overlay.derive_bar import bar_model, header_model, shown_alerts
from ui.overlay.derive_front import fronts_ahead
from ui.overlay.memory import TREND_SPAN_S, Memory
from ui.overlay.model import (
    DistanceModel,
    LeakRow,
    LevelMarks,
    OverlayModel,
    TrendModel,
    VolumeRow,
    ZoneRow,
)
from ui.overlay.observation import Observation, Setup
from ui.overlay.sight import is_seen, level_state, shown_state, stale_image_s, time_since_s
from ui.overlay.words import (
    DANGEROUS,
    UNKNOWN,
    ago,
    contact,
    crossed_bound,
    heading,
    lower_bound,
    measured_by,
    one_decimal,
    speed_words,
    structure_words,
)

MARKS = {Watch.WATCHED: "full", Watch.PARTLY: "half", Watch.NOT_MARKED: "empty", Watch.NOT_WATCHED: "empty"}
_SHARE_STEPS = 200


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The level the panels speak of, and the structure of the number (None: unknown)."""

    level: LevelResult | None
    structure: str | None
    seen: bool


def build_model(observation: Observation, memory: Memory, setup: Setup) -> OverlayModel:
    """Derive everything that is painted. `memory` has already been given this observation."""
    result = observation.result
    mm_per_px = setup.mm_per_px.get(result.view) if result else None
    chosen = _choose(observation, memory, mm_per_px)
    level = chosen.level
    return OverlayModel(
        now_ns=observation.now_ns,
        result=result,
        mm_per_px=mm_per_px,
        stale_s=stale_image_s(observation),
        marks=_marks(observation, chosen, mm_per_px),
        header=header_model(observation, level, memory, setup),
        bar=replace(bar_model(observation, level), todo=f"{setup.keys.acknowledge[0]}  acknowledge"),
        distance=_distance(observation, chosen, memory),
        trend=_trend(observation, chosen, memory, mm_per_px),
        volumes=_volumes(observation, level, memory, setup),
        zones=_zones(level, chosen.seen),
        zones_title="watched, and the thinnest cement that would be seen now",
        leaks=_leaks(observation),
        leaks_none=_no_leaks_words(observation),
        footer_note=_footer_note(observation, setup),
        footer_keys=setup.keys.footer,
        sources=(observation.source,) if observation.source else (),
        beats=memory.beats,
    )


def _footer_note(observation: Observation, setup: Setup) -> str:
    """What the source is; else what of the calibration is missing; else how late what is shown is."""
    if observation.demo_note:
        return observation.demo_note
    if not setup.calibration:
        late_ms = observation.processing_ms
        if setup.room_latency_ms is None or late_ms is None or stale_image_s(observation) is not None:
            return ""
        return delay_words(setup.room_latency_ms, late_ms)
    further = f"  (+{len(setup.calibration) - 1})" if len(setup.calibration) > 1 else ""
    return f"{setup.calibration[0]}{further}"


def _choose(observation: Observation, memory: Memory, mm_per_px: float | None) -> _Chosen:
    """Structure of the number: the alarm's; else the nearest dangerous or crossed one; else the nearest.

    Of every level, or of those that a choice of the operator leaves (`ui.overlay.choice`).
    """
    result = observation.result
    if result is None or not result.levels:
        return _Chosen(None, None, False)
    by_name = {level.name: level for level in result.levels}
    seen = {name: level for name, level in by_name.items() if is_seen(observation, level)}
    everything = {(n, s): d.value_mm for n, lv in seen.items() for s, d in (lv.distances or {}).items()}
    among = levels_to_speak_of(observation, memory.chosen, everything, memory, mm_per_px)
    if among is not None:
        own = {k: mm for k, mm in everything.items() if k[0] == memory.chosen}
        everything = {k: mm for k, mm in everything.items() if k[0] in among} or own
        if not everything:
            return _Chosen(by_name[memory.chosen or ""], None, True)
    alarmed = [(a.level or "", measured_by(a.structure) or "") for a in _spoken(observation)]
    key = next((k for k in alarmed if k in everything), None)
    if key is None:
        grave = {k: mm for k, mm in everything.items() if k[1] in DANGEROUS or mm < 0}
        key = memory.choose(grave or everything)
    if key is not None:
        memory.primary = key
        return _Chosen(by_name[key[0]], key[1], True)
    last = memory.primary[0] if memory.primary else None
    level = seen.get(last or "") or next(iter(seen.values()), None) or by_name.get(last or "")
    level = level or result.levels[0]
    return _Chosen(level, None, level.name in seen)


def _spoken(observation: Observation) -> list[Alert]:
    """Alarms on the patient, still true, that decide what the number speaks of."""
    live = (AlarmState.ACTIVE, AlarmState.ACKNOWLEDGED)
    alerts = [a for a in shown_alerts(observation) if a.kind == Kind.CLINICAL and a.state in live]
    return [a for a in alerts if a.priority >= Priority.MEDIUM]


def _priority_of(observation: Observation, level: str, structure: str | None) -> Priority | None:
    if structure is None:
        return None
    return next(
        (
            alert.priority
            for alert in _spoken(observation)
            if alert.level in (None, level) and measured_by(alert.structure) == structure
        ),
        None,
    )


def _marks(observation: Observation, chosen: _Chosen, mm_per_px: float | None) -> tuple[LevelMarks, ...]:
    if observation.result is None:
        return ()
    marks = []
    for level in observation.result.levels:
        state = level_state(observation, level)
        trusted = level.pose is None or level.pose.trusted
        # On a held image the outline is still true of the image; nothing else may be believed.
        drawn = trusted and state <= State.HELD
        nearest = chosen.structure if chosen.level is level else None
        priority = _priority_of(observation, level.name, nearest)
        held = state == State.HELD
        live = drawn and not held and not observation.near_live
        ahead = fronts_ahead(level, mm_per_px) if live else ()
        marks.append(LevelMarks(level.name, drawn, drawn, held, nearest, priority, ahead))
    return tuple(marks)


def _distance(observation: Observation, chosen: _Chosen, memory: Memory) -> DistanceModel:
    level, structure = chosen.level, chosen.structure
    distance = (level.distances or {}).get(structure) if level and structure else None
    if level is None or distance is None or structure is None:
        return _unknown_distance(observation, chosen, memory)
    name = structure_words(structure)
    if memory.chosen is not None:  # whose figures these are, where that is not the same all the time
        name = f"{level.name} {name}"
    crossed = distance.value_mm < 0
    others = {k: d.value_mm for k, d in (level.distances or {}).items() if k != structure}
    also = min(others, key=lambda k: others[k]) if others else None
    beside = ("", "") if also is None else (structure_words(also), _also(others[also]))
    if memory.chosen not in (None, level.name):
        beside = _chosen_beside(observation, memory.chosen)
    approach = (level.approaches or {}).get(structure)
    speed, until = (approach.speed_mm_s, approach.time_to_contact_s) if approach else (None, None)
    if observation.near_live:
        until = None  # it may have been meanwhile
    return DistanceModel(
        title=f"{name} crossed by" if crossed else name,
        figure=one_decimal(abs(distance.value_mm)),
        bound=crossed_bound(distance.low_mm) if crossed else lower_bound(distance.low_mm),
        heading=heading(speed, crossed=crossed),
        speed=speed_words(speed),
        contact=UNKNOWN if until is None or crossed else contact(until),
        also_name=beside[0],
        also=beside[1],
        priority=_priority_of(observation, level.name, structure),
        structure=structure,
        value_mm=distance.value_mm,
        level=level.name,
    )


def _also(value_mm: float) -> str:
    return one_decimal(value_mm) if value_mm >= 0 else f"crossed by {one_decimal(-value_mm)}"


def _chosen_beside(observation: Observation, name: str | None) -> tuple[str, str]:
    """What the chosen level has to say while another's alarm has the large figure."""
    result = observation.result
    level = next((lv for lv in result.levels if lv.name == name), None) if result else None
    if level is None:
        return ("", "")
    if not is_seen(observation, level):
        return (level.name, "not watched")
    known = {k: d.value_mm for k, d in (level.distances or {}).items()}
    grave = {k: mm for k, mm in known.items() if k in DANGEROUS or mm < 0} or known
    if not grave:
        return (level.name, UNKNOWN)
    nearest = min(grave, key=lambda k: grave[k])
    return (f"{level.name} {structure_words(nearest)}", _also(grave[nearest]))


def _unknown_distance(observation: Observation, chosen: _Chosen, memory: Memory) -> DistanceModel:
    if chosen.seen and chosen.level is not None:
        title, bound = "nearest structure", "unknown"
        if chosen.level.area_mm2 == 0:
            title, bound = "no cement detected yet", "nothing to measure from"
        if memory.chosen == chosen.level.name:
            title = f"{chosen.level.name}: {title}"
    elif memory.last_seen_ns is None:
        title, bound = "nothing measured yet", "unknown"
    else:
        gap_s = (observation.now_ns - memory.last_seen_ns) / 1e9
        title, bound = f"last seen {ago(max(0.0, gap_s))} ago", "unknown"
    level = chosen.level.name if chosen.level is not None else None
    return DistanceModel(title, None, bound, heading(None), UNKNOWN, UNKNOWN, "", "", None, level=level)


def _trend(observation: Observation, chosen: _Chosen, memory: Memory, mm_per_px: float | None) -> TrendModel:
    key = memory.primary
    if chosen.level is not None and chosen.structure is not None:
        key = (chosen.level.name, chosen.structure)
    structure = key[1] if key else None
    third = quarter = None
    result = observation.result
    if key and structure == "posterior_wall" and result is not None:
        level = next((lv for lv in result.levels if lv.name == key[0]), None)
        if level is not None:
            third = memory.band_mm(result.view, level, "posterior_third", mm_per_px)
            quarter = memory.band_mm(result.view, level, "posterior_quarter", mm_per_px)
    what = f"distance to {structure_words(structure)}, " if structure else "distance, "
    return TrendModel(
        title=f"{what}last {TREND_SPAN_S:.0f} s",
        points=memory.trend(key, observation.now_ns),
        span_s=TREND_SPAN_S,
        third_mm=third,
        quarter_mm=quarter,
    )


def _volumes(
    observation: Observation, current: LevelResult | None, memory: Memory, setup: Setup
) -> tuple[VolumeRow, ...]:
    if observation.result is None:
        return ()
    levels = sorted(observation.result.levels, key=lambda level: level is not current)
    return tuple(_volume_row(observation, level, level is current, memory, setup) for level in levels)


def _volume_row(
    observation: Observation, level: LevelResult, current: bool, memory: Memory, setup: Setup
) -> VolumeRow:
    planned_ml = setup.planned_volume_ml.get(level.name)
    note = [] if planned_ml is None else [f"of {one_decimal(planned_ml)}"]
    if remark := observation.level_notes.get(level.name):
        note = [remark]
    if not is_seen(observation, level):
        last = memory.volumes.get(level.name)
        if last is not None:
            note.append(f"last {one_decimal(last[0])}")
        return VolumeRow(level.name, UNKNOWN, "mL", None, "  ·  ".join(note), current)
    if level.fill_fraction is not None:
        note.append(f"fill {100 * level.fill_fraction:.0f} %")
    if level.volume_relative and level.volume_ml is not None:
        note.append("not calibrated")
    if level.leaks:
        note.append("1 leak" if len(level.leaks) == 1 else f"{len(level.leaks)} leaks")
    text = "  ·  ".join(note)
    if level.volume_ml is None:
        return VolumeRow(level.name, "", "volume: not calibrated", None, text, current)
    sd = "mL" if level.volume_sd_ml is None else f"± {one_decimal(level.volume_sd_ml)} mL"
    share = None if planned_ml is None else _in_steps(level.volume_ml / planned_ml)
    return VolumeRow(level.name, one_decimal(level.volume_ml), sd, share, text, current, level.volume_ml)


def _in_steps(share: float) -> float:
    """In steps of about a px of the bar, so that it is not painted anew for less; over 1 stays over 1."""
    steps = _SHARE_STEPS * share
    return (math.ceil(steps) if share > 1 else round(steps)) / _SHARE_STEPS


def _zones(level: LevelResult | None, seen: bool) -> tuple[ZoneRow, ...]:
    rows = []
    for zone in level.zones if level else ():
        name = structure_words(zone.name)
        if not seen:
            rows.append(ZoneRow("empty", name, "not watched"))
            continue
        words = [] if zone.watch == Watch.WATCHED else [zone.watch.value]
        least_mm = None
        if zone.watch in (Watch.WATCHED, Watch.PARTLY):
            least_mm = zone.minimum_detectable_mm
            words.append(UNKNOWN if least_mm is None else f"{one_decimal(least_mm)} mm")
        rows.append(ZoneRow(MARKS[zone.watch], name, " · ".join(words), least_mm))
    return tuple(rows)


def _leaks(observation: Observation) -> tuple[LeakRow, ...]:
    rows = []
    for level in observation.result.levels if observation.result else ():
        if not is_seen(observation, level):
            continue
        for leak in sorted(level.leaks, key=lambda leak: -leak.area_mm2):
            name = structure_words(leak.leak_class)
            if leak.ambiguous_with:
                name += f" or {structure_words(leak.ambiguous_with)}"
            age_s = time_since_s(observation, leak.onset_ns)
            note = f"{leak.area_mm2:.0f} mm²" if leak.area_mm2 >= 9.5 else f"{one_decimal(leak.area_mm2)} mm²"
            note += f"  ·  for {ago(age_s) if age_s >= 10 else f'{int(age_s)} s'}"
            rows.append(LeakRow(f"{level.name} {name}", note + ("  ·  detached" if leak.detached else "")))
    return tuple(rows)


def _no_leaks_words(observation: Observation) -> str:
    if shown_state(observation) > State.DEGRADED:
        return f"{UNKNOWN}  not watched"
    return "none detected in the zones that are watched"
