"""The watchdog's hand on the process that shows and sounds its notice."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import suppress


class NoticeProcess:
    """A window kept ready in a process of its own, hidden until there is something to say.

    Starting one only when the monitor has died would take longer than may pass.
    """

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ui.watchdog.notice"],
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    @property
    def alive(self) -> bool:
        """Whether it is there."""
        return self._process.poll() is None

    def show(self, why: str, follows: str) -> None:
        """Show and sound that nothing is monitored, and why."""
        self._send({"why": why, "follows": follows})

    def hide(self) -> None:
        """The monitor shows itself again."""
        self._send({})

    def close(self) -> None:
        """End it."""
        with suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(2.0)
        if self.alive:
            self._process.kill()

    def _send(self, message: dict[str, str]) -> None:
        if self._process.stdin is None:
            return
        with suppress(OSError):
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            self._process.stdin.flush()
