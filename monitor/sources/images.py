"""Frames from a folder of still images."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from math import isfinite
from pathlib import Path

import cv2
import numpy as np

from monitor.errors import SourceError
from monitor.frame import Intensity, PixelIntensityRelationship, Pixels, SourceInfo, freeze_pixels
from monitor.sources.gray import gray_of
from monitor.sources.opencv import silence_opencv
from monitor.sources.sequence import Pictures, SequenceSource, check_size

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".pgm", ".jp2"})


class ImagesSource(SequenceSource):
    """The images of a folder in natural order (``IM2`` before ``IM10``), or one image file.

    8 and 16 bit; colour becomes BT.601 luma. Such files carry no times: `t_source_ns` and
    `frame_period_s` are None unless a rate is given. How the numbers relate to X-ray intensity is not
    known: `DISP`. Hidden files and files of other kinds are passed over.

    Parameters
    ----------
    path : str or Path
        Folder, or one image file.
    frame_rate_hz : float or None
        Rate at which the images were taken, where known.
    clock_ns : callable
        Monotonic clock that stamps frames (ns).

    Raises
    ------
    SourceError
        `frame_rate_hz` is not a positive number.
    """

    def __init__(
        self,
        path: str | Path,
        frame_rate_hz: float | None = None,
        *,
        clock_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        super().__init__(str(path), clock_ns=clock_ns)
        if frame_rate_hz is not None and not (isfinite(frame_rate_hz) and frame_rate_hz > 0):
            raise SourceError(f"{path}: the frame rate must be above 0, not {frame_rate_hz}")
        self._path = Path(path)
        self._rate_hz = frame_rate_hz

    def _start(self) -> tuple[SourceInfo, Pictures]:
        silence_opencv()
        files = image_files(self._path) if self._path.is_dir() else [self._path]
        if not files:
            raise SourceError(f"{self._source_id}: no images in this folder")
        first, bits = read_gray(files[0])
        info = SourceInfo(
            source_id=self._source_id,
            kind="images",
            rows=first.shape[0],
            columns=first.shape[1],
            intensity=Intensity(PixelIntensityRelationship.DISP, bits),
            frame_period_s=None if self._rate_hz is None else 1 / self._rate_hz,
            frame_count=len(files),
        )
        return info, self._pictures_of(files, first)

    def _pictures_of(self, files: list[Path], first: Pixels) -> Pictures:
        yield first, self._time_ns(0)
        for index, file in enumerate(files[1:], start=1):
            pixels, _ = read_gray(file)
            if pixels.shape != first.shape or pixels.dtype != first.dtype:
                raise SourceError(
                    f"{file}: {_form(pixels)}, but the first image ({files[0].name}) is {_form(first)}"
                )
            yield pixels, self._time_ns(index)

    def _time_ns(self, index: int) -> int | None:
        return None if self._rate_hz is None else round(index * 1e9 / self._rate_hz)


def natural_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """Return a sort key that puts ``IM2`` before ``IM10``."""
    parts = re.findall(r"[0-9]+|[^0-9]+", name.casefold())
    return tuple((0, int(part), "") if part[0] in "0123456789" else (1, 0, part) for part in parts)


def image_files(folder: Path) -> list[Path]:
    """Return the image files of a folder in natural order, without hidden ones.

    Raises
    ------
    SourceError
        The folder cannot be read.
    """
    try:
        found = [
            path
            for path in folder.iterdir()
            if path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and path.is_file()
        ]
    except OSError as error:
        raise SourceError(f"{folder}: cannot be read ({error.strerror})") from error
    return sorted(found, key=lambda path: (natural_key(path.name), path.name))


def read_gray(file: Path) -> tuple[Pixels, int]:
    """Decode one image.

    Returns
    -------
    pixels : ndarray, shape (rows, columns), uint8 or uint16
        Read-only.
    bits_stored : int
        8 or 16, or what the maximum value of a PGM says.

    Raises
    ------
    SourceError
        The file is missing, cut, not an image, has several pages or samples that are not 8 or 16 bit.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise SourceError(f"{file}: cannot be read ({error.strerror})") from error
    if not _is_whole(data):
        raise SourceError(f"{file}: not a whole image file")
    buffer = np.frombuffer(data, np.uint8)
    try:
        if data[:4] in (b"II*\0", b"MM\0*"):
            done, pages = cv2.imdecodemulti(buffer, cv2.IMREAD_UNCHANGED)
            if done and len(pages) > 1:
                raise SourceError(f"{file}: holds {len(pages)} pages; one image per file is read")
        image = cv2.imdecode(buffer, cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        raise SourceError(f"{file}: cannot be decoded") from error
    if image is None:
        raise SourceError(f"{file}: cannot be decoded")
    if image.dtype not in (np.uint8, np.uint16):
        raise SourceError(f"{file}: samples are {image.dtype}, not 8 or 16 bit")
    check_size(str(file), image.shape[0], image.shape[1])
    return freeze_pixels(gray_of(image, order="BGR"), copy=True), _bits(data, image.dtype.itemsize)


def _is_whole(data: bytes) -> bool:
    """Whether the end that the format prescribes is there; decoders fill what is missing with gray."""
    if data.startswith(b"\x89PNG"):
        return b"IEND" in data[-64:]
    if data.startswith(b"\xff\xd8"):
        return b"\xff\xd9" in data[-4096:]
    if data.startswith(b"BM"):
        return len(data) >= int.from_bytes(data[2:6], "little")
    header = _pgm(data)
    if header is not None:
        columns, rows, largest, offset = header
        return len(data) - offset >= columns * rows * (1 if largest < 256 else 2)
    return bool(data)


def _pgm(data: bytes) -> tuple[int, int, int, int] | None:
    """Return width, height, maximum value and offset of the samples of a binary PGM."""
    gap = rb"(?:\s+|#[^\n]*\n)+"
    number = rb"([0-9]{1,9})"
    found = re.match(rb"P5" + gap + number + gap + number + gap + number + rb"\s", data[:4096])
    return None if found is None else (int(found[1]), int(found[2]), int(found[3]), found.end())


def _bits(data: bytes, item_bytes: int) -> int:
    header = _pgm(data)
    return 8 * item_bytes if header is None else max(header[2].bit_length(), 8 if item_bytes == 1 else 9)


def _form(pixels: Pixels) -> str:
    return f"{pixels.shape[1]} x {pixels.shape[0]} {8 * pixels.dtype.itemsize} bit"
