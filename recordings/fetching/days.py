"""Ranges of days as they are typed, and as DICOM asks for them (PS3.4 C.2.2.2.5)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Self

from monitor.errors import InputError

_DAY = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Days:
    """From a day to a day, both in it. None: open on that side."""

    first: date | None
    last: date | None

    @classmethod
    def parse(cls, text: str, option: str) -> Self:
        """Read ``DAY``, ``DAY..DAY``, ``DAY..`` or ``..DAY``, each day ``YYYY-MM-DD`` or ``YYYYMMDD``.

        Raises
        ------
        InputError
            It is neither, or runs backwards.
        """
        first, dots, last = text.strip().partition("..")
        if not dots:
            day = _day(first, option)
            return cls(day, day)
        made = cls(_day(first, option) if first else None, _day(last, option) if last else None)
        if made.first is None and made.last is None:
            raise InputError(f"{option}: {text!r} names no day")
        if made.first is not None and made.last is not None and made.first > made.last:
            raise InputError(f"{option}: {text!r} ends before it begins")
        return made

    def __contains__(self, day: date) -> bool:
        """Whether a day is one of them."""
        return (self.first or day) <= day <= (self.last or day)

    @property
    def key(self) -> str:
        """As the key of a query: one day, or a range."""
        first, last = (f"{day:%Y%m%d}" if day else "" for day in (self.first, self.last))
        return first if first == last else f"{first}-{last}"


def _day(text: str, option: str) -> date:
    parts = _DAY.fullmatch(text.strip())
    try:
        if parts is not None:
            return date(*map(int, parts.groups()))
    except ValueError:
        pass
    raise InputError(
        f"{option}: {text.strip()!r} is no day, expected YYYY-MM-DD (DAY, DAY..DAY, DAY.. or ..DAY)"
    )
