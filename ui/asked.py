"""Whether the process was told to end, set by a signal's handler."""

from __future__ import annotations

from queue import Empty, SimpleQueue


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
        """Wait until it was, or for so long (s); whether it was."""
        if not self._set:
            try:
                self._woken.get(timeout=timeout_s)
            except Empty:
                return self._set
        return True
