"""Time and memory of painting the overlay, by the window's own paint event into a picture.

    python -m benchmarks.paint [--paints N] [--scenario canal] [--size 1024] [--minutes M]

A simulated procedure runs through the pipeline first, with two levels; its last seconds before the leak are
then shown to and fro, each paint another frame: contour, front a second ahead, structures, bands, hatching, a
HIGH alarm that flashes, thirty seconds of trend. Every case has a window of its own, and the cases take
turns, paint by paint, so that what the machine does besides falls on all alike. Milliseconds: passed, and of
the processor's time, which others on the machine prolong less.

`derive` is what the window does before it asks for a repaint; the rest is the paint event.
"""

from __future__ import annotations

import argparse
import dataclasses
import gc
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command line does; read when NumPy is imported
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import cv2
import numpy as np
from PyQt6.QtCore import QT_VERSION_STR
from PyQt6.QtGui import QImage

from benchmarks.latency import with_levels
from benchmarks.soak import resident_mb
from calibration.density import nominal_density
from monitor.config import Config
from monitor.health import Health
from monitor.pipeline import Pipeline
from monitor.result import LevelResult, Priority, Result
from monitor.states import State
from recordings.simulated.marks import plan_for
from recordings.simulated.settings import SimulationSettings
from recordings.simulated.source import SimulatedSource
from ui.overlay.observation import Observation, Setup, setup_from_plan
from ui.overlay.window import OverlayWindow
from ui.qt import start_application

WINDOW_PX = (1920, 1080)
FRAME_NS = 33_333_333
TREND_S = 31.0
SHOWN = 60
WARM_UP = 60
AIM_P99_MS = 8.0

Change = Callable[[LevelResult], LevelResult]


def shown_results(scenario: str, size: int) -> tuple[list[Result], Setup]:
    """Run the procedure until a HIGH alarm has stood for `SHOWN` frames; those results."""
    settings = SimulationSettings(size=size)
    source = SimulatedSource(scenario, settings)
    plan = with_levels(plan_for(scenario, settings), 2)
    kept: list[Result] = []
    with source:
        info = source.info
        config = Config()
        pipeline = Pipeline(plan, plan.views[0], info, config, nominal_density(info))
        pipeline.note_mixing(0)
        while len(kept) < SHOWN:
            frame = source.read()
            result = pipeline.step(frame, frame.time_ns)
            if any(alert.priority is Priority.HIGH for alert in result.alerts):
                kept.append(result)
    return kept, setup_from_plan(plan, config)


def to_and_fro(results: Sequence[Result], i: int) -> Result:
    """Result of a paint; forwards and back, so that the trend has no jumps that no front makes."""
    at = i % (2 * len(results) - 2)
    return results[at if at < len(results) else 2 * len(results) - 2 - at]


class Case:
    """One window, and what it is given to show."""

    def __init__(self, name: str, setup: Setup, change: Change, *, still: bool = False) -> None:
        self.name, self._change, self._still = name, change, still
        self.derive_ms: list[float] = []
        self.paint_ms: list[float] = []
        self.cpu_ms: list[float] = []
        self._picture = QImage(*WINDOW_PX, QImage.Format.Format_RGB32)
        self.window = OverlayWindow(lambda: self._seen, setup)
        self.window.resize(*WINDOW_PX)
        self.window.show()
        self._seen: Observation | None = None
        self._changed: dict[int, Result] = {}

    def fill_trend(self, results: Sequence[Result], until_ns: int) -> None:
        """Let the window see half a minute."""
        count = round(TREND_S * 1e9 / FRAME_NS)
        for i in range(count):
            self._look(to_and_fro(results, i - count), i - count, until_ns + (i - count) * FRAME_NS)

    def _look(self, result: Result, seq: int, now_ns: int) -> None:
        if self._still and seq > 0:
            return
        changed = self._changed.get(id(result))
        if changed is None:
            changed = dataclasses.replace(result, levels=tuple(map(self._change, result.levels)))
            self._changed[id(result)] = changed
        frame = dataclasses.replace(changed.frame, seq=seq, t_capture_ns=now_ns)
        health = Health(State.MONITORING, (), now_ns, 0.03, {})
        self._seen = Observation(
            dataclasses.replace(changed, frame=frame), health, now_ns, recording=True, session_elapsed_s=60.0
        )
        self.window.tick()

    def turn(self, result: Result, seq: int, now_ns: int) -> None:
        """Show one more frame, and take the times."""
        start = time.perf_counter()
        self._look(result, seq, now_ns)
        looked, looked_cpu = time.perf_counter(), time.process_time()
        self.window.render(self._picture)
        painted, painted_cpu = time.perf_counter(), time.process_time()
        if self.window.model is None:
            raise SystemExit(f"{self.name}: the window has failed")
        self.derive_ms.append((looked - start) * 1e3)
        self.paint_ms.append((painted - looked) * 1e3)
        self.cpu_ms.append((painted_cpu - looked_cpu) * 1e3)

    def save(self, path: Path) -> None:
        """Write the last picture, to be looked at."""
        if not self._picture.save(str(path)):
            raise SystemExit(f"{path}: cannot be written")


def cases(setup: Setup) -> list[Case]:
    """Everything, and what it costs without its parts."""
    bare = dataclasses.replace
    return [
        Case("everything", setup, lambda level: level),
        Case("without the front ahead", setup, lambda level: bare(level, approaches=None)),
        Case("without contour", setup, lambda level: bare(level, contours_px=(), approaches=None)),
        Case("without hatching", setup, lambda level: bare(level, unobservable_px=())),
        Case(
            "image and panels alone",
            setup,
            lambda level: bare(
                level, contours_px=(), approaches=None, structures_px={}, unobservable_px=(), leaks=()
            ),
        ),
        Case("nothing new", setup, lambda level: level, still=True),
    ]


def measure(every: Sequence[Case], results: Sequence[Result], paints: int) -> None:
    """Let the cases take turns."""
    start_ns = round(TREND_S * 1e9)
    for case in every:
        case.fill_trend(results, start_ns)
    for i in range(WARM_UP + paints):
        if i == WARM_UP:
            gc.collect()
            for case in every:
                case.derive_ms.clear()
                case.paint_ms.clear()
                case.cpu_ms.clear()
        for case in every:
            case.turn(to_and_fro(results, i), i + 1, start_ns + i * FRAME_NS)


def grow(case: Case, results: Sequence[Result], minutes: float) -> None:
    """Paint for some minutes without a pause, and say how the memory grew."""
    began, count, at_first = time.monotonic(), 0, None
    start_ns = round((TREND_S + 3600) * 1e9)
    while (passed_s := time.monotonic() - began) < 60 * minutes:
        case.turn(to_and_fro(results, count), count + 10**6, start_ns + count * FRAME_NS)
        case.derive_ms.clear()
        case.paint_ms.clear()
        case.cpu_ms.clear()
        count += 1
        if at_first is None and passed_s > 10 * minutes:  # the first sixth does not count
            at_first = (count, resident_mb())
    first, first_mb = at_first or (0, resident_mb())
    now_mb = resident_mb()
    print(
        f"\nmemory: {count} paints in {minutes:g} min; after the first {first} {first_mb:.1f} MB,"
        f" at the end {now_mb:.1f} MB: growth {now_mb - first_mb:+.1f} MB"
    )


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--paints", type=int, default=1000)
    parser.add_argument("--scenario", default="canal")
    parser.add_argument("--size", type=int, default=1024)
    parser.add_argument("--minutes", type=float, default=0.0, help="paint so long for the memory")
    parser.add_argument("--picture", type=Path, help="write the last picture of `everything` here")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    start_application()
    results, setup = shown_results(options.scenario, options.size)
    told = [level for result in results for level in result.levels]
    print(
        f"python {platform.python_version()}, Qt {QT_VERSION_STR}, opencv {cv2.__version__};"
        f" {options.scenario}, {options.size}x{options.size},"
        f" {results[0].frame.pixels.dtype}, window {WINDOW_PX[0]}x{WINDOW_PX[1]}"
    )
    print(
        f"{len(results)} frames: contour points {np.median([sum(map(len, v.contours_px)) for v in told]):.0f}"
        f" (median of {len(results[0].levels)} levels), hatched in"
        f" {sum(bool(v.unobservable_px) for v in told)} of {len(told)}"
    )
    every = cases(setup)
    measure(every, results, options.paints)
    print(f"{'':24}  paint p50    p95    p99    max   cpu p50    p99 derive p50    p99")
    for case in every:
        row = "".join(f"{v:7.2f}" for v in (*np.percentile(case.paint_ms, [50, 95, 99]), max(case.paint_ms)))
        rest = [np.percentile(values, [50, 99]) for values in (case.cpu_ms, case.derive_ms)]
        print(f"{case.name:24}    {row}" + "".join(f"     {p50:7.2f}{p99:7.2f}" for p50, p99 in rest))
    p99_ms = float(np.percentile(every[0].cpu_ms, 99))
    aim = "met" if p99_ms < AIM_P99_MS else "missed"
    print(f"aim: processor's p99 of everything under {AIM_P99_MS:g} ms: {aim}")
    print("load average (1, 5, 15 min): " + ", ".join(f"{load:.1f}" for load in os.getloadavg()))
    if options.picture:
        every[0].save(options.picture)
    if options.minutes:
        grow(every[0], results, options.minutes)
    return 0


if __name__ == "__main__":
    sys.exit(main())
