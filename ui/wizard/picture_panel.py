"""The picture with the buttons for looking at it and for its marks."""

from __future__ import annotations

from PyQt6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ui.language import translated
from ui.wizard.mark_view import MarkView
from ui.wizard.page import Page
from ui.worded import Button, tell

KEYS = (
    ("mouse", "left: set or drag a mark, drag the picture; right: window and level; wheel: zoom"),
    ("F2", "to the picture"),
    ("Enter", "set the next mark in the middle"),
    ("Arrows", "move the chosen mark by a pixel, with Shift by 10, with Alt by 0.1"),
    ("Page up, down", "choose another mark"),
    ("Delete", "remove the marks of this way"),
    ("Ctrl+Z, Ctrl+Shift+Z", "undo, redo"),
    ("+, -, 0", "zoom, all of the picture"),
    ("Ctrl+arrows, A", "window and level, automatic"),
    ("Ctrl+1 to 6, Ctrl+page up, down", "go to a page"),
    ("Ctrl+Enter", "keep what was found"),
    ("Ctrl+O, Ctrl+S", "open a file, save the profile"),
)


class PicturePanel(QWidget):
    """View and buttons."""

    def __init__(self) -> None:
        super().__init__()
        self.view = MarkView()
        self.undo, self.redo, self.remove = (
            Button("Undo"),
            Button("Redo"),
            Button("Remove marks"),
        )
        whole, grey = Button("Whole"), Button("Auto grey")
        self.keys = Button("Keys")
        line = QHBoxLayout()
        for button in (self.undo, self.redo, self.remove, whole, grey, self.keys):
            line.addWidget(button)
        line.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 10, 0, 10)
        layout.addWidget(self.view, 1)
        layout.addLayout(line)
        self.undo.clicked.connect(self.view.undo)
        self.redo.clicked.connect(self.view.redo)
        self.remove.clicked.connect(self.view.delete_marks)
        whole.clicked.connect(self.view.fit)
        grey.clicked.connect(self.view.auto_grey)
        self.keys.clicked.connect(self._show_keys)

    def show_page(self, page: Page) -> None:
        """Picture, marks and findings of a page."""
        self.view.show_picture(None if page.loaded is None else page.loaded.picture)
        tool = page.tool()
        self.view.show_marks(page.book, tool, page.shapes())
        self.undo.setEnabled(page.book.can_undo)
        self.redo.setEnabled(page.book.can_redo)
        self.remove.setEnabled(tool is not None and bool(page.book.points(tool)))

    def _show_keys(self) -> None:
        tell(self, "Keys", (f"{key}: {translated(does)}" for key, does in KEYS)).exec()
