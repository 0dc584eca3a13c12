"""The exercises that there are, whose turn it is, and how it is to be done."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from recordings.training.exercises import DIFFICULTIES, EXERCISES, Exercise
from recordings.training.history import LONGEST_NAME, History
from ui.language import translated
from ui.training.score_page import CAVEAT
from ui.wizard.look import field, label, set_role
from ui.worded import Button, CheckBox

_COLUMNS = ("difficulty", "exercise", "what to do", "with help", "without")
_NARROW_PX = {0: 100, 1: 186, 3: 84, 4: 84}
_NARROW_LARGE_PX = {0: 150, 1: 250, 3: 116, 4: 116}


class ListPage(QWidget):
    """A table on the left, the choice on the right.

    Parameters
    ----------
    start, progress, choose_recording : callable
        What the buttons do.
    """

    def __init__(
        self, start: Callable[[], None], progress: Callable[[], None], choose_recording: Callable[[], None]
    ) -> None:
        super().__init__()
        self.table = QTableWidget(len(EXERCISES), len(_COLUMNS))
        self.trainee = QComboBox()
        self.help, self.hints = CheckBox("the monitor's help"), CheckBox("hints")
        self.seed = field("another patient each time")
        self.goal, self.about = label("", "step"), label("", "soft")
        self.said = label("", "refused")
        self.start, self.progress = Button("&Start"), Button("Progress")
        self.recording = Button("A recording…")
        self._histories: dict[str, History] = {}
        self._lay_out(start, progress, choose_recording)
        self._fill()

    @property
    def exercise(self) -> Exercise:
        """What is chosen."""
        return list(EXERCISES.values())[max(0, self.table.currentRow())]

    def choose(self, name: str) -> None:
        """Choose an exercise by its name."""
        self.table.selectRow(list(EXERCISES).index(name))

    def show_trainees(self, histories: tuple[History, ...], trainee: str) -> None:
        """Offer the trainees that there are."""
        self._histories = {history.trainee.casefold(): history for history in histories}
        self.trainee.blockSignals(True)
        self.trainee.clear()
        self.trainee.addItems([history.trainee for history in histories])
        self.trainee.setEditText(trainee)
        self.trainee.blockSignals(False)
        self.refresh()

    def history(self) -> History | None:
        """Of the trainee whose name is there; None: nobody's yet."""
        return self._histories.get(" ".join(self.trainee.currentText().split()).casefold())

    def refresh(self) -> None:
        """Show what the trainee has reached, and what is chosen."""
        history = self.history()
        for row, name in enumerate(EXERCISES):
            attempts = () if history is None else history.of(name)
            for column, help_ in ((3, True), (4, False)):
                totals = [
                    a.score.total
                    for a in attempts
                    if a.help is help_ and a.score.total is not None and not a.scripted
                ]
                item = self.table.item(row, column)
                if item is not None:
                    item.setText(f"{max(totals):.0f}" if totals else "")
        chosen = self.exercise
        self.goal.setText(chosen.goal)
        # room for two lines always: what is below must not jump when another exercise is chosen
        self.goal.setMinimumHeight(2 * self.goal.fontMetrics().lineSpacing())
        self.about.setText(
            f"difficulty {chosen.difficulty} of {len(DIFFICULTIES)}: {DIFFICULTIES[chosen.difficulty]}\n"
            f"at most {chosen.longest_s:.0f} s; cement is ready after {chosen.ready_s:.0f} s"
        )

    def say(self, words: str, *, refused: bool = True) -> None:
        """A line above the buttons; empty: nothing."""
        self.said.setText(words)
        set_role(self.said, "refused" if refused else "soft")

    def enlarge(self, *, large: bool) -> None:
        """Columns as wide as the letters want."""
        for column, width in (_NARROW_LARGE_PX if large else _NARROW_PX).items():
            self.table.setColumnWidth(column, width)

    def _fill(self) -> None:
        for row, one in enumerate(EXERCISES.values()):
            dots = "●" * one.difficulty + "○" * (len(DIFFICULTIES) - one.difficulty)
            for column, text in enumerate((dots, translated(one.title), translated(one.goal), "", "")):
                item = QTableWidgetItem(text)
                item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
                if column >= 3:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
                item.setToolTip(translated(one.goal))
                self.table.setItem(row, column, item)
        self.table.selectRow(0)

    def _lay_out(
        self, start: Callable[[], None], progress: Callable[[], None], choose_recording: Callable[[], None]
    ) -> None:
        table = self.table
        table.setHorizontalHeaderLabels([translated(words) for words in _COLUMNS])
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setShowGrid(False)
        table.setTabKeyNavigation(False)
        down, across = table.verticalHeader(), table.horizontalHeader()
        if down is not None and across is not None:
            down.hide()
            down.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
            across.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
            across.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
            across.setHighlightSections(False)
            across.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        table.itemSelectionChanged.connect(self.refresh)
        table.activated.connect(lambda _: start())  # Enter, or a double click
        self.trainee.setEditable(True)
        self.trainee.setMaxCount(1000)
        line = self.trainee.lineEdit()
        if line is not None:
            line.setMaxLength(LONGEST_NAME)
            line.setPlaceholderText(translated("name of the trainee"))
            line.returnPressed.connect(start)
        self.trainee.editTextChanged.connect(lambda _: self.refresh())
        self.help.setChecked(True)
        side = QVBoxLayout()
        side.setContentsMargins(20, 16, 20, 16)
        side.setSpacing(9)
        side.addWidget(self.goal)
        side.addWidget(self.about)
        side.addSpacing(12)
        side.addWidget(label("trainee", "soft"))
        side.addWidget(self.trainee)
        side.addSpacing(6)
        side.addWidget(self.help)
        side.addWidget(label("off: the bare image, without contour, numbers or alarms", "faint"))
        side.addWidget(self.hints)
        side.addSpacing(6)
        side.addWidget(label("patient (a number)", "soft"))
        side.addWidget(self.seed)
        side.addStretch(1)
        side.addWidget(self.said)
        for button, does in (
            (self.start, start), (self.progress, progress), (self.recording, choose_recording),
        ):  # fmt: skip
            button.clicked.connect(lambda _, does=does: does())
            button.setMinimumHeight(38)
            side.addWidget(button)
        self.start.setProperty("role", "main")
        side.addWidget(label(f"simulated procedures; {CAVEAT}", "faint"))
        box = QFrame()
        box.setProperty("role", "box")
        box.setLayout(side)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(10, 10, 10, 10)
        outer.setSpacing(10)
        outer.addWidget(table, 13)
        outer.addWidget(box, 6)
