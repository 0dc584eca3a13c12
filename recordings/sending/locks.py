"""Who may do what with a queue at a time. Locks go with their process, however that ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SENDING, ADDING = "sending.lock", "adding.lock"


@contextmanager
def held(path: Path, *, shared: bool = False, wait: bool = False) -> Iterator[bool]:
    """Hold a lock on a file; yields whether it could be had.

    Parameters
    ----------
    path : Path
        Made where it is not there.
    shared : bool
        Together with others that share it.
    wait : bool
        For as long as it takes; else it is given up at once.

    Raises
    ------
    OSError
        The file cannot be opened.
    """
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        try:
            fcntl.flock(fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        yield True
    finally:
        os.close(fd)
