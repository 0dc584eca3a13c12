"""Session folders below a folder, broken ones too: nothing that looks like a session is passed over."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from monitor.errors import InputError
from recordings.session import FRAMES, LOG, RECEIVED, SESSION, SNAPSHOTS

_DEEPEST = 12
_OWN = (SNAPSHOTS, RECEIVED)
_SIGNS = frozenset((SESSION, FRAMES, LOG, "frames.mkv", "timeline.mcap"))


@dataclass(frozen=True, slots=True)
class Found:
    """A folder that holds a session, or looks like one.

    Parameters
    ----------
    folder : Path
    files : dict of str to (int, int)
        Its files by name: size (bytes) and time of the last change (ns).
    problem : str or None
        Why it could not be looked into.
    """

    folder: Path
    files: dict[str, tuple[int, int]]
    problem: str | None = None

    @property
    def size_bytes(self) -> int:
        """Of all its files, those in folders below not counted."""
        return sum(size for size, _ in self.files.values())

    @property
    def changed_ns(self) -> int:
        """When a file of it was last changed (ns since 1970); 0 without one."""
        return max((changed for _, changed in self.files.values()), default=0)


def find_sessions(root: Path) -> Iterator[Found]:
    """Every session below a folder, itself included, by name. Links to folders are not followed.

    Raises
    ------
    InputError
        The folder cannot be read.
    """
    if not root.is_dir():
        raise InputError(f"{root}: no such folder")
    first = _look(root)
    if first[0].problem is not None:
        raise InputError(f"{root}: {first[0].problem}")
    waiting = [(first, 0)]
    while waiting:
        (found, below), depth = waiting.pop()
        if found.problem is not None or not _SIGNS.isdisjoint(found.files):
            yield found
        if depth < _DEEPEST:
            deeper = [path for path in below if not path.name.startswith(".") and path.name not in _OWN]
            waiting += [(_look(path), depth + 1) for path in sorted(deeper, reverse=True)]


def look_at(folder: Path) -> Found:
    """One folder."""
    return _look(folder)[0]


def _look(folder: Path) -> tuple[Found, list[Path]]:
    files: dict[str, tuple[int, int]] = {}
    below: list[Path] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    below.append(folder / entry.name)
                elif entry.is_file(follow_symlinks=False):
                    about = entry.stat(follow_symlinks=False)
                    files[entry.name] = (about.st_size, about.st_mtime_ns)
    except OSError as error:
        return Found(folder, {}, f"cannot be looked into: {error.strerror}"), []
    return Found(folder, files), below
