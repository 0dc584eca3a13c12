"""RLE Lossless frames (DICOM PS3.5 Annex G): header checked, then decoded one segment at a time.

The decoder of pylibjpeg-rle panics, and prints it, where a run in one of several segments crosses the end of
the picture: its values are written a whole sample apart, its check of the room counts them as bytes. One
segment on its own is checked rightly.
"""

from __future__ import annotations

from itertools import pairwise
from struct import pack, unpack_from

import numpy as np
from numpy.typing import NDArray
from rle.utils import decode_pixel_data

_HEADER_BYTES = 64
_HEADER_OF_ONE = pack("<16L", 1, _HEADER_BYTES, *(0 for _ in range(14)))
#: A literal run of one zero. Behind a whole segment it gives one value more than the picture has; one that is
#: short or cut stays short with it, and one that is too long has another value in that place.
_ONE_ZERO = b"\0\0"


def segments_of(coded: bytes, expected: int) -> list[bytes]:
    """The segments that the header of an RLE frame tells apart, padding included.

    Raises
    ------
    ValueError
        The header is cut, states another number of segments, or offsets that do not rise within the frame.
    """
    if len(coded) < _HEADER_BYTES:
        raise ValueError(f"the RLE header has {len(coded)} of {_HEADER_BYTES} bytes")
    count, *offsets = unpack_from("<16L", coded)
    if count != expected:
        raise ValueError(f"the RLE header states {count} segments, not {expected}")
    ends = [*offsets[:count], len(coded)]
    if ends[0] != _HEADER_BYTES or any(start >= end for start, end in pairwise(ends)):
        raise ValueError("the RLE header's offsets do not rise within the frame")
    return [coded[start:end] for start, end in pairwise(ends)]


def decoded_rle(coded: bytes, values: int, samples: int, sample_bytes: int) -> bytearray:
    """Decode one frame.

    Parameters
    ----------
    coded : bytes
    values : int
        Rows times columns.
    samples, sample_bytes : int
        Samples per pixel, bytes per sample.

    Returns
    -------
    bytearray
        Little endian, one sample plane after the other (planar configuration 1). Zeros behind the last value
        of a segment are padding.

    Raises
    ------
    ValueError
        The header is wrong, or a segment holds fewer values or others behind the last.
    """
    segments = segments_of(coded, samples * sample_bytes)
    out = bytearray(samples * values * sample_bytes)
    planes = np.frombuffer(out, np.uint8).reshape(samples, values, sample_bytes)
    for number, segment in enumerate(segments):
        sample, place = divmod(number, sample_bytes)  # the high byte comes first
        planes[sample, :, sample_bytes - 1 - place] = _segment(segment, number, values)
    return out


def _segment(coded: bytes, number: int, values: int) -> NDArray[np.uint8]:
    try:
        plain = decode_pixel_data(
            _HEADER_OF_ONE + coded + _ONE_ZERO, version=2, rows=1, columns=values + 1, bits_allocated=8
        )
    except ValueError:
        raise ValueError(f"RLE segment {number} ends before {values} values") from None
    out = np.frombuffer(plain, np.uint8)
    if out[values]:
        raise ValueError(f"RLE segment {number} goes on behind {values} values")
    return out[:values]
