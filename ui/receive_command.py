"""`cementwatch receive`: a Storage SCP."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

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

_LOOK_S = 0.5

AllowOption = Annotated[
    list[str] | None,
    typer.Option(
        "--allow",
        metavar="AET@HOST",
        help="Who may send; may be repeated. Without it everybody who reaches us. AET alone: from anywhere.",
    ),
]


def receive(
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port to listen on; 0: a free one.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder that objects are kept in.")],
    aet: AetOption = "CEMENTWATCH",
    host: Annotated[
        str,
        typer.Option("--host", metavar="H", help="Address to listen on; without it, this machine alone."),
    ] = "127.0.0.1",
    allow: AllowOption = None,
    tls: TlsOption = False,
    certificate: TlsCertificateOption = None,
    key: TlsKeyOption = None,
    authority: TlsAuthorityOption = None,
    associations: Annotated[
        int,
        typer.Option("--associations", min=1, max=256, help="Most at once, half of them from one place."),
    ] = 16,
    largest_mb: Annotated[
        float, typer.Option("--largest-mb", min=1, help="Largest object that is taken (MB).")
    ] = 8000.0,
    floor_mb: Annotated[
        float, typer.Option("--floor-mb", min=0, help="Nothing is taken that leaves less room (MB).")
    ] = 500.0,
    rate_mb: Annotated[
        float, typer.Option("--rate-mb", min=0.1, help="Read no faster than so many MB a second.")
    ] = 1000.0,
) -> None:
    """Take DICOM objects from the network and keep them in DIR, until the process is told to stop.

    An object goes to DIR/StudyInstanceUID/SeriesInstanceUID/SOPInstanceUID.dcm, and its sender is told of
    success once it is there for good. A folder of a series is a SOURCE for the other commands. What was kept
    and refused is written to DIR/received.jsonl, without what names a patient.
    """
    from recordings.network.address import Allowed, check_aet
    from recordings.receiving.admission import is_loopback
    from recordings.receiving.journal import Journal
    from recordings.receiving.keep import Keeper
    from recordings.receiving.limits import Limits
    from recordings.receiving.server import Receiver
    from ui.asked import asked_by_signal

    if out.exists() and not out.is_dir():
        raise InputError(f"--out {out}: is no folder")
    title, files = check_aet(aet, "--aet"), tls_of(tls, certificate, key, authority)
    allowed = tuple(Allowed.parse(text) for text in allow or ())
    limits = Limits(
        associations=associations,
        associations_of_a_peer=max(1, associations // 2),
        connections=4 * associations,
        connections_of_a_peer=2 * associations,
        object_bytes=round(largest_mb * 1e6),
        floor_bytes=round(floor_mb * 1e6),
        bytes_per_s=rate_mb * 1e6,
    )
    with asked_by_signal() as asked:
        keeper = Keeper(out, most_bytes=limits.object_bytes, floor_bytes=limits.floor_bytes)
        journal = Journal(out, typer.echo)
        receiver = Receiver(
            keeper, title, host, port, allowed=allowed, tls=files, limits=limits, on_kept=journal.kept,
            on_refused=journal.refused,
        )  # fmt: skip
        receiver.start()
        try:
            if not allowed and not is_loopback(host):
                say(f"everybody who reaches {host} may send: there is no --allow")
            secured = " with TLS" if files is not None else ""
            typer.echo(f"{title} listens on {host} port {receiver.port}{secured}; objects are kept in {out}")
            # a signal that comes just before a wait begins is only seen when it ends
            while not asked.wait(_LOOK_S):
                pass
        finally:
            receiver.stop()
            keeper.close()
