"""Qt's widgets with words: given English, they show the language of the windows (`ui.language`).

Only words go through here. What somebody types, names of files and marks in a list do not.
"""

from __future__ import annotations

from collections.abc import Iterable

from PyQt6.QtWidgets import (
    QCheckBox,
    QFormLayout,
    QLabel,
    QLayout,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QWidget,
)

from ui.language import translated


class Label(QLabel):
    """A label."""

    def __init__(self, text: str = "") -> None:
        super().__init__(translated(text))

    def setText(self, text: str | None) -> None:  # noqa: N802 - Qt's name
        """Show words."""
        super().setText(translated(text or ""))

    def setToolTip(self, text: str | None) -> None:  # noqa: N802 - Qt's name
        """Words for who waits with the pointer on it."""
        super().setToolTip(translated(text or ""))


class Button(QPushButton):
    """A button."""

    def __init__(self, text: str = "") -> None:
        super().__init__(translated(text))

    def setText(self, text: str | None) -> None:  # noqa: N802 - Qt's name
        """Show words."""
        super().setText(translated(text or ""))

    def setToolTip(self, text: str | None) -> None:  # noqa: N802 - Qt's name
        """Words for who waits with the pointer on it."""
        super().setToolTip(translated(text or ""))


class CheckBox(QCheckBox):
    """A box to tick."""

    def __init__(self, text: str = "") -> None:
        super().__init__(translated(text))


class Line(QLineEdit):
    """A line to type in: its hint is translated, what is in it never."""

    def setPlaceholderText(self, text: str | None) -> None:  # noqa: N802 - Qt's name
        """What stands there while nothing is typed."""
        super().setPlaceholderText(translated(text or ""))


class Rows(QFormLayout):
    """Names on the left, what is typed on the right."""

    def add(self, name: str, held: QWidget | QLayout) -> None:
        """A row with a name."""
        if isinstance(held, QLayout):
            self.addRow(translated(name), held)
        else:
            self.addRow(translated(name), held)


def tell(parent: QWidget, title: str, lines: Iterable[str]) -> QMessageBox:
    """A box that says something, a line each; not shown yet."""
    made = QMessageBox(parent)
    made.setWindowTitle(translated(title))
    made.setText("\n".join(translated(line) for line in lines))
    return made
