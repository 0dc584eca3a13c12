"""What the library remembers of sessions that have not changed, so that a year of them is listed at once.

It lies in the user's cache folder, one file for each library, and can be deleted at any time. It names no
patient, no operator and no file: sessions are known by a hash of where they are, and what names a person is
read from the session itself each time. So nothing is left behind when a session is deleted or de-identified.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from calibration.whole_file import write_whole
from monitor.small_file import read_small
from monitor.user_folders import user_folder
from recordings.library.find import Found
from recordings.library.row import Facts

_VERSION = 2
_MOST_BYTES = 64 * 1024 * 1024
_NOT_COUNTED = ("tags.json", "thumbnail.png")
"""May change without any fact changing."""


class _File(msgspec.Struct, frozen=True):
    version: int
    known: dict[str, tuple[str, Facts]]


def fingerprint(found: Found) -> str:
    """Changes with the size or the time of any file that facts are taken from."""
    counted = [
        (name, *about)
        for name, about in sorted(found.files.items())
        if name not in _NOT_COUNTED and not name.endswith("-shm") and not name.startswith(".")
    ]
    return hashlib.blake2b(repr(counted).encode(), digest_size=16).hexdigest()


def cache_path(root: Path, environment: Mapping[str, str] | None = None) -> Path:
    """The cache of a library."""
    return user_folder("cache", environment) / "library" / f"{_hash(root)}.msgpack"


class FactsCache:
    """Facts by session. Used by one thread at a time.

    Parameters
    ----------
    path : Path or None
        Where it is kept; None: nowhere.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._known: dict[str, tuple[str, Facts]] = {}
        self._asked: set[str] = set()
        self._changed = False
        if path is not None:
            # a cache that cannot be read is one that knows nothing
            with suppress(OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                held = msgspec.msgpack.decode(read_small(path, _MOST_BYTES), type=_File)
                self._known = held.known if held.version == _VERSION else {}

    def get(self, folder: Path, key: str) -> Facts | None:
        """Facts of a session; None where it has changed since, or was never looked into."""
        name = _hash(folder)
        self._asked.add(name)
        held = self._known.get(name)
        return held[1] if held is not None and held[0] == key else None

    def put(self, folder: Path, key: str, facts: Facts) -> None:
        """Remember."""
        self._known[_hash(folder)] = (key, facts)
        self._changed = True

    def save(self, *, all_seen: bool = False) -> None:
        """Write what has changed; a cache that cannot be written is none.

        Parameters
        ----------
        all_seen : bool
            Every session was asked for: what was not is gone, and is forgotten.
        """
        if all_seen and not self._known.keys() <= self._asked:
            self._known = {name: held for name, held in self._known.items() if name in self._asked}
            self._changed = True
        if self._path is None or not self._changed:
            return
        with suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(self._path, msgspec.msgpack.encode(_File(_VERSION, self._known)), flush=False)
            self._changed = False


def _hash(folder: Path) -> str:
    return hashlib.blake2b(os.fsencode(os.path.realpath(folder)), digest_size=16).hexdigest()
