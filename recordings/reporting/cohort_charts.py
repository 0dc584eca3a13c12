"""The charts of a cohort's report; where there is nothing to draw, what is said instead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from recordings.cohort.figures import Cohort, Comparison, LearningCurve, Rate, RateTable, VolumeRow
from recordings.reporting.charts import (
    ForestChart,
    ForestRow,
    LearningChart,
    LearningPanel,
    ScoreChart,
    ScorePanel,
    ScorePoint,
    SpreadChart,
    SpreadRow,
)
from recordings.reporting.page import ChartBlock
from recordings.reporting.words import (
    LEAK_WORDS,
    NONE_DETECTED,
    UNKNOWN,
    events,
    interval,
    leak_words,
    number,
    percent,
    percent_interval,
    several,
)

OPERATORS_PER_CHART = 4
_LONGEST = 48
MOST_OPERATORS = 12
_NO_RATES = "Nothing is known of leaks: no level was measured."
BY_WORDS = {
    "all": "all",
    "class": "by class",
    "series class": "by class of published series",
    "region": "by region",
    "pathology": "by pathology",
    "posterior wall defect": "by posterior wall",
    "risk factor": "by risk factor",
    "leak": "by leak, in projection",
}
_NOT_DRAWN = "series class"
"""Classes of the published series are drawn beside them."""


def name_words(by: str, name: str) -> str:
    """Name of a row in words: classes of leaks have their own, others are as noted."""
    if by == "class" and name in LEAK_WORDS:
        return leak_words(name)
    return NONE_DETECTED if by == "leak" and name == "no leak" else name


def by_words(by: str) -> str:
    """What a table of rates or volumes is divided by."""
    return BY_WORDS.get(by, f"by {by}")


def _short(name: str) -> str:
    """A name that leaves room for the chart; the table has all of it."""
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"


def _rate_row(rate: Rate, name: str, kind: str = "own") -> ForestRow:
    return ForestRow(
        _short(name), kind, rate.fraction, rate.low, rate.high, rate.adjusted_low, rate.adjusted_high,
        f"{percent(rate.fraction)}, {events(rate.events, rate.total)}{'*' if rate.few else ''}",
    )  # fmt: skip


def rate_blocks(cohort: Cohort) -> tuple[ChartBlock, ...]:
    """Leak rates per vertebra and per patient, everything that they are divided by below one another."""
    return tuple(
        _rate_block(
            [table for table in cohort.rates if table.unit == unit],
            f"rates-{unit}",
            f"Leaks visible in projection, per {'vertebra' if unit == 'vertebrae' else 'patient'}",
            f"part of the {unit}",
        )
        for unit in ("vertebrae", "patients")
    )


def _rate_block(tables: Sequence[RateTable], name: str, title: str, axis: str) -> ChartBlock:
    rows: list[ForestRow] = []
    for table in tables:
        if table.by == _NOT_DRAWN or not any(rate.total for rate in table.rows):
            continue
        if table.by != "all":
            rows.append(ForestRow(by_words(table.by), "head"))
        rows += [_rate_row(rate, name_words(table.by, rate.name)) for rate in table.rows]
    overall = next((table.rows[0] for table in tables if table.by == "all" and table.rows), None)
    said = []
    if overall is not None:
        said.append(f"All: {percent(overall.fraction, 1)} ({events(overall.events, overall.total)}).")
    if any(row.wide_low is not None for row in rows):
        said.append("Thick: Wilson's interval; thin: allowing for vertebrae of one patient being alike.")
    if any(row.remark.endswith("*") for row in rows):
        said.append("* Fewer than five: somebody may be recognised by them.")
    chart = ForestChart(tuple(rows), axis, percent=True) if rows else None
    return ChartBlock(name, title, " ".join(said), chart, _NO_RATES)


def comparison_blocks(cohort: Cohort) -> tuple[ChartBlock, ...]:
    """The department beside published series: rates, then volumes."""
    words = "Filled: this department; hollow: published; a line without a mark: a range of several series."
    rates = tuple(_beside([one for one in cohort.comparisons if one.unit == "fraction"]))
    volumes = tuple(_beside([one for one in cohort.comparisons if one.unit != "fraction"]))
    blocks = [
        ChartBlock(
            "beside-rates", "Rates beside published series", words,
            ForestChart(rates, "part", percent=True) if rates else None,
            "Nothing to set beside published series.",
        )
    ]  # fmt: skip
    if volumes:
        chart = ForestChart(volumes, "mL per level, mean", percent=False)
        blocks.append(ChartBlock("beside-volumes", "Volumes beside published series", words, chart, ""))
    return tuple(blocks)


def _beside(comparisons: Sequence[Comparison]) -> Iterator[ForestRow]:
    """Each measure once: the department's figure, and below it what others have published."""
    measures: dict[str, list[Comparison]] = {}
    for one in comparisons:
        measures.setdefault(one.measure, []).append(one)
    for measure, found in measures.items():
        yield ForestRow(measure, "head")
        yield _own_row(found[0])
        yield from map(_published_row, found)


def _own_row(one: Comparison) -> ForestRow:
    if one.own is not None:
        return _rate_row(one.own, "this department")
    if one.own_volume is not None:
        return _volume_row(one.own_volume, "this department", "own")
    return ForestRow("this department", "own", remark=UNKNOWN)


def _published_row(one: Comparison) -> ForestRow:
    if one.published is not None:
        return _rate_row(one.published, one.series, "published")
    if one.published_volume is not None:
        told = one.published_volume
        said = f"{number(told.mean_ml, 2)}, of {told.count} (assumed)"
        return replace(_volume_row(told, one.series, "published"), remark=said)
    low, high = one.published_low, one.published_high
    said = percent_interval(low, high, as_told=True) if one.unit == "fraction" else interval(low, high, 1)
    return ForestRow(one.series, "published", None, low, high, remark=said or UNKNOWN)


def _volume_row(row: VolumeRow, name: str, kind: str) -> ForestRow:
    said = f"{number(row.mean_ml, 2)}, {several(row.count, 'level')}"
    return ForestRow(name, kind, row.mean_ml, row.low_ml, row.high_ml, remark=said)


def volume_blocks(cohort: Cohort) -> tuple[ChartBlock, ...]:
    """How volumes are spread."""
    rows = tuple(
        SpreadRow(_stratum(row), row.count, row.least_ml, row.quartile_1_ml, row.median_ml, row.quartile_3_ml,
                  row.most_ml, row.mean_ml, row.low_ml, row.high_ml)
        for row in cohort.volumes
        if row.count and row.mean_ml is not None
    )  # fmt: skip
    return (
        ChartBlock(
            "volumes",
            "Volume per level",
            "Box: quartiles and median; line: least to most; diamond: mean with its interval.",
            SpreadChart(rows, "mL per level") if rows else None,
            "Nothing is known of volumes: none is calibrated.",
        ),
    )


def _stratum(row: VolumeRow) -> str:
    name = name_words(row.by, row.name)
    return name if row.by == "all" else _short(f"{row.by}: {name}")


def score_blocks(cohort: Cohort) -> tuple[ChartBlock, ...]:
    """Mean changes of scores."""
    scores = dict.fromkeys(row.score for row in cohort.paired if row.difference_mean is not None)
    panels = tuple(
        ScorePanel(
            score,
            tuple(
                ScorePoint(row.when, row.difference_mean, row.difference_low, row.difference_high, row.pairs)
                for row in cohort.paired
                if row.score == score
            ),
        )
        for score in scores
    )
    return (
        ChartBlock(
            "scores",
            "Change of scores (after minus before)",
            "Points: mean change; lines: its 95 % interval.",
            ScoreChart(panels) if panels else None,
            "No follow-up scores are known.",
        ),
    )


def learning_blocks(cohort: Cohort) -> tuple[ChartBlock, ...]:
    """Learning curves, so many operators to a chart; of many those with the most levels."""
    most = sorted(cohort.learning, key=lambda curve: -len(curve.points))[:MOST_OPERATORS]
    panels = [_panel(curve) for curve in cohort.learning if curve in most and curve.points]
    title = "Leaks by operator, in the order of their levels"
    if not panels:
        return (ChartBlock("learning", title, "", None, "Nothing is known of operators."),)
    words = "Above: rate so far with its interval; below: leaks so far minus expected (CUSUM)."
    if len(cohort.learning) > MOST_OPERATORS:
        words += f" The {MOST_OPERATORS} with the most levels of {len(cohort.learning)}; all in the table."
    return tuple(
        ChartBlock(
            f"learning-{at // OPERATORS_PER_CHART}",
            title if at == 0 else f"{title}, continued",
            words,
            LearningChart(tuple(panels[at : at + OPERATORS_PER_CHART])),
            "",
        )
        for at in range(0, len(panels), OPERATORS_PER_CHART)
    )


def _panel(curve: LearningCurve) -> LearningPanel:
    points = curve.points
    return LearningPanel(
        operator=curve.operator, expected=curve.expected,
        numbers=tuple(point.number for point in points), leaked=tuple(point.leaked for point in points),
        days=tuple(point.day or "day unknown" for point in points),
        rate=tuple(point.fraction for point in points), low=tuple(point.low for point in points),
        high=tuple(point.high for point in points), cusum=tuple(point.cusum for point in points),
    )  # fmt: skip


def sensitivity_blocks(cohort: Cohort) -> tuple[ChartBlock, ...]:
    """What part of the leaks in CT fluoroscopy showed, and how many vertebrae leak by CT."""
    rows = tuple(_rate_row(one.seen, leak_words(one.leak_class)) for one in cohort.sensitivities)
    blocks = [
        ChartBlock(
            "ct", "Leaks that CT shows, and fluoroscopy showed too", "",
            ForestChart(rows, "part of the leaks in CT", percent=True) if rows else None,
            "No CT stands beside these sessions: what projection hides is unknown.",
        )
    ]  # fmt: skip
    tables = [table for table in cohort.rates_by_ct if table.unit == "vertebrae"]
    if tables:
        title = "Leaks that CT shows, per vertebra that a CT has looked at"
        blocks.append(_rate_block(tables, "ct-rates", title, "part of the vertebrae"))
    return tuple(blocks)
