"""What an attempt came to: in words, in figures, and where to go from here."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from recordings.training.attempt import Outcome
from recordings.training.facts import ORIGINS
from recordings.training.scoring import Scoring
from recordings.training.verdict import reaction_words, verdict
from ui.training.score_view import ScoreView
from ui.wizard.look import label, set_role
from ui.worded import Button

CAVEAT = "scores are not validated against clinical skill"


class ScorePage(QWidget):
    """Shows one outcome.

    Parameters
    ----------
    debrief, again, to_list, progress : callable
        What the buttons do.
    """

    def __init__(
        self,
        debrief: Callable[[], None],
        again: Callable[[], None],
        to_list: Callable[[], None],
        progress: Callable[[], None],
    ) -> None:
        super().__init__()
        self.view = ScoreView()
        self.title, self.help_words = label("", "step"), label("", "kept")
        self.said, self.more = label("", "title"), label("", "soft")
        self.kept, self.origin = label("", "faint"), label("", "faint")
        self.debrief, self.again = Button("See it again"), Button("Once more")
        self.to_list, self.progress = Button("Exercises"), Button("Progress")
        self.debrief.setProperty("role", "main")
        side = QVBoxLayout()
        side.setContentsMargins(22, 18, 22, 18)
        side.setSpacing(10)
        for widget in (self.title, self.help_words):
            side.addWidget(widget)
        side.addSpacing(14)
        for widget in (self.said, self.more):
            side.addWidget(widget)
        side.addStretch(1)
        for widget in (self.kept, self.origin, label(CAVEAT, "faint")):
            side.addWidget(widget)
        side.addSpacing(6)
        for button, does in (
            (self.debrief, debrief), (self.again, again), (self.to_list, to_list), (self.progress, progress),
        ):  # fmt: skip
            button.setMinimumHeight(38)
            button.clicked.connect(lambda _, does=does: does())
            side.addWidget(button)
        box = QFrame()
        box.setProperty("role", "box")
        box.setLayout(side)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(10, 10, 10, 10)
        outer.setSpacing(10)
        outer.addWidget(box, 5)
        outer.addWidget(self.view, 7)
        # no button has the focus at first: a space bar that is held still must not press one
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def show_outcome(
        self, title: str, outcome: Outcome, scoring: Scoring, *, trainee: str, with_help: bool, kept: str
    ) -> None:
        """Show it. `kept` says where it is kept, or why it is not."""
        said = verdict(outcome.score)
        self.title.setText(f"{title}  ·  {trainee}")
        self.help_words.setText("with the monitor's help" if with_help else "without the monitor's help")
        self.said.setText(said[0])
        reaction = reaction_words(outcome.score)
        self.more.setText("\n".join((*((reaction,) if reaction else ()), *said[1:])))
        self.origin.setText(f"scored by: {ORIGINS[outcome.facts.origin]}")
        self.kept.setText(kept)
        set_role(self.kept, "faint")
        self.view.show_score(outcome.score, scoring)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        """Enter presses the button that has the focus, else shows it again."""
        if event is None or event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)
            return
        focused = self.focusWidget()
        (focused if isinstance(focused, QPushButton) else self.debrief).click()
