"""Recording beside monitoring: what it costs the picture, and whether it loses a frame.

    python -m benchmarks.recording [--size 1024] [--bits 16] [--rate 30] [--rounds 3] [--seconds 40]

The whole of `live` without a window, on frames that were rendered to memory first (a `clean` procedure,
noisy, 12 significant bits in 16), with a session and without one in turn, so that whatever else the machine
does meets both. Lost is every frame that was captured and is not in the file at the end, in a gap record or
not; superseded frames are in the file and were not looked at. Times are from capture to result.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import cv2
import numpy as np

from benchmarks.latency import frames_of
from benchmarks.soak import ToAndFro
from monitor.config import Config
from monitor.frame import Frame
from monitor.plan import Plan
from recordings.session import FRAMES, open_session
from recordings.simulated.marks import plan_for
from recordings.simulated.source import SimulatedSource
from ui.live import live_run

_RENDERED = 150
_LOOK_S = 0.02
WANTED_LOST, WANTED_ADDED_MS = 0, 5.0


@dataclass(frozen=True, slots=True)
class Round:
    """One run. None: nothing was recorded."""

    recorded: bool
    captured: int
    superseded: int
    p50_ms: float
    p99_ms: float
    most_ms: float
    kept: int | None = None
    in_gaps: int | None = None
    packings: int | None = None
    mb_per_s: float | None = None
    ratio: float | None = None
    highest_backlog: float | None = None


def play(
    source: SimulatedSource,
    frames: list[Frame],
    plan: Plan,
    rate_hz: float,
    seconds: float,
    session: Path | None,
) -> Round:
    """Monitor for so long, recording or not."""
    backlog = 0.0
    with live_run(ToAndFro(source, frames, rate_hz), plan, Config(), session) as run:  # type: ignore[arg-type]
        began_s = time.monotonic()
        while time.monotonic() - began_s < seconds:
            run.observer.look()
            if run.recorder is not None:
                backlog = max(backlog, run.recorder.state().backlog)
            run.asked_to_stop.wait(_LOOK_S)
        passed_s = time.monotonic() - began_s
    part = run.loop.latency.parts()["capture_to_result"]
    counters = run.loop.status().counters
    measured = Round(
        session is not None, counters["captured"], counters["superseded"],
        part.median_ms, part.p99_ms, round(part.most_ms, 1),
    )  # fmt: skip
    if session is None:
        return measured
    kept_bytes = (session / FRAMES).stat().st_size
    with open_session(session).frames() as reader:
        kept = len(reader)
        in_gaps = sum(gap.count for gap in reader.gaps)
        packings = sum(event.name == "packing" for event in reader.events)
    return replace(
        measured, kept=kept, in_gaps=in_gaps, packings=packings, highest_backlog=round(backlog, 3),
        mb_per_s=round(kept_bytes / passed_s / 1e6, 1),
        ratio=round(kept_bytes / max(1, kept * frames[0].pixels.nbytes), 3),
    )  # fmt: skip


def told(rounds: list[Round]) -> dict[str, object]:
    """Medians of both, what recording adds in each pair, and what was lost."""
    by = {kind: [one for one in rounds if one.recorded is kind] for kind in (True, False)}
    named = {"with": by[True], "without": by[False]}
    added = [a.p99_ms - b.p99_ms for a, b in zip(by[True], by[False], strict=True)]
    return {
        "lost": sum(one.captured - (one.kept or 0) for one in by[True]),
        "in_gaps": sum(one.in_gaps or 0 for one in by[True]),
        "frames": sum(one.captured for one in by[True]),
        "superseded": {name: sum(one.superseded for one in of) for name, of in named.items()},
        "p50_ms": {name: float(np.median([one.p50_ms for one in of])) for name, of in named.items()},
        "p99_ms": {name: float(np.median([one.p99_ms for one in of])) for name, of in named.items()},
        "added_p99_ms": added,
        "added_p99_median_ms": float(np.median(added)),
        "mb_per_s": float(np.median([one.mb_per_s or 0 for one in by[True]])),
        "ratio": float(np.median([one.ratio or 0 for one in by[True]])),
        "highest_backlog": max(one.highest_backlog or 0 for one in by[True]),
        "packings": sum(one.packings or 0 for one in by[True]),
    }  # fmt: skip


def main() -> int:
    """Run, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=1024)
    parser.add_argument("--bits", type=int, choices=(8, 16), default=16)
    parser.add_argument("--rate", type=float, default=30.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--folder", type=Path, help="on the disk to be measured")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    settings, frames, source = frames_of(options.size, 12 if options.bits == 16 else 8, _RENDERED)
    plan = plan_for("clean", settings)
    rounds: list[Round] = []
    play(source, frames, plan, options.rate, 5.0, None)  # what is read and compiled at the first run
    for number in range(options.rounds):
        for recorded in (True, False) if number % 2 else (False, True):
            with tempfile.TemporaryDirectory(dir=options.folder) as name:
                session = Path(name) / "session" if recorded else None
                rounds.append(play(source, frames, plan, options.rate, options.seconds, session))
            print(json.dumps(asdict(rounds[-1])), flush=True)
    figures = told(rounds)
    print(json.dumps(figures, indent=1))
    if options.out is not None:
        options.out.write_text(json.dumps([asdict(one) for one in rounds] + [figures], indent=1) + "\n")
    met = figures["lost"] == WANTED_LOST and float(figures["added_p99_median_ms"]) <= WANTED_ADDED_MS  # type: ignore[arg-type]
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())
