"""Play-out of files at their own rate, by a clock that moves only when somebody waits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from monitor.errors import EndOfStream, SourceTimeout
from monitor.pacing import Paced
from monitor.sources import source_for
from tests.sources.makers import run, save, write_images, xa

IMAGES = run(4)
MS = 1_000_000


class Clock:
    def __init__(self) -> None:
        self.now_ns = 5_000_000_000
        self.waits: list[float] = []

    def __call__(self) -> int:
        return self.now_ns

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now_ns += round(seconds * 1e9)


def paced(path: Path, clock: Clock, rate_hz: float | None = None, **options: float) -> Paced:
    return Paced(source_for(str(path), frame_rate_hz=rate_hz), clock, clock.wait, **options)


@pytest.fixture
def vector_run(tmp_path: Path) -> Path:
    steps = ["0", "100", "50", "2500"]
    return save(xa(IMAGES, FrameTimeVector=steps, FrameIncrementPointer=0x00181065), tmp_path / "run.dcm")


def test_frames_come_when_they_are_due_and_are_stamped_then(vector_run: Path) -> None:
    clock = Clock()
    with paced(vector_run, clock) as source:
        assert source.info.live
        frames = [source.read(timeout_s=10) for _ in range(4)]
        with pytest.raises(EndOfStream):
            source.read()
    start = 5_000_000_000
    assert [frame.t_capture_ns - start for frame in frames] == [0, 100 * MS, 150 * MS, 2650 * MS]
    assert [frame.t_source_ns for frame in frames] == [0, 100 * MS, 150 * MS, 2650 * MS]


def test_no_wait_is_longer_than_asked_and_no_frame_is_lost(vector_run: Path) -> None:
    clock = Clock()
    with paced(vector_run, clock) as source:
        for _ in range(3):
            source.read(timeout_s=1)
        for late_s in (1, 2):
            with pytest.raises(SourceTimeout):
                source.read(timeout_s=1)
            assert clock.now_ns == 5_000_000_000 + 150 * MS + late_s * 1000 * MS
        frame = source.read(timeout_s=1)
    assert (frame.seq, frame.t_capture_ns) == (3, 5_000_000_000 + 2650 * MS)
    assert np.array_equal(frame.pixels, IMAGES[3])
    assert max(clock.waits) <= 1


def test_a_late_reader_gets_what_is_due_at_once(vector_run: Path) -> None:
    clock = Clock()
    with paced(vector_run, clock) as source:
        source.read()
        clock.now_ns += 400 * MS
        assert [source.read().seq for _ in range(2)] == [1, 2]
    assert clock.waits == []


@pytest.mark.parametrize(("rate_hz", "assumed_hz", "period_ms"), [(None, 10.0, 100), (20.0, 10.0, 50)])
def test_a_source_without_times_runs_at_the_assumed_rate(
    rate_hz: float | None, assumed_hz: float, period_ms: int, tmp_path: Path
) -> None:
    clock = Clock()
    folder = write_images(tmp_path / "png", IMAGES)
    with paced(folder, clock, rate_hz, assumed_frame_rate_hz=assumed_hz) as source:
        frames = [source.read() for _ in range(4)]
    steps = np.diff([frame.t_capture_ns for frame in frames])
    assert list(steps) == [period_ms * MS] * 3
    assert (frames[0].t_source_ns is None) == (rate_hz is None)


def test_opened_anew_it_starts_anew(vector_run: Path) -> None:
    clock = Clock()
    source = paced(vector_run, clock)
    for _ in range(2):
        source.open()
        began_ns = clock.now_ns
        assert source.read().t_capture_ns == began_ns
        assert source.read().t_capture_ns == began_ns + 100 * MS
        source.close()


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan")])
def test_a_rate_that_is_none_is_refused(rate: float, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="assumed frame rate"):
        paced(write_images(tmp_path / "png", IMAGES), Clock(), assumed_frame_rate_hz=rate)
