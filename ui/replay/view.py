"""What the replay window is made of, and where it stands."""

from __future__ import annotations

from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QHBoxLayout, QLayout, QVBoxLayout, QWidget

from ui.language import translated
from ui.replay.controls import Controls
from ui.replay.deck import Deck
from ui.replay.events import Events
from ui.replay.pane import Pane
from ui.replay.player import Player
from ui.replay.thumbnails import Hover, Thumbnails
from ui.replay.time_line import TimeLine
from ui.replay.words import tenths
from ui.wizard.look import LARGE_FROM_LINES, LARGE_PX, SMALL_PX, set_role, style_sheet

STANDING = "Research and training software, not a medical device"
_TITLE = "CementWatch replay"
_SIDE_LARGE_PX, _SIDE_SMALL_PX = 430, 310
_LARGE_FROM_PX = 1500
_SMALLEST_PX = (1180, 560)
_LARGE_UNIT, _SMALL_UNIT = 1.0, 0.8


class ReplayView(QWidget):
    """The overlay, the time line under it, buttons, and beside it the list of what happened."""

    def __init__(self, deck: Deck) -> None:
        super().__init__()
        self.deck, self.player = deck, Player(deck)
        self.thumbnails = Thumbnails(deck)
        self.pane = Pane(self.player.look)
        self.time_line, self.controls, self.events = TimeLine(), Controls(), Events()
        self.hover = Hover(self)
        self._font_px, self._hover_frame, self._hover_s = 0, -1, -1.0
        self.setWindowTitle(translated(f"{_TITLE}: {deck.session.folder.name}. {STANDING}"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._lay_out()
        self.events.hide()
        self.resize(1280, 720)
        self._size_letters()

    def say(self, words: str, *, refused: bool = False) -> None:
        """A line under the time line."""
        self.controls.said.setText(words)
        self.controls.said.setToolTip(words)
        set_role(self.controls.said, "refused" if refused else "soft")

    def hover_s(self, at_s: float) -> None:
        """Show what is at a time (s; below 0: nothing)."""
        self._hover_s = at_s
        if at_s < 0:
            self.hover.hide()
            return
        t_ns = self.deck.first_ns + round(at_s * 1e9)
        exact = self.player.look.course.newest_frame(t_ns)
        self._hover_frame = self.thumbnails.grid(exact)
        near_s = 12 / max(1, self.time_line.width()) * self.time_line.row.length_s
        near = [m for s, m in self.time_line.row.marks if abs(s - at_s) <= near_s]
        words = [max(near, key=lambda m: m.priority or 0).words] if near else []
        lines = (f"{tenths(at_s)}  ·  {exact + 1}", *words)
        x = self.time_line.mapTo(self, self.time_line.rect().topLeft()).x() + self.time_line.x_of(at_s)
        self.hover.show_at(x, self.time_line.y() - 2, self.thumbnails.of(self._hover_frame), lines)

    def thumbnail_made(self, frame: int) -> None:
        """A small picture is there."""
        if frame == self._hover_frame and self._hover_s >= 0:
            self.hover_s(self._hover_s)

    def toggle_full_screen(self) -> None:
        """Full screen, or back."""
        if self.isFullScreen():
            self.showNormal()
        else:
            self.showFullScreen()

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Letters as large as the window allows."""
        super().resizeEvent(event)
        self._size_letters()
        if self._hover_s >= 0:
            QTimer.singleShot(0, lambda: self.hover_s(self._hover_s))  # once the time line has its place

    def _lay_out(self) -> None:
        self._panes = QHBoxLayout()
        self._panes.setContentsMargins(0, 0, 0, 0)
        self._panes.setSpacing(6)
        self._panes.addWidget(self.pane, 1)
        self._panes.addWidget(self.events)
        layout = QVBoxLayout(self)
        layout.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)  # letters follow the window's size
        self.setMinimumSize(_SMALLEST_PX[0], _SMALLEST_PX[1])
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self._panes, 1)
        layout.addWidget(self.time_line)
        layout.addWidget(self.controls)

    def _size_letters(self) -> None:
        large = self.height() >= LARGE_FROM_LINES and self.width() >= _LARGE_FROM_PX
        font_px = LARGE_PX if large else SMALL_PX
        if font_px != self._font_px:
            self._font_px = font_px
            self.setStyleSheet(style_sheet(font_px))
            self.time_line.set_unit(_LARGE_UNIT if large else _SMALL_UNIT)
            self.events.setFixedWidth(_SIDE_LARGE_PX if large else _SIDE_SMALL_PX)
