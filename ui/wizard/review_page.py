"""Last page: what the profile will hold, what it will lack, and saving it."""

from __future__ import annotations

from collections.abc import Iterable

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QColor
from PyQt6.QtWidgets import QHeaderView, QTableWidget, QTableWidgetItem

from calibration.summary import PartSummary
from ui.theme import AMBER_LINE, TEXT_FAINT
from ui.wizard.look import label, set_role
from ui.wizard.page import Page
from ui.wizard.worker import Worker

_COLUMNS = ("part", "value", "95 % uncertainty", "dated", "holds for", "comes from")


class ReviewPage(Page):
    """A table of the profile as it would be written."""

    name = "review"
    title = "Review and save"
    step = "Review"
    instruction = (
        "What the profile will hold. Parts that it held already stay unless they were replaced. Only what "
        "was kept on its page is written."
    )
    keep_words = "Save the profile"

    def __init__(self, worker: Worker) -> None:
        super().__init__(worker)
        self.table = QTableWidget(0, len(_COLUMNS))
        self.table.setHorizontalHeaderLabels(_COLUMNS)
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setWordWrap(True)
        self.table.setAccessibleName("what the profile will hold")
        rows, columns = self.table.verticalHeader(), self.table.horizontalHeader()
        if rows is not None and columns is not None:
            rows.setVisible(False)
            rows.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
            columns.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
            columns.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
            columns.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        self.content.addWidget(self.table, 1)
        self.said = label("", "soft")
        self.content.addWidget(self.said)
        self.kept_line.hide()
        self._foot.insertStretch(0, 1)
        self.refresh()

    def keep(self) -> None:
        """Saving is the window's."""

    def refresh(self) -> None:
        """The window says what can be saved."""

    def status(self) -> str:
        """Nothing of its own."""
        return ""

    def show_rows(self, rows: Iterable[tuple[PartSummary, str]]) -> None:
        """Fill the table: what each part holds, and where it comes from."""
        held = list(rows)
        self.table.setRowCount(len(held))
        for number, (part, origin) in enumerate(held):
            dated = ""
            if part.stamp is not None:
                by = f", {part.stamp.operator}" if part.stamp.operator else ""
                until = "expired on" if part.expired else "until"
                dated = f"{part.stamp.made_at:%Y-%m-%d}{by}\n{until} {part.stamp.valid_until:%Y-%m-%d}"
            cells = (part.name, part.value, part.uncertainty, dated, part.conditions, origin)
            for column, text in enumerate(cells):
                cell = QTableWidgetItem(text)
                if part.stamp is None:
                    cell.setForeground(QColor(TEXT_FAINT))
                elif part.expired and column == _COLUMNS.index("dated"):
                    cell.setForeground(QColor(AMBER_LINE))
                self.table.setItem(number, column, cell)

    def say(self, words: str, *, refused: bool = False) -> None:
        """A line below the table."""
        self.said.setText(words)
        set_role(self.said, "refused" if refused else "soft")
