"""Times of follow-up: as they are written in tables, named alike, and days put into windows.

A day is counted from that of the patient's first procedure in the cohort. A day in no window is not guessed
at.
"""

from __future__ import annotations

import re
from datetime import date

BEFORE = "before"
WINDOWS: dict[str, tuple[int, int]] = {
    BEFORE: (-90, 0),
    "24 h": (1, 3),
    "1 month": (16, 44),
    "3 months": (61, 121),
    "6 months": (138, 228),
    "12 months": (305, 425),
}
"""First and last day after the procedure. The day itself is before it: a score of that evening has to be
written with its time (``24 h``)."""
TARGETS_DAYS: dict[str, float] = {
    BEFORE: 0.0, "24 h": 1.0, "1 month": 30.4, "3 months": 91.3, "6 months": 182.6, "12 months": 365.25,
}  # fmt: skip
_BEFORE = frozenset(
    "before baseline pre preop preoperative preoperativ vor vorher vorop praop praoperativ".split()
)
_SPAN = re.compile(r"(\d{1,3})\s*([a-z]+)")
_LEADING = re.compile(r"^(?:after|nach|post|at)\s+")
_TRAILING = re.compile(r"\s*(?:after|later|post|postop|postoperative|postoperativ|danach|p\.?\s?o\.?)$")
_HOURS = frozenset("h hour hours hr hrs std stunde stunden".split())
_DAYS = frozenset("d day days t tag tage tagen".split())
_WEEKS = frozenset("w wk wks week weeks wo woche wochen".split())
_MONTHS = frozenset("m mo mon month months monat monate monaten mt".split())
_YEARS = frozenset("y yr year years j jahr jahre jahren a".split())
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_POINTS = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_DAYS_PER_MONTH = 30.4375


def moment_of(text: str) -> str | None:
    """A time as it is named here (``before``, ``24 h``, ``2 weeks``, ``3 months``); None where it is none.

    ``1 day`` is ``24 h``, ``1 year`` is ``12 months``.
    """
    words = text.strip().casefold().replace("ä", "a")
    if words.replace("-", "") in _BEFORE:
        return BEFORE
    found = _SPAN.fullmatch(_TRAILING.sub("", _LEADING.sub("", words)))
    if found is None or int(found[1]) == 0:
        return None
    number, unit = int(found[1]), found[2]
    if unit in _HOURS:
        return _days(number // 24) if number % 24 == 0 else f"{number} h"
    if unit in _DAYS:
        return _days(number)
    if unit in _WEEKS:
        return _days(7 * number)
    if unit in _MONTHS or unit in _YEARS:
        months = number * 12 if unit in _YEARS else number
        return "1 month" if months == 1 else f"{months} months"
    return None


def _days(number: int) -> str:
    if number == 1:
        return "24 h"
    if number % 7 == 0:
        return "1 week" if number == 7 else f"{number // 7} weeks"
    return f"{number} days"


def day_of(text: str) -> date | None:
    """A day as ``YYYY-MM-DD`` or ``DD.MM.YYYY``; None where it is none."""
    words = text.strip()
    iso, points = _ISO.fullmatch(words), _POINTS.fullmatch(words)
    parts = iso.groups() if iso else points.groups()[::-1] if points else None
    if parts is None:
        return None
    try:
        return date(*map(int, parts))
    except ValueError:
        return None


def days_after(moment: str) -> float:
    """How long after the procedure a named time is (days); what times are put in order by."""
    if moment == BEFORE:
        return 0.0
    number, unit = moment.split()
    per_unit = {"h": 1 / 24, "day": 1.0, "week": 7.0, "month": _DAYS_PER_MONTH}
    return int(number) * per_unit[unit.rstrip("s") if unit != "h" else unit]


def window_of(day: date, procedure: date) -> str | None:
    """The named time whose window a day falls into; None: into none."""
    after = (day - procedure).days
    return next((name for name, (first, last) in WINDOWS.items() if first <= after <= last), None)
