"""The cement as DICOM Segmentation (PS3.3 A.51): binary, of each level what is within the body, and outside.

highdicom's own segmentation takes one frame alone where images have no frame of reference, as fluoroscopy has
none, and holds all masks in memory. So the functional groups are put together here, and the bits are copied
one mask after the other. Each mask refers to the frame that it lies on, pixel on pixel.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from highdicom import AlgorithmIdentificationSequence
from highdicom.seg import SegmentDescription
from highdicom.sr import CodedConcept
from pydicom import dcmwrite
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items
from pydicom.sr.codedict import codes
from pydicom.tag import Tag
from pydicom.uid import SegmentationStorage

from monitor.errors import OutputError
from monitor.frame_mask import OUTSIDE, WITHIN
from recordings.multi_frame_file import LARGEST_BYTES
from recordings.results.codes import (
    CEMENT_OUTSIDE,
    CEMENT_WITHIN,
    PHYSICAL_OBJECT,
    SEGMENTATION,
    SOURCE_IMAGE,
    scheme_items,
    vertebra,
)
from recordings.results.frames import FrameRef, ImageObjects
from recordings.results.making import STANDING, Making
from recordings.results.spool import Held, Key, MaskSpool

_TYPES = {WITHIN: ("within the body", CEMENT_WITHIN), OUTSIDE: ("outside the body", CEMENT_OUTSIDE)}
_COLOURS = {WITHIN: [39321, 32896, 20046], OUTSIDE: [34734, 53456, 50115]}
"""CIELab as PS3.3 C.10.7.1.1 scales it: blue within, red outside."""
_SEGMENT_NUMBER, _IDENTIFICATION = Tag("ReferencedSegmentNumber"), Tag("SegmentIdentificationSequence")
_POSITION, _CONTENT = Tag("TemporalPositionIndex"), Tag("FrameContentSequence")


def write_masks(making: Making, spool: MaskSpool, images: ImageObjects, path: Path) -> Dataset | None:
    """Write the masks that were spooled; None where no frame holds cement.

    Raises
    ------
    OutputError
        More than one object can hold (4 GiB).
    OSError
        They cannot be written.
    """
    placed = [(held, ref) for held in spool.held() if (ref := images.of(held.seq)) is not None]
    if not placed:
        return None
    if len(placed) * spool.pixels > 8 * LARGEST_BYTES:
        raise OutputError(f"{path}: {len(placed)} masks are too many for one object: ask for fewer frames")
    keys = sorted({held.key for held, _ in placed}, key=lambda key: (_order(making, key[0]), key))
    placed.sort(key=lambda each: (keys.index(each[0].key), each[0].seq))
    ds = _header(making, spool, images, [held for held, _ in placed])
    ds.SegmentSequence = [_segment(making, number, key) for number, key in enumerate(keys, 1)]
    ds.SharedFunctionalGroupsSequence = [Dataset()]
    places = {seq: place for place, seq in enumerate(sorted({held.seq for held, _ in placed}), 1)}
    ds.PerFrameFunctionalGroupsSequence = Items(
        _groups(ref, 1 + keys.index(held.key), places[held.seq]) for held, ref in placed
    )
    ds.NumberOfFrames = len(placed)
    dcmwrite(path, ds, enforce_file_format=True)
    _append_bits(path, spool, [held for held, _ in placed], ds.Rows * ds.Columns)
    return ds


def _order(making: Making, level: str) -> int:
    """Levels in the order in which they were monitored."""
    names = list(dict.fromkeys(name for _, name in making.course.figures.levels))
    return names.index(level) if level in names else len(names)


def _header(making: Making, spool: MaskSpool, images: ImageObjects, held: Sequence[Held]) -> Dataset:
    seqs = sorted({one.seq for one in held})
    ds = making.header("seg", SegmentationStorage, making.uid("seg", ",".join(map(str, seqs))))
    ds.CodingSchemeIdentificationSequence = scheme_items()
    ds.Modality, ds.BodyPartExamined, ds.PatientOrientation = "SEG", "SPINE", ""
    ds.ImageType = ["DERIVED", "PRIMARY"]
    ds.ContentLabel, ds.ContentCreatorName = "CEMENT", ""
    ds.ContentDescription = "Cement, research software, not for clinical use"
    shown = f"{len(seqs)} of {spool.with_cement} images with cement"
    again = (
        f" {making.course.otherwise} steps came out otherwise than they were recorded."
        if making.course.otherwise
        else ""
    )
    ds.DerivationDescription = (
        f"Cement in {shown}, computed again from the recorded images by version "
        f"{making.software_version}.{again} {STANDING}"
    )
    ds.SegmentationType = "BINARY"
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows, ds.Columns = spool.shape or (0, 0)
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 1, 1, 0, 0
    ds.LossyImageCompression = "00"
    ds.PresentationLUTShape = "IDENTITY"
    _dimensions(making, ds)
    referenced = Dataset()
    series: dict[str, list[Dataset]] = {}
    for seq in seqs:
        ref = images.of(seq)
        if ref is not None:
            items = series.setdefault(ref.image.series_instance_uid, [])
            if all(item.ReferencedSOPInstanceUID != ref.image.sop_instance_uid for item in items):
                items.append(FrameRef(ref.image, None).item())
    ds.ReferencedSeriesSequence = []
    for uid, items in series.items():
        referenced = Dataset()
        referenced.SeriesInstanceUID, referenced.ReferencedInstanceSequence = uid, items
        ds.ReferencedSeriesSequence.append(referenced)
    return ds


def _dimensions(making: Making, ds: Dataset) -> None:
    uid = making.uid("seg", "dimensions")
    organization = Dataset()
    organization.DimensionOrganizationUID = uid
    ds.DimensionOrganizationSequence = [organization]
    ds.DimensionIndexSequence = []
    for pointer, group, words in (
        (_SEGMENT_NUMBER, _IDENTIFICATION, "Segment"),
        (_POSITION, _CONTENT, "Place in time"),
    ):
        item = Dataset()
        item.DimensionIndexPointer, item.FunctionalGroupPointer = pointer, group
        item.DimensionOrganizationUID, item.DimensionDescriptionLabel = uid, words
        ds.DimensionIndexSequence.append(item)


def _segment(making: Making, number: int, key: Key) -> Dataset:
    level, part = key
    words, code = _TYPES[part]
    algorithm = AlgorithmIdentificationSequence(
        "CementWatch", codes.DCM.AdaptiveFiltering, making.software_version, "research software"
    )
    made = SegmentDescription(
        number, f"{level}: cement {words}"[:64], PHYSICAL_OBJECT, code, "AUTOMATIC", algorithm,
        tracking_uid=making.uid("segment", level, str(part)), tracking_id=f"{level} cement {words}",
        anatomic_regions=[vertebra(level)],
    )  # fmt: skip
    made.SegmentDescription = "Research software, not for clinical use"
    made.RecommendedDisplayCIELabValue = _COLOURS[part]
    return made


def _groups(ref: FrameRef, segment: int, place: int) -> Dataset:
    content, identification, derivation, group = Dataset(), Dataset(), Dataset(), Dataset()
    content.DimensionIndexValues = [segment, place]
    content.TemporalPositionIndex = place
    identification.ReferencedSegmentNumber = segment
    source = ref.item()
    source.PurposeOfReferenceCodeSequence = [CodedConcept.from_code(SOURCE_IMAGE)]
    source.SpatialLocationsPreserved = "YES"
    derivation.SourceImageSequence = [source]
    derivation.DerivationCodeSequence = [CodedConcept.from_code(SEGMENTATION)]
    group.FrameContentSequence = [content]
    group.SegmentIdentificationSequence = [identification]
    group.DerivationImageSequence = [derivation]
    return group


def _append_bits(path: Path, spool: MaskSpool, held: Sequence[Held], pixels: int) -> None:
    """One mask after the other, without a gap between them where a mask is no whole number of bytes."""
    size = (len(held) * pixels + 7) // 8
    with path.open("ab") as file:
        file.write(struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OB", 0, size + size % 2))
        left = np.empty(0, np.uint8)
        for one in held:
            bits = spool.bits(one)
            bits = np.concatenate([left, bits]) if len(left) else bits
            whole = len(bits) // 8 * 8
            file.write(np.packbits(bits[:whole], bitorder="little").tobytes())
            left = bits[whole:]
        file.write(np.packbits(left, bitorder="little").tobytes())
        file.write(b"\0" * (size % 2))
