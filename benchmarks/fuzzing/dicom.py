"""Spoiled DICOM files: bytes at large, and elements that lie about their kind, their length and the image."""

from __future__ import annotations

import random
import struct
import zlib
from fractions import Fraction
from functools import cache
from io import BytesIO

import av
import cv2
import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels import compress
from pydicom.sequence import Sequence
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    EnhancedXAImageStorage,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    RLELossless,
    XRayAngiographicImageStorage,
)

from benchmarks.fuzzing.mutate import spoiled_bytes

PATIENT = "Secret^Person"
_FRAMES, _ROWS, _COLUMNS = 3, 12, 16
_LONG = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())
_KINDS = tuple(
    b"AE AS AT CS DA DS DT FD FL IS LO LT OB OW PN SH SL SQ SS ST TM UI UL UN US UT UV OV ZZ".split()
)
_KINDS += (b"\0\0", b"  ")
_SIZES = (0, 1, 2, 255, 256, 4095, 16384, 16385, 32768, 65535)
_IMAGE = {
    "rows": b"\x28\x00\x10\x00", "columns": b"\x28\x00\x11\x00", "samples": b"\x28\x00\x02\x00",
    "allocated": b"\x28\x00\x00\x01", "stored": b"\x28\x00\x01\x01", "high": b"\x28\x00\x02\x01",
    "signed": b"\x28\x00\x03\x01", "planar": b"\x28\x00\x06\x00",
}  # fmt: skip
_NUMBER_OF_FRAMES, _PHOTOMETRIC = b"\x28\x00\x08\x00", b"\x28\x00\x04\x00"
_TEXTS = (
    b"", b"0", b"-1", b"1e308", b"1e-320", b"nan", b"inf", b"9" * 300, b"1\\2\\3", b"\\\\\\",
    b"2000000000", b"4294967296", b"20240230", b"99999999999999.999999", b"240000.000000", b"YBR_FULL_422",
    b"PALETTE COLOR", b"RGB", b"MONOCHROME1", b"\xff\xfe\xfd", b"\x1b$B", b"A" * 70_000, b"1.2." * 40,
    b"0x10", b"1.5", b" 7 ", b"1" * 17,
)  # fmt: skip

Element = tuple[bytes, bytes, bytes]
"""Tag, value representation and value, explicit little endian."""


def _header(images: np.ndarray) -> Dataset:
    header = Dataset()
    header.file_meta = FileMetaDataset()
    header.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    header.SOPClassUID, header.SOPInstanceUID = XRayAngiographicImageStorage, "1.2.3.4.5.6.7"
    header.SeriesInstanceUID, header.SeriesNumber, header.InstanceNumber = "1.2.3.4", 1, 1
    header.AcquisitionDateTime = "20240229120000.000000"
    header.PatientName, header.PatientID = PATIENT, PATIENT
    header.Modality, header.Manufacturer = "XA", "Test"
    header.KVP, header.DistanceSourceToDetector, header.DistanceSourceToPatient = "80", "1000", "700"
    header.ImagerPixelSpacing = ["0.2", "0.25"]
    header.FieldOfViewDimensions, header.ShutterShape = [230, 230], ["RECTANGULAR"]
    header.ShutterLeftVerticalEdge = 2
    header.PixelIntensityRelationship, header.PixelIntensityRelationshipSign = "LIN", 1
    header.RescaleSlope, header.RescaleIntercept, header.RescaleType = "1", "0", "US"
    header.SamplesPerPixel, header.PhotometricInterpretation = 1, "MONOCHROME2"
    header.NumberOfFrames, header.FrameTime = len(images), "66.667"
    header.FrameTimeVector = ["0", "66", "66"]
    header.FrameIncrementPointer = 0x00181063
    header.Rows, header.Columns = images.shape[1:3]
    header.BitsAllocated = 8 * images.itemsize
    header.BitsStored = 8 if images.itemsize == 1 else 12
    header.HighBit, header.PixelRepresentation = header.BitsStored - 1, 0
    header.PixelData = images.tobytes()
    header["PixelData"].VR = "OB" if images.itemsize == 1 else "OW"
    return header


def _written(header: Dataset, syntax: str | None = None) -> bytes:
    if syntax is not None:
        header.file_meta.TransferSyntaxUID = syntax
    header.file_meta.MediaStorageSOPClassUID = header.SOPClassUID
    header.file_meta.MediaStorageSOPInstanceUID = header.SOPInstanceUID
    held = BytesIO()
    header.save_as(held, enforce_file_format=True)
    return held.getvalue()


@cache
def objects() -> dict[str, bytes]:
    """One valid file of each kind."""
    dice = np.random.default_rng(5)
    images = np.clip(dice.normal(2000, 300, (_FRAMES, _ROWS, _COLUMNS)), 0, 4095).astype("<u2")
    small = (images >> 4).astype("u1")
    made = {"native": _written(_header(images)), "bytes": _written(_header(small))}
    made["implicit"] = _written(_header(images), ImplicitVRLittleEndian)
    made["big"] = _written(_header(images.astype(">u2")), ExplicitVRBigEndian)
    made["deflated"] = _written(_header(images), DeflatedExplicitVRLittleEndian)
    header = _header(images)
    compress(header, RLELossless, generate_instance_uid=False)
    made["rle"] = _written(header)
    header = _header(np.tile(images, (1, 3, 3)))  # the encoder takes nothing smaller
    compress(header, JPEG2000Lossless, generate_instance_uid=False, encapsulate_ext=True)
    made["j2k"] = _written(header)
    made["jls"] = _jpeg_ls(small)
    made["jpeg"] = _jpeg(small)
    made["enhanced"] = _enhanced(images)
    colour = _header(np.repeat(small[..., None], 3, axis=3))
    colour.SamplesPerPixel, colour.PhotometricInterpretation, colour.PlanarConfiguration = 3, "RGB", 0
    made["colour"] = _written(colour)
    return made


def _jpeg(small: np.ndarray) -> bytes:
    return _coded(small, [cv2.imencode(".jpg", image)[1].tobytes() for image in small], JPEGBaseline8Bit)


def _jpeg_ls(small: np.ndarray) -> bytes:
    coded = []
    for image in small:
        coder = av.CodecContext.create("jpegls", "w")
        coder.width, coder.height, coder.pix_fmt = _COLUMNS, _ROWS, "gray"
        coder.time_base = Fraction(1, 15)
        picture = av.VideoFrame.from_ndarray(image, "gray")
        coded.append(b"".join(bytes(packet) for packet in (*coder.encode(picture), *coder.encode(None))))
    return _coded(small, coded, JPEGLSLossless)


def _coded(small: np.ndarray, coded: list[bytes], syntax: str) -> bytes:
    header = _header(small)
    header.PixelData = encapsulate(coded)
    header["PixelData"].VR = "OB"
    header["PixelData"].is_undefined_length = True
    return _written(header, syntax)


def _enhanced(images: np.ndarray) -> bytes:
    header = _header(images)
    header.SOPClassUID = EnhancedXAImageStorage
    for keyword in ("FrameTime", "FrameTimeVector", "FrameIncrementPointer", "DistanceSourceToDetector"):
        del header[keyword]
    properties, geometry, shared = Dataset(), Dataset(), Dataset()
    properties.ImagerPixelSpacing, properties.PixelIntensityRelationship = ["0.15", "0.15"], "LOG"
    geometry.DistanceSourceToDetector = 1100.0
    shared.FramePixelDataPropertiesSequence = Sequence([properties])
    shared.XRayGeometrySequence = Sequence([geometry])
    header.SharedFunctionalGroupsSequence = Sequence([shared])
    groups = []
    for k in range(len(images)):
        content, group = Dataset(), Dataset()
        content.FrameAcquisitionDateTime = f"2024022912000{k}.000000"
        group.FrameContentSequence = Sequence([content])
        groups.append(group)
    header.PerFrameFunctionalGroupsSequence = Sequence(groups)
    return _written(header)


def spoiled(dice: random.Random) -> bytes:
    """A file spoiled by its elements, its code streams or its bytes."""
    name = dice.choice(list(objects()))
    held = objects()[name]
    chance = dice.random()
    if name == "deflated":
        return _deflated(held, dice)
    if chance < 0.3 or name in ("implicit", "big"):
        return spoiled_bytes(held, dice, first=dice.choice((0, 128, 132, 132)))
    if chance < 0.5 and name in ("rle", "j2k", "jls", "jpeg"):
        start = _start(held)
        elements = _elements(held[start:])
        tag, kind, value = elements[-1]
        elements[-1] = (tag, kind, spoiled_bytes(value, dice, most=3, first=8))
        return held[:start] + b"".join(_packed(element) for element in elements)
    return meddled(held, dice)


def meddled(held: bytes, dice: random.Random) -> bytes:
    """An explicit little endian file with some elements of its first level spoiled."""
    start = _start(held)
    elements = _elements(held[start:])
    for _ in range(dice.randint(1, 3)):
        _meddle(elements, dice)
    parts = [_packed(element) for element in elements]
    if dice.random() < 0.3:
        at = dice.randrange(len(parts))
        parts[at] = _lying(elements[at], dice)
    return held[:start] + b"".join(parts)


def _start(held: bytes) -> int:
    """Behind the file meta information."""
    return 144 + int.from_bytes(held[140:144], "little")


def _elements(data: bytes) -> list[Element]:
    found, at = [], 0
    while at + 8 <= len(data):
        tag, kind = data[at : at + 4], data[at + 4 : at + 6]
        if kind in _LONG:
            length, at = int.from_bytes(data[at + 8 : at + 12], "little"), at + 12
        else:
            length, at = int.from_bytes(data[at + 6 : at + 8], "little"), at + 8
        if length == 0xFFFFFFFF:
            found.append((tag, kind, data[at:]))
            break
        found.append((tag, kind, data[at : at + length]))
        at += length
    return found


def _packed(element: Element) -> bytes:
    tag, kind, value = element
    if len(value) % 2:
        value += b"\0"
    if tag == b"\xe0\x7f\x10\x00" and value[:4] == b"\xfe\xff\x00\xe0":
        return tag + b"OB\0\0\xff\xff\xff\xff" + value
    if kind in _LONG or len(value) > 0xFFFF:
        kind = kind if kind in _LONG else b"UN"
        return tag + kind + b"\0\0" + struct.pack("<I", len(value) & 0xFFFFFFFF) + value
    return tag + kind + struct.pack("<H", len(value)) + value


def _lying(element: Element, dice: random.Random) -> bytes:
    """An element with another length than its value has."""
    whole = bytearray(_packed(element))
    if element[1] in _LONG:
        whole[8:12] = struct.pack("<I", dice.choice((0, 1, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF, 1 << 28)))
    else:
        whole[6:8] = struct.pack("<H", dice.choice((0, 1, 3, 0x7FFF, 0xFFFF)))
    return bytes(whole)


def _meddle(elements: list[Element], dice: random.Random) -> None:
    at = dice.randrange(len(elements))
    tag, kind, value = elements[at]
    match dice.randrange(12):
        case 0:
            elements[at] = (tag, dice.choice(_KINDS), value)
        case 1:
            elements[at] = (tag, kind, spoiled_bytes(value, dice) if value else b"\0")
        case 2 | 3:
            elements[at] = (tag, kind, dice.choice(_TEXTS))
        case 4:
            del elements[at]
        case 5:
            elements[at:at] = [elements[at]] * dice.choice((1, 3))
        case 6 | 7:
            which = dice.choice(list(_IMAGE))
            sizes = _SIZES if which in ("rows", "columns") else (0, 1, 2, 3, 4, 7, 8, 11, 12, 15, 16, 32, 255)
            _put(elements, _IMAGE[which], b"US", struct.pack("<H", dice.choice(sizes)))
        case 8:
            number = dice.choice(
                (b"0", b"-1", b"1", b"2", b"4", b"2000000000", b"1e3", b"99999999999999", b" ")
            )
            _put(elements, _NUMBER_OF_FRAMES, b"IS", number)
        case 9:
            words = (b"RGB", b"YBR_FULL", b"YBR_FULL_422", b"YBR_ICT", b"MONOCHROME1", b"PALETTE COLOR", b"x")
            _put(elements, _PHOTOMETRIC, b"CS", dice.choice(words))
        case 10:
            elements[at:at] = [
                (b"\x09\x00\x10\x00", b"LO", b"VENDOR"),
                (b"\x09\x00\x01\x10", kind, value),
            ] * dice.choice((1, 200))
        case _:
            groups = dice.choice((b"\x00\x52\x29\x92", b"\x00\x52\x30\x92", b"\x40\x00\x60\x02"))
            _put(elements, groups, b"SQ", _nested(dice.choice((1, 5, 60, 400, 3000)), dice))


def _put(elements: list[Element], tag: bytes, kind: bytes, value: bytes) -> None:
    """Replace an element or add it before the pixel data."""
    for k, held in enumerate(elements):
        if held[0] == tag:
            elements[k] = (tag, kind, value)
            return
    elements[-1:-1] = [(tag, kind, value)]


def _nested(depth: int, dice: random.Random) -> bytes:
    """Sequences in one another, of stated or open length."""
    if dice.random() < 0.5:
        opened = b"\xfe\xff\x00\xe0\xff\xff\xff\xff\x00\x52\x29\x92SQ\0\0\xff\xff\xff\xff" * depth
        closed = b"\xfe\xff\xdd\xe0\0\0\0\0\xfe\xff\x0d\xe0\0\0\0\0" * depth
        return opened + (closed if dice.random() < 0.7 else b"")
    value = b""
    for _ in range(min(depth, 400)):
        inner = b"\x00\x52\x29\x92SQ\0\0" + struct.pack("<I", len(value)) + value
        value = b"\xfe\xff\x00\xe0" + struct.pack("<I", len(inner)) + inner
    return value


def _deflated(held: bytes, dice: random.Random) -> bytes:
    start = _start(held)
    inner = zlib.decompress(held[start:], -15)
    zeros_mib, at = 0.0, len(inner)
    match dice.randrange(12):
        case 0:  # a bomb of pixel data, or of a header
            zeros_mib = dice.choice((1, 64, 400)) if dice.random() < 0.1 else 0.1
            at = dice.choice((20, len(inner)))
        case 1 | 2 | 3:
            return held[:start] + spoiled_bytes(held[start:], dice)
        case 4:
            return spoiled_bytes(held, dice, first=128)
        case _:
            elements = _elements(inner)
            for _ in range(dice.randint(1, 3)):
                _meddle(elements, dice)
            inner = b"".join(_packed(element) for element in elements)
    coder = zlib.compressobj(1, zlib.DEFLATED, -15)
    coded = [coder.compress(inner[:at])]
    coded += [coder.compress(bytes(1 << 16)) for _ in range(int(zeros_mib * 16))]
    return held[:start] + b"".join((*coded, coder.compress(inner[at:]), coder.flush()))
