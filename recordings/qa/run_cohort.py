"""What a run comes to as a whole: its records into the registry, and the cohort out of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from monitor.errors import InputError
from recordings.cohort.cohort import cohort_of_registry
from recordings.cohort.export import write_cohort_json
from recordings.cohort.figures import Cohort
from recordings.cohort.registry import Registry
from recordings.cohort.tables import Imported, read_import
from recordings.deidentifying.secret import Secret
from recordings.qa.run import Outcome
from recordings.qa.run_files import COHORT, Results


def read_tables(paths: Iterable[Path], secret: Secret) -> tuple[Imported, ...]:
    """Tables of scores and risks.

    Raises
    ------
    InputError
        One cannot be read, or has rows that are none; nothing is taken of any then.
    """
    tables = tuple(read_import(path, lambda: secret) for path in paths)
    for table in tables:
        if table.bad:
            raise InputError(
                f"{table.path}: {len(table.bad)} of {table.rows} rows are bad, the first: {table.bad[0]}"
            )
    return tables


def put_into_registry(
    registry: Path,
    results: Results,
    outcome: Outcome,
    tables: Sequence[Imported],
    *,
    software_version: str,
) -> Cohort:
    """Put the records and tables into the registry, all or none, and write ``cohort.json`` of all it holds.

    Raises
    ------
    InputError
        The registry is none, or cannot be written; so is ``cohort.json``.
    """
    with Registry(registry) as opened:
        with opened.all_or_nothing():
            opened.put_all(results.record(session_id) for session_id in outcome.session_ids)
            opened.put_all(record for table in tables for record in table.procedures)
            opened.put_follow_up([row for table in tables for row in table.follow_up])
            opened.put_risks([row for table in tables for row in table.risks])
        cohort = cohort_of_registry(opened, software_version=software_version, failed=len(outcome.failed))
    write_cohort_json(results.folder / COHORT, cohort)
    return cohort


def write_cohort_reports(
    registry: Path, results: Results, cohort: Cohort, outcome: Outcome, *, software_version: str, pdf: bool
) -> None:
    """Write ``report.html`` and ``report.pdf`` of the cohort. Raises `InputError` or `OSError`."""
    from recordings.reporting.write import write_cohort_report

    with Registry(registry, read_only=True) as opened:
        write_cohort_report(
            results.folder, opened.each_record(), cohort, outcome.failed, software_version=software_version,
            pdf=pdf,
        )  # fmt: skip
