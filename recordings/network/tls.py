"""TLS for DICOM associations, with certificates from files (PS3.15 Annex B)."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

from monitor.errors import InputError


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Certificates, as PEM files.

    Parameters
    ----------
    certificate, key : Path or None
        Our own certificate (with its chain) and its private key without a pass phrase. A server needs both;
        a client that has them shows them where it is asked (mutual TLS).
    authority : Path or None
        Certificates that the peer's must be signed by. None for a client: those that the system trusts. For
        a server: none, clients need no certificate.
    """

    certificate: Path | None = None
    key: Path | None = None
    authority: Path | None = None


def client_context(files: TlsFiles) -> ssl.SSLContext:
    """TLS 1.2 or newer towards a server whose certificate and name are checked.

    Raises
    ------
    InputError
        A file is missing or not what it should be.
    """
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=_existing(files.authority))
    _harden(context, files)
    return context


def server_context(files: TlsFiles) -> ssl.SSLContext:
    """TLS 1.2 or newer for a server; with an authority, only for clients that it has signed.

    Raises
    ------
    InputError
        No certificate or key, or a file that is not what it should be.
    """
    if files.certificate is None or files.key is None:
        raise InputError("TLS: a server needs --tls-certificate and --tls-key")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if files.authority is not None:
        _load_authority(context, files.authority)
        context.verify_mode = ssl.CERT_REQUIRED
    _harden(context, files)
    return context


def _existing(path: Path | None) -> str | None:
    if path is None:
        return None
    _load_authority(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), path)
    return str(path)


def _load_authority(context: ssl.SSLContext, path: Path) -> None:
    try:
        context.load_verify_locations(cafile=path)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise InputError(f"{path}: no certificates of an authority: {_reason(error)}") from error


def _harden(context: ssl.SSLContext, files: TlsFiles) -> None:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if (files.certificate is None) != (files.key is None):
        raise InputError("TLS: --tls-certificate and --tls-key go together")
    if files.certificate is None or files.key is None:
        return
    try:
        # a pass phrase cannot be asked for here: nobody may be there
        context.load_cert_chain(files.certificate, files.key, password=lambda: "")
    except (OSError, ValueError) as error:
        raise InputError(
            f"{files.certificate}, {files.key}: no certificate and key: {_reason(error)}"
        ) from error


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return (error.reason or "not PEM").replace("_", " ").lower()
    return ((error.strerror if isinstance(error, OSError) else None) or str(error)).lower()
