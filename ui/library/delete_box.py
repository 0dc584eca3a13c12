"""Asks before a session is deleted: its name has to be typed."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QDialog, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from recordings.library.row import Row
from recordings.library.words import size_words
from ui.language import translated
from ui.wizard.look import field, label
from ui.worded import Button


class DeleteBox(QDialog):
    """Accepted once the name of the session was typed and `delete` pressed.

    Parameters
    ----------
    row : Row
    name : str
        What has to be typed.
    """

    def __init__(self, parent: QWidget, row: Row, name: str) -> None:
        super().__init__(parent)
        self.setWindowTitle(translated("Delete a session"))
        self._name = name
        self.typed = field()
        self.typed.setAccessibleName(translated("name of the session"))
        self.delete, self.keep = Button("Delete for ever"), Button("Keep it")
        self.delete.setEnabled(False)
        self.delete.setAutoDefault(False)
        self.keep.setDefault(True)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.delete)
        buttons.addWidget(self.keep)
        layout = QVBoxLayout(self)
        layout.setSpacing(10)
        frames, size = row.facts.frames, size_words(row.size_bytes)
        lost = f"{size}: it cannot" if frames is None else f"{frames} frames, {size}: they cannot"
        for words, role in (
            (f"{lost} be brought back", "refused"),
            ("To delete the session, type its name:", ""),
        ):
            layout.addWidget(label(words, role, one_line=True))
        named = QLabel(name)  # a name, not words
        named.setTextFormat(Qt.TextFormat.PlainText)
        named.setProperty("role", "step")
        layout.addWidget(named)
        layout.addWidget(self.typed)
        layout.addLayout(buttons)
        self.setMinimumWidth(460)
        self.typed.textChanged.connect(lambda text: self.delete.setEnabled(text.strip() == name))
        self.delete.clicked.connect(self.accept)
        self.keep.clicked.connect(self.reject)
        self.typed.setFocus()
