"""Pixel data of a DICOM image written anew, one frame at a time, with regions blanked."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import UID, ExplicitVRLittleEndian, RLELossless

from monitor.errors import SourceError
from monitor.frame import Pixels
from monitor.sources.dicom_file import DicomImage, brief_reason
from monitor.sources.dicom_frames import LOSSY, coded_frames, decoded, stored_values
from monitor.sources.dicom_header import intensity_of
from recordings.deidentifying.code_streams import holds_words
from recordings.importing.regions import Region, black_value, blanked_pixels

_UNDEFINED = 0xFFFFFFFF
_LARGEST_VALUE_BYTES = 0xFFFFFFFE
_ITEM, _DELIMITER = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0\0\0\0\0"


def form_of(image: DicomImage, regions: Sequence[Region], *, decode: bool) -> UID:
    """The transfer syntax that an image is written in.

    What is compressed stays as it is where nothing is blanked; all else is native, explicit little endian.
    """
    if image.syntax.is_encapsulated and not (regions or decode):
        return image.syntax
    return ExplicitVRLittleEndian


def words_beside(image: DicomImage) -> bool:
    """Whether compressed frames may hold words beside the picture, as in comments. Raises `SourceError`.

    Where a frame ends in RLE only decoding tells: it may.
    """
    if not image.syntax.is_encapsulated:
        return False
    return image.syntax == RLELossless or any(map(holds_words, _coded(image)))


def describe_form(dataset: Dataset, image: DicomImage, syntax: UID) -> None:
    """Let a data set say how the pixels are stored now, and that they were compressed with loss."""
    for keyword in ("ExtendedOffsetTable", "ExtendedOffsetTableLengths"):
        if keyword in dataset:
            del dataset[keyword]
    if image.syntax in LOSSY and not dataset.get("LossyImageCompression"):
        dataset.LossyImageCompression = "01"
    if syntax.is_encapsulated:
        return
    if image.samples == 1:
        dataset.HighBit = image.bits_stored - 1
    elif _is_decoded(image, ()):
        dataset.PhotometricInterpretation, dataset.PlanarConfiguration = "RGB", 0


def _is_decoded(image: DicomImage, regions: Sequence[Region]) -> bool:
    """Whether colour goes through the decoder: native samples in little endian stay as they lie."""
    return bool(regions) or image.syntax.is_encapsulated or not image.syntax.is_little_endian


def write_pixels(out: BinaryIO, image: DicomImage, regions: Sequence[Region], syntax: UID) -> None:
    """Write the element with the pixel data.

    Parameters
    ----------
    out : file
        Stands behind the last element before (7FE0,0010).
    regions : sequence of Region
        Blanked; only with a native `syntax`.

    Raises
    ------
    SourceError
        A frame cannot be decoded, or the native pixels are more than one element can hold (4 GiB).
    """
    kind = b"OB" if syntax.is_encapsulated or image.bits_allocated == 8 else b"OW"
    if syntax.is_encapsulated:
        out.write(b"\xe0\x7f\x10\x00" + kind + b"\0\0" + struct.pack("<L", _UNDEFINED))
        out.write(_ITEM + b"\0\0\0\0")
        for coded in _coded(image):
            padded = coded + b"\0" * (len(coded) % 2)
            out.write(_ITEM + struct.pack("<L", len(padded)) + padded)
        out.write(_DELIMITER)
        return
    frame_bytes = image.rows * image.columns * image.samples * image.bits_allocated // 8
    if not _is_decoded(image, regions) and image.samples > 1:
        frame_bytes = image.frame_bytes
    length = frame_bytes * image.frames
    if length + length % 2 > _LARGEST_VALUE_BYTES:
        raise SourceError(
            f"{image.path}: {length >> 20} MiB of pixels uncompressed are more than one object holds; "
            "cut the run into parts first"
        )
    out.write(b"\xe0\x7f\x10\x00" + kind + b"\0\0" + struct.pack("<L", length + length % 2))
    for number, coded in enumerate(_coded(image)):
        data = _native(image, coded, regions, number)
        if len(data) != frame_bytes:
            raise SourceError(f"{image.path}: frame {number} has {len(data)} bytes, expected {frame_bytes}")
        out.write(data)
    out.write(b"\0" * (length % 2))


def _coded(image: DicomImage) -> Iterator[bytes]:
    try:
        yield from coded_frames(image)
    except (ValueError, OSError) as error:
        raise SourceError(f"{image.path}: pixel data: {brief_reason(error)}") from error


def _native(image: DicomImage, coded: bytes, regions: Sequence[Region], number: int) -> bytes:
    if image.samples > 1 and not _is_decoded(image, regions):
        return coded
    try:
        samples = decoded(image, coded)
    except Exception as error:
        # decoders raise almost anything on damaged data
        raise SourceError(f"{image.path}: frame {number}: {brief_reason(error)}") from error
    if image.samples > 1:
        colour = np.array(samples, samples.dtype.newbyteorder("<"))
        for region in regions:
            colour[region.part] = 0
        return colour.tobytes()
    return _allocated(image, blanked_pixels(stored_values(image, samples), regions, intensity_of(image)))


def _allocated(image: DicomImage, stored: Pixels) -> bytes:
    """Stored values as words again, with nothing in the bits beside them (where overlays once were kept)."""
    kind = f"<u{image.bits_allocated // 8}"
    if not image.signed:
        return stored.astype(kind, copy=False).tobytes()
    half = 1 << (image.bits_stored - 1)
    return (stored.astype(np.int32) - half).astype(kind.replace("u", "i")).tobytes()


def black_of(image: DicomImage) -> int:
    """The stored value that blanked parts get."""
    return 0 if image.samples > 1 else black_value(intensity_of(image))
