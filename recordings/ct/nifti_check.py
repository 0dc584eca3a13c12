"""Whether a NIfTI file is all there: ITK fills what is missing with zeros, and says nothing."""

from __future__ import annotations

import gzip
import struct
import zlib
from pathlib import Path
from typing import BinaryIO

from monitor.errors import SourceError

_CHUNK = 1 << 22
_HEAD = 352
_NIFTI_1, _NIFTI_2 = 348, 540


def check_whole(path: Path) -> None:
    """Read through a NIfTI file (``.nii``, ``.nii.gz``), keeping none of it.

    Raises
    ------
    SourceError
        It is none, ends before all its voxels, or its compression is damaged.
    """
    packed = path.name.lower().endswith(".gz")
    try:
        with gzip.open(path, "rb") if packed else path.open("rb") as file:
            head = file.read(_HEAD)
            wanted = _bytes(path, head)
            if not packed:
                if path.stat().st_size < wanted:
                    raise SourceError(f"{path}: ends before all its voxels")
                return
            _read_through(path, file, wanted - len(head))  # type: ignore[arg-type]
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise SourceError(f"{path}: is damaged or cut: {error}") from error
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror or error}") from error


def _read_through(path: Path, file: BinaryIO, left: int) -> None:
    while left > 0:
        got = len(file.read(min(left, _CHUNK)))
        if not got:
            raise SourceError(f"{path}: ends before all its voxels")
        left -= got
    file.read(_CHUNK)  # to its end, where the checksum is


def _bytes(path: Path, head: bytes) -> int:
    """Bytes that a file has to have by its header."""
    for order in "<>":
        if len(head) < _HEAD:
            break
        if struct.unpack_from(f"{order}i", head)[0] == _NIFTI_1:
            dims: tuple[int, ...] = struct.unpack_from(f"{order}8h", head, 40)
            bits, offset = (
                struct.unpack_from(f"{order}h", head, 72)[0],
                struct.unpack_from(f"{order}f", head, 108)[0],
            )
        elif struct.unpack_from(f"{order}i", head)[0] == _NIFTI_2:
            dims = struct.unpack_from(f"{order}8q", head, 16)
            bits, offset = (
                struct.unpack_from(f"{order}h", head, 14)[0],
                struct.unpack_from(f"{order}q", head, 168)[0],
            )
        else:
            continue
        if 1 <= dims[0] <= 7 and bits > 0 and 0 <= offset < 1e9:
            count = int(bits) // 8
            for one in dims[1 : dims[0] + 1]:
                count *= max(int(one), 1)
            return int(offset) + count
    raise SourceError(f"{path}: is no NIfTI file")
