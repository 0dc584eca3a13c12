"""What happened, as a list; a row is clicked to go there."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QPointF, Qt, pyqtSignal
from PyQt6.QtGui import QIcon, QPainter, QPixmap
from PyQt6.QtWidgets import QFrame, QListWidget, QListWidgetItem, QVBoxLayout

from monitor.result import Priority
from recordings.compared import Unlike
from recordings.timeline import Moment
from ui.language import translated
from ui.overlay.draw import Draw
from ui.replay.words import is_raised, moment_words, tenths
from ui.theme import ALARM_LOOKS
from ui.wizard.look import label
from ui.worded import CheckBox

_ICON_PX = 14


class Events(QFrame):
    """Moments and differences. `chosen` tells the time of a row (s since the first frame)."""

    chosen = pyqtSignal(float)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "box")
        self.alarms_alone = CheckBox("alarms alone")
        self.alarms_alone.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list, self.unlike = QListWidget(), QListWidget()
        self.list.setAccessibleName("events")
        self.unlike.setAccessibleName("differences")
        self.unlike_title = label("DIFFERENCES", "faint")
        self._moments: Sequence[tuple[float, Moment]] = ()
        self._icons = {priority: _icon(priority) for priority in Priority}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.setSpacing(4)
        layout.addWidget(label("EVENTS", "faint"))
        layout.addWidget(self.alarms_alone)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.unlike_title)
        layout.addWidget(self.unlike, 1)
        self.unlike_title.hide()
        self.unlike.hide()
        for each in (self.list, self.unlike):
            each.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            each.setWordWrap(True)
            each.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
            each.itemClicked.connect(self._choose)
        self.alarms_alone.toggled.connect(self._fill)

    def show_moments(self, moments: Sequence[tuple[float, Moment]]) -> None:
        """Show what happened: times (s) and moments."""
        if moments != self._moments:
            self._moments = moments
            self._fill()

    def show_unlike(self, found: Sequence[tuple[float | None, Unlike]], words: str) -> None:
        """Show in what two tracks differ; `words` where there is nothing, or not yet."""
        self.unlike_title.show()
        self.unlike.show()
        self.unlike.clear()
        for at_s, each in found:
            when = tenths(at_s) if at_s is not None else translated("at the end")
            self._add(self.unlike, f"{when}   {translated(each.words)}", at_s, each.priority)
        if not found:
            self._add(self.unlike, translated(words), None, None)

    def hide_unlike(self) -> None:
        """There is one track alone."""
        self.unlike_title.hide()
        self.unlike.hide()

    def show_now(self, now_s: float) -> None:
        """Mark the newest row by a time."""
        row = -1
        for k in range(self.list.count()):
            item = self.list.item(k)
            if item is not None and item.data(Qt.ItemDataRole.UserRole) <= now_s + 1e-3:
                row = k
        if row != self.list.currentRow():
            self.list.setCurrentRow(row)

    def _fill(self) -> None:
        self.list.clear()
        for at_s, moment in self._moments:
            if self.alarms_alone.isChecked() and moment.kind != "alarm":
                continue
            priority = moment.priority if is_raised(moment) else None
            self._add(self.list, f"{tenths(at_s)}   {translated(moment_words(moment))}", at_s, priority)

    def _add(self, into: QListWidget, text: str, at_s: float | None, priority: Priority | None) -> None:
        item = QListWidgetItem(text)
        item.setData(Qt.ItemDataRole.UserRole, at_s)
        if priority is not None:
            item.setIcon(self._icons[priority])
        into.addItem(item)

    def _choose(self, item: QListWidgetItem) -> None:
        at_s = item.data(Qt.ItemDataRole.UserRole)
        if at_s is not None:
            self.chosen.emit(float(at_s))


def _icon(priority: Priority) -> QIcon:
    picture = QPixmap(_ICON_PX, _ICON_PX)
    picture.fill(Qt.GlobalColor.transparent)
    with QPainter(picture) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        look = ALARM_LOOKS[priority]
        Draw(painter, 1.0).shape(look.shape, QPointF(_ICON_PX / 2, _ICON_PX / 2), _ICON_PX / 2, look.line)
    return QIcon(picture)
