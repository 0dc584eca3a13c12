"""Keeps DICOM objects as they come: whole and durable under their own name, or not at all.

An object goes, with its file meta information, to a file of its own in ``.incoming`` below the target
folder. Once it is all there it is checked, flushed to the disk, given its name and the folder flushed too;
only then it is kept. A name is given without replacing anything: an instance is there once, whoever comes
first. Each file in ``.incoming`` is locked by whoever writes it, so that what a killed process left is told
from what is being written.
"""

from __future__ import annotations

import errno
import fcntl
import os
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from calibration.whole_file import flush_folder
from monitor.errors import OutputError
from recordings.network.uid import is_uid
from recordings.receiving.files import (
    clean,
    file_meta,
    make_durable,
    named,
    objects_below,
    same_bytes,
)
from recordings.receiving.identity import (
    CANNOT_UNDERSTAND,
    DUPLICATE,
    INVALID_INSTANCE,
    OUT_OF_RESOURCES,
    Announced,
    Identity,
    Refused,
    identify,
)
from recordings.receiving.names import INCOMING, SUFFIX
from recordings.room import Free, free_bytes

_LOOK_EVERY_BYTES = 1 << 24


@dataclass(frozen=True, slots=True)
class Kept:
    """An object that is on the disk.

    Parameters
    ----------
    path : Path
    identity : Identity
    bytes : int
        Size of the file.
    new : bool
        False where the very same object was there already.
    """

    path: Path
    identity: Identity
    bytes: int
    new: bool


Place = Callable[[Identity], PurePosixPath]


def by_series(identity: Identity) -> PurePosixPath:
    """``StudyInstanceUID/SeriesInstanceUID/SOPInstanceUID.dcm``."""
    name = f"{identity.sop_instance_uid}.dcm"
    return PurePosixPath(identity.study_instance_uid, identity.series_instance_uid, name)


def side_by_side(identity: Identity) -> PurePosixPath:
    """``SOPInstanceUID.dcm``."""
    return PurePosixPath(f"{identity.sop_instance_uid}.dcm")


class Keeper:
    """A folder of received objects; may be used by any number of threads, and by several processes.

    Parameters
    ----------
    folder : Path
        Made with its parents where it is not there.
    place : callable
        Where below it an object goes.
    most_bytes : int
        Largest data set that is taken.
    floor_bytes : int
        Nothing is taken that leaves less room than this.
    free : callable
        Gives the space left where a folder lies (bytes); None: it cannot be told.

    Raises
    ------
    OutputError
        The folder cannot be made or written to.
    """

    def __init__(
        self,
        folder: Path,
        place: Place = by_series,
        *,
        most_bytes: int = 8 << 30,
        floor_bytes: int = 500_000_000,
        free: Free = free_bytes,
    ) -> None:
        self.folder, self._place = folder, place
        self.most_bytes, self._floor_bytes, self._free = most_bytes, floor_bytes, free
        self._lock = threading.Lock()
        self._incoming = folder / INCOMING
        try:
            make_durable(folder)
            self._incoming.mkdir(mode=0o700, exist_ok=True)
            if self._incoming.is_symlink():
                raise OutputError(f"{self._incoming}: is a link")
            flush_folder(folder)
            self.cleaned = clean(folder)
            self._where = objects_below(folder)
        except OSError as error:
            raise OutputError(f"{error.filename or folder}: {error.strerror or error}") from error

    def begin(self, announced: Announced) -> Incoming:
        """An object that is about to come. Never raises: what is wrong is told by its `finish`."""
        return Incoming(self, announced)

    def close(self) -> None:
        """Remove the folder for what is coming, where nothing is."""
        with suppress(OSError):
            self._incoming.rmdir()

    def room(self) -> None:
        """Raise `Refused` where there is too little room."""
        free = self._free(self.folder)
        if free is not None and free < self._floor_bytes:
            raise Refused(OUT_OF_RESOURCES, "no room on the disk")

    def temporary(self) -> tuple[int, Path]:
        """A new file for an object, locked. Raises `OSError`."""
        self._incoming.mkdir(mode=0o700, exist_ok=True)  # another process may have tidied up
        fd, name = tempfile.mkstemp(suffix=SUFFIX, dir=self._incoming)
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return fd, Path(name)

    def take(self, temporary: Path, identity: Identity) -> Kept:
        """Give a whole and flushed file its name.

        Raises
        ------
        Refused
            The same instance is there with other content.
        OSError
            It cannot be done.
        """
        size = temporary.stat().st_size
        target = self.folder / self._place(identity)
        uid = identity.sop_instance_uid
        with self._lock:
            before = self._where.get(uid)
            if before is not None and before != target and before.is_file():
                raise Refused(DUPLICATE, "this instance is kept already, as part of another series")
            self._make_folders(target.parent)
            new = named(temporary, target)
            self._where[uid] = target
        if not new and not same_bytes(temporary, target):
            raise Refused(DUPLICATE, "this instance is kept already, with other content or in another syntax")
        flush_folder(target.parent)
        return Kept(target, identity, size, new)

    def _make_folders(self, wanted: Path) -> None:
        """The folders of study and series, flushed into their parents; a link is never followed."""
        made = self.folder
        for part in wanted.relative_to(self.folder).parts:
            made = made / part
            with suppress(FileExistsError):
                made.mkdir(mode=0o700)
                flush_folder(made.parent)
            if made.is_symlink():
                raise OSError(errno.ELOOP, "is a link", str(made))


class Incoming:
    """One object on its way. `write` by one thread, then `finish` or `discard` by any."""

    def __init__(self, keeper: Keeper, announced: Announced) -> None:
        self.announced = announced
        self.bytes = 0
        self._keeper = keeper
        self._lock = threading.Lock()
        self._fd: int | None = None
        self._path: Path | None = None
        self._look_at = 0
        self._failed: Refused | None = None
        self._try(self._begin)

    @property
    def failed(self) -> bool:
        """Whether it is refused already; what still comes is passed over."""
        return self._failed is not None

    def write(self, data: bytes | memoryview) -> None:
        """Take the next piece of the data set. Never raises: what is wrong is told by `finish`."""
        with self._lock:
            self.bytes += len(data)
            if self._fd is not None:
                self._try(lambda: self._write(data))

    def finish(self) -> Kept:
        """Check the object, flush it and give it its name.

        Raises
        ------
        Refused
            It is not kept, and nothing is left of it.
        """
        with self._lock:
            kept: list[Kept] = []
            self._try(lambda: kept.append(self._finish()))
            self._remove()
            if self._failed is not None:
                raise self._failed
            return kept[0]

    def discard(self) -> None:
        """Leave nothing of it; any number of times."""
        with self._lock:
            self._failed = self._failed or Refused(CANNOT_UNDERSTAND, "the object did not come to its end")
            self._remove()

    def _try(self, act: Callable[[], None]) -> None:
        if self._failed is not None:
            return
        try:
            act()
        except Refused as refused:
            self._failed = refused
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
            words = "no room on the disk" if full else f"cannot be written: {error.strerror or 'error'}"
            self._failed = Refused(OUT_OF_RESOURCES, words)
        except Exception as error:  # whatever it is, nothing may be left
            self._failed = Refused(CANNOT_UNDERSTAND, f"internal: {type(error).__name__}")
        if self._failed is not None:
            self._remove()

    def _begin(self) -> None:
        if not is_uid(self.announced.sop_instance_uid) or not is_uid(self.announced.sop_class_uid):
            raise Refused(INVALID_INSTANCE, "the announced SOP class or instance is no UID")
        self._keeper.room()
        self._fd, self._path = self._keeper.temporary()
        self._put(file_meta(self.announced))

    def _write(self, data: bytes | memoryview) -> None:
        if self.bytes > self._keeper.most_bytes:
            raise Refused(OUT_OF_RESOURCES, f"larger than {self._keeper.most_bytes / 1e6:.0f} MB")
        if self.bytes >= self._look_at:
            self._keeper.room()
            if self._look_at and self._fd is not None:
                # begins to write out what has come, so that little is left to flush at the end
                with suppress(OSError):
                    os.posix_fadvise(self._fd, 0, 0, os.POSIX_FADV_DONTNEED)
            self._look_at = self.bytes + _LOOK_EVERY_BYTES
        self._put(data)

    def _put(self, data: bytes | memoryview) -> None:
        left = memoryview(data)
        while left and self._fd is not None:
            left = left[os.write(self._fd, left) :]

    def _finish(self) -> Kept:
        if self._fd is None or self._path is None:
            raise Refused(CANNOT_UNDERSTAND, "the object did not come to its end")
        identity = identify(self._path, self.announced)
        os.fsync(self._fd)
        return self._keeper.take(self._path, identity)

    def _remove(self) -> None:
        if self._path is not None:
            with suppress(OSError):
                self._path.unlink(missing_ok=True)
            self._path = None
        if self._fd is not None:
            with suppress(OSError):
                os.close(self._fd)
            self._fd = None
