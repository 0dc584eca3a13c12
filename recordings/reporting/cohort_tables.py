"""The tables of a cohort's report."""

from __future__ import annotations

from collections.abc import Sequence

from recordings.cohort.figures import Cohort, Comparison, PairedRow, Rate, RateTable, VolumeRow
from recordings.qa.record import Failed
from recordings.reporting.cohort_charts import by_words, name_words
from recordings.reporting.page import Cell, Column, Table, cell
from recordings.reporting.words import (
    NBSP,
    UNKNOWN,
    at,
    events,
    interval,
    leak_words,
    number,
    p_words,
    percent,
    percent_interval,
    several,
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
            cell(_counted(table)),
            cell(name_words(table.by, rate.name)),
            cell(str(rate.events), rate.events),
            cell(f"{rate.total}{'*' if rate.few else ''}", rate.total),
            cell(percent(rate.fraction, 1), rate.fraction),
            cell(percent_interval(rate.low, rate.high) or UNKNOWN),
            _allowing(rate),
        )
        for table in (*cohort.rates, *cohort.rates_by_ct)
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
            Column("allowing for patients", True),
        ),
        rows,
        "Nothing is known of leaks.",
        "Visible in projection, but those by CT. A level counts once in each class that it leaked into. "
        "Allowing for patients: Wilson's interval widened by the design effect. * Fewer than five: somebody "
        "may be recognised.",
        collapsed=len(rows) > 12,
        live=len(rows) > 12,
    )


def _counted(table: RateTable) -> str:
    unit = "vertebra" if table.unit == "vertebrae" else "patient"
    by = "" if table.found_by == "fluoroscopy" else f", by {table.found_by}"
    return f"per {unit}{by}, {by_words(table.by)}"


def _allowing(rate: Rate) -> Cell:
    if rate.clusters is None:
        return Cell("–")  # patients are counted
    return cell(percent_interval(rate.adjusted_low, rate.adjusted_high) or UNKNOWN)


def volume_table(cohort: Cohort) -> Table:
    """Volumes of all strata."""
    rows = tuple(
        (
            cell(by_words(row.by)),
            cell(name_words(row.by, row.name)),
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
        "volumes", "Volume per level (mL)",
        (Column("of"), Column("levels"), Column("number", True), Column("mean", True), Column("SD", True),
         Column("mean, 95 %", True), Column("median", True), Column("quartiles", True), Column("range", True),
         Column("left out", True)),
        rows, "Nothing is known of volumes.", "Left out: relative or unknown.",
    )  # fmt: skip


def comparison_table(cohort: Cohort) -> Table:
    """The department beside published series."""
    notes = _numbered([one.note for one in cohort.comparisons])
    rows = tuple(
        (
            cell(one.measure),
            cell(_own(one)),
            cell(one.series),
            cell(_published(one)),
            cell(_difference(one)),
            cell(notes.get(one.note, "–")),
        )
        for one in cohort.comparisons
    )
    return Table(
        "comparison", "Beside published series",
        (Column("measure"), Column("this department", True), Column("series"), Column("published", True),
         Column("difference, 95 %", True), Column("note", True)),
        rows, "Nothing to compare.", "Difference: this department minus published. What stands in the way:",
        tuple(notes),
    )  # fmt: skip


def score_comparison_table(cohort: Cohort) -> Table:
    """Changes of scores beside published ones."""
    notes = _numbered([one.note for one in cohort.compared_scores])
    rows = []
    for one in cohort.compared_scores:
        theirs, own = one.published, one.own
        rows.append((
            cell(theirs.score), cell(theirs.when), cell(UNKNOWN if own is None else _before_after(own)),
            cell("0" if own is None else str(own.pairs)),
            cell(f"{number(theirs.before_mean, 2)} to {number(theirs.after_mean, 2)}"),
            cell(number(one.difference, 2)), cell(notes.get(one.note, "–")),
        ))  # fmt: skip
    return Table(
        "compared-scores", "Scores beside published ones",
        (Column("score"), Column("when"), Column("this department", True), Column("pairs", True),
         Column("published", True), Column("difference of changes", True), Column("note", True)),
        tuple(rows), "Nothing to compare.", "Means before and after. What stands in the way:", tuple(notes),
    )  # fmt: skip


def _before_after(row: PairedRow) -> str:
    if row.before_mean is None or row.after_mean is None:
        return UNKNOWN
    return f"{number(row.before_mean, 2)} to {number(row.after_mean, 2)}"


def _numbered(notes: Sequence[str]) -> dict[str, str]:
    """Each note once, with its number."""
    return {note: str(count) for count, note in enumerate(dict.fromkeys(filter(None, notes)), 1)}


def _own(one: Comparison) -> str:
    if one.own is not None:
        return _rate_words(one.own)
    volume = one.own_volume
    return UNKNOWN if volume is None else f"{_volume_words(volume)} ({several(volume.count, 'level')})"


def _published(one: Comparison) -> str:
    if one.published is not None:
        return _rate_words(one.published)
    if one.published_volume is not None:
        return _volume_words(one.published_volume)
    if one.unit == "fraction":
        return percent_interval(one.published_low, one.published_high, as_told=True) or UNKNOWN
    return interval(one.published_low, one.published_high, 1, one.unit) or UNKNOWN


def _rate_words(rate: Rate) -> str:
    if rate.fraction is None:
        return UNKNOWN
    return f"{percent(rate.fraction, 1)} ({events(rate.events, rate.total)})"


def _volume_words(row: VolumeRow) -> str:
    return spread(row.mean_ml, row.sd_ml, 2, "mL")


def _difference(one: Comparison) -> str:
    if one.difference is None:
        # against a range there is none
        return "–" if one.published is None and one.published_volume is None else UNKNOWN
    if one.unit == "fraction":
        said = f"{number(100 * one.difference, 1)}{NBSP}points"
        around = interval(_hundred(one.difference_low), _hundred(one.difference_high), 1)
    else:
        said = number(one.difference, 2, one.unit)
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
            cell(_level_of(row.before_mean, row.before_sd, row.before_median)),
            cell(_level_of(row.after_mean, row.after_sd, row.after_median)),
            cell(_change(row.difference_mean, row.difference_low, row.difference_high)),
            cell(_change(row.shift, row.shift_low, row.shift_high)),
            cell(f"{row.lower} / {row.same} / {row.higher}" if row.pairs else UNKNOWN),
            cell(row.test or "not tested"),
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
            Column("mean change, 95 %", True),
            Column("shift, 95 %", True),
            Column("lower / same / higher", True),
            Column("test"),
            Column("p", True),
            Column("adjusted p", True),
        ),
        rows,
        "No follow-up scores are known.",
        "Mean ± standard deviation, or median, of the patients who have both. Shift: median of the Walsh "
        "averages (Hodges and Lehmann). Adjusted: over the times of a score (Holm).",
    )


def _level_of(mean: float | None, sd: float | None, median: float | None) -> str:
    if mean is None and median is not None:
        return f"median{NBSP}{number(median, 1)}"
    return spread(mean, sd, 2)


def _change(value: float | None, low: float | None, high: float | None) -> str:
    around = interval(low, high, 2)
    return f"{number(value, 2)} ({around})" if around else number(value, 2)


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
        ("alarms of every kind and priority, per monitored procedure", number(used.alarms_per_procedure, 1)),
        ("alarms acknowledged", acknowledged),
        ("reaction of those acknowledged, median", number(used.reaction_median_s, 2, "s")),
        ("first warning to stop of injection, median", at(used.warning_to_stop_median_s)),
        (
            "monitored part of the time, median of monitored procedures",
            percent(used.monitored_fraction_median),
        ),
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
            cell(UNKNOWN if one.levels is None else str(one.levels), one.levels),
            cell(events(one.seen.events, one.seen.total) + ("*" if one.seen.few else ""), one.seen.events),
            cell(percent(one.seen.fraction, 0), one.seen.fraction),
            cell(percent_interval(one.seen.low, one.seen.high) or UNKNOWN),
            cell(str(one.by_ct_only), one.by_ct_only),
            cell(str(one.by_fluoroscopy_only), one.by_fluoroscopy_only),
        )
        for one in cohort.sensitivities
    )
    return Table(
        "ct", "Fluoroscopy beside CT",
        (Column("class"), Column("levels that both looked at", True), Column("seen, of those in CT", True),
         Column("sensitivity", True), Column("95 % (Wilson)", True), Column("in CT alone", True),
         Column("in fluoroscopy alone", True)),
        rows, "No CT stands beside these sessions.", "* Fewer than five: somebody may be recognised.",
    )  # fmt: skip
