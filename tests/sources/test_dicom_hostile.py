"""DICOM that lies about itself: one line, no crash, no memory."""

from __future__ import annotations

import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import DeflatedExplicitVRLittleEndian, JPEG2000Lossless, RLELossless

from monitor.errors import EndOfStream, SourceError
from monitor.sources import source_for
from monitor.sources.dicom import DicomSource
from tests.sources.makers import encapsulated, run, save, xa

IMAGES = run(4)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"Rows": 65535, "Columns": 65535}, "65535 x 65535 is not usable"),
        ({"Rows": 0}, "64 x 0 is not usable"),
        ({"Rows": None}, "without an image"),
        ({"NumberOfFrames": 2_000_000_000}, "says 2000000000 frames, the file holds 4"),
        ({"NumberOfFrames": 5}, "says 5 frames, the file holds 4"),
        ({"NumberOfFrames": -1}, "says -1 frames"),
        ({"NumberOfFrames": 0}, "says 0 frames"),
        ({"Columns": 65}, "the file holds 3 whole"),
        ({"BitsAllocated": 32, "BitsStored": 32, "HighBit": 31}, "32 bits stored in 32 allocated"),
        ({"BitsAllocated": 1, "BitsStored": 1, "HighBit": 0}, "1 bits stored in 1 allocated"),
        ({"BitsStored": 0}, "0 bits stored"),
        ({"PhotometricInterpretation": "PALETTE COLOR"}, "PALETTE COLOR with 1 samples"),
        ({"SamplesPerPixel": 3}, "MONOCHROME2 with 3 samples"),
        ({"PixelData": None}, "no pixel data"),
    ],
)
@pytest.mark.parametrize("code", ["native", "rle"])
def test_headers_that_cannot_be(values: dict[str, object], says: str, code: str, tmp_path: Path) -> None:
    header = xa(IMAGES) if code == "native" else encapsulated(IMAGES, RLELossless)
    if code == "rle" and "Columns" in values and "Rows" not in values:
        says = "frame 0 cannot be decoded"
    for keyword, value in values.items():
        if value is None:
            del header[keyword]
        else:
            setattr(header, keyword, value)
    path = save(header, tmp_path / "run.dcm")
    tracemalloc.start()
    try:
        with pytest.raises(SourceError, match=says) as raised:
            DicomSource(path).open()
        assert tracemalloc.get_traced_memory()[1] < 20e6
    finally:
        tracemalloc.stop()
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_an_unknown_transfer_syntax_is_named(tmp_path: Path) -> None:
    header = xa(IMAGES)
    for syntax, says in (("1.2.840.10008.1.2.4.102", "no decoder|not encapsulated"), ("1.2.3.4", "1.2.3.4")):
        path = save(header, tmp_path / "run.dcm")
        data = path.read_bytes()
        old = b"1.2.840.10008.1.2.1\0"
        at = data.index(old)
        new = syntax.encode() + b"\0" * (len(syntax) % 2)
        grown = len(new) - len(old)
        group = int.from_bytes(data[140:144], "little") + grown
        data = data[:140] + group.to_bytes(4, "little") + data[144:]
        path.write_bytes(data[: at - 2] + len(new).to_bytes(2, "little") + new + data[at + len(old) :])
        with pytest.raises(SourceError, match=says):
            DicomSource(path).open()


def test_a_frame_that_cannot_be_decoded_is_named_and_stays_an_error(tmp_path: Path) -> None:
    header = encapsulated(IMAGES, JPEG2000Lossless)
    coded = list(generate_frames(header.PixelData, number_of_frames=4))
    coded[2] = b"\xff\x4f" + bytes(len(coded[2]) - 2)
    header.PixelData = encapsulate(coded)
    with DicomSource(save(header, tmp_path / "run.dcm")) as source:
        assert np.array_equal(source.read().pixels, IMAGES[0])
        assert np.array_equal(source.read().pixels, IMAGES[1])
        for _ in range(2):
            with pytest.raises(SourceError, match=r"run\.dcm: frame 2 cannot be decoded \(JPEG 2000"):
                source.read()


@pytest.fixture(scope="module")
def objects(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("objects")
    made = {
        "native": xa(IMAGES),
        "rle": encapsulated(IMAGES, RLELossless),
        "j2k": encapsulated(IMAGES, JPEG2000Lossless, table="extended"),
    }
    return {name: save(header, folder / name).read_bytes() for name, header in made.items()}


quickly = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@quickly
@given(name=st.sampled_from(["native", "rle", "j2k"]), cut=st.floats(0, 0.999))
def test_a_cut_file_is_refused(name: str, cut: float, objects: dict[str, bytes], tmp_path: Path) -> None:
    data = objects[name]
    kept = int(cut * len(data))
    # The sequence delimiter at the very end is all that may be missing without harm.
    kept = min(kept, len(data) - 9)
    path = tmp_path / "cut.dcm"
    path.write_bytes(data[:kept])
    with pytest.raises(SourceError, match=r"cut\.dcm"):
        source_for(str(path)).open()


@quickly
@given(name=st.sampled_from(["native", "rle"]), data=st.data())
def test_flipped_header_bytes_give_frames_or_one_line(
    name: str, data: st.DataObject, objects: dict[str, bytes], tmp_path: Path
) -> None:
    damaged = bytearray(objects[name])
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(132, 1100))] = data.draw(st.integers(0, 255))
    path = tmp_path / "flip.dcm"
    path.write_bytes(damaged)
    with pytest.raises((SourceError, EndOfStream), match=r"^[^\n]*flip\.dcm[^\n]*$"):
        read_to_the_end(DicomSource(path))


def read_to_the_end(source: DicomSource) -> None:
    with source:
        while True:
            frame = source.read()
            assert frame.pixels.shape == (source.info.rows, source.info.columns)
            assert frame.pixels.max() <= source.info.intensity.largest_stored_value


def test_more_fragments_than_any_run_has_are_not_walked(tmp_path: Path) -> None:
    """Eight bytes each, and a step of Python for each: a small file would hold up whoever opens it."""
    path = save(encapsulated(run(frames=1), RLELossless), tmp_path / "run.dcm")
    held = path.read_bytes()
    at = held.rindex(b"\xfe\xff\xdd\xe0")
    path.write_bytes(held[:at] + b"\xfe\xff\x00\xe0\0\0\0\0" * 100_001 + held[at:])
    with pytest.raises(SourceError, match="fragments"):
        DicomSource(path).open()


def test_a_large_deflated_run_is_read_and_what_deflates_to_nothing_is_not(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 1 << 12, (5, 1500, 1500), np.uint16)
    header = xa(images)
    plain = save(header, tmp_path / "plain.dcm").read_bytes()
    start = 144 + int.from_bytes(plain[140:144], "little")
    small = xa(images[:, :1, :1])
    small.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    meta = save(small, tmp_path / "small.dcm").read_bytes()
    meta = meta[: 144 + int.from_bytes(meta[140:144], "little")]
    coder = zlib.compressobj(0, zlib.DEFLATED, -15)
    coded = coder.compress(plain[start:]) + coder.flush()
    path = tmp_path / "run.dcm"
    path.write_bytes(meta + coded)
    assert path.stat().st_size > 1 << 24
    with DicomSource(path) as source:
        assert np.array_equal(source.read().pixels, images[0])
    path.write_bytes(meta + b"\0\0\0\xff\xff" * (1 << 22) + coded)
    with pytest.raises(SourceError, match="hold nothing"):
        DicomSource(path).open()
