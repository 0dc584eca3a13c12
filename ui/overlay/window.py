"""The window: asks for an observation on a timer, paints it, hands keys on."""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QCloseEvent, QKeyEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import QApplication, QWidget

from monitor.health import Health
from monitor.result import Result
from ui.keys import Keys
from ui.overlay.draw import DrawnText
from ui.overlay.key_codes import Presses, bound, stands_alone
from ui.overlay.observation import Observation, Setup
from ui.overlay.painter import Painter, Shown
from ui.overlay.scene import Scene, paint_fault

LOG = logging.getLogger(__name__)

REPAINT_MS = 50
"""Longest time between two looks where no result comes: the age of what is shown has to be judged."""
LEAST_MS = 28
"""Shortest time between two looks: results may come faster than anybody sees."""
_HINT_MS = 4000
_QUIT_MS = 3000
"""What would end the watch of a live source has to be said twice within this time."""
_LIST_MS = 30_000
"""The list of keys covers what is watched: it closes by itself."""


def _ignore() -> None:
    return None


def _never() -> bool:
    return False


class OverlayWindow(QWidget):
    """The overlay. It pulls: nothing is pushed into it, and no image travels in a Qt signal.

    It looks when `wake` says that there is something new, and every `REPAINT_MS` at the latest. So a result
    is painted while the processing thread has nothing to do: the two share Python's lock, and painting beside
    a step holds both up.

    Parameters
    ----------
    observe : callable
        Returns the newest observation, as the scene takes it; called on the GUI thread about 30 times a
        second, so it must only peek. If it raises, the window says NOT MONITORING.
    setup : Setup, optional
        Scales and planned volumes.
    acknowledge : callable, optional
        Called when the alarms are acknowledged by key.
    painted : sequence of callable
        One for each source: called with ``(seq, t_painted_ns)`` once for each result, after it was painted.
    scene : Scene or BiplaneScene, optional
        What paints; without it, a `Scene` of the setup.
    keys : Keys, optional
        Which keys do what.
    does : mapping of str to callable, optional
        Further actions of `ui.keys.WORDS`; each does something and says what, for the footer.
    asks : callable, optional
        Whether to close the window would end the watch of a live source: it is then asked for twice.
    clock : callable, optional
        Monotonic time in ns.
    """

    _woken = pyqtSignal()

    def __init__(
        self,
        observe: Callable[[], object],
        setup: Setup | None = None,
        *,
        acknowledge: Callable[[], None] = _ignore,
        painted: Sequence[Callable[[int, int], None]] = (),
        scene: Painter | None = None,
        keys: Keys | None = None,
        does: Mapping[str, Callable[[], str]] | None = None,
        asks: Callable[[], bool] = _never,
        clock: Callable[[], int] = time.monotonic_ns,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("CementWatch")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(800, 450)
        self.resize(1280, 720)
        self._observe = observe
        self._scene: Painter = scene or Scene(setup or Setup())
        self._acknowledge = acknowledge
        self._asks = asks
        self._asked_ns: int | None = None
        self._presses = Presses()
        own = {
            "acknowledge": self._acknowledge_all,
            "next_level": self._choose_next,
            "full_screen": self._switch_full_screen,
        }
        self._keys = bound(keys or Keys(), own | dict(does or {}))
        self._painted = painted
        self._clock = clock
        self._observation: object = None
        self._model: Shown | None = None
        self._fault = ""
        self._logged: set[str] = set()
        self._painted_seqs: dict[int, int] = {}
        self._key_map = False
        self._hint = ""
        self.words: list[DrawnText] = []
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._look)
        self._running = False
        self._looked_ns = 0
        self._woken.connect(self._look_soon)
        self._hint_timer = QTimer(self)
        self._hint_timer.setSingleShot(True)
        self._hint_timer.timeout.connect(self._drop_hint)
        self._list_timer = QTimer(self)
        self._list_timer.setSingleShot(True)
        self._list_timer.timeout.connect(self._close_list)

    @property
    def model(self) -> Shown | None:
        """What was shown last; None before the first look and after a fault."""
        return self._model

    def start(self) -> None:
        """Begin to look and paint."""
        self._running = True
        self._look()

    def stop(self) -> None:
        """Cease to look; what is shown stays and grows old. Call before the loop is taken down."""
        self._running = False
        self._timer.stop()

    def wake(self) -> None:
        """There is something new to look at; may be called from any thread, and never raises."""
        with suppress(RuntimeError):  # Qt's part of the window is gone
            self._woken.emit()

    def _look_soon(self) -> None:
        if not self._running:
            return
        passed_ms = (self._clock() - self._looked_ns) // 1_000_000
        if passed_ms >= LEAST_MS:
            self._look()
        else:
            self._timer.start(LEAST_MS - passed_ms)

    def _look(self) -> None:
        self._looked_ns = self._clock()
        self._timer.start(REPAINT_MS)
        self.tick()

    def tick(self) -> None:
        """Look once and ask for a repaint."""
        try:
            observation = self._observe()
        except Exception as error:  # a window that raises is torn down by Qt: say it instead
            self._fail("observe", error)
            self.update()
            return
        self._show(observation)

    def show_observation(self, result: Result | None, health: Health, now_ns: int) -> None:
        """Show a result directly, with the other facts of the last observation."""
        if not isinstance(self._observation, Observation):
            self._show(Observation(result, health, now_ns))
        else:
            self._show(dataclasses.replace(self._observation, result=result, health=health, now_ns=now_ns))

    def _show(self, observation: object) -> None:
        try:
            self._model = self._scene.take(observation)
            self._observation, self._fault = observation, ""
        except Exception as error:  # as in tick
            self._fail("derive", error)
        self.update()

    def _fail(self, where: str, error: Exception) -> None:
        self._model, self._fault = None, f"{type(error).__name__}: {error}"
        if where not in self._logged:
            self._logged.add(where)
            LOG.error("overlay: %s failed", where, exc_info=error)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802  Qt's name
        """Paint the newest model; where painting fails, say so in place of everything."""
        with QPainter(self) as painter:
            if self._model is not None:
                try:
                    self.words = self._scene.paint(
                        painter,
                        self.width(),
                        self.height(),
                        self._model,
                        hint=self._hint,
                        key_map=self._key_map,
                    )
                except Exception as error:  # an exception that leaves paintEvent ends the process
                    self._fail("paint", error)
                    painter.resetTransform()
                    painter.setClipping(False)
                    painter.setOpacity(1.0)
            if self._model is None:
                self.words = []
                paint_fault(painter, self.width(), self.height(), self._fault)
        self._tell_painted()

    def _tell_painted(self) -> None:
        if self._model is None:
            return
        now_ns = self._clock()
        for i, (result, tell) in enumerate(zip(self._model.results, self._painted, strict=False)):
            if result is not None and result.frame.seq != self._painted_seqs.get(i):
                self._painted_seqs[i] = result.frame.seq
                tell(result.frame.seq, now_ns)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802  Qt's name
        """Keys of `ui.keys.Keys`. None that stands alone ends or deletes anything."""
        if event is None or not self._presses.is_new(event):
            return
        key = event.key()
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        does = self._keys.get(key) if stands_alone(event) else None
        if does is not None:
            words = does()
            if words:
                self.say(words)
        elif key == Qt.Key.Key_Q and control:
            if self._may_quit():
                self.close()
        elif key == Qt.Key.Key_Escape:
            self._escape()
        elif key == Qt.Key.Key_Question or event.text() == "?":
            self._switch_list()
        else:
            super().keyPressEvent(event)
        self.update()

    def keyReleaseEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802  Qt's name
        """Remember when a key was let go: its next press may be a repeat."""
        if event is not None:
            self._presses.released(event)
            super().keyReleaseEvent(event)

    def closeEvent(self, event: QCloseEvent | None) -> None:  # noqa: N802  Qt's name
        """Whoever closes the window with the mouse is asked as with `Ctrl+Q`; the program itself is not."""
        if event is None:
            return
        if event.spontaneous() and not self._may_quit():
            event.ignore()
        else:
            super().closeEvent(event)

    def _may_quit(self) -> bool:
        """Whether quitting ends nothing that is being watched, or was asked for twice."""
        if not self._asks():
            return True
        now_ns = self._clock()
        if self._asked_ns is not None and now_ns - self._asked_ns <= _QUIT_MS * 1_000_000:
            return True
        self._asked_ns = now_ns
        self.say("monitoring a live source: quit again within 3 s", _QUIT_MS)
        return False

    def _acknowledge_all(self) -> str:
        self._acknowledge()
        return ""

    def _choose_next(self) -> str:
        words = self._scene.choose_next()
        if self._observation is not None:  # at once, also where no result comes
            self._show(self._observation)
        return words

    def _switch_full_screen(self) -> str:
        self.toggle_full_screen()
        return ""

    def _switch_list(self) -> None:
        self._key_map = not self._key_map
        if self._key_map:
            self._list_timer.start(_LIST_MS)

    def _close_list(self) -> None:
        self._key_map = False
        self.update()

    def toggle_full_screen(self) -> None:
        """Full screen, or back."""
        if self.isFullScreen():
            self.showNormal()
        else:
            self.showFullScreen()

    def _escape(self) -> None:
        if self._key_map:
            self._key_map = False
        elif self.isFullScreen():
            self.showNormal()
        else:
            self.say("to quit: Ctrl+Q")

    def say(self, words: str, for_ms: int = _HINT_MS) -> None:
        """Say something at the bottom of the window for some seconds."""
        self._hint = words
        self._hint_timer.start(for_ms)
        self.update()

    def _drop_hint(self) -> None:
        self._hint = ""
        self.update()


def run_window(window: OverlayWindow, *, full_screen: bool = False) -> int:
    """Show a window and stay until it is closed; returns Qt's exit status. Stops the window's timer."""
    if full_screen:
        window.showFullScreen()
    else:
        window.show()
    window.start()
    try:
        return QApplication.exec()
    finally:
        window.stop()
