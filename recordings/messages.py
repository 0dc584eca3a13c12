"""What a recording is made of: frames, gaps, events and steps as checked, self-described messages.

A message is a MessagePack map ``{"header": bin, "data": bin, "crc32": int}``. `header` is itself a
MessagePack map whose key ``type`` is ``frame``, ``gap``, ``event``, ``step`` or ``video`` (a frame whose
pixels lie in a video); `data` holds the pixels of a frame or the findings of a step and is empty otherwise;
`crc32` (zlib) covers the bytes of `header` and then of `data`, so that a message that was cut or changed is
never taken for a right one.

Pixels are stored row by row, 16 bit values little-endian, as they are (codec ``raw``) or as one
Blosc2 buffer (codec ``blosc2``: after bit shuffling, usually Zstandard level 1, see `recordings.packing`; a
buffer says itself how it is to be unpacked), whichever is smaller.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import blosc2
import msgspec
import numpy as np

from monitor.errors import RecordingError
from monitor.frame import Frame, freeze_pixels
from monitor.sources.sequence import LARGEST_AREA_PX
from monitor.stepping import Request
from recordings.findings import Findings, pack_findings, unpack_findings
from recordings.packing import Packing, packed

_Side = Annotated[int, msgspec.Meta(ge=1, le=65535)]
_Time = Annotated[int, msgspec.Meta(ge=-(2**62), le=2**62)]


@dataclass(frozen=True, slots=True)
class Gap:
    """Frames that were captured and could not be kept: `count` from `first_seq` on.

    `t_ns` is the capture time of the first of them; `reason` is ``overflow``, ``stopped``, ``no
    room`` or the text of the error.
    """

    first_seq: int
    count: int
    t_ns: int
    reason: str


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, kept beside the frames."""

    name: str
    t_ns: int
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One step of the monitor: what went into it, and what came out.

    `number` counts the steps of a recording from 0, so that a lost one is missed. `requests` took effect just
    before it. `findings` is None where a stage raised `fault`.
    """

    number: int
    seq: int
    now_ns: int
    skipped_before: int
    requests: tuple[Request, ...]
    findings: Findings | None
    fault: str | None = None


class VideoFrame(msgspec.Struct, frozen=True, tag_field="type", tag="video"):
    """A frame of a recording whose pixels lie as one packet in a video beside it; see `recordings.archive`.

    Parameters
    ----------
    pts_ms : int
        Time of the packet in the video (ms).
    offset, size : int
        Where the packet lies in the file (bytes).
    packet_crc32, pixels_crc32 : int
        Of the packet, and of the pixels row by row (16 bit values little-endian).
    """

    seq: Annotated[int, msgspec.Meta(ge=0)]
    t_capture_ns: _Time
    t_source_ns: _Time | None
    source_id: str
    rows: _Side
    columns: _Side
    bits_allocated: Literal[8, 16]
    pts_ms: Annotated[int, msgspec.Meta(ge=0)]
    offset: Annotated[int, msgspec.Meta(ge=0, le=2**62)]
    size: Annotated[int, msgspec.Meta(ge=1)]
    packet_crc32: int
    pixels_crc32: int


Message = Frame | Gap | Event | Step | VideoFrame


class _FrameHeader(msgspec.Struct, frozen=True, tag_field="type", tag="frame"):
    seq: Annotated[int, msgspec.Meta(ge=0)]
    t_capture_ns: _Time
    t_source_ns: _Time | None
    source_id: str
    rows: _Side
    columns: _Side
    bits_allocated: Literal[8, 16]
    codec: Literal["raw", "blosc2"]


class _GapHeader(msgspec.Struct, frozen=True, tag_field="type", tag="gap"):
    first_seq: int
    count: int
    t_ns: int
    reason: str


class _EventHeader(msgspec.Struct, frozen=True, tag_field="type", tag="event"):
    name: str
    t_ns: int
    data: dict[str, Any]


class _StepHeader(msgspec.Struct, frozen=True, tag_field="type", tag="step"):
    number: Annotated[int, msgspec.Meta(ge=0)]
    seq: Annotated[int, msgspec.Meta(ge=0)]
    now_ns: _Time
    skipped_before: Annotated[int, msgspec.Meta(ge=0)]
    requests: tuple[tuple[str, str | None], ...]
    fault: str | None


_Header = _FrameHeader | _GapHeader | _EventHeader | _StepHeader | VideoFrame


_DATA, _BIN_32 = b"\xa4data", 0xC6
_NO_DATA = _DATA + b"\xc4\x00"
"""As MessagePack writes an empty `data`, and the first byte of one of up to 4 GiB."""


class _Envelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    header: bytes
    data: bytes
    crc32: int


_encoder = msgspec.msgpack.Encoder()
_envelope_decoder = msgspec.msgpack.Decoder(_Envelope)
_header_decoder: msgspec.msgpack.Decoder[_Header] = msgspec.msgpack.Decoder(_Header)


def encode(message: Message, packing: Packing = Packing.USUAL) -> bytes:
    """Encode a message; as `encoded`, in one."""
    return b"".join(encoded(message, packing))


def encoded(message: Message, packing: Packing = Packing.USUAL) -> tuple[bytes, bytes | memoryview, bytes]:
    """Encode a message, in three parts, so that what is large in it is not copied.

    Parameters
    ----------
    packing : Packing
        Of a frame's pixels.

    Raises
    ------
    TypeError
        The data of an event holds something else than plain values.
    """
    data: bytes | memoryview = b""
    header: _Header
    match message:
        case Frame():
            header, data = _encode_frame(message, packing)
        case Gap():
            header = _GapHeader(message.first_seq, message.count, message.t_ns, message.reason)
        case Event():
            header = _EventHeader(message.name, message.t_ns, message.data)
        case Step():
            asked = tuple((request.kind, request.value) for request in message.requests)
            header = _StepHeader(
                message.number, message.seq, message.now_ns, message.skipped_before, asked, message.fault
            )
            data = b"" if message.findings is None else pack_findings(message.findings)
        case VideoFrame():
            header = message
    head = _encoder.encode(header)
    whole = _encoder.encode(_Envelope(head, b"", zlib.crc32(data, zlib.crc32(head))))
    if not len(data):
        return whole, data, b""
    # the encoder would copy the pixels to write these few bytes around them
    before, _, after = whole.rpartition(_NO_DATA)
    return before + _DATA + struct.pack(">BI", _BIN_32, len(data)), data, after


def decode(encoded: bytes) -> Message:
    """Decode a message; pixels come back read-only and bit for bit.

    Raises
    ------
    RecordingError
        The bytes are not those that were written.
    """
    try:
        envelope = _envelope_decoder.decode(encoded)
        if zlib.crc32(envelope.data, zlib.crc32(envelope.header)) != envelope.crc32:
            raise RecordingError("checksum does not match")
        header = _header_decoder.decode(envelope.header)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise RecordingError(f"not a message of a recording: {error}") from error
    match header:
        case _FrameHeader():
            return _decode_frame(header, envelope.data)
        case _GapHeader():
            return Gap(header.first_seq, header.count, header.t_ns, header.reason)
        case _EventHeader():
            return Event(header.name, header.t_ns, header.data)
        case _StepHeader():
            asked = tuple(Request(kind, value) for kind, value in header.requests)
            found = unpack_findings(envelope.data) if envelope.data else None
            return Step(
                header.number, header.seq, header.now_ns, header.skipped_before, asked, found, header.fault
            )
        case VideoFrame():
            return header


def _encode_frame(frame: Frame, packing: Packing) -> tuple[_FrameHeader, bytes | memoryview]:
    pixels = np.ascontiguousarray(frame.pixels)
    little = pixels.astype(pixels.dtype.newbyteorder("<"), copy=False)
    smaller = packed(little, packing)
    header = _FrameHeader(
        seq=frame.seq,
        t_capture_ns=frame.t_capture_ns,
        t_source_ns=frame.t_source_ns,
        source_id=frame.source_id,
        rows=frame.rows,
        columns=frame.columns,
        bits_allocated=8 if little.itemsize == 1 else 16,
        codec="raw" if smaller is None else "blosc2",
    )
    return header, little.reshape(-1).view(np.uint8).data if smaller is None else smaller


def _decode_frame(header: _FrameHeader, data: bytes) -> Frame:
    dtype = np.dtype("u1" if header.bits_allocated == 8 else "<u2")
    # nothing of a size that a header claims is allocated before the claim is held against the most there is
    if header.rows * header.columns > LARGEST_AREA_PX:
        raise RecordingError(f"frame {header.seq}: {header.columns} x {header.rows} px are too many")
    byte_count = header.rows * header.columns * dtype.itemsize
    if header.codec == "raw":
        held = len(data)
    else:
        try:
            held = blosc2.get_cbuffer_sizes(data)[0]
        except (RuntimeError, ValueError) as error:
            raise RecordingError(f"frame {header.seq}: pixels cannot be unpacked: {error}") from error
    if held != byte_count:
        raise RecordingError(f"frame {header.seq}: {held} bytes of pixels, expected {byte_count}")
    if header.codec == "raw":
        stored = np.frombuffer(data, dtype)
    else:
        stored = np.empty(byte_count // dtype.itemsize, dtype)
        try:
            blosc2.decompress2(data, dst=stored, nthreads=1)
        except (RuntimeError, ValueError) as error:
            raise RecordingError(f"frame {header.seq}: pixels cannot be unpacked: {error}") from error
    native = stored.astype(dtype.newbyteorder("="), copy=False).reshape(header.rows, header.columns)
    return Frame(
        seq=header.seq,
        t_capture_ns=header.t_capture_ns,
        t_source_ns=header.t_source_ns,
        pixels=freeze_pixels(native, copy=False),
        source_id=header.source_id,
    )
