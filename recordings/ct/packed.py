"""Deflated DICOM objects: how much they unpack to is looked at before they are unpacked."""

from __future__ import annotations

import zlib
from pathlib import Path

from pydicom.dataset import FileMetaDataset
from pydicom.filereader import read_file_meta_info
from pydicom.uid import DeflatedExplicitVRLittleEndian

from monitor.errors import SourceError

MOST_BYTES = 1 << 29
"""More than this no CT object is deflated from."""
_CHUNK = 1 << 20
_PREAMBLE = 132
_GROUP_LENGTH_BYTES = 12


def meta_of(path: Path) -> FileMetaDataset | None:
    """What a file says of itself before its data set; None: it is no DICOM file, or damaged there.

    Raises `SourceError` where it is deflated from more than `MOST_BYTES`; `OSError`.
    """
    with path.open("rb") as file:
        if file.read(_PREAMBLE)[128:] != b"DICM":
            return None
    try:
        meta = read_file_meta_info(path)
        if meta.get("TransferSyntaxUID") == DeflatedExplicitVRLittleEndian:
            _check(path, _PREAMBLE + _GROUP_LENGTH_BYTES + int(meta.FileMetaInformationGroupLength))
    except (OSError, SourceError):
        raise
    except Exception:  # whatever pydicom raises on what it cannot read
        return None
    return meta


def _check(path: Path, start: int) -> None:
    unpacked = 0
    unpack = zlib.decompressobj(-zlib.MAX_WBITS)
    with path.open("rb") as file:
        file.seek(start)
        rest = file.read(_CHUNK)
        while rest and not unpack.eof:
            try:
                unpacked += len(unpack.decompress(rest, _CHUNK))
            except zlib.error:
                return  # which pydicom will say
            if unpacked > MOST_BYTES:
                raise SourceError(f"{path}: unpacks to more than {MOST_BYTES >> 20} MB")
            rest = unpack.unconsumed_tail or file.read(_CHUNK)
