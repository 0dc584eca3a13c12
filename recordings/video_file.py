"""Gray frames without loss in a file that any player opens: FFV1 in Matroska, and single packets out of it.

FFV1 version 3 (RFC 9043), each frame a key frame in slices with a CRC of their own. Values are stored as
they are in the smallest of ``gray`` (8 bit), ``gray10le``, ``gray12le`` and ``gray16le`` that holds them.
"""

from __future__ import annotations

import errno
import os
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import av.error
import numpy as np
from av.container import InputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from monitor.errors import OutputError, RecordingError, SourceError
from monitor.frame import Pixels, freeze_pixels
from monitor.sources.sequence import LARGEST_AREA_PX

FORMATS = {"gray": 8, "gray10le": 10, "gray12le": 12, "gray16le": 16}
_MS = Fraction(1, 1000)
_SMALL_PX = 64
_THREADS = 2
_BLOCK_HEAD_BYTES = 16  # of a Matroska block: track, time, flags


def pixel_format(bits_allocated: int, bits: int) -> str:
    """The format that holds values of so many bits in words of 8 or 16."""
    if bits_allocated == 8:
        return "gray"
    return next(name for name, most in FORMATS.items() if most > 8 and bits <= most)


def pixels_crc32(pixels: Pixels) -> int:
    """CRC-32 of the pixels row by row, 16 bit values little-endian."""
    stored = np.ascontiguousarray(pixels)
    return zlib.crc32(stored.astype(stored.dtype.newbyteorder("<"), copy=False).view(np.uint8).data)


@dataclass(frozen=True, slots=True)
class Kind:
    """What a decoder must know beforehand: size (px), pixel format and FFV1's configuration record."""

    rows: int
    columns: int
    pixel_format: str
    extradata: bytes


@dataclass(frozen=True, slots=True)
class PacketPlace:
    """Where a packet lies in its file (bytes), and when it is shown (ms)."""

    offset: int
    size: int
    pts_ms: int


class VideoWriter:
    """Writes a new file that only its owner can read.

    Parameters
    ----------
    path : Path
        Replaced where it exists.
    rows, columns : int
    pixel_format : str
        One of `FORMATS`.
    period_s : float
        Usual time between frames; only stated.
    tags : mapping of str to str
    template : VideoFile or None
        Its packets are added as they are; None: pixels are.

    Raises
    ------
    OutputError
        It cannot be written; also raised by `add`, `add_packet` and `close`.
    """

    def __init__(
        self,
        path: Path,
        rows: int,
        columns: int,
        pixel_format: str,
        *,
        period_s: float,
        tags: Mapping[str, str],
        template: VideoFile | None = None,
    ) -> None:
        self.path, self._format, self._last_ms = path, pixel_format, -1
        with _told(path):
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600))
            # the same frames give the same bytes: no random name, no version of FFmpeg
            options = {"fflags": "+bitexact"}
            self._container = av.open(str(path), "w", format="matroska", options=options)
            self._container.metadata.update(tags)
            if template is not None:
                self._stream: VideoStream = self._container.add_stream_from_template(template.stream)
            else:
                small = rows < _SMALL_PX or columns < _SMALL_PX
                options = {"level": "3", "slices": "1" if small else "4", "slicecrc": "1", "g": "1"}
                rate = Fraction(1 / period_s).limit_denominator(1000)
                self._stream = self._container.add_stream("ffv1", rate=rate, options=options)
                self._stream.width, self._stream.height = columns, rows
                self._stream.pix_fmt = pixel_format
                self._stream.codec_context.time_base = _MS
                self._stream.codec_context.thread_type = "SLICE"
                self._stream.codec_context.thread_count = _THREADS
            self._stream.time_base = _MS
        self._closed = False

    def add(self, pixels: Pixels, pts_ms: int) -> None:
        """Append a frame, shown at a later time than the one before (ms)."""
        with _told(self.path):
            frame = av.VideoFrame.from_ndarray(pixels, format=self._format)
            frame.pts, frame.time_base = pts_ms, _MS
            for packet in self._stream.encode(frame):
                self._container.mux(packet)

    def add_packet(self, data: bytes, pts_ms: int) -> None:
        """Append a packet of `template`."""
        with _told(self.path):
            packet = av.Packet(data)
            packet.stream, packet.time_base = self._stream, _MS
            packet.pts = packet.dts = pts_ms
            packet.is_keyframe = True
            self._container.mux(packet)

    def close(self) -> None:
        """Write what is left, the index, and all of it to the disk. May be called again."""
        if self._closed:
            return
        self._closed = True
        with _told(self.path):
            try:
                if self._stream.codec_context is not None and self._stream.codec_context.is_encoder:
                    for packet in self._stream.encode():
                        self._container.mux(packet)
            finally:
                self._container.close()
            sync(self.path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        elif not self._closed:
            self._closed = True
            with suppress(av.error.FFmpegError, OSError):
                self._container.close()


class _told:  # noqa: N801 - a context manager
    """Turns what the system and FFmpeg say of a file that is written into `OutputError`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, OSError | av.error.FFmpegError):
            words = os.strerror(error.errno) if error.errno and error.errno in errno.errorcode else str(error)
            raise OutputError(f"{self._path}: cannot be written: {words}") from error


def sync(path: Path) -> None:
    """Have a file, or a folder's names, on the disk. Raises `OSError`."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


class VideoFile:
    """The packets of a gray FFV1 video, found by reading through it.

    Raises
    ------
    SourceError
        It cannot be opened as such a video.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            # only this file: another one's name in it must not make us open that
            opened = av.open(f"file:{path}", options={"protocol_whitelist": "file"}, format="matroska")
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise SourceError(f"{path}: not a readable video ({error})") from error
        self._container: InputContainer = opened
        try:
            self.stream = opened.streams.video[0]
            context = self.stream.codec_context
            if context.name != "ffv1" or context.format is None or context.format.name not in FORMATS:
                raise SourceError(f"{path}: not a gray FFV1 video")
            self.kind = Kind(context.height, context.width, context.format.name, context.extradata or b"")
            check_kind(self.kind)
        except (IndexError, AttributeError, RecordingError) as error:
            self.close()
            raise SourceError(f"{path}: not a gray FFV1 video") from error
        except BaseException:
            self.close()
            raise

    @property
    def tags(self) -> dict[str, str]:
        """What is written at its start."""
        return dict(self._container.metadata)

    def packets(self) -> Iterator[PacketPlace]:
        """Each packet as far as the container can be followed; nothing is decoded."""
        fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            for packet in self._container.demux(self.stream):
                if not packet.size or packet.pos is None or packet.pts is None or packet.is_corrupt:
                    continue
                data = bytes(packet)
                head = os.pread(fd, len(data) + _BLOCK_HEAD_BYTES, packet.pos)
                at = head.find(data)
                if at >= 0:
                    pts_ms = round(packet.pts * Fraction(packet.time_base or _MS) * 1000)
                    yield PacketPlace(packet.pos + at, len(data), pts_ms)
        except (av.error.FFmpegError, OSError, ValueError):
            return
        finally:
            os.close(fd)

    def close(self) -> None:
        """Release the file."""
        self._container.close()


def check_kind(kind: Kind) -> None:
    """Refuse a size that is none. Raises `RecordingError`."""
    if kind.rows < 1 or kind.columns < 1 or kind.rows * kind.columns > LARGEST_AREA_PX:
        raise RecordingError(f"{kind.columns} x {kind.rows} px are too many")
    if kind.pixel_format not in FORMATS:
        raise RecordingError(f"pixels of the kind {kind.pixel_format!r}")


class PacketDecoder:
    """Decodes packets in any order; used by one thread at a time."""

    def __init__(self, kind: Kind) -> None:
        check_kind(kind)
        self.kind = kind
        self._context: VideoCodecContext | None = None

    def decode(self, packet: bytes) -> Pixels:
        """Pixels of a frame, read-only; FFmpeg fills a damaged slice unseen: hold them against a checksum.

        Raises
        ------
        RecordingError
            It cannot be decoded, or is of another size or kind.
        """
        kind = self.kind
        try:
            if self._context is None:
                self._context = self._opened()
            frames = self._context.decode(av.Packet(packet))
            if len(frames) != 1:
                raise RecordingError("not one frame")
            frame = frames[0]
            if (frame.height, frame.width, frame.format.name) != (
                kind.rows,
                kind.columns,
                kind.pixel_format,
            ):
                raise RecordingError("another size or kind of pixels than is stated")
            return freeze_pixels(frame.to_ndarray(), copy=True)
        except (av.error.FFmpegError, ValueError, OSError) as error:
            self._context = None  # begun anew: what is left of a broken frame is nobody's business
            raise RecordingError(f"cannot be decoded: {error}") from error
        except RecordingError:
            self._context = None
            raise

    def _opened(self) -> VideoCodecContext:
        context = av.CodecContext.create("ffv1", "r")
        if not isinstance(context, VideoCodecContext):
            raise RecordingError("there is no decoder for FFV1")
        context.extradata = self.kind.extradata
        context.width, context.height = self.kind.columns, self.kind.rows
        context.thread_type, context.thread_count = "SLICE", _THREADS
        context.options = {"err_detect": "crccheck+explode"}
        return context
