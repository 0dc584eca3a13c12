"""The whole of `live` for long: recording, overlay painted offscreen, frames at their own rate.

    python -m benchmarks.soak [--size 1024] [--bits 16] [--rate 30] [--minutes 30] [--planes 1|2] [--out FILE]

Frames are rendered to memory first (a `clean` procedure, with cement) and then played to and fro, so that
nothing but the monitor is measured. Prints every minute, and at the end: superseded frames, time from capture
to result and to paint, lost frames of the recording, growth of the memory after the first sixth. With two
planes, the same frames stand for both; the figures are those of the worse one.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import cv2
import msgspec

from benchmarks.latency import frames_of
from monitor.config import Config
from monitor.frame import Frame, SourceInfo
from monitor.sources.wrapped import WrappedSource
from recordings.simulated.marks import plan_for
from ui.biplane import biplane_run
from ui.live import LiveRun, live_run

_RENDERED = 240


class ToAndFro(WrappedSource):
    """Frames in memory, played forwards and backwards for ever at a rate."""

    def __init__(self, source: WrappedSource, frames: list[Frame], rate_hz: float) -> None:
        super().__init__(source)
        self._frames, self._rate_hz = frames, rate_hz
        self._count = 0
        self._start_s: float | None = None

    @property
    def info(self) -> SourceInfo:
        """As of a live device."""
        return replace(self._source.info, live=True, frame_period_s=1 / self._rate_hz, frame_count=None)

    def read(self, timeout_s: float = 1.0) -> Frame:
        """The next frame when it is due."""
        if self._start_s is None:
            self._start_s = time.monotonic()
        due_s = self._start_s + self._count / self._rate_hz
        time.sleep(max(0.0, due_s - time.monotonic()))
        length = len(self._frames)
        at = self._count % (2 * length - 2)
        frame = self._frames[at if at < length else 2 * length - 2 - at]
        self._count += 1
        return replace(frame, seq=self._count - 1, t_capture_ns=time.monotonic_ns(), t_source_ns=None)


def resident_mb() -> float:
    """Memory that this process holds (MB)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return float("nan")


def main() -> int:
    """Run, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=1024)
    parser.add_argument("--bits", type=int, default=16)
    parser.add_argument("--rate", type=float, default=30.0)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--planes", type=int, choices=(1, 2), default=1)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    settings, frames, source = frames_of(options.size, 12 if options.bits == 16 else 8, _RENDERED)
    plan = plan_for("clean", settings)

    from PyQt6.QtCore import QTimer

    from ui.overlay.window import run_window
    from ui.qt import start_application
    from ui.window import window_for

    start_application()
    resident: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        sources = [
            ToAndFro(source, frames, options.rate)  # type: ignore[arg-type]
            for _ in range(options.planes)
        ]
        runs: tuple[LiveRun, ...]
        if options.planes == 1:
            runs = (stack.enter_context(live_run(sources[0], plan, Config(), Path(name) / "session")),)
        else:
            other = msgspec.structs.replace(plan.views[0], name="other")
            plan = msgspec.structs.replace(plan, views=(plan.views[0], other))
            both = (sources[0], sources[1])
            runs = stack.enter_context(biplane_run(both, plan, Config(), Path(name) / "session"))
        window = window_for(runs, plan)
        window.resize(1920, 1080)
        began_s = time.monotonic()

        def minute() -> None:
            passed_s = time.monotonic() - began_s
            resident.append((passed_s, resident_mb()))
            for run in runs:
                counters = run.loop.status().counters
                recorder = run.recorder.state() if run.recorder is not None else None
                result = run.loop.latency.parts()["capture_to_result"]
                print(
                    f"{passed_s / 60:5.1f} min  {resident[-1][1]:6.0f} MB  captured {counters['captured']}  "
                    f"superseded {counters['superseded']}  lost {recorder.gaps if recorder else None}  "
                    f"result p50 {result.median_ms:.1f}, p99 {result.p99_ms:.1f} ms",
                    flush=True,
                )

        timer = QTimer(window)
        timer.timeout.connect(minute)
        timer.start(60_000 if options.minutes > 2 else 10_000)
        QTimer.singleShot(round(options.minutes * 60_000), window.close)
        run_window(window)
        counted = [dict(run.loop.status().counters) for run in runs]
        gaps = sum(run.recorder.state().gaps for run in runs if run.recorder is not None)
        free_of_start = [mb for at_s, mb in resident if at_s >= 10 * options.minutes] or [resident_mb()]
    counters = max(counted, key=lambda one: one["superseded"])
    parts = max((run.loop.latency.parts() for run in runs), key=lambda one: one["capture_to_result"].p99_ms)
    row = {
        "size": options.size, "bits": options.bits, "rate_hz": options.rate, "minutes": options.minutes,
        "planes": options.planes,
        "captured": counters["captured"], "superseded": counters["superseded"],
        "superseded_percent": 100 * counters["superseded"] / max(1, counters["captured"]),
        "recording_lost": gaps,
        "ms": {
            name: [part.median_ms, part.p99_ms, round(part.most_ms, 2)] for name, part in parts.items()
        },
        "growth_mb": round(free_of_start[-1] - free_of_start[0], 1),
    }  # fmt: skip
    print(json.dumps(row, indent=1))
    if options.out is not None:
        options.out.write_text(json.dumps(row) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
