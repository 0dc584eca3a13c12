"""Live sources against a real peer: ffmpeg, and a socket that stops talking."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from monitor.errors import SourceError, SourceLost, SourceTimeout
from monitor.frame import PixelIntensityRelationship
from monitor.pacing import Paced
from monitor.sources import source_for
from monitor.sources.base import FrameSource
from monitor.sources.network import NetworkSource
from tests.sources.makers import run, write_video

pytestmark = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds of MPEG-TS at 30 frames per second."""
    images = run(90, rows=144, columns=176, bits=8)
    path = tmp_path_factory.mktemp("ts") / "run.ts"
    return write_video(path, images, codec="mpeg2video", layout="yuv420p", rate=30, options={"g": "5"})


@contextmanager
def ffmpeg_listening(stream: Path, *options: str) -> Iterator[str]:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"tcp://127.0.0.1:{port}"
    command = ["ffmpeg", "-v", "quiet", "-re", *options, "-i", str(stream), "-c", "copy", "-f", "mpegts"]
    server = subprocess.Popen([*command, f"{url}?listen=1"], stdin=subprocess.DEVNULL)
    try:
        yield url
    finally:
        server.kill()
        server.wait()


@contextmanager
def socket_serving(data: bytes) -> Iterator[tuple[str, threading.Event]]:
    """Send `data` to the first who connects, then nothing until the event is set, then hang up."""
    hang_up = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        peer, _ = listener.accept()
        with peer:
            peer.sendall(data)
            hang_up.wait(30)

    server = threading.Thread(target=serve, daemon=True)
    server.start()
    try:
        yield f"tcp://127.0.0.1:{listener.getsockname()[1]}", hang_up
    finally:
        hang_up.set()
        server.join(10)
        listener.close()


def opened(source: FrameSource) -> FrameSource:
    """Open as soon as the peer listens."""
    last: SourceError | None = None
    for _ in range(200):
        try:
            source.open()
        except SourceError as error:
            last = error
            threading.Event().wait(0.05)
        else:
            return source
    raise AssertionError(f"the peer never answered: {last}")


def read_on(source: FrameSource, timeout_s: float) -> None:
    while True:
        source.read(timeout_s)


def threads_of(source: FrameSource) -> list[threading.Thread]:
    name = source.info.source_id
    return [thread for thread in threading.enumerate() if thread.name.startswith(name)]


def test_ffmpeg_over_tcp(stream: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with ffmpeg_listening(stream, "-stream_loop", "-1") as url:
        source = source_for(url)
        with pytest.raises(RuntimeError):
            _ = source.info
        opened(source)
        assert isinstance(source, FrameSource)
        info = source.info
        assert (info.kind, info.live, info.source_id) == ("network", True, url)
        assert (info.rows, info.columns) == (144, 176)
        assert info.intensity.relationship is PixelIntensityRelationship.DISP
        frames = [source.read(timeout_s=5) for _ in range(12)]
        source.close()
        source.close()
        with pytest.raises(RuntimeError):
            source.read()
        threads = threads_of(source)
        for thread in threads:
            thread.join(5)
        assert not any(thread.is_alive() for thread in threads)
    assert [frame.seq for frame in frames] == list(range(12))
    assert all(frame.t_source_ns is None for frame in frames)
    assert all(earlier.time_ns < later.time_ns for earlier, later in pairwise(frames))
    assert all(not frame.pixels.flags.writeable for frame in frames)
    assert len({frame.pixels.tobytes() for frame in frames}) == 12
    assert 20 < frames[0].pixels.mean() < 200
    assert capfd.readouterr() == ("", "")


def test_silence_is_a_timeout_and_a_hung_up_peer_is_lost(stream: Path) -> None:
    with socket_serving(stream.read_bytes()) as (url, hang_up):
        source = NetworkSource(url)
        opened(source)
        with pytest.raises(SourceTimeout):
            read_on(source, 1.0)
        with pytest.raises(SourceTimeout):
            source.read(timeout_s=0.01)
        hang_up.set()
        with pytest.raises(SourceLost):
            read_on(source, 10)
        for _ in range(2):
            with pytest.raises(SourceLost, match=r"no more frames"):
                source.read()
        source.close()


def test_a_peer_that_says_nothing_is_given_up(capfd: pytest.CaptureFixture[str]) -> None:
    with socket_serving(b"") as (url, _):
        source = NetworkSource(url, open_timeout_s=0.3)
        with pytest.raises(
            SourceError, match=r"^tcp://127\.0\.0\.1:\d+: (no frame within 0\.3 s|cannot be opened)$"
        ):
            source.open()
        source.close()
    assert capfd.readouterr() == ("", "")


def test_nobody_there_is_one_line_and_no_password(capfd: pytest.CaptureFixture[str]) -> None:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        source = source_for(f"http://user:hunter2@127.0.0.1:{probe.getsockname()[1]}/live")
        with pytest.raises(SourceError, match=r"^http://127\.0\.0\.1:\d+/live: cannot be opened$"):
            source.open()
    assert capfd.readouterr() == ("", "")


def test_a_live_source_passes_through_pacing(stream: Path) -> None:
    def never(seconds: float) -> None:
        raise AssertionError(f"waited {seconds} s for a live source")

    with ffmpeg_listening(stream, "-stream_loop", "-1") as url:
        source = opened(Paced(NetworkSource(url), lambda: 0, never))
        frames = [source.read(timeout_s=5) for _ in range(3)]
        source.close()
    assert all(frame.t_capture_ns > 0 for frame in frames)
    assert np.all(np.diff([frame.t_capture_ns for frame in frames]) > 0)
