"""What a cohort comes to: a pure function of the records, the scores, the risks and the CTs of its patients.

The same input gives the same cohort, in whatever order it comes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from statistics import median

from recordings.cohort.agreement import matched, sensitivities
from recordings.cohort.comparison import compared_scores, comparisons
from recordings.cohort.facts import Facts, facts_of
from recordings.cohort.figures import Cohort, Operation, PairedRow, RateTable
from recordings.cohort.learning import learning_curves
from recordings.cohort.rates import FEW, rate, rate_tables, wall_defects
from recordings.cohort.registry import Registry
from recordings.cohort.rows import CtRow, FollowUpRow, RiskRow
from recordings.cohort.scores import Scores, scores_of
from recordings.cohort.volumes import volume_rows
from recordings.qa.record import ProcedureRecord


def cohort_of(
    records: Iterable[ProcedureRecord],
    follow_up: Iterable[FollowUpRow] = (),
    ct: Iterable[CtRow] = (),
    *,
    software_version: str,
    failed: int = 0,
    risks: Iterable[RiskRow] = (),
    expected: float | None = None,
) -> Cohort:
    """Work out all tables.

    Parameters
    ----------
    records : iterable of ProcedureRecord
        Gone through once; only a few figures of each are kept.
    follow_up : iterable of FollowUpRow
    ct : iterable of CtRow
    software_version : str
        Of this software.
    failed : int
        Sessions that could not be measured.
    risks : iterable of RiskRow
        Beside what the plans say.
    expected : float or None
        Rate of leaks that learning curves are against, 0 to 1; None: the cohort's own.
    """
    facts = facts_of(records, risks)
    pairs, lost_ct = matched(facts, ct)
    by_ct = [
        replace(
            pair.vertebra, leaks=frozenset(leak.leak_class for leak in pair.ct.leaks), maybe=frozenset(),
            measured=True,
        )
        for pair in pairs
    ]  # fmt: skip
    tables, tables_by_ct = rate_tables(facts.vertebrae), rate_tables(by_ct, "CT") if by_ct else ()
    every = (*tables, *tables_by_ct)
    volumes, scores, agreed = volume_rows(facts.vertebrae), scores_of(facts, follow_up), sensitivities(pairs)
    return Cohort(
        software_version=software_version,
        first_day=min(facts.days, default=None), last_day=max(facts.days, default=None),
        procedures=facts.procedures, patients=len(facts.patients) + facts.unknown_patients,
        levels=len(facts.vertebrae), failed=failed, unknown_patients=facts.unknown_patients,
        rates=tables, rates_by_ct=tables_by_ct, volumes=volumes, paired=scores.rows,
        learning=learning_curves(facts.vertebrae, expected),
        comparisons=comparisons(every, wall_defects(facts.vertebrae), volumes, agreed),
        compared_scores=compared_scores(scores.rows),
        sensitivities=agreed, operation=_operation(facts),
        notes=tuple(_notes(facts, scores, every, failed, lost_ct)),
    )  # fmt: skip


def cohort_of_registry(
    registry: Registry, *, software_version: str, failed: int = 0, expected: float | None = None
) -> Cohort:
    """The cohort of all that a registry holds at one moment."""
    with registry.snapshot():
        return cohort_of(
            registry.each_record(), registry.follow_up_rows(), registry.ct_rows(), failed=failed,
            software_version=software_version, risks=registry.risk_rows(), expected=expected,
        )  # fmt: skip


def _operation(facts: Facts) -> Operation:
    count = len(facts.alarms)
    return Operation(
        alarms_per_procedure=sum(facts.alarms) / count if count else None,
        acknowledged=rate("acknowledged", facts.acknowledged, facts.to_acknowledge)
        if facts.to_acknowledge
        else None,
        reaction_median_s=_median(facts.reactions_s),
        warning_to_stop_median_s=_median(facts.warning_to_stop_s),
        monitored_fraction_median=_median(facts.monitored),
        beam_on_median_s=_median(facts.beam_on_s),
        dose_area_product_median_gy_m2=_median(facts.dose_area_gy_m2),
    )


def _median(values: Sequence[float]) -> float | None:
    return median(values) if values else None


def _notes(
    facts: Facts, scores: Scores, tables: Sequence[RateTable], failed: int, lost_ct: int
) -> Iterable[str]:
    unmeasured = sum(not one.measured for one in facts.vertebrae)
    told = (
        (failed, "session(s) could not be measured and are in no figure"),
        (
            facts.unknown_patients,
            "procedure(s) do not say whose they are; each counts as a patient of its own",
        ),
        (facts.by_hand, "procedure(s) were entered by hand; how their leaks were looked for is not known"),
        (facts.merged, "level(s) were in two sessions of one patient and day, and count once"),
        (unmeasured, "level(s) were not measured, and are in no rate"),
        (facts.contradicted, "time(s) a table of risks contradicts a plan; the table holds"),
        (
            sum(one.operator is None for one in facts.vertebrae),
            "level(s) name no operator, and are in no curve",
        ),
        (lost_ct, "CT(s) belong to no procedure here"),
        (
            scores.strangers,
            "patient(s) with scores are in no procedure here: left out; another key would do so",
        ),
        (scores.outside, "score(s) were taken on a day in no window: left out"),
        (scores.undated, "score(s) have a day, and the patient's procedures have none: left out"),
        (scores.several, "score(s) gave way to one of the same patient nearer to the time"),
        (scores.no_baseline, "time(s) a score has a follow-up and nothing before: in no pair"),
    )
    yield from (f"{count} {words}." for count, words in told if count)
    if any(row.design_effect is not None for table in tables for row in table.rows):
        yield (
            "Vertebrae of one patient are alike: beside Wilson's interval stands that of the effective "
            "number, total through design effect."
        )
    yield from _few(tables)
    yield from _missing(scores.rows)
    if sum(len(days) > 1 for days in facts.sessions_of.values()) and scores.rows:
        yield "Scores are timed from a patient's first procedure, whatever followed."
    yield "Intervals are of 95 %. Nothing is adjusted for the number of tables."


def _few(tables: Iterable[RateTable]) -> Iterable[str]:
    small = sum(row.few for table in tables for row in table.rows)
    if small:
        yield (
            f"{small} row(s) count fewer than {FEW}: a patient may be recognised by them; leave them out of "
            "what is passed on."
        )


def _missing(rows: Iterable[PairedRow]) -> Iterable[str]:
    lacking = [row for row in rows if row.missing]
    if lacking:
        worst = max(lacking, key=lambda row: row.missing / (row.pairs + row.missing))
        yield (
            f"Scores are of those who came: up to {worst.missing} of {worst.pairs + worst.missing} "
            f"({worst.score}, {worst.when}) lack the later one, or were not due yet. "
            "Who fares badly may come less often, or more."
        )
