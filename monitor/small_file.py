"""Files that are read whole: never more of them than such a file may hold, whatever its name leads to."""

from __future__ import annotations

import os
import stat
from pathlib import Path


class TooLargeError(OSError):
    """More bytes than a file of this kind may have."""


def read_small(path: Path, most_bytes: int) -> bytes:
    """Contents of a regular file.

    A pipe or a device, which may never end or never answer, is refused before it is read.

    Raises
    ------
    TooLargeError
        More than `most_bytes`; no more than that is read.
    OSError
        It cannot be read, or is no regular file.
    """
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(fd, "rb") as file:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise OSError(0, "not a regular file", str(path))
        data = file.read(most_bytes + 1)
    if len(data) > most_bytes:
        raise TooLargeError(0, f"too large (more than {most_bytes} bytes)", str(path))
    return data
