"""Time of the whole step, stage by stage, in lock-step on simulated procedures.

    python benchmarks/latency.py [--frames N] [--threads N] [--json FILE]

Threads are those of OpenCV; the command line uses one, since the windows are small.

Every case is a `clean` procedure (three levels: the treated one marked, and its neighbours) rendered to
memory first, so that only the pipeline is timed. Frames of learning and of monitoring with cement are
both in the figures. Percentiles over all frames after the first; milliseconds.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import sys
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command line does; read when NumPy is imported

import cv2
import msgspec
import numpy as np

from calibration.density import nominal_density
from monitor.config import Config
from monitor.frame import Frame, freeze_pixels
from monitor.pipeline import Pipeline
from monitor.plan import Level, Plan, as_array
from recordings.simulated.marks import plan_for
from recordings.simulated.settings import SimulationSettings
from recordings.simulated.source import SimulatedSource

STAGES = ("intensity", "gate", "motion", "residual", "cement", "findings", "alarms", "step")


def frames_of(size: int, bits: int, count: int) -> tuple[SimulationSettings, list[Frame], SimulatedSource]:
    """Render `count` frames; injection begins after 3.5 s so that cement is there for most of them."""
    settings = SimulationSettings(
        size=size, bits_stored=bits, injection_start_s=3.6, duration_s=count / 15.0 + 1
    )
    source = SimulatedSource("clean", settings)
    source.open()
    frames = [source.read() for _ in range(count)]
    if bits == 8:
        frames = [
            Frame(
                f.seq, f.t_capture_ns, f.t_source_ns, freeze_pixels(f.pixels.astype(np.uint8), copy=True), "b"
            )
            for f in frames
        ]
    return settings, frames, source


def with_levels(plan: Plan, count: int) -> Plan:
    """The same plan with its level marked `count` times: itself and shifted copies above and below."""
    view = plan.views[0]
    level = view.levels[0]
    height = float(np.ptp(as_array(level.body), axis=0)[1]) * 1.25

    def moved(k: int) -> Level:
        def shift(path: object) -> object:
            return tuple((x, y + k * height) for x, y in path) if path else path  # type: ignore[attr-defined]

        return msgspec.structs.replace(
            level, name=f"{level.name}{k:+d}" if k else level.name, body=shift(level.body),
            posterior_wall=shift(level.posterior_wall), anterior_wall=shift(level.anterior_wall),
            superior_endplate=shift(level.superior_endplate),
            inferior_endplate=shift(level.inferior_endplate),
            veins=level.veins if k == 0 else (), cannulas=level.cannulas if k == 0 else (), foramen=None,
        )  # fmt: skip

    levels = tuple(moved(k) for k in ((0,) if count == 1 else (0, -1, 1))[:count])
    return msgspec.structs.replace(plan, views=(msgspec.structs.replace(view, levels=levels),), levels={})


def measure(size: int, bits: int, levels: int, count: int) -> dict[str, object]:
    """Run one case; percentiles per stage."""
    settings, frames, source = frames_of(size, bits, count)
    info = source.info
    plan = with_levels(plan_for("clean", settings), levels)
    pipeline = Pipeline(plan, plan.views[0], info, Config(), nominal_density(info))
    gc.collect()
    times: list[dict[str, float]] = []
    area = None
    for frame in frames:
        result = pipeline.step(frame, frame.time_ns)
        times.append(dict(result.timings_ms))
        area = result.levels[0].area_mm2
    row: dict[str, object] = {
        "size": size,
        "bits": bits,
        "levels": levels,
        "frames": count,
        "final_area_mm2": area,
    }
    for stage in STAGES:
        values = np.array([t.get(stage, 0.0) for t in times[1:]])
        row[stage] = [round(float(v), 2) for v in (*np.percentile(values, [50, 95, 99]), values.max())]
    return row


def main() -> int:
    """Measure every case and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    cv2.setNumThreads(options.threads)
    print(f"python {platform.python_version()}, opencv {cv2.__version__}, {options.threads} threads")
    print("milliseconds: p50 p95 p99 max")
    rows = []
    for size in (512, 1024):
        for bits in (8, 16):
            for levels in (1, 3):
                row = measure(size, bits, levels, options.frames)
                rows.append(row)
                print(f"\n{size}x{size}, {bits} bit, {levels} level{'s' if levels > 1 else ''}")
                for stage in STAGES:
                    p50, p95, p99, worst = row[stage]  # type: ignore[misc]
                    print(f"  {stage:10} {p50:7.2f} {p95:7.2f} {p99:7.2f} {worst:7.2f}")
                sys.stdout.flush()
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
