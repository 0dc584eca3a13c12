"""The box in which a scheduled step is chosen from the worklist, by keys alone."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from monitor.errors import InputError
from recordings.fetching.worklist_settings import WorklistServer
from recordings.network.address import Peer
from ui.language import translated
from ui.start.scheduled import COLUMNS, Listed, Question, Taken, cells, take
from ui.wizard.look import field, label, set_role
from ui.wizard.worker import Worker, words_of
from ui.worded import Button, CheckBox, Label

_STRETCHED = COLUMNS.index("procedure")


class WorklistBox(QDialog):
    """Asks a server as soon as it is shown with one, and again at *Load again*.

    Parameters
    ----------
    parent : QWidget
    ask : callable
        Gives the answer to a question; on a thread of its own.
    """

    def __init__(self, parent: QWidget, ask: Callable[[Question], Listed]) -> None:
        super().__init__(parent)
        self.setWindowTitle(translated("Worklist of today"))
        self._work, self._ask = Worker(self), ask
        self._question = Question(WorklistServer())
        self._listed: Listed | None = None
        self.taken: Taken | None = None
        """What was chosen."""
        self.address = field("AET@HOST:PORT")
        self.address.setAccessibleName("worklist server")
        self.everywhere = CheckBox("&every room and modality")
        self.again = Button("&Load again")
        self.table = _table()
        self.said = label("", "soft")
        self.take, self.close_ = Button("&Take over"), Button("Cancel")
        self.take.setProperty("role", "main")
        for button in (self.again, self.take, self.close_):
            button.setAutoDefault(False)
        self._lay_out()
        self.resize(min(parent.width() - 40, 1100), min(parent.height() - 60, 560))
        self.again.clicked.connect(self.load)
        self.everywhere.toggled.connect(self.load)
        self.take.clicked.connect(self._take)
        self.close_.clicked.connect(self.reject)
        self.table.itemDoubleClicked.connect(lambda _: self._take())

    def show_for(self, question: Question) -> None:
        """Show the box for a server, and ask it; one without an address is to be typed."""
        self._question = question
        self.address.setText(question.server.address or "")
        self.everywhere.blockSignals(True)
        self.everywhere.setChecked(question.everywhere)
        self.everywhere.blockSignals(False)
        self._show(None)
        self.open()
        if question.server.address:
            self.load()
        else:
            self._say("which server? AET@HOST:PORT, as RIS@10.0.0.5:104", refused=False)
            self.address.setFocus()

    @property
    def server(self) -> str:
        """Its address as it is typed."""
        return self.address.text().strip()

    def load(self) -> None:
        """Ask the server; what it said before is shown no longer."""
        self.forget()
        self._show(None)
        try:
            Peer.parse(self.server, "worklist server")
        except InputError as error:
            self._say(str(error), refused=True)
            return
        server = msgspec.structs.replace(self._question.server, address=self.server)
        question = Question(
            server, self.everywhere.isChecked(), self._question.accession, self._question.step
        )
        self._say(f"{self.server} is being asked", refused=False)

        def answered(outcome: object) -> None:
            if isinstance(outcome, Listed):
                self._show(outcome)
            elif isinstance(outcome, Exception):
                self._say(words_of(outcome), refused=True)

        self._work.submit(lambda: self._ask(question), answered)

    def forget(self) -> None:
        """Wait no longer for an answer that is still to come; the next question has a thread of its own."""
        self._work.close(wait=False)
        self._work = Worker(self)

    def reject(self) -> None:
        """Nothing is chosen."""
        self.forget()
        super().reject()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        """Enter asks the server that was typed, presses a button, or takes the step."""
        if event is None or event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)
            return
        focused = self.focusWidget()
        if focused is self.address:
            self.load()
        elif isinstance(focused, QPushButton) and focused is not self.take:
            focused.click()
        else:
            self._take()

    def _take(self) -> None:
        row = self.table.currentRow()
        if self._listed is not None and 0 <= row < len(self._listed.steps):
            self.taken = take(self._listed, row)
            self.accept()

    def _show(self, listed: Listed | None) -> None:
        """Show an answer; None: none has come."""
        self._listed = listed
        steps = () if listed is None else listed.steps
        self.table.setRowCount(len(steps))
        for row, step in enumerate(steps):
            for column, text in enumerate(cells(step)):
                self.table.setItem(row, column, QTableWidgetItem(text))
        self.take.setEnabled(bool(steps))
        if listed is None:
            return
        count = "nothing is" if not steps else "1 step is" if len(steps) == 1 else f"{len(steps)} steps are"
        words = f"{count} scheduled at {listed.address}, read at {listed.read_at:%H:%M}"
        self._say(f"{words}; {listed.words}" if listed.words else words, refused=bool(listed.words))
        if steps:
            self.table.setCurrentCell(0, 0)
            self.table.setFocus()

    def _say(self, words: str, *, refused: bool) -> None:
        self.said.setText(words)
        set_role(self.said, "refused" if refused else "soft")

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        name = Label("Ser&ver")
        name.setProperty("role", "soft")
        name.setBuddy(self.address)
        for widget, stretch in ((name, 0), (self.address, 1), (self.again, 0), (self.everywhere, 0)):
            top.addWidget(widget, stretch)
        bottom = QHBoxLayout()
        bottom.addWidget(self.said, 1)
        bottom.addWidget(self.close_)
        bottom.addWidget(self.take)
        layout = QVBoxLayout(self)
        layout.setSpacing(10)
        layout.addLayout(top)
        layout.addWidget(self.table, 1)
        layout.addLayout(bottom)


def _table() -> QTableWidget:
    made = QTableWidget(0, len(COLUMNS))
    made.setHorizontalHeaderLabels([translated(title) for title in COLUMNS])
    made.setAccessibleName(translated("scheduled steps"))
    made.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    made.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    made.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    made.setTabKeyNavigation(False)
    made.setShowGrid(False)
    made.setProperty("role", "choice")
    header, side = made.horizontalHeader(), made.verticalHeader()
    if header is not None and side is not None:
        side.hide()
        side.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(_STRETCHED, QHeaderView.ResizeMode.Stretch)
    return made
