"""One DICOM file becomes one that names nobody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from pydicom import dcmread, dcmwrite
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import UID, ExplicitVRLittleEndian

from monitor.errors import SourceError
from monitor.sources.bounded import MOST_HEADER_READS, Bounded
from monitor.sources.dicom_file import (
    DicomImage,
    check_items,
    has_image,
    is_dicom,
    read_header,
    read_image,
    readable,
)
from recordings.deidentifying.header import Cleaned, cleaned, structural_remains
from recordings.deidentifying.identity import Names
from recordings.deidentifying.pixels import describe_form, form_of, write_pixels
from recordings.deidentifying.remains import Remain, Search
from recordings.deidentifying.rules import CLEAN_PIXEL_DATA, EDITION, OPTIONS
from recordings.deidentifying.secret import Secret
from recordings.importing.regions import Region

_LARGEST_WITHOUT_IMAGE_BYTES = 64 * 1024 * 1024
_DIRECTORY = "1.2.840.10008.1.3.10"
_METHOD = f"CementWatch, PS3.15 E.1 {EDITION}"


@dataclass(frozen=True, slots=True, eq=False)
class DicomObject:
    """A DICOM file as read. `image` is None where it holds no picture."""

    path: Path
    header: Dataset
    image: DicomImage | None

    @property
    def says_text(self) -> bool:
        """Whether its header states that text is burned in."""
        return str(self.header.get("BurnedInAnnotation", "")).strip().upper() == "YES"


@dataclass(frozen=True, slots=True)
class Masking:
    """What becomes of the pixels.

    Parameters
    ----------
    regions : tuple of Region
        Blanked.
    confirmed : bool
        Somebody has looked at the frames, or named the regions, and no text is left by what is known.
    """

    regions: tuple[Region, ...] = ()
    confirmed: bool = False


def read_object(path: Path) -> DicomObject:
    """Read a DICOM file up to its pixel data.

    Raises
    ------
    SourceError
        It is none, it is damaged, or it is of a kind that cannot be cleaned.
    """
    if not is_dicom(path):
        raise SourceError(f"{path}: not a DICOM file")
    check_items(path)
    # a report of a long procedure takes more reads than any image's header
    most_reads = max(MOST_HEADER_READS, min(path.stat().st_size, _LARGEST_WITHOUT_IMAGE_BYTES) // 8)
    with readable(path), Bounded(path.open("rb"), most_reads=most_reads) as file:
        header, _, _, _ = read_header(file)
        image = has_image(header)
        if "EncapsulatedDocument" in header:
            raise SourceError(f"{path}: holds a document, which cannot be looked through")
        if str(header.get("SOPClassUID", "")) == _DIRECTORY or "DirectoryRecordSequence" in header:
            raise SourceError(f"{path}: is the directory of a medium; give its folder without it")
        if not str(header.get("SOPClassUID", "")) or not str(header.get("SOPInstanceUID", "")):
            raise SourceError(f"{path}: has no SOP class or instance UID")
    if image:
        found = read_image(path)
        return DicomObject(path, found.header, found)
    if path.stat().st_size > _LARGEST_WITHOUT_IMAGE_BYTES:
        raise SourceError(f"{path}: too large for an object without an image")
    return DicomObject(path, header, None)


def names_in(held: DicomObject) -> Names:
    """Every identifying value of an object. Raises `SourceError`."""
    with readable(held.path):
        return Names.of(held.header)


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """A file that was made.

    Parameters
    ----------
    path : Path
    cleaned : Cleaned
    pixels_from : int or None
        First byte of its pixel data.
    native : bool
        Its pixels are not compressed, or it has none.
    """

    path: Path
    cleaned: Cleaned
    pixels_from: int | None
    native: bool


def write_object(
    held: DicomObject, folder: Path, secret: Secret, known: Names, masking: Masking, *, decode: bool = False
) -> Written:
    """Write the cleaned object into a folder, under its new UID below the patient's pseudonym.

    Parameters
    ----------
    known : Names
        Of all objects of the run.
    decode : bool
        Store compressed pixels native, although nothing is blanked in them.

    Raises
    ------
    SourceError
        The object cannot be cleaned; what was written of it has to be thrown away.
    """
    with readable(held.path):
        made = cleaned(held.header, secret, known)
        dataset = made.dataset
        _say(dataset, masking, held)
        syntax = ExplicitVRLittleEndian
        if held.image is not None:
            syntax = form_of(held.image, masking.regions, decode=decode or _has_overlay(held.header))
            describe_form(dataset, held.image, syntax)
        dataset.file_meta = _meta(dataset, syntax)
        place = folder / secret.pseudonym(made.identity.key)
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = place / f"{dataset.SOPInstanceUID}.dcm"
        if path.exists():
            raise SourceError(f"{held.path}: the same object is there twice")
        with path.open("xb") as out:
            dcmwrite(out, dataset, enforce_file_format=True)
            pixels_from = None
            if held.image is not None:
                pixels_from = out.tell()
                write_pixels(out, held.image, masking.regions, syntax)
        path.chmod(0o600)
    return Written(path, made, pixels_from, not syntax.is_encapsulated)


def remains_of(written: Written, search: Search, secret: Secret, where: str) -> Iterator[Remain]:
    """What identifies in a file that was made: read anew from the disk, by structure and by bytes."""
    with readable(written.path):
        dataset = dcmread(written.path, stop_before_pixels=True)
        pseudonym = secret.pseudonym(written.cleaned.identity.key)
        for name in structural_remains(dataset, pseudonym):
            yield Remain(name, where)
        with written.path.open("rb") as file:
            if any(file.read(128)):
                yield Remain("preamble", where)
    yield from search.in_file(written.path, where, written.pixels_from)


def _say(dataset: Dataset, masking: Masking, held: DicomObject) -> None:
    """State what was done (PS3.15 E.1.1, PS3.3 C.12.1.1.4 and C.7.1.1)."""
    codes = [*OPTIONS]
    if held.image is not None and masking.confirmed:
        codes.insert(1, CLEAN_PIXEL_DATA)
        dataset.BurnedInAnnotation = "NO"
    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = _METHOD
    dataset.DeidentificationMethodCodeSequence = Items([_code(*code) for code in codes])
    dataset.LongitudinalTemporalInformationModified = "MODIFIED"
    for keyword in ("PatientName", "PatientID"):
        # Type 2 in every object: one that lacked it has it now, by the pseudonym
        if keyword not in dataset:
            setattr(dataset, keyword, "")


def _code(value: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "DCM", meaning
    return item


def _meta(dataset: Dataset, syntax: UID) -> FileMetaDataset:
    """File meta information made anew: that of the input names stations and may hold anything."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = syntax
    return meta


def _has_overlay(header: Dataset) -> bool:
    """Whether the words of the pixels may hold a drawing beside the image (PS3.3 C.9.2, retired)."""
    return any(tag >> 16 & 0xFF00 == 0x6000 for tag in header.keys())  # noqa: SIM118 - without decoding


def moved_days(secret: Secret, written: Written) -> timedelta:
    """By how much the dates of a file were moved."""
    return secret.shift(written.cleaned.identity.key)


def regions_within(image: DicomImage, regions: Sequence[Region]) -> tuple[Region, ...]:
    """The parts of regions that lie within an image."""
    kept = []
    for region in regions:
        columns = min(region.x + region.columns, image.columns) - region.x
        rows = min(region.y + region.rows, image.rows) - region.y
        if columns > 0 and rows > 0:
            kept.append(Region(region.x, region.y, columns, rows))
    return tuple(kept)
