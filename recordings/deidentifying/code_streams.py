"""Words inside compressed frames: comments, data of applications, and bytes behind the end of the picture."""

from __future__ import annotations

import re

_SOI, _SOC, _BOXES = b"\xff\xd8", b"\xff\x4f", b"\0\0\0\x0cjP"
_APPLICATIONS = {0xE0: b"JFIF", 0xE8: b"", 0xEE: b"Adobe"}
"""Segments that say how the samples are coded (APP8: SPIFF and JPEG-LS), with what they begin with."""
_COMMENT, _START_OF_SCAN, _END = 0xFE, 0xDA, b"\xff\xd9"
_COMMENT_2000, _FIRST_TILE = 0x64, 0x90
_ENCODERS = re.compile(rb"\x00\x01(?:Created by OpenJPEG version [\d.]{1,12}|Kakadu-v?[\d.]{1,12})\x00?")
"""Comments with which encoders name themselves."""


def holds_words(coded: bytes) -> bool:
    """Whether a compressed frame may hold more than a picture. Of what is not JPEG or JPEG 2000: no."""
    if coded.startswith(_SOI):
        return _in_jpeg(coded)
    if coded.startswith(_SOC):
        return _in_jpeg_2000(coded)
    return coded.startswith(_BOXES)


def _in_jpeg(coded: bytes) -> bool:
    """ITU-T T.81 B.1.1: segments up to the first scan, entropy-coded data, further segments, the end."""
    at = 2
    while at + 4 <= len(coded):
        if coded[at] != 0xFF:
            return True
        kind = coded[at + 1]
        if kind == 0xFF:  # fill
            at += 1
            continue
        length = int.from_bytes(coded[at + 2 : at + 4], "big")
        if _is_word(kind, coded[at + 4 : at + 2 + length]):
            return True
        at += 2 + length
        if kind == _START_OF_SCAN:
            break
    # the first: pictures that the number of frames does not count may follow
    end = coded.find(_END, at)
    between = coded[at : end if end >= 0 else len(coded)]
    # within a scan FF is followed by 0 or a restart marker alone; a comment may stand between two scans
    later = any(
        found[0][1] == _COMMENT or 0xE0 <= found[0][1] <= 0xEF
        for found in re.finditer(rb"\xff[\xe0-\xef\xfe]", between)
    )
    return later or end < 0 or bool(coded[end + 2 :].strip(b"\0\xff"))


def _is_word(kind: int, data: bytes) -> bool:
    if 0xE0 <= kind <= 0xEF:
        begin = _APPLICATIONS.get(kind)
        return begin is None or not data.startswith(begin)
    return kind == _COMMENT


def _in_jpeg_2000(coded: bytes) -> bool:
    """ITU-T T.800 A: comments stand in the main header and in those of tiles."""
    at = 2
    while at + 4 <= len(coded) and coded[at] == 0xFF and coded[at + 1] != _FIRST_TILE:
        length = int.from_bytes(coded[at + 2 : at + 4], "big")
        if coded[at + 1] == _COMMENT_2000 and not _ENCODERS.fullmatch(coded[at + 4 : at + 2 + length]):
            return True
        at += 2 + length
    end = coded.find(_END, at)
    return bool(coded[end + 2 :].strip(b"\0")) if end >= 0 else False
