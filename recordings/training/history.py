"""What is kept of a trainee: one file each, a line per attempt, only ever added to.

The name of a file is made of a digest of the trainee's name, never of the name itself. The first line says
whose it is. A line that a crash cut off is passed over when the file is read, and the next attempt begins on
a line of its own.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec

from monitor.errors import InputError, OutputError, SourceError
from monitor.small_file import read_small
from monitor.user_folders import user_folder
from recordings.training.attempt import Attempt

SCHEMA = "cementwatch.training/1"
LONGEST_NAME = 60
MOST_TRAINEES = 1000
LARGEST_BYTES = 16 * 1024 * 1024
_SUFFIX = ".jsonl"
_DIGEST = 20


class _Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    schema: str
    trainee: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NAME)]


@dataclass(frozen=True, slots=True)
class History:
    """A trainee's attempts, oldest first; `damaged` lines could not be read and are not among them."""

    trainee: str
    attempts: tuple[Attempt, ...] = ()
    damaged: int = 0

    def of(self, exercise: str) -> tuple[Attempt, ...]:
        """Attempts at one exercise."""
        return tuple(attempt for attempt in self.attempts if attempt.exercise == exercise)


def data_folder(environment: Mapping[str, str] | None = None) -> Path:
    """Where records belong: below ``XDG_DATA_HOME``, else below ``~/.local/share``."""
    return user_folder("data", environment) / "training"


def trainee_name(typed: str) -> str:
    """A trainee's name as it is kept: one line without blanks around it.

    Raises
    ------
    InputError
        Nothing is left of it, or it is too long, or has characters that cannot be shown.
    """
    name = " ".join(unicodedata.normalize("NFC", typed).split())
    if not name:
        raise InputError("the trainee needs a name")
    if len(name) > LONGEST_NAME:
        raise InputError(f"the trainee's name has {len(name)} characters; {LONGEST_NAME} are the most")
    if not name.isprintable():
        raise InputError("the trainee's name has characters that cannot be shown")
    return name


def path_of(folder: Path, trainee: str) -> Path:
    """File of a trainee; capitals make no other one."""
    digest = hashlib.sha256(trainee_name(trainee).casefold().encode()).hexdigest()[:_DIGEST]
    return folder / f"{digest}{_SUFFIX}"


def add_attempt(folder: Path, trainee: str, attempt: Attempt) -> Path:
    """Add a line, on the disk when this returns; the file.

    Raises
    ------
    InputError
        No name for a trainee.
    OutputError
        It cannot be written, or the file is full.
    """
    name, path = trainee_name(trainee), path_of(folder, trainee)
    line = msgspec.json.encode(attempt) + b"\n"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _appending(path) as fd:
            size = os.fstat(fd).st_size
            if size + len(line) > LARGEST_BYTES:
                raise OutputError(f"{path}: full ({LARGEST_BYTES} bytes); move it away to begin another")
            if size == 0:
                line = msgspec.json.encode(_Head(SCHEMA, name)) + b"\n" + line
            elif os.pread(fd, 1, size - 1) != b"\n":
                line = b"\n" + line
            _write_all(fd, line)
            os.fsync(fd)
    except OSError as error:
        raise OutputError(f"{path}: cannot write the history: {error.strerror or error}") from error
    return path


def read_history(folder: Path, trainee: str) -> History:
    """A trainee's attempts; none where there is no file.

    Raises
    ------
    InputError
        No name for a trainee.
    SourceError
        The file is not a history, or somebody else's.
    """
    name, path = trainee_name(trainee), path_of(folder, trainee)
    if not path.exists():
        return History(name)
    return _read(path)


def trainees(folder: Path) -> tuple[History, ...]:
    """Everybody's history, by name. Files that are none are passed over."""
    found = []
    try:
        paths = sorted(folder.glob(f"*{_SUFFIX}"))[:MOST_TRAINEES]
    except OSError:
        return ()
    for path in paths:
        try:
            history = _read(path)
        except SourceError:
            continue
        if path_of(folder, history.trainee) == path:
            found.append(history)
    return tuple(sorted(found, key=lambda history: history.trainee.casefold()))


def _read(path: Path) -> History:
    try:
        lines = read_small(path, LARGEST_BYTES).split(b"\n")
    except OSError as error:
        raise SourceError(f"{path}: cannot read the history: {error.strerror or error}") from error
    try:
        head = msgspec.json.decode(lines[0], type=_Head)
        name = trainee_name(head.trainee)
    except (msgspec.MsgspecError, ValueError, RecursionError, InputError) as error:
        raise SourceError(f"{path}: not a history: {error}") from error
    if head.schema != SCHEMA:
        raise SourceError(f"{path}: schema is {head.schema!r}, this software reads {SCHEMA!r}")
    attempts, damaged = [], 0
    for line in lines[1:]:
        if not line.strip():
            continue
        try:
            attempts.append(msgspec.json.decode(line, type=Attempt))
        except (msgspec.MsgspecError, ValueError, RecursionError):
            damaged += 1
    return History(name, tuple(attempts), damaged)


@contextmanager
def _appending(path: Path) -> Iterator[int]:
    """The file, for one writer at a time."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield fd
    finally:
        os.close(fd)


def _write_all(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]
