"""Deletes a session: the files that a session has, and nothing else."""

from __future__ import annotations

from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

from monitor.errors import CementWatchError, InputError, OutputError
from recordings.archive import held_alone
from recordings.library.cache import FactsCache
from recordings.library.find import Found, look_at
from recordings.library.index import row_of
from recordings.library.tags import FILE as TAGS
from recordings.library.thumbnail import FILE as THUMBNAIL
from recordings.receiving.names import INCOMING, SUFFIX
from recordings.session import FRAMES, RECEIVED, SESSION, SNAPSHOTS, is_session, open_session, own_files


@dataclass(frozen=True, slots=True)
class Deleted:
    """What came of it.

    Parameters
    ----------
    freed_bytes : int
    left : tuple of str
        What was in the folder and is no session's: it stays, and the folder with it.
    """

    freed_bytes: int
    left: tuple[str, ...]


def delete_session(folder: Path, *, now_ns: int | None = None) -> Deleted:
    """Delete the files of a session, ``session.json`` last, and the folder where it is empty then.

    What is stopped half-way is still a session and can be deleted again. A session in a folder below, as
    that of a second plane, is one of its own and stays.

    Raises
    ------
    InputError
        It is no session, a link to one, or one that is being recorded or archived now. Nothing is deleted.
    OutputError
        A file cannot be deleted.
    """
    if folder.is_symlink() or not is_session(folder):
        raise InputError(f"{folder}: no session; nothing is deleted")
    found = look_at(folder)
    row = row_of(found, folder, FactsCache(None), now_ns)
    if row.state == "recording now":
        raise InputError(f"{folder}: is being recorded now; nothing is deleted")
    # while the source is away nothing is written for long: whoever records holds the file all the same
    recording = folder / FRAMES
    with held_alone(recording) if recording.is_file() else nullcontext():
        return _delete(folder, found)


def _delete(folder: Path, found: Found) -> Deleted:
    names = {TAGS, THUMBNAIL, *own_files(folder)}
    with suppress(CementWatchError):  # of a broken one what every session has
        names |= {name for name in open_session(folder).about.files.values() if name and _is_plain(name)}
    names |= {f".{name}.new" for name in (*names, SESSION)}
    freed = sum(size for name, (size, _) in found.files.items() if name in names or name == SESSION)
    try:
        freed += _delete_files(folder / SNAPSHOTS, ".png")
        freed += _delete_files(folder / RECEIVED / INCOMING, SUFFIX)
        freed += _delete_files(folder / RECEIVED, ".dcm")
        for name in sorted(names - {SESSION}):
            (folder / name).unlink(missing_ok=True)
        (folder / SESSION).unlink(missing_ok=True)
        left = tuple(sorted(path.name for path in folder.iterdir()))
        if not left:
            folder.rmdir()
    except OSError as error:
        raise OutputError(f"{error.filename or folder}: cannot be deleted: {error.strerror}") from error
    return Deleted(freed, left)


def _is_plain(name: str) -> bool:
    """Whether it names a file of the folder itself: the session's file may say anything."""
    return Path(name).name == name and name not in (".", "..")


def _delete_files(folder: Path, suffix: str) -> int:
    """Pictures of marked moments, or objects that were received; how many bytes they took."""
    if folder.is_symlink() or not folder.is_dir():
        return 0
    freed = 0
    for path in sorted(folder.iterdir()):
        if path.suffix == suffix and path.is_file() and not path.is_symlink():
            freed += path.stat().st_size
            path.unlink()
    with suppress(OSError):  # something else is in it
        folder.rmdir()
    return freed
