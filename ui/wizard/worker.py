"""Heavy work on a thread of its own; what comes of it is handed over on the thread of the window."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal

from monitor.errors import CementWatchError

LOG = logging.getLogger(__name__)

Then = Callable[[Any], None]
"""Takes what the work returned, or the exception that it ended with."""


class Worker(QObject):
    """Does one thing after another. `then` is called on the thread that made the worker."""

    _done = pyqtSignal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="calibration")
        self._closed = False
        self._done.connect(self._deliver)

    def submit(self, work: Callable[[], object], then: Then) -> None:
        """Do the work, later, elsewhere; nothing once closed."""
        if self._closed:
            return

        def run() -> None:
            outcome: object
            try:
                outcome = work()
            except (CementWatchError, OSError) as error:
                outcome = error
            except Exception as error:  # told in the window; a thread that died would leave it waiting
                LOG.exception("calibration failed")
                outcome = error
            with suppress(RuntimeError):  # the window is gone
                self._done.emit(then, outcome)

        self._pool.submit(run)

    def close(self, *, wait: bool = True, drop: bool = True) -> None:
        """Drop what has not begun, wait for what has unless told not to, and deliver nothing any more.

        Without `drop` what has not begun is still done.
        """
        self._closed = True
        self._pool.shutdown(wait=wait, cancel_futures=drop)

    def _deliver(self, then: Then, outcome: object) -> None:
        if not self._closed:
            then(outcome)


def words_of(error: Exception) -> str:
    """What went wrong, in one line."""
    if isinstance(error, CementWatchError):
        return str(error)
    return f"failed: {type(error).__name__}: {error}"
