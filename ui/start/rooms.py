"""What is remembered of each room, so that the next session there begins with it (``rooms.json``).

Of the equipment and the habits alone: no patient, no operator, and no file that was monitored, whose very
name may be a patient's.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from calibration.whole_file import write_whole
from monitor.plan import Polarity
from monitor.small_file import read_small
from monitor.sources.open import NETWORK_SCHEMES
from monitor.user_folders import user_folder
from ui.start.choice import StartChoice

SCHEMA = "cementwatch.rooms/1"
FILE = "rooms.json"
MOST_ROOMS = 50
_LARGEST_BYTES = 1024 * 1024
_LONGEST = 4096
_REMEMBERED = ("device:", "simulated:", *(f"{scheme}://" for scheme in NETWORK_SCHEMES))


class Room(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One room. None: nothing was chosen there.

    `polarity` is what the operator confirmed, `crop` as ``LEFT,TOP,COLUMNS,ROWS``, `profile` the path of the
    room's calibration, `brand` that of the cement, `worklist` the address of the server that is asked there.
    """

    name: str
    source: str | None = None
    frame_rate_hz: float | None = None
    polarity: Polarity | None = None
    crop: str | None = None
    profile: str | None = None
    brand: str | None = None
    worklist: str | None = None


class _Rooms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rooms: tuple[Room, ...]
    schema: str = SCHEMA


@dataclass(frozen=True, slots=True)
class Remembered:
    """The rooms, the one used last first, and what is to be told of their file; empty: nothing.

    `replaceable` is False where the file holds what cannot be read and was not kept aside.
    """

    rooms: tuple[Room, ...]
    words: str = ""
    replaceable: bool = True

    def room(self, name: str) -> Room | None:
        """The room of a name."""
        return next((room for room in self.rooms if room.name == name), None)

    def used(self, room: Room) -> tuple[Room, ...]:
        """All of them after this one was used."""
        return (room, *(other for other in self.rooms if other.name != room.name))[:MOST_ROOMS]


def rooms_path(environment: Mapping[str, str] = os.environ) -> Path:
    """The file, by the XDG Base Directory Specification."""
    return user_folder("config", environment) / FILE


def may_be_remembered(source: str) -> bool:
    """Whether a source belongs to a room, and not to a patient."""
    return source.startswith(_REMEMBERED)


def room_of(name: str, choice: StartChoice) -> Room:
    """What of a choice belongs to the room."""
    return Room(
        name,
        choice.source if may_be_remembered(choice.source) else None,
        choice.frame_rate_hz,
        choice.polarity,
        None if choice.crop is None else str(choice.crop),
        None if choice.profile is None else str(choice.profile.absolute()),
        choice.cement_brand,
        choice.worklist,
    )


def read_rooms(path: Path, now: datetime) -> Remembered:
    """What is remembered. A file that cannot be understood is kept aside, and told.

    Parameters
    ----------
    path : Path
    now : datetime
        Part of the name of a file that is kept aside.
    """
    try:
        text = read_small(path, _LARGEST_BYTES)
    except FileNotFoundError:
        return Remembered(())
    except OSError as error:
        return Remembered(
            (), f"{path}: cannot be read ({error.strerror or error}): no room is remembered", False
        )
    try:
        kept = msgspec.json.decode(text, type=_Rooms)
        problem = _problem(kept)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        problem = str(error)
    if problem is None:
        return Remembered(kept.rooms)
    aside = path.with_name(f"{path.name}.damaged-{now:%Y%m%d-%H%M%S}")
    try:
        path.rename(aside)
    except OSError as error:
        return Remembered(
            (), f"{path}: damaged ({problem}), and cannot be kept aside: {error.strerror}", False
        )
    return Remembered((), f"{path}: damaged ({problem}): no room is remembered; it is kept as {aside.name}")


def write_rooms(path: Path, rooms: tuple[Room, ...]) -> str:
    """Keep the rooms, whole or not at all; what is to be told where it failed, else empty."""
    text = msgspec.json.format(msgspec.json.encode(_Rooms(rooms)), indent=2) + b"\n"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(path, text)
    except OSError as error:
        return f"{path}: the room is not remembered: {error.strerror or error}"
    return ""


def _problem(kept: _Rooms) -> str | None:
    if kept.schema != SCHEMA:
        return f"schema is {kept.schema!r}, expected {SCHEMA!r}"
    names = [room.name for room in kept.rooms]
    if len(names) > MOST_ROOMS or len(set(names)) != len(names) or not all(map(str.strip, names)):
        return "too many rooms, one twice, or one without a name"
    for room in kept.rooms:
        texts = (room.name, room.source, room.crop, room.profile, room.brand, room.worklist)
        if any(text is not None and len(text) > _LONGEST for text in texts):
            return "a text that is too long"
        if room.frame_rate_hz is not None and not 0.1 <= room.frame_rate_hz <= 1000:
            return f"frame_rate_hz is {room.frame_rate_hz:g}"
    return None
