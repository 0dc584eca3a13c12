"""How long it takes until any frame of a long session is on the screen, and whether playing keeps up.

    python -m benchmarks.scrubbing [--size 1024] [--frames 36000] [--seeks 300] [--folder DIR]

The session is made of a simulated run: its frames and findings, to and fro, with new numbers and times
(30 frames/s), so that a file of the full length is there while few distinct frames are. The window is the
real one, offscreen. A seek ends when the frame is painted with its findings and its trend. `dragged` is what
dragging the time line does (a coarser trend, the whole one 150 ms after); `whole` has all of the trend at
once. Before the round called `cold` the file is dropped from the system's cache, as far as that lets go.
Milliseconds passed; `cpu` is the processor's part of them, which others on the machine prolong less.
"""

from __future__ import annotations

import argparse
import gc
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command line does; read when NumPy is imported
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import cv2
import numpy as np
from PyQt6.QtWidgets import QApplication

from benchmarks.soak import resident_mb
from monitor.config import Config, config_to_toml
from monitor.frame import Frame, freeze_pixels
from monitor.health import Health
from monitor.pipeline import Pipeline
from monitor.result import Result
from monitor.states import State
from recordings.findings import Findings
from recordings.recording import Step
from recordings.session import Session, open_session
from recordings.simulated.marks import plan_for
from recordings.simulated.settings import SimulationSettings
from recordings.simulated.source import SimulatedSource
from ui.qt import start_application
from ui.replay.deck import Deck
from ui.replay.window import ReplayWindow
from ui.version import software_version

_NO_PIXELS = freeze_pixels(np.zeros((1, 1), np.uint8), copy=False)
WINDOW_PX = (1920, 1080)
PERIOD_NS = 33_333_333
DELAY_NS = 30_000_000
AIM_P95_MS = 150.0
_ALARM_EVERY_S = 60


def make_session(folder: Path, size: int, frames: int, distinct: int) -> None:
    """A session of so many frames and steps, in order of time."""
    settings = SimulationSettings(size=size, frame_rate_hz=30.0)
    source = SimulatedSource("canal", settings)
    plan = plan_for("canal", settings)
    results: list[Result] = []
    with source:
        info = source.info
        pipeline = Pipeline(plan, plan.views[0], info, Config(), None)
        skip = round(12.0 * 30)  # cement is there
        while len(results) < distinct:
            frame = source.read()
            result = pipeline.step(frame, frame.time_ns)
            if frame.seq >= skip:
                results.append(result)
    start_ns = time.monotonic_ns()
    session = Session.create(
        folder, source_info=info, plan=plan, config_toml=config_to_toml(Config()),
        software_version=software_version(), clock_monotonic_ns=lambda: start_ns,
    )  # fmt: skip
    session.log.state_changed(Health(State.MONITORING, (), start_ns, 0.03, {}))
    raised = next((t for result in results for t in result.transitions if t.event == "raised"), None)
    found = [Findings.of(result) for result in results]
    for seq in range(frames):
        at = seq % (2 * distinct - 2)
        at = at if at < distinct else 2 * distinct - 2 - at
        t_ns = start_ns + seq * PERIOD_NS
        session.recording.append(Frame(seq, t_ns, None, results[at].frame.pixels, "made"))
        session.recording.step(Step(seq, seq, t_ns + DELAY_NS, 0, (), found[at]))
        if seq % 8 == 0:  # as often as the log takes them
            empty = Frame(seq, t_ns, None, _NO_PIXELS, "made")
            session.log.level_measurements(found[at].on(empty))
        if raised is not None and seq % (_ALARM_EVERY_S * 30) == 0:
            session.log.transition(replace(raised, t_ns=t_ns + DELAY_NS))
    session.close()


def read_through(path: Path) -> None:
    """Have the system's cache hold what it can of a file."""
    with path.open("rb", buffering=0) as file:
        while file.read(1 << 22):
            pass


def drop_from_cache(path: Path) -> None:
    """Have the system forget a file's content, as far as it will."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def until_painted(window: ReplayWindow, does: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds from a call to the end of the paint: passed, and of the processor."""
    before, start, start_cpu = window.pane.paints, time.perf_counter(), time.process_time()
    does()
    while window.pane.paints == before:
        QApplication.processEvents()
    return (time.perf_counter() - start) * 1e3, (time.process_time() - start_cpu) * 1e3


def scrub(window: ReplayWindow, seeks: int, seed: int, *, whole: bool) -> list[tuple[float, float]]:
    """Random seeks over the session."""
    rng = np.random.default_rng(seed)
    taken = []
    for at_s in rng.uniform(0, window.time_line.row.length_s, seeks):
        seek = window.go_s if whole else window.seek_s
        taken.append(until_painted(window, lambda s=float(at_s), seek=seek: seek(s)))  # type: ignore[misc]
        model = window.player.look.model
        assert model is not None
        assert model.distance.figure is not None
        assert at_s < 10 or len(model.trend.points) > 20
    return taken


def play(window: ReplayWindow, seconds: float, speed: float) -> tuple[int, int, float]:
    """Frames that were painted, frames in the passage, and how far its clock fell behind (s)."""
    length_s = window.time_line.row.length_s
    window.go_s(length_s / 3)
    seconds = min(seconds, 0.6 * length_s / speed)  # it does not come to the end
    window.set_speed(speed)
    start_ns, shown = window.player.transport.t_ns, set()
    window.toggle()
    began = time.perf_counter()
    while (passed := time.perf_counter() - began) < seconds:
        before = window.pane.paints
        QApplication.processEvents()
        if window.pane.paints != before:
            shown.add(window.player.place.frame)
        else:
            time.sleep(0.001)
    window.toggle()
    gone_s = (window.player.transport.t_ns - start_ns) / 1e9
    return len(shown), round(gone_s * 30), passed * speed - gone_s


def row(name: str, taken: list[tuple[float, float]]) -> str:
    """One line of figures."""
    passed, cpu = zip(*taken, strict=True)
    p50, p95, p99 = np.percentile(passed, [50, 95, 99])
    figures = f"p50 {p50:6.1f}   p95 {p95:6.1f}   p99 {p99:6.1f}   max {max(passed):6.1f} ms"
    return (
        f"{name:20} {figures}   cpu p50 {np.percentile(cpu, 50):6.1f}   p95 {np.percentile(cpu, 95):6.1f} ms"
    )


def measure(folder: Path, cache: Path, options: argparse.Namespace) -> float:
    """Open, scrub, play; the worst p95 of dragging (ms)."""
    stored = open_session(folder)
    file = stored.recording_path
    drop_from_cache(file)
    started = time.perf_counter()
    deck = Deck(folder)
    opened_s = time.perf_counter() - started
    info = stored.about.source
    print(
        f"python {platform.python_version()}; {len(deck.times_ns)} frames of {info.columns}x{info.rows},"
        f" 16 bit, {file.name} {file.stat().st_size / 1e9:.2f} GB; window {WINDOW_PX[0]}x{WINDOW_PX[1]}"
    )
    window = ReplayWindow(deck, cache=cache)
    window.resize(*WINDOW_PX)
    window.show()
    until_painted(window, lambda: window.seek_s(1.0))
    first_s = time.perf_counter() - started
    print(f"opened cold (index by scanning, log) {opened_s:.2f} s; first frame {first_s:.2f} s", flush=True)
    gc.collect()
    before_mb = resident_mb()
    p95 = []
    for number, (name, whole) in enumerate(
        (("cold, dragged", False), ("warm, dragged", False), ("warm, whole trend", True))
    ):
        if number == 0:
            drop_from_cache(file)
        elif number == 1:
            read_through(file)
        taken = scrub(window, options.seeks, options.seed + number, whole=whole)
        p95.append(float(np.percentile([passed for passed, _ in taken], 95)))
        print(row(name, taken), flush=True)
    for speed in (1.0, 4.0, 16.0):
        painted, of, behind_s = play(window, options.play, speed)
        print(
            f"playing at {speed:g} x: {painted} frames painted of {of},"
            f" clock {behind_s * 1e3:+.0f} ms behind",
            flush=True,
        )
    print(f"memory: {before_mb:.0f} MB before, {resident_mb():.0f} MB after")
    window.close()
    started = time.perf_counter()
    Deck(folder).close()
    print(f"opened warm {time.perf_counter() - started:.2f} s")
    return max(p95[:2])


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=1024)
    parser.add_argument("--frames", type=int, default=36_000)
    parser.add_argument("--distinct", type=int, default=120)
    parser.add_argument("--seeks", type=int, default=300)
    parser.add_argument("--play", type=float, default=20.0, help="seconds at each speed")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()), help="where it is made")
    parser.add_argument("--session", type=Path, help="one that is there already, as made before")
    parser.add_argument("--keep", type=Path, help="make the session here, and leave it")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    start_application()
    with tempfile.TemporaryDirectory(dir=options.folder) as made:
        folder = options.session or options.keep or Path(made) / "session"
        if options.session is None:
            started = time.perf_counter()
            make_session(folder, options.size, options.frames, options.distinct)
            print(f"made in {time.perf_counter() - started:.0f} s", flush=True)
        p95_ms = measure(folder, Path(made) / "cache", options)
    print(f"aim: p95 of dragging at most {AIM_P95_MS:g} ms: {'met' if p95_ms <= AIM_P95_MS else 'missed'}")
    print("load average (1, 5, 15 min): " + ", ".join(f"{load:.1f}" for load in os.getloadavg()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
