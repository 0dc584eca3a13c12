"""RLE frames that are not as PS3.5 Annex G says: one line, and nothing printed by the decoder."""

from __future__ import annotations

import random
from pathlib import Path
from struct import pack, unpack_from

import numpy as np
import pytest
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import RLELossless

from monitor.errors import SourceError
from monitor.sources.dicom import DicomSource
from monitor.sources.rle import decoded_rle, segments_of
from tests.sources.makers import encapsulated, run, save

IMAGES = run(1)
VALUES = IMAGES[0].size
HEADER = encapsulated(IMAGES, RLELossless)
(FRAME,) = generate_frames(HEADER.PixelData, number_of_frames=1)
HIGH, LOW = segments_of(FRAME, 2)


def frame_of(*segments: bytes, unused: int = 0) -> bytes:
    starts = [64 + sum(map(len, segments[:number])) for number in range(len(segments))]
    header = pack("<16L", len(segments), *starts, *[unused] * (15 - len(segments)))
    return header + b"".join(segments)


def open_frame(coded: bytes, folder: Path) -> np.ndarray:
    header = encapsulated(IMAGES, RLELossless)
    header.PixelData = encapsulate([coded])
    with DicomSource(save(header, folder / "run.dcm")) as source:
        return source.read().pixels


def test_a_run_across_the_end_is_refused_without_a_panic(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The decoder writes the last run beyond the picture and prints a panic of its own."""
    whole = b"\x81\x07" * (VALUES // 128)
    with pytest.raises(SourceError, match=rf"^[^\n]*segment 1 goes on behind {VALUES} values\)$"):
        open_frame(frame_of(whole, b"\xff\x07" + whole), tmp_path)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("number", [0, 1])
def test_values_behind_the_last_are_no_padding(number: int) -> None:
    segments = [HIGH, LOW]
    segments[number] += b"\x00\x07"
    with pytest.raises(ValueError, match=rf"^RLE segment {number} goes on behind {VALUES} values$"):
        decoded_rle(frame_of(*segments), VALUES, 1, 2)


def test_damage_is_one_line_or_a_picture(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """About every seventh of these frames made the decoder print its panic."""
    chance, said = random.Random(1), []
    for _ in range(60):
        coded = bytearray(FRAME)
        for _ in range(chance.randint(1, 4)):
            coded[chance.randrange(64, len(coded))] = chance.randrange(256)
        try:
            assert open_frame(bytes(coded), tmp_path).shape == IMAGES.shape[1:]
        except SourceError as error:
            said.append(str(error))
    assert 10 < len(said) < 50
    assert all("cannot be decoded (RLE Lossless: RLE segment" in line for line in said)
    assert not any("\n" in line for line in said)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("header", "says"),
    [
        (b"", "the RLE header has 0 of 64 bytes"),
        (FRAME[:63], "the RLE header has 63 of 64 bytes"),
        (pack("<L", 0), "states 0 segments, not 2"),
        (pack("<L", 1), "states 1 segments, not 2"),
        (pack("<L", 16), "states 16 segments, not 2"),
        (pack("<LL", 2, 65), "do not rise within the frame"),
        (pack("<3L", 2, 64, 64), "do not rise within the frame"),
        (pack("<3L", 2, 64, 63), "do not rise within the frame"),
        (pack("<3L", 2, 64, len(FRAME)), "do not rise within the frame"),
        (pack("<3L", 2, 64, 0xFFFFFFFF), "do not rise within the frame"),
    ],
)
def test_headers_that_cannot_be(header: bytes, says: str) -> None:
    cut = says.startswith("the RLE header has")
    with pytest.raises(ValueError, match=says):
        decoded_rle(header if cut else header + FRAME[len(header) :], VALUES, 1, 2)


@pytest.mark.parametrize(
    "low",
    [b"\0", b"\xff", b"\x80", b"\x80\x80", b"\0\0", LOW[: len(LOW) // 2], LOW[:-1], LOW[:-2], LOW[:-3]],
    ids=len,
)
def test_a_segment_that_ends_early(low: bytes) -> None:
    with pytest.raises(ValueError, match=f"^RLE segment 1 ends before {VALUES} values$"):
        decoded_rle(frame_of(HIGH, low), VALUES, 1, 2)


def test_one_value_is_not_made_up() -> None:
    """Whatever stands behind a segment that is one value short does not take that value's place."""
    for pad in (b"", b"\0", b"\x80", b"\x80\x80"):
        with pytest.raises(ValueError, match=r"^RLE segment 0 ends before 4 values$"):
            decoded_rle(frame_of(b"\x02abc" + pad), 4, 1, 1)
    for cut in (b"\x03abc", b"\x03ab", b"\x01ab\x01c", b"\x01ab\xff"):
        with pytest.raises(ValueError, match=r"^RLE segment 0 ends before 4 values$"):
            decoded_rle(frame_of(cut), 4, 1, 1)


@pytest.mark.parametrize("pad", [b"", b"\0", b"\x80", b"\0\0", b"\x80\x80\x80", bytes(300)], ids=repr)
def test_padding_and_unused_offsets_are_passed_over(pad: bytes) -> None:
    coded = frame_of(HIGH + pad, LOW + pad, unused=7)
    assert decoded_rle(coded, VALUES, 1, 2) == IMAGES.tobytes()


def test_three_planes_follow_one_another() -> None:
    coded = frame_of(b"\x01ab", b"\xffc", b"\x01de")
    assert unpack_from("<L", coded) == (3,)
    assert decoded_rle(coded, 2, 3, 1) == b"abccde"
