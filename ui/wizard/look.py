"""How the wizard looks: the overlay's colours as a style sheet, and what pages are made of."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QWheelEvent
from PyQt6.QtWidgets import QComboBox, QFormLayout, QLabel, QLineEdit, QSizePolicy, QSpinBox, QWidget

from calibration.scale_choice import above_zero
from monitor.errors import InputError
from ui.language import translated
from ui.theme import (
    AMBER_LINE,
    BACKGROUND,
    BAR_QUIET,
    CYAN,
    FONT_FAMILIES,
    LINE,
    PANEL,
    TEXT,
    TEXT_FAINT,
    TEXT_SOFT,
    TRACK,
)
from ui.worded import Label, Line, Rows

SMALL_PX, LARGE_PX = 14, 18
LARGE_FROM_LINES = 900
"""Height of the window from which on the letters are large."""


def style_sheet(font_px: int) -> str:
    """Style sheet of the window for a size of letters (px)."""
    families = ", ".join(f'"{family}"' for family in FONT_FAMILIES)
    return f"""
    QWidget {{ background: {BACKGROUND}; color: {TEXT}; font-family: {families}; font-size: {font_px}px; }}
    QLabel, QCheckBox {{ background: transparent; }}
    QLabel[role="title"] {{ font-size: {round(1.5 * font_px)}px; font-weight: bold; }}
    QLabel[role="brand"] {{ color: {CYAN}; font-weight: bold; border: 2px solid {CYAN}; border-radius: 5px;
        padding: 2px 10px; }}
    QLabel[role="soft"] {{ color: {TEXT_SOFT}; }}
    QLabel[role="faint"] {{ color: {TEXT_FAINT}; font-size: {round(0.88 * font_px)}px; }}
    QLabel[role="step"] {{ color: {TEXT}; font-size: {round(1.15 * font_px)}px; }}
    QLabel[role="value"] {{ font-size: {round(1.5 * font_px)}px; font-weight: bold; }}
    QLabel[role="refused"] {{ color: {AMBER_LINE}; }}
    QLabel[role="kept"] {{ color: {CYAN}; }}
    QFrame[role="box"] {{ background: {PANEL}; border: 1px solid {LINE}; border-radius: 6px; }}
    QFrame[role="bar"] {{ background: {BAR_QUIET}; border: none; }}
    QFrame[role="bar"] QWidget {{ background: {BAR_QUIET}; }}
    QLineEdit, QSpinBox, QComboBox {{ background: {TRACK}; border: 1px solid {LINE}; border-radius: 4px;
        padding: 3px 6px; selection-background-color: {CYAN}; selection-color: {BACKGROUND}; }}
    QLineEdit:focus, QSpinBox:focus, QComboBox:focus {{ border-color: {CYAN}; }}
    QListWidget {{ background: {TRACK}; border: 1px solid {LINE}; border-radius: 4px;
        selection-background-color: {CYAN}; selection-color: {BACKGROUND}; }}
    QComboBox QAbstractItemView {{ background: {TRACK}; selection-background-color: {CYAN};
        selection-color: {BACKGROUND}; }}
    QPushButton {{ background: {TRACK}; border: 1px solid {LINE}; border-radius: 5px; padding: 5px 12px; }}
    QPushButton:hover {{ border-color: {TEXT_FAINT}; }}
    QPushButton:focus {{ border-color: {CYAN}; }}
    QPushButton:checked {{ border: 2px solid {CYAN}; color: {CYAN}; }}
    QPushButton:disabled {{ color: {TEXT_FAINT}; background: {BAR_QUIET}; }}
    QPushButton[role="main"]:enabled {{ background: {CYAN}; color: {BACKGROUND}; font-weight: bold; }}
    QPushButton[role="main"]:focus {{ border: 2px solid {TEXT}; }}
    QPushButton[role="choice"]:checked {{ color: {CYAN}; border: 2px solid {CYAN}; font-weight: bold; }}
    QPushButton[role="step"], QPushButton[role="way"] {{ text-align: left; border: 1px solid transparent;
        background: transparent; padding: 3px 8px; color: {TEXT_SOFT}; }}
    QPushButton[role="step"] {{ padding: 8px; }}
    QPushButton[role="step"]:checked, QPushButton[role="way"]:checked {{ background: {TRACK}; color: {TEXT};
        border-left: 3px solid {CYAN}; }}
    QPushButton[role="step"]:focus, QPushButton[role="way"]:focus {{ border: 1px solid {CYAN}; }}
    QCheckBox::indicator {{ width: {font_px}px; height: {font_px}px; border: 1px solid {TEXT_FAINT};
        border-radius: 3px; background: {TRACK}; }}
    QCheckBox::indicator:checked {{ background: {CYAN}; }}
    QCheckBox:focus {{ color: {CYAN}; }}
    QScrollArea {{ border: none; }}
    QScrollBar:vertical {{ background: {BACKGROUND}; width: 10px; }}
    QScrollBar::handle:vertical {{ background: {TEXT_FAINT}; border-radius: 5px; min-height: 24px; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ height: 0; }}
    QTableWidget {{ background: {PANEL}; gridline-color: {LINE}; border: 1px solid {LINE}; }}
    QHeaderView::section {{ background: {BAR_QUIET}; color: {TEXT_SOFT}; border: none; padding: 6px; }}
    QTableWidget::item {{ padding: 6px; }}
    QTableWidget::item:selected {{ background: {TRACK}; color: {TEXT}; }}
    QTableWidget[role="choice"]::item:selected {{ background: {CYAN}; color: {BACKGROUND}; }}
    QToolTip {{ background: {PANEL}; color: {TEXT}; border: 1px solid {LINE}; }}
    """


def label(text: str = "", role: str = "", *, one_line: bool = False) -> QLabel:
    """Words; wrapped unless they are to stay on one line. Plain text: what a file is called is no markup."""
    made = Label(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(not one_line)
    made.setProperty("role", role)
    if not one_line:
        # a long name without a space must not make the window wider
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        made.setSizePolicy(policy)
    return made


def set_role(widget: QWidget, role: str) -> None:
    """Give a widget another role of the style sheet."""
    if widget.property("role") != role:
        widget.setProperty("role", role)
        style = widget.style()
        if style is not None:
            style.unpolish(widget)
            style.polish(widget)


def field(hint: str = "", text: str = "") -> QLineEdit:
    """A line to type in."""
    made = Line(text)
    made.setPlaceholderText(hint)
    return made


class _Count(QSpinBox):
    def wheelEvent(self, event: QWheelEvent | None) -> None:  # noqa: N802 - Qt's name
        """Who scrolls the page changes nothing on it."""
        if event is not None:
            event.ignore()


class _Choice(QComboBox):
    def wheelEvent(self, event: QWheelEvent | None) -> None:  # noqa: N802 - Qt's name
        """As `_Count`."""
        if event is not None:
            event.ignore()


def count(least: int, most: int, usual: int, unit: str = "") -> QSpinBox:
    """A whole number."""
    made = _Count()
    made.setRange(least, most)
    made.setValue(usual)
    made.setSuffix(translated(unit))
    made.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
    return made


def choice(words: Sequence[str]) -> QComboBox:
    """One of several."""
    made = _Choice()
    made.addItems([translated(word) for word in words])
    return made


def form() -> Rows:
    """Names on the left, what is typed on the right."""
    made = Rows()
    made.setContentsMargins(0, 0, 0, 0)
    made.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    made.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    return made


def number_in(edit: QLineEdit, name: str) -> float | None:
    """The length that was typed, with a point or a comma; None where nothing was.

    Raises
    ------
    InputError
        It is no number, or not above 0.
    """
    text = edit.text().strip().replace(",", ".")
    if not text:
        return None
    try:
        return above_zero(name, float(text))
    except ValueError:
        raise InputError(f"{name}: {edit.text().strip()!r} is no number") from None
