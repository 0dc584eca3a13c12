"""German windows: what they say without a translation, and whether their words fit."""

from __future__ import annotations

from PyQt6.QtWidgets import QApplication, QPushButton, QWidget

from ui.language import FOLDER
from ui.phrases import Phrases, is_value

GERMAN = FOLDER / "cementwatch_de.ts"
NAMES = {"Simplex P", "A", "B", "D", "M", "N", "V", "Esc", "Space", "Enter", "PageUp", "PageDown", "room 1"}
"""Of a maker, of keys, and what stands filled in: the same in every language."""


class Listening(Phrases):
    """Remembers what was shown."""

    def __init__(self, translations: dict[str, str]) -> None:
        super().__init__(translations)
        self.shown: set[str] = set()

    def say(self, text: str) -> str:
        self.shown.add(text)
        return super().say(text)

    @property
    def lacking(self) -> list[str]:
        """Statements that were shown in English."""
        lacking = sorted({part for text in self.shown for part in self.missing(text)})
        return [part for part in lacking if not _is_name(part)]


def _is_name(text: str) -> bool:
    """Names, addresses and keys, alone or in a list."""
    return all(part in NAMES or is_value(part) or part.startswith("dicom ") for part in text.split(", "))


def fits(window: QWidget) -> None:
    """The window needs no more room than it has, and no button is narrower than its words."""
    for _ in range(5):
        QApplication.processEvents()
    assert window.minimumSizeHint().width() <= 1280
    for button in window.findChildren(QPushButton):
        if button.isVisible():
            assert button.sizeHint().width() <= button.width() + 1, button.text()
