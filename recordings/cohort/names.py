"""Names of levels, regions, leak classes and people, as a registry has them."""

from __future__ import annotations

import re

from calibration.planning.level_names import ORDER
from recordings.deidentifying.secret import Secret

PSEUDONYM = re.compile(r"CW-[A-Z2-7]{12}")
_REGIONS = {"C": "cervical", "T": "thoracic", "L": "lumbar", "S": "sacral"}
_PREFIXES = {
    "C": "C", "HWK": "C", "HW": "C", "T": "T", "TH": "T", "D": "T", "BWK": "T", "BW": "T", "L": "L",
    "LWK": "L", "LW": "L", "S": "S", "SWK": "S",
}  # fmt: skip
_LEVEL = re.compile(r"([A-Z]{1,3})\s*(\d{1,2})")

CLASSES = (
    "canal", "foramen", "vein", "embolus", "disc_superior", "disc_inferior", "paravertebral", "outside"
)  # fmt: skip
"""As `monitor.result.Leak` has them."""
SERIES_CLASSES: dict[str, str] = {
    "paravertebral": "paravertebral soft tissue",
    "vein": "paravertebral veins",
    "embolus": "paravertebral veins",
    "disc_superior": "intervertebral disc",
    "disc_inferior": "intervertebral disc",
    "canal": "spinal canal",
    "foramen": "foramen (no class of the series)",
    "outside": "zone not marked (no class of the series)",
}
"""To which class of the published series a class of the monitor belongs. An embolus has left by a vein. The
series have no class for the foramen, and none where no zone was marked: these stay by themselves."""


def level_named(text: str) -> str | None:
    """A level's name as plans have it (``Th 12``, ``D12``, ``BWK 12`` are ``T12``); None where it is none."""
    found = _LEVEL.fullmatch(text.strip().upper())
    if found is None or (letter := _PREFIXES.get(found[1])) is None:
        return None
    name = f"{letter}{int(found[2])}"
    return name if name in ORDER or name in ("C1", "S2", "T13", "L6") else None


def region_of(level: str) -> str | None:
    """``cervical``, ``thoracic``, ``lumbar`` or ``sacral``; None where the name tells none."""
    name = level_named(level)
    return None if name is None else _REGIONS[name[0]]


def operator_pseudonym(secret: Secret, name: str) -> str:
    """A pseudonym of an operator, as ``OP-1F3A09C2``; the same for the same key and name.

    One person writes the own name in more than one way: blanks and capitals do not count.
    """
    return f"OP-{secret.token('operator', ' '.join(name.split()).casefold())[:8].upper()}"
