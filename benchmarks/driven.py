"""A screen that nobody sees, for real windows, and a mouse and keys that are not ours."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_TRIES = 20


@contextmanager
def display(size: str = "1280x720") -> Iterator[str]:
    """An X server with one screen of a size; its name."""
    out, into = os.pipe()
    screen = subprocess.Popen(
        ["Xvfb", "-displayfd", str(into), "-screen", "0", f"{size}x24", "-nolisten", "tcp"],
        pass_fds=[into],
        stderr=subprocess.DEVNULL,
    )
    os.close(into)
    try:
        with os.fdopen(out) as named:
            yield f":{named.readline().strip()}"
    finally:
        screen.terminate()
        screen.wait(20)


class Driver:
    """Moves the mouse and presses keys of a window under X, and counts."""

    def __init__(self, screen: str, title: str) -> None:
        self._seen = {**os.environ, "DISPLAY": screen}
        self._window = self._search(title)
        self._tell("windowfocus", "--sync", self._window)  # there is no window manager that would
        self.clicks = self.keys = 0

    def click(self, x: float, y: float) -> None:
        """Click at a place of the window (px)."""
        self._tell("mousemove", "--window", self._window, str(round(x)), str(round(y)), "click", "1")
        self.clicks += 1

    def key(self, name: str, *, counts: bool = True) -> None:
        """Press a key by its name under X."""
        self._tell("key", "--delay", "40", name)
        self.keys += counts

    def hold(self, name: str) -> None:
        """Press a key and keep it down, as a foot does a pedal."""
        self._tell("keydown", name)
        self.keys += 1

    def let_go(self, name: str) -> None:
        """Let a key go that is held."""
        self._tell("keyup", name)

    def type(self, text: str) -> None:
        """Type words; each letter is a key."""
        self._tell("type", "--delay", "25", text)
        self.keys += len(text)

    def wait_for_title(self, title: str) -> None:
        """Wait until the window is called otherwise."""
        self._search(title)

    def size(self) -> tuple[int, int]:
        """Width and height (px)."""
        told = self._tell("getwindowgeometry", "--shell", self._window)
        about = dict(line.split("=") for line in told.split())
        return int(about["WIDTH"]), int(about["HEIGHT"])

    def _search(self, title: str) -> str:
        """Number of a window, once there is one; xdotool gives up where another closes while it looks."""
        for _ in range(_TRIES - 1):
            with suppress(subprocess.CalledProcessError, IndexError):
                return self._tell("search", "--sync", "--onlyvisible", "--name", title).split()[0]
        return self._tell("search", "--sync", "--onlyvisible", "--name", title).split()[0]

    def _tell(self, *words: str) -> str:
        done = subprocess.run(
            ["xdotool", *words], env=self._seen, capture_output=True, text=True, check=True, timeout=60
        )
        return done.stdout
