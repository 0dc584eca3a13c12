"""Whether a monitor runs on this machine: what can wait then does.

Each run holds a shared lock on a file of the user's runtime directory; it goes with the process, however that
ends. Where there is no such directory nothing is locked, and nothing waits.
"""

from __future__ import annotations

import fcntl
import os
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NAME = "cementwatch-monitoring.lock"
_TRIES, _BETWEEN_S = 40, 0.005


def _runtime_folder() -> Path | None:
    """A folder that is this user's alone; None where there is none."""
    stated = os.environ.get("XDG_RUNTIME_DIR")
    if stated and Path(stated).is_dir():
        return Path(stated)
    folder = Path(tempfile.gettempdir()) / f"cementwatch-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        held = folder.lstat()
    except OSError:
        return None
    own = stat.S_ISDIR(held.st_mode) and held.st_uid == os.getuid() and not held.st_mode & 0o077
    return folder if own else None


def _open() -> int | None:
    folder = _runtime_folder()
    if folder is None:
        return None
    try:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        return os.open(folder / _NAME, flags, 0o600)
    except OSError:
        return None


@contextmanager
def monitoring() -> Iterator[None]:
    """Say that a monitor runs, for as long as this lasts. Never fails, and never waits for long."""
    fd = _open()
    try:
        for _ in range(_TRIES if fd is not None else 0):
            try:
                fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)  # type: ignore[arg-type]  # not None here
                break
            except BlockingIOError:  # someone is just looking
                time.sleep(_BETWEEN_S)
            except OSError:
                break
        yield
    finally:
        if fd is not None:
            os.close(fd)


def monitor_runs() -> bool:
    """Whether a monitor of this user runs; no where that cannot be told."""
    fd = _open()
    if fd is None:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(fd)
    return False
