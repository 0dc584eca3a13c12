"""Outer diameters of cannulas by gauge.

Nominal diameters of Stubs' wire gauge as tubing for needles is sold by it, 0.025 mm to either side; 10G and
thinner are also sizes of ISO 9626:2016 (3.4 mm and less). What a maker states for its own cannula is better.
"""

from __future__ import annotations

import math
import re

from calibration.scale import ScaleEstimate
from monitor.errors import CalibrationError

OUTER_DIAMETER_MM = {
    "8G": 4.19,
    "9G": 3.76,
    "10G": 3.40,
    "11G": 3.05,
    "12G": 2.77,
    "13G": 2.41,
    "14G": 2.11,
    "15G": 1.83,
}
DIAMETER_SD_MM = 0.015
"""0.025 mm to either side, evenly."""

_LEAST_MM, _MOST_MM = 0.5, 10.0
_GAUGE = re.compile(r"(\d{1,2})\s*-?\s*(?:g|ga|gauge)\.?", re.IGNORECASE)
_NUMBER = re.compile(r"(\d+(?:[.,]\d+)?)\s*(?:mm)?", re.IGNORECASE)
_FARTHEST_SD = 2.0


def outer_diameter_mm(text: str) -> float:
    """Outer diameter of a gauge (``11G``) or as a number of mm (``3.05``, ``3,05 mm``).

    Raises
    ------
    CalibrationError
        The text is neither, the gauge is not one of `OUTER_DIAMETER_MM`, or the number is not 0.5 to 10 mm.
    """
    words = text.strip()
    gauge = _GAUGE.fullmatch(words)
    if gauge:
        name = f"{int(gauge[1])}G"
        if name not in OUTER_DIAMETER_MM:
            raise CalibrationError(
                f"cannula {name} is not known: {', '.join(OUTER_DIAMETER_MM)}, or a number of mm"
            )
        return OUTER_DIAMETER_MM[name]
    number = _NUMBER.fullmatch(words)
    if not number:
        raise CalibrationError(f"cannula {text!r} is neither a gauge such as 11G nor a number of mm")
    value = float(number[1].replace(",", "."))
    if not _LEAST_MM <= value <= _MOST_MM:
        raise CalibrationError(f"a cannula of {value:g} mm is not between {_LEAST_MM:g} and {_MOST_MM:g} mm")
    return value


def nearest_gauge(diameter_mm: float) -> str:
    """The gauge whose diameter is nearest, by ratio."""
    return min(OUTER_DIAMETER_MM, key=lambda name: abs(math.log(OUTER_DIAMETER_MM[name] / diameter_mm)))


def matching_gauges(
    width_px: float, width_sd_px: float, rough: ScaleEstimate
) -> tuple[tuple[str, float], ...]:
    """Gauges that a shaft may be at a scale known otherwise.

    Parameters
    ----------
    width_px, width_sd_px : float
        Measured outer diameter and its standard deviation.
    rough : ScaleEstimate

    Returns
    -------
    tuple of (str, float)
        Those within two standard deviations, and how many of these they are off; the nearest first. Empty
        where none fits: the scale or the gauge is then wrong.
    """
    mm = width_px * rough.mm_per_px
    found = []
    for name, outer in OUTER_DIAMETER_MM.items():
        sd = math.hypot(math.hypot(width_sd_px / width_px, rough.relative_sd), DIAMETER_SD_MM / outer)
        found.append((name, abs(math.log(mm / outer)) / sd))
    return tuple(sorted((pair for pair in found if pair[1] <= _FARTHEST_SD), key=lambda pair: pair[1]))
