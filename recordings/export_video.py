"""A session, or a part of it, as a lossless video: gray FFV1 in Matroska, frames at their true times."""

from __future__ import annotations

from pathlib import Path

from monitor.errors import RecordingError, SourceError
from recordings.archive_reader import ArchivedReader
from recordings.archive_survey import survey_of
from recordings.export_part import Exported, Wish, positions
from recordings.recording import RecordingReader
from recordings.session import StoredSession
from recordings.video_file import VideoFile, VideoWriter, pixel_format

SCHEMA = "cementwatch.export/1"


def export_video(session: StoredSession, out: Path, wish: Wish) -> Exported:
    """Write a video; packets of an archived session are copied, each held against its checksum.

    Raises
    ------
    SourceError
        No such part, or frames of several sizes or depths.
    OutputError
        It cannot be written.
    """
    with session.frames() as reader:
        first, end = positions(reader, wish.part)
        if isinstance(reader, ArchivedReader) and reader.facts is not None:
            try:
                template = VideoFile(session.recording_path)
            except SourceError:  # its own head is damaged; the packets need not be
                return _encode(session, reader, first, end, out, wish)
            try:
                return _copy(session, reader, template, first, end, out, wish)
            finally:
                template.close()
        return _encode(session, reader, first, end, out, wish)


def _copy(
    session: StoredSession,
    reader: ArchivedReader,
    template: VideoFile,
    first: int,
    end: int,
    out: Path,
    wish: Wish,
) -> Exported:
    bits = reader.facts.bits_stored if reader.facts is not None else 16
    kind = template.kind
    written, start_ms = 0, None
    with VideoWriter(
        out, kind.rows, kind.columns, kind.pixel_format, period_s=1.0, tags=_tags(session, bits, wish),
        template=template,
    ) as writer:  # fmt: skip
        for index in range(first, end):
            wish.step()
            try:
                pts_ms, packet = reader.video_frame(index).pts_ms, reader.packet(index)
            except RecordingError:
                continue
            start_ms = pts_ms if start_ms is None else start_ms
            writer.add_packet(packet, pts_ms - start_ms)
            written += 1
    if not written:
        raise SourceError(f"{reader.path}: no whole frames in the part that is asked for")
    return Exported(written, end - first - written)


def _encode(
    session: StoredSession, reader: RecordingReader, first: int, end: int, out: Path, wish: Wish
) -> Exported:
    survey = survey_of(reader, first, end, wish.step)
    bits = max(survey.bits, session.about.source.intensity.bits_stored)
    with VideoWriter(
        out, survey.rows, survey.columns, pixel_format(survey.bits_allocated, bits),
        period_s=survey.period_s, tags=_tags(session, bits, wish),
    ) as writer:  # fmt: skip
        for index, pts_ms in enumerate(survey.pts_ms, first):
            wish.step()
            if pts_ms >= 0:
                writer.add(reader.read(index).pixels, pts_ms)
    return Exported(survey.whole, end - first - survey.whole)


def _tags(session: StoredSession, bits: int, wish: Wish) -> dict[str, str]:
    """What is said of the video: nothing that names the patient, the day only where asked for."""
    about = session.about
    day = {"CEMENTWATCH_ANCHOR_UTC": about.created_utc, "creation_time": about.created_utc}
    return {
        "CEMENTWATCH_SCHEMA": SCHEMA,
        "CEMENTWATCH_SESSION": about.id,
        "CEMENTWATCH_SOFTWARE": wish.software_version,
        "CEMENTWATCH_BITS_STORED": str(bits),
        **(day if wish.identified else {}),
    }
