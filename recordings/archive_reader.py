"""Reads an archived recording, whatever happened to either of its files; see `recordings.archive_format`.

The same interface as `RecordingReader`. A packet is held against its checksum before it is decoded and the
pixels against theirs after it: what is given is what was recorded. Nothing depends on the structure of the
video: the time line knows where each packet lies.
"""

from __future__ import annotations

import os
import threading
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from monitor.errors import RecordingError, SourceError
from monitor.frame import Frame
from monitor.sources.ffv1 import slices_are_whole
from monitor.sources.sequence import LARGEST_AREA_PX
from recordings.archive_format import RECORDING_ENDED, VideoFacts, facts_of
from recordings.checksums import sha256_of
from recordings.messages import Message, VideoFrame, decode
from recordings.recording_check import RecordingCheck
from recordings.recording_format import Whole
from recordings.recording_reader import Heads, RecordingReader
from recordings.video_file import Kind, PacketDecoder, PacketPlace, VideoFile, pixels_crc32

_LARGEST_PACKET = 3 * LARGEST_AREA_PX


class ArchivedReader(RecordingReader):
    """Frames out of the video, everything else out of the time line. May be used by several threads.

    Parameters
    ----------
    timeline, video : Path
        Where the video is missing every frame is damaged; gaps, events and whatever else are still given.

    Raises
    ------
    SourceError
        The time line cannot be read or is none.
    """

    def __init__(self, timeline: Path, video: Path) -> None:
        self.video = video
        self._decoding = threading.Lock()
        self._decoder: PacketDecoder | None = None
        self._looked: tuple[str | None] | None = None
        self._video_fd = -1
        super().__init__(timeline)
        self._video_fd, self._video_error = _opened(video)
        self.facts: VideoFacts | None = facts_of(self.metadata)
        """What the time line says of the video; None where that is damaged."""

    @property
    def timeline_ended(self) -> bool:
        """Whether the time line has its clean end, whatever the recording had that it was made of."""
        return super().ended

    @property
    def ended(self) -> bool:
        """Whether the time line has its clean end, and the recording had."""
        return self.timeline_ended and self.metadata.get(RECORDING_ENDED) != "no"

    def _frame(self, message: Message) -> Frame:
        if not isinstance(message, VideoFrame):
            raise RecordingError("not a frame of the video")
        packet = self._packet(message)
        with self._decoding:
            if self._decoder is None:
                self._decoder = PacketDecoder(self._kind(message))
            pixels = self._decoder.decode(packet)
        if pixels.shape != (message.rows, message.columns) or pixels.itemsize * 8 != message.bits_allocated:
            raise RecordingError("another size or kind of pixels than was recorded")
        if pixels_crc32(pixels) != message.pixels_crc32:
            raise RecordingError("its pixels are not those that were recorded")
        return Frame(message.seq, message.t_capture_ns, message.t_source_ns, pixels, message.source_id)

    def _packet(self, message: VideoFrame) -> bytes:
        if self._video_error is not None:
            raise RecordingError(self._video_error)
        if message.size > _LARGEST_PACKET:
            raise RecordingError("too large")
        try:
            packet = os.pread(self._video_fd, message.size, message.offset)
        except OSError as error:
            raise RecordingError(f"{self.video.name}: {error.strerror}") from error
        if len(packet) < message.size:
            raise RecordingError(f"{self.video.name} ends before it")
        if zlib.crc32(packet) != message.packet_crc32:
            raise RecordingError(f"its packet in {self.video.name} is not as it was written")
        return packet

    def _kind(self, message: VideoFrame) -> Kind:
        if self.facts is not None:
            return self.facts.kind
        try:  # the time line's head is damaged: the video says the same of itself
            video = VideoFile(self.video)
        except SourceError as error:
            raise RecordingError(str(error)) from error
        video.close()
        return video.kind

    def video_frame(self, index: int) -> VideoFrame:
        """What the time line says of the frame at a position. Raises as `read`."""
        if not 0 <= index < len(self):
            raise IndexError(index)
        message = decode(os.pread(self._fd, self._frames.lengths[index], self._frames.offsets[index]))
        if not isinstance(message, VideoFrame):
            raise RecordingError(f"{self.path}: at position {index} is no frame of the video")
        return message

    def packet(self, index: int) -> bytes:
        """The frame at a position as it was compressed, held against its checksum. Raises as `read`."""
        return self._checked_packet(index)[1]

    def _checked_packet(self, index: int) -> tuple[VideoFrame, bytes]:
        message = self.video_frame(index)
        return message, self._packet(message)

    def problem_of_video(self, step: Callable[[], None] = lambda: None) -> str | None:
        """What is wrong with the video as a whole, all of which is read once; None where nothing is.

        `step` is called before each part of it.
        """
        if self._looked is None:
            self._looked = (self._look_at_video(step),)
        return self._looked[0]

    def _look_at_video(self, step: Callable[[], None]) -> str | None:
        if self._video_error is not None:
            return self._video_error
        if self.facts is None:
            return f"{self.path.name} does not say how {self.video.name} was written"
        size = os.fstat(self._video_fd).st_size
        if size != self.facts.size_bytes:
            return f"{self.video.name} has {size} bytes, was written with {self.facts.size_bytes}"
        try:
            digest = sha256_of(self.video, step)
        except OSError as error:
            return f"{self.video.name} cannot be read: {error.strerror}"
        if digest != self.facts.sha256:
            return f"{self.video.name} is not as it was written"
        return None

    def _whole_seqs(self, quick: bool) -> Iterator[int]:
        if not quick:
            yield from super()._whole_seqs(quick)
            return
        for index in range(len(self)):
            try:
                yield self._checked_packet(index)[0].seq
            except RecordingError:
                self._damaged.add(self._frames.offsets[index])

    def check(self, step: Callable[[], None] = lambda: None, *, quick: bool = False) -> RecordingCheck:
        """Read everything and say what is there.

        Where `quick`, packets are held against their checksums alone: each was decoded and compared when it
        was archived.
        """
        found = super().check(step, quick=quick)
        whole = found.complete and self.problem_of_video() is None
        return RecordingCheck(found.frames, found.gaps, found.missing, found.damaged, found.ended, whole)

    def whole(self) -> Whole:
        """Nothing can be appended. Raises `RecordingError`."""
        raise RecordingError(f"{self.path}: has been archived; nothing can be added to it")

    def close(self) -> None:
        """Release the files. May be called again."""
        super().close()
        if self._video_fd >= 0:
            os.close(self._video_fd)
            self._video_fd = -1


class VideoOnlyReader(RecordingReader):
    """Frames of a video whose time line is lost: numbered as they lie, at the times of their packets.

    It never is complete: gaps and events are unknown. Each frame is held against the checksums of its slices.

    Raises
    ------
    SourceError
        It is no video of an archive.
    """

    def __init__(self, video: Path) -> None:
        self._blank(video)
        file = VideoFile(video)
        try:
            self._places: list[PacketPlace] = list(file.packets())
            self._kind, self.metadata = file.kind, file.tags
        finally:
            file.close()
        self._decoding = threading.Lock()
        self._decoder = PacketDecoder(self._kind)
        self._fd, error = _opened(video)
        if error is not None:
            raise SourceError(f"{video.parent}: {error}")

    def __len__(self) -> int:
        """Packets that were found."""
        return len(self._places)

    @property
    def frame_heads(self) -> Heads:
        """Numbers and times of all packets."""
        return Heads(
            tuple(range(len(self._places))), tuple(place.pts_ms * 1_000_000 for place in self._places)
        )

    def refresh(self) -> int:
        """Nothing comes any more."""
        return 0

    def read(self, index: int) -> Frame:
        """Return the frame at a position. Raises as `RecordingReader.read`."""
        if not 0 <= index < len(self._places):
            raise IndexError(index)
        place = self._places[index]
        try:
            if place.size > _LARGEST_PACKET:
                raise RecordingError("too large")
            packet = os.pread(self._fd, place.size, place.offset)
            if slices_are_whole(packet) is not True:
                raise RecordingError("checksum does not match")
            with self._decoding:
                pixels = self._decoder.decode(packet)
        except RecordingError as error:
            self._damaged.add(place.offset)
            raise RecordingError(f"{self.path}: frame at position {index} is damaged: {error}") from error
        t_ns = place.pts_ms * 1_000_000
        return Frame(index, t_ns, t_ns, pixels, str(self.path))

    @property
    def damaged_frames(self) -> tuple[int, ...]:
        """Positions of the frames found damaged so far."""
        return tuple(index for index, place in enumerate(self._places) if place.offset in self._damaged)

    def check(self, step: Callable[[], None] = lambda: None, *, quick: bool = False) -> RecordingCheck:
        """Read everything and say what is there."""
        frames = 0
        for _ in self:
            frames += 1
            step()
        return RecordingCheck(frames, (), (), self.damaged, ended=False, complete=False)

    def whole(self) -> Whole:
        """Nothing can be appended. Raises `RecordingError`."""
        raise RecordingError(f"{self.path}: has been archived; nothing can be added to it")


def open_archived(timeline: Path, video: Path) -> ArchivedReader | VideoOnlyReader:
    """Open an archived recording; by the video alone where there is no time line. Raises `SourceError`."""
    return ArchivedReader(timeline, video) if timeline.exists() else VideoOnlyReader(video)


def _opened(video: Path) -> tuple[int, str | None]:
    """The video's descriptor, and why there is none."""
    try:
        return os.open(video, os.O_RDONLY | os.O_CLOEXEC), None
    except OSError as error:
        return -1, f"{video.name} cannot be read: {error.strerror}"
