"""Work that can wait while a monitor runs, so that it never costs one a frame."""

from __future__ import annotations

import time

from ui.options import say

_LOOK_EVERY_S = 0.5
_WAIT_S = 2.0


class GiveWay:
    """Waits while a monitor runs on this machine: asked before each frame, looks twice a second."""

    def __init__(self) -> None:
        self._looked_s = 0.0

    def step(self) -> None:
        """Return once no monitor runs; at once where that was looked at just now."""
        from recordings.monitor_lock import monitor_runs

        if time.monotonic() - self._looked_s < _LOOK_EVERY_S:
            return
        told = False
        while monitor_runs():
            if not told:
                say("waiting: a monitor runs on this machine")
                told = True
            time.sleep(_WAIT_S)
        self._looked_s = time.monotonic()
