"""Writes a recording; see `recordings.recording` for the file."""

from __future__ import annotations

import fcntl
import hashlib
import os
import struct
import time
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from mcap.data_stream import RecordBuilder
from mcap.opcode import Opcode
from mcap.records import Channel, DataEnd, Footer, Header, McapRecord, Metadata, Statistics

from monitor.errors import OutputError, RecordingError
from monitor.frame import Frame
from recordings.messages import Event, Gap, Step, encoded
from recordings.packing import Cost, Packing
from recordings.recording_format import MAGIC, Whole

PROFILE = "cementwatch.recording/1"
_FRAMES, _GAPS, _EVENTS, _STEPS = 1, 2, 3, 4
_CHANNELS = tuple(
    Channel(id=number, topic=topic, message_encoding="msgpack", metadata={}, schema_id=0)
    for number, topic in ((_FRAMES, "frames"), (_GAPS, "gaps"), (_EVENTS, "events"), (_STEPS, "steps"))
)
_SYNC_EVERY_NS = 1_000_000_000
_RECORD, _MESSAGE = struct.Struct("<BQ"), struct.Struct("<BQHIQQ")
"""Head of a record, and of one with a message (MCAP)."""


class RecordingWriter:
    """Appends frames, gaps, events and steps to a new file that only its owner can read.

    Used by one thread at a time. A write that fails leaves the file as it was before it, and the
    next one may succeed.

    Parameters
    ----------
    path : Path
        Must not exist.
    metadata : mapping of str to str
        Facts about the recording, kept at its start.

    Raises
    ------
    OutputError
        The file exists or cannot be written.
    """

    def __init__(self, path: Path, metadata: Mapping[str, str] | None = None) -> None:
        self.path = path
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
            self._fd = os.open(path, flags, 0o600)
        except OSError as error:
            raise OutputError(f"{path}: cannot write the recording: {error.strerror}") from error
        _hold(self._fd, path)
        self._closed = False
        self._size = 0
        self._crc: int | None = 0
        self._sha: hashlib._Hash | None = hashlib.sha256()
        self._counts = dict.fromkeys((_FRAMES, _GAPS, _EVENTS, _STEPS), 0)
        self._times_ns: list[int] = []
        self._synced_ns: int | None = None
        start = _pack(Header(PROFILE, "cementwatch"), Metadata("recording", dict(metadata or {})), *_CHANNELS)
        try:
            self._write(MAGIC + start)
        except RecordingError as error:
            os.close(self._fd)
            self._closed = True
            path.unlink(missing_ok=True)
            raise OutputError(str(error)) from error

    @classmethod
    def resume(cls, path: Path, whole: Whole) -> RecordingWriter:
        """Go on with a recording that was cut, or ended: what comes is appended behind what is whole.

        Only what a kill left of an unfinished message is cut off, and the end. The check sum over the
        whole file is given up (each message keeps its own): it would mean reading all of it.

        Parameters
        ----------
        whole : Whole
            `RecordingReader.whole` of the same file.

        Raises
        ------
        OutputError
            It cannot be written.
        """
        try:
            fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
            try:
                _hold(fd, path)
                os.ftruncate(fd, whole.end)
            except BaseException:
                os.close(fd)
                raise
        except OSError as error:
            raise OutputError(f"{path}: cannot write the recording: {error.strerror}") from error
        writer = cls.__new__(cls)
        writer.path, writer._fd, writer._closed = path, fd, False
        writer._size, writer._crc, writer._synced_ns = whole.end, None, None
        writer._sha = None
        writer._counts = {
            _FRAMES: whole.frames,
            _GAPS: whole.gaps,
            _EVENTS: whole.events,
            _STEPS: whole.steps,
        }
        writer._times_ns = list(whole.times_ns or ())
        return writer

    @property
    def frames_written(self) -> int:
        """Frames in the file."""
        return self._counts[_FRAMES]

    @property
    def bytes_written(self) -> int:
        """Size of the file (bytes)."""
        return self._size

    @property
    def sha256(self) -> str | None:
        """SHA-256 of the file as written so far (hexadecimal); None of one that was gone on with."""
        return None if self._sha is None else self._sha.hexdigest()

    def append(self, frame: Frame, packing: Packing = Packing.USUAL) -> Cost:
        """Keep a frame; what it took.

        Raises
        ------
        RecordingError
            It could not be written; the file is as before.
        """
        began_s = time.perf_counter()
        self._sync_now_and_then(frame.t_capture_ns)
        flushed_s = time.perf_counter()
        parts = encoded(frame, packing)
        packed_s = time.perf_counter()
        size = self._size
        self._message(_FRAMES, parts, frame.seq, frame.t_capture_ns, frame.time_ns)
        written_s = time.perf_counter()
        writing_s = flushed_s - began_s + written_s - packed_s
        return Cost(packed_s - flushed_s, writing_s, frame.pixels.nbytes, self._size - size)

    def gap(self, gap: Gap) -> None:
        """Keep the fact that frames are missing. Raises as `append`."""
        self._message(_GAPS, encoded(gap), gap.first_seq, gap.t_ns, gap.t_ns)

    def event(self, name: str, data: dict[str, Any], t_ns: int) -> None:
        """Keep something that happened. Raises as `append`."""
        self._message(_EVENTS, encoded(Event(name, t_ns, data)), self._counts[_EVENTS], t_ns, t_ns)

    def step(self, step: Step) -> None:
        """Keep a step of the monitor. Raises as `append`."""
        self._message(_STEPS, encoded(step), step.seq, step.now_ns, step.now_ns)

    def leave(self) -> None:
        """Let go of the file without an end, as a kill would. May be called again."""
        if not self._closed:
            self._closed = True
            os.close(self._fd)

    def close(self) -> None:
        """End the file cleanly. May be called again.

        Raises
        ------
        RecordingError
            The end could not be written; the file reads as one that was cut.
        """
        if self._closed:
            return
        self._closed = True
        try:
            self._write(self._end())
            self._sync()
        finally:
            os.close(self._fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _message(
        self, channel: int, parts: Sequence[bytes | memoryview], seq: int, log_ns: int, publish_ns: int
    ) -> None:
        if self._closed:
            raise RecordingError(f"{self.path}: the recording is closed")
        log_ns, publish_ns = max(log_ns, 0), max(publish_ns, 0)
        length = _MESSAGE.size - _RECORD.size + sum(map(len, parts))
        head = _MESSAGE.pack(Opcode.MESSAGE, length, channel, seq & 0xFFFFFFFF, log_ns, publish_ns)
        self._write(head, *parts)
        self._counts[channel] += 1
        self._times_ns = [min([*self._times_ns[:1], log_ns]), max([*self._times_ns[1:], log_ns])]

    def _write(self, *parts: bytes | memoryview) -> None:
        """Write everything or nothing; what is large is not copied for it."""
        rest = [memoryview(part) for part in parts if len(part)]
        try:
            while rest:
                written = os.writev(self._fd, rest)
                while rest and written >= len(rest[0]):
                    written -= len(rest.pop(0))
                if rest:
                    rest[0] = rest[0][written:]
        except OSError as error:
            os.ftruncate(self._fd, self._size)
            raise RecordingError(f"{self.path}: {error.strerror}") from error
        for part in parts:
            self._size += len(part)
            if self._crc is not None:
                self._crc = zlib.crc32(part, self._crc)
            if self._sha is not None:
                self._sha.update(part)

    def _sync_now_and_then(self, now_ns: int) -> None:
        # Before the frame, not after it: a failure then concerns a frame that is not yet in the file.
        if self._closed or (self._synced_ns is not None and 0 <= now_ns - self._synced_ns < _SYNC_EVERY_NS):
            return
        self._synced_ns = now_ns
        self._sync()

    def _sync(self) -> None:
        try:
            os.fsync(self._fd)
        except OSError as error:
            raise RecordingError(f"{self.path}: {error.strerror}") from error

    def _end(self) -> bytes:
        first_ns, last_ns = self._times_ns or (0, 0)
        statistics = Statistics(
            attachment_count=0,
            channel_count=len(_CHANNELS),
            channel_message_counts={i: count for i, count in self._counts.items() if count},
            chunk_count=0,
            message_count=sum(self._counts.values()),
            message_end_time=last_ns,
            message_start_time=first_ns,
            metadata_count=1,
            schema_count=0,
        )
        data_end = _pack(DataEnd(self._crc or 0))  # 0: not stated (MCAP)
        summary = _pack(*_CHANNELS, statistics)
        footer = _pack(Footer(self._size + len(data_end), 0, 0))[:-4]
        crc = struct.pack("<I", zlib.crc32(summary + footer))
        return data_end + summary + footer + crc + MAGIC


def _hold(fd: int, path: Path) -> None:
    """Hold a file while it is written, so that it is not archived meanwhile; let go of when it is closed."""
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        raise OutputError(f"{path}: is being archived") from None
    except OSError:  # a file system that knows no locks
        return


def _pack(*records: McapRecord) -> bytes:
    builder = RecordBuilder()
    for record in records:
        record.write(builder)
    packed: bytes = builder.end()  # type: ignore[no-untyped-call]  # mcap leaves it untyped
    return packed
