from __future__ import annotations

import threading
from collections.abc import Mapping

import pytest

from monitor.config import Config
from monitor.errors import SourceAway, SourceLost, SourceTimeout
from monitor.frame import Frame
from monitor.loop import LoopStatus, MonitorLoop
from monitor.pipeline import Pipeline
from monitor.result import Result
from tests.monitor.scripted import ScriptedSource, frame, info, plan, scene

PIXELS = scene()


def balanced(counters: Mapping[str, int]) -> bool:
    return counters["captured"] == sum(
        counters[k] for k in ("processed", "superseded", "in_flight", "failed")
    )


def a_pipeline() -> Pipeline:
    marked = plan()
    return Pipeline(marked, marked.views[0], info(), Config())


class Clock:
    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> int:
        self.now += 1
        return self.now


def finish(loop: MonitorLoop, source: ScriptedSource) -> LoopStatus:
    assert source.through.wait(10)
    assert loop.stop(10)
    return loop.status()


def test_lock_step_processes_every_frame_in_order() -> None:
    source = ScriptedSource([frame(i, PIXELS) for i in range(20)])
    kept: list[int] = []
    seen: list[int] = []
    pipeline = a_pipeline()

    def step(shot: Frame, now_ns: int, skipped_before: int = 0) -> Result:
        seen.append(shot.seq)
        return pipeline.step(shot, now_ns, skipped_before)

    loop = MonitorLoop(source, step, lambda shot: kept.append(shot.seq), Clock(), lock_step=True)
    loop.start()
    assert source.through.wait(10)
    loop._processing.join(10)
    status = loop.status()
    assert seen == kept == list(range(20))
    assert status.ended
    assert status.counters == {
        "captured": 20, "processed": 20, "superseded": 0, "in_flight": 0, "failed": 0,
    }  # fmt: skip


def test_latest_wins_and_what_is_superseded_is_counted() -> None:
    gate, started = threading.Event(), threading.Event()
    pipeline = a_pipeline()
    seen: list[tuple[int, int]] = []

    def slow(shot: Frame, now_ns: int, skipped_before: int = 0) -> Result:
        started.set()
        assert gate.wait(10)
        seen.append((shot.seq, skipped_before))
        return pipeline.step(shot, now_ns, skipped_before)

    def second() -> Frame:
        assert started.wait(10)
        return frame(1, PIXELS)

    source = ScriptedSource([frame(0, PIXELS), second, *(frame(i, PIXELS) for i in range(2, 9))])
    loop = MonitorLoop(source, slow, lambda _: None, Clock())
    loop.start()
    assert source.through.wait(10)
    looked = loop.status()
    during = looked.counters
    assert during["in_flight"] == 2
    assert balanced(during)
    assert looked.waiting_since_ns == frame(0, PIXELS).t_capture_ns
    gate.set()
    loop._processing.join(10)
    status = loop.status()
    assert status.waiting_since_ns is None
    assert seen == [(0, 0), (8, 7)]
    assert status.counters["superseded"] == 7
    assert balanced(status.counters)
    assert status.result is not None
    assert status.result.skipped_before == 7


def test_a_stage_that_raises_is_a_fault_until_a_frame_goes_through() -> None:
    pipeline = a_pipeline()

    def step(shot: Frame, now_ns: int, skipped_before: int = 0) -> Result:
        if shot.seq in (1, 2):
            raise ZeroDivisionError("in a stage")
        return pipeline.step(shot, now_ns, skipped_before)

    for last, fault in ((2, "ZeroDivisionError: in a stage"), (3, None)):
        source = ScriptedSource([frame(i, PIXELS) for i in range(last + 1)])
        loop = MonitorLoop(source, step, lambda _: None, Clock(), lock_step=True)
        loop.start()
        assert source.through.wait(10)
        loop._processing.join(10)
        status = loop.status()
        assert status.fault == fault
        assert status.counters["failed"] == 2
        assert balanced(status.counters)


@pytest.mark.parametrize(
    ("error", "said"),
    [(SourceLost("cable pulled"), "cable pulled"), (RuntimeError("driver"), "RuntimeError: driver")],
)
def test_a_source_that_goes_is_said(error: Exception, said: str) -> None:
    source = ScriptedSource([frame(0, PIXELS), SourceTimeout("nothing yet"), frame(1, PIXELS), error])
    loop = MonitorLoop(source, a_pipeline().step, lambda _: None, Clock(), lock_step=True)
    loop.start()
    loop._capture.join(10)
    loop._processing.join(10)
    status = loop.status()
    assert status.source_error == said
    assert status.counters["processed"] == 2
    assert balanced(status.counters)


def test_a_source_that_is_away_is_said_until_it_gives_a_frame() -> None:
    seen: list[str | None] = []
    source = ScriptedSource(
        [frame(0, PIXELS), SourceAway("cable; connecting again"), SourceTimeout("back, nothing yet"),
         SourceAway("cable; connecting again"), frame(1, PIXELS)]
    )  # fmt: skip
    loop = MonitorLoop(source, a_pipeline().step, lambda _: None, Clock(), lock_step=True)
    read = source.read

    def watched(timeout_s: float = 1.0) -> Frame:
        seen.append(loop.status().source_away)
        return read(timeout_s)

    source.read = watched  # type: ignore[method-assign]
    loop.start()
    loop._capture.join(10)
    away = "cable; connecting again"
    assert seen == [None, None, away, None, away, None]
    assert loop.status().source_error is None
    assert loop.stop(10)


def test_a_long_pause_does_not_make_silence_usual() -> None:
    """The period decides how long silence may last; one pause of ten seconds is not the rate."""
    times_ms = [*range(0, 600, 33), *range(10_600, 10_800, 33)]
    source = ScriptedSource([frame(i, PIXELS, t * 1_000_000) for i, t in enumerate(times_ms)])
    loop = MonitorLoop(source, a_pipeline().step, lambda _: None, Clock(), lock_step=True)
    loop.start()
    loop._capture.join(10)
    assert loop.status().frame_period_s == pytest.approx(0.033)
    assert loop.stop(10)


def test_a_file_that_ends_while_its_last_frame_is_looked_at_is_no_fault() -> None:
    entered, gate = threading.Event(), threading.Event()
    pipeline = a_pipeline()

    def slow(shot: Frame, now_ns: int, skipped_before: int = 0) -> Result:
        entered.set()
        assert gate.wait(10)
        return pipeline.step(shot, now_ns, skipped_before)

    loop = MonitorLoop(ScriptedSource([frame(0, PIXELS)]), slow, lambda _: None, Clock())
    loop.start()
    assert entered.wait(10)
    loop._capture.join(10)
    status = loop.status()
    assert (status.capture_alive, status.processing_alive, status.ended) == (True, True, False)
    gate.set()
    loop._processing.join(10)
    assert loop.status().ended


def test_what_keeps_frames_sees_them_all_and_may_not_break_capture_silently() -> None:
    def full(_: Frame) -> None:
        raise OSError("no space left")

    source = ScriptedSource([frame(0, PIXELS)])
    loop = MonitorLoop(source, a_pipeline().step, full, Clock())
    loop.start()
    loop._capture.join(10)
    status = finish_anyway(loop)
    assert status.source_error == "OSError: no space left"


def finish_anyway(loop: MonitorLoop) -> LoopStatus:
    assert loop.stop(10)
    return loop.status()


def test_stop_balances_with_a_frame_in_the_slot() -> None:
    entered, gate = threading.Event(), threading.Event()
    pipeline = a_pipeline()

    def slow(shot: Frame, now_ns: int, skipped_before: int = 0) -> Result:
        entered.set()
        assert gate.wait(10)
        return pipeline.step(shot, now_ns, skipped_before)

    def after_entry() -> Frame:
        assert entered.wait(10)
        return frame(1, PIXELS)

    source = ScriptedSource([frame(0, PIXELS), after_entry])
    loop = MonitorLoop(source, slow, lambda _: None, Clock())
    loop.start()
    assert source.through.wait(10)
    threading.Timer(0.0, gate.set).start()
    status = finish(loop, source)
    assert status.counters["in_flight"] == 0
    assert balanced(status.counters)


def test_what_waits_is_counted_from_the_first_frame_after_the_newest_result() -> None:
    """Not from the frame that is being looked at: where every step is slow, that one is always new."""
    pipeline = a_pipeline()
    first, second = threading.Event(), threading.Event()
    begun: list[int] = []
    in_second = threading.Event()

    def slow(shot: Frame, now_ns: int, skipped_before: int = 0) -> Result:
        begun.append(shot.seq)
        if len(begun) == 1:
            first.set()
        else:
            in_second.set()
            assert second.wait(10)
        assert shot.seq > 0 or handed.wait(10)
        return pipeline.step(shot, now_ns, skipped_before)

    handed = threading.Event()

    def after_first(number: int) -> Frame:
        assert first.wait(10)
        return frame(number, PIXELS)

    acts = [frame(0, PIXELS), *(lambda n=n: after_first(n) for n in (1, 2, 3))]
    source = ScriptedSource(acts)  # type: ignore[arg-type]
    loop = MonitorLoop(source, slow, lambda _: None, Clock())
    loop.start()
    with loop._changed:
        assert loop._changed.wait_for(lambda: loop._counts["captured"] == 4, 10)
    handed.set()
    assert in_second.wait(10)
    looked = loop.status()
    second.set()
    assert begun == [0, 3]
    assert looked.result is not None
    assert looked.result.frame.seq == 0
    assert looked.waiting_since_ns == frame(1, PIXELS).t_capture_ns
    finish(loop, source)
