"""The lower edge of the start window: what is missing, what else is to be said, and the buttons."""

from __future__ import annotations

from PyQt6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from ui.wizard.look import label, set_role
from ui.worded import Button


class Foot(QFrame):
    """Words on the left, Cancel and Start on the right."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "bar")
        self.missing, self.said = label("", "refused"), label("", "soft")
        self.start, self.cancel = Button("&Start monitoring"), Button("Cancel")
        self.start.setProperty("role", "main")
        self.start.setMinimumSize(200, 44)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.missing)
        words.addWidget(self.said)
        line = QHBoxLayout(self)
        line.setContentsMargins(14, 8, 14, 8)
        line.addLayout(words, 1)
        line.addWidget(self.cancel)
        line.addWidget(self.start)
        self.say("")

    def show_missing(self, lacking: tuple[str, ...]) -> None:
        """Say what the monitor cannot start without; empty: it can."""
        self.start.setEnabled(not lacking)
        words = "; ".join(lacking) if lacking else "ready: Enter starts the monitor"
        self.missing.setText(words)
        self.missing.setToolTip(words)
        set_role(self.missing, "refused" if lacking else "kept")

    def say(self, words: str, *, refused: bool = False) -> None:
        """A line of what else there is to tell; empty: nothing."""
        self.said.setText(words)
        self.said.setVisible(bool(words))
        self.said.setToolTip(words)
        set_role(self.said, "refused" if refused else "soft")
