"""An exercise while it runs: the overlay or the bare image, and the pedal."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from PyQt6.QtCore import QEvent, Qt, QTimer
from PyQt6.QtGui import QKeyEvent, QResizeEvent
from PyQt6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from recordings.training.pedal import Pedal
from ui.keys import Keys
from ui.marks import Marker
from ui.overlay.key_codes import codes_of, stands_alone
from ui.overlay.window import OverlayWindow
from ui.sound.sounder import Sounder
from ui.sound.speaker import NoSpeaker, speaker_here
from ui.training.bare import BareScene
from ui.training.pedal_strip import HEIGHT, PedalModel, PedalStrip
from ui.training.task import Attempting, Hints, Task
from ui.window import marker_for, window_for
from ui.worded import Button

_LOOK_MS = 33
_HINT_EVERY = 10
_REPEAT_MS = 30
"""A held key's repeat follows its release sooner; what was let go counts from the release all the same."""
_ACKNOWLEDGE = ("K", "J", "X", "Y", "Z", "Q")


class LivePage(QWidget):
    """Runs one attempt after another.

    Parameters
    ----------
    ended : callable
        Told with the attempt once it is over and its loop has stopped.
    given_up : callable
        Told where the trainee has left it.
    keys : Keys
        Of the live window: the first pedal's keys hold the pedal here.
    sound : bool
        Whether alarms are heard, with the monitor's help.
    """

    def __init__(
        self,
        ended: Callable[[Attempting], None],
        given_up: Callable[[], None],
        keys: Keys | None = None,
        *,
        sound: bool = True,
    ) -> None:
        super().__init__()
        self._ended, self._given_up, self._sound = ended, given_up, sound
        keys = keys or Keys()
        pedal = tuple(dict.fromkeys(("Space", *keys.acknowledge)))
        self._pedal_codes = {code for name in pedal for code in codes_of(name)}
        self._pedal_words = pedal[0].lower()
        self._keys = _without(keys, pedal)
        self.attempting: Attempting | None = None
        self.overlay: OverlayWindow | None = None
        self._sounder: Sounder | None = None
        self._marker: Marker | None = None
        self._hints: Hints | None = None
        self._hint, self._looks = "", 0
        self.strip = PedalStrip(self.press, self.release)
        self.end, self.give_up = Button("End"), Button("Give up")
        self._lay_out()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.look)
        self._let_go_timer = QTimer(self)
        self._let_go_timer.setSingleShot(True)
        self._let_go_timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._let_go_timer.timeout.connect(self.release)
        self._let_go_s: float | None = None
        self.on_state: Callable[[str], None] = lambda _: None
        """Told what the pedal does, when that changes."""
        self._state = ""

    def run(self, attempting: Attempting) -> None:
        """Show an attempt that has just begun."""
        self.attempting = attempting
        choice, run = attempting.task.choice, attempting.run
        self._hints = Hints(attempting.task, attempting.pedal) if choice.hints else None
        self._hint, self._looks, self._state = "", 0, ""
        if choice.with_help:
            self._sounder = Sounder(speaker_here() if self._sound else NoSpeaker("no sound: switched off"))
            self._marker = marker_for((run,))
            self.overlay = window_for(
                (run,), attempting.task.plan, self._sounder, keys=self._keys, marker=self._marker
            )
        else:
            invert = not run.info.intensity.bright_is_radiolucent
            self.overlay = OverlayWindow(
                run.observer.look, scene=BareScene(invert=invert), keys=self._keys,
                painted=[run.loop.latency.painted],
            )  # fmt: skip
            run.loop.on_result = self.overlay.wake
        self.put(self.overlay)
        self.overlay.start()
        self.setFocus()
        self._timer.start(_LOOK_MS)
        self.look()

    def put(self, overlay: OverlayWindow) -> None:
        """Take an overlay in above the pedal; keys reach it by way of the page."""
        overlay.setMinimumSize(640, 360)
        overlay.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._above.addWidget(overlay)
        overlay.show()

    def look(self) -> None:
        """Show the pedal as it is, and end what is over."""
        attempting = self.attempting
        if attempting is None:
            return
        window = self.window()
        if attempting.run.asked_to_stop.is_set() and window is not None:
            window.close()
            return
        if attempting.over():
            self.finish()
            return
        at_s = attempting.elapsed_s()
        if self._hints is not None and at_s is not None and self._looks % _HINT_EVERY == 0:
            self._hint = self._hints.at(at_s)
        self._looks += 1
        model = pedal_model(attempting.task, attempting.pedal, at_s, self._pedal_words, self._hint)
        self.strip.show_model(model)
        if model.state != self._state:
            self._state = model.state
            self.on_state(model.state)

    def press(self) -> None:
        """Hold the pedal."""
        if self.attempting is not None:
            self.attempting.press()
            self.look()

    def release(self) -> None:
        """Let it go."""
        self._let_go_timer.stop()
        if self.attempting is not None:
            self.attempting.release(self._let_go_s)
            self._let_go_s = None
            self.look()

    def finish(self) -> None:
        """End the attempt; it will be scored as it is."""
        attempting = self._stop()
        if attempting is not None:
            self._ended(attempting)

    def leave(self) -> None:
        """End the attempt; nothing is kept of it in a history."""
        if self._stop() is not None:
            self._given_up()

    def _stop(self) -> Attempting | None:
        attempting, self.attempting = self.attempting, None
        if attempting is None:
            return None
        self._timer.stop()
        self._let_go_timer.stop()
        self._let_go_s = None
        if self.overlay is not None:
            self.overlay.stop()
        attempting.run.loop.on_result = None
        if self._sounder is not None:
            self._sounder.silence()
            self._sounder = None
        if self._marker is not None:
            self._marker.stop()
            self._marker = None
        attempting.stop()
        if self.overlay is not None:
            self._above.removeWidget(self.overlay)
            self.overlay.deleteLater()
            self.overlay = None
        return attempting

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        """The pedal's keys hold it; ``End`` ends; all else is the overlay's, but for what would close it."""
        if event is None:
            return
        if event.key() in self._pedal_codes and stands_alone(event):
            if self._let_go_timer.isActive():  # it was a repeat
                self._let_go_timer.stop()
                self._let_go_s = None
            elif not event.isAutoRepeat():
                self.press()
        elif event.key() == Qt.Key.Key_End:
            self.finish()
        elif self.overlay is not None and event.key() not in (Qt.Key.Key_Escape, Qt.Key.Key_Q):
            self.overlay.keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        """Let the pedal go, once no press follows at once: under X11 Qt does not mark all repeats."""
        if event is None or event.isAutoRepeat():
            return
        if event.key() in self._pedal_codes:
            self._let_go_s = None if self.attempting is None else self.attempting.elapsed_s()
            self._let_go_timer.start(_REPEAT_MS)
        elif self.overlay is not None:
            self.overlay.keyReleaseEvent(event)

    def changeEvent(self, event: QEvent | None) -> None:  # noqa: N802 - Qt's name
        """Whoever leaves the window has let the pedal go: nobody would hear of it."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.ActivationChange and not self.isActiveWindow():
            self.release()

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """The strip keeps its part of the height."""
        super().resizeEvent(event)
        height = round(HEIGHT * min(self.width() / 1920, self.height() / 1080))
        self.strip.setFixedHeight(height)
        for button in (self.end, self.give_up):
            button.setFixedHeight(max(30, height - 16))

    def _lay_out(self) -> None:
        self._above = QVBoxLayout()
        below = QHBoxLayout()
        below.setContentsMargins(0, 0, 10, 0)
        below.setSpacing(8)
        below.addWidget(self.strip, 1)
        for button, does in ((self.end, self.finish), (self.give_up, self.leave)):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(lambda _, does=does: does())
            below.addWidget(button)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addLayout(self._above, 1)
        outer.addLayout(below)


def pedal_model(task: Task, pedal: Pedal, at_s: float | None, key: str, hint: str) -> PedalModel:
    """What the strip shows at a time (s)."""
    now_s = 0.0 if at_s is None else at_s
    injection = pedal.injection
    told = f"hold the {key} bar, or the mouse here" if key == "space" else f"hold {key}, or the mouse here"
    if now_s < task.ready_s:
        state, told = "not yet", f"cement is ready in {task.ready_s - now_s:.0f} s"
    elif pedal.held and task.prepared is not None and not injection.flows(now_s):
        waits = injection.waits(now_s) and injection.grown_s(now_s) < injection.end_s
        state, told = ("level done", "let go, then press for the next") if waits else ("empty", "let go")
    elif pedal.held and task.prepared is None:
        state, told = "HELD DOWN", "let go where you would stop"
    elif pedal.held:
        state, told = "INJECTING", "let go to stop"
    else:
        state = "stopped"
    planned_ml = None if task.prepared is None else task.prepared.planned_ml
    return PedalModel(
        pedal.held and now_s >= task.ready_s, state, told, task.injected_ml(pedal, now_s), planned_ml,
        at_s, task.seconds, hint,
    )  # fmt: skip


def _without(keys: Keys, pedal: tuple[str, ...]) -> Keys:
    """The keys of the overlay, without those that hold the pedal; another one acknowledges."""
    left = {
        action: tuple(name for name in names if name not in pedal) for action, names in keys.by_action.items()
    }
    taken = {name for names in left.values() for name in names}
    with suppress(StopIteration):
        left["acknowledge"] = (next(name for name in _ACKNOWLEDGE if name not in taken),)
    return replace(keys, **left)
