"""Reads the rows of a library elsewhere, some at a time, and hands them on as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path

from recordings.library.cache import FactsCache
from recordings.library.index import row_again, rows_below
from recordings.library.log_summary import read_log_summary
from recordings.library.row import Row
from recordings.session import LOG, open_session
from ui.library.panel import AlarmLine
from ui.wizard.worker import Then, Worker

_CHUNK = 10


@dataclass(slots=True)
class _Reading:
    """One time through all sessions."""

    rows: Iterator[Row]
    came: list[Row] = field(default_factory=list)


class LibraryReader:
    """Everything that is read of the sessions. The cache is the worker's alone.

    Parameters
    ----------
    root : Path
    cache : FactsCache
    worker : Worker
    some : callable
        Told rows as they come.
    done : callable
        Told all rows once there are no more, or the exception with which it ended.
    """

    def __init__(
        self,
        root: Path,
        cache: FactsCache,
        worker: Worker,
        some: Callable[[list[Row]], None],
        done: Callable[[list[Row] | Exception], None],
    ) -> None:
        self._root, self._cache, self._worker = root, cache, worker
        self._some, self._done = some, done
        self._reading: _Reading | None = None

    @property
    def reading(self) -> bool:
        """Whether sessions are still being read."""
        return self._reading is not None

    def read_all(self) -> None:
        """Begin; what was being read is let go."""
        self._reading = reading = _Reading(rows_below(self._root, self._cache))
        self._next(reading)

    def read_one(self, folder: str, then: Then) -> None:
        """Read the row of one session."""
        self._worker.submit(lambda: row_again(self._root, folder, self._cache), then)

    def read_alarms(self, folder: str, then: Then) -> None:
        """Read the clinical alarms of one session."""
        self._worker.submit(lambda: self._alarms(folder), then)

    def save(self) -> None:
        """Remember what is known."""
        self._worker.submit(self._cache.save, lambda _: None)

    def _next(self, reading: _Reading) -> None:
        self._worker.submit(lambda: list(islice(reading.rows, _CHUNK)), partial(self._take, reading))

    def _take(self, reading: _Reading, came: object) -> None:
        if reading is not self._reading:
            return
        if isinstance(came, Exception):
            self._reading = None
            self._done(came)
        elif isinstance(came, list) and came:
            reading.came += came
            self._next(reading)
            self._some(came)
        else:
            self._reading = None
            self._worker.submit(lambda: self._cache.save(all_seen=True), lambda _: None)
            self._done(reading.came)

    def _alarms(self, folder: str) -> list[AlarmLine]:
        session = open_session(self._root / folder)
        log = read_log_summary(session.folder / (session.about.files.get("log") or LOG))
        start_ns = session.about.anchor_monotonic_ns
        return [
            AlarmLine((alarm.t_ns - start_ns) / 1e9, alarm.priority.name, alarm.message, alarm.level)
            for alarm in log.alarms
            if alarm.clinical
        ]
