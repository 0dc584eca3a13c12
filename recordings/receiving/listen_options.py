"""What may be asked of ``dicom://AET@HOST:PORT`` behind a ``#``: who may send, TLS, limits."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl

from monitor.errors import InputError, SourceError
from recordings.network.address import Allowed, Peer
from recordings.network.tls import TlsFiles, server_context
from recordings.receiving.limits import Limits

SCHEME = "dicom://"
_KNOWN = "allow=AET@HOST, tls-certificate=FILE, tls-key=FILE, tls-authority=FILE, largest-mb=MB"
_TLS = {"tls-certificate": "certificate", "tls-key": "key", "tls-authority": "authority"}


@dataclass(frozen=True, slots=True)
class ListenOptions:
    """Where to listen for runs, and for whom.

    Parameters
    ----------
    address : Peer
        What we are called by, and where we listen; port 0: whichever is free.
    allowed : tuple of Allowed
        Empty: everybody who reaches us.
    tls : TlsFiles or None
    limits : Limits
    """

    address: Peer
    allowed: tuple[Allowed, ...] = ()
    tls: TlsFiles | None = None
    limits: Limits = field(default_factory=Limits)


def parse_listen(spec: str) -> ListenOptions:
    """Read ``dicom://AET@HOST:PORT#allow=CARM@10.0.0.7&tls-certificate=...``.

    Raises
    ------
    InputError
        No such address or option, or certificates that do not serve.
    """
    place, _, text = spec.removeprefix(SCHEME).partition("#")
    address = Peer.parse(place.rstrip("/"), "dicom://", any_port=True)
    allowed: list[Allowed] = []
    files: dict[str, Path] = {}
    limits = Limits()
    for key, value in parse_qsl(text, keep_blank_values=True):
        if key == "allow":
            allowed.append(Allowed.parse(value, "dicom:// allow"))
        elif key in _TLS:
            files[_TLS[key]] = Path(value)
        elif key == "largest-mb" and value.isascii() and value.isdigit() and 1 <= int(value) <= 1_000_000:
            limits = Limits(object_bytes=int(value) * 1_000_000)
        else:
            raise SourceError(f"{spec}: cannot ask for {key}={value}; there are: {_KNOWN}")
    tls = TlsFiles(**files) if files else None
    if tls is not None:
        try:
            server_context(tls)
        except InputError as error:
            raise SourceError(f"dicom://{address}: {error}") from error
    return ListenOptions(address, tuple(allowed), tls, limits)
