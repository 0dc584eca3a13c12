"""Tracks read through and compared on a thread of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable

from PyQt6.QtCore import QObject

from recordings.compared import Summary, Unlike, compared, summary_of
from recordings.track import Track
from ui.wizard.worker import Worker, words_of

Show = Callable[[tuple[Unlike, ...], str], None]


class Comparing(QObject):
    """What two tracks differ in. `shown` is called on the thread of the window."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._worker = Worker(self)
        self._stop, self._closed = threading.Event(), threading.Event()
        self.found: tuple[Unlike, ...] = ()

    def times_ns(self) -> tuple[int, ...]:
        """Where there is a difference to look at (ns)."""
        return tuple(sorted({each.t_ns for each in self.found if each.t_ns is not None}))

    def start(self, first: Track, second: Track, show: Show) -> None:
        """Compare as far as both go."""
        self.stop()
        stop = self._stop
        until_ns = min(first.times_ns[-1], second.times_ns[-1]) if len(first) and len(second) else 0

        def work() -> tuple[Unlike, ...]:
            return compared(
                summary_of(first, until_ns, stop.is_set), summary_of(second, until_ns, stop.is_set)
            )

        def then(outcome: tuple[Unlike, ...] | Exception) -> None:
            if stop.is_set():
                return
            if isinstance(outcome, Exception):
                show((), words_of(outcome))
                return
            self.found = outcome
            show(outcome, "no difference")

        self._worker.submit(work, then)

    def summarise(self, track: Track, then: Callable[[Track, Summary], None]) -> None:
        """Read one track through, whatever is compared meanwhile."""

        def told(outcome: Summary | Exception) -> None:
            if not isinstance(outcome, Exception):
                then(track, outcome)

        self._worker.submit(lambda: summary_of(track, None, self._closed.is_set), told)

    def stop(self) -> None:
        """Read no further."""
        self._stop.set()
        self._stop = threading.Event()
        self.found = ()

    def close(self) -> None:
        """Stop, and end the thread."""
        self._closed.set()
        self.stop()
        self._worker.close()
