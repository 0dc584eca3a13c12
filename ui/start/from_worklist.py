"""The start window's way to the worklist: whom to ask in which room, the box, and what was chosen in it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtWidgets import QWidget

from monitor.errors import ConfigError
from recordings.fetching.worklist_settings import WorklistServer, WorklistSettings, read_settings
from recordings.procedure import Procedure
from ui.start.form import Form
from ui.start.scheduled import Listed, Question, Taken, ask
from ui.start.worklist_box import WorklistBox
from ui.wizard.look import set_role


class FromWorklist(QObject):
    """Shows the box, and fills in what was chosen. `chosen` is emitted once that was done.

    Parameters
    ----------
    window : QWidget
    form : Form
    ask_as : callable or None
        Gives the answer to a question; None: the server does.
    """

    chosen = pyqtSignal()

    def __init__(
        self, window: QWidget, form: Form, ask_as: Callable[[Question], Listed] | None = None
    ) -> None:
        super().__init__(window)
        self._window, self._form, self._ask = window, form, ask_as or ask
        self.taken: Taken | None = None
        """The step that the patient comes from."""
        self.address: str | None = None
        """The server that was asked last, or that the room remembers."""
        self.box: WorklistBox | None = None
        self.problem = ""
        """What is wrong with the settings' file."""
        self._settings = WorklistSettings()
        try:
            self._settings = read_settings()
        except ConfigError as error:
            self.problem = str(error)
        form.scheduled.clicked.connect(lambda _: self.show())

    @property
    def holds(self) -> bool:
        """Whether the patient in the form is the one that was taken from the worklist."""
        if self.taken is None:
            return False
        who, form = self.taken.procedure, self._form
        typed = (form.patient_id.text().strip(), form.patient_name.text().strip())
        return typed == (who.patient_id or "", who.patient_name or "")

    def completed(self, typed: Procedure) -> Procedure:
        """With what else the worklist says, as long as the patient is its own."""
        if self.taken is None or not self.holds:
            return typed
        return msgspec.structs.replace(
            self.taken.procedure, description=typed.description, operator=typed.operator
        )

    def refresh(self) -> None:
        """Say where the patient comes from."""
        words, holds = self._form.scheduled_words, self.holds
        words.setVisible(self.taken is not None)
        if self.taken is not None:
            changed = "the patient was changed by hand: nothing else of the worklist is kept"
            words.setText(self.taken.words if holds else changed)
            set_role(words, "faint" if holds else "refused")

    def show(self, accession: str | None = None, step: str | None = None) -> None:
        """Show the list of today for the room, or what has this accession number or step."""
        room = self._form.room.currentText().strip()
        if self.box is None:
            self.box = WorklistBox(self._window, self._ask)
            self.box.accepted.connect(self._take)
            self.box.finished.connect(self._note)
        self.box.show_for(Question(self._server(room), accession=accession, step=step))

    def close(self) -> None:
        """Wait for nothing."""
        if self.box is not None:
            self.box.forget()

    def _server(self, room: str) -> WorklistServer:
        settled = self._settings.for_room(room)
        if self.address is None or self.address == settled.address:
            return settled
        # certificates and titles of one server are not for another
        return WorklistServer(self.address, station=settled.station, modality=settled.modality)

    def _note(self) -> None:
        if self.box is not None and self.box.server:
            self.address = self.box.server

    def _take(self) -> None:
        if self.box is not None and self.box.taken is not None:
            self._note()
            self.taken, form = self.box.taken, self._form
            who = self.taken.procedure
            form.patient_id.setText(who.patient_id or "")
            form.patient_name.setText(who.patient_name or "")
            form.description.setText(who.description or "")
            # who stands there stays where the worklist names nobody
            form.operator.setText(who.operator or form.operator.text())
            self.chosen.emit()
