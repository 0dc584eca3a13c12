"""Whether a NIfTI file is all there: ITK fills what is missing with zeros, and says nothing."""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path
from typing import BinaryIO

from monitor.errors import SourceError

_CHUNK = 1 << 22
_FARTHEST = 1e6
_HEAD = 352
_NIFTI_1, _NIFTI_2 = 348, 540
_BITS = {2: 8, 4: 16, 8: 32, 16: 32, 64: 64, 256: 8, 512: 16, 768: 32, 1024: 64, 1280: 64}
"""Bits of a voxel by the header's code of the type; colours and complex numbers are no CT."""


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


def check_head(path: Path) -> None:
    """Raise `SourceError` where a file is no NIfTI file by its header, of which nothing else is read."""
    try:
        with gzip.open(path, "rb") if path.name.lower().endswith(".gz") else path.open("rb") as file:
            _bytes(path, file.read(_HEAD))
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
        size = struct.unpack_from(f"{order}i", head)[0]
        if size == _NIFTI_1:
            dims = struct.unpack_from(f"{order}8h", head, 40)
            kind, bits = struct.unpack_from(f"{order}2h", head, 70)
            offset = struct.unpack_from(f"{order}f", head, 108)[0]
            places = struct.unpack_from(f"{order}8f", head, 76) + struct.unpack_from(f"{order}18f", head, 256)
            if not all(math.isfinite(one) and abs(one) < _FARTHEST for one in places):
                break
        elif size == _NIFTI_2:
            kind, bits = struct.unpack_from(f"{order}2h", head, 12)
            dims = struct.unpack_from(f"{order}8q", head, 16)
            offset = struct.unpack_from(f"{order}q", head, 168)[0]
        else:
            continue
        sizes = dims[1 : dims[0] + 1]
        if 3 <= dims[0] <= 7 and min(sizes) > 0 and _BITS.get(kind) == bits and 0 <= offset < 1e9:
            count = int(bits) // 8
            for one in sizes:
                count *= int(one)
            return int(offset) + count
    raise SourceError(f"{path}: is no NIfTI file of one number in each voxel, with a place for each")
