"""The course of a level as a chart, with gaps where nothing was watched."""

from __future__ import annotations

import math
from collections.abc import Sequence

from recordings.qa.record import AlarmRecord, LevelRecord, ProcedureRecord, TrendPoint
from recordings.reporting.charts import AlarmBar, Mark, TrendChart
from recordings.reporting.words import leak_words, structure_words

MOST_ALARMS = 10
_Z = 1.96


def trend_chart(record: ProcedureRecord, level: LevelRecord) -> TrendChart | None:
    """The chart of a level; None where nothing of its course is known."""
    points = [point for point in level.trend if math.isfinite(point.time_s)]
    if not points:
        return None
    gaps = unwatched(points)
    begin_s, end_s = min(0.0, points[0].time_s), max(points[-1].time_s, record.duration_s)
    seen = [point if point.watched else TrendPoint(time_s=point.time_s, watched=False) for point in points]
    # the error of a relative volume is that of its unknown factor: it says nothing of the course
    bounds = [(None, None) if level.volume_relative else _bounds(point) for point in seen]
    chart = TrendChart(
        times_s=tuple(round(point.time_s, 3) for point in seen),
        volume=tuple(_rounded(point.volume_ml) for point in seen),
        volume_low=tuple(_rounded(low) for low, _ in bounds),
        volume_high=tuple(_rounded(high) for _, high in bounds),
        distance_mm=tuple(_rounded(point.posterior_wall_mm) for point in seen),
        gaps=tuple(gaps), marks=_marks(level), alarms=_alarms(record.alarms, level.level, end_s),
        planned_ml=None if level.volume_relative else level.planned_ml, relative=level.volume_relative,
        begin_s=begin_s, end_s=end_s,
    )  # fmt: skip
    return chart if chart.has_volume or chart.has_distance else None


def unwatched(points: Sequence[TrendPoint]) -> list[tuple[float, float]]:
    """Times in which nothing was watched: each from the last watched point before to the first after (s)."""
    gaps: list[tuple[float, float]] = []
    begin: float | None = None
    for index, point in enumerate(points):
        if not point.watched and begin is None:
            begin = points[max(index - 1, 0)].time_s
        if point.watched and begin is not None:
            gaps.append((begin, point.time_s))
            begin = None
    if begin is not None:
        gaps.append((begin, points[-1].time_s))
    return gaps


def watched_fraction(level: LevelRecord) -> float | None:
    """About which part of its course a level was watched in; None: there is no course, or no watch.

    The course holds extremes, not every frame: gaps that are shorter than its steps are not in it.
    """
    if len(level.trend) < 2 or not any(point.watched for point in level.trend):
        return None
    whole_s = level.trend[-1].time_s - level.trend[0].time_s
    lost_s = sum(end - begin for begin, end in unwatched(level.trend))
    return None if whole_s <= 0 else max(0.0, 1 - lost_s / whole_s)


def _bounds(point: TrendPoint) -> tuple[float | None, float | None]:
    if point.volume_ml is None or point.volume_sd_ml is None:
        return None, None
    half = _Z * point.volume_sd_ml
    return max(point.volume_ml - half, 0.0), point.volume_ml + half


def _rounded(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else round(value, 3)


def _marks(level: LevelRecord) -> tuple[Mark, ...]:
    marks = [Mark(leak.onset_s, "leak", f"leak: {leak_words(leak.leak_class)}") for leak in level.leaks]
    if level.injection_start_s is not None:
        marks.append(Mark(level.injection_start_s, "start", "injection starts"))
    if level.injection_stop_s is not None:
        marks.append(Mark(level.injection_stop_s, "stop", "injection stops"))
    return tuple(sorted(marks, key=lambda mark: mark.time_s))


def _alarms(alarms: Sequence[AlarmRecord], level: str, end_s: float) -> tuple[AlarmBar, ...]:
    """Alarms of a level and of none; where there are many, the gravest."""
    rank = {"high": 0, "medium": 1, "low": 2}
    own = [alarm for alarm in alarms if alarm.level in (level, None)]
    own.sort(
        key=lambda alarm: (alarm.kind != "clinical", rank.get(alarm.priority.lower(), 3), alarm.raised_s)
    )
    chosen = sorted(own[:MOST_ALARMS], key=lambda alarm: alarm.raised_s)
    return tuple(
        AlarmBar(
            words=alarm_words(alarm), priority=alarm.priority.lower(), raised_s=alarm.raised_s,
            end_s=max(end_s if alarm.cleared_s is None else alarm.cleared_s, alarm.raised_s),
            escalated_s=alarm.escalated_s, acknowledged_s=alarm.acknowledged_s,
        )
        for alarm in chosen
    )  # fmt: skip


def alarm_words(alarm: AlarmRecord) -> str:
    """``HIGH posterior wall``; of one about no structure, its rule."""
    what = structure_words(alarm.structure) if alarm.structure else alarm.rule.replace("_", " ")
    return f"{alarm.priority.upper()} {what}"
