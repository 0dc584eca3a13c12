"""Reads a recording, whatever happened to it; see `recordings.recording` for the file."""

from __future__ import annotations

import os
import struct
import zlib
from array import array
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from mcap.data_stream import ReadDataStream
from mcap.exceptions import McapError
from mcap.opcode import Opcode
from mcap.records import Channel, DataEnd, Footer, Metadata, Statistics

from monitor.errors import RecordingError, SourceError
from monitor.frame import Frame
from monitor.sources.sequence import LARGEST_AREA_PX
from recordings.messages import Event, Gap, Message, Step, VideoFrame, decode
from recordings.recording_check import RecordingCheck, not_in_gaps
from recordings.recording_format import MAGIC, Whole

_RECORD_HEAD = struct.Struct("<BQ")
_MESSAGE_HEAD = struct.Struct("<HIQQ")
_LARGEST_SMALL_RECORD = 16 * 1024 * 1024
_LARGEST_FRAME = 2 * LARGEST_AREA_PX + _LARGEST_SMALL_RECORD
_MOST_STRANGE_RECORDS = 1000

_Kind = TypeVar("_Kind")


@dataclass(frozen=True, slots=True)
class Heads:
    """What the heads of messages say: numbers of frames (their lower 32 bits), and times (ns, monotonic)."""

    seqs: tuple[int, ...]
    times_ns: tuple[int, ...]


def _step(message: Message) -> Step:
    if not isinstance(message, Step):
        raise RecordingError("not a step")
    return message


class _Index:
    """Where messages of one kind lie."""

    def __init__(self) -> None:
        self.offsets, self.lengths, self.seqs, self.times_ns = array("Q"), array("Q"), array("Q"), array("Q")

    def add(self, offset: int, length: int, seq: int, time_ns: int) -> None:
        self.offsets.append(offset)
        self.lengths.append(length)
        self.seqs.append(seq)
        self.times_ns.append(time_ns)


class RecordingReader:
    """Reads a recording: whole, cut anywhere, or still being written.

    Only an index of 32 bytes per frame and step is held in memory. May be used by several threads.

    Raises
    ------
    SourceError
        The file cannot be read or is not a recording.
    """

    def __init__(self, path: Path) -> None:
        self._blank(path)
        try:
            self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise SourceError(f"{path}: cannot read the recording: {error.strerror}") from error
        try:
            if os.pread(self._fd, len(MAGIC), 0) != MAGIC:
                raise SourceError(f"{path}: not a recording (MCAP)")
            self.refresh()
        except OSError as error:
            self.close()
            raise SourceError(f"{path}: cannot read the recording: {error.strerror}") from error
        except BaseException:
            self.close()
            raise

    def _blank(self, path: Path) -> None:
        """What is known before anything was read."""
        self.path = path
        self._fd = -1
        self.metadata: Mapping[str, str] = {}
        self._frames = _Index()
        self._steps = _Index()
        self._gaps: list[Gap] = []
        self._events: list[Event] = []
        self._damaged: set[int] = set()
        self._strange = 0
        self._topics: dict[int, str] = {}
        self._messages = 0
        self._stated_messages: int | None = None
        self._stated_crc: int | None = None
        self._data_end = 0
        self._summary = (0, 0, -1)  # first byte, byte after the last, CRC as stated
        self._ended = False
        self._next = len(MAGIC)

    def __len__(self) -> int:
        """Frames in the file, damaged ones included."""
        return len(self._frames.offsets)

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Frames that the recorder says it lost."""
        return tuple(self._gaps)

    @property
    def events(self) -> tuple[Event, ...]:
        """Events in the order in which they were written."""
        return tuple(self._events)

    @property
    def ended(self) -> bool:
        """Whether the file has its clean end and as many messages as that says."""
        return self._ended and self._messages == self._stated_messages

    @property
    def damaged(self) -> int:
        """Messages found damaged so far; frames are examined as they are read."""
        return len(self._damaged)

    @property
    def complete(self) -> bool:
        """Whether the file ended cleanly and nothing read so far is damaged; see `check`."""
        return self.ended and not self._damaged

    @property
    def read_up_to(self) -> int:
        """Byte up to which the file could be followed."""
        return self._next

    @property
    def largest_frame_bytes(self) -> int:
        """Size of the largest message of a frame (bytes)."""
        return max(self._frames.lengths, default=0)

    def whole(self) -> Whole:
        """The part of the file that is whole. Raises `RecordingError` where its last frame is damaged."""
        times_ns = [gap.t_ns for gap in self._gaps] + [event.t_ns for event in self._events]
        next_seq = max((gap.first_seq + gap.count for gap in self._gaps), default=0)
        last = self.read(len(self) - 1) if len(self) else None
        if last is not None:
            times_ns += [self._frames.times_ns[0], self._frames.times_ns[-1]]
            next_seq = max(next_seq, last.seq + 1)
        return Whole(
            end=self._data_end if self._stated_crc is not None else self._next,
            frames=len(self),
            gaps=len(self._gaps),
            events=len(self._events),
            steps=self.step_count,
            times_ns=(max(0, min(times_ns)), max(0, *times_ns)) if times_ns else None,
            next_seq=next_seq,
            next_step=self.step(self.step_count - 1).number + 1 if self.step_count else 0,
            last_capture_ns=None if last is None else last.t_capture_ns,
            last_time_ns=None if last is None else last.time_ns,
        )

    def refresh(self) -> int:
        """Take up what was written since; return how many frames are new."""
        before = len(self)
        size = os.fstat(self._fd).st_size
        while not self._ended and self._next + _RECORD_HEAD.size <= size:
            opcode, length = _RECORD_HEAD.unpack(os.pread(self._fd, _RECORD_HEAD.size, self._next))
            body = self._next + _RECORD_HEAD.size
            if length > size - body or opcode == length == 0:  # cut; or blocks that a power cut left empty
                break
            self._take(opcode, body, length)
            self._next = body + length
        return len(self) - before

    def read(self, index: int) -> Frame:
        """Return the frame at a position, from 0; its `seq` differs where there are gaps.

        Raises
        ------
        IndexError
            No such position.
        RecordingError
            The frame is damaged.
        """
        return self._taken("frame", self._frames, index, _LARGEST_FRAME, self._frame)

    @property
    def frame_heads(self) -> Heads:
        """Numbers and capture times of all frames without reading them; `read` has what is checked."""
        return Heads(tuple(self._frames.seqs), tuple(self._frames.times_ns))

    @property
    def step_count(self) -> int:
        """Steps of the monitor in the file, damaged ones included."""
        return len(self._steps.offsets)

    @property
    def step_heads(self) -> Heads:
        """Numbers of the frames of all steps, and when they were taken, without reading them."""
        return Heads(tuple(self._steps.seqs), tuple(self._steps.times_ns))

    def step(self, index: int) -> Step:
        """Return the step at a position, from 0; raises as `read`."""
        return self._taken("step", self._steps, index, _LARGEST_SMALL_RECORD, _step)

    def _taken(
        self, what: str, held: _Index, index: int, most_bytes: int, take: Callable[[Message], _Kind]
    ) -> _Kind:
        if not 0 <= index < len(held.offsets):
            raise IndexError(index)
        offset = held.offsets[index]
        try:
            if held.lengths[index] > most_bytes:
                raise RecordingError("too large")
            taken = take(decode(os.pread(self._fd, held.lengths[index], offset)))
        except RecordingError as error:
            self._damaged.add(offset)
            raise RecordingError(f"{self.path}: {what} at position {index} is damaged: {error}") from error
        return taken

    def _frame(self, message: Message) -> Frame:
        """The frame that a message of its topic holds. Raises `RecordingError`."""
        if isinstance(message, VideoFrame):
            raise RecordingError("its pixels are in the video that this file is the time line of")
        if not isinstance(message, Frame):
            raise RecordingError("not a frame")
        return message

    def __iter__(self) -> Iterator[Frame]:
        """Whole frames in order; damaged ones are left out and counted."""
        for index in range(len(self)):
            try:
                yield self.read(index)
            except RecordingError:
                continue

    @property
    def damaged_frames(self) -> tuple[int, ...]:
        """Positions of the frames found damaged so far."""
        return tuple(index for index, offset in enumerate(self._frames.offsets) if offset in self._damaged)

    def check(self, step: Callable[[], None] = lambda: None, *, quick: bool = False) -> RecordingCheck:
        """Read everything and say what is there.

        Parameters
        ----------
        step : callable
            Called after each whole frame.
        quick : bool
            Frames need not be decoded where another checksum says that they are as they were written.
        """
        frames = 0
        expected: int | None = None
        missing: list[tuple[int, int]] = []
        for seq in self._whole_seqs(quick):
            step()
            frames += 1
            if expected is not None and seq > expected:
                missing += not_in_gaps(expected, seq, self._gaps)
            expected = seq + 1
        for index in range(self.step_count):
            with suppress(RecordingError):  # counted as damaged
                self.step(index)
        first, end, stated_crc = self._summary
        # a recording that was gone on with states no sum over the whole file; each message has its own
        whole = self.complete and (self._stated_crc == 0 or self._crc(0, self._data_end) == self._stated_crc)
        whole = whole and self._crc(first, end) == stated_crc
        return RecordingCheck(
            frames, self.gaps, tuple(missing), self.damaged, self.ended, whole and not missing
        )

    def _whole_seqs(self, quick: bool) -> Iterator[int]:
        """Numbers of the whole frames, each of which is read."""
        return (frame.seq for frame in self)

    def close(self) -> None:
        """Release the file. May be called again."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _take(self, opcode: int, body: int, length: int) -> None:
        """Take up one record; what is not as it should be counts as damaged."""
        if opcode == Opcode.MESSAGE:
            if self._stated_crc is None:
                self._messages += 1
                self._take_message(body, length)
            return
        if length > _LARGEST_SMALL_RECORD:
            self._damaged.add(body)
            return
        stream = ReadDataStream(BytesIO(os.pread(self._fd, length, body)))
        try:
            if opcode == Opcode.CHANNEL:
                channel = Channel.read(stream)
                self._topics.setdefault(channel.id, channel.topic)
            elif opcode == Opcode.METADATA:
                self.metadata = Metadata.read(stream).metadata
            elif opcode == Opcode.DATA_END:
                self._stated_crc = DataEnd.read(stream).data_section_crc
                self._data_end = body - _RECORD_HEAD.size
            elif opcode == Opcode.STATISTICS:
                self._stated_messages = Statistics.read(stream).message_count
            elif opcode == Opcode.FOOTER:
                footer = Footer.read(stream)
                self._ended = os.pread(self._fd, len(MAGIC) + 1, body + length) == MAGIC
                self._summary = (footer.summary_start, body + length - 4, footer.summary_crc)
            elif opcode != Opcode.HEADER:
                self._damaged.add(body)
                self._strange += 1
                if self._strange > _MOST_STRANGE_RECORDS:
                    raise SourceError(
                        f"{self.path}: not a recording of this software: too many strange records"
                    )
        except (McapError, struct.error, UnicodeDecodeError):
            self._damaged.add(body)

    def _take_message(self, body: int, length: int) -> None:
        start, size = body + _MESSAGE_HEAD.size, length - _MESSAGE_HEAD.size
        if size < 0:
            self._damaged.add(body)
            return
        channel, seq, time_ns, _ = _MESSAGE_HEAD.unpack(os.pread(self._fd, _MESSAGE_HEAD.size, body))
        topic = self._topics.get(channel)
        if topic in ("frames", "steps"):
            (self._frames if topic == "frames" else self._steps).add(start, size, seq, time_ns)
            return
        try:
            if size > _LARGEST_SMALL_RECORD:
                raise RecordingError("too large")
            message = decode(os.pread(self._fd, size, start))
            if topic == "gaps" and isinstance(message, Gap):
                self._gaps.append(message)
            elif topic == "events" and isinstance(message, Event):
                self._events.append(message)
            else:
                raise RecordingError("on the wrong topic")
        except RecordingError:
            self._damaged.add(start)

    def _crc(self, first: int, end: int) -> int:
        crc = 0
        while first < end:
            part = os.pread(self._fd, min(1 << 20, end - first), first)
            if not part:
                break
            crc = zlib.crc32(part, crc)
            first += len(part)
        return crc
