"""The frames of a DICOM image, one at a time: found in the file, decoded, brought to stored values."""

from __future__ import annotations

from collections.abc import Generator
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.encaps import generate_frames
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    ExplicitVRLittleEndian,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLSNearLossless,
    RLELossless,
)

from monitor.frame import Pixels, freeze_pixels
from monitor.sources.code_stream import stated_size
from monitor.sources.dicom_file import DicomImage, quiet, whole_number
from monitor.sources.gray import gray_of
from monitor.sources.rle import decoded_rle

LOSSY = (JPEGBaseline8Bit, JPEGExtended12Bit, JPEGLSNearLossless, JPEG2000, HTJ2K)


def coded_frames(image: DicomImage) -> Generator[bytes, None, None]:
    """Yield the frames as the file holds them, one at a time (native bytes, or one code stream).

    Raises
    ------
    ValueError, OSError
        The frame cannot be found in the file.
    """
    with image.open() as data:
        data.seek(image.offset)
        if not image.syntax.is_encapsulated:
            for _ in range(image.frames):
                coded = data.read(image.frame_bytes)
                if len(coded) < image.frame_bytes:
                    raise ValueError("the file has become shorter")
                yield coded
            return
        found = generate_frames(
            data, number_of_frames=image.frames, extended_offsets=_extended_offsets(image)
        )
        # an offset table may tell of more than Number of Frames counts
        yield from islice(found, image.frames)


def _extended_offsets(image: DicomImage) -> tuple[bytes, bytes] | None:
    """Return the extended offset table, or None where it is absent or points out of the file."""
    offsets = image.header.get("ExtendedOffsetTable")
    lengths = image.header.get("ExtendedOffsetTableLengths")
    if not isinstance(offsets, bytes) or not isinstance(lengths, bytes):
        return None
    if len(offsets) != 8 * image.frames or len(lengths) != 8 * image.frames:
        return None
    room = image.path.stat().st_size - image.offset
    starts, sizes = np.frombuffer(offsets, "<u8"), np.frombuffer(lengths, "<u8")
    inside = bool(np.all(starts < room) and np.all(sizes < room) and np.all(starts + sizes <= room))
    return (offsets, lengths) if inside else None


def decoded(image: DicomImage, coded: bytes) -> NDArray[np.generic]:
    """Decode one frame to samples as allocated; bits outside BitsStored are not yet masked.

    Returns
    -------
    ndarray, shape (rows, columns) or (rows, columns, 3), uint8, uint16, int8 or int16

    Raises
    ------
    Exception
        Whatever the decoder raises.
    """
    syntax = image.syntax
    data: bytes | bytearray = coded
    photometric = str(image.header.get("PhotometricInterpretation") or "MONOCHROME2")
    planar = whole_number(image.header, "PlanarConfiguration", 0)
    if syntax == RLELossless:
        data = decoded_rle(coded, image.rows * image.columns, image.samples, image.bits_allocated // 8)
        # RLE has whole planes, whatever the header says of them.
        syntax, planar, photometric = ExplicitVRLittleEndian, 1, photometric.removesuffix("_422")
    if not syntax.is_encapsulated and image.samples == 1 and syntax.is_little_endian:
        kind = "i" if image.signed else "u"
        return np.frombuffer(data, f"<{kind}{image.bits_allocated // 8}").reshape(image.rows, image.columns)
    if syntax.is_encapsulated:
        _check_stated_size(image, coded)
        # One frame is one item behind an empty offset table.
        pad = len(coded) % 2
        length = (len(coded) + pad).to_bytes(4, "little")
        data = b"\xfe\xff\x00\xe0\0\0\0\0\xfe\xff\x00\xe0" + length + coded + b"\0" * pad
    elif len(data) % 2:
        data += b"\0"
    options: dict[str, Any] = {
        "rows": image.rows,
        "columns": image.columns,
        "number_of_frames": 1,
        "samples_per_pixel": image.samples,
        "photometric_interpretation": photometric,
        "planar_configuration": planar,
        "pixel_representation": int(image.signed),
        "bits_allocated": image.bits_allocated,
        "bits_stored": image.bits_stored,
        "pixel_keyword": "PixelData",
        # pydicom knows no HighBit; the caller masks.
        "correct_unused_bits": False,
    }
    with quiet():
        array, _ = get_decoder(syntax).as_array(data, index=0, **options)
    return array


def _check_stated_size(image: DicomImage, coded: bytes) -> None:
    """Refuse a code stream of another size than the header's: a decoder would set memory aside for it."""
    size = stated_size(coded)
    if size != (image.rows, image.columns, image.samples):
        says = "no size" if size is None else f"{size[1]} x {size[0]} px in {size[2]} components"
        raise ValueError(f"the code stream states {says}")


def stored_values(image: DicomImage, samples: NDArray[np.generic]) -> Pixels:
    """Return unsigned stored values in the low bits, with whatever else the word held taken out.

    Parameters
    ----------
    image : DicomImage
    samples : ndarray, shape (rows, columns) or (rows, columns, 3)
        As `decoded` returns them.

    Returns
    -------
    ndarray, shape (rows, columns), uint8 or uint16
        Read-only. Signed samples are shifted by half their range (see `intensity_of`).
    """
    gray = gray_of(samples.astype(samples.dtype.newbyteorder("="), copy=False))
    values: Pixels = gray.view(np.uint8) if gray.dtype.itemsize == 1 else gray.view(np.uint16)
    shift = image.high_bit + 1 - image.bits_stored
    largest = (1 << image.bits_stored) - 1
    if image.syntax in LOSSY and not shift and not image.signed:
        # Lossy codes overshoot; masked, a value beyond white would turn black.
        values = np.minimum(values, values.dtype.type(largest))
    elif shift or image.bits_stored < image.bits_allocated:
        values = (values >> values.dtype.type(shift)) & values.dtype.type(largest)
    if image.signed:
        values = values ^ values.dtype.type(1 << (image.bits_stored - 1))
    return freeze_pixels(values, copy=False)
