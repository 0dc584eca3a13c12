"""The messages of a recording as they lie in the file, whatever their topic: to be copied, not to be read."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

from mcap.data_stream import ReadDataStream
from mcap.exceptions import McapError
from mcap.opcode import Opcode
from mcap.records import Channel

from monitor.errors import RecordingError
from monitor.sources.sequence import LARGEST_AREA_PX
from recordings.recording_format import MAGIC

_RECORD_HEAD = struct.Struct("<BQ")
_MESSAGE_HEAD = struct.Struct("<HIQQ")
_LARGEST = 2 * LARGEST_AREA_PX + (16 << 20)
_BESIDE = {Opcode.HEADER, Opcode.METADATA, Opcode.CHANNEL}


@dataclass(frozen=True, slots=True)
class RawMessage:
    """One message: its topic, what MCAP says of it, and its bytes."""

    topic: str
    encoding: str
    sequence: int
    log_time_ns: int
    publish_time_ns: int
    data: bytes


def raw_messages(fd: int, *, skip_data_of: str | None = None) -> Iterator[RawMessage]:
    """All whole messages in the order in which they were written, up to the end or the cut.

    Parameters
    ----------
    fd : int
        A file that is open to be read.
    skip_data_of : str or None
        Topic whose bytes are not read; they are empty then.

    Raises
    ------
    RecordingError
        A record that a recording does not have, or a message of an unknown channel.
    """
    size, at = os.fstat(fd).st_size, len(MAGIC)
    topics: dict[int, tuple[str, str]] = {}
    while at + _RECORD_HEAD.size <= size:
        opcode, length = _RECORD_HEAD.unpack(os.pread(fd, _RECORD_HEAD.size, at))
        body = at + _RECORD_HEAD.size
        if opcode == Opcode.DATA_END or length > size - body or opcode == length == 0:
            return
        if length > _LARGEST or (opcode != Opcode.MESSAGE and opcode not in _BESIDE):
            raise RecordingError(f"a record at byte {at} is none of a recording")
        if opcode == Opcode.CHANNEL:
            try:
                channel = Channel.read(ReadDataStream(BytesIO(os.pread(fd, length, body))))
            except (McapError, struct.error, UnicodeDecodeError) as error:
                raise RecordingError(f"a channel at byte {at} cannot be read") from error
            topics.setdefault(channel.id, (channel.topic, channel.message_encoding))
        elif opcode == Opcode.MESSAGE:
            if length < _MESSAGE_HEAD.size:
                raise RecordingError(f"a message at byte {at} is cut")
            number, sequence, log_ns, publish_ns = _MESSAGE_HEAD.unpack(
                os.pread(fd, _MESSAGE_HEAD.size, body)
            )
            if number not in topics:
                raise RecordingError(f"a message at byte {at} is of no channel")
            topic, encoding = topics[number]
            start, count = body + _MESSAGE_HEAD.size, length - _MESSAGE_HEAD.size
            data = b"" if topic == skip_data_of else os.pread(fd, count, start)
            yield RawMessage(topic, encoding, sequence, log_ns, publish_ns, data)
        at = body + length
