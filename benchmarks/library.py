"""How long the library takes to list many sessions, the first time and again.

    python -m benchmarks.library [--sessions 1000] [--frames 60] [--long-frames 36000]

Each session is made as a recording is: small frames, a log with alarms and volumes, a plan. One more has as
many frames as 20 minutes at 30 per second: what grows with the length is the walk over the recording.
The disk's own cache is warm in all of it; what is cold is what the library remembers.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from monitor.frame import Frame, Intensity, PixelIntensityRelationship, SourceInfo, freeze_pixels
from monitor.plan import SCHEMA, Level, LevelIntent, Plan, Scale, View
from monitor.result import AlarmState, Alert, AlertTransition, Kind, Priority
from recordings.library.cache import FactsCache
from recordings.library.index import rows_below
from recordings.library.search import parse_query
from recordings.library.tags import Tags, write_tags
from recordings.library.thumbnail import thumbnail_of
from recordings.log_schema import VOLUME_COLUMNS
from recordings.procedure import Procedure
from recordings.session import Session

_SIDE = 32
_MEASURED_PER_FRAME = 0.25
_QUERIES = ("", "level:L1 volume>4", "leak:canal date:2026-03..2026-05", "roe teaching")


def main() -> int:
    """Build, list, list again, search."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=1000)
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--long-frames", type=int, default=36_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root, kept = Path(folder) / "library", Path(folder) / "facts.msgpack"
        began = time.perf_counter()
        for number in range(options.sessions):
            _build(root / f"{number // 100:02d}" / f"session-{number:04d}", number, options.frames)
        print(f"built {options.sessions} sessions in {time.perf_counter() - began:.1f} s")
        rows = []
        for what in ("cold", "warm", "warm again"):
            began = time.perf_counter()
            cache = FactsCache(kept)
            rows = list(rows_below(root, cache))
            cache.save(all_seen=True)
            print(f"{what:10}: {len(rows)} rows in {time.perf_counter() - began:.2f} s")
        print(f"cache: {kept.stat().st_size / 1e3:.0f} kB")
        for text in _QUERIES:
            query = parse_query(text)
            began = time.perf_counter()
            found = sum(query.matches(row) for row in rows)
            print(f"search {text!r}: {found} found in {1e3 * (time.perf_counter() - began):.1f} ms")
        times_s = []
        for row in rows[:100]:
            began = time.perf_counter()
            thumbnail_of(root / row.folder)
            times_s.append(time.perf_counter() - began)
        print(f"thumbnail: median {1e3 * np.median(times_s):.1f} ms, of frames of {_SIDE} x {_SIDE}")
        long = Path(folder) / "long"
        _build(long / "one", 1, options.long_frames)
        began = time.perf_counter()
        list(rows_below(long, FactsCache(None)))
        print(f"one session of {options.long_frames} frames: {time.perf_counter() - began:.2f} s")
    print(f"largest memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")
    return 0


def _build(folder: Path, number: int, frames: int) -> None:
    body = ((4.0, 4.0), (28.0, 4.0), (28.0, 28.0), (4.0, 28.0))
    name = ("T12", "L1", "L2")[number % 3]
    view = View("lateral", "lateral", Scale(0.4, 0.02, "dicom"), (Level(name, body),))
    session = Session.create(
        folder,
        source_info=SourceInfo(
            "device:0", "device", _SIDE, _SIDE, Intensity(PixelIntensityRelationship.DISP, 8)
        ),
        plan=Plan(SCHEMA, (view,), {name: LevelIntent(4.0)}),
        config_toml="",
        software_version="benchmark",
        procedure=Procedure(patient_id=f"{number:05d}", operator=("Dr. Roe", "Dr. Doe")[number % 2]),
        clock_monotonic_ns=lambda: 0,
    )
    noise = np.random.default_rng(number)
    for seq in range(frames):
        pixels = freeze_pixels(noise.integers(0, 256, (_SIDE, _SIDE), np.uint8), copy=False)
        # without times between: the benchmark is not about the flushing of the disk
        session.recording.append(Frame(seq, seq, seq * 33_000_000, pixels, "device:0"))
    rules = ("leak_canal", "near_vein", "near_posterior_wall")[: number % 4]
    for rule in rules:
        alert = Alert(
            rule, Kind.CLINICAL, Priority.HIGH, AlarmState.ACTIVE, name, None, 0, frames // 2, 1.0, "mm", rule
        )
        session.log.transition(AlertTransition("raised", 0, alert))
    _measure(session, name, round(frames * _MEASURED_PER_FRAME))
    session.close()
    if number % 5 == 0:
        write_tags(folder, Tags(("teaching",)))


def _measure(session: Session, level: str, count: int) -> None:
    row = dict.fromkeys(VOLUME_COLUMNS) | {"view": "lateral", "level": level, "state": "MONITORING"}
    values = [
        tuple((row | {"t_ns": k, "t_capture_ns": k, "seq": k, "volume_ml": 5.0 * k / count}).values())
        for k in range(count)
    ]
    places = ", ".join("?" * len(row))
    connection = session.log._connection
    connection.execute("BEGIN")
    connection.executemany(f"INSERT INTO volume VALUES ({places})", values)
    connection.execute("COMMIT")


if __name__ == "__main__":
    sys.exit(main())
