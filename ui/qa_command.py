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

    Writes levels.csv, leaks.csv, alarms.csv, differences.csv, failed.csv and a record of each session.
    Started again after any end it goes on. A session that cannot be measured is named; the exit status is 1.
    """
    one_thread_per_sum()
    from recordings.deidentifying.secret import default_key_file, secret_of
    from recordings.qa.run import Wanted, measure_all
    from recordings.qa.run_files import Results
    from recordings.qa.run_plan import sessions_in

    if workers is not None and not 1 <= workers <= _MOST_WORKERS:
        raise InputError(f"--workers must be 1 to {_MOST_WORKERS}, is {workers}")
    if cluster is not None:
        from recordings.qa.cluster import check_address

        check_address(cluster)
        if workers is not None:
            raise InputError("--workers and --cluster: one of them; a cluster has workers of its own")
    found = sessions_in(sessions, apart_from=out)
    path = key or default_key_file()
    with Results.opened(out) as results:
        secret, made = secret_of(path)
        if made:
            say(f"a new key was made: {path}; keep it: without it a patient gets another pseudonym next time")
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
    return _tell(outcome, out)


def _doers(cluster: str | None, workers: int | None, found: Sessions) -> Doers:
    from recordings.qa.run import local

    if cluster is None or not found.work:
        return local(workers or len(os.sched_getaffinity(0)))
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
