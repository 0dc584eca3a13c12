"""A DICOM image file: its header, where its pixel data lie, and its frames one at a time."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from struct import error as struct_error
from struct import unpack
from typing import BinaryIO, cast

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset
from pydicom.pixels.decoders.base import get_decoder
from pydicom.tag import BaseTag
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from monitor.errors import SourceError
from monitor.sources.bounded import LARGEST_HEADER_BYTES, LARGEST_INFLATED_BYTES, Bounded, inflating
from monitor.sources.sequence import check_size

_PIXEL_DATA = (0x7FE0, 0x0010)
_UNDEFINED = 0xFFFFFFFF
_ITEM_TAGS = (b"\xfe\xff\x00\xe0", b"\xff\xfe\xe0\x00")
_FEW_ITEMS, _LEAST_BYTES_PER_ITEM = 4000, 40
_PART_BYTES = 1 << 18
MOST_FRAMES = 1_000_000
MOST_FRAGMENTS = 100_000
"""Walked one by one, and an empty one takes eight bytes: more would hold up whoever opens the file."""
_LARGEST_COLOUR_VALUES = 1 << 25
_COMMON_VR = frozenset(b"AE AS CS DA DS DT IS LO LT OB OW PN SH SL SQ SS ST TM UI UL UN US UT".split())


@dataclass(frozen=True, slots=True, eq=False)
class DicomImage:
    """Header of a DICOM image and where its pixel data are.

    Parameters
    ----------
    path : Path
    header : Dataset
        Everything before the pixel data.
    syntax : UID
        Transfer syntax.
    rows, columns, frames, samples : int
        Size (px), number of frames, samples per pixel.
    bits_allocated, bits_stored, high_bit : int
    signed : bool
    offset : int
        First byte of the pixel data's value (native) or of the basic offset table's item.
    deflated_at : int or None
        First byte of the deflated data set in the file, in which `offset` counts inflated bytes; None where
        the file is not deflated.
    """

    path: Path
    header: Dataset
    syntax: UID
    rows: int
    columns: int
    frames: int
    samples: int
    bits_allocated: int
    bits_stored: int
    high_bit: int
    signed: bool
    offset: int
    deflated_at: int | None

    def open(self) -> BinaryIO:
        """The stream in which `offset` counts; the caller closes it."""
        file = self.path.open("rb")
        return file if self.deflated_at is None else inflating(file, self.deflated_at)

    @property
    def frame_bytes(self) -> int:
        """Bytes of one native frame."""
        pixels = self.rows * self.columns
        if self.header.get("PhotometricInterpretation") == "YBR_FULL_422":
            return 2 * pixels * self.bits_allocated // 8
        return pixels * self.samples * self.bits_allocated // 8


@contextmanager
def quiet() -> Iterator[None]:
    """Keep pydicom's warnings about odd headers to itself: what matters is raised by name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def is_dicom(path: Path) -> bool:
    """Whether a file is DICOM by its content: the preamble, or a data set that starts as one must.

    Without a preamble the first element must be of group 0002 or 0008 with a plausible value
    representation or length, and the header must hold an SOP class.
    """
    try:
        with path.open("rb") as file:
            head = file.read(136)
        if head[128:132] == b"DICM":
            return True
        if len(head) < 136 or int.from_bytes(head[:2], "little") not in (0x0002, 0x0008):
            return False
        if head[4:6] not in _COMMON_VR and not 0 < int.from_bytes(head[4:8], "little") <= 1024:
            return False
        with quiet(), Bounded(path.open("rb")) as file:
            header = dcmread(file, stop_before_pixels=True, force=True, specific_tags=["SOPClassUID", "Rows"])
        return "SOPClassUID" in header
    except Exception:
        # Whatever pydicom trips over in a file of another kind: not DICOM.
        return False


def has_image(header: Dataset) -> bool:
    """Whether a header belongs to an image."""
    return "Rows" in header and "Columns" in header


def read_image(path: Path) -> DicomImage:
    """Read the header of a DICOM image and check that its pixel data can be there.

    Nothing is allocated by what the header claims before the claim is held against the file's size.

    Raises
    ------
    SourceError
        The file is missing, not DICOM, without an image, cut, or of a form that cannot be decoded.
    """
    if not path.is_file():
        raise SourceError(f"{path}: no such file")
    if not is_dicom(path):
        raise SourceError(f"{path}: not a DICOM file")
    check_items(path)
    with readable(path), Bounded(path.open("rb")) as file:
        header, syntax, data, deflated_at = read_header(file)
        data.behind_header()
        return _located(path, header, syntax, data, deflated_at)


def check_items(path: Path) -> None:
    """Refuse a file that is little else than items of sequences, which take long to read and hold nothing.

    An item of a real header or report stands for 80 bytes and more. Looked at are the first 16 MiB.

    Raises
    ------
    SourceError
        It is, or it cannot be read.
    """
    items = size = 0
    before = b""
    try:
        with path.open("rb") as file:
            while size < LARGEST_HEADER_BYTES and (part := file.read(_PART_BYTES)):
                items += sum((before + part).count(tag) for tag in _ITEM_TAGS)
                size, before = size + len(part), part[-3:]
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror or error}") from error
    if items > max(_FEW_ITEMS, size // _LEAST_BYTES_PER_ITEM):
        raise SourceError(f"{path}: not a readable DICOM file ({items} items in {size} bytes)")


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn whatever is raised while a header is read into `SourceError`, and keep warnings quiet."""
    try:
        with quiet():
            yield
    except SourceError:
        raise
    except Exception as error:
        # pydicom raises almost anything on a damaged header.
        raise SourceError(f"{path}: not a readable DICOM file ({brief_reason(error)})") from error


def read_header(file: Bounded) -> tuple[Dataset, UID, Bounded, int | None]:
    """Return header, transfer syntax, and a stream that stands at the pixel data's element."""
    stream = cast(BinaryIO, file)  # as pydicom calls whatever reads and seeks
    has_meta = file.read(132)[128:] == b"DICM"
    meta = _file_meta(file) if has_meta else Dataset()
    start = file.tell()
    file.seek(0)
    if meta.get("TransferSyntaxUID") == DeflatedExplicitVRLittleEndian:
        file.behind_header()  # what is inflated has the limits; what it comes from may be as large as a run
        data = Bounded(inflating(stream, start), size=LARGEST_INFLATED_BYTES)
        return (
            read_dataset(
                cast(BinaryIO, data), is_implicit_VR=False, is_little_endian=True, stop_when=_is_pixel_data
            ),
            ExplicitVRLittleEndian,
            data,
            start,
        )
    header = dcmread(stream, stop_before_pixels=True, force=True)
    syntax = header.file_meta.get("TransferSyntaxUID")
    if not syntax:
        implicit, _ = header.original_encoding
        syntax = ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian
    return header, UID(syntax), file, None


def _file_meta(file: Bounded) -> Dataset:
    """The file meta information; the stream then stands behind it."""
    return read_dataset(
        cast(BinaryIO, file),
        is_implicit_VR=False,
        is_little_endian=True,
        stop_when=lambda tag, _vr, _length: tag >> 16 != 2,
    )


def _is_pixel_data(tag: BaseTag, _vr: str | None, _length: int) -> bool:
    return tag in (0x7FE00008, 0x7FE00009, 0x7FE00010)


def _located(path: Path, header: Dataset, syntax: UID, data: Bounded, deflated_at: int | None) -> DicomImage:
    if not has_image(header):
        raise SourceError(f"{path}: DICOM without an image ({_class_name(header)})")
    if syntax.is_private or not syntax.is_transfer_syntax:
        raise SourceError(f"{path}: unknown transfer syntax {syntax}")
    length = _enter_pixel_data(path, data, syntax)
    position = data.tell()
    image = _checked_form(path, header, syntax, position, deflated_at)
    if syntax.is_encapsulated:
        if length != _UNDEFINED:
            raise SourceError(f"{path}: pixel data are not encapsulated as {syntax.name} must be")
        fragments = _count_fragments(path, data, data.size)
        if fragments < image.frames:
            raise SourceError(f"{path}: header says {image.frames} frames, the file holds {fragments}")
        _check_decoder(path, syntax)
    else:
        remaining = data.held_behind(position, image.frames * image.frame_bytes)
        held = remaining if length == _UNDEFINED else min(length, remaining)
        if held < image.frames * image.frame_bytes:
            whole = held // image.frame_bytes
            raise SourceError(f"{path}: header says {image.frames} frames, the file holds {whole} whole ones")
    if image.frames > MOST_FRAMES:
        raise SourceError(f"{path}: {image.frames} frames are too many, at most {MOST_FRAMES}")
    return image


def _enter_pixel_data(path: Path, data: Bounded, syntax: UID) -> int:
    """Read the element's tag and length; the stream then stands at its value."""
    order = "<" if syntax.is_little_endian else ">"
    try:
        tag = unpack(f"{order}HH", data.read(4))
        if not syntax.is_implicit_VR:
            data.read(4)
        (length,) = unpack(f"{order}L", data.read(4))
    except struct_error:
        raise SourceError(f"{path}: no pixel data") from None
    if tag != _PIXEL_DATA:
        raise SourceError(f"{path}: floating-point pixel data are not fluoroscopy")
    return int(length)


def _checked_form(
    path: Path, header: Dataset, syntax: UID, offset: int, deflated_at: int | None
) -> DicomImage:
    source = str(path)
    rows, columns = whole_number(header, "Rows", 0), whole_number(header, "Columns", 0)
    check_size(source, rows, columns)
    frames = whole_number(header, "NumberOfFrames", 1)
    if frames < 1:
        raise SourceError(f"{path}: header says {frames} frames")
    samples = whole_number(header, "SamplesPerPixel", 1)
    photometric = str(header.get("PhotometricInterpretation", "") or "")
    gray = photometric in ("MONOCHROME1", "MONOCHROME2", "")
    if photometric == "PALETTE COLOR" or samples not in (1, 3) or gray != (samples == 1):
        raise SourceError(f"{path}: {photometric} with {samples} samples per pixel is not read")
    if samples > 1 and samples * rows * columns > _LARGEST_COLOUR_VALUES:
        raise SourceError(f"{path}: {columns} x {rows} px in colour is not usable")
    allocated = whole_number(header, "BitsAllocated", 0)
    stored = whole_number(header, "BitsStored", allocated)
    high = whole_number(header, "HighBit", stored - 1)
    if allocated not in (8, 16) or not 1 <= stored <= allocated:
        raise SourceError(f"{path}: {stored} bits stored in {allocated} allocated are not read")
    if not stored - 1 <= high < allocated:
        high = stored - 1
    return DicomImage(
        path=path,
        header=header,
        syntax=syntax,
        rows=rows,
        columns=columns,
        frames=frames,
        samples=samples,
        bits_allocated=allocated,
        bits_stored=stored,
        high_bit=high,
        signed=whole_number(header, "PixelRepresentation", 0) == 1,
        offset=offset,
        deflated_at=deflated_at,
    )


def whole_number(header: Dataset, keyword: str, default: int) -> int:
    """Return an integer of the header, or `default` where it is absent or empty."""
    value = header.get(keyword)
    return default if value is None or value == "" else int(value)


def _count_fragments(path: Path, data: Bounded, end: int) -> int:
    """Walk the items of encapsulated pixel data by their headers alone; the first is the offset table."""
    items, at = 0, data.tell()
    while at + 8 <= end:
        data.seek(at)
        group, element, length = unpack("<HHL", data.read(8))
        at += 8
        if (group, element) == (0xFFFE, 0xE0DD):
            break
        if (group, element) != (0xFFFE, 0xE000) or at + length > end:
            raise SourceError(f"{path}: pixel data are cut or damaged after {max(items - 1, 0)} fragments")
        at += length
        items += 1
        if items > MOST_FRAGMENTS:
            raise SourceError(f"{path}: pixel data in more than {MOST_FRAGMENTS} fragments are not read")
    return max(items - 1, 0)


def _check_decoder(path: Path, syntax: UID) -> None:
    try:
        available = get_decoder(syntax).is_available
    except NotImplementedError:
        available = False
    if not available:
        raise SourceError(f"{path}: no decoder for transfer syntax {syntax.name}")


def brief_reason(error: BaseException) -> str:
    """Return an error's text on one line; of pydicom's list of tried decoders the last entry."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return " ".join(lines[-1].split())[:160]


def _class_name(header: Dataset) -> str:
    value = header.get("SOPClassUID")
    return UID(value).name if value else "no SOP class"
