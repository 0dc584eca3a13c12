"""What is filled in on the right of the start window: widgets and their places, no decisions."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ui.language import translated
from ui.wizard.look import choice, field, label
from ui.worded import Button, Label


class Form(QScrollArea):
    """Everything that may be typed or chosen. `edited` is emitted where any of it changes."""

    edited = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._grids: list[QGridLayout] = []
        self._names: list[QLabel] = []
        self._make()
        inside = QWidget()
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(12, 10, 12, 10)
        self._column.setSpacing(8)
        self._lay_out()
        self._column.addStretch(1)
        self.setWidget(inside)
        self._connect()

    @property
    def lines(self) -> tuple[QLineEdit, ...]:
        """The lines in which Enter means no more than that they are filled in."""
        return (
            self.rate, self.crop, self.profile, self.patient_id, self.patient_name, self.description,
            self.operator, self.plan, self.session,
        )  # fmt: skip

    def offer(self, combo: QComboBox, entries: Sequence[tuple[str, str]]) -> None:
        """Fill a list with (what is shown, what is meant); what is typed in its line stays."""
        typed = combo.currentText()
        combo.blockSignals(True)
        combo.clear()
        for shown, meant in entries:
            combo.addItem(shown, meant)
        combo.setCurrentIndex(-1)
        combo.setEditText(typed)
        combo.blockSignals(False)

    def align(self) -> None:
        """Give names one width and opened lists that of the form, for letters and a form of this size."""
        width = max(name.sizeHint().width() for name in self._names)
        for grid in self._grids:
            grid.setColumnMinimumWidth(0, width)
        for combo in (self.room, self.source, self.brand):
            view = combo.view()
            if view is not None:  # what is in a list may be longer than its line
                view.setMinimumWidth(self.width())
                view.setTextElideMode(Qt.TextElideMode.ElideRight)

    def _make(self) -> None:
        self.room = _typed_choice("a name, to remember all of this by", "room")
        self.source = _typed_choice("device:0, rtsp://…, a file or folder", "source")
        self.file, self.folder, self.again = (
            Button("&File…"),
            Button("Fol&der…"),
            Button("&Devices again"),
        )
        self.rate = field("frames per second", "")
        self.rate.setAccessibleName("frame rate")
        self.rate_name = _name("&Rate (Hz)")
        self.dark, self.bright = Button("Cement looks dar&k"), Button("Cement looks &bright")
        for button in (self.dark, self.bright):
            button.setCheckable(True)
            button.setProperty("role", "choice")
        self.polarity_words = label("", "faint")
        self.crop = field("whole frame: left, top, columns, rows")
        self.whole, self.take = Button("&Whole"), Button("&Take the image found")
        # what it says may be long
        self.take.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.profile, self.choose_profile = field("no calibration of the room"), Button("&Choose…")
        self.scale_words = label("", "faint")
        self.patient_id, self.patient_name = field("patient's number"), field("patient's name")
        self.scheduled = Button("From the worklist (&4)…")
        self.scheduled_words = label("", "faint")
        self.description, self.operator = field("as vertebroplasty L1"), field("operator")
        self.brand = _typed_choice("not named", "brand of the cement")
        self.brand_words = label("", "faint")
        self.plan, self.open_plan = field("the marked levels (PLAN.json)"), Button("&Open plan…")
        self.mark = Button("&Mark the levels now")
        self.plan_words = label("", "faint")
        self.session, self.choose_session = field("nothing is kept"), Button("In…")
        self.session_words = label("", "faint")
        for edit, name in (
            (self.crop, "crop"), (self.profile, "profile of the room"), (self.patient_id, "patient id"),
            (self.patient_name, "patient name"), (self.description, "procedure"),
            (self.operator, "operator"), (self.plan, "plan"), (self.session, "session folder"),
        ):  # fmt: skip
            edit.setAccessibleName(name)

    def _lay_out(self) -> None:
        grid = self._box()
        self._row(grid, "R&oom", self.room)
        self._row(grid, "&Source", self.source)
        grid.addLayout(_line(self.file, self.folder, self.again), grid.rowCount(), 1)
        row = grid.rowCount()
        self.rate_name.setBuddy(self.rate)
        grid.addWidget(self.rate_name, row, 0)
        grid.addWidget(self.rate, row, 1)
        grid = self._box()
        self._row(grid, "Polarity", _line(self.dark, self.bright))
        grid.addWidget(self.polarity_words, grid.rowCount(), 0, 1, 2)
        self._row(grid, "Cro&p", _line(self.crop, self.whole), self.crop)
        grid.addWidget(self.take, grid.rowCount(), 1)
        self._row(grid, "Pro&file", _line(self.profile, self.choose_profile), self.profile)
        self._row(grid, "Scale", self.scale_words)
        grid = self._box()
        self._row(grid, "Patient (&1)", _line(self.patient_id, self.patient_name), self.patient_id)
        grid.addWidget(self.scheduled, grid.rowCount(), 1)
        grid.addWidget(self.scheduled_words, grid.rowCount(), 0, 1, 2)
        self._row(grid, "Procedure (&2)", _line(self.description, self.operator), self.description)
        self._row(grid, "Cement (&3)", self.brand)
        grid.addWidget(self.brand_words, grid.rowCount(), 0, 1, 2)
        grid = self._box()
        self._row(grid, "P&lan", _line(self.plan, self.open_plan), self.plan)
        grid.addWidget(self.mark, grid.rowCount(), 1)
        grid.addWidget(self.plan_words, grid.rowCount(), 0, 1, 2)
        self._row(grid, "Sessio&n", _line(self.session, self.choose_session), self.session)
        grid.addWidget(self.session_words, grid.rowCount(), 0, 1, 2)

    def _box(self) -> QGridLayout:
        frame = QFrame()
        frame.setProperty("role", "box")
        grid = QGridLayout(frame)
        grid.setContentsMargins(10, 7, 10, 7)
        grid.setVerticalSpacing(5)
        grid.setHorizontalSpacing(10)
        grid.setColumnStretch(1, 1)
        self._grids.append(grid)
        self._column.addWidget(frame)
        return grid

    def _row(
        self, grid: QGridLayout, name: str, held: QWidget | QHBoxLayout, buddy: QWidget | None = None
    ) -> None:
        words = _name(name)
        self._names.append(words)
        row = grid.rowCount()
        if isinstance(held, QHBoxLayout):
            grid.addLayout(held, row, 1)
        else:
            grid.addWidget(held, row, 1)
            buddy = buddy or held
        if buddy is not None and "&" in name:
            words.setBuddy(buddy)
        top = isinstance(held, QLabel)
        grid.addWidget(words, row, 0, Qt.AlignmentFlag.AlignTop if top else Qt.AlignmentFlag.AlignVCenter)

    def _connect(self) -> None:
        for edit in self.lines:
            edit.textChanged.connect(self.edited)
        for combo in (self.room, self.brand):
            combo.editTextChanged.connect(self.edited)
        self.dark.clicked.connect(lambda: self.bright.setChecked(False))
        self.bright.clicked.connect(lambda: self.dark.setChecked(False))
        for button in (self.dark, self.bright):
            button.toggled.connect(self.edited)
        self.whole.clicked.connect(self.crop.clear)


def _typed_choice(hint: str, name: str) -> QComboBox:
    made = choice(())
    made.setEditable(True)
    made.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
    made.setCompleter(None)
    made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    made.setMinimumContentsLength(12)
    made.setAccessibleName(name)
    line = made.lineEdit()
    if line is not None:
        line.setPlaceholderText(translated(hint))
    return made


def _line(*widgets: QWidget) -> QHBoxLayout:
    line = QHBoxLayout()
    line.setSpacing(8)
    typed = any(isinstance(widget, QLineEdit) for widget in widgets)
    for widget in widgets:
        line.addWidget(widget, 1 if isinstance(widget, QLineEdit) or not typed else 0)
    return line


def _name(text: str) -> QLabel:
    # not a label of the wizard's: those have no keys
    made = Label(text)
    made.setProperty("role", "soft")
    return made
