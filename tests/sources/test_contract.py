"""Every source keeps the promises of `monitor.sources.base.FrameSource`."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom.uid import JPEG2000Lossless, JPEGLSLossless, RLELossless

from monitor.errors import EndOfStream, SourceError
from monitor.frame import Frame
from monitor.pacing import Paced
from monitor.sources import source_for
from monitor.sources.base import FrameSource
from tests.sources.makers import (
    PERIOD_MS,
    encapsulated,
    enhanced_xa,
    run,
    save,
    write_images,
    write_video,
    xa,
)

IMAGES_12 = run(5, bits=12)
IMAGES_8 = run(5, bits=8)
REGULAR_NS = [round(index * 1e9 / 15) for index in range(5)]
FRAME_TIME_NS = [round(index * PERIOD_MS * 1e6) for index in range(5)]
ENHANCED_NS = [0, 66_000_000, 130_000_000, 260_000_000, 350_000_000]
FFV1 = {"level": "3", "slicecrc": "1"}


@dataclass(frozen=True)
class Case:
    make: Callable[[Path], Path]
    exact: NDArray[np.generic] | None
    times_ns: list[int | None]
    frame_rate_hz: float | None = None
    tolerance_ns: int = 1_000


def _folder_of_dicoms(folder: Path) -> Path:
    target = folder / "series"
    target.mkdir()
    for index, image in enumerate(IMAGES_12):
        # Names run against the order of acquisition.
        header = xa(
            image[None],
            InstanceNumber=index + 1,
            AcquisitionDate="20240229",
            AcquisitionTime=f"10151{index}.500000",
            NumberOfFrames=None,
            FrameTime=None,
            FrameIncrementPointer=None,
        )
        save(header, target / f"{9 - index}")
    (target / "readme.txt").write_text("not an image")
    return target


def _ffv1(folder: Path) -> Path:
    pts = [0, 66, 133, 200, 333]
    return write_video(folder / "run.mkv", IMAGES_12, codec="ffv1", layout="gray12le", pts=pts, options=FFV1)


CASES = {
    "ffv1 gray12": Case(_ffv1, IMAGES_12, [0, 66_000_000, 133_000_000, 200_000_000, 333_000_000]),
    "h264 mp4": Case(
        lambda f: write_video(f / "run.mp4", IMAGES_8, codec="libx264", layout="yuv420p"), None, REGULAR_NS
    ),
    "mpeg4 mp4": Case(
        lambda f: write_video(f / "run.mp4", IMAGES_8, codec="mpeg4", layout="yuv420p"), None, REGULAR_NS
    ),
    "mjpeg avi": Case(
        lambda f: write_video(f / "run.avi", IMAGES_8, codec="mjpeg", layout="yuvj420p"), None, REGULAR_NS
    ),
    "png folder": Case(lambda f: write_images(f / "png", IMAGES_12), IMAGES_12, [None] * 5),
    "png folder, rate given": Case(
        lambda f: write_images(f / "png", IMAGES_8), IMAGES_8, REGULAR_NS, frame_rate_hz=15
    ),
    "one png": Case(lambda f: write_images(f / "png", IMAGES_8[:1]) / "IM1.png", IMAGES_8[:1], [None]),
    "dicom native": Case(lambda f: save(xa(IMAGES_12), f / "run.dcm"), IMAGES_12, FRAME_TIME_NS),
    "dicom native 8 bit, no suffix": Case(lambda f: save(xa(IMAGES_8), f / "IM0"), IMAGES_8, FRAME_TIME_NS),
    "dicom rle": Case(
        lambda f: save(encapsulated(IMAGES_12, RLELossless), f / "run.dcm"), IMAGES_12, FRAME_TIME_NS
    ),
    "dicom j2k, extended table": Case(
        lambda f: save(encapsulated(IMAGES_12, JPEG2000Lossless, table="extended"), f / "run.dcm"),
        IMAGES_12,
        FRAME_TIME_NS,
    ),
    "dicom j2k, no table": Case(
        lambda f: save(encapsulated(IMAGES_8, JPEG2000Lossless, table="none"), f / "run.dcm"),
        IMAGES_8,
        FRAME_TIME_NS,
    ),
    "dicom jpeg-ls": Case(
        lambda f: save(encapsulated(IMAGES_12, JPEGLSLossless), f / "run.dcm"), IMAGES_12, FRAME_TIME_NS
    ),
    "enhanced xa": Case(
        lambda f: save(enhanced_xa(IMAGES_12, [ns * 1e-9 for ns in ENHANCED_NS]), f / "run.dcm"),
        IMAGES_12,
        list(ENHANCED_NS),
    ),
    "dicom folder": Case(_folder_of_dicoms, IMAGES_12, [index * 1_000_000_000 for index in range(5)]),
}


@pytest.fixture(params=list(CASES))
def case(request: pytest.FixtureRequest) -> Case:
    if request.param == "dicom jpeg-ls":
        pytest.importorskip("jpeg_ls", reason="no JPEG-LS encoder (pyjpegls) here to make the input with")
    return CASES[request.param]


@pytest.fixture(params=[False, True], ids=["plain", "paced"])
def source(request: pytest.FixtureRequest, case: Case, tmp_path: Path) -> FrameSource:
    path = case.make(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = source_for(str(path), frame_rate_hz=case.frame_rate_hz)
    return paced(made) if request.param else made


def paced(source: FrameSource) -> FrameSource:
    """Played out by a clock that only moves when somebody waits."""
    clock = [0]

    def wait(seconds: float) -> None:
        clock[0] += max(1, round(seconds * 1e9))

    return Paced(source, lambda: clock[0], wait)


def read_all(source: FrameSource) -> list[Frame]:
    frames = []
    while True:
        try:
            frames.append(source.read())
        except EndOfStream:
            return frames


def test_frames_are_those_that_were_written_in_order_and_on_time(source: FrameSource, case: Case) -> None:
    with source:
        info = source.info
        frames = read_all(source)
    assert isinstance(source, FrameSource)
    assert [frame.seq for frame in frames] == list(range(len(case.times_ns)))
    if info.frame_count is not None:
        assert info.frame_count == len(frames)
    for frame, expected_ns in zip(frames, case.times_ns, strict=True):
        assert frame.pixels.shape == (info.rows, info.columns)
        assert frame.pixels.dtype in (np.uint8, np.uint16)
        assert frame.pixels.flags.c_contiguous
        assert not frame.pixels.flags.writeable
        assert frame.pixels.max() <= info.intensity.largest_stored_value
        assert frame.source_id == info.source_id
        if expected_ns is None:
            assert frame.t_source_ns is None
        else:
            assert frame.t_source_ns == pytest.approx(expected_ns, abs=case.tolerance_ns)
    assert all(earlier.time_ns <= later.time_ns for earlier, later in pairwise(frames))
    assert all(earlier.t_capture_ns <= later.t_capture_ns for earlier, later in pairwise(frames))
    if case.exact is not None:
        assert np.array_equal(np.stack([frame.pixels for frame in frames]), case.exact)
    else:
        error = np.stack([frame.pixels for frame in frames]).astype(float) - lossy_reference(source)
        assert np.abs(error.mean()) < 1.5
        assert np.abs(error).mean() < 6


def lossy_reference(source: FrameSource) -> NDArray[np.float64]:
    """What was encoded, as full-range gray: limited-range luma was written as if it were gray."""
    images = IMAGES_8.astype(float)
    full = source.info.attributes["PixelFormat"].startswith("yuvj")
    return images if full else np.clip((images - 16) * 255 / 219, 0, 255)


def test_the_end_stays_the_end_and_the_source_can_be_opened_anew(source: FrameSource) -> None:
    source.open()
    first = read_all(source)
    for _ in range(3):
        with pytest.raises(EndOfStream):
            source.read()
    source.close()
    source.close()
    source.open()
    again = read_all(source)
    source.close()
    assert [frame.seq for frame in again] == [frame.seq for frame in first]
    assert all(np.array_equal(a.pixels, b.pixels) for a, b in zip(first, again, strict=True))


def test_nothing_is_known_before_open_and_close_is_always_allowed(source: FrameSource) -> None:
    source.close()
    with pytest.raises(RuntimeError):
        _ = source.info
    with pytest.raises(RuntimeError):
        source.read()
    source.open()
    source.read()
    source.close()
    with pytest.raises(RuntimeError):
        source.read()


@pytest.mark.parametrize("name", [name for name in CASES if name != "dicom jpeg-ls"])
@pytest.mark.parametrize("kept", [0, 1, 100])
def test_a_file_of_which_next_to_nothing_is_left_does_not_open(
    name: str, kept: int, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = CASES[name].make(tmp_path)
    if path.is_dir():
        for file in path.iterdir():
            file.write_bytes(file.read_bytes()[:kept])
    else:
        path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(SourceError) as raised:
        source_for(str(path)).open()
    assert str(tmp_path) in str(raised.value)
    assert "\n" not in str(raised.value)
    assert capfd.readouterr() == ("", "")
