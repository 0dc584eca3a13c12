"""Whether the process was told to end, set by a signal's handler."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from types import FrameType


class Asked:
    """As `threading.Event`, but may be set by a signal that comes while the same thread waits.

    An event takes its lock to be set; where the signal interrupts its `wait` in the midst of holding that
    lock, the handler waits for ever, and with it the run that was told to end. `SimpleQueue.put` is
    reentrant.
    """

    def __init__(self) -> None:
        self._set = False
        self._woken: SimpleQueue[None] = SimpleQueue()

    def set(self) -> None:
        """From now on it was."""
        self._set = True
        self._woken.put(None)

    def is_set(self) -> bool:
        """Whether it was."""
        return self._set

    def wait(self, timeout_s: float) -> bool:
        """Wait until it was, or for so long (s); whether it was.

        Not for long: a signal that comes just before the wait begins is acted on when it ends.
        """
        if not self._set:
            try:
                self._woken.get(timeout=timeout_s)
            except Empty:
                return self._set
        return True


@contextmanager
def asked_by_signal() -> Iterator[Asked]:
    """Turn the first signal to end into a word to whoever waits, so that a session is closed and not cut off.

    A second one does what it does without us. Elsewhere than on the main thread signals are left alone.
    """
    asked = Asked()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def ask(number: int, _: FrameType | None) -> None:
        asked.set()
        signal.signal(number, before[signal.Signals(number)])

    for number in before:
        signal.signal(number, ask)
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
