"""The recorder: nothing lost uncounted, whatever the disk does; nobody held up."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.frame import Frame, freeze_pixels
from recordings.messages import Gap
from recordings.packing import Cost, Packing
from recordings.recorder import Recorder, RecorderState
from recordings.recording import RecordingReader, RecordingWriter

FRAME_BYTES = 8 * 8 * 2
WAIT_S = 20.0


def frame_of(seq: int) -> Frame:
    pixels = freeze_pixels(np.full((8, 8), seq, np.uint16), copy=False)
    return Frame(seq, 1_000 + seq, None, pixels, "simulated:test")


class Disk:
    """A writer whose disk fails when told to, and waits at a gate when told to."""

    def __init__(self, fails: Callable[[int], bool] = lambda call: False) -> None:
        self.kept: list[int | Gap] = []
        self.calls = 0
        self.fails = fails
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()
        self.packings: list[Packing] = []
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.packing_s = self.writing_s = 0.0

    def append(self, frame: Frame, packing: Packing) -> Cost:
        self._write(frame.seq)
        self.packings.append(packing)
        return Cost(self.packing_s, self.writing_s, frame.pixels.nbytes, frame.pixels.nbytes)

    def gap(self, gap: Gap) -> None:
        self._write(gap)

    def event(self, name: str, data: dict[str, Any], t_ns: int) -> None:
        self._write(-1)
        self.events.append((name, data))

    def _write(self, what: int | Gap) -> None:
        self.entered.set()
        assert self.gate.wait(WAIT_S)
        self.calls += 1
        if self.fails(self.calls - 1):
            raise OSError(errno.ENOSPC, "No space left on device")
        self.kept.append(what)


def assert_balanced(state: RecorderState) -> None:
    assert state.captured == state.written + state.gaps + state.queued


def account(kept: list[int | Gap]) -> list[int]:
    """Numbers of all frames that the file speaks of, kept or missing, in its order."""
    seqs: list[int] = []
    for item in kept:
        seqs += range(item.first_seq, item.first_seq + item.count) if isinstance(item, Gap) else [item]
    return seqs


def test_all_is_written_in_order() -> None:
    disk = Disk()
    recorder = Recorder(disk, budget_bytes=1 << 20)
    recorder.start()
    assert all(recorder.offer(frame_of(seq)) for seq in range(200))
    assert recorder.stop(WAIT_S)
    assert disk.kept == list(range(200))
    state = recorder.state()
    assert (state.captured, state.written, state.gaps, state.queued) == (200, 200, 0, 0)
    assert not state.alive
    assert state.last_error is None


def test_a_full_queue_loses_the_newest_and_says_so() -> None:
    disk = Disk()
    disk.gate.clear()
    recorder = Recorder(disk, budget_bytes=4 * FRAME_BYTES)
    recorder.start()
    taken = [recorder.offer(frame_of(seq)) for seq in range(10)]
    assert taken == [True] * 4 + [False] * 6
    state = recorder.state()
    assert (state.captured, state.gaps, state.queued, state.backlog) == (10, 6, 4, 1.0)
    disk.gate.set()
    assert recorder.stop(WAIT_S)
    assert disk.kept == [0, 1, 2, 3, Gap(4, 6, 1_004, "overflow")]
    assert_balanced(recorder.state())


def test_a_gap_stands_where_the_frames_are_missing() -> None:
    disk = Disk()
    recorder = Recorder(disk, budget_bytes=2 * FRAME_BYTES)
    disk.gate.clear()
    recorder.start()
    for seq in range(4):
        recorder.offer(frame_of(seq))
    disk.gate.set()
    written_two(recorder)
    recorder.offer(frame_of(4))
    assert recorder.stop(WAIT_S)
    assert disk.kept == [0, 1, Gap(2, 2, 1_002, "overflow"), 4]


def written_two(recorder: Recorder) -> None:
    """Wait until two frames are written: the queue then has room again."""
    ticks = threading.Event()
    for _ in range(int(WAIT_S * 1000)):
        if recorder.state().written == 2:
            return
        ticks.wait(0.001)
    raise AssertionError(recorder.state())


def test_a_disk_error_becomes_a_gap_and_recording_goes_on() -> None:
    # Calls: frames 0, 1; then frames 2 .. fail, as does the gap record, until the 6th call.
    disk = Disk(lambda call: 2 <= call < 6)
    recorder = Recorder(disk, budget_bytes=1 << 20)
    for seq in range(12):
        recorder.offer(frame_of(seq))
    recorder.start()
    assert recorder.stop(WAIT_S)
    state = recorder.state()
    assert_balanced(state)
    assert state.gaps == 4
    assert state.last_error is not None
    assert "No space left" in state.last_error
    assert not state.failing
    gaps = [item for item in disk.kept if isinstance(item, Gap)]
    assert [(g.first_seq, g.count) for g in gaps] == [(2, 4)]
    assert account(disk.kept) == list(range(12))


def test_a_disk_that_stays_full_is_counted_and_said() -> None:
    disk = Disk(lambda call: call >= 3)
    recorder = Recorder(disk, budget_bytes=1 << 20)
    for seq in range(50):
        recorder.offer(frame_of(seq))
    recorder.start()
    assert recorder.stop(WAIT_S)
    state = recorder.state()
    assert (state.captured, state.written, state.gaps, state.queued) == (50, 3, 47, 0)
    assert state.failing


def test_a_disk_that_hangs_does_not_hold_up_the_end() -> None:
    disk = Disk()
    disk.gate.clear()
    recorder = Recorder(disk, budget_bytes=1 << 20)
    recorder.start()
    for seq in range(5):
        recorder.offer(frame_of(seq))
    assert disk.entered.wait(WAIT_S)
    assert not recorder.stop(deadline_s=0.01)
    state = recorder.state()
    assert (state.captured, state.written, state.gaps, state.queued) == (5, 0, 4, 1)
    assert state.alive
    assert not recorder.offer(frame_of(5))
    disk.gate.set()
    assert recorder.stop(WAIT_S)
    state = recorder.state()
    assert (state.captured, state.written, state.gaps, state.queued) == (6, 1, 5, 0)
    assert account(disk.kept) == list(range(6))


def test_an_event_stands_between_the_frames_and_is_not_counted_as_one() -> None:
    disk = Disk()
    recorder = Recorder(disk, budget_bytes=1 << 20)
    recorder.offer(frame_of(0))
    recorder.event("note", {}, 5)
    recorder.offer(frame_of(1))
    recorder.start()
    assert recorder.stop(WAIT_S)
    assert disk.kept == [0, -1, 1]
    assert_balanced(recorder.state())
    assert recorder.state().captured == 2


@pytest.mark.parametrize(
    ("packing_s", "writing_s", "reason", "after"),
    [(0.2, 0.01, "packing", Packing.RAW), (0.01, 0.8, "disk", Packing.TIGHT)],
    ids=["slow packing", "slow disk"],
)
def test_what_holds_it_up_gets_less_to_do_and_that_is_written_down(
    packing_s: float, writing_s: float, reason: str, after: Packing
) -> None:
    disk = Disk()
    disk.packing_s, disk.writing_s = packing_s, writing_s
    recorder = Recorder(disk, budget_bytes=100 * FRAME_BYTES)
    for seq in range(100):
        assert recorder.offer(frame_of(seq))
    recorder.start()
    assert recorder.stop(WAIT_S)
    (name, first), *_ = disk.events
    assert name == "packing"
    assert (first["from"], first["to"], first["reason"]) == ("usual", after.name.lower(), reason)
    assert (first["packing_ms"], first["writing_ms"]) == (1e3 * packing_s, 1e3 * writing_s)
    assert first["backlog"] > 0.25
    changed = disk.packings.index(after)
    assert changed >= 30
    assert set(disk.packings[:changed]) == {Packing.USUAL}
    # its event stands behind the last frame of before
    assert disk.kept[: changed + 1] == [*range(changed), -1]
    assert account([item for item in disk.kept if item != -1]) == list(range(100))


def test_a_disk_that_waits_gets_its_frames_late_and_whole() -> None:
    disk = Disk()
    disk.gate.clear()
    recorder = Recorder(disk, budget_bytes=100 * FRAME_BYTES)
    recorder.start()
    for seq in range(120):
        recorder.offer(frame_of(seq))
    assert recorder.state().backlog == 1.0
    disk.gate.set()
    assert recorder.stop(WAIT_S)
    assert account([item for item in disk.kept if item != -1]) == list(range(120))
    assert disk.events == [], "it took no time that was measured: nothing would be gained"


@given(
    failures=st.lists(st.booleans(), min_size=0, max_size=80),
    budget_frames=st.integers(0, 12),
    frames=st.integers(1, 60),
)
@settings(deadline=None, max_examples=60)
def test_the_counters_agree_at_any_moment(failures: list[bool], budget_frames: int, frames: int) -> None:
    disk = Disk(lambda call: call < len(failures) and failures[call])
    recorder = Recorder(disk, budget_bytes=budget_frames * FRAME_BYTES)
    wrong: list[RecorderState] = []
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            state = recorder.state()
            if state.captured != state.written + state.gaps + state.queued:
                wrong.append(state)

    watcher = threading.Thread(target=watch)
    watcher.start()
    recorder.start()
    for seq in range(frames):
        recorder.offer(frame_of(seq))
        assert_balanced(recorder.state())
    assert recorder.stop(WAIT_S)
    done.set()
    watcher.join()
    assert wrong == []
    state = recorder.state()
    assert (state.captured, state.queued) == (frames, 0)
    assert state.written == sum(isinstance(item, int) for item in disk.kept)
    # Every frame is accounted for in the file, in order, save a tail that a full disk never took.
    assert account(disk.kept) == list(range(len(account(disk.kept))))
    if not state.failing:
        assert account(disk.kept) == list(range(frames))


def test_into_a_real_file(tmp_path: Path) -> None:
    path = tmp_path / "r.mcap"
    writer = RecordingWriter(path)
    recorder = Recorder(writer, budget_bytes=1 << 20)
    recorder.start()
    for seq in range(40):
        assert recorder.offer(frame_of(seq))
    assert recorder.event("aliquot", {"volume_ml": 1.0}, 77)
    assert recorder.stop(WAIT_S)
    writer.close()
    with RecordingReader(path) as reader:
        assert [int(frame.pixels[0, 0]) for frame in reader] == list(range(40))
        assert [(e.name, e.t_ns, e.data) for e in reader.events] == [("aliquot", 77, {"volume_ml": 1.0})]
        assert reader.check().complete


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_real_full_device(tmp_path: Path) -> None:
    class FullDevice(Disk):
        def _write(self, what: int | Gap) -> None:
            with Path("/dev/full").open("wb", buffering=0) as full:
                full.write(b"x")

    recorder = Recorder(FullDevice(), budget_bytes=1 << 20)
    recorder.start()
    for seq in range(20):
        recorder.offer(frame_of(seq))
    assert recorder.stop(WAIT_S)
    state = recorder.state()
    assert (state.written, state.gaps, state.failing) == (0, 20, True)
    assert state.last_error is not None
    assert "No space left on device" in state.last_error
