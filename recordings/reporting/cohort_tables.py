"""The tables of a cohort's report."""

from __future__ import annotations

from collections.abc import Sequence

from recordings.cohort.figures import Cohort, Comparison
from recordings.qa.record import Failed, LevelRecord, ProcedureRecord
from recordings.reporting.cohort_charts import by_words, name_words
from recordings.reporting.page import Cell, Column, Table, cell
from recordings.reporting.words import (
    NBSP,
    NONE_DETECTED,
    UNKNOWN,
    at,
    events,
    interval,
    leak_words,
    number,
    p_words,
    percent,
    percent_interval,
    short_names,
    spread,
)


def failed_table(failed: Sequence[Failed]) -> Table:
    """Sessions that could not be measured."""
    rows = tuple((cell(one.folder), cell(one.why)) for one in failed)
    return Table(
        "failed",
        f"Sessions that could not be measured ({len(rows)})",
        (Column("session"), Column("why")),
        rows,
        "None: every session was measured.",
        collapsed=len(rows) > 20,
    )


def rate_table(cohort: Cohort) -> Table:
    """All rates."""
    rows = tuple(
        (
            cell(f"per {'vertebra' if table.unit == 'vertebrae' else 'patient'}, {by_words(table.by)}"),
            cell(name_words(table.by, rate.name)),
            cell(str(rate.events), rate.events),
            cell(str(rate.total), rate.total),
            cell(percent(rate.fraction, 1), rate.fraction),
            cell(percent_interval(rate.low, rate.high) or UNKNOWN),
        )
        for table in cohort.rates
        for rate in table.rows
    )
    return Table(
        "rates",
        "Leak rates",
        (
            Column("counted"),
            Column("of"),
            Column("leaking", True),
            Column("looked at", True),
            Column("rate", True),
            Column("95 % (Wilson)", True),
        ),
        rows,
        "Nothing is known of leaks.",
        "Visible in projection. A level counts once in each class that it leaked into.",
        collapsed=len(rows) > 12,
    )


def volume_table(cohort: Cohort) -> Table:
    """Volumes of all strata."""
    rows = tuple(
        (
            cell(row.name),
            cell(str(row.count), row.count),
            cell(number(row.mean_ml, 2)),
            cell(number(row.sd_ml, 2)),
            cell(interval(row.low_ml, row.high_ml, 2) or UNKNOWN),
            cell(number(row.median_ml, 2)),
            cell(interval(row.quartile_1_ml, row.quartile_3_ml, 2) or UNKNOWN),
            cell(interval(row.least_ml, row.most_ml, 2) or UNKNOWN),
            cell(str(row.uncalibrated), row.uncalibrated),
        )
        for row in cohort.volumes
    )
    return Table(
        "volumes",
        "Volume per level (mL)",
        (
            Column("levels"),
            Column("number", True),
            Column("mean", True),
            Column("SD", True),
            Column("mean, 95 %", True),
            Column("median", True),
            Column("quartiles", True),
            Column("range", True),
            Column("left out", True),
        ),
        rows,
        "Nothing is known of volumes.",
        "Left out: relative or unknown.",
    )


def comparison_table(cohort: Cohort) -> Table:
    """The department beside published series."""
    rows = tuple(
        (cell(one.measure), cell(_own(one)), cell(one.series), cell(_published(one)), cell(_difference(one)),
         cell(one.note or "–"))
        for one in cohort.comparisons
    )  # fmt: skip
    return Table(
        "comparison", "Beside published series",
        (Column("measure"), Column("this department", True), Column("series"), Column("published", True),
         Column("difference, 95 %", True), Column("what stands in the way")),
        rows, "Nothing to compare.", "Difference: this department minus published.",
    )  # fmt: skip


def _own(one: Comparison) -> str:
    if one.own is not None and one.own.fraction is not None:
        return f"{percent(one.own.fraction, 1)} ({events(one.own.events, one.own.total)})"
    if one.own_volume is not None and one.own_volume.mean_ml is not None:
        return spread(one.own_volume.mean_ml, one.own_volume.sd_ml, 2, "mL")
    return UNKNOWN


def _published(one: Comparison) -> str:
    if one.published is not None and one.published.fraction is not None:
        return f"{percent(one.published.fraction, 1)} ({events(one.published.events, one.published.total)})"
    if one.published_volume is not None and one.published_volume.mean_ml is not None:
        return spread(one.published_volume.mean_ml, one.published_volume.sd_ml, 2, "mL")
    return UNKNOWN


def _difference(one: Comparison) -> str:
    if one.difference is None:
        return UNKNOWN
    if one.own is not None:
        said = f"{number(100 * one.difference, 1)} points"
        around = interval(_hundred(one.difference_low), _hundred(one.difference_high), 1)
    else:
        said = number(one.difference, 2, "mL")
        around = interval(one.difference_low, one.difference_high, 2)
    return f"{said} ({around})" if around else said


def _hundred(value: float | None) -> float | None:
    return None if value is None else 100 * value


def paired_table(cohort: Cohort) -> Table:
    """Scores before and after."""
    rows = tuple(
        (
            cell(row.score),
            cell(row.when),
            cell(str(row.pairs), row.pairs),
            cell(str(row.missing), row.missing),
            cell(spread(row.before_mean, row.before_sd, 2)),
            cell(spread(row.after_mean, row.after_sd, 2)),
            cell(number(row.difference_mean, 2)),
            cell(interval(row.difference_low, row.difference_high, 2) or UNKNOWN),
            cell(row.test or "too few"),
            cell(p_words(row.p_value)),
            cell(p_words(row.p_adjusted)),
        )
        for row in cohort.paired
    )
    return Table(
        "paired",
        "Scores before and after",
        (
            Column("score"),
            Column("when"),
            Column("pairs", True),
            Column("missing", True),
            Column("before", True),
            Column("after", True),
            Column("change", True),
            Column("change, 95 %", True),
            Column("test"),
            Column("p", True),
            Column("adjusted p", True),
        ),
        rows,
        "No follow-up scores are known.",
        "Mean ± standard deviation of the patients who have both.",
    )


def learning_table(cohort: Cohort) -> Table:
    """Each operator at the last level."""
    rows = tuple(
        (cell(curve.operator), cell(str(len(curve.points)), len(curve.points)),
         cell(str(sum(point.leaked for point in curve.points)), sum(point.leaked for point in curve.points)),
         cell(percent(curve.points[-1].fraction, 1), curve.points[-1].fraction),
         cell(percent_interval(curve.points[-1].low, curve.points[-1].high)),
         cell(percent(curve.expected, 1), curve.expected),
         cell(number(curve.points[-1].cusum, 1), curve.points[-1].cusum))
        for curve in cohort.learning
        if curve.points
    )  # fmt: skip
    return Table(
        "learning", "Operators",
        (Column("operator"), Column("levels", True), Column("leaking", True), Column("rate", True),
         Column("95 % (Wilson)", True), Column("expected", True), Column("CUSUM at the end", True)),
        rows, "Nothing is known of operators.", "Pseudonyms.", collapsed=len(rows) > 12,
    )  # fmt: skip


def operation_table(cohort: Cohort) -> Table:
    """How the monitor was used."""
    used = cohort.operation
    acknowledged = UNKNOWN
    if used.acknowledged is not None and used.acknowledged.fraction is not None:
        rate = used.acknowledged
        around = percent_interval(rate.low, rate.high)
        acknowledged = f"{percent(rate.fraction)} ({events(rate.events, rate.total)}; {around})"
    dose = used.dose_area_product_median_gy_m2
    said = (
        ("alarms per procedure", number(used.alarms_per_procedure, 1)),
        ("alarms acknowledged", acknowledged),
        ("reaction, median", number(used.reaction_median_s, 2, "s")),
        ("first warning to stop of injection, median", at(used.warning_to_stop_median_s)),
        ("monitored part of the time, median", percent(used.monitored_fraction_median)),
        ("beam on, median", at(used.beam_on_median_s)),
        ("dose area product, median", UNKNOWN if dose is None else f"{dose * 1e4:.3g} Gy·cm²"),
    )
    return Table(
        "operation",
        "Use of the monitor",
        (Column("figure"), Column("value", True)),
        tuple((cell(name), cell(value)) for name, value in said),
        "",
        "Over the procedures in which each is known.",
    )


def sensitivity_table(cohort: Cohort) -> Table:
    """Fluoroscopy beside CT, by class."""
    rows = tuple(
        (
            cell(leak_words(one.leak_class)),
            cell(events(one.seen.events, one.seen.total), one.seen.events),
            cell(percent(one.seen.fraction, 0), one.seen.fraction),
            cell(percent_interval(one.seen.low, one.seen.high) or UNKNOWN),
            cell(str(one.by_ct_only), one.by_ct_only),
            cell(str(one.by_fluoroscopy_only), one.by_fluoroscopy_only),
        )
        for one in cohort.sensitivities
    )
    return Table(
        "ct", "Fluoroscopy beside CT",
        (Column("class"), Column("seen, of those in CT", True), Column("sensitivity", True),
         Column("95 % (Wilson)", True), Column("in CT alone", True), Column("in fluoroscopy alone", True)),
        rows, "No CT stands beside these sessions.",
    )  # fmt: skip


def procedure_table(records: Sequence[ProcedureRecord]) -> Table:
    """The procedures, each with a link to its own report."""
    ordered = sorted(records, key=lambda record: (record.day is None, record.day or "", record.session_id))
    names = short_names([record.session_id for record in ordered])
    return Table(
        "procedures",
        f"Procedures ({len(ordered)})",
        (
            Column("session"),
            Column("day"),
            Column("operator"),
            Column("levels"),
            Column("cement", True),
            Column("leaks, in projection"),
            Column("nearest to posterior wall", True),
            Column("alarms", True),
            Column("monitored", True),
        ),
        tuple(_procedure_row(record, names[record.session_id]) for record in ordered),
        "No session was measured.",
        "Alarms: clinical ones of HIGH or MEDIUM priority. rel.: not calibrated, no millilitres.",
        live=True,
    )


def _short_volume(level: LevelRecord) -> str:
    if level.volume_ml is None:
        return UNKNOWN
    return number(level.volume_ml, 2, "rel." if level.volume_relative else "mL")


def _procedure_row(record: ProcedureRecord, name: str) -> tuple[Cell, ...]:
    levels = record.levels
    leaks = dict.fromkeys(leak_words(leak.leak_class) for level in levels for leak in level.leaks)
    if leaks:
        leak_cell = cell(", ".join(leaks), tone="high")
    else:
        seen = any(level.views for level in levels)
        leak_cell = cell(NONE_DETECTED.replace(" ", NBSP) if seen else UNKNOWN)
    near = [one.value_mm for level in levels for one in level.closest if one.structure == "posterior_wall"]
    volumes = [
        level.volume_ml for level in levels if level.volume_ml is not None and not level.volume_relative
    ]
    whole = sum(volumes) if volumes and len(volumes) == len(levels) else None
    alarms = sum(
        one.kind == "clinical" and one.priority.lower() in ("high", "medium") for one in record.alarms
    )
    monitored = record.monitored_fraction
    return (
        Cell(name, name, href=f"procedures/{record.session_id}/report.html"),
        cell(record.day or UNKNOWN), cell(record.operator or UNKNOWN),
        cell(", ".join(level.level for level in levels) or UNKNOWN),
        cell(", ".join(map(_short_volume, levels)) or UNKNOWN, whole), leak_cell,
        cell(number(min(near), 1, "mm"), min(near)) if near else cell(UNKNOWN),
        cell(str(alarms), alarms) if record.monitored else Cell("not monitored", None, "unknown"),
        cell(percent(monitored), monitored) if record.monitored else Cell("not monitored", None, "unknown"),
    )  # fmt: skip
