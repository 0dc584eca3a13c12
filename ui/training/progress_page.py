"""How somebody gets on, and what the monitor's help is worth as far as that can be told."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from recordings.training.attempt import Attempt
from recordings.training.benefit import FEWEST_PAIRS, MEASURES, benefit_of
from recordings.training.exercises import EXERCISES
from recordings.training.history import History
from recordings.training.scoring import HUMAN_REACTION_S
from ui.language import translated
from ui.training.plots import WITH, WITHOUT, Axis, Plot, Point
from ui.wizard.look import choice, label
from ui.worded import Button

_EVERYBODY = "all trainees"
_ALL = "all exercises"


class ProgressPage(QWidget):
    """Plots and a comparison.

    Parameters
    ----------
    back : callable
        To the list.
    """

    def __init__(self, back: Callable[[], None]) -> None:
        super().__init__()
        self._histories: tuple[History, ...] = ()
        self.who, self.what = choice((_EVERYBODY,)), choice((_ALL,))
        self.plots = {
            "score": Plot(Axis("score", "", 0.0, 100.0)),
            "reaction": Plot(Axis("reaction", "s", 0.0, 1.0, HUMAN_REACTION_S, "releasing a switch, 0.32 s")),
            "closest": Plot(Axis("closest to the posterior wall", "mm", 0.0, 4.0, 3.0, "3 mm")),
        }
        self.counted = label("", "soft")
        self.benefits = {name: (label("", "soft"), label("", "soft")) for name in MEASURES}
        self.back = Button("Exercises")
        self.back.clicked.connect(lambda _: back())
        self._lay_out()
        self.who.currentIndexChanged.connect(lambda _: self.refresh())
        self.what.currentIndexChanged.connect(lambda _: self.refresh())

    def show_histories(self, histories: Sequence[History], trainee: str) -> None:
        """Show them, beginning with one trainee."""
        self._histories = tuple(histories)
        for box, entries in (
            (self.who, [history.trainee for history in histories]),
            (self.what, [_title(name) for name in self._names()]),
        ):
            box.blockSignals(True)
            while box.count() > 1:
                box.removeItem(1)
            box.addItems(entries)
            box.setCurrentIndex(0)
            box.blockSignals(False)
        names = [history.trainee.casefold() for history in histories]
        if trainee.casefold() in names:
            self.who.setCurrentIndex(1 + names.index(trainee.casefold()))
        self.refresh()

    def refresh(self) -> None:
        """Show what is chosen."""
        chosen = self._histories
        if self.who.currentIndex() > 0:
            chosen = chosen[self.who.currentIndex() - 1 : self.who.currentIndex()]
        if self.what.currentIndex() > 0:
            name = self._names()[self.what.currentIndex() - 1]
            chosen = tuple(History(one.trainee, one.of(name)) for one in chosen)
        attempts = sorted(
            (attempt for history in chosen for attempt in history.attempts if not attempt.scripted),
            key=lambda attempt: attempt.started_utc,
        )
        for name, plot in self.plots.items():
            plot.show_points(_points(attempts, name), len(attempts))
        with_help = sum(attempt.help for attempt in attempts)
        self.counted.setText(
            f"{len(attempts)} attempts: {with_help} with help, {len(attempts) - with_help} without"
        )
        for name, (_, said) in self.benefits.items():
            said.setText(benefit_of(chosen, name).words)

    def _names(self) -> list[str]:
        done = {attempt.exercise for history in self._histories for attempt in history.attempts}
        return [name for name in EXERCISES if name in done] + sorted(done - EXERCISES.keys())

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(12)
        for words, box in (("trainee", self.who), ("exercise", self.what)):
            top.addWidget(label(words, "soft", one_line=True))
            box.setMinimumWidth(220)
            top.addWidget(box)
        top.addStretch(1)
        for words, colour, sign in (("with help", WITH, "●"), ("without help", WITHOUT, "■")):
            shown = label(sign, one_line=True)
            shown.setStyleSheet(f"color: {colour};")
            top.addWidget(shown)
            top.addWidget(label(words, "soft", one_line=True))
        side = QVBoxLayout()
        side.setContentsMargins(20, 16, 20, 16)
        side.setSpacing(6)
        side.addWidget(label("with help less without", "title"))
        side.addWidget(self.counted)
        side.addSpacing(8)
        for name, (title, said) in self.benefits.items():
            title.setText(MEASURES[name].words)
            title.setProperty("role", "kept")
            side.addWidget(title)
            side.addWidget(said)
        side.addStretch(1)
        for words in (
            "a pair: the same trainee at the same exercise with and without help; "
            f"fewer than {FEWEST_PAIRS} say nothing",
            "whoever does one kind later has had more practice: change the order",
        ):
            side.addWidget(label(words, "faint"))
        side.addWidget(self.back)
        beside = QFrame()
        beside.setProperty("role", "box")
        beside.setLayout(side)
        plots = QVBoxLayout()
        plots.setSpacing(8)
        for plot in self.plots.values():
            plots.addWidget(plot, 1)
        lower = QHBoxLayout()
        lower.setSpacing(10)
        lower.addLayout(plots, 7)
        lower.addWidget(beside, 5)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(10, 10, 10, 10)
        outer.addLayout(top)
        outer.addLayout(lower, 1)
        self.who.setFocusPolicy(Qt.FocusPolicy.StrongFocus)


def _points(attempts: Sequence[Attempt], measure: str) -> list[Point]:
    of = MEASURES[measure].of
    return [
        Point(number, value, attempt.help)
        for number, attempt in enumerate(attempts, 1)
        if (value := of(attempt)) is not None
    ]


def _title(name: str) -> str:
    return translated(EXERCISES[name].title) if name in EXERCISES else name
