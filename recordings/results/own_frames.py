"""The session's frames as multi-frame secondary capture, where there is no DICOM source to refer to.

Every value and time as it was recorded, in as many objects as their size asks for.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from recordings.archive_survey import survey_of
from recordings.export_dicom import header_of
from recordings.export_part import Part, Wish
from recordings.multi_frame_file import MultiFrameFile
from recordings.recording import RecordingReader
from recordings.results.frames import ImageObject, ImageObjects
from recordings.results.making import STANDING, Making

PART_BYTES = 1 << 30
"""Largest object: what a peer must take at once."""


def write_frames(
    making: Making,
    reader: RecordingReader,
    out: Path,
    step: Callable[[], None] = lambda: None,
    *,
    part_bytes: int = PART_BYTES,
) -> tuple[ImageObjects, list[Path]]:
    """Write the frames; no more than one is in memory. Damaged ones are left out.

    Raises
    ------
    SourceError
        No whole frame, or frames of several sizes or depths.
    OSError
        They cannot be written.
    """
    source = making.session.about.source
    frame_bytes = source.rows * source.columns * (1 if source.intensity.bits_stored <= 8 else 2)
    length = max(1, part_bytes // frame_bytes)
    images, paths = [], []
    for number, first in enumerate(range(0, len(reader), length), 1):
        image, path = _write_part(
            making, reader, out / f"frames-{number:03d}.dcm", (first, min(first + length, len(reader))),
            number, step,
        )  # fmt: skip
        images.append(image)
        paths.append(path)
    return ImageObjects(images), paths


def _write_part(
    making: Making,
    reader: RecordingReader,
    path: Path,
    part: tuple[int, int],
    number: int,
    step: Callable[[], None],
) -> tuple[ImageObject, Path]:
    first, end = part
    survey = survey_of(reader, first, end, step)
    wish = Wish(Part(), identified=False, software_version=making.software_version, step=step)
    made, notes = header_of(making.session, survey, first, end, wish)
    uid = making.frames_uid(str(first), str(end))
    header = making.header("frames", made.SOPClassUID, uid)
    for element in made:
        if element.keyword not in header:
            header.add(element)
    del header.LossyImageCompression
    making.say_loss(header)
    header.InstanceNumber = number
    header.DerivationDescription = "; ".join(
        (f"Recorded images, every value as recorded. {STANDING}", *notes)
    )
    seqs = []
    with MultiFrameFile(path, header) as file:
        for position, pts_ms in enumerate(survey.pts_ms, first):
            step()
            if pts_ms >= 0:
                frame = reader.read(position)
                file.add(frame.pixels)
                seqs.append(frame.seq)
    image = ImageObject(
        str(header.SOPClassUID), uid, str(header.SeriesInstanceUID), making.study_uid, seqs, header.Modality
    )
    return image, path
