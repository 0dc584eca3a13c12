"""Sessions that were opened: each in a process of its own, so that the library stays as it is."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from PyQt6.QtCore import QObject, QTimer

from ui.own_command import OWN_COMMAND

_COMMAND = (*OWN_COMMAND, "replay")
_LOOK_MS = 300
_LARGEST_SAID = 4096


class Opened(QObject):
    """Starts replays, and says where one has failed.

    Parameters
    ----------
    say : callable
        Told one line.
    command : sequence of str
        Of a replay, without the session.
    """

    def __init__(self, say: Callable[[str], None], command: Sequence[str] = _COMMAND) -> None:
        super().__init__()
        self._say, self._command = say, tuple(command)
        self._running: list[tuple[Path, subprocess.Popen[bytes], IO[bytes]]] = []
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.look)

    def open(self, folder: Path) -> None:
        """Open a session in a replay. A failure to start is said."""
        try:
            said = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        except OSError as error:
            self._say(f"{folder}: cannot be opened: {error.strerror}")
            return
        try:
            child = subprocess.Popen(  # noqa: S603 - our own command
                [*self._command, str(folder)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=said, start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            said.close()
            self._say(f"{folder}: cannot be opened: {error.strerror}")
            return
        self._running.append((folder, child, said))
        self._timer.start(_LOOK_MS)

    def look(self) -> None:
        """Take leave of those that have ended; say what one has said that failed."""
        for entry in list(self._running):
            folder, child, said = entry
            status = child.poll()
            if status is None:
                continue
            self._running.remove(entry)
            said.seek(0)
            lines = said.read(_LARGEST_SAID).decode(errors="replace").strip().splitlines()
            said.close()
            if status != 0:
                why = lines[-1].removeprefix("cementwatch: ") if lines else f"exit status {status}"
                self._say(f"{folder.name}: replay has ended: {why}")
        if not self._running:
            self._timer.stop()
