"""The draining thread against a driver that does what the test says: late, hung, or gone."""

from __future__ import annotations

import queue
import threading
from itertools import count

import cv2
import numpy as np
import pytest

from monitor.errors import SourceError, SourceLost, SourceTimeout
from monitor.sources.live import LiveSource


class Driver:
    """Stands for `cv2.VideoCapture`: gives what the test puts in; blocks, as real ones do, on nothing."""

    def __init__(self, *images: np.ndarray | None) -> None:
        self.waiting: queue.Queue[np.ndarray | None] = queue.Queue()
        self.released = threading.Event()
        self.buffer = np.zeros((4, 6, 3), np.uint8)
        for image in images:
            self.waiting.put(image)

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return True

    def read(self) -> tuple[bool, np.ndarray | None]:
        # Asked again: whatever was given before has been dealt with.
        if self.waiting.unfinished_tasks > self.waiting.qsize():
            self.waiting.task_done()
        image = self.waiting.get()
        if image is None:
            return False, None
        self.buffer[:] = image
        return True, self.buffer

    def get(self, what: int) -> float:
        return {cv2.CAP_PROP_FPS: 25.0, cv2.CAP_PROP_FOURCC: float(cv2.VideoWriter.fourcc(*"YUYV"))}.get(
            what, 0
        )

    def getBackendName(self) -> str:  # noqa: N802 - OpenCV's name
        return "TEST"

    def release(self) -> None:
        self.released.set()


class Scripted(LiveSource):
    def __init__(self, *drivers: Driver, open_timeout_s: float = 5.0) -> None:
        clock = count(1000, 1000)
        super().__init__("device:9", "device", open_timeout_s=open_timeout_s, clock_ns=lambda: next(clock))
        self._drivers = iter(drivers)

    def _connect(self) -> cv2.VideoCapture:
        return next(self._drivers)  # type: ignore[return-value]  # the driver stands for one


def gray(value: int) -> np.ndarray:
    return np.full((4, 6, 3), value, np.uint8)


def test_the_newest_frame_wins_and_the_others_are_counted() -> None:
    driver = Driver(gray(1))
    with Scripted(driver) as source:
        assert source.info.frame_period_s == pytest.approx(0.04)
        assert source.info.attributes == {
            "Backend": "TEST", "Delivered": "0 x 0", "StatedRate": "25 Hz", "FourCC": "YUYV",
        }  # fmt: skip
        first = source.read()
        for value in (2, 3, 4):
            driver.waiting.put(gray(value))
        driver.waiting.join()
        newest = source.read()
        with pytest.raises(SourceTimeout):
            source.read(timeout_s=0.01)
        assert source.superseded == 2
        driver.waiting.put(None)
    assert (first.seq, newest.seq) == (0, 1)
    assert (newest.pixels == 4).all()
    assert newest.t_capture_ns > first.t_capture_ns
    # The driver used one buffer throughout; the first frame did not change with it.
    assert (first.pixels == 1).all()


def test_a_driver_that_hangs_is_left_behind_and_the_source_opens_anew() -> None:
    hung, healthy = Driver(gray(1)), Driver(gray(7))
    source = Scripted(hung, healthy)
    source.open()
    source.read()
    with pytest.raises(SourceTimeout):
        source.read(timeout_s=0.01)
    source.close()
    assert not hung.released.is_set()
    source.open()
    frame = source.read()
    assert (frame.seq, int(frame.pixels[0, 0])) == (0, 7)
    # The old driver comes back to life: its frame goes nowhere, and it is released.
    hung.waiting.put(gray(99))
    assert hung.released.wait(5)
    with pytest.raises(SourceTimeout):
        source.read(timeout_s=0.01)
    healthy.waiting.put(None)
    with pytest.raises(SourceLost, match="device:9: no more frames"):
        source.read(timeout_s=5)
    source.close()
    assert healthy.released.wait(5)


def test_a_driver_that_opens_but_gives_nothing_is_given_up() -> None:
    silent = Driver()
    source = Scripted(silent, open_timeout_s=0.01)
    with pytest.raises(SourceError, match=r"^device:9: no frame within 0\.01 s$"):
        source.open()
    silent.waiting.put(None)
    assert silent.released.wait(5)


def test_a_frame_of_a_kind_that_is_none_ends_the_source_by_name() -> None:
    driver = Driver()
    driver.buffer = np.zeros((4, 6, 3), np.float32)
    driver.waiting.put(gray(1))
    with pytest.raises(SourceError, match=r"^device:9: a frame is rows x columns of uint8 or uint16"):
        Scripted(driver).open()
    assert driver.released.wait(5)
