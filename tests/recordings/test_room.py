"""Room on the disk: what is said before a run, and what happens as it is used up."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.frame import Frame, freeze_pixels
from monitor.recording_config import RecordingConfig
from recordings.messages import Gap
from recordings.recorder import Recorder, RecorderState
from recordings.recording import RecordingReader
from recordings.room import (
    UNKNOWN_ROOM,
    Room,
    RoomWatch,
    expected_bytes_per_s,
    free_bytes,
    minutes_left,
    next_room,
    room_words,
    too_little,
)
from recordings.session import Session, open_session
from tests.monitor.scripted import info
from tests.recordings.test_recorder import WAIT_S, Disk, account, assert_balanced, frame_of

CONFIG = RecordingConfig()
MB = 1_000_000
MB_S = 37.5 * MB
S_NS = 1_000_000_000


def test_the_need_is_that_of_size_depth_and_rate() -> None:
    made = info()
    pixels = made.rows * made.columns
    assert made.frame_period_s is not None
    needed = expected_bytes_per_s(made, CONFIG, 30.0)
    assert needed == pytest.approx(pixels * 2 / made.frame_period_s * 0.7)


def test_what_is_said_before_a_run() -> None:
    assert room_words(140_500 * MB, CONFIG, [MB_S]) == ("room to record about 62 min", False)
    assert room_words(140_500 * MB, CONFIG, [MB_S, MB_S * 2]) == ("only room to record about 21 min", True)
    assert room_words(3_000_000 * MB, CONFIG, [MB_S])[0] == "room to record about 22 h"
    assert room_words(None, CONFIG, [MB_S])[1]
    assert too_little(None, CONFIG) == too_little(500 * MB, CONFIG) == ""
    assert too_little(499 * MB, CONFIG) == "499 MB are free, at least 500 MB are needed to record"


def test_the_room_of_a_folder_that_is_yet_to_be_made(tmp_path: Path) -> None:
    free = free_bytes(tmp_path / "a" / "b" / "session")
    assert free is not None
    assert free > 0


@given(
    free=st.lists(st.integers(0, 40_000 * MB), min_size=1, max_size=30),
    rate=st.floats(0, 200 * MB),
)
@settings(deadline=None, max_examples=100)
def test_below_the_floor_nothing_is_kept_and_above_it_is_not_switched_to_and_fro(
    free: list[int], rate: float
) -> None:
    room = Room()
    for now in free:
        before, room = room, next_room(room, now, CONFIG, rate)
        assert room.full or now >= CONFIG.floor_mb * MB
        assert not room.full or before.full or now < CONFIG.floor_mb * MB
        if before.full and not room.full:
            left = minutes_left(now, CONFIG, rate)
            assert left is None or left >= 0.999 or now >= 2 * CONFIG.floor_mb * MB
            assert now >= 1.2 * CONFIG.floor_mb * MB


def test_the_minutes_left_are_those_of_what_the_disk_loses() -> None:
    free = [60_500 * MB]
    watch = RoomWatch(lambda: free[0], CONFIG, MB_S)
    assert watch.look(0, 0)
    assert watch.room.minutes == pytest.approx(60_000 / 37.5 / 60)
    assert not watch.look(0, S_NS), "not at each frame"
    # the recording takes 20 MB/s, something else on the disk 80 more
    for second in range(2, 42, 2):
        free[0] = (60_500 - 100 * second) * MB
        assert watch.look(20 * MB * second, second * S_NS)
    assert watch.room.minutes == pytest.approx((60_000 - 4000) / 100 / 60)
    assert watch.room.low
    assert not watch.room.full


def test_a_disk_that_does_not_tell_is_not_known() -> None:
    watch = RoomWatch(lambda: None, CONFIG, MB_S)
    assert watch.look(0, 0)
    assert watch.room == UNKNOWN_ROOM


def test_at_the_floor_frames_stop_and_go_on_where_there_is_room_again() -> None:
    free, now_ns = [600 * MB], [0]
    disk = Disk()
    watch = RoomWatch(lambda: free[0], CONFIG, 0.0)
    recorder = Recorder(disk, 1 << 20, watch, lambda: now_ns[0])
    recorder.start()

    def frames(first: int, count: int, free_mb: int) -> None:
        free[0] = free_mb * MB
        now_ns[0] += 10 * S_NS
        for seq in range(first, first + count):
            recorder.offer(frame_of(seq))
        drained(recorder)

    frames(0, 3, 600)
    frames(3, 4, 490)
    assert recorder.state().room.full
    assert not recorder.state().failing
    frames(7, 2, 510)
    assert recorder.state().room.full, "not clearly above the floor"
    assert Gap(3, 4, 1_003, "no room") in disk.kept, "written down while it lasts"
    frames(9, 2, 1001)
    assert not recorder.state().room.full
    assert recorder.stop(WAIT_S)
    state = recorder.state()
    assert (state.captured, state.written, state.gaps, state.queued) == (11, 5, 6, 0)
    assert account([item for item in disk.kept if item != -1]) == list(range(11))
    assert disk.kept.count(-1) == 2


def drained(recorder: Recorder) -> RecorderState:
    """Wait until the recorder has dealt with all that it was offered."""
    ticks = threading.Event()
    for _ in range(int(WAIT_S * 1000)):
        state = recorder.state()
        if state.queued == 0:
            return state
        ticks.wait(0.001)
    raise AssertionError(recorder.state())


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 2 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    if os.geteuid() != 0:
        pytest.skip("a small file system can be mounted by root alone")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no small file system can be mounted: {mounted.stderr.decode().strip()}")
    yield place
    # lazily: a test that failed may have files open there
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_real_disk_that_runs_full_loses_nothing_silently(small_disk: Path) -> None:
    (small_disk / "ballast").write_bytes(bytes(400_000))
    session = Session.create(
        small_disk / "session", source_info=info(), plan=None, config_toml="", software_version="t"
    )
    recorder = Recorder(session.recording, 1 << 28)
    recorder.start()
    noise = np.random.default_rng(4)

    def frames(first: int, count: int) -> RecorderState:
        for seq in range(first, first + count):
            pixels = freeze_pixels(noise.integers(0, 65536, (200, 200), np.uint16), copy=False)
            assert recorder.offer(Frame(seq, 1_000 + seq, None, pixels, "simulated:test"))
        return drained(recorder)

    full = frames(0, 60)
    assert full.failing
    assert full.last_error is not None
    assert "No space left on device" in full.last_error
    (small_disk / "ballast").unlink()
    again = frames(60, 3)
    assert not again.failing
    assert again.written == full.written + 3
    assert recorder.stop(WAIT_S)
    assert_balanced(recorder.state())
    session.close()
    kept = open_session(small_disk / "session")
    with RecordingReader(kept.recording_path) as reader:
        assert [frame.seq for frame in reader] == [*range(full.written), 60, 61, 62]
        missing = [seq for gap in reader.gaps for seq in range(gap.first_seq, gap.first_seq + gap.count)]
        assert missing == list(range(full.written, 60))
        assert reader.check().complete
