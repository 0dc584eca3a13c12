"""Answers of a peer as frozen values. They come from outside: what cannot be read is None, never raised."""

from __future__ import annotations

import re
import types
import typing
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, time
from functools import cache
from typing import Any, TypeVar

import msgspec
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.valuerep import PersonName

from monitor.errors import one_line
from recordings.network.uid import is_uid

LONGEST = 200
"""Characters of a text that are taken."""
_MOST_VALUES = 100
_DAY = re.compile(r"(\d{4})[-.]?(\d\d)[-.]?(\d\d)")
_CLOCK = re.compile(r"(\d\d):?(\d\d)?:?(\d\d)?(?:\.\d+)?")
_WRITTEN_APART = {"uid": "UID", "id": "ID", "sop": "SOP"}
_NAMES = {"scheduled_station_ae_title": "ScheduledStationAETitle"}


def keyword_of(name: str) -> str:
    """The DICOM keyword of a field's name: ``study_instance_uid`` is ``StudyInstanceUID``."""
    words = name.split("_")
    return _NAMES.get(name) or "".join(_WRITTEN_APART.get(word, word.capitalize()) for word in words)


class Answer(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename=keyword_of,
    forbid_unknown_fields=True,
):
    """Base of what was found: each field is the DICOM attribute of its name, None where it is not known.

    As JSON the fields have their DICOM keywords.
    """


_A = TypeVar("_A", bound=Answer)


def keywords(kind: type[Answer]) -> tuple[str, ...]:
    """DICOM keywords of the fields."""
    return tuple(field.keyword for field in _fields(kind))


def read(kind: type[_A], *datasets: Dataset) -> _A | None:
    """Take what an answer says of the fields of `kind`; None where one is unusable that has to be there.

    Parameters
    ----------
    kind : type
    *datasets : Dataset
        Places to look in, one after the other.
    """
    found: dict[str, object] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom warns of values that it has doubts about
        for field in _fields(kind):
            value = next(filter(_is_known, (_read_one(each, field) for each in datasets)), field.unknown)
            if field.required and value is None:
                return None
            found[field.name] = value
    return kind(**found)


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    keyword: str
    required: bool
    convert: Callable[[str, tuple[str, ...]], object]
    unknown: object


@cache
def _fields(kind: type[Answer]) -> tuple[_Field, ...]:
    return tuple(
        _Field(
            field.name,
            field.encode_name,
            field.required,
            _CONVERTED[_plain(field.type)],
            () if _plain(field.type) is tuple else None,
        )
        for field in msgspec.structs.fields(kind)
    )


def texts(values: object, *, guess: bool = False) -> tuple[str, ...]:
    """One or several values as texts of one line each, without empty ones.

    Parameters
    ----------
    guess : bool
        Nobody has said in which characters they are: UTF-8 where they are valid in it, else Latin 1.
    """
    several: Iterable[object] = values if isinstance(values, (MultiValue, list, tuple)) else (values,)
    found = []
    for value in list(several)[:_MOST_VALUES]:
        if value is None:
            continue
        if not isinstance(value, (str, PersonName, int, float)):
            raise ValueError(f"a {type(value).__name__} is no text")
        plain = _as_utf_8(str(value)) if guess else str(value)
        text = one_line(plain.strip("\0 "))[:LONGEST].strip()
        if text:
            found.append(text)
    return tuple(found)


def _as_utf_8(text: str) -> str:
    try:
        return text if text.isascii() else text.encode("iso-8859-1").decode("utf-8")
    except UnicodeError:
        return text


def _is_known(value: object) -> bool:
    return value is not None and value != ()


def _read_one(dataset: Dataset, field: _Field) -> object:
    try:
        found = texts(dataset.get(field.keyword), guess="SpecificCharacterSet" not in dataset)
        return field.convert(field.keyword, found) if found else None
    except Exception:
        # pydicom raises whatever it likes on values that their representation forbids
        return None


def _plain(wanted: Any) -> type:  # noqa: ANN401 - a type
    """``str`` of ``str | None``, ``tuple`` of ``tuple[str, ...]``."""
    if typing.get_origin(wanted) in (types.UnionType, typing.Union):
        wanted = next(one for one in typing.get_args(wanted) if one is not types.NoneType)
    plain: type = typing.get_origin(wanted) or wanted
    return plain


def _text(keyword: str, found: tuple[str, ...]) -> str | None:
    if keyword.endswith("UID"):
        return found[0] if is_uid(found[0]) else None
    return " ".join(found)[:LONGEST] if len(found) > 1 else found[0]


def _count(_: str, found: tuple[str, ...]) -> int | None:
    number = int(found[0])
    return number if 0 <= number < 1 << 31 else None


def _day(_: str, found: tuple[str, ...]) -> date | None:
    parts = _DAY.fullmatch(found[0])
    return None if parts is None else date(*map(int, parts.groups()))


def _clock(_: str, found: tuple[str, ...]) -> time | None:
    parts = _CLOCK.fullmatch(found[0])
    if parts is None:
        return None
    hours, minutes, seconds = (int(part or 0) for part in parts.groups())
    return time(hours, minutes, seconds)


def _several(_: str, found: tuple[str, ...]) -> tuple[str, ...]:
    return found


_CONVERTED: dict[type, Any] = {str: _text, int: _count, date: _day, time: _clock, tuple: _several}
