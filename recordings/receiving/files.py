"""Files on their way into a folder of objects: what a killed process left, and names that replace nothing."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_file_meta_info
from pydicom.uid import UID
from pynetdicom.dsutils import create_file_meta

from calibration.whole_file import flush_folder
from recordings.network.uid import is_uid
from recordings.receiving.identity import Announced
from recordings.receiving.names import INCOMING, SUFFIX

_PART_BYTES = 1 << 20
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK)


def clean(folder: Path) -> int:
    """Remove what killed processes left in a folder of received objects; how many files.

    Raises
    ------
    OSError
        A file cannot be removed.
    """
    removed = 0
    incoming = folder / INCOMING
    if incoming.is_symlink() or not incoming.is_dir():
        return 0
    for path in incoming.iterdir():
        if path.suffix != SUFFIX or path.is_symlink() or not path.is_file():
            continue
        try:
            fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError:
            continue
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue  # somebody writes it
        else:
            path.unlink(missing_ok=True)
            removed += 1
        finally:
            os.close(fd)
    return removed


def objects_below(folder: Path) -> dict[str, Path]:
    """Where each instance is, by the names of the files, up to two folders down."""
    found: dict[str, Path] = {}
    for pattern in ("*.dcm", "*/*.dcm", "*/*/*.dcm"):
        for path in folder.glob(pattern):
            if is_uid(path.stem):
                found[path.stem] = path
    return found


def file_meta(announced: Announced) -> bytes:
    """Preamble and file meta information; the same for the same announcement, so that files compare."""
    buffer = DicomBytesIO()
    buffer.write(b"\0" * 128 + b"DICM")
    write_file_meta_info(
        buffer,
        create_file_meta(
            sop_class_uid=UID(announced.sop_class_uid),
            sop_instance_uid=UID(announced.sop_instance_uid),
            transfer_syntax=UID(announced.transfer_syntax_uid),
        ),
    )
    return bytes(buffer.getvalue())


def named(temporary: Path, target: Path) -> bool:
    """Give a file its name; False where there is one of that name. Raises `OSError`."""
    try:
        os.link(temporary, target, follow_symlinks=False)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # a file system without links: another process could come between
        if target.exists() or target.is_symlink():
            return False
        temporary.rename(target)
    return True


def same_bytes(one: Path, other: Path) -> bool:
    """Whether two files hold the same bytes."""
    if other.is_symlink() or one.stat().st_size != other.stat().st_size:
        return False
    with one.open("rb") as first, other.open("rb") as second:
        while part := first.read(_PART_BYTES):
            if part != second.read(_PART_BYTES):
                return False
    return True


def make_durable(folder: Path) -> None:
    """Make a folder with its parents where it is not there, and their names durable. Raises `OSError`."""
    whole = folder.absolute()
    made = [one for one in (whole, *whole.parents) if not one.exists()]
    for one in reversed(made):
        one.mkdir(mode=0o700, exist_ok=True)
        flush_folder(one.parent)
    folder.mkdir(mode=0o700, exist_ok=True)  # whatever else is there is told by its error
    flush_folder(whole.parent)
