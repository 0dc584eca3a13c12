"""A multi-frame DICOM file, uncompressed, written frame by frame: no more than one of them is in memory."""

from __future__ import annotations

import struct
from pathlib import Path
from types import TracebackType
from typing import Self

from pydicom import dcmwrite
from pydicom.dataset import Dataset

from monitor.errors import OutputError
from monitor.frame import Pixels

LARGEST_BYTES = 2**32 - 2


class MultiFrameFile:
    """A multi-frame file to which frames are added one by one.

    Parameters
    ----------
    path : Path
    header : Dataset
        With file meta information and without pixel data; says how many frames will come.

    Raises
    ------
    OutputError
        The run is too large for one object (4 GiB uncompressed).
    OSError
        It cannot be written.
    """

    def __init__(self, path: Path, header: Dataset) -> None:
        bytes_ = (
            int(header.NumberOfFrames) * int(header.Rows) * int(header.Columns) * int(header.BitsAllocated)
        )
        self._length = bytes_ // 8
        if self._length > LARGEST_BYTES:
            raise OutputError(f"{path}: {header.NumberOfFrames} frames are too many for one DICOM object")
        dcmwrite(path, header, enforce_file_format=True)
        self._wide = int(header.BitsAllocated) > 8
        self._file = path.open("ab")
        representation = b"OW" if self._wide else b"OB"
        padded = self._length + self._length % 2
        self._file.write(struct.pack("<HH2sHI", 0x7FE0, 0x0010, representation, 0, padded))

    def add(self, pixels: Pixels) -> None:
        """Append one frame."""
        self._file.write(pixels.astype("<u2" if self._wide else "u1", copy=False).tobytes())

    def close(self) -> None:
        """Finish the file."""
        if not self._file.closed:
            if self._length % 2:
                self._file.write(b"\0")
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
