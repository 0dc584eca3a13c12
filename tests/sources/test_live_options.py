"""What may be asked of a live picture: parsed, granted or refused, and exact to the line."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from monitor.errors import SourceError
from monitor.sources import source_for
from monitor.sources.capture import negotiate
from monitor.sources.live_options import LiveOptions, one_field, split_options
from tests.sources.makers import write_video
from tests.sources.test_live import ffmpeg_listening, opened


def test_what_is_asked_is_read() -> None:
    source, asked = split_options("device:0#size=1920x1080&rate=60&format=yuyv&crop=420,0,1080,1080")
    assert source == "device:0"
    assert asked == LiveOptions((1920, 1080), 60.0, "YUYV", (420, 0, 1080, 1080))
    assert split_options("rtsp://host/run?x=1#interlaced=top")[1].interlaced == "top"
    assert split_options("device:3") == ("device:3", LiveOptions())


@pytest.mark.parametrize(
    "asked", ["size=big", "rate=0", "rate=-5", "format=H26", "crop=1,2,3", "interlaced=yes", "colour=red"]
)
def test_what_makes_no_sense_is_one_line(asked: str) -> None:
    with pytest.raises(SourceError, match=r"^device:0#.*cannot ask for .*; there are: size="):
        source_for(f"device:0#{asked}")


def test_of_a_stream_no_size_can_be_asked() -> None:
    with pytest.raises(SourceError, match=r"^rtsp://host/run: size, rate and format are the sender's"):
        source_for("rtsp://someone:secret@host/run#size=640x480")


class Driver:
    """Stands for `cv2.VideoCapture`: grants what it can, as drivers do, without a word."""

    def __init__(self, size: tuple[int, int], fourcc: str) -> None:
        self._values: dict[int, float] = {}
        self._size, self._fourcc = size, float(cv2.VideoWriter.fourcc(*fourcc))

    def set(self, what: int, value: float) -> bool:
        self._values[what] = value
        return True

    def get(self, what: int) -> float:
        fixed = {
            cv2.CAP_PROP_FRAME_WIDTH: float(self._size[0]),
            cv2.CAP_PROP_FRAME_HEIGHT: float(self._size[1]),
            cv2.CAP_PROP_FOURCC: self._fourcc,
        }
        return fixed.get(what, self._values.get(what, 0.0))


def test_another_size_or_format_than_asked_is_refused() -> None:
    driver = Driver((1280, 720), "YUYV")
    negotiate(driver, LiveOptions((1280, 720), 60.0, "YUYV"))  # type: ignore[arg-type]  # the driver stands for one
    assert driver.get(cv2.CAP_PROP_FPS) == 60.0
    with pytest.raises(SourceError, match="gives 1280 x 720, not the 1920 x 1080 asked for"):
        negotiate(driver, LiveOptions((1920, 1080)))  # type: ignore[arg-type]
    with pytest.raises(SourceError, match="gives format 'YUYV', not the MJPG asked for"):
        negotiate(driver, LiveOptions(fourcc="MJPG"))  # type: ignore[arg-type]


@pytest.mark.parametrize("rows", [8, 9])
@pytest.mark.parametrize("parity", [0, 1])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_one_field_keeps_its_lines_and_moves_nothing(rows: int, parity: int, dtype: type) -> None:
    ramp = (np.arange(rows, dtype=dtype) * 10)[:, None].repeat(5, axis=1)
    torn = ramp.copy()
    torn[1 - parity :: 2] = 99  # the other field is of another moment
    out = one_field(torn, parity)
    assert out.dtype == dtype
    np.testing.assert_array_equal(out[parity::2], ramp[parity::2])
    inner = slice(1, rows - 1)
    np.testing.assert_array_equal(out[inner], ramp[inner])
    assert not (out == 99).any()


def test_a_crop_beyond_the_picture_is_refused() -> None:
    image: NDArray[np.uint8] = np.zeros((100, 200, 3), np.uint8)
    assert LiveOptions(crop=(50, 0, 100, 100)).picture(image).shape == (100, 100)
    with pytest.raises(SourceError, match="crop 150,0,100,100 does not lie within 200 x 100"):
        LiveOptions(crop=(150, 0, 100, 100)).picture(image)


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_an_interlaced_stream_with_pillar_boxes_from_ffmpeg(tmp_path: Path) -> None:
    """A bar that moves: woven fields show it twice, one field once."""
    images = np.full((90, 144, 240), 16, np.uint8)
    for n, image in enumerate(images):
        image[:, 32:208] = 60
        for parity in (0, 1):  # two fields of two moments
            left = 40 + (8 * n + 4 * parity) % 120
            image[parity::2, left : left + 24] = 200
    path = write_video(tmp_path / "run.ts", images, codec="mpeg2video", layout="yuv420p", rate=30,
                       options={"g": "1", "qmin": "1", "qmax": "2"})  # fmt: skip

    def torn(options: str) -> tuple[float, tuple[int, int]]:
        with ffmpeg_listening(path, "-stream_loop", "-1") as url:
            source = opened(source_for(f"{url}{options}"))
            pixels = [source.read(5.0).pixels.astype(float) for _ in range(6)]
            source.close()
        combing = np.mean([np.abs(p[1:-1] - (p[:-2] + p[2:]) / 2).mean() for p in pixels])
        return float(combing), pixels[0].shape  # type: ignore[return-value]  # two sides

    woven, whole = torn("#crop=32,0,176,144")
    single, shape = torn("#crop=32,0,176,144&interlaced=top")
    assert whole == shape == (144, 176)
    assert single < 0.25 * woven
    assert torn("")[1] == (144, 240)
