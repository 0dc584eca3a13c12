"""One measurement: what is wanted, what came of it, and whether that is still what is wanted."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal

from ui.wizard.worker import Worker, words_of

_DROPPED = object()


class Standing(Enum):
    """Whether a measurement can be believed."""

    EMPTY = "nothing is to be measured"
    READY = "not measured yet"
    MEASURING = "measuring"
    CURRENT = "measured"
    REFUSED = "refused"
    OUTDATED = "changed since"


@dataclass(frozen=True, slots=True)
class Task:
    """Work, and what it depends on: two tasks are the same where that is equal."""

    key: Hashable
    work: Callable[[], Any]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Task) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


class Measurement(QObject):
    """Holds the newest outcome together with the task that it belongs to."""

    changed = pyqtSignal()

    def __init__(self, worker: Worker, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._worker = worker
        self._wanted: Task | None = None
        self._running: Task | None = None
        self._done: tuple[Task, Any] | None = None

    @property
    def wanted(self) -> Task | None:
        """What is to be measured; None: nothing."""
        return self._wanted

    def want(self, task: Task | None) -> None:
        """Say what is to be measured from now on; what came of anything else is outdated at once."""
        if task != self._wanted:
            self._wanted = task
            if task is None:
                self._done = None
            self.changed.emit()

    def start(self) -> None:
        """Measure what is wanted, unless that is known or on its way."""
        task = self._wanted
        if task is None or task == self._running or (self._done is not None and self._done[0] == task):
            return
        self._running = task

        def work() -> Any:  # noqa: ANN401 - whatever the task gives
            # what is no longer wanted when its turn comes is not begun
            return task.work() if self._wanted == task else _DROPPED

        self._worker.submit(work, lambda outcome: self._take(task, outcome))
        self.changed.emit()

    @property
    def standing(self) -> Standing:
        """Whether the newest outcome is that of what is wanted."""
        if self._wanted is None:
            return Standing.EMPTY
        if self._done is not None and self._done[0] == self._wanted:
            return Standing.REFUSED if isinstance(self._done[1], Exception) else Standing.CURRENT
        if self._running == self._wanted:
            return Standing.MEASURING
        return Standing.READY if self._done is None else Standing.OUTDATED

    @property
    def value(self) -> Any:  # noqa: ANN401 - whatever the task gave
        """The outcome; None where there is none or it is not current."""
        return self._done[1] if self._done is not None and self.standing is Standing.CURRENT else None

    @property
    def refusal(self) -> str:
        """Why what is wanted was refused; empty where it was not."""
        if self._done is None or self.standing is not Standing.REFUSED:
            return ""
        return words_of(self._done[1])

    def _take(self, task: Task, outcome: object) -> None:
        if self._running == task:
            self._running = None
        if outcome is _DROPPED:
            if self._wanted == task:  # wanted again in the meantime
                self.start()
        elif self._wanted is not None:
            self._done = (task, outcome)
        self.changed.emit()
