"""Last page: what the profile will hold, what it will lack, and saving it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QColor
from PyQt6.QtWidgets import QHeaderView, QTableWidget, QTableWidgetItem

from calibration.profile import Profile
from calibration.room import RoomProfile
from calibration.summary import AnyPart, PartSummary, mismatches, summary_of
from ui.language import translated
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
        self.table.setHorizontalHeaderLabels([translated(name) for name in _COLUMNS])
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

    def show_profile(self, into: RoomProfile, parts: Mapping[str, AnyPart], pages: Iterable[Page]) -> None:
        """Say what a profile would hold with new parts, and what of the pages would not come into it.

        Raises
        ------
        InputError
            The profile cannot be read, or is that of another room.
        """
        known, whole = into.known(), into.with_parts(**parts)
        held = summary_of(whole, datetime.now(UTC))
        self.table.setRowCount(len(held))
        for number, part in enumerate(held):
            self._fill(number, part, _origin(part, known, parts))
        self.keep_button.setEnabled(bool(parts))
        words = [f"{whole.room or 'room not named'}, {whole.c_arm or 'C-arm not named'}"]
        words.append(f"to be saved: {', '.join(parts)}" if parts else "nothing new to save")
        pages = list(pages)
        changed = [page.name for page in pages if page.kept is not None and not page.holds]
        if changed:
            words.append(f"changed since kept, not in the profile: {', '.join(changed)}")
        measured = [page.name for page in pages if page.kept is None and page.finding() is not None]
        if measured:
            words.append(f"measured, not kept: {', '.join(measured)}")
        unlike = list(mismatches(whole))
        words += unlike
        self.say("; ".join(words), refused=bool(changed or measured or unlike))

    def show_nothing(self, why: str) -> None:
        """Nothing can be written."""
        self.table.setRowCount(0)
        self.keep_button.setEnabled(False)
        self.say(why, refused=True)

    def _fill(self, number: int, part: PartSummary, origin: str) -> None:
        dated = ""
        if part.stamp is not None:
            by = f", {part.stamp.operator}" if part.stamp.operator else ""
            until = "expired on" if part.expired else "until"
            dated = f"{part.stamp.made_at:%Y-%m-%d}{by}\n{until} {part.stamp.valid_until:%Y-%m-%d}"
        cells = (part.name, part.value, part.uncertainty, dated, part.conditions, origin)
        for column, text in enumerate(cells):
            cell = QTableWidgetItem(translated(text))
            if part.stamp is None:
                cell.setForeground(QColor(TEXT_FAINT))
            elif part.expired and column == _COLUMNS.index("dated"):
                cell.setForeground(QColor(AMBER_LINE))
            self.table.setItem(number, column, cell)

    def say(self, words: str, *, refused: bool = False) -> None:
        """A line below the table."""
        self.said.setText(words)
        set_role(self.said, "refused" if refused else "soft")


def _origin(part: PartSummary, known: Profile, parts: Mapping[str, AnyPart]) -> str:
    if part.name not in parts:
        return "in the profile" if part.stamp is not None else ""
    return "this session, replaces the old" if getattr(known, part.name) else "this session, not saved yet"
