"""Video: bit depth, range, colour, damage."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.errors import EndOfStream, SourceError
from monitor.frame import Frame
from monitor.sources.ffv1 import slices_are_whole
from monitor.sources.video import VideoSource
from tests.sources.makers import REALDATA, run, write_video

FFV1 = {"level": "3", "slicecrc": "1"}


def frames_of(path: Path) -> list[Frame]:
    with VideoSource(path) as source:
        frames = []
        while True:
            try:
                frames.append(source.read())
            except EndOfStream:
                return frames


@pytest.mark.parametrize(
    ("layout", "bits"), [("gray", 8), ("gray10le", 10), ("gray12le", 12), ("gray16le", 16)]
)
def test_ffv1_gray_is_exact_at_its_depth(layout: str, bits: int, tmp_path: Path) -> None:
    images = run(3, bits=bits)
    path = write_video(tmp_path / "v.mkv", images, codec="ffv1", layout=layout)
    with VideoSource(path) as source:
        assert source.info.intensity.bits_stored == bits
    assert np.array_equal(np.stack([frame.pixels for frame in frames_of(path)]), images)


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
@pytest.mark.parametrize(
    ("layout", "gray"),
    [
        ("yuv420p", "gray"),
        ("yuv422p", "gray"),
        ("yuvj420p", "gray"),
        ("yuv420p10le", "gray10le"),
        ("nv12", "gray"),
        ("yuyv422", "gray"),
    ],
)
def test_gray_is_what_ffmpeg_makes_of_it(layout: str, gray: str, tmp_path: Path) -> None:
    bits = 10 if "10" in layout else 8
    ramp = np.arange(1 << bits, dtype=np.uint16 if bits > 8 else np.uint8)
    images = np.broadcast_to(ramp, (1, 16, ramp.size))
    planar = "yuv420p" if layout in ("nv12", "yuyv422") else layout
    codec = "mjpeg" if layout == "yuvj420p" else "ffv1"
    path = write_video(tmp_path / "v.mkv", images, codec=codec, layout=planar)
    if planar != layout:
        raw = tmp_path / "v.avi"
        command = ["ffmpeg", "-v", "error", "-i", path, "-c:v", "rawvideo", "-pix_fmt", layout, raw]
        subprocess.run(command, check=True)
        path = raw
    command = ["ffmpeg", "-v", "error", "-i", path, "-f", "rawvideo", "-pix_fmt", gray, "-"]
    expected = subprocess.run(command, check=True, capture_output=True).stdout
    (frame,) = frames_of(path)
    assert np.array_equal(frame.pixels, np.frombuffer(expected, frame.pixels.dtype).reshape(16, -1))


def test_colour_becomes_luma_and_equal_channels_their_value(tmp_path: Path) -> None:
    image = np.zeros((32, 48, 3), np.uint8)
    image[:, :16], image[:, 16:32] = (255, 0, 0), (7, 7, 7)
    with av.open(str(tmp_path / "v.mkv"), "w") as container:
        stream = container.add_stream("ffv1", rate=10)
        stream.width, stream.height, stream.pix_fmt = 48, 32, "bgr0"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(image, "rgb24")))
        container.mux(stream.encode())
    (frame,) = frames_of(tmp_path / "v.mkv")
    assert frame.pixels[0, 0] == round(0.299 * 255)
    assert (frame.pixels[:, 16:32] == 7).all()
    assert (frame.pixels[:, 32:] == 0).all()


def test_times_that_stand_still_or_are_uneven_are_kept(tmp_path: Path) -> None:
    pts = [500, 540, 700, 701]
    path = write_video(tmp_path / "v.mkv", run(4, bits=8), codec="ffv1", layout="gray", pts=pts)
    assert [frame.t_source_ns for frame in frames_of(path)] == [0, 40_000_000, 200_000_000, 201_000_000]


def test_a_flipped_bit_in_ffv1_is_found_at_its_frame(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.mkv", run(6), codec="ffv1", layout="gray12le", options=FFV1)
    data = bytearray(path.read_bytes())
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
        position = packets[3].pos + packets[3].size // 2
        assert all(slices_are_whole(bytes(packet)) for packet in packets)
    data[position] ^= 0x10
    path.write_bytes(data)
    with VideoSource(path) as source:
        assert [source.read().seq for _ in range(3)] == [0, 1, 2]
        for _ in range(2):
            with pytest.raises(SourceError, match=r"v\.mkv: frame 3 is damaged"):
                source.read()


def test_ffv1_without_checksums_is_read(tmp_path: Path) -> None:
    images = run(3, bits=8)
    plain = {"level": "1", "slicecrc": "0"}
    path = write_video(tmp_path / "v.mkv", images, codec="ffv1", layout="gray", options=plain)
    assert np.array_equal(np.stack([frame.pixels for frame in frames_of(path)]), images)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[bytes, list[bytes]]]:
    folder = tmp_path_factory.mktemp("whole")
    videos = {}
    for name, codec, layout, options in (
        ("v.mkv", "ffv1", "gray", FFV1),
        ("v.mp4", "libx264", "yuv420p", {}),
        ("v.avi", "mjpeg", "yuvj420p", {}),
    ):
        path = write_video(folder / name, run(6, bits=8), codec=codec, layout=layout, options=options)
        videos[name] = path.read_bytes(), [frame.pixels.tobytes() for frame in frames_of(path)]
    return videos


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(["v.mkv", "v.mp4", "v.avi"]), cut=st.floats(0, 1))
def test_a_cut_file_gives_true_frames_and_then_an_error_or_the_end(
    name: str, cut: float, whole: dict[str, tuple[bytes, list[bytes]]], tmp_path: Path
) -> None:
    data, expected = whole[name]
    path = tmp_path / name
    path.write_bytes(data[: int(cut * len(data))])
    got: list[bytes] = []
    with pytest.raises((SourceError, EndOfStream), match=name):
        collect(path, got)
    assert got == expected[: len(got)]


def collect(path: Path, into: list[bytes]) -> None:
    with VideoSource(path) as source:
        while True:
            into.append(source.read().pixels.tobytes())


def test_a_video_without_a_picture_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sound.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
    with pytest.raises(SourceError, match="no video stream"):
        VideoSource(path).open()


def test_a_playlist_opens_no_other_file(tmp_path: Path) -> None:
    write_video(tmp_path / "v.ts", run(3, bits=8), codec="mpeg2video", layout="yuv420p", rate=25)
    playlist = tmp_path / "list.ffconcat"
    playlist.write_text("ffconcat version 1.0\nfile http://127.0.0.1:9/v.ts\n")
    with pytest.raises(SourceError, match=r"list\.ffconcat"):
        VideoSource(playlist).open()


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_interlaced_frames_and_oblong_pixels_are_noted(tmp_path: Path) -> None:
    source = write_video(tmp_path / "v.mkv", run(4, bits=8), codec="ffv1", layout="yuv420p")
    path = tmp_path / "i.mkv"
    options = ["-flags", "+ilme+ildct", "-vf", "setfield=tff,setsar=4/3", "-c:v", "mpeg2video"]
    subprocess.run(["ffmpeg", "-v", "error", "-i", source, *options, path], check=True)
    with VideoSource(path) as video:
        assert video.info.attributes["Interlaced"] == "yes"
        assert video.info.attributes["PixelAspectRatio"] == "4/3"
    with VideoSource(source) as video:
        assert "Interlaced" not in video.info.attributes


def test_a_frame_of_another_size_comes_at_its_own_size(tmp_path: Path) -> None:
    images = [image for columns in (64, 80) for image in run(3, columns=columns, bits=8)]
    path = tmp_path / "both.mjpeg"
    path.write_bytes(b"".join(cv2.imencode(".jpg", image)[1].tobytes() for image in images))
    assert [frame.columns for frame in frames_of(path)] == [64] * 3 + [80] * 3


@pytest.mark.realdata
@pytest.mark.skipif(not REALDATA.is_dir(), reason="real data are not beside the project")
def test_real_fluoroscopy_video() -> None:
    with VideoSource(REALDATA / "video" / "ap_abdomen_pan.avi") as source:
        assert (source.info.rows, source.info.columns, source.info.frame_count) == (1024, 1024, 99)
        assert source.info.frame_period_s == pytest.approx(1 / 30)
    frames = frames_of(REALDATA / "video" / "ap_abdomen_pan.avi")
    assert len(frames) == 99
    assert frames[-1].t_source_ns == pytest.approx(98e9 / 30, abs=1000)
    means = [frame.pixels.mean() for frame in frames]
    assert means[98] < 0.9 * means[90]  # the exposure drops at frame 98
