"""A session, or a part of it, as one multi-frame DICOM object.

Multi-frame Grayscale Byte (or Word) Secondary Capture Image (DICOM PS3.3 A.8.3, A.8.4), uncompressed, every
value as it was recorded. The times of frames are a Frame Time where they are even to a millisecond, else a
Frame Time Vector (PS3.3 C.7.6.5).
"""

from __future__ import annotations

import os
from array import array
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.tag import Tag
from pydicom.uid import (
    ExplicitVRLittleEndian,
    MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
    MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
    generate_uid,
)

from monitor.errors import OutputError
from recordings.archive_survey import Survey, survey_of
from recordings.export_part import Exported, Wish, positions
from recordings.multi_frame_file import LARGEST_BYTES, MultiFrameFile
from recordings.session import StoredSession

_LONGEST_VECTOR = 65534
"""Bytes of a value of VR DS in explicit VR (PS3.5 7.1.2)."""
_EVEN_MS = 1.0
_LEAST_WORD_BITS = 9
_CONVERSION = {"device": "DV", "network": "DV", "simulated": "SYN"}
_LONGEST_TEXT = 64


def export_dicom(session: StoredSession, out: Path, wish: Wish) -> Exported:
    """Write a DICOM object; no more than one frame is in memory.

    Raises
    ------
    SourceError
        No such part, or frames of several sizes or depths.
    OutputError
        More than one object can hold (4 GiB), or it cannot be written.
    OSError
        It cannot be written.
    """
    with session.frames() as reader:
        first, end = positions(reader, wish.part)
        _check_size(session, end - first, out)
        survey = survey_of(reader, first, end, wish.step)
        header, notes = header_of(session, survey, first, end, wish)
        os.close(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600))
        with MultiFrameFile(out, header) as file:
            for index, pts_ms in enumerate(survey.pts_ms, first):
                wish.step()
                if pts_ms >= 0:
                    file.add(reader.read(index).pixels)
    return Exported(survey.whole, end - first - survey.whole, notes)


def _check_size(session: StoredSession, count: int, out: Path) -> None:
    """Refuse what is too much for one object before any frame is read. Raises `OutputError`."""
    source = session.about.source
    frame_bytes = source.rows * source.columns * (1 if source.intensity.bits_stored <= 8 else 2)
    if count * frame_bytes > LARGEST_BYTES:
        most = LARGEST_BYTES // frame_bytes
        raise OutputError(
            f"{out}: {count} frames are too many for one DICOM object; choose at most {most} by --first and "
            "--last, or by --from-s and --to-s"
        )


def header_of(
    session: StoredSession, survey: Survey, first: int, end: int, wish: Wish
) -> tuple[Dataset, tuple[str, ...]]:
    """Everything but the pixels, and what is to be said of it. The same part gives the same header."""
    about, source = session.about, session.about.source
    byte = survey.bits_allocated == 8
    bits = 8 if byte else max(_LEAST_WORD_BITS, survey.bits, source.intensity.bits_stored)
    seed = [about.id, "identified" if wish.identified else "not identified"]
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.SOPClassUID = (
        MultiFrameGrayscaleByteSecondaryCaptureImageStorage
        if byte
        else MultiFrameGrayscaleWordSecondaryCaptureImageStorage
    )
    ds.StudyInstanceUID = generate_uid(entropy_srcs=["study", *seed])
    ds.SeriesInstanceUID = generate_uid(entropy_srcs=["series", *seed])
    ds.SOPInstanceUID = generate_uid(entropy_srcs=["instance", *seed, str(first), str(end)])
    _whose(ds, session, wish)
    ds.Modality = modality_of(source.attributes.get("Modality", ""))
    ds.ConversionType = _CONVERSION.get(source.kind, "WSD")
    ds.Manufacturer = "CementWatch"
    ds.SoftwareVersions = wish.software_version
    ds.SeriesNumber = ds.InstanceNumber = 1
    ds.BodyPartExamined, ds.PatientOrientation = "SPINE", ""  # unpaired: it has no laterality
    ds.ImageType = ["DERIVED", "SECONDARY"]
    ds.LossyImageCompression = "00"
    ds.BurnedInAnnotation = "NO" if source.kind == "simulated" else "YES"
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.Rows, ds.Columns = survey.rows, survey.columns
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = survey.bits_allocated, bits, bits - 1
    ds.PixelRepresentation = 0
    ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = "0", "1", "US"
    ds.PresentationLUTShape = "IDENTITY"
    ds.NumberOfFrames = survey.whole
    notes = set_times(ds, survey.pts_ms) if survey.whole > 1 else ()
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = ds.SOPClassUID
    meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta = meta
    return ds, notes


def _whose(ds: Dataset, session: StoredSession, wish: Wish) -> None:
    """Patient, operator and day, where they are asked for and known."""
    about = session.about
    ds.PatientName = ds.PatientID = ds.PatientBirthDate = ds.PatientSex = ""
    ds.StudyDate = ds.StudyTime = ds.StudyID = ds.AccessionNumber = ds.ReferringPhysicianName = ""
    ds.ContentDate = ds.ContentTime = ""
    if not wish.identified:
        return
    try:
        day = datetime.fromisoformat(about.created_utc)
    except ValueError:
        day = None
    if day is not None:
        ds.StudyDate = ds.ContentDate = f"{day:%Y%m%d}"
        ds.StudyTime = ds.ContentTime = f"{day:%H%M%S}"
        ds.TimezoneOffsetFromUTC = "+0000"
    if about.procedure is None:
        return
    ds.PatientName = _text(about.procedure.patient_name).replace("=", "-")  # "=" parts scripts of a name
    ds.PatientID = _text(about.procedure.patient_id)
    ds.OperatorsName = _text(about.procedure.operator).replace("=", "-")
    ds.StudyDescription = _text(about.procedure.description)


def _text(typed: str | None) -> str:
    """As a value of one line may hold it: no backslash, which parts values, and not too long."""
    return (typed or "").replace("\\", "/")[:_LONGEST_TEXT]


def modality_of(stated: str) -> str:
    """XA or RF where it is one, else OT."""
    return stated if stated in ("XA", "RF") else "OT"


def set_times(ds: Dataset, shown: array[int]) -> tuple[str, ...]:
    """Say when frames are shown; what is to be said where that cannot be done exactly."""
    times_ms = [pts_ms for pts_ms in shown if pts_ms >= 0]
    start_ms = times_ms[0]
    mean_ms = (times_ms[-1] - start_ms) / (len(times_ms) - 1)
    even = all(
        abs(time_ms - start_ms - number * mean_ms) <= _EVEN_MS for number, time_ms in enumerate(times_ms)
    )
    steps = [0, *(after - before for before, after in pairwise(times_ms))]
    if not even and sum(len(str(step)) + 1 for step in steps) <= _LONGEST_VECTOR:
        ds.FrameTimeVector = [str(step) for step in steps]  # of a number pydicom would write 66.0
        ds.FrameIncrementPointer = Tag("FrameTimeVector")
        return ()
    ds.FrameTime = f"{mean_ms:.10g}"
    ds.FrameIncrementPointer = Tag("FrameTime")
    ds.RecommendedDisplayFrameRate = ds.CineRate = max(1, round(1000 / mean_ms))
    if even:
        return ()
    return (f"frames are {mean_ms:.3f} ms apart on the mean; their own times are more than DICOM can hold",)
