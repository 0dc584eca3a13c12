"""A screen that nobody sees, for real windows."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager


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
