"""The steps at the left, each with what became of it."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QButtonGroup, QFrame, QPushButton, QVBoxLayout

from ui.wizard.look import label
from ui.wizard.page import Page
from ui.worded import Button

_SIGNS = {"kept": "●", "changed since": "▲", "measured, not kept": "◐"}
_STANDING = "Research and training software. Not a medical device."


class Rail(QFrame):
    """One button for each page; `chosen` carries its number."""

    chosen = pyqtSignal(int)

    def __init__(self, pages: Sequence[Page]) -> None:
        super().__init__()
        self.setProperty("role", "bar")
        self._pages = pages
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 12, 10, 12)
        layout.setSpacing(4)
        self._group = QButtonGroup(self)
        self.buttons: list[QPushButton] = []
        for number in range(len(pages)):
            button = Button()
            button.setCheckable(True)
            button.setProperty("role", "step")
            button.setToolTip(f"Ctrl+{number + 1}")
            self._group.addButton(button, number)
            self.buttons.append(button)
            layout.addWidget(button)
        layout.addStretch(1)
        layout.addWidget(label(_STANDING, "faint"))
        self._group.idClicked.connect(self.chosen.emit)

    def show_pages(self, current: int) -> None:
        """Say what became of every page, and which is shown."""
        for number, (button, page) in enumerate(zip(self.buttons, self._pages, strict=True)):
            status = page.status()
            sign = _SIGNS.get(status, "○") if page.name not in ("room", "review") else " "
            # an ampersand in a room's name is no shortcut
            words = f"{number + 1}  {page.step or page.title}\n{f'{sign} {status}'.strip()}".replace(
                "&", "&&"
            )
            button.setText(words)
            button.setChecked(number == current)
