"""A film written between the events of the window, image by image."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from monitor.errors import CementWatchError
from recordings.track import Track
from ui.replay.clip import film
from ui.replay.deck import Deck


class Filming(QObject):
    """Writes one film at a time. `said` tells how it goes, and whether that is a failure."""

    said = pyqtSignal(str, bool)

    def __init__(self, deck: Deck) -> None:
        super().__init__()
        self._deck = deck
        self._steps: Iterator[tuple[int, int]] | None = None
        self._name = ""
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._step)

    @property
    def running(self) -> bool:
        """Whether a film is being written."""
        return self._steps is not None

    def start(self, track: Track | None, out: Path, begin_s: float | None, end_s: float | None) -> None:
        """Begin a film of a passage (s since the first frame; None: from the beginning, to the end)."""
        self._steps, self._name = film(self._deck, track, out, begin_s, end_s), out.name
        self._timer.start(0)

    def stop(self) -> bool:
        """End a film that is being written, and keep nothing of it; whether there was one."""
        steps: Any = self._end()
        if steps is None:
            return False
        steps.close()
        self.said.emit("film ended, nothing was kept", False)
        return True

    def _end(self) -> Iterator[tuple[int, int]] | None:
        self._timer.stop()
        steps, self._steps = self._steps, None
        return steps

    def _step(self) -> None:
        if self._steps is None:
            return
        try:
            done, whole = next(self._steps)
        except StopIteration:
            self._end()
            self.said.emit(f"film written: {self._name}", False)
        except CementWatchError as error:
            self._end()
            self.said.emit(str(error), True)
        else:
            if done % 10 == 1:
                self.said.emit(f"writing the film: {100 * done // whole} %", False)
