"""Names and figures as a report says them. What is not known is called unknown, never 0."""

from __future__ import annotations

import math
from collections.abc import Sequence

STANDING = "Research and training software. Not a medical device, not for clinical use."
UNKNOWN = "unknown"
NBSP = "\u00a0"
"""Between a figure and its unit, so that no line breaks there."""
NONE_DETECTED = "none detected in projection"

LEAK_WORDS = {
    "canal": "spinal canal",
    "foramen": "foramen",
    "vein": "vein",
    "embolus": "embolus (carried away)",
    "disc_superior": "disc above",
    "disc_inferior": "disc below",
    "paravertebral": "paravertebral",
    "outside": "outside the body, zone not marked",
}
STRUCTURE_WORDS = {
    "posterior_wall": "posterior wall",
    "anterior_wall": "anterior wall",
    "superior_endplate": "upper endplate",
    "inferior_endplate": "lower endplate",
    "vein": "vein",
    "foramen": "foramen",
}
"""Structures that a distance is measured to, in the order in which they are shown."""
_OTHER_WORDS = {
    "body": "body",
    "cannula": "cannula",
    "posterior_third": "posterior third",
    "posterior_quarter": "posterior quarter",
    "canal": "spinal canal",
    "volume": "volume",
}
PRIORITY_SHAPES = {"high": "▲", "medium": "◆", "low": "●"}


def leak_words(leak_class: str) -> str:
    """Name of a leak's class: ``disc_superior`` is ``disc above``."""
    return LEAK_WORDS.get(leak_class, leak_class.replace("_", " "))


def structure_words(name: str) -> str:
    """Name of a structure: ``superior_endplate`` is ``upper endplate``."""
    found = STRUCTURE_WORDS.get(name) or _OTHER_WORDS.get(name) or LEAK_WORDS.get(name)
    return found or name.replace("_", " ")


def view_words(name: str) -> str:
    """Name of a view or projection: ``ap`` is ``AP``."""
    return name.upper() if name.lower() == "ap" else name


def known(value: float | None) -> bool:
    """Whether a figure is there and finite."""
    return value is not None and math.isfinite(value)


def number(value: float | None, digits: int = 1, unit: str = "") -> str:
    """``6.8 mm``; never ``-0.0``; `UNKNOWN`."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    shown = f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")
    return f"{shown}{NBSP}{unit}" if unit else shown


def percent(fraction: float | None, digits: int = 0) -> str:
    """``38 %`` of 0.38. What is not quite all or nothing does not become 100 or 0."""
    if fraction is None or not math.isfinite(fraction):
        return UNKNOWN
    shown = round(100 * fraction, digits)
    if shown >= 100 > 100 * fraction:
        return f">{NBSP}{100 - 10**-digits:.{digits}f}{NBSP}%"
    if shown <= 0 < 100 * fraction:
        return f"<{NBSP}{10**-digits:.{digits}f}{NBSP}%"
    return f"{shown + 0.0:.{digits}f}{NBSP}%"


def interval(low: float | None, high: float | None, digits: int = 1, unit: str = "") -> str:
    """``2.7 to 3.5 mL``; empty where either end is unknown."""
    if low is None or high is None:
        return ""
    return f"{number(low, digits)}{NBSP}to{NBSP}{number(high, digits, unit)}"


def percent_interval(low: float | None, high: float | None, *, as_told: bool = False) -> str:
    """``26 to 52 %``; empty where either end is unknown. `as_told`: ``30 to 87.5 %``, as others report it."""
    if low is None or high is None:
        return ""
    ends = [f"{round(100 * end, 3):g}" if as_told else f"{100 * end:.0f}" for end in (low, high)]
    return f"{ends[0]}{NBSP}to{NBSP}{ends[1]}{NBSP}%"


def at(seconds: float | None) -> str:
    """``14.2 s``, or ``3:07`` from two minutes on: a moment, or a duration."""
    if seconds is None or not math.isfinite(seconds):
        return UNKNOWN
    if seconds < 120:
        return f"{seconds + 0.0:.1f}{NBSP}s"
    whole = round(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}{NBSP}min"


def spread(mean: float | None, sd: float | None, digits: int = 1, unit: str = "") -> str:
    """``3.1 ± 0.2 mL``; the mean alone where the deviation is unknown."""
    if mean is None or sd is None:
        return number(mean, digits, unit)
    return f"{number(mean, digits)}{NBSP}±{NBSP}{number(sd, digits, unit)}"


def events(count: int, total: int) -> str:
    """``19 of 50``."""
    return f"{count}{NBSP}of{NBSP}{total}"


def short_names(names: Sequence[str]) -> dict[str, str]:
    """Long names by the beginning that tells them apart, of eight letters or more; short ones as they are."""
    length = 8
    while length < max(map(len, names), default=0) and len({name[:length] for name in names}) < len(
        set(names)
    ):
        length += 1
    return {name: name if len(name) <= 12 else name[:length] for name in names}


def yes_no(value: bool | None) -> str:
    """``yes``, ``no``, or `UNKNOWN`."""
    return UNKNOWN if value is None else "yes" if value else "no"


def several(count: int, one: str, many: str | None = None) -> str:
    """``1 level``, ``2 levels``."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def p_words(value: float | None) -> str:
    """``0.03``, ``< 0.001``."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    return f"<{NBSP}0.001" if value < 0.001 else f"{value:.3f}" if value < 0.1 else f"{value:.2f}"
