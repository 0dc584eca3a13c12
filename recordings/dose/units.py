"""Units of measurements as UCUM writes them, and as X-ray machines write them instead.

The Unified Code for Units of Measure, version 2.1 (https://ucum.org/ucum); PS3.16 section 7.2.2.
"""

from __future__ import annotations

import math
import re

Dimension = tuple[tuple[str, int], ...]

_PREFIXES = {"": 1.0, "k": 1e3, "c": 1e-2, "d": 1e-1, "m": 1e-3, "u": 1e-6, "µ": 1e-6, "μ": 1e-6, "n": 1e-9}
_UNITS: dict[str, tuple[float, dict[str, int]]] = {
    "Gy": (1.0, {"Gy": 1}), "m": (1.0, {"m": 1}), "s": (1.0, {"s": 1}), "sec": (1.0, {"s": 1}),
    "min": (60.0, {"s": 1}), "h": (3600.0, {"s": 1}), "Hz": (1.0, {"s": -1}), "A": (1.0, {"A": 1}),
    "V": (1.0, {"V": 1}), "deg": (1.0, {"deg": 1}), "rad": (180 / math.pi, {"deg": 1}), "1": (1.0, {}),
    "pulses": (1.0, {}), "pulse": (1.0, {}), "frames": (1.0, {}), "Frames": (1.0, {}), "p": (1.0, {}),
}  # fmt: skip
_NO_PREFIX = frozenset(("1", "min", "h", "sec", "pulses", "pulse", "frames", "Frames", "p", "rad", "deg"))
_ANNOTATION, _ANNOTATED = re.compile(r"\{[^{}]*\}"), re.compile(r"(?<=[^./*\s])\{[^{}]*\}")
_SUPERSCRIPT = str.maketrans({"²": "2", "³": "3", "·": ".", "*": ".", "^": "", " ": "", "⋅": "."})
_PART = re.compile(r"([A-Za-zµμ]+|1(?!\d))(-?\d)?")
_GLUED = re.compile(r"(Gy)((?:[kcdmuµμn]?)m2?)$")
_LONGEST = 40


def conversion(unit: str) -> tuple[float, Dimension] | None:
    """What a unit is in those without a prefix, and its dimension; None where it cannot be read.

    Read are UCUM's forms (``dGy.cm2``, ``{pulse}/s``) and others that are seen (``Gy*cm^2``, ``uGym2``).
    """
    # an annotation says nothing of its own; alone it stands for 1
    text = _ANNOTATION.sub("1", _ANNOTATED.sub("", unit.strip())).translate(_SUPERSCRIPT)
    if not text or len(text) > _LONGEST:
        return None
    factor, powers = 1.0, dict[str, int]()
    for number, part in enumerate(text.split("/")):
        # UCUM reads from left to right: what follows a slash is divided by, up to the next operator
        for place, one in enumerate(_GLUED.sub(r"\1.\2", part).split(".")):
            sign = -1 if number and place == 0 else 1
            read = _single(one) if one else ((1.0, dict[str, int]()) if number == 0 else None)
            if read is None:
                return None
            factor *= read[0] ** sign
            for name, power in read[1].items():
                powers[name] = powers.get(name, 0) + sign * power
    return factor, tuple(sorted((name, power) for name, power in powers.items() if power))


def _single(text: str) -> tuple[float, dict[str, int]] | None:
    found = _PART.fullmatch(text)
    if found is None:
        return None
    name, power = found[1], int(found[2] or 1)
    for prefix, scale in _PREFIXES.items():
        unit = name.removeprefix(prefix) if name.startswith(prefix) else ""
        if unit in _UNITS and (not prefix or unit not in _NO_PREFIX):
            factor, powers = _UNITS[unit]
            return (scale * factor) ** power, {key: value * power for key, value in powers.items()}
    return None


def converted(value: float, unit: str, wanted: str) -> float | None:
    """A value in another unit; None where the units do not measure the same, or are not known.

    Raises
    ------
    KeyError
        `wanted` is no unit.
    """
    target = conversion(wanted)
    if target is None:
        raise KeyError(wanted)
    given = conversion(unit)
    if given is None or given[1] != target[1]:
        return None
    result = value * given[0] / target[0]
    return result if math.isfinite(result) else None
