"""Key frames and the annotated run: painted, as Multi-frame True Color Secondary Capture (PS3.3 A.8.5).

Key frames are kept as painted. A run is compressed (JPEG baseline, lossy, which every viewer decodes), and
says so.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np
from highdicom.sr import CodedConcept
from pydicom import dcmwrite
from pydicom.dataset import Dataset
from pydicom.tag import Tag
from pydicom.uid import JPEGBaseline8Bit, MultiFrameTrueColorSecondaryCaptureImageStorage

from monitor.errors import OutputError
from recordings.export_dicom import set_times
from recordings.results.codes import SOURCE_IMAGE
from recordings.results.course import KeyMoment
from recordings.results.frames import ImageObjects
from recordings.results.making import STANDING, Making, short
from recordings.results.painting import Colours, Painter

JPEG_QUALITY = 90
_FRAME_LABELS = Tag(0x0018, 0x2002)
_LONGEST_DERIVATION = 1024


def _jpeg(pixels: Colours, path: Path) -> bytes:
    """A picture compressed, as an item of encapsulated pixel data (PS3.5 A.4)."""
    options = [
        cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422,
    ]  # fmt: skip
    done, coded = cv2.imencode(".jpg", pixels[:, :, ::-1], options)
    if not done:
        raise OutputError(f"{path}: a picture cannot be compressed")
    data = coded.tobytes()
    data += b"\0" * (len(data) % 2)
    return struct.pack("<HHI", 0xFFFE, 0xE000, len(data)) + data


@contextmanager
def _spooled(path: Path) -> Iterator[BinaryIO]:
    """Pixel data on the way: what the header says of them is known once all are there."""
    spool = path.with_suffix(".pixels")
    try:
        with spool.open("x+b") as file:
            yield file
    finally:
        spool.unlink(missing_ok=True)


def _finish(path: Path, header: Dataset, spool: BinaryIO, *, encapsulated: bool) -> None:
    """Write the header and, behind it, what was spooled."""
    size = spool.seek(0, 2)
    spool.seek(0)
    dcmwrite(path, header, enforce_file_format=True)
    with path.open("ab") as file:
        length = 0xFFFFFFFF if encapsulated else size + size % 2
        file.write(struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OB", 0, length))
        if encapsulated:
            file.write(struct.pack("<HHI", 0xFFFE, 0xE000, 0))  # an empty table of offsets
        while part := spool.read(1 << 20):
            file.write(part)
        file.write(struct.pack("<HHI", 0xFFFE, 0xE0DD, 0) if encapsulated else b"\0" * (size % 2))


def _header(
    making: Making, kind: str, painter: Painter, sources: list[Dataset], count: int, words: Iterable[str]
) -> Dataset:
    columns, rows = painter.size_px
    ds = making.header(kind, MultiFrameTrueColorSecondaryCaptureImageStorage, making.uid(kind))
    ds.Modality, ds.ConversionType = making.modality, "WSD"
    ds.BodyPartExamined, ds.PatientOrientation = "SPINE", ""
    ds.ImageType = ["DERIVED", "SECONDARY"]
    ds.BurnedInAnnotation = "YES"
    ds.SamplesPerPixel, ds.PlanarConfiguration = 3, 0
    ds.PhotometricInterpretation = "RGB"
    ds.Rows, ds.Columns, ds.NumberOfFrames = rows, columns, count
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 8, 8, 7, 0
    words = (f"Painted with the overlay of CementWatch. {STANDING}", *words)
    ds.DerivationDescription = short(words, _LONGEST_DERIVATION)
    for item in sources:
        item.PurposeOfReferenceCodeSequence = [CodedConcept.from_code(SOURCE_IMAGE)]
    if sources:
        ds.SourceImageSequence = sources
    return ds


def write_key_frames(
    making: Making, painter: Painter, images: ImageObjects, moments: Sequence[KeyMoment], path: Path
) -> Dataset | None:
    """Write the key frames, each as long as it is needed in memory; None where none can be painted.

    Raises
    ------
    OSError
        They cannot be written.
    """
    shown: list[KeyMoment] = []
    with _spooled(path) as spool:
        for moment in moments:
            pixels = painter.of(moment.at.seq)
            if pixels is not None:
                spool.write(np.ascontiguousarray(pixels).tobytes())
                shown.append(moment)
        if not shown:
            return None
        times_s = [making.course.seconds(moment.at.t_ns) for moment in shown]
        said = [
            f"{number}: {at_s:.1f} s, {', '.join(moment.why)}"
            for number, (at_s, moment) in enumerate(zip(times_s, shown, strict=True), 1)
        ]
        sources = images.references(moment.at.seq for moment in shown)
        header = _header(making, "key", painter, sources, len(shown), said)
        making.say_loss(header)
        if len(shown) > 1:
            header.FrameIncrementPointer = _FRAME_LABELS
            header.FrameLabelVector = [f"{at_s:.1f} s" for at_s in times_s]
        _finish(path, header, spool, encapsulated=False)
        return header


def write_run(
    making: Making,
    painter: Painter,
    images: ImageObjects,
    path: Path,
    step: Callable[[], None] = lambda: None,
) -> Dataset | None:
    """Write the annotated run, one picture in memory; None where nothing can be shown.

    Raises
    ------
    OutputError, OSError
        It cannot be written.
    """
    shown, seqs = array("q"), []
    first_ns: int | None = None
    coded_bytes = plain_bytes = 0
    with _spooled(path) as spool:
        for image in painter.run():
            step()
            first_ns = image.t_ns if first_ns is None else first_ns
            t_ms = (image.t_ns - first_ns + 500_000) // 1_000_000
            shown.append(max(t_ms, shown[-1] + 1) if shown else 0)
            seqs.append(image.seq)
            item = _jpeg(image.pixels, path)
            spool.write(item)
            coded_bytes += len(item)
            plain_bytes += image.pixels.nbytes
        if not seqs:
            return None
        sources = images.references(dict.fromkeys(seqs))
        header = _header(making, "run", painter, sources, len(seqs), ())
        header.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
        header.PhotometricInterpretation = "YBR_FULL_422"
        header.LossyImageCompression = "01"
        header.LossyImageCompressionMethod = "ISO_10918_1"
        header.LossyImageCompressionRatio = f"{plain_bytes / coded_bytes:.4g}"
        if len(seqs) > 1:
            said = header.DerivationDescription, *set_times(header, shown)
            header.DerivationDescription = short(said, _LONGEST_DERIVATION)
        _finish(path, header, spool, encapsulated=True)
        return header
