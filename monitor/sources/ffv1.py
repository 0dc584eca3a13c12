"""The checksums of FFV1, which FFmpeg's decoder only logs: it fills a damaged slice from the frame before."""

from __future__ import annotations

import zlib

_TRAILER_BYTES = 8  # slice_size (24 bit), error_status (8 bit), slice_crc_parity (32 bit)
_MOST_SLICES = 1024
_REVERSED = bytes(int(f"{value:08b}"[::-1], 2) for value in range(256))
_NO_CRC = 0xFFFFFFFF


def slices_are_whole(packet: bytes) -> bool | None:
    """Check the CRC of every slice of an FFV1 frame (RFC 9043, section 4.9).

    The slices are found from the end of the frame by their sizes. The CRC-32 of a slice with its
    trailer is 0 (polynomial 0x04C11DB7, most significant bit first, initial value 0).

    Parameters
    ----------
    packet : bytes
        One coded frame.

    Returns
    -------
    bool or None
        None where no chain of slices with checksums is found: the stream was written without, or a
        size itself is damaged (which the decoder refuses).
    """
    end = len(packet)
    slices: list[tuple[int, int]] = []
    while end > 0:
        if end < _TRAILER_BYTES or len(slices) == _MOST_SLICES:
            return None
        size = int.from_bytes(packet[end - _TRAILER_BYTES : end - 5], "big")
        start = end - _TRAILER_BYTES - size
        if start < 0 or size == 0:
            return None
        slices.append((start, end))
        end = start
    return all(_crc_is_zero(packet[start:end]) for start, end in slices)


def _crc_is_zero(data: bytes) -> bool:
    # zlib's CRC is the same polynomial, least significant bit first and inverted at both ends.
    return zlib.crc32(data.translate(_REVERSED), _NO_CRC) == _NO_CRC
