"""The charts of a cohort's report; where there is nothing to draw, what is said instead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from recordings.cohort.figures import Cohort, Comparison, LearningCurve, Rate, RateTable
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
from recordings.reporting.words import LEAK_WORDS, NBSP, events, leak_words, percent

OPERATORS_PER_CHART = 4
MOST_OPERATORS = 12
_NO_RATES = "Nothing is known of leaks: no level was measured."
BY_WORDS = {"all": "all", "class": "by class", "region": "by region", "pathology": "by pathology",
            "posterior wall defect": "by posterior wall"}  # fmt: skip


def name_words(by: str, name: str) -> str:
    """Name of a row in words: classes of leaks have their own, others are as noted."""
    return leak_words(name) if by == "class" and name in LEAK_WORDS else name


def by_words(by: str) -> str:
    """What a table of rates is divided by."""
    return BY_WORDS.get(by, f"by {by}")


def _rate_row(rate: Rate, by: str, kind: str = "own") -> ForestRow:
    return ForestRow(
        name_words(by, rate.name), kind, rate.fraction, rate.low, rate.high, events(rate.events, rate.total)
    )


def rate_blocks(cohort: Cohort) -> tuple[ChartBlock, ...]:
    """Leak rates per vertebra and per patient, everything that they are divided by below one another."""
    return tuple(_rate_block([table for table in cohort.rates if table.unit == unit], unit)
                 for unit in ("vertebrae", "patients"))  # fmt: skip


def _rate_block(tables: Sequence[RateTable], unit: str) -> ChartBlock:
    rows: list[ForestRow] = []
    for table in tables:
        if not any(rate.total for rate in table.rows):
            continue
        if table.by != "all":
            rows.append(ForestRow(by_words(table.by), "head"))
        rows += [_rate_row(rate, table.by) for rate in table.rows]
    overall = next((table.rows[0] for table in tables if table.by == "all" and table.rows), None)
    words = (
        ""
        if overall is None
        else f"All: {percent(overall.fraction, 1)} ({overall.events} of {overall.total})."
    )
    return ChartBlock(
        f"rates-{unit}",
        f"Leaks visible in projection, per {'vertebra' if unit == 'vertebrae' else 'patient'}",
        words,
        ForestChart(tuple(rows), f"part of the {unit}", percent=True) if rows else None,
        _NO_RATES,
    )


def comparison_blocks(cohort: Cohort) -> tuple[ChartBlock, ...]:
    """The department beside published series: rates, then volumes."""
    rates = ForestChart(tuple(_beside(cohort.comparisons, volumes=False)), "part", percent=True)
    volumes = ForestChart(
        tuple(_beside(cohort.comparisons, volumes=True)), "mL per level, mean", percent=False
    )
    blocks = [
        ChartBlock(
            "beside-rates",
            "Leak rates beside published series",
            "Filled: this department; hollow: published.",
            rates if rates.rows else None,
            "Nothing to set beside published series.",
        )
    ]
    if volumes.rows:
        blocks.append(ChartBlock("beside-volumes", "Volumes beside published series",
                                 "Filled: this department; hollow: published.", volumes, ""))  # fmt: skip
    return tuple(blocks)


def _beside(comparisons: Sequence[Comparison], *, volumes: bool) -> Iterator[ForestRow]:
    for one in comparisons:
        own, other = (one.own_volume, one.published_volume) if volumes else (one.own, one.published)
        if other is None:
            continue
        yield ForestRow(one.measure, "head")
        for kind, figure, name in (("own", own, "this department"), ("published", other, one.series)):
            if isinstance(figure, Rate):
                yield ForestRow(name, kind, figure.fraction, figure.low, figure.high,
                                events(figure.events, figure.total))  # fmt: skip
            elif figure is not None:
                yield ForestRow(
                    name, kind, figure.mean_ml, figure.low_ml, figure.high_ml, f"{figure.count}{NBSP}levels"
                )


def volume_blocks(cohort: Cohort) -> tuple[ChartBlock, ...]:
    """How volumes are spread."""
    rows = tuple(
        SpreadRow(row.name, row.count, row.least_ml, row.quartile_1_ml, row.median_ml, row.quartile_3_ml,
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
    """What part of the leaks in CT fluoroscopy showed."""
    rows = tuple(
        ForestRow(leak_words(one.leak_class), "own", one.seen.fraction, one.seen.low, one.seen.high,
                  events(one.seen.events, one.seen.total))
        for one in cohort.sensitivities
    )  # fmt: skip
    return (
        ChartBlock(
            "ct", "Leaks that CT shows, and fluoroscopy showed too", "",
            ForestChart(rows, "part of the leaks in CT", percent=True) if rows else None,
            "No CT stands beside these sessions: what projection hides is unknown.",
        ),
    )  # fmt: skip
