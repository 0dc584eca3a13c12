"""`cementwatch registry`: procedures, follow-up, risks and CTs in one file, and what they come to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.errors import InputError
from ui.options import one_thread_per_sum, say
from ui.version import software_version

if TYPE_CHECKING:
    from recordings.cohort.figures import Cohort
    from recordings.cohort.registry import Registry
    from recordings.cohort.tables import Imported
    from recordings.ct.record import CtRecord
    from recordings.deidentifying.secret import Secret
    from recordings.qa.record import ProcedureRecord

app = typer.Typer(
    name="registry", no_args_is_help=True, rich_markup_mode=None,
    help="Procedures, follow-up, risks and CTs in one file, and what they come to.",
)  # fmt: skip
RegistryOption = Annotated[Path, typer.Option("--registry", metavar="FILE", help="The registry (SQLite).")]
_MOST_JSON_BYTES = 1 << 26


@app.command("import")
def import_tables(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            help="Tables (CSV) of scores, risks, or procedures by hand; record.json of `cementwatch qa`, or "
            "a folder of them; a CT's JSON.",
        ),
    ],
    registry: RegistryOption,
    key: Annotated[
        Path | None,
        typer.Option("--key", metavar="FILE", help="Secret that the pseudonyms of patients follow from."),
    ] = None,
    session: Annotated[
        str | None,
        typer.Option("--session", metavar="ID", help="Of which session a CT is."),
    ] = None,
    skip_bad_rows: Annotated[
        bool, typer.Option("--skip-bad-rows", help="Import the others where rows are bad, and say which.")
    ] = False,
) -> None:  # fmt: skip
    """Import into a registry, made where there is none: all of it, or nothing.

    Ids of patients become pseudonyms by the key, and are not kept. What is imported again replaces what
    was there.
    """
    from recordings.cohort.registry import Registry
    from recordings.cohort.tables import read_import

    secret = _Key(key)
    tables: list[Imported] = []
    records: list[ProcedureRecord] = []
    scans: list[CtRecord] = []
    for path in _spread(files):
        if path.suffix.lower() == ".json":
            found = _from_json(path)
            if isinstance(found, tuple):
                scan = found[0]
                if session is None and (scan.patient is None or scan.day is None):
                    raise InputError(f"{path}: names no patient and day: say with --session whose CT it is")
                scans.append(scan)
            else:
                records.append(found)
        else:
            tables.append(read_import(path, secret))
    if session is not None and len(scans) != 1:
        raise InputError(f"--session goes with one CT, there are {len(scans)}")
    bad = [(table, row) for table in tables for row in table.bad]
    for table, row in bad:
        typer.echo(f"{table.path}: {row}")
    if bad and not skip_bad_rows:
        first = bad[0][0].path
        rows = sum(table.rows for table in tables)
        more = f", the first in {first}" if len(tables) > 1 else ""
        name = str(first) if len(tables) == 1 else f"{len(tables)} tables"
        raise InputError(
            f"{name}: {len(bad)} of {rows} rows are bad{more}; nothing was imported (see --skip-bad-rows)"
        )
    for table in tables:
        if table.unused:
            say(f"{table.path}: columns that mean nothing here: {', '.join(table.unused)}")
    with Registry(registry) as opened, opened.all_or_nothing():
        _put(opened, tables, records, scans, session)
    if bad:
        say(f"{len(bad)} bad row(s) were left out")


@app.command()
def remove(
    registry: RegistryOption,
    session: Annotated[
        str | None, typer.Option("--session", metavar="ID", help="A procedure, and its CTs.")
    ] = None,
    patient: Annotated[
        str | None,
        typer.Option("--patient", metavar="PSEUDONYM", help="All of a patient: CW- and twelve letters."),
    ] = None,
) -> None:
    """Take a procedure or a patient out of a registry; what is removed is overwritten."""
    from recordings.cohort.registry import Registry

    if (session is None) == (patient is None):
        raise InputError("name what is to be removed: --session or --patient, one of them")
    with Registry(registry, must_exist=True) as opened:
        count = (
            opened.remove_session(session) if session is not None else opened.remove_patient(patient or "")
        )
    if count == 0:
        raise InputError(f"{registry}: holds nothing of {session or patient}")
    typer.echo(f"{count} rows removed, and what belonged to them")


@app.command()
def show(registry: RegistryOption) -> None:
    """Count what is in a registry."""
    from recordings.cohort.registry import Registry

    with Registry(registry, read_only=True) as opened, opened.snapshot():
        for table, count in opened.counts().items():
            typer.echo(f"{count:8d}  {table.replace('_', ' ')}")
        typer.echo(f"{len(opened.patients()):8d}  patients with a pseudonym")


@app.command()
def export(
    registry: RegistryOption,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the tables.")],
    csv: Annotated[bool, typer.Option("--csv", help="As CSV; also without either.")] = False,
    parquet: Annotated[bool, typer.Option("--parquet", help="As Parquet.")] = False,
) -> None:
    """Write the tables of a registry: procedures, levels, leaks, alarms, follow_up, risks, ct."""
    one_thread_per_sum()
    from recordings.cohort.export import export_tables
    from recordings.cohort.registry import Registry

    with Registry(registry, read_only=True) as opened:
        written = export_tables(opened, out, csv=csv or not parquet, parquet=parquet)
    for path in written:
        typer.echo(path)


@app.command()
def cohort(
    registry: RegistryOption,
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder for cohort.json and the report.")
    ],
    expected: Annotated[
        float | None,
        typer.Option(
            "--expected", metavar="FRACTION",
            help="Rate of leaks that learning curves are against; without it the cohort's own.",
        ),
    ] = None,
    report: Annotated[
        bool, typer.Option("--report/--no-report", help="Write report.html and report.pdf.")
    ] = True,
    csv: Annotated[bool, typer.Option("--csv", help="Write its tables as CSV too.")] = False,
    parquet: Annotated[bool, typer.Option("--parquet", help="Write its tables as Parquet too.")] = False,
) -> None:  # fmt: skip
    """Work out rates, volumes, scores, learning curves and the comparison with published series."""
    one_thread_per_sum()
    from recordings.cohort.cohort import cohort_of
    from recordings.cohort.cohort_tables import cohort_tables
    from recordings.cohort.export import write_cohort_json, write_tables
    from recordings.cohort.registry import Registry

    if expected is not None and not 0 <= expected <= 1:
        raise InputError(f"--expected must be 0 to 1, is {expected:g}")
    with Registry(registry, read_only=True) as opened, opened.snapshot():
        found = cohort_of(
            opened.each_record(), opened.follow_up_rows(), opened.ct_rows(), risks=opened.risk_rows(),
            software_version=software_version(), expected=expected,
        )  # fmt: skip
        if found.procedures == 0:
            raise InputError(f"{registry}: holds no procedures")
        try:
            out.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{out}: cannot be made: {error.strerror or error}") from error
        write_cohort_json(out / "cohort.json", found)
        typer.echo(out / "cohort.json")
        for path in write_tables(cohort_tables(found), out, csv=csv, parquet=parquet):
            typer.echo(path)
        if report:
            from recordings.reporting.write import write_cohort_report

            # of the same moment, one after the other
            write_cohort_report(out, opened.each_record(), found, (), software_version=software_version())
            typer.echo(f"{out / 'report.html'}, report.pdf")
    for line in _told(found):
        typer.echo(line)


class _Key:
    """The key, read where it is needed: tables of pseudonyms need none."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._secret: Secret | None = None

    def __call__(self) -> Secret:
        from recordings.deidentifying.secret import default_key_file, secret_of

        if self._secret is None:
            path = self._path or default_key_file()
            self._secret, made = secret_of(path)
            if made:
                say(f"a new key was made: {path}; keep it: without it patients get other pseudonyms")
        return self._secret


def _spread(files: list[Path]) -> list[Path]:
    """Folders stand for the records and CTs in them."""
    found: list[Path] = []
    for path in files:
        names = ("record.json", "ct.json") if path.is_dir() else ()
        within = [one for name in names for one in sorted(path.rglob(name))] if names else [path]
        if not within:
            raise InputError(f"{path}: no record.json or ct.json in it")
        found += within
    return found


def _from_json(path: Path) -> ProcedureRecord | tuple[CtRecord]:
    import msgspec

    from monitor.errors import SourceError
    from monitor.small_file import read_small
    from recordings.ct.record import SCHEMA as CT_SCHEMA
    from recordings.ct.record import ct_from_json
    from recordings.qa.record import record_from_json

    class Head(msgspec.Struct):
        schema: str = ""

    try:
        data = read_small(path, _MOST_JSON_BYTES)
        schema = msgspec.json.decode(data, type=Head).schema
        if schema == CT_SCHEMA:
            return (ct_from_json(data, str(path)),)
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise SourceError(f"{path}: neither a record nor a CT: {error}") from error
    return record_from_json(data, str(path))


def _put(
    opened: Registry, tables: list[Imported], records: list[ProcedureRecord], scans: list[CtRecord],
    session: str | None,
) -> None:  # fmt: skip
    """Put all in, and say what it came to."""
    by_hand = [record for table in tables for record in table.procedures]
    count = opened.put_all([*records, *by_hand])
    for scan in scans:
        opened.put_ct(session, scan)
    follow_up = [row for table in tables for row in table.follow_up]
    new, replaced = opened.put_follow_up(follow_up)
    risks = [row for table in tables for row in table.risks]
    new_risks, replaced_risks = opened.put_risks(risks)
    for number, words in (
        (count, f"procedures, {len(by_hand)} of them by hand"), (len(scans), "CTs"),
        (len(follow_up), f"scores: {new} new, {replaced} replaced another value"),
        (len(risks), f"rows of risks: {new_risks} new, {replaced_risks} replaced others"),
    ):  # fmt: skip
        if number:
            typer.echo(f"{number} {words}")
    if session is not None and not opened.holds(session):
        say(f"--session {session}: no procedure of this registry yet")
    strangers = {row.patient for row in follow_up} | {row.patient for row in risks}
    strangers -= opened.patients()
    if strangers:
        say(
            f"{len(strangers)} patient(s) are in no procedure of this registry yet; if that is not so, their "
            "procedures had another key"
        )


def _told(found: Cohort) -> list[str]:
    """A few lines that say what it comes to."""
    lines = [f"{found.procedures} procedures, {found.patients} patients, {found.levels} levels"]
    for table in found.rates:
        if table.by == "all":
            row = table.rows[0]
            if row.fraction is not None and row.low is not None and row.high is not None:
                lines.append(
                    f"{table.title}: {row.events} of {row.total}, {100 * row.fraction:.1f} % "
                    f"({100 * row.low:.1f} to {100 * row.high:.1f})"
                )
    return [*lines, *found.notes]
