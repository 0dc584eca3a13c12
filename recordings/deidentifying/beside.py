"""The folder in which is made what nobody may see before it is checked: gone afterwards, whatever happens."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from monitor.errors import OutputError

_MARK = ".deidentifying-"


@contextmanager
def beside(out: Path) -> Iterator[Path]:
    """A folder beside the one that is asked for, gone afterwards with all that is left in it.

    An end that is asked for (SIGTERM) is one as by Ctrl+C meanwhile. What a run before left that was killed
    is removed: it is locked as long as somebody writes in it.

    Raises
    ------
    OutputError
        It cannot be made, or written to.
    KeyboardInterrupt
        An end was asked for.
    """
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        _remove_left(out)
        folder = Path(tempfile.mkdtemp(prefix=_prefix(out), dir=out.parent))
    except OSError as error:
        raise OutputError(f"{out}: cannot be written: {error.strerror or error}") from error
    held = -1
    try:
        with _ended_in_order():
            held = _locked(folder)
            yield folder
    except OSError as error:
        raise OutputError(f"{out}: cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if held >= 0:
            os.close(held)


def _prefix(out: Path) -> str:
    return f".{out.name}{_MARK}"


def _remove_left(out: Path) -> None:
    for path in out.parent.iterdir():
        if path.name.startswith(_prefix(out)) and path.is_dir() and not path.is_symlink():
            with suppress(OSError):
                held = _locked(path)
                try:
                    shutil.rmtree(path, ignore_errors=True)
                finally:
                    os.close(held)


def _locked(folder: Path) -> int:
    """Lock a folder until what is returned is closed, or the process ends. Raises `OSError` where it is."""
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(held)
        raise
    return held


@contextmanager
def _ended_in_order() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, at: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
