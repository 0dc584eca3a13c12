"""The worklist server of this computer and of its rooms: ``worklist.toml`` in the configuration folder.

All keys are optional::

    from = "RIS@ris.example:104"   # AET@HOST:PORT
    aet = "CEMENTWATCH"            # what we call ourselves
    station = "ANGIO2"             # only what is scheduled for this AE title
    modality = "XA"                # only what is scheduled for this modality
    tls = true
    tls_certificate = "/etc/ssl/our.pem"
    tls_key = "/etc/ssl/our.key"
    tls_authority = "/etc/ssl/hospital.pem"

    [rooms."Angio 1"]              # what is otherwise in a room, by the name that the start window remembers
    station = "ANGIO1"
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import msgspec

from monitor.errors import ConfigError, InputError
from monitor.small_file import read_small
from monitor.user_folders import user_folder
from recordings.network.address import OUR_AET, Peer, check_aet
from recordings.network.tls import TlsFiles

FILE = "worklist.toml"
_LARGEST_BYTES = 64 * 1024


class WorklistServer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to ask, and for what. `address` is the key ``from``; None: nothing is said."""

    address: str | None = msgspec.field(default=None, name="from")
    aet: str | None = None
    station: str | None = None
    modality: str | None = None
    tls: bool | None = None
    tls_certificate: str | None = None
    tls_key: str | None = None
    tls_authority: str | None = None

    @property
    def peer(self) -> Peer | None:
        """The server."""
        return None if self.address is None else Peer.parse(self.address, "worklist")

    @property
    def our_aet(self) -> str:
        """What we call ourselves."""
        return self.aet or OUR_AET

    @property
    def tls_files(self) -> TlsFiles | None:
        """Certificates; None: no TLS."""
        if not self.tls:
            return None
        named = (self.tls_certificate, self.tls_key, self.tls_authority)
        return TlsFiles(*(None if name is None else Path(name).expanduser() for name in named))

    def over(self, general: Self) -> Self:
        """What is said here, else what is said in general."""
        changes = {name: value for name, value in _fields_of(self).items() if value is not None}
        return msgspec.structs.replace(general, **changes)


class WorklistSettings(WorklistServer, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    rooms: dict[str, WorklistServer] = {}

    def for_room(self, name: str) -> WorklistServer:
        """What holds in a room."""
        general = WorklistServer(**_fields_of(self))
        room = self.rooms.get(name)
        return general if room is None else room.over(general)


def settings_path(environment: Mapping[str, str] | None = None) -> Path:
    """The file, by the XDG Base Directory Specification."""
    return user_folder("config", environment) / FILE


def read_settings(path: Path | None = None) -> WorklistSettings:
    """The settings; none where there is no file.

    Raises
    ------
    ConfigError
        The file cannot be read, or holds what it may not.
    """
    path = path or settings_path()
    try:
        text = read_small(path, _LARGEST_BYTES).decode()
        settings = msgspec.convert(tomllib.loads(text), WorklistSettings)
        for server in (settings, *settings.rooms.values()):
            _check(server)
    except FileNotFoundError:
        return WorklistSettings()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.MsgspecError, InputError) as error:
        raise ConfigError(f"{path}: {error}") from error
    return settings


def _check(server: WorklistServer) -> None:
    if server.address is not None:
        Peer.parse(server.address, "from")
    for option, title in (("aet", server.aet), ("station", server.station)):
        if title is not None:
            check_aet(title, option)


def _fields_of(server: WorklistServer) -> dict[str, Any]:
    return {name: getattr(server, name) for name in WorklistServer.__struct_fields__}
