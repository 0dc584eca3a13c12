"""Options that every DICOM service of the command line shares."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.errors import InputError

if TYPE_CHECKING:
    from recordings.network.tls import TlsFiles

AetOption = Annotated[
    str, typer.Option("--aet", metavar="AET", help="Application entity title that we call ourselves by.")
]
TlsOption = Annotated[
    bool, typer.Option("--tls", help="TLS 1.2 or newer; the peer's certificate is checked.")
]
TlsCertificateOption = Annotated[
    Path | None,
    typer.Option("--tls-certificate", metavar="FILE", help="Our certificate with its chain (PEM)."),
]
TlsKeyOption = Annotated[
    Path | None, typer.Option("--tls-key", metavar="FILE", help="Its private key (PEM, no pass phrase).")
]
TlsAuthorityOption = Annotated[
    Path | None,
    typer.Option(
        "--tls-authority",
        metavar="FILE",
        help="Certificates that the peer's must be signed by (PEM); for a server: clients need one.",
    ),
]


def tls_of(tls: bool, certificate: Path | None, key: Path | None, authority: Path | None) -> TlsFiles | None:
    """Certificates as named; None without TLS.

    Raises
    ------
    InputError
        Certificates without TLS: whoever names them does not expect a plain connection.
    """
    from recordings.network.tls import TlsFiles

    if tls:
        return TlsFiles(certificate, key, authority)
    for option, value in (("certificate", certificate), ("key", key), ("authority", authority)):
        if value is not None:
            raise InputError(f"--tls-{option} goes with --tls")
    return None
