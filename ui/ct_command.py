"""`cementwatch ct`: the cement in a CT that was taken after the procedure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.errors import InputError
from ui.options import one_thread_per_sum, say
from ui.version import software_version

if TYPE_CHECKING:
    from recordings.ct.agreement import Agreement
    from recordings.ct.record import CtRecord
    from recordings.ct.volume import CtVolume
    from recordings.qa.record import ProcedureRecord

_LEAST_HU, _MOST_HU = 300.0, 20000.0


def ct(
    series: Annotated[
        Path,
        typer.Argument(
            metavar="SERIES", help="Folder of CT objects (DICOM), an enhanced CT object, or NIfTI or NRRD."
        ),
    ],
    labels: Annotated[
        Path,
        typer.Option(
            "--labels", metavar="FILE",
            help="Label map of the vertebrae (NIfTI, NRRD), or a mark in each body (.mrk.json, .fcsv).",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="New folder for the results.")],
    numbers: Annotated[
        Path | None,
        typer.Option(
            "--numbers", metavar="FILE",
            help="Which number is which level (JSON or CSV); else 26 is S1, 27 L5, up to 50, C1.",
        ),
    ] = None,
    uid: Annotated[
        str | None, typer.Option("--series", metavar="UID", help="Which series, where a folder has several.")
    ] = None,
    cement_hu: Annotated[
        float | None,
        typer.Option(
            "--cement-hu", metavar="HU",
            help="What pure cement shows; of a cone-beam CT, whose scale is its own, or of a known brand.",
        ),
    ] = None,
    session: Annotated[
        list[str] | None,
        typer.Option(
            "--session", metavar="SESSION",
            help="Session to set beside it: a folder, or with --qa its id; may be repeated.",
        ),
    ] = None,
    qa: Annotated[
        Path | None,
        typer.Option("--qa", metavar="DIR", help="Output of 'cementwatch qa', whose records are used."),
    ] = None,
    registry: Annotated[
        Path | None, typer.Option("--registry", metavar="FILE", help="Registry to keep the result in.")
    ] = None,
) -> None:  # fmt: skip
    """Measure the cement in a CT after the procedure, and set it beside what fluoroscopy said.

    Volume, place and leaks of each labelled level; metal is told apart. For research and training.
    """
    one_thread_per_sum()
    from recordings.ct.agreement import agreement_of
    from recordings.ct.labels import read_labels
    from recordings.ct.measure import measure_ct
    from recordings.ct.numbering import read_numbers
    from recordings.ct.pictures import slices_of
    from recordings.ct.series import read_ct
    from recordings.ct.write import check_out, write_ct

    if cement_hu is not None and not _LEAST_HU <= cement_hu <= _MOST_HU:
        raise InputError(f"--cement-hu must be from {_LEAST_HU:g} to {_MOST_HU:g}, is {cement_hu:g}")
    if registry is not None and not session:
        raise InputError("--registry needs --session: a CT is kept with the session that it is of")
    check_out(out)
    if registry is not None and registry.exists():
        from recordings.cohort.registry import Registry

        with Registry(registry):  # one that is damaged is said before anything is written
            pass
    known = None if numbers is None else read_numbers(numbers)
    records = _records(session or [], qa)
    volume = read_ct(series, uid)
    _check_patient(volume, session or [], qa)
    found = read_labels(labels, volume, known)
    measured = measure_ct(volume, found, software_version=software_version(), cement_hu=cement_hu)
    agreement = agreement_of(measured.record, records) if records else None
    write_ct(out, volume, measured, agreement, slices_of(volume, found.values, measured))
    _print(measured.record, agreement)
    if registry is not None:
        from recordings.cohort.registry import Registry

        with Registry(registry) as kept:
            kept.put_ct(records[0].session_id, measured.record)
            if not kept.holds(records[0].session_id):
                say(f"{records[0].session_id}: no procedure of this registry yet")
    typer.echo(f"written to {out}")


def _records(sessions: list[str], qa: Path | None) -> list[ProcedureRecord]:
    """What fluoroscopy said: of records that were made, or measured now."""
    if qa is None:
        from recordings.qa.measure import measure_session

        return [
            measure_session(Path(one), software_version=software_version(), pictures=False).record
            for one in sessions
        ]
    return _kept(sessions, qa)


def _kept(sessions: list[str], qa: Path) -> list[ProcedureRecord]:
    from monitor.small_file import read_small
    from recordings.qa.record import record_from_json

    found = {}
    for path in sorted(qa.glob("procedures/*/record.json")):
        try:
            record = record_from_json(read_small(path, 64 * 1024 * 1024), str(path))
        except OSError as error:
            raise InputError(f"{path}: {error.strerror or error}") from error
        found[record.session_id] = record
    if not found:
        raise InputError(f"--qa {qa}: has no records (procedures/*/record.json)")
    if not sessions:
        if len(found) > 1:
            raise InputError(f"--qa {qa}: has {len(found)} records; say with --session which is of this CT")
        return list(found.values())
    for one in sessions:
        if one not in found:
            raise InputError(f"--session {one}: --qa {qa} has no record of it")
    return [found[one] for one in sessions]


def _check_patient(volume: CtVolume, sessions: list[str], qa: Path | None) -> None:
    """Refuse a CT that says it is of another patient than a session."""
    from recordings.session import open_session

    if qa is not None or volume.patient_id is None:
        return
    for one in sessions:
        procedure = open_session(Path(one)).about.procedure
        theirs = None if procedure is None else procedure.patient_id
        if theirs and theirs.strip() != volume.patient_id.strip():
            raise InputError(f"--session {one}: is of another patient than the CT")


def _print(record: CtRecord, agreement: Agreement | None) -> None:
    if not record.levels:
        typer.echo(f"no cement found in {', '.join(record.searched) or 'any level'}")
    for level in record.levels:
        sd = "" if level.volume_sd_ml is None else f" +- {1.96 * level.volume_sd_ml:.2f}"
        parts = "" if level.outside_ml is None else f", {level.outside_ml:.2f} outside the bone"
        typer.echo(f"{level.level}: {level.volume_ml:.2f}{sd} mL{parts}")
        for leak in level.leaks:
            doubt = f", may be {leak.ambiguous_with}" if leak.ambiguous_with else ""
            typer.echo(f"  {leak.leak_class}: {leak.volume_ml:.2f} mL{', detached' * leak.detached}{doubt}")
        for note in level.notes:
            typer.echo(f"  {note}")
    for metal in record.metal:
        typer.echo(f"metal: {metal.volume_ml:.2f} mL, {metal.place}")
    if record.unassigned_ml > 0:
        typer.echo(f"dense as cement, and of no level: {record.unassigned_ml:.2f} mL")
    for note in record.notes:
        say(note)
    if agreement is not None:
        _print_agreement(agreement)


def _print_agreement(agreement: Agreement) -> None:
    from recordings.ct.agreement import limits_of, sensitivities_of

    typer.echo("beside fluoroscopy:")
    for row in agreement.volumes:
        told = row.note if row.difference_ml is None else f"difference {row.difference_ml:+.2f} mL"
        typer.echo(f"  {row.level}: CT {_ml(row.ct_ml)}, fluoroscopy {_ml(row.fluoroscopy_ml)}: {told}")
    for leak in agreement.leaks:
        typer.echo(
            f"  {leak.level} {leak.leak_class}: {leak.seen_by}{f' ({leak.note})' if leak.note else ''}"
        )
    limits = limits_of(agreement.volumes)
    if limits is not None:
        typer.echo(
            f"  limits of agreement {limits.low_ml:+.2f} to {limits.high_ml:+.2f} mL ({limits.count} levels)"
        )
    for one in sensitivities_of(agreement.leaks):
        seen = one.seen
        if seen.fraction is not None and seen.low is not None and seen.high is not None:
            typer.echo(
                f"  {one.leak_class}: fluoroscopy saw {seen.events} of {seen.total} on CT "
                f"({100 * seen.low:.0f} to {100 * seen.high:.0f} %)"
            )


def _ml(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.2f} mL"
