"""A live source that goes and comes back: scripted drivers, and ffmpeg killed and started again."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import threading
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from monitor.errors import EndOfStream, SourceAway, SourceLost, SourceTimeout
from monitor.frame import Frame
from monitor.sources.network import NetworkSource
from monitor.sources.reconnecting import Reconnecting
from tests.monitor.scripted import ScriptedSource, frame, scene
from tests.sources.makers import run, write_video
from tests.sources.test_live import opened
from tests.sources.test_live_reader import Driver, Scripted, gray


class Clock:
    def __init__(self) -> None:
        self.now_ns = 0

    def __call__(self) -> int:
        return self.now_ns


def back(source: Reconnecting) -> Frame:
    """Read until a frame comes; the time-out of the read is all the waiting there is."""
    for _ in range(200):
        try:
            return source.read(timeout_s=0.1)
        except SourceTimeout:
            continue
    raise AssertionError("it did not come back")


def again(*drivers: Driver, clock: Clock | None = None) -> Reconnecting:
    return Reconnecting(
        Scripted(*drivers, open_timeout_s=0.2), clock or Clock(), first_wait_s=0.0, longest_wait_s=0.0
    )


def test_one_that_is_back_before_it_is_told_is_told_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    class AtOnce(threading.Thread):
        def start(self) -> None:
            self.run() if self.name == "reconnect" else super().start()

    with again(Driver(gray(1), None), Driver(gray(2))) as source:
        monkeypatch.setattr("monitor.sources.reconnecting.threading.Thread", AtOnce)
        told = None
        while told is None:
            try:
                source.read(timeout_s=0.1)
            except SourceAway as away:
                told = str(away)
            except SourceTimeout:
                continue
    assert told == "device:9: no more frames; connecting again"


def test_a_pulled_cable_is_told_and_the_numbers_go_on() -> None:
    with again(Driver(gray(1), gray(2), None), Driver(gray(3))) as source:
        numbers, values = [], []
        told = None
        for _ in range(200):
            try:
                shot = source.read(timeout_s=0.1)
            except SourceAway as away:
                told = str(away)
                continue
            except SourceTimeout:
                continue
            numbers.append(shot.seq)
            values.append(int(shot.pixels[0, 0]))
            if values[-1] == 3:
                break
        assert told is not None
        assert told.startswith("device:9: no more frames; connecting again")
        assert numbers == list(range(len(numbers)))
        assert source.returns == 1


def test_a_driver_that_is_stuck_is_opened_anew() -> None:
    clock = Clock()
    stuck = Driver(gray(1))
    with again(stuck, Driver(gray(2)), clock=clock) as source:
        source.read()
        clock.now_ns = 4_900_000_000
        with pytest.raises(SourceTimeout) as soon:
            source.read(timeout_s=0.01)
        assert not isinstance(soon.value, SourceAway)
        clock.now_ns = 5_000_000_000
        with pytest.raises(SourceAway, match=r"device:9: no frame for 5 s; connecting again"):
            source.read(timeout_s=0.01)
        assert int(back(source).pixels[0, 0]) == 2
    stuck.waiting.put(None)
    assert stuck.released.wait(5)


def test_a_driver_that_raises_is_opened_anew() -> None:
    mad = Driver(gray(1))
    mad.buffer = np.zeros((4, 6, 3), np.uint8)
    source = again(mad, Driver(gray(2)))
    with source:
        back(source)
        mad.buffer = np.zeros((4, 6, 3), np.float32)  # no image at all
        mad.waiting.put(gray(1))
        told = None
        while told is None:
            try:
                source.read(timeout_s=0.1)
            except SourceAway as error:
                told = str(error)
            except SourceTimeout:
                continue
        assert "a frame is rows x columns of uint8 or uint16" in told
        assert int(back(source).pixels[0, 0]) == 2


def test_it_goes_on_trying_and_says_why_it_fails() -> None:
    silent = [Driver() for _ in range(2)]
    with again(Driver(gray(1), None), *silent, Driver(gray(5))) as source:
        told = set()
        while True:
            try:
                if int(source.read(timeout_s=0.1).pixels[0, 0]) == 5:
                    break
            except SourceTimeout as error:
                told.add(str(error))
        assert any("no frame within 0.2 s; connecting again" in words for words in told)
    for driver in silent:
        driver.waiting.put(None)


def test_it_can_be_closed_while_it_tries() -> None:
    late = Driver()
    source = again(Driver(gray(1), None), late)
    source.open()
    back(source)
    away = None
    while away is None:
        try:
            source.read(timeout_s=0.01)
        except SourceAway as error:
            away = error
        except SourceTimeout:
            continue
    source.close()
    source.close()
    late.waiting.put(None)
    assert late.released.wait(5)
    reopening = [thread for thread in threading.enumerate() if thread.name == "reconnect"]
    for thread in reopening:
        thread.join(5)
        assert not thread.is_alive()


def test_another_size_after_the_return_comes_through_as_it_is() -> None:
    other = Driver()
    other.buffer = np.zeros((8, 10, 3), np.uint8)
    other.waiting.put(np.full((8, 10, 3), 9, np.uint8))
    with again(Driver(gray(1), None), other) as source:
        shapes = [back(source).pixels.shape for _ in range(2)]
    assert shapes == [(4, 6), (8, 10)]


def test_what_a_file_has_lost_stays_lost() -> None:
    pixels = scene()
    source = Reconnecting(ScriptedSource([frame(0, pixels), SourceLost("the disk is gone")]), Clock())
    source.open()
    assert source.read().seq == 0
    with pytest.raises(SourceLost, match="the disk is gone"):
        source.read()
    with pytest.raises(EndOfStream):
        source.read()


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_a_sender_that_is_killed_and_started_again(tmp_path: Path) -> None:
    images = run(600, rows=144, columns=176, bits=8)
    path = write_video(
        tmp_path / "run.ts", images, codec="mpeg2video", layout="yuv420p", rate=30, options={"g": "5"}
    )
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def sender() -> subprocess.Popen[bytes]:
        command = ["ffmpeg", "-v", "quiet", "-re", "-i", str(path), "-c", "copy", "-f", "mpegts"]
        return subprocess.Popen([*command, f"tcp://127.0.0.1:{port}?listen=1"], stdin=subprocess.DEVNULL)

    def kill(peer: subprocess.Popen[bytes]) -> None:
        peer.send_signal(signal.SIGKILL)
        peer.wait()

    first = sender()
    source = Reconnecting(
        NetworkSource(f"tcp://127.0.0.1:{port}", open_timeout_s=5.0), Clock(),
        first_wait_s=0.05, longest_wait_s=0.2,
    )  # fmt: skip
    second = None
    try:
        opened(source)
        before = [back(source).seq for _ in range(5)]
        kill(first)
        away = None
        while away is None:
            try:
                before.append(source.read(timeout_s=0.2).seq)
            except SourceAway as error:
                away = str(error)
            except SourceTimeout:
                continue
        second = sender()
        after = [back(source).seq for _ in range(5)]
        assert before + after == list(range(len(before) + 5))
        assert away.startswith(f"tcp://127.0.0.1:{port}: ")
        assert source.returns == 1
    finally:
        source.close()
        for peer in (first, second):
            if peer is not None:
                kill(peer)
