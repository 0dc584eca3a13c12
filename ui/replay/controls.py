"""Under the time line: buttons, and where the replay stands. Every button has a key (`ui.replay.keys`)."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout

from ui.replay.transport import SPEEDS
from ui.wizard.look import choice, label
from ui.worded import Button

SOURCES = ("as live", "every frame")


class Controls(QFrame):
    """Buttons and lines; what they do is connected by the window."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "bar")
        self.play = Button("Play")
        self.back, self.forward = Button("|◀"), Button("▶|")
        self.previous_alarm, self.next_alarm = Button("◀ alarm"), Button("alarm ▶")
        self.a, self.b, self.clear = Button("A"), Button("B"), Button("A–B off")
        self.snapshot, self.film, self.compare = Button("Keep image"), Button("Film"), Button("Compare")
        self.events, self.keys = Button("Events"), Button("?")
        self.speed = choice([f"{speed:g} x" for speed in SPEEDS])
        self.source = choice(SOURCES)
        self.events.setCheckable(True)
        self.where = label("", "value", one_line=True)
        self.wall = QLabel()  # a date is the same in every language
        self.wall.setProperty("role", "soft")
        self.said = label("", "soft", one_line=True)
        self.said.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for line in (self.said, self.wall):  # long words must not make the window wider
            line.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        times = QHBoxLayout()
        times.addWidget(self.where)
        times.addSpacing(12)
        times.addWidget(self.wall, 2)
        times.addWidget(self.said, 3)
        row = QHBoxLayout()
        row.setSpacing(5)
        for widget in (
            self.play, self.back, self.forward, self.speed, None, self.previous_alarm, self.next_alarm, None,
            self.a, self.b, self.clear, None, self.snapshot, self.film, None, self.source, self.compare,
        ):  # fmt: skip
            if widget is None:
                row.addSpacing(8)
                continue
            widget.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # keys are the window's
            row.addWidget(widget)
        row.addStretch(1)
        for widget in (self.events, self.keys):
            widget.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            row.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 4, 14, 8)
        layout.setSpacing(4)
        layout.addLayout(times)
        layout.addLayout(row)

    def show_play(self, *, playing: bool) -> None:
        """What the button does now. It keeps its width, so that nothing moves."""
        self.play.setText("Pause" if playing else "Play")

    def show_speed(self, speed: float) -> None:
        """The speed that is played at."""
        self.speed.setCurrentIndex(SPEEDS.index(speed))
