"""What the report of a cohort says: what is not known, rates, volumes, maps, scores, learning."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from recordings.cohort.figures import Cohort, Rate, VolumeRow
from recordings.qa.record import Failed, ProcedureRecord
from recordings.reporting import cohort_charts as drawn
from recordings.reporting import cohort_tables as told
from recordings.reporting.gathered import Gathered, gathered
from recordings.reporting.maps import MapPicture
from recordings.reporting.page import ChartBlock, Fact, Table, Warned
from recordings.reporting.procedures_table import procedure_table
from recordings.reporting.words import (
    UNKNOWN,
    events,
    interval,
    number,
    percent,
    percent_interval,
    several,
    spread,
)

LIMITS = (
    "Leaks are those visible in projection. In one series that was held against CT, live fluoroscopy showed "
    "75 % of leaks into a disc, 51 % into vessels, 31 % beside the body and 21 % into the epidural space; on "
    "radiographs 2 of 28 leaks into the canal were seen. A CT would show more than these rates.",
    "Published series differ in patients, cement, definition of a leak and how it was looked for. Standing "
    "beside them is no grade.",
    "Intervals are of 95 %: Wilson's for rates, Student's for means. Vertebrae of one patient are "
    "alike: where it can be told, a second interval allows for it; the first is too narrow.",
    "Operators are pseudonyms, and their patients differ. A curve over few levels says little about skill.",
    "Intervals that overlap are not a test, and many are shown: one in twenty misses by chance.",
)
GLOSSARY = (
    (
        "CUSUM",
        "leaks so far minus those expected at the rate given: it climbs while leaks are more frequent than "
        "expected, and falls while they are fewer",
    ),
    ("running rate", "leaking levels of all levels of an operator so far"),
    ("pairs", "patients with a score before and at that time"),
    ("adjusted p", "over all times of a score, after Holm"),
    ("unknown", "not measured, not noted, or not to be had; never zero"),
)


@dataclass(frozen=True, slots=True)
class CohortPage:
    """Everything on it, ready to be laid out."""

    title: str
    subtitle: str
    about: tuple[tuple[str, str], ...]
    warned: tuple[Warned, ...]
    facts: tuple[Fact, ...]
    charts: dict[str, tuple[ChartBlock, ...]]
    maps: tuple[MapPicture, ...]
    tables: dict[str, Table]
    notes: tuple[str, ...]
    limits: tuple[str, ...] = LIMITS
    glossary: tuple[tuple[str, str], ...] = GLOSSARY


def cohort_page(
    records: Iterable[ProcedureRecord],
    cohort: Cohort,
    failed: Sequence[Failed],
    *,
    software_version: str,
    has_report: Callable[[str], bool] = lambda _session_id: True,
) -> CohortPage:
    """Put the page together; `has_report` says of which sessions there is a report to link to."""
    found = gathered(records)
    days = f"{cohort.first_day or 'day unknown'} to {cohort.last_day or 'day unknown'}"
    tables = (
        told.failed_table(failed),
        told.rate_table(cohort),
        told.volume_table(cohort),
        told.comparison_table(cohort),
        told.paired_table(cohort),
        told.score_comparison_table(cohort),
        told.learning_table(cohort),
        told.operation_table(cohort),
        told.sensitivity_table(cohort),
        procedure_table(found.rows, has_report),
    )
    return CohortPage(
        title="Cement distribution and leaks: cohort",
        subtitle=f"{days} · {several(cohort.procedures, 'procedure')}",
        about=(
            ("Days", days),
            ("Procedures", str(cohort.procedures)),
            ("Patients", str(cohort.patients)),
            ("Levels", str(cohort.levels)),
            ("Could not be measured", str(max(cohort.failed, len(failed)))),
            ("Made with", software_version or UNKNOWN),
            ("Measured with", ", ".join(found.versions) or UNKNOWN),
        ),
        warned=tuple(sorted(_warned(found, cohort, failed), key=lambda one: not one.strong)),
        facts=tuple(_facts(cohort)),
        charts={
            "rates": drawn.rate_blocks(cohort),
            "comparison": drawn.comparison_blocks(cohort),
            "volumes": drawn.volume_blocks(cohort),
            "scores": drawn.score_blocks(cohort),
            "learning": drawn.learning_blocks(cohort),
            "ct": drawn.sensitivity_blocks(cohort),
        },
        maps=found.maps,
        tables={table.name: table for table in tables},
        notes=cohort.notes,
    )


def _warned(found: Gathered, cohort: Cohort, failed: Sequence[Failed]) -> Iterator[Warned]:
    count = max(cohort.failed, len(failed))
    if count:
        yield Warned(
            f"{several(count, 'session')} could not be measured and counts nowhere below; named in the table."
            if count == 1
            else f"{count} sessions could not be measured and count nowhere below; named in the table.",
            True,
        )
    yield from found.warned
    if found.levels > cohort.levels > 0:
        yield Warned(
            f"{found.levels} levels as recorded are {several(cohort.levels, 'treatment')}: what sessions of "
            "one patient and day hold of the same level counts once in rates and volumes."
        )
    if cohort.unknown_patients:
        yield Warned(
            f"{several(cohort.unknown_patients, 'procedure')} without a patient's pseudonym: each counts as "
            "a patient of its own."
        )
    if not cohort.sensitivities:
        yield Warned("No CT stands beside these sessions: what projection hides is unknown.")
    if not cohort.paired:
        yield Warned("No follow-up scores were imported: how patients fared is unknown.")


def _overall(cohort: Cohort, unit: str) -> Rate | None:
    for table in cohort.rates:
        if table.unit == unit and table.by == "all" and table.rows:
            return table.rows[0]
    return None


def _rate_fact(name: str, rate: Rate | None) -> Fact:
    if rate is None or rate.fraction is None:
        return Fact(name, UNKNOWN, "", "unknown")
    around = percent_interval(rate.low, rate.high)
    wider = percent_interval(rate.adjusted_low, rate.adjusted_high)
    if wider and wider != around:  # the other is too narrow
        around = f"{wider}, allowing for patients"
    return Fact(name, percent(rate.fraction, 1), f"{events(rate.events, rate.total)}; {around}")


def _volume_fact(row: VolumeRow | None) -> Fact:
    if row is None or row.mean_ml is None:
        return Fact("Mean volume of a level", UNKNOWN, "none is calibrated", "unknown")
    return Fact(
        "Mean volume of a level",
        spread(row.mean_ml, row.sd_ml, 2, "mL"),
        f"{several(row.count, 'level')}; mean {interval(row.low_ml, row.high_ml, 2, 'mL')}",
    )


def _facts(cohort: Cohort) -> Iterator[Fact]:
    yield Fact("Procedures", str(cohort.procedures),
               f"{several(cohort.patients, 'patient')}, {several(cohort.levels, 'level')}")  # fmt: skip
    yield _rate_fact("Vertebrae with a leak, in projection", _overall(cohort, "vertebrae"))
    yield _rate_fact("Patients with a leak, in projection", _overall(cohort, "patients"))
    yield _volume_fact(next((row for row in cohort.volumes if row.by == "all"), None))
    operation = cohort.operation
    reaction, told = operation.reaction_median_s, operation.acknowledged
    yield Fact(
        "Reaction to an alarm, median",
        number(reaction, 2, "s"),
        ""
        if told is None
        else f"{events(told.events, told.total)} acknowledged"
        + ("; of the others nothing is known" if told.events < told.total else ""),
        "unknown" if reaction is None else "",
    )
    watched = operation.monitored_fraction_median
    yield Fact(
        "Monitored, median",
        percent(watched),
        "of the time, of procedures that were monitored",
        "unknown" if watched is None else "",
    )
