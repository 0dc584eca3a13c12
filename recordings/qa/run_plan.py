"""What there is to be measured: sessions in folders, each once by its id, and what cannot be one."""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from monitor.errors import CementWatchError, InputError
from recordings.library.cache import fingerprint
from recordings.library.find import Found, find_sessions
from recordings.library.index import is_recording
from recordings.qa.record import Failed
from recordings.session import RECEIVED, SESSION, open_session

_LEAST_S, _S_PER_MB = 300.0, 2.0
_MOST_RECEIVED = 100_000
_NAME = re.compile(r"[0-9A-Za-z][\w-]{0,79}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Work:
    """A session that is to be measured.

    Parameters
    ----------
    session_id : str
    folder : Path
        Absolute.
    content : str
        Changes with the size or the time of any of its files.
    limit_s : float
        Who has not measured it after so long does not come to an end: fifty times what it takes.
    """

    session_id: str
    folder: Path
    content: str
    limit_s: float


@dataclass(frozen=True, slots=True)
class Sessions:
    """What was found.

    Parameters
    ----------
    work : tuple of Work
    failed : tuple of Failed
        What looks like a session and cannot be opened.
    told : tuple of str
        What was passed over, and why: copies, and what is being recorded.
    """

    work: tuple[Work, ...]
    failed: tuple[Failed, ...]
    told: tuple[str, ...]

    @property
    def count(self) -> int:
        """Sessions, broken ones too."""
        return len(self.work) + len(self.failed)


def sessions_in(sources: Sequence[Path], *, apart_from: Path, now_ns: int | None = None) -> Sessions:
    """Find the sessions in folders; a folder that is named twice, or by a link, counts once.

    Parameters
    ----------
    sources : sequence of Path
        Sessions, or folders with sessions.
    apart_from : Path
        Nothing within it is looked at.
    now_ns : int or None
        Since 1970 (ns); None: the clock.

    Raises
    ------
    InputError
        A folder cannot be read, or holds no session.
    """
    now_ns = time.time_ns() if now_ns is None else now_ns
    out = apart_from.resolve()
    work: dict[str, Work] = {}
    failed: list[Failed] = []
    told: list[str] = []
    seen: set[Path] = set()
    for source in sources:
        some = False
        for found in find_sessions(Path(os.path.abspath(source))):  # noqa: PTH100  links stay as named
            place = found.folder.resolve()
            if place.is_relative_to(out):
                continue
            some = True
            if place in seen:
                continue
            seen.add(place)
            _take(found, now_ns, work, failed, told)
        if not some:
            raise InputError(f"{source}: holds no session")
    return Sessions(tuple(work.values()), tuple(failed), tuple(told))


def _take(found: Found, now_ns: int, work: dict[str, Work], failed: list[Failed], told: list[str]) -> None:
    folder = str(found.folder)
    if not _is_text(folder):  # it is sent and written as text
        folder = folder.encode("utf-8", "backslashreplace").decode()
        failed.append(Failed(folder=folder, why="its path is no UTF-8 text: rename the folder"))
        return
    if found.problem is not None:
        failed.append(Failed(folder=folder, why=found.problem))
        return
    if SESSION not in found.files:
        failed.append(Failed(folder=folder, why=f"{SESSION} is missing"))
        return
    try:
        session = open_session(found.folder)
    except CementWatchError as error:
        failed.append(Failed(folder=folder, why=without_folder(str(error), folder)))
        return
    if not _NAME.fullmatch(session.about.id):  # it becomes the name of a folder
        failed.append(Failed(folder=folder, why=f"{SESSION}: its id is none that this software gives"))
        return
    known = work.get(session.about.id)
    if known is not None:
        told.append(f"{folder}: the same session as {known.folder}: counted once")
    elif is_recording(session, found, now_ns):
        told.append(f"{folder}: is being recorded now: left out")
    else:
        limit_s = _LEAST_S + _S_PER_MB * found.size_bytes / 1e6
        work[session.about.id] = Work(session.about.id, found.folder, content_of(found), limit_s)


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def content_of(found: Found) -> str:
    """The fingerprint of all files that a record is made from, those that were received included."""
    # SQLite leaves an empty one behind where a log was only read
    files = {name: about for name, about in found.files.items() if about[0] or not name.endswith("-wal")}
    received = hashlib.blake2b(digest_size=8)
    below = found.folder / RECEIVED
    if below.is_dir():
        for number, path in enumerate(sorted(below.rglob("*"))):
            if number >= _MOST_RECEIVED:
                break
            about = path.lstat()
            received.update(repr((path.relative_to(below), about.st_size, about.st_mtime_ns)).encode())
    return f"{fingerprint(replace(found, files=files))}-{received.hexdigest()}"


def without_folder(why: str, folder: str) -> str:
    """A message without the folder that is named before it anyway."""
    return why.replace(f"{folder}/", "").removeprefix(f"{folder}: ")
