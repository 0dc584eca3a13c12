"""Whom to talk to, and who may talk to us, as they are typed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from monitor.errors import InputError

OUR_AET = "CEMENTWATCH"
"""Application entity title that this software calls itself by where no other is asked for."""
_AET = re.compile(r"[\x21-\x5b\x5d-\x7e](?:[\x20-\x5b\x5d-\x7e]{0,14}[\x21-\x5b\x5d-\x7e])?")
_HOST = re.compile(r"\[[0-9A-Fa-f:.%]+\]|[A-Za-z0-9](?:[A-Za-z0-9._-]{0,252})")


@dataclass(frozen=True, slots=True)
class Peer:
    """An application entity on the network.

    Parameters
    ----------
    aet : str
        Application entity title: 1 to 16 characters (PS3.5 6.2, VR AE).
    host : str
        Name or address; an IPv6 address without its brackets.
    port : int
        1 to 65535; 0 where we listen on whichever is free.
    """

    aet: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.aet}@{host}:{self.port}"

    @classmethod
    def parse(cls, text: str, option: str, *, any_port: bool = False) -> Self:
        """Read ``AET@HOST:PORT``.

        Parameters
        ----------
        text : str
        option : str
            What an error names.
        any_port : bool
            Whether port 0, whichever is free, may be asked for.

        Raises
        ------
        InputError
            It is no such address.
        """
        aet, at, place = text.rpartition("@")
        host, colon, port = place.rpartition(":")
        if not at or not colon:
            raise InputError(f"{option}: {text!r} is no address, expected AET@HOST:PORT")
        return cls(check_aet(aet, option), _host(host, option), check_port(port, option, any_port=any_port))


@dataclass(frozen=True, slots=True)
class Allowed:
    """Who may open an association with us. `host` is None where only the title counts."""

    aet: str
    host: str | None

    @classmethod
    def parse(cls, text: str, option: str = "--allow") -> Self:
        """Read ``AET@HOST`` or ``AET``. Raises `InputError`."""
        aet, at, host = text.rpartition("@")
        if not at:
            return cls(check_aet(text, option), None)
        return cls(check_aet(aet, option), _host(host, option))


def check_aet(text: str, option: str) -> str:
    """An application entity title without blanks around it. Raises `InputError`."""
    title = text.strip(" ")
    if not _AET.fullmatch(title):
        raise InputError(
            f"{option}: {text!r} is no application entity title: 1 to 16 characters of ASCII, no backslash"
        )
    return title


def check_port(text: str | int, option: str, *, any_port: bool = False) -> int:
    """A port number. Raises `InputError`."""
    typed = str(text)
    least = 0 if any_port else 1
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 5 and least <= int(typed) <= 65535):
        raise InputError(f"{option}: port {typed!r} is none, expected {least} to 65535")
    return int(typed)


def _host(text: str, option: str) -> str:
    if not _HOST.fullmatch(text):
        raise InputError(f"{option}: {text!r} is no host name or address")
    return text.strip("[]")
