"""`cementwatch worklist`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from monitor.errors import InputError
from ui.dicom_options import (
    AetOption,
    TlsAuthorityOption,
    TlsCertificateOption,
    TlsKeyOption,
    TlsOption,
    tls_of,
)
from ui.options import say

if TYPE_CHECKING:
    from recordings.fetching.finding import Found
    from recordings.fetching.worklist import ScheduledStep
    from recordings.fetching.worklist_settings import WorklistServer
    from recordings.network.address import Peer

_TITLES = (
    "date",
    "time",
    "patient id",
    "name",
    "procedure",
    "modality",
    "station",
    "step",
    "accession",
    "study",
)


def worklist(
    from_: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="AET@HOST:PORT",
            help="The server; without it that of ~/.config/cementwatch/worklist.toml.",
        ),
    ] = None,
    date: Annotated[
        str | None,
        typer.Option("--date", metavar="D", help="Scheduled on that day: YYYY-MM-DD, or from..to."),
    ] = None,
    today: Annotated[bool, typer.Option("--today", help="Scheduled today.")] = False,
    modality: Annotated[
        str | None, typer.Option("--modality", metavar="XA", help="For this modality.")
    ] = None,
    station: Annotated[
        str | None, typer.Option("--station", metavar="AET", help="Scheduled for this AE title.")
    ] = None,
    accession: Annotated[str | None, typer.Option("--accession", help="Accession number.")] = None,
    step: Annotated[str | None, typer.Option("--step", metavar="ID", help="Of the scheduled step.")] = None,
    most: Annotated[int, typer.Option("--most", min=1, max=100_000, help="Answers that are taken.")] = 500,
    json: Annotated[bool, typer.Option("--json", help="Print all that is known, as JSON.")] = False,
    aet: AetOption = "CEMENTWATCH",
    tls: TlsOption = False,
    tls_certificate: TlsCertificateOption = None,
    tls_key: TlsKeyOption = None,
    tls_authority: TlsAuthorityOption = None,
) -> int | None:
    """List what a modality worklist has scheduled: when, for whom, and for which study."""
    from datetime import date as day
    from datetime import datetime

    from recordings.fetching.days import Days
    from recordings.fetching.operation import Stop
    from recordings.fetching.worklist import WorklistKeys, scheduled_steps
    from recordings.network.address import OUR_AET, check_aet
    from ui.interruptible import interruptible

    if today and date is not None:
        raise InputError("--today and --date: one of the two")
    days = Days(day.today(), day.today()) if today else None if date is None else Days.parse(date, "--date")
    named = tls_of(tls, tls_certificate, tls_key, tls_authority)
    server = _server(from_)
    peer = server.peer
    if peer is None:
        raise InputError("--from AET@HOST:PORT is missing, and no worklist.toml names a server")
    keys = WorklistKeys(days, modality or server.modality, station or server.station, accession, step)
    stop = Stop()
    our_aet = server.our_aet if aet == OUR_AET else check_aet(aet, "--aet")
    found = interruptible(
        lambda: scheduled_steps(peer, keys, aet=our_aet, tls=named or server.tls_files, most=most, stop=stop),
        stop,
    )
    if stop.asked:
        say("interrupted: the list is not whole")
    elif found.words:
        say(f"{peer}: {found.words}")
    if json:
        _print_json(found, peer, datetime.now())
    else:
        _print(found)
    return 1 if stop.asked else None


def _server(address: str | None) -> WorklistServer:
    """What was typed, else what the settings say. What they say of one server holds for no other."""
    import msgspec

    from recordings.fetching.worklist_settings import WorklistServer, read_settings
    from recordings.network.address import Peer

    if address is None:
        return read_settings().for_room("")
    peer = Peer.parse(address, "--from")
    settings = read_settings()
    for known in (settings.for_room(""), *map(settings.for_room, settings.rooms)):
        if known.peer == peer:  # how it is asked; what for, was typed
            return msgspec.structs.replace(known, station=None, modality=None)
    return WorklistServer(address=address)


def _print(found: Found[ScheduledStep]) -> None:
    from ui.table import print_table

    if not found.answers:
        typer.echo("nothing is scheduled that matches")
        return
    print_table(
        _TITLES,
        [
            (
                step.scheduled_procedure_step_start_date, _clock(step), step.patient_id, step.patient_name,
                step.description, step.modality, step.scheduled_station_ae_title,
                step.scheduled_procedure_step_id, step.accession_number, step.study_instance_uid,
            )
            for step in found.answers
        ],
    )  # fmt: skip


def _clock(step: ScheduledStep) -> str | None:
    at = step.scheduled_procedure_step_start_time
    return None if at is None else f"{at:%H:%M}"


def _print_json(found: Found[ScheduledStep], peer: Peer, read_at: object) -> None:
    import msgspec

    from recordings.fetching.worklist import procedure_for

    steps = [
        msgspec.to_builtins(step) | {"procedure": msgspec.to_builtins(procedure_for(step))}
        for step in found.answers
    ]
    told = {
        "from": str(peer),
        "read_at": read_at,
        "steps": steps,
        "more": found.more,
        "unusable": found.unusable,
    }
    typer.echo(msgspec.json.format(msgspec.json.encode(told), indent=2).decode())
