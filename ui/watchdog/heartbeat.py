"""The watched side: a line to the watchdog for every look of the thread that shows things.

Lines: ``beat``, ``session PATH`` (JSON text), ``end``. The pipe never holds the window up: a line that
does not fit is left out, the next one says the same.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

VARIABLE = "CEMENTWATCH_HEARTBEAT_FD"
RESTARTED = "CEMENTWATCH_RESTARTED"


class Heartbeat:
    """Tells a watchdog that this process still looks. Does nothing where there is none.

    Parameters
    ----------
    fd : int or None
        Pipe to the watchdog; None: nobody watches.
    restarted : bool
        This process takes the place of one that has failed.
    """

    def __init__(self, fd: int | None, *, restarted: bool = False) -> None:
        self._fd = fd
        self.restarted = restarted
        self._deserted = False
        if fd is not None:
            os.set_blocking(fd, False)
            os.set_inheritable(fd, False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Heartbeat:
        """The pipe that a watchdog names in the environment."""
        given = os.environ if environment is None else environment
        named = given.get(VARIABLE, "")
        return cls(int(named) if named.isdigit() else None, restarted=RESTARTED in given)

    @property
    def watched(self) -> bool:
        """Whether this process was started by a watchdog."""
        return self._fd is not None

    @property
    def deserted(self) -> bool:
        """Whether the watchdog has gone: nobody would notice a frozen window."""
        return self._deserted

    def beat(self) -> None:
        """Still here."""
        self._send("beat")

    def session(self, folder: Path) -> None:
        """What is recorded goes here: a restart goes on with it."""
        self._send(f"session {json.dumps(str(folder.absolute()))}")

    def end(self) -> None:
        """Ending in order: what follows is no fault."""
        self._send("end")

    def _send(self, line: str) -> None:
        if self._fd is None:
            return
        try:
            with suppress(BlockingIOError):
                os.write(self._fd, line.encode() + b"\n")
        except OSError:
            self._deserted = True
