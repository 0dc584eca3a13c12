"""Faults injected into a run at its own rate: what is said, how soon, whether frames are all accounted for.

    python -m benchmarks.faults [--only NAME ...] [--out FILE]

A simulated procedure at 15 frames/s and 320 x 320 through the real loop, recorder, log and observer. After
5 s something goes wrong for 3 s (or for good); the observer looks every 30 ms, as the window does. Said: time
from the first wrong frame until the state is at least the one that is due. Back: time from the end of the
fault until MONITORING (or DEGRADED) again.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import cv2
import numpy as np

from monitor.config import Config
from monitor.errors import EndOfStream, SourceLost, SourceTimeout
from monitor.frame import Frame, SourceInfo, freeze_pixels
from monitor.sources.wrapped import WrappedSource
from monitor.states import State
from recordings.simulated.marks import plan_for
from recordings.simulated.settings import SimulationSettings
from recordings.simulated.source import SimulatedSource
from ui.live import LiveRun, live_run

RATE_HZ, WRONG_S, LASTS_S, WAITS_S = 15.0, 5.0, 3.0, 25.0
_SETTINGS = SimulationSettings(size=320, mm_per_px=0.42, injection_start_s=4.0, duration_s=40.0)
_NOISE = np.random.default_rng(1)


class Breaking(WrappedSource):
    """Frames at their own rate; from `WRONG_S` on for `LASTS_S` each goes through `wrong`."""

    def __init__(
        self, source: WrappedSource | SimulatedSource, frames: list[Frame], wrong: Callable[[Frame], Frame]
    ) -> None:
        super().__init__(source)
        self._frames, self._wrong = frames, wrong
        self._count = self._given = 0
        self._start_s: float | None = None
        self.wrong_from_ns: int | None = None
        self.right_from_ns: int | None = None

    @property
    def info(self) -> SourceInfo:
        """As of a live device."""
        return replace(self._source.info, live=True, frame_count=None)

    def read(self, timeout_s: float = 1.0) -> Frame:
        """The next frame when it is due."""
        now_s = time.monotonic()
        self._start_s = now_s if self._start_s is None else self._start_s
        # a source that was blocked goes on with what is due now
        self._count = max(self._count, int((now_s - self._start_s) * RATE_HZ))
        time.sleep(max(0.0, self._start_s + self._count / RATE_HZ - now_s))
        if self._count >= len(self._frames):
            raise EndOfStream("through")
        frame = self._frames[self._count]
        at_s = self._count / RATE_HZ
        self._count += 1
        frame = replace(frame, seq=self._given, t_capture_ns=time.monotonic_ns(), t_source_ns=None)
        self._given += 1
        if WRONG_S <= at_s < WRONG_S + LASTS_S:
            self.wrong_from_ns = self.wrong_from_ns or time.monotonic_ns()
            return self._wrong(frame)
        if at_s >= WRONG_S + LASTS_S:
            self.right_from_ns = self.right_from_ns or time.monotonic_ns()
        return frame


def _pixels(make: Callable[[Frame], np.ndarray]) -> Callable[[Frame], Frame]:
    return lambda frame: replace(frame, pixels=freeze_pixels(make(frame), copy=True))


def _raises(error: Exception) -> Callable[[Frame], Frame]:
    def wrong(frame: Frame) -> Frame:
        raise error

    return wrong


def _blocks(frame: Frame) -> Frame:
    threading.Event().wait(LASTS_S)
    return replace(frame, t_capture_ns=time.monotonic_ns())


def _silent(frame: Frame) -> Frame:
    raise SourceTimeout("nothing")


_STILL: dict[str, np.ndarray] = {}


def _still(frame: Frame) -> np.ndarray:
    return _STILL.setdefault("image", frame.pixels)


@dataclass(frozen=True)
class Case:
    """A fault, and the state that is due."""

    wrong: Callable[[Frame], Frame]
    due: State
    meddle: Callable[[LiveRun], Callable[[], None]] | None = None
    """Does something to the running monitor; returns what puts it right."""
    for_good: bool = False


def _stage_raises(run: LiveRun) -> Callable[[], None]:
    step = run.loop._step

    def fail(*_: object) -> Any:  # noqa: ANN401  never returns
        raise ValueError("in a stage")

    run.loop._step = fail  # type: ignore[assignment]
    return lambda: setattr(run.loop, "_step", step)


def _slow(run: LiveRun) -> Callable[[], None]:
    step = run.loop._step

    def slow(*arguments: Any) -> Any:  # noqa: ANN401  as it is called
        time.sleep(0.6)
        return step(*arguments)

    run.loop._step = slow  # type: ignore[assignment]
    return lambda: setattr(run.loop, "_step", step)


def _thread_dies(run: LiveRun) -> Callable[[], None]:
    def die(*_: object) -> Any:  # noqa: ANN401  never returns
        raise SystemExit

    run.loop._step = die  # type: ignore[assignment]
    return lambda: None


def _disk_full(run: LiveRun) -> Callable[[], None]:
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, before)


def _log_locked(run: LiveRun) -> Callable[[], None]:
    import sqlite3

    assert run.session is not None
    other = sqlite3.connect(run.session.folder / "log.sqlite", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")

    def put_right() -> None:
        other.execute("ROLLBACK")
        other.close()

    return put_right


def _same(frame: Frame) -> Frame:
    return frame


def _turned(frame: Frame) -> np.ndarray:
    return np.ascontiguousarray(np.roll(frame.pixels.T[::-1], 90, axis=1))


_BLIND = State.NOT_MONITORING
CASES = {
    "read blocks": Case(_blocks, _BLIND),
    "no frames come": Case(_silent, _BLIND),
    "source lost": Case(_raises(SourceLost("cable")), _BLIND),
    "source ends": Case(_raises(EndOfStream("end")), _BLIND, for_good=True),
    "driver raises": Case(_raises(RuntimeError("driver")), _BLIND),
    "image repeated": Case(_pixels(_still), State.HELD),
    "another size": Case(_pixels(lambda f: f.pixels[:200, :240]), _BLIND),
    "another depth": Case(_pixels(lambda f: (f.pixels >> 4).astype(np.uint8)), _BLIND),
    "garbage": Case(_pixels(lambda f: _NOISE.integers(0, 4096, f.pixels.shape).astype(np.uint16)), _BLIND),
    "black": Case(_pixels(lambda f: np.zeros_like(f.pixels)), _BLIND),
    "another view": Case(_pixels(_turned), _BLIND),
    "a stage raises": Case(_same, _BLIND, _stage_raises),
    "a thread dies": Case(_same, _BLIND, _thread_dies, for_good=True),
    "processing too slow": Case(_same, _BLIND, _slow),
    "disk full": Case(_same, State.DEGRADED, _disk_full),
    "log locked": Case(_same, State.DEGRADED, _log_locked),
}


def run_case(name: str, frames: list[Frame], simulated: SimulatedSource) -> dict[str, Any]:
    """Run one case; what was found."""
    case = CASES[name]
    _STILL.clear()
    source = Breaking(simulated, frames, case.wrong)
    plan = plan_for("clean", _SETTINGS)
    said_ns = back_ns = meddled_ns = righted_ns = None
    words = ""
    put_right: Callable[[], None] | None = None
    with tempfile.TemporaryDirectory() as folder:
        with live_run(source, plan, Config(), Path(folder) / "session") as run:
            began_s = time.monotonic()
            while time.monotonic() - began_s < WRONG_S + LASTS_S + WAITS_S:
                seen = run.observer.look()
                now_ns = time.monotonic_ns()
                passed_s = time.monotonic() - began_s
                if case.meddle is not None and meddled_ns is None and passed_s > WRONG_S:
                    meddled_ns = now_ns
                    put_right = case.meddle(run)
                if put_right is not None and righted_ns is None and passed_s > WRONG_S + LASTS_S:
                    put_right()
                    righted_ns = now_ns
                wrong_ns = meddled_ns if case.meddle is not None else source.wrong_from_ns
                if wrong_ns is not None and said_ns is None and seen.health.state >= case.due:
                    said_ns, words = now_ns, seen.health.reasons[0].text
                right_ns = righted_ns if case.meddle is not None else source.right_from_ns
                least = State.MONITORING if case.due is State.DEGRADED else State.DEGRADED
                if right_ns is not None and said_ns is not None and seen.health.state <= least:
                    back_ns = now_ns
                    break
                if case.for_good and said_ns is not None and now_ns - said_ns > 1e9:
                    break
                run.asked_to_stop.wait(0.03)
            run.loop.stop()
            if run.recorder is not None:
                run.recorder.stop()
            counters = run.observer.look().health.counters
        kept = sum(counters[k] for k in ("written", "gaps", "queued"))
        through = sum(counters[k] for k in ("processed", "superseded", "in_flight", "failed"))
    wrong_ns = meddled_ns if case.meddle is not None else source.wrong_from_ns
    right_ns = righted_ns if case.meddle is not None else source.right_from_ns
    return {
        "fault": name,
        "due": case.due.words,
        "said_s": None if said_ns is None or wrong_ns is None else round((said_ns - wrong_ns) / 1e9, 2),
        "words": words,
        "back_s": None if back_ns is None or right_ns is None else round((back_ns - right_ns) / 1e9, 2),
        "for_good": case.for_good,
        "captured": counters["captured"],
        "balanced": counters["captured"] == through == kept,
    }


def main() -> int:
    """Run every case and print a row each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=sorted(CASES))
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    simulated = SimulatedSource("clean", _SETTINGS)
    simulated.open()
    frames = [simulated.read() for _ in range(round(_SETTINGS.duration_s or 0) * round(RATE_HZ) - 1)]
    rows = []
    print(f"{'fault':20} {'due':15} {'said':>6} {'back':>6} balanced  words")
    for name in options.only or CASES:
        row = run_case(name, frames, simulated)
        rows.append(row)
        back = "for good" if row["for_good"] else row["back_s"]
        print(
            f"{name:20} {row['due']:15} {row['said_s']!s:>6} {back!s:>8} {row['balanced']!s:8}  "
            f"{row['words'][:70]}",
            flush=True,
        )
    if options.out is not None:
        options.out.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return 0 if all(row["balanced"] and row["said_s"] is not None for row in rows) else 1


if __name__ == "__main__":
    raise SystemExit(main())
