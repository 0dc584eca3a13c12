"""The search: free words and ``key:value``, all of which must hold.

``level:L1 leak:canal date:2026-03..2026-05 operator:roe source:dicom tag:teaching complete:no volume>4``. A
comma is "or" (``leak:canal,vein``); what stands in quotation marks stays together and is no key. Nothing that
is unknown fulfils a comparison.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from monitor.errors import InputError
from recordings.library.row import Row
from recordings.library.words import alarm_words, leak_words, levels_words, source_words, when_words

LONGEST = 1000
_KEY = r"([A-Za-z_]+)(:|>=|<=|>|<|=)"
_TERM = re.compile(rf'{_KEY}(?=\s|$)|(?:{_KEY})?("[^"]*"?|[^\s"]+)')
_DATE = re.compile(r"\d{4}(?:-\d\d(?:-\d\d)?)?")
_YES, _NO = ("yes", "y", "true", "1", "ja"), ("no", "n", "false", "0", "nein")

Test = Callable[[Row], bool]


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for; `tests` must all hold."""

    text: str
    tests: tuple[Test, ...]

    def matches(self, row: Row) -> bool:
        """Whether a row is looked for."""
        return all(test(row) for test in self.tests)


def parse_query(text: str) -> Query:
    """The query that was typed; an empty one matches everything, and so does a key without a value.

    Raises
    ------
    InputError
        An unknown key, or a value that its key does not take.
    """
    if len(text) > LONGEST:
        raise InputError(f"search: at most {LONGEST} characters")
    tests = []
    for found in _TERM.finditer(text):
        alone, _, key, operator, value = found.groups()
        if alone is not None:
            _known(alone)
            continue
        bare = value.strip('"').casefold().strip()
        if key is None:
            if bare:
                tests.append(_word(bare))
            continue
        tests.append(_test(_known(key), operator, bare))
    return Query(text, tuple(tests))


def _known(key: str) -> str:
    name = key.casefold()
    if name not in _TEXTS and name not in _NUMBERS and name not in _CHOICES and name != "date":
        known = ", ".join(sorted(("date", *_TEXTS, *_NUMBERS, *_CHOICES)))
        raise InputError(f"search: no key {key!r}; there are: {known}")
    return name


def _test(key: str, operator: str, value: str) -> Test:
    if key in _NUMBERS:
        return _number(key, operator, value)
    if operator not in (":", "="):
        raise InputError(f"search: {key} cannot be compared by {operator}; write {key}:{value}")
    if key == "date":
        return _date(value)
    if key in _CHOICES:
        return _choice(key, value)
    wanted = [part.strip() for part in value.split(",") if part.strip()]
    texts = _TEXTS[key]
    whole = key in ("level", "tag", "alarm")

    def holds(row: Row) -> bool:
        held = [text.casefold() for text in texts(row)]
        return any(part == text if whole else part in text for part in wanted for text in held)

    return holds if wanted else _anything


def _anything(row: Row) -> bool:
    return True


def _word(word: str) -> Test:
    return lambda row: any(word in text.casefold() for text in all_texts(row))


def all_texts(row: Row) -> tuple[str, ...]:
    """Every text of a row that free words are looked for in."""
    texts = (
        row.folder, row.state, *row.problems, row.id, row.software_version, row.source_id, source_words(row),
        row.source_words, row.patient_id, row.patient_name, row.description, row.operator, *row.tags,
        row.note, levels_words(row), leak_words(row), alarm_words(row), when_words(row), row.created_utc,
        row.acquired,
    )  # fmt: skip
    return tuple(text for text in texts if text)


def _some(*texts: str | None) -> tuple[str, ...]:
    return tuple(text for text in texts if text)


def _leaks(row: Row) -> tuple[str, ...]:
    if row.facts.leaks is None:
        return ("unknown", leak_words(row))
    if not row.facts.leaks:
        return ("none", leak_words(row))
    return ("any", *row.facts.leaks, *leak_words(row).split(", "))


_TEXTS: dict[str, Callable[[Row], tuple[str, ...]]] = {
    "level": lambda row: tuple(level.name for level in row.facts.levels),
    "leak": _leaks,
    "alarm": lambda row: _some(row.facts.highest or None, alarm_words(row)),
    "operator": lambda row: _some(row.operator),
    "patient": lambda row: _some(row.patient_id, row.patient_name),
    "procedure": lambda row: _some(row.description),
    "source": lambda row: _some(row.source_kind, row.source_id, source_words(row)),
    "tag": lambda row: row.tags,
    "note": lambda row: _some(row.note),
    "state": lambda row: (row.state,),
    "version": lambda row: _some(row.software_version),
    "folder": lambda row: (row.folder,),
}
_NUMBERS: dict[str, Callable[[Row], tuple[float | None, ...]]] = {
    "volume": lambda row: tuple(level.volume_ml for level in row.facts.levels),
    "minutes": lambda row: (None if row.facts.duration_s is None else row.facts.duration_s / 60,),
    "frames": lambda row: (row.facts.frames,),
    "gigabytes": lambda row: (row.size_bytes / 1e9,),
}
_CHOICES: dict[str, Callable[[Row], bool | None]] = {
    "complete": lambda row: None if row.state == "broken" else row.state == "complete",
    "monitored": lambda row: row.facts.monitored,
    "imported": lambda row: None if row.state == "broken" else row.imported_from is not None,
}
_COMPARED: dict[str, Callable[[float, float], bool]] = {
    ">": lambda held, asked: held > asked,
    ">=": lambda held, asked: held >= asked,
    "<": lambda held, asked: held < asked,
    "<=": lambda held, asked: held <= asked,
}


def _number(key: str, operator: str, value: str) -> Test:
    if not value:
        return _anything
    try:
        asked = float(value.replace(",", "."))
    except ValueError:
        raise InputError(f"search: {key} is compared with a number, as {key}>4, not {value!r}") from None
    numbers = _NUMBERS[key]
    if operator in _COMPARED:
        compare = _COMPARED[operator]
        return lambda row: any(held is not None and compare(held, asked) for held in numbers(row))
    # as it is shown: with one decimal
    return lambda row: any(held is not None and abs(held - asked) <= 0.05 for held in numbers(row))


def _choice(key: str, value: str) -> Test:
    if not value:
        return _anything
    if value not in _YES and value not in _NO:
        raise InputError(f"search: {key} is yes or no, not {value!r}")
    wanted, asked = value in _YES, _CHOICES[key]
    return lambda row: asked(row) is wanted


def _date(value: str) -> Test:
    """A day, a month, a year, or from one to another, both included; an open end is none."""
    first, between, last = value.partition("..")
    last = last if between else first
    for part in (first, last):
        # while it is being typed, it is no date yet
        if part and not _DATE.fullmatch(part):
            raise InputError(f"search: date is 2026, 2026-03, 2026-03-04 or from..to, not {value!r}")

    def holds(row: Row) -> bool:
        day = row.day
        if day is None:
            return not (first or last)
        return day[: len(first)] >= first and (not last or day[: len(last)] <= last)

    return holds
