"""Names, numbers and times as the person at the table reads them."""

from __future__ import annotations

import math

UNKNOWN = "– –"

_WORDS = {
    "posterior_wall": "posterior wall",
    "anterior_wall": "anterior wall",
    "superior_endplate": "disc above",
    "inferior_endplate": "disc below",
    "disc_superior": "disc above",
    "disc_inferior": "disc below",
    "canal": "canal",
    "vein": "vein",
    "veins": "veins",
    "foramen": "foramen",
    "paravertebral": "paravertebral",
    "embolus": "embolus",
    "volume": "volume",
    "outside": "outside the body",
}

_MEASURED_BY = {
    "canal": "posterior_wall",
    "disc_superior": "superior_endplate",
    "disc_inferior": "inferior_endplate",
    "veins": "vein",
}

DANGEROUS = ("posterior_wall", "vein", "foramen")
"""Structures that cement must not reach. Reaching an endplate is wanted; only crossing it is a leak."""


def structure_words(name: str) -> str:
    """Name of a structure, zone or leak class in words: ``superior_endplate`` is ``disc above``."""
    return _WORDS.get(name, name.replace("_", " "))


def view_words(name: str) -> str:
    """Name of a view or projection: ``ap`` is ``AP``."""
    return name.upper() if name.lower() == "ap" else name


def measured_by(structure: str | None) -> str | None:
    """Name of the distance that an alarm's structure is measured by: ``canal`` by ``posterior_wall``."""
    return structure if structure is None else _MEASURED_BY.get(structure, structure)


def one_decimal(value: float) -> str:
    """``6.8``; never ``-0.0``."""
    return f"{round(value, 1) + 0.0:.1f}"


def lower_bound(low_mm: float) -> str:
    """``at least 1.6``, rounded down so that it stays a bound; ``may be crossed`` below 0."""
    if low_mm < 0:
        return "may be crossed"
    return f"at least {math.floor(low_mm * 10 + 1e-6) / 10:.1f}"


def crossed_bound(low_mm: float) -> str:
    """``at most 1.9`` for how far a structure is crossed, rounded up."""
    return f"at most {math.ceil(-low_mm * 10 - 1e-6) / 10:.1f}"


def clock(seconds: float) -> str:
    """``2:14``, or ``1:02:14``."""
    whole = int(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"


def ago(seconds: float) -> str:
    """A length of time: ``3.2 s``, ``14 s``, ``2 min 5 s``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    return whole_seconds(seconds)


def whole_seconds(seconds: float) -> str:
    """A length of time: ``3 s``, ``2 min 5 s``."""
    whole = int(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60} s"


def contact(seconds: float) -> str:
    """Time to contact, rounded down: ``2 s``; ``over 60 s`` beyond what speed can foretell."""
    return "over 60 s" if seconds > 60 else f"{max(0, math.floor(seconds))} s"


def heading(speed_mm_s: float | None, *, crossed: bool = False) -> str:
    """Which way the front goes: ``nearing``, ``going on`` (has crossed), ``drawing back``, ``standing``.

    ``speed`` where that is not known.
    """
    if speed_mm_s is None:
        return "speed"
    rounded = round(speed_mm_s, 1)
    if rounded <= 0:
        return "drawing back" if rounded < 0 else "standing"
    return "going on" if crossed else "nearing"


def speed_words(speed_mm_s: float | None) -> str:
    """``0.9`` whichever way it goes; empty where it stands."""
    if speed_mm_s is None:
        return UNKNOWN
    return "" if round(speed_mm_s, 1) == 0 else one_decimal(abs(speed_mm_s))


def listed(names: list[str]) -> str:
    """``a, b, c``."""
    return ", ".join(names)


def shout(text: str) -> str:
    """Capitals for the alarm bar, with units left as they are: ``POSTERIOR WALL 2.1 mm``."""
    units = {"mm": "mm", "mm2": "mm²", "mm²": "mm²", "ml": "mL", "s": "s", "mm/s": "mm/s", "min": "min"}
    return " ".join(units.get(word.lower(), word.upper()) for word in text.split(" "))
