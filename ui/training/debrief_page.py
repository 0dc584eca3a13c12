"""The decisive seconds again, with the truth shown: play, pause, step, slow, scrub."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtGui import QKeyEvent, QResizeEvent
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from recordings.training.attempt import Outcome
from recordings.training.debrief import Debrief
from recordings.training.facts import ORIGINS
from recordings.training.verdict import event_words, reaction_words, verdict
from ui.theme import AMBER_LINE, TEXT, unit_for
from ui.training.debrief_view import BAR_HEIGHT, OUTSIDE, DebriefView, Mark, ScrubBar
from ui.wizard.look import label
from ui.worded import Button

SLOW = 0.25
_LEGEND = (
    "yellow: cement",
    "violet: cement outside the body",
    "line: from the front to the posterior wall",
    "on the bar, blue: pedal held",
)


class DebriefPage(QWidget):
    """A small player.

    Parameters
    ----------
    back : callable
        To the score.
    """

    def __init__(self, back: Callable[[], None]) -> None:
        super().__init__()
        self._debrief: Debrief | None = None
        self.at = 0
        self.view, self.bar = DebriefView(), ScrubBar(self.go)
        self.play, self.slow, self.whole = Button("Play"), Button("Slow"), Button("Whole image")
        self.back_step, self.step, self.back = Button("◀"), Button("▶"), Button("Back")
        self.said, self.facts = label("", "title"), label("", "soft")
        self.now = label("", "value")
        self.legend, self.origin = label("", "soft"), label("", "faint")
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._leave = back
        self.back.clicked.connect(lambda _: self.leave())
        self._lay_out()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    @property
    def playing(self) -> bool:
        """Whether it runs."""
        return self._timer.isActive()

    def show_debrief(self, debrief: Debrief, outcome: Outcome) -> None:
        """Show an attempt from the first of its decisive seconds on."""
        self.pause()
        self._debrief = debrief
        score, facts = outcome.score, outcome.facts
        said = verdict(score)
        self.said.setText(said[0])
        self.facts.setText("\n".join((*said[1:], *filter(None, (reaction_words(score), _warned(outcome))))))
        self.origin.setText(f"shown: {ORIGINS[facts.origin]}")
        self.view.begin(debrief.frame(0), invert=not debrief.intensity.bright_is_radiolucent)
        marks = []
        if score.danger_s is not None:
            marks.append(
                Mark(score.danger_s, event_words(score), OUTSIDE if score.danger == "leak" else AMBER_LINE)
            )
        if score.released_s is not None:
            marks.append(Mark(score.released_s, "let go", TEXT))
        held = [(down_s, outcome.until_s if up_s is None else up_s) for down_s, up_s in outcome.presses]
        self.bar.begin(debrief.times_s, marks, held)
        # of a recording nothing is known of where the cement really was
        legend = _LEGEND if debrief.frame(0).bodies else _LEGEND[-1:]
        self.legend.setText("\n".join(legend))
        self.go(0)
        self.setFocus()

    def go(self, number: int) -> None:
        """Show a frame."""
        if self._debrief is None:
            return
        times_s = self._debrief.times_s
        self.at = min(max(number, 0), len(times_s) - 1)
        shown = self._debrief.frame(self.at)
        self.view.show_frame(shown)
        self.bar.go(self.at)
        parts = [f"{shown.time_s:.2f} s"]
        if shown.wall_mm is not None:
            beyond = shown.wall_mm < 0
            parts.append(f"wall {-shown.wall_mm:.1f} mm beyond" if beyond else f"wall {shown.wall_mm:.1f} mm")
        if shown.leaked_ml is not None:
            parts.append(f"leaked {shown.leaked_ml:.2f} mL")
        self.now.setText("  ·  ".join(parts))

    def toggle(self) -> None:
        """Play or pause; from the end it begins anew."""
        if self.playing:
            self.pause()
            return
        if self._debrief is None:
            return
        if self.at >= len(self._debrief.times_s) - 1:
            self.go(0)
        self._start()

    def pause(self) -> None:
        """Stand still."""
        self._timer.stop()
        self.play.setText("Play")

    def leave(self) -> None:
        """Stop, and go back."""
        self.pause()
        self._leave()

    def step_by(self, frames: int) -> None:
        """Step, standing still."""
        self.pause()
        self.go(self.at + frames)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """The bar keeps its part of the height."""
        super().resizeEvent(event)
        window = self.window()
        if window is not None:
            self.bar.setFixedHeight(round(BAR_HEIGHT * unit_for(window.width(), window.height())))

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        """Space plays, arrows step, S is slow, Escape goes back."""
        if event is None:
            return
        does = {
            Qt.Key.Key_Space: self.toggle,
            Qt.Key.Key_Left: lambda: self.step_by(-1),
            Qt.Key.Key_Right: lambda: self.step_by(1),
            Qt.Key.Key_Home: lambda: self.step_by(-self.at),
            Qt.Key.Key_S: self.slow.click,
            Qt.Key.Key_Escape: self.leave,
        }.get(Qt.Key(event.key()))
        if does is None:
            super().keyPressEvent(event)
        else:
            does()

    def _tick(self) -> None:
        if self._debrief is None or self.at >= len(self._debrief.times_s) - 1:
            self.pause()
            return
        self.go(self.at + 1)

    def _start(self) -> None:
        assert self._debrief is not None
        times_s = self._debrief.times_s
        period_s = (times_s[-1] - times_s[0]) / max(1, len(times_s) - 1) or 1 / 15
        self._timer.start(round(1000 * period_s / (SLOW if self.slow.isChecked() else 1.0)))
        self.play.setText("Pause")

    def _slow_changed(self) -> None:
        if self.playing:
            self._start()

    def _lay_out(self) -> None:
        self.slow.setCheckable(True)
        self.slow.setToolTip("a quarter of the speed (S)")
        self.slow.toggled.connect(lambda _: self._slow_changed())
        self.play.clicked.connect(lambda _: self.toggle())
        self.play.setProperty("role", "main")
        self.back_step.clicked.connect(lambda _: self.step_by(-1))
        self.step.clicked.connect(lambda _: self.step_by(1))
        controls = QHBoxLayout()
        self.whole.setCheckable(True)
        self.whole.toggled.connect(lambda on: self.view.show_whole(whole=on))
        for button in (self.back_step, self.play, self.step, self.slow, self.whole):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            controls.addWidget(button)
        self.play.setMinimumWidth(110)
        controls.addWidget(self.bar, 1)
        side = QVBoxLayout()
        side.setContentsMargins(18, 16, 18, 16)
        side.setSpacing(12)
        side.addWidget(self.said)
        side.addWidget(self.facts)
        side.addSpacing(8)
        side.addWidget(self.now)
        side.addStretch(1)
        side.addWidget(self.legend)
        side.addWidget(self.origin)
        side.addWidget(self.back)
        self.back.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        box = QFrame()
        box.setProperty("role", "box")
        box.setLayout(side)
        upper = QHBoxLayout()
        upper.setSpacing(10)
        upper.addWidget(self.view, 5)
        upper.addWidget(box, 4)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(10, 10, 10, 0)
        outer.addLayout(upper, 1)
        outer.addLayout(controls)


def _warned(outcome: Outcome) -> str:
    """When the monitor first said HIGH, against the danger; empty: no danger came about."""
    danger_s = outcome.score.danger_s
    if danger_s is None:
        return ""
    high = [told.time_s for told in outcome.warned if told.priority == "HIGH"]
    if not high:
        return "the monitor raised no HIGH alarm"
    away_s = high[0] - danger_s
    when = "after" if away_s >= 0 else "before"
    return f"the monitor's first HIGH alarm: {abs(away_s):.1f} s {when} that"
