"""What stands in the frames and what will be blanked, to be looked at and confirmed."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PyQt6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QPushButton, QSlider, QVBoxLayout, QWidget

from recordings.deidentifying.looking import Look
from recordings.deidentifying.pictures import gray_of_values
from recordings.importing.regions import Region
from ui.deidentifying.boxes import Boxes
from ui.deidentifying.view import BoxView
from ui.language import translated
from ui.wizard.look import LARGE_FROM_LINES, LARGE_PX, SMALL_PX, label, style_sheet
from ui.worded import Button, CheckBox

STANDING = "Research and training software, not a medical device"
_SIDE_SMALL_PX, _SIDE_LARGE_PX = 330, 430
_KEYS = (
    "Mouse: draw, move or resize a box\n"
    "Arrows: move it, with Shift by 10, with Ctrl its size\n"
    "N: a new box, B: the next, Delete: remove\n"
    "M: maximum, L: minimum, F: single frames\n"
    "Page up, down: another frame\n"
    "Ctrl+Z: undo, Ctrl+Enter: confirm, Esc: stop"
)


class ConfirmWindow(QWidget):
    """Shows a run in which text was seen. `result` is what was confirmed, None: nothing was.

    Parameters
    ----------
    look : Look
    """

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setWindowTitle(translated(f"CementWatch de-identification. {STANDING}"))
        self.look = look
        self.result: tuple[Region, ...] | None = None
        self._font_px = 0
        self.view = BoxView(Boxes((*look.black, *look.found), look.info.columns, look.info.rows))
        self.highest, self.lowest, self.single = (
            _way("Maximum"),
            _way("Minimum"),
            _way("Frames"),
        )
        self.frame = QSlider(Qt.Orientation.Horizontal)
        self.frame.setRange(0, max(0, len(look.frames) - 1))
        self.frame.setAccessibleName("frame")
        self.filled = CheckBox("show it blanked")
        self.add, self.remove = Button("New box"), Button("Remove box")
        self.confirm, self.stop = Button("Blank these boxes"), Button("Stop")
        self.confirm.setProperty("role", "main")
        self.counted, self.at = label("", "step"), label("", "faint")
        self._lay_out()
        self._connect()
        self.highest.setChecked(True)
        self.refresh()
        self.view.setFocus()

    def refresh(self) -> None:
        """Show what is chosen, and say how many boxes there are."""
        look = self.look
        assert look.highest is not None
        assert look.lowest is not None
        if self.highest.isChecked():
            pixels, words = look.highest, f"largest value over {look.count} frames"
        elif self.lowest.isChecked():
            pixels, words = look.lowest, f"smallest value over {look.count} frames"
        else:
            number = self.frame.value()
            pixels = look.frames[number]
            words = f"picture {number + 1} of {len(look.frames)}, evenly over {look.count} frames"
        self.view.show_gray(gray_of_values(pixels, look.info.intensity.largest_stored_value))
        self.at.setText(words)
        self.frame.setEnabled(self.single.isChecked())
        self._count()

    def _count(self) -> None:
        boxes = self.view.boxes.regions
        self.counted.setText("1 box" if len(boxes) == 1 else f"{len(boxes)} boxes")
        self.remove.setEnabled(self.view.boxes.chosen is not None)
        self.confirm.setText("Blank these boxes" if boxes else "No text: change nothing")

    def _keep(self) -> None:
        self.result = tuple(self.view.boxes.regions)
        self.close()

    def _show(self, button: QPushButton) -> None:
        button.setChecked(True)
        self.refresh()

    def _step(self, by: int) -> None:
        self.single.setChecked(True)
        self.frame.setValue(self.frame.value() + by)
        self.refresh()

    def _act(self, what: str) -> None:
        getattr(self.view.boxes, what)()
        self.view.update()
        self.view.setFocus()
        self._count()

    def _lay_out(self) -> None:
        side = QFrame()
        side.setProperty("role", "box")
        self._side = side
        column = QVBoxLayout(side)
        column.setContentsMargins(14, 14, 14, 14)
        column.setSpacing(10)
        column.addWidget(label("DE-IDENTIFICATION", "brand"))
        column.addWidget(label(Path(self.look.name).name, "soft"))
        said = "text is seen in the frames" if self.look.found else "no text is seen in the frames"
        stated = "; the header says that there is some" if self.look.states_text else ""
        column.addWidget(label(f"{said}{stated}"))
        column.addWidget(
            label("what lies in a box is blanked in every frame; text that was not found stays", "soft")
        )
        column.addWidget(self.counted)
        pair = QHBoxLayout()
        pair.addWidget(self.add)
        pair.addWidget(self.remove)
        column.addLayout(pair)
        column.addWidget(self.filled)
        column.addStretch(1)
        column.addWidget(label(_KEYS, "faint"))
        column.addStretch(1)
        column.addWidget(self.confirm)
        column.addWidget(self.stop)
        line = QHBoxLayout()
        group = QButtonGroup(self)
        for button in (self.highest, self.lowest, self.single):
            group.addButton(button)
            line.addWidget(button)
        line.addWidget(self.frame, 1)
        left = QVBoxLayout()
        left.addWidget(self.view, 1)
        left.addLayout(line)
        left.addWidget(self.at)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 10, 10, 10)
        layout.addLayout(left, 1)
        layout.addWidget(side)

    def _connect(self) -> None:
        for button in (self.highest, self.lowest, self.single):
            button.clicked.connect(self.refresh)
        self.frame.valueChanged.connect(self.refresh)
        self.filled.toggled.connect(self.view.show_filled)
        self.add.clicked.connect(lambda: self._act("add"))
        self.remove.clicked.connect(lambda: self._act("remove"))
        self.view.changed.connect(self._count)
        self.confirm.clicked.connect(self._keep)
        self.stop.clicked.connect(self.close)
        for keys, act in (
            ("M", lambda: self._show(self.highest)),
            ("L", lambda: self._show(self.lowest)),
            ("F", lambda: self._show(self.single)),
            ("PgDown", lambda: self._step(1)),
            ("PgUp", lambda: self._step(-1)),
            ("Ctrl+Return", self._keep),
            ("Ctrl+Enter", self._keep),
            ("Escape", self.close),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(act)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Letters as large as the window allows."""
        super().resizeEvent(event)
        large = self.height() >= LARGE_FROM_LINES
        font_px = LARGE_PX if large else SMALL_PX
        if font_px != self._font_px:
            self._font_px = font_px
            self.setStyleSheet(style_sheet(font_px))
            self._side.setFixedWidth(_SIDE_LARGE_PX if large else _SIDE_SMALL_PX)


def _way(words: str) -> QPushButton:
    made = Button(words)
    made.setCheckable(True)
    made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return made
