"""The files of a queue: each is there whole, flushed to the disk, or not at all.

A file is copied under a hidden name, flushed, renamed and its folder flushed; only then may a row of the
queue name it. A file that no row names is what a kill has left.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from pydicom import dcmread
from pydicom.uid import UID

from calibration.whole_file import flush_folder
from monitor.errors import InputError, OutputError
from recordings.sending.entry import Spooled

_PART_BYTES = 1 << 20
_SUFFIX = ".dcm"
_NEW = ".new-"
_UIDS = ("SOPClassUID", "SOPInstanceUID")


class Spool:
    """A folder of DICOM files, named by nothing that is in them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, name: str) -> Path:
        """Where the object of that name lies."""
        return self.folder / f"{name}{_SUFFIX}"

    def take(self, path: Path, step: Callable[[], None] = lambda: None) -> Spooled:
        """Copy a DICOM file into the spool; `step` is called before each part of it.

        Raises
        ------
        InputError
            It cannot be read, or is no DICOM file that could be sent.
        OutputError
            There is no room, or the spool cannot be written. Nothing is left of the file.
        """
        sop_class, sop_instance, syntax = _identity(path)
        name = self._free_name()
        new = self.folder / f"{_NEW}{name}"
        try:
            source = path.open("rb")
        except OSError as error:
            raise InputError(f"{path}: cannot be read: {error.strerror}") from error
        with source:
            try:
                size_bytes, sha256 = _copy(source.read, new, path, step)
                new.rename(self.path(name))
                flush_folder(self.folder)
            except OSError as error:
                self.remove([name])
                raise OutputError(
                    f"{self.folder}: cannot queue {path}: {error.strerror or error}; nothing was queued"
                ) from error
            finally:
                with suppress(OSError):
                    new.unlink(missing_ok=True)
        return Spooled(name, sop_class, sop_instance, syntax, size_bytes, sha256)

    def _free_name(self) -> str:
        while True:
            name = secrets.token_hex(4)
            if not self.path(name).exists():
                return name

    def remove(self, names: Iterable[str]) -> None:
        """Remove files; one that cannot be removed is left to `tidy`."""
        for name in names:
            with suppress(OSError):
                self.path(name).unlink(missing_ok=True)

    def tidy(self, named: Iterable[str]) -> None:
        """Remove what no row of the queue names; nobody may be adding meanwhile."""
        kept = {self.path(name).name for name in named}
        with suppress(OSError):
            for path in self.folder.iterdir():
                ours = path.name.startswith(_NEW) or path.suffix == _SUFFIX
                if ours and path.name not in kept:
                    path.unlink(missing_ok=True)

    def problem(self, spooled: Spooled) -> str | None:
        """What is wrong with a file that was queued; None where it is as it was then."""
        path = self.path(spooled.name)
        sha = hashlib.sha256()
        try:
            with path.open("rb") as file:
                while part := file.read(_PART_BYTES):
                    sha.update(part)
        except FileNotFoundError:
            return "its file is gone from the queue's folder"
        except OSError as error:
            return f"its file cannot be read: {error.strerror}"
        return None if sha.hexdigest() == spooled.sha256 else "its file has changed since it was queued"


def _copy(read: Callable[[int], bytes], new: Path, source: Path, step: Callable[[], None]) -> tuple[int, str]:
    """Copy to a new file and flush it: its size and checksum. Raises `OSError`, `InputError`."""
    sha, size_bytes = hashlib.sha256(), 0
    fd = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(fd, "wb") as out:
        while True:
            step()
            try:
                part = read(_PART_BYTES)
            except OSError as error:
                raise InputError(f"{source}: cannot be read: {error.strerror}") from error
            if not part:
                break
            sha.update(part)
            size_bytes += len(part)
            out.write(part)
        out.flush()
        os.fsync(out.fileno())
    return size_bytes, sha.hexdigest()


def _identity(path: Path) -> tuple[str, str, str]:
    """SOP class, SOP instance and transfer syntax of a DICOM file. Raises `InputError`."""
    if not path.is_file():
        raise InputError(f"{path}: {'not a file' if path.exists() else 'no such file'}")
    try:
        ds = dcmread(path, specific_tags=list(_UIDS), stop_before_pixels=True)
        meta = ds.file_meta
        syntax = str(meta.TransferSyntaxUID)
        stated = tuple(str(meta.get(f"MediaStorage{keyword}", "")) for keyword in _UIDS)
        held = tuple(str(ds.get(keyword, "")) for keyword in _UIDS)
    except Exception as error:  # whatever a reader of broken files may raise; its words may quote the file
        raise InputError(f"{path}: no DICOM file, or one that is damaged") from error
    if stated != held:
        raise InputError(f"{path}: its file meta information names another object than its data set")
    for uid in (*held, syntax):
        if not UID(uid).is_valid or not uid:
            raise InputError(f"{path}: no valid UID of SOP class, SOP instance and transfer syntax in it")
    return held[0], held[1], syntax
