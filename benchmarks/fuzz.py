"""Hostile inputs for every reader: no crash, no hang, no runaway memory, no error but one line of our own.

    python -m benchmarks.fuzz --reader plan|config|...|all [--inputs 100000] [--seed 1] [--jobs 1]
        [--out FILE] [--keep DIR] [--one NUMBER]

Inputs are valid files spoiled by own mutators (`benchmarks.fuzzing`); seed and number give the same bytes
again. Each is read in a process of its own kind under 2 s of processor time and 1 GiB of address space. With
--out what has been run is kept, and the same command goes on from there. What fails is left in --keep; --one
makes and reads one input in this process, with its traceback.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.fuzzing.readers import READERS, make
from benchmarks.fuzzing.run import Tally, outcomes

_BLOCK = 5000


class Report:
    """What has been run, by reader, in a file that is replaced after every block."""

    def __init__(self, path: Path | None, seed: int) -> None:
        self._path, self._lock = path, threading.Lock()
        self.held: dict[str, Any] = {"seed": seed, "readers": {}}
        if path is not None and path.is_file():
            self.held = json.loads(path.read_text("utf-8"))
            if self.held["seed"] != seed:
                raise SystemExit(f"{path}: holds seed {self.held['seed']}; choose another file")

    def of(self, reader: str) -> dict[str, Any]:
        """The entry of a reader."""
        empty = asdict(Tally()) | {"blocks": [], "wall_s": 0.0}
        entry: dict[str, Any] = self.held["readers"].setdefault(reader, empty)
        return entry

    def add(self, reader: str, block: int, tally: Tally, wall_s: float) -> None:
        """Add a block."""
        with self._lock:
            entry = self.of(reader)
            entry["blocks"].append(block)
            entry["inputs"] += tally.inputs
            entry["accepted"] += tally.accepted
            for name in ("errors", "distinct"):
                entry[name] = dict(Counter(entry[name]) + Counter(getattr(tally, name)))
            if tally.slowest_s > entry["slowest_s"]:
                entry["slowest_s"], entry["slowest"] = tally.slowest_s, tally.slowest
            entry["peak_mib"] = max(entry["peak_mib"], tally.peak_mib)
            entry["failures"] += [list(failure) for failure in tally.failures]
            entry["wall_s"] += wall_s
            if self._path is not None:
                new = self._path.with_name(f".{self._path.name}.new")
                new.write_text(json.dumps(self.held, indent=1), "utf-8")
                new.replace(self._path)


def _block(reader: str, seed: int, block: int, size: int, keep: Path | None, report: Report) -> None:
    tally, before_s = Tally(), time.monotonic()
    for outcome in outcomes(reader, seed, range(block * _BLOCK, block * _BLOCK + size)):
        tally.add(outcome)
        if outcome.failure:
            print(f"{reader} {outcome.number}: {outcome.failure}", flush=True)
            if keep is not None:
                shutil.rmtree(keep / f"{reader}-{seed}-{outcome.number}", ignore_errors=True)
                make(reader, seed, outcome.number, keep / f"{reader}-{seed}-{outcome.number}")
    report.add(reader, block, tally, time.monotonic() - before_s)


def _print(reader: str, entry: dict[str, Any]) -> None:
    speed = entry["inputs"] / entry["wall_s"] if entry["wall_s"] else 0.0
    errors = ", ".join(f"{name} {count}" for name, count in sorted(entry["errors"].items()))
    print(
        f"{reader}: {entry['inputs']} inputs, {speed:.0f}/s per process, accepted {entry['accepted']}, "
        f"{errors}; {len(entry['distinct'])} distinct outcomes; slowest "
        f"{entry['slowest_s']:.2f} s ({entry['slowest']}); "
        f"peak growth {entry['peak_mib']:.0f} MiB; {len(entry['failures'])} failures",
        flush=True,
    )


def main() -> int:
    """Run, and print what was found; 1 where anything failed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--reader", choices=[*READERS, "all"], default="all")
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--one", type=int)
    options = parser.parse_args()
    chosen = list(READERS) if options.reader == "all" else [options.reader]
    if options.one is not None:
        folder = (options.keep or Path(tempfile.mkdtemp())) / f"{chosen[0]}-{options.seed}-{options.one}"
        make(chosen[0], options.seed, options.one, folder)
        print(folder, sorted(path.name for path in folder.iterdir()))
        READERS[chosen[0]].use(folder)
        return 0
    report = Report(options.out, options.seed)
    for reader in chosen:
        done = set(report.of(reader)["blocks"])
        starts = range(0, options.inputs, _BLOCK)
        with ThreadPoolExecutor(options.jobs) as pool:
            waiting = [
                pool.submit(
                    _block, reader, options.seed, start // _BLOCK, min(_BLOCK, options.inputs - start),
                    options.keep, report,
                )
                for start in starts
                if start // _BLOCK not in done
            ]  # fmt: skip
            for one in waiting:
                one.result()
        _print(reader, report.of(reader))
    return 1 if any(report.of(reader)["failures"] for reader in chosen) else 0


if __name__ == "__main__":
    raise SystemExit(main())
