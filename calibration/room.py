"""The profile of a room as calibrations are added to it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from calibration.profile import DEFAULT_VALID_DAYS, Profile, Stamp, read_profile, stamp, write_profile
from monitor.errors import InputError


@dataclass(frozen=True, slots=True)
class RoomProfile:
    """Where a room's profile is, what the operator says of the room, and the stamp of new parts.

    Parameters
    ----------
    path : Path or None
        None: nothing is kept.
    room, c_arm : str
        Empty: as the profile says.
    made : Stamp
    """

    path: Path | None
    room: str
    c_arm: str
    made: Stamp

    @classmethod
    def of(
        cls,
        path: Path | None,
        *,
        room: str = "",
        c_arm: str = "",
        operator: str = "",
        valid_days: int = DEFAULT_VALID_DAYS,
        software: str = "",
    ) -> RoomProfile:
        """Check all of it before the work.

        Raises
        ------
        InputError
            The profile cannot be read, or is that of another room or C-arm; the days are out of range.
        """
        into = cls(path, room, c_arm, stamp(software, operator, valid_days))
        into.known()
        return into

    def known(self) -> Profile:
        """The profile as it is on the disk; an empty one where there is none. Raises `InputError`."""
        if self.path is None or not self.path.exists():
            return Profile(room=self.room, c_arm=self.c_arm)
        known = read_profile(self.path)
        for said, held, name in ((self.room, known.room, "room"), (self.c_arm, known.c_arm, "C-arm")):
            if said and held and said != held:
                raise InputError(f"{self.path}: is the profile of {name} {held!r}, not of {said!r}")
        return known

    def with_parts(self, **parts: Any) -> Profile:  # noqa: ANN401 - the parts of a profile by name
        """The profile as it would be with these parts; the others stay. Raises `InputError`."""
        known = self.known()
        named = {"room": self.room or known.room, "c_arm": self.c_arm or known.c_arm}
        return msgspec.structs.replace(known, **named, **parts)

    def keep(self, **parts: Any) -> None:  # noqa: ANN401 - as with_parts
        """Write the profile with these parts. Raises `InputError`; no path is a mistake of the caller's."""
        if self.path is None:
            raise ValueError("no profile to keep anything in")
        write_profile(self.with_parts(**parts), self.path)
