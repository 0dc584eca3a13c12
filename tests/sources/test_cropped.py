"""Cropped sources: the contract of `test_contract` over other inputs, and what a crop may not be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from monitor.errors import EndOfStream, InputError, SourceError
from monitor.frame import Frame
from monitor.sources import source_for
from monitor.sources.base import FrameSource
from monitor.sources.cropped import Crop, CroppedSource, cropped, parse_crop
from tests.monitor import scripted
from tests.sources.makers import run, save, write_images, write_video, xa

IMAGES = run(4, bits=12)
CROP = Crop(7, 5, 40, 30)
FFV1 = {"level": "3", "slicecrc": "1"}


@pytest.fixture(params=["dicom", "images", "video"])
def original(request: pytest.FixtureRequest, tmp_path: Path) -> FrameSource:
    if request.param == "dicom":
        return source_for(str(save(xa(IMAGES), tmp_path / "run.dcm")))
    if request.param == "images":
        return source_for(str(write_images(tmp_path / "png", IMAGES)), frame_rate_hz=15)
    return source_for(
        str(write_video(tmp_path / "run.mkv", IMAGES, codec="ffv1", layout="gray12le", options=FFV1))
    )


def read_all(source: FrameSource) -> list[Frame]:
    frames = []
    while True:
        try:
            frames.append(source.read())
        except EndOfStream:
            return frames


def test_a_part_of_each_frame_with_its_number_and_time(original: FrameSource) -> None:
    with original:
        whole, stated = read_all(original), original.info
    source = CroppedSource(original, CROP)
    assert isinstance(source, FrameSource)
    with source:
        info, frames = source.info, read_all(source)
        with pytest.raises(EndOfStream):
            source.read()
    assert (info.rows, info.columns) == (30, 40)
    assert info.attributes["Crop"] == "7,5,40,30"
    assert info.attributes["Delivered"] == "64 x 48"
    assert (info.geometry, info.intensity, info.kind) == (stated.geometry, stated.intensity, stated.kind)
    assert [(f.seq, f.t_source_ns, f.source_id) for f in frames] == [
        (f.seq, f.t_source_ns, f.source_id) for f in whole
    ]
    for frame, before in zip(frames, whole, strict=True):
        assert np.array_equal(frame.pixels, before.pixels[5:35, 7:47])
        assert frame.pixels.flags.c_contiguous
        assert not frame.pixels.flags.writeable


def test_it_can_be_closed_at_any_time_and_opened_anew(original: FrameSource) -> None:
    source = cropped(original, CROP)
    source.close()
    with pytest.raises(RuntimeError):
        _ = source.info
    for _ in range(2):
        with source:
            assert source.read().seq == 0
    with pytest.raises(RuntimeError):
        source.read()
    assert cropped(original, None) is original


def test_a_crop_beyond_the_frame_is_told_and_the_source_is_let_go(original: FrameSource) -> None:
    source = CroppedSource(original, Crop(30, 0, 40, 30))
    with pytest.raises(SourceError, match=r"crop 30,0,40,30 does not lie within 64 x 48"):
        source.open()
    with pytest.raises(RuntimeError):
        original.read()


def test_frames_that_change_their_size_are_not_cropped_at_the_old_place() -> None:
    size = scripted.SIZE
    acts = [
        scripted.frame(0, np.zeros((size, size), np.uint16)),
        scripted.frame(1, np.zeros((480, 640), np.uint16)),
    ]
    source = CroppedSource(scripted.ScriptedSource(acts), CROP)
    source.open()
    assert source.read().rows == 30
    with pytest.raises(SourceError, match=f"frame 1 is 640 x 480, no longer {size} x {size}"):
        source.read()


@pytest.mark.parametrize(
    "text", ["", "1,2,3", "1,2,100,100,5", "a,b,c,d", "-1,0,100,100", "1.5,0,100,100", "0,0,100,15"]
)
def test_what_is_no_crop_says_so_in_one_line(text: str) -> None:
    with pytest.raises(InputError, match=r"^--crop ") as raised:
        parse_crop(text, "--crop")
    assert "\n" not in str(raised.value)


def test_a_crop_is_read_as_it_is_written() -> None:
    assert parse_crop(str(CROP)) == CROP
