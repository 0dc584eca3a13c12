"""Content items of a structured report (PS3.3 C.17.3), read with patience: anything may be missing or odd."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from pydicom.dataset import Dataset
from pydicom.valuerep import DT

from recordings.dose.units import converted

MOST_ITEMS = 400_000
_MOST_DEPTH = 20
_TO_THE_MINUTE = re.compile(r"[0-9]{12}")


class TooManyItems(ValueError):
    """A report with more content than any machine writes."""


def code_of(item: Dataset, keyword: str = "ConceptNameCodeSequence") -> tuple[str, str, str]:
    """Value, scheme and meaning of an item's concept; empty where it has none."""
    with suppress(Exception):
        code = item.get(keyword)[0]
        value = code.get("CodeValue") or code.get("LongCodeValue") or ""
        return (
            str(value).strip(),
            str(code.get("CodingSchemeDesignator") or "").strip(),
            str(code.get("CodeMeaning") or "").strip(),
        )
    return "", "", ""


def children(item: Dataset) -> list[Dataset]:
    """Content items directly below one."""
    with suppress(Exception):
        return list(item.get("ContentSequence") or [])
    return []


def below(item: Dataset, stop: frozenset[str] = frozenset()) -> Iterator[Dataset]:
    """All content items below one, in order; not those below an item whose concept is one of `stop`.

    Raises
    ------
    TooManyItems
    """
    waiting = [(child, 1) for child in reversed(children(item))]
    count = 0
    while waiting:
        one, depth = waiting.pop()
        count += 1
        if count > MOST_ITEMS:
            raise TooManyItems(f"more than {MOST_ITEMS} content items")
        yield one
        if depth < _MOST_DEPTH and code_of(one)[0] not in stop:
            waiting += [(child, depth + 1) for child in reversed(children(one))]


def number_in(item: Dataset, unit: str) -> tuple[float | None, str]:
    """The measured value in a unit, and why it is None.

    The value may be absent on purpose (Numeric Value Qualifier), no number, without a unit, or of another
    dimension.
    """
    try:
        held = item.get("MeasuredValueSequence") or []
        if not held:
            return None, ""
        measured = held[0]
        value = _floating(measured)
    except Exception:
        # as every value of a report, it may be anything
        return None, "no number"
    if value is None:
        return None, "no number"
    stated = code_of(measured, "MeasurementUnitsCodeSequence")[0]
    result = converted(value, stated, unit) if stated else None
    if result is None:
        return None, f"unit {stated[:20]!r}" if stated else "no unit"
    return result, ""


def _floating(measured: Dataset) -> float | None:
    exact = measured.get("FloatingPointValue")
    if exact is not None:
        return _finite(exact)
    if "NumericValue" not in measured:
        return None
    # as it lies in the file: with a comma, too long, or in another form than a decimal string must have
    held: Any = measured.get_item("NumericValue").value
    if isinstance(held, bytes):
        held = held.decode("ascii").split("\\")[0].replace(",", ".")
    elif hasattr(held, "__iter__") and not isinstance(held, str):
        held = next(iter(held), None)
    return None if held is None or not str(held).strip() else _finite(held)


def _finite(value: Any) -> float | None:  # noqa: ANN401 - as many types as representations
    number = float(str(value))
    return number if math.isfinite(number) else None


def moment_in(text: object, offset: timezone | None) -> str | None:
    """A DT value as ISO 8601; with the offset that it has, else with the one given. None where it is none.

    One without hours and minutes is none: midnight is nothing that it tells.
    """
    plain_text = str(text or "").strip()
    if not _TO_THE_MINUTE.match(plain_text):
        return None
    try:
        moment = DT(plain_text)
    except Exception:
        # as every value of a report, it may be anything
        return None
    kept = datetime(
        moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second, moment.microsecond,
        tzinfo=moment.tzinfo or offset,
    )  # fmt: skip
    return kept.isoformat()


def offset_in(text: object) -> timezone | None:
    """Timezone Offset From UTC (0008,0201), as ``+0100``; None where it is none."""
    plain = str(text or "").strip()
    if len(plain) != 5 or plain[0] not in "+-" or not plain[1:].isdigit():
        return None
    minutes = int(plain[1:3]) * 60 + int(plain[3:])
    if minutes > 14 * 60:
        return None
    sign = -1 if plain[0] == "-" else 1
    return timezone(sign * timedelta(minutes=minutes)) if minutes else UTC
