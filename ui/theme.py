"""Colours, sizes and flashing of the windows. No Qt here: values only.

Colour means something or is absent. Red, amber and cyan each come with a shape and a word, and
differ in luminance, so that they survive deuteranopia and a photograph in gray.
"""

from __future__ import annotations

from dataclasses import dataclass

from monitor.result import Priority

DESIGN_WIDTH = 1920
DESIGN_HEIGHT = 1080

FONT_FAMILIES = ("DejaVu Sans", "Noto Sans", "Liberation Sans", "Arial", "sans-serif")
"""DejaVu Sans first: its figures are all of one width, so that numbers do not dance."""

BACKGROUND = "#0a0d10"
BAR_QUIET = "#11161b"
PANEL = "#12171d"
LINE = "#222931"
TEXT = "#e6eaee"
TEXT_SOFT = "#b4bcc5"
TEXT_FAINT = "#8a939e"
CYAN = "#5eb3c8"
TRACK = "#262d36"
BLIND = "#525d6e"
BLIND_LINE = "#7d8899"
CONTOUR = "#ffe98a"
HALO = "#000000"
RED_LINE = "#ff5246"
AMBER_LINE = "#ffb21e"

THIRD_BAND = "#25221a"
QUARTER_BAND = "#35191c"
THIRD_WORDS = "#d9a843"
QUARTER_WORDS = "#ff8b84"


@dataclass(frozen=True, slots=True)
class AlarmLook:
    """How an alarm of one priority is painted; `lit` and `unlit` are (background, text)."""

    word: str
    shape: str
    lit: tuple[str, str]
    unlit: tuple[str, str]
    line: str
    flash_hz: float | None


ALARM_LOOKS = {
    Priority.HIGH: AlarmLook(
        "HIGH", "triangle", ("#c91d1d", "#fff4f2"), ("#4d0b0b", "#fff4f2"), RED_LINE, 2.0
    ),
    Priority.MEDIUM: AlarmLook(
        "MEDIUM", "diamond", ("#f0ae1f", "#17120a"), ("#5e4610", "#ffd479"), AMBER_LINE, 0.6
    ),
    Priority.LOW: AlarmLook("LOW", "circle", ("#0c4150", "#d9f3fa"), ("#0c4150", "#d9f3fa"), CYAN, None),
}
"""Flashing after IEC 60601-1-8: HIGH 1.4 to 2.8 Hz, MEDIUM 0.4 to 0.8 Hz, LOW steady."""


def flash_lit(priority: Priority, now_ns: int) -> bool:
    """Whether a flashing alarm of this priority is in its lit half at a time (a pure function).

    Every flashing alarm of one priority is in step; half of each period is lit.
    """
    flash_hz = ALARM_LOOKS[priority].flash_hz
    if flash_hz is None:
        return True
    period_ns = round(1e9 / flash_hz)
    return now_ns % period_ns < period_ns // 2


def unit_for(width_px: float, height_px: float) -> float:
    """Length of one design unit (1/1080 of the height of a 16:9 window) in px."""
    return min(width_px / DESIGN_WIDTH, height_px / DESIGN_HEIGHT)
