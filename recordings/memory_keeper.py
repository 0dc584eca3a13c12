"""Keeps on disk what a restart needs, twice a second, off the processing path."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from monitor.memory import Memory
from recordings.memory_file import write_memory

EVERY_NS = 500_000_000


class MemoryKeeper:
    """Writes the newest memory on a thread of its own; an older one that still waits is replaced.

    Parameters
    ----------
    path : Path
    remember : callable
        `Pipeline.remember`; called by `look`, on the thread that calls the pipeline.
    """

    def __init__(self, path: Path, remember: Callable[[], Memory | None]) -> None:
        self._path, self._remember = path, remember
        self._changed = threading.Condition()
        self._waiting: Memory | None = None
        self._stopping = False
        self._newest_ns: int | None = None
        self.error: str | None = None
        """Why the newest could not be written; None: it could."""
        self._thread = threading.Thread(target=self._work, name="memory", daemon=True)

    def start(self) -> None:
        """Start the thread; once."""
        self._thread.start()

    def look(self, now_ns: int) -> None:
        """Take a new memory where it is time to (ns, monotonic)."""
        if self._newest_ns is not None and now_ns - self._newest_ns < EVERY_NS:
            return
        memory = self._remember()
        if memory is None:
            return
        self._newest_ns = now_ns
        with self._changed:
            self._waiting = memory
            self._changed.notify_all()

    def stop(self, *, finished: bool, deadline_s: float = 2.0) -> None:
        """End the thread. Where the run has `finished` in order there is nothing to go on with: remove it."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._thread.join(deadline_s)
        if finished and not self._thread.is_alive():
            self._path.unlink(missing_ok=True)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting is not None or self._stopping)
                memory, self._waiting = self._waiting, None
            if memory is None:
                return
            try:
                write_memory(self._path, memory)
                self.error = None
            except OSError as error:
                self.error = f"{self._path}: {error.strerror or error}"
