"""What a compressed frame says of its own size, before a decoder sets memory aside for it.

ITU-T T.81 B.2.2 (JPEG), T.87 C.2.2 (JPEG-LS, the same frame header), T.800 A.5.1 (JPEG 2000).
"""

from __future__ import annotations

from struct import unpack_from

_FRAME_HEADERS = frozenset((*range(0xC0, 0xD0), 0xF7)) - {0xC4, 0xC8, 0xCC}
_STANDALONE = frozenset((0x01, *range(0xD0, 0xD9)))
_START_OF_SCAN, _HIERARCHICAL = 0xDA, 0xDE
_SIZ = b"\xff\x4f\xff\x51"

Size = tuple[int, int, int]
"""Rows, columns, components."""


def stated_size(coded: bytes) -> Size | None:
    """Size of a JPEG, JPEG-LS or JPEG 2000 code stream; None where it states none."""
    if coded[:2] == b"\xff\xd8":
        return _jpeg_size(coded)
    at = coded.find(_SIZ)  # also within a JP2 box
    if at < 0 or len(coded) < at + 42:
        return None
    right, bottom, left, top = unpack_from(">4I", coded, at + 8)
    (components,) = unpack_from(">H", coded, at + 40)
    return bottom - top, right - left, components


def _jpeg_size(coded: bytes) -> Size | None:
    at, size = 2, None
    while at + 4 <= len(coded):
        if coded[at] != 0xFF:
            return None
        marker = coded[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
        elif marker in _STANDALONE:
            at += 2
        elif marker == _START_OF_SCAN:
            return size
        elif marker == _HIERARCHICAL or (marker in _FRAME_HEADERS and size is not None):
            return None
        else:
            (length,) = unpack_from(">H", coded, at + 2)
            if marker in _FRAME_HEADERS:
                if at + 10 > len(coded):
                    return None
                rows, columns, components = unpack_from(">HHB", coded, at + 5)
                size = (rows, columns, components)
            at += 2 + length
    return None
