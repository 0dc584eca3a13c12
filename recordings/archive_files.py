"""Writes both files of an archive from a recording, and holds them against it."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
from mcap.writer import CompressionType, IndexType
from mcap.writer import Writer as McapWriter

from monitor.errors import RecordingError
from monitor.frame import Frame
from recordings.archive_format import PROFILE, RECORDING_ENDED, VideoFacts, facts_to_metadata
from recordings.archive_reader import ArchivedReader
from recordings.archive_survey import Survey
from recordings.mcap_messages import RawMessage, raw_messages
from recordings.messages import VideoFrame, encode
from recordings.recording import RecordingReader
from recordings.video_file import PacketPlace, VideoFile, VideoWriter, pixel_format, pixels_crc32

_FRAMES_TOPIC = "frames"
_NO_PIXELS = np.zeros((1, 1), np.uint8)
_NO_PIXELS.flags.writeable = False

Kept = dict[int, tuple[Frame, int]]
"""By position: a frame without its pixels, and their CRC-32."""


def write_video(
    path: Path,
    reader: RecordingReader,
    survey: Survey,
    bits: int,
    tags: Mapping[str, str],
    step: Callable[[], None],
) -> Kept:
    """Write every whole frame of a recording as a video.

    Parameters
    ----------
    bits : int
        Bits that values may have.
    step : callable
        Called before each frame.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    kept: Kept = {}
    with VideoWriter(
        path, survey.rows, survey.columns, pixel_format(survey.bits_allocated, bits),
        period_s=survey.period_s, tags=tags,
    ) as writer:  # fmt: skip
        for index, pts_ms in enumerate(survey.pts_ms):
            step()
            if pts_ms < 0:
                continue
            frame = reader.read(index)
            writer.add(frame.pixels, pts_ms)
            head = Frame(frame.seq, frame.t_capture_ns, frame.t_source_ns, _NO_PIXELS, frame.source_id)
            kept[index] = (head, pixels_crc32(frame.pixels))
    return kept


def write_timeline(
    path: Path,
    video: Path,
    reader: RecordingReader,
    survey: Survey,
    kept: Kept,
    about_video: tuple[str, str, int],
    step: Callable[[], None],
) -> None:
    """Write every message of a recording, those of whole frames as places in the video.

    A damaged frame is copied as it is, and stays damaged.

    Parameters
    ----------
    about_video : (str, str, int)
        Its name, its SHA-256 and the bits that its values may have.

    Raises
    ------
    RecordingError
        The video has not got these frames at these times.
    OSError
        It cannot be written.
    """
    file = VideoFile(video)
    try:
        kind = file.kind
        places: list[PacketPlace] = []
        for place in file.packets():
            step()
            places.append(place)
    finally:
        file.close()
    if [place.pts_ms for place in places] != [pts_ms for pts_ms in survey.pts_ms if pts_ms >= 0]:
        raise RecordingError(f"{video}: has not the frames that were written to it")
    name, sha256, bits = about_video
    facts = VideoFacts(name, video.stat().st_size, sha256, bits, kind)
    place_of = dict(zip(kept, places, strict=True))
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(fd, "wb") as out, reader.path.open("rb") as source, video.open("rb") as packets:
        writer = McapWriter(
            out, compression=CompressionType.NONE, use_chunking=False, index_types=IndexType.NONE,
            use_summary_offsets=False, enable_data_crcs=True,
        )  # fmt: skip
        writer.start(PROFILE, "cementwatch")
        ended = {RECORDING_ENDED: "yes" if reader.ended else "no"}
        writer.add_metadata("recording", dict(reader.metadata) | ended | facts_to_metadata(facts))
        channels: dict[str, int] = {}
        index = -1
        for message in raw_messages(source.fileno()):
            data = message.data
            if message.topic == _FRAMES_TOPIC:
                index += 1
                if index in kept:
                    data = encode(_placed(kept[index], place_of[index], survey, packets.fileno()))
            if message.topic not in channels:
                channels[message.topic] = writer.register_channel(message.topic, message.encoding, 0)
            writer.add_message(
                channels[message.topic], message.log_time_ns, data, message.publish_time_ns, message.sequence
            )
        writer.finish()  # type: ignore[no-untyped-call]  # mcap leaves it untyped
        out.flush()
        os.fsync(out.fileno())


def _placed(kept: tuple[Frame, int], place: PacketPlace, survey: Survey, fd: int) -> VideoFrame:
    head, crc = kept
    return VideoFrame(
        seq=head.seq,
        t_capture_ns=head.t_capture_ns,
        t_source_ns=head.t_source_ns,
        source_id=head.source_id,
        rows=survey.rows,
        columns=survey.columns,
        bits_allocated=8 if survey.bits_allocated == 8 else 16,
        pts_ms=place.pts_ms,
        offset=place.offset,
        size=place.size,
        packet_crc32=zlib.crc32(os.pread(fd, place.size, place.offset)),
        pixels_crc32=crc,
    )


def same(
    reader: RecordingReader,
    survey: Survey,
    timeline: Path,
    video: Path,
    step: Callable[[], None],
    done: Callable[[], None],
) -> bool:
    """Read an archive as it will be read, and hold all of it against the recording bit for bit.

    Parameters
    ----------
    step, done : callable
        Called before each part that is read, and after each frame.
    """
    with ArchivedReader(timeline, video) as after:
        if not after.timeline_ended or len(after) != len(reader):
            return False
        for index, pts_ms in enumerate(survey.pts_ms):
            step()
            read = _read(after, index)
            done()
            if pts_ms < 0:
                if read is not None:
                    return False
            elif read is None or not _equal(reader.read(index), read):
                return False
        if after.problem_of_video(step) is not None:
            return False
    with reader.path.open("rb") as one, timeline.open("rb") as other:
        before, now = _beside_frames(one.fileno()), _beside_frames(other.fileno())
        return all(message == next(now, None) for message in before) and next(now, None) is None


def _read(reader: RecordingReader, index: int) -> Frame | None:
    try:
        return reader.read(index)
    except RecordingError:
        return None


def _equal(one: Frame, other: Frame) -> bool:
    heads = [(f.seq, f.t_capture_ns, f.t_source_ns, f.source_id, f.pixels.dtype) for f in (one, other)]
    return heads[0] == heads[1] and np.array_equal(one.pixels, other.pixels)


def _beside_frames(fd: int) -> Iterator[RawMessage]:
    """All messages, but of frames where they stand alone."""
    return raw_messages(fd, skip_data_of=_FRAMES_TOPIC)
