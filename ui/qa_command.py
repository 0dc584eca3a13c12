"""`cementwatch qa`: sessions measured again, from one to those of a year."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.errors import InputError
from ui.options import one_thread_per_sum, say
from ui.progress import progress
from ui.version import software_version

if TYPE_CHECKING:
    from recordings.cohort.tables import Imported
    from recordings.deidentifying.secret import Secret
    from recordings.qa.run import Doers, Outcome
    from recordings.qa.run_plan import Sessions

_MOST_WORKERS = 512


def qa(
    sessions: Annotated[
        list[Path],
        typer.Argument(metavar="SESSION_OR_FOLDER...", help="Sessions, and folders with sessions below."),
    ],
    out: Annotated[
        Path,
        typer.Option("--out", metavar="DIR", help="Folder for the results; what it holds is gone on with."),
    ],
    workers: Annotated[
        int | None,
        typer.Option("--workers", metavar="N", help="Processes of this machine; else one for each core."),
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(
            "--cluster", metavar="ADDRESS",
            help="Measure on the workers of this Dask scheduler (tcp://HOST:PORT), which see the sessions at "
            "the same path.",
        ),
    ] = None,
    field_by_field: Annotated[
        bool,
        typer.Option(
            "--field-by-field",
            help="Take the recorded steps again as well, and list every field that differs: reanalysis.csv.",
        ),
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Measure also sessions that are held and have not changed.")
    ] = False,
    registry: Annotated[
        Path | None,
        typer.Option(
            "--registry", metavar="FILE",
            help="Registry that the sessions are put into, and that the cohort is of; else that of DIR.",
        ),
    ] = None,
    follow_up: Annotated[
        list[Path] | None,
        typer.Option(
            "--follow-up", metavar="CSV",
            help="Scores or risks of patients, put into the registry as well; may be repeated.",
        ),
    ] = None,
    reports: Annotated[
        bool, typer.Option("--reports/--no-reports", help="Write a report of each session and of the cohort.")
    ] = True,
    pdf: Annotated[bool, typer.Option("--pdf/--no-pdf", help="Reports also as PDF.")] = True,
    key: Annotated[
        Path | None,
        typer.Option(
            "--key", metavar="FILE",
            help="Secret that pseudonyms follow from; made where there is none. Without it that of "
            "cementwatch deidentify.",
        ),
    ] = None,
    parquet: Annotated[bool, typer.Option("--parquet", help="Write the tables as Parquet as well.")] = False,
) -> int | None:  # fmt: skip
    """Measure sessions again, frame by frame: volumes, distribution, leaks, alarms, beside what was logged.

    Writes levels.csv, leaks.csv, alarms.csv, differences.csv, failed.csv, cohort.json, report.html and
    report.pdf, and a record and a report of each session.
    Started again after any end it goes on. A session that cannot be measured is named; the exit status is 1.
    """
    one_thread_per_sum()
    from recordings.deidentifying.secret import default_key_file, secret_of
    from recordings.qa.run import Wanted, measure_all
    from recordings.qa.run_files import REGISTRY, Results
    from recordings.qa.run_plan import sessions_in
    from recordings.qa.run_reports import write_procedure_reports

    if workers is not None and not 1 <= workers <= _MOST_WORKERS:
        raise InputError(f"--workers must be 1 to {_MOST_WORKERS}, is {workers}")
    if cluster is not None:
        from recordings.qa.cluster import check_address

        check_address(cluster)
        if workers is not None:
            raise InputError("--workers and --cluster: one of them; a cluster has workers of its own")
    found = sessions_in(sessions, apart_from=out)
    path = key or default_key_file()
    secret, made = secret_of(path)
    if made:
        say(f"a new key was made: {path}; keep it: without it a patient gets another pseudonym next time")
    book = registry or out / REGISTRY
    tables = _looked_at(registry, follow_up or [], secret)
    with Results.opened(out) as results:
        for line in found.told:
            say(line)
        wanted = Wanted(
            tuple(sessions), out, software_version(), secret, field_by_field=field_by_field, again=again,
            parquet=parquet,
        )  # fmt: skip
        with progress("measuring") as advance:
            outcome = measure_all(
                wanted, results, _doers(cluster, workers, found), found=found, say=say, progress=advance
            )
        from recordings.qa.run_cohort import put_into_registry, write_cohort_reports

        version = software_version()
        with results.writing():
            cohort = put_into_registry(book, results, outcome, tables, software_version=version)
        lacking: dict[str, str] = {}
        if reports:
            with progress("reporting") as advance:
                lacking = write_procedure_reports(
                    results, outcome.session_ids, software_version=version, pdf=pdf,
                    workers=workers or _cores(), progress=advance,
                )  # fmt: skip
            with results.writing():
                write_cohort_reports(book, results, cohort, outcome, software_version=version, pdf=pdf)
    for session_id, why in lacking.items():
        say(f"{results.of(session_id)}: no report: {why}")
    return _tell(outcome, out) or (1 if lacking else None)


def _looked_at(registry: Path | None, follow_up: list[Path], secret: Secret) -> tuple[Imported, ...]:
    """The tables. What is wrong with them or the registry is told now, rather than after hours."""
    if registry is not None:
        from recordings.cohort.registry import Registry

        Registry(registry).close()
    if not follow_up:
        return ()
    from recordings.qa.run_cohort import read_tables

    return read_tables(follow_up, secret)


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def _doers(cluster: str | None, workers: int | None, found: Sessions) -> Doers:
    from recordings.qa.run import local

    if cluster is None or not found.work:
        return local(workers or _cores())
    from recordings.qa.cluster import on_cluster

    folder = str(found.work[0].folder)
    return lambda work, asks: on_cluster(
        cluster, work, asks, software_version=software_version(), folder=folder
    )


def _tell(outcome: Outcome, out: Path) -> int | None:
    count = len(outcome.session_ids)
    before = f" ({outcome.reused} of them before)" if outcome.reused else ""
    typer.echo(f"{count} {'session' if count == 1 else 'sessions'} measured{before}: results in {out}")
    if not outcome.failed:
        return None
    say(f"{len(outcome.failed)} of {outcome.count} sessions could not be measured: {out / 'failed.csv'}")
    return 1
