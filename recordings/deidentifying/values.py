"""Values that take the place of others: dates moved by days, and dummies that fit their representation."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import numpy as np
from pydicom.multival import MultiValue

_DATE = re.compile(r"(\d{4})\.?(\d\d)\.?(\d\d)")
_DATE_TIME = re.compile(r"(\d{4})(\d\d)?(\d\d)?(\d{0,6}(?:\.\d{1,6})?)([+-]\d{4})?")
_TIME = re.compile(r"\d\d(?::?\d\d(?::?\d\d(?:\.\d{1,6})?)?)?")
_OLDEST_TOLD = 89
REMOVED = "REMOVED"
_DUMMIES: dict[str, Any] = {
    "AS": "000Y", "DS": "0", "IS": "0", "UR": "http://removed.invalid", "PN": REMOVED, "AE": REMOVED,
    "FD": 0.0, "FL": 0.0, "SS": 0, "US": 0, "SL": 0, "UL": 0, "SV": 0, "UV": 0, "AT": 0,
    "DA": "19000101", "DT": "19000101000000", "TM": "000000",
    "OB": b"\0\0", "OW": b"\0\0", "UN": b"\0\0", "OF": b"\0\0\0\0", "OL": b"\0\0\0\0", "OD": b"\0" * 8,
    "OV": b"\0" * 8,
}  # fmt: skip
_NUMBERS = {
    "US": ("<u2", ">u2"), "SS": ("<i2", ">i2"), "UL": ("<u4", ">u4"), "SL": ("<i4", ">i4"),
    "AT": ("<u4", ">u4"),
    "FL": ("<f4", ">f4"), "FD": ("<f8", ">f8"), "UV": ("<u8", ">u8"), "SV": ("<i8", ">i8"),
}  # fmt: skip


_FORMS = {
    "AS": re.compile(r"\d{3}[DWMY]"),
    "CS": re.compile(r"[A-Za-z0-9 _./+-]{0,16}"),
    "DS": re.compile(r" *[0-9+\-.eE]{0,24} *"),
    "IS": re.compile(r" *[0-9+-]{0,14} *"),
    "UI": re.compile(r"[0-9.]{0,64}"),
}
_LONGEST = {"AE": 16, "SH": 64, "LO": 128, "UC": 200, "UR": 200, "UT": 2000}
"""Twice or more what PS3.5 6.2 allows, as makers write; what is longer has swallowed what followed it."""
_WORDS = re.compile(rb"[A-Za-z^ ]{6}")
_FEW_NUMBERS = 16


def is_fit(representation: str, value: Any) -> bool:  # noqa: ANN401 - as many types as representations
    """Whether a value that is to stay looks as its representation must.

    An element with a wrong length holds what stood behind it: names, as bytes, in a code or among numbers.
    """
    several = value if isinstance(value, MultiValue | list | tuple) else [value]
    if representation in _FORMS or representation in _LONGEST:
        return all(one is None or _is_fit_text(representation, str(one)) for one in several)
    if isinstance(value, bytes):
        return _WORDS.search(value) is None
    if len(several) <= _FEW_NUMBERS:
        return True
    # as they may lie in the file: text that was read as numbers shows in one of these
    try:
        return all(
            _WORDS.search(np.asarray(list(several), kind).tobytes()) is None
            for kind in _NUMBERS[representation]
        )
    except (KeyError, ValueError, OverflowError, TypeError):
        return False


def _is_fit_text(representation: str, text: str) -> bool:
    form = _FORMS.get(representation)
    if form is not None:
        return form.fullmatch(text.strip("\0")) is not None
    return len(text) <= _LONGEST[representation] and text.replace("\n", " ").replace("\r", " ").isprintable()


def dummy(representation: str) -> Any:  # noqa: ANN401 - as many types as representations
    """A value that says nothing and is valid for its representation (PS3.5 6.2)."""
    return _DUMMIES.get(representation, REMOVED)


def shifted_date(text: str, shift: timedelta) -> str | None:
    """A DA value moved by whole days; None where it is none."""
    found = _DATE.fullmatch(text.strip())
    return None if found is None else _moved(*found.groups(), shift=shift)


def shifted_date_time(text: str, shift: timedelta) -> str | None:
    """A DT value moved by whole days, as exact as it was; None where it is none."""
    found = _DATE_TIME.fullmatch(text.strip())
    if found is None:
        return None
    year, month, day, rest, offset = found.groups(default="")
    moved = _moved(year, month or "07", day or "15", shift=shift)
    if moved is None:
        return None
    kept = len(year + month + day)
    return f"{moved[:kept]}{rest if kept == 8 else ''}{offset}"


def time_of_day(text: str) -> str | None:
    """A TM value, which stays as it is; None where it is none."""
    return text.strip() if _TIME.fullmatch(text.strip()) else None


def told_age(text: str) -> str:
    """An age, ``090Y`` for everybody over 89: so few are that old that it tells who."""
    years = re.fullmatch(r"(\d{3})Y", text.strip())
    return "090Y" if years is not None and int(years[1]) > _OLDEST_TOLD else text


def _moved(year: str, month: str, day: str, *, shift: timedelta) -> str | None:
    try:
        moved = date(int(year), int(month), int(day)) + shift
    except (ValueError, OverflowError):
        return None
    return f"{moved.year:04d}{moved.month:02d}{moved.day:02d}"
