"""Hours of simulated fluoroscopy without a leak: how often the monitor cries wolf, and how long it watches.

    python benchmarks/quiet.py [--hours H] [--jobs N] [--out FILE] [--set NAME] [--config FILE]
    python benchmarks/quiet.py --report [--out FILE]
    python benchmarks/quiet.py --replay PART

With --pictures FOLDER, every alarm leaves a picture of its frame.

Parts of 60 to 120 s, each drawn from its number alone, are run one after another; each adds one JSON line
to FILE. A run that is broken off goes on where it stopped, and a longer one adds to a shorter one. Only
lines measured with the code as it is now are counted. There is no leak in any part, so every `leak_`
alarm is false, and so is every `near_` alarm where there is no cement at all.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when NumPy is imported
if not __package__:  # run as a file: the package is beside, not installed
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.quiet_hours.parts import SETS, draw, parts
from benchmarks.quiet_hours.report import report
from benchmarks.quiet_hours.run import keep_alarms, run, run_named, version
from monitor.config import Config, read_config
from monitor.result import Kind, Result
from monitor.states import State

Row = dict[str, Any]


def read_rows(path: Path, group: str, code: str, config: str | None) -> dict[str, Row]:
    """Rows of a set that were measured with this code and configuration, by part."""
    rows: dict[str, Row] = {}
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                row = json.loads(line)
            except json.JSONDecodeError:  # broken off while it was written
                continue
            same = row.get("version") == code and row.get("config") == config
            if same and str(row.get("part")).rpartition("-")[0] == group:
                rows[row["part"]] = row
    return rows


def measure(
    todo: Iterable[str], jobs: int, out: Path, config: str | None, pictures: Path | None = None
) -> Iterable[Row]:
    """Run parts, add each to the file when it is done, and hand it on."""
    out.parent.mkdir(parents=True, exist_ok=True)
    work = [(name, config, pictures) for name in todo]
    with ExitStack() as stack:
        file = stack.enter_context(out.open("a", encoding="utf-8"))
        if jobs == 1:
            done: Iterable[Row] = map(run_named, work)
        else:
            pool = stack.enter_context(multiprocessing.get_context("spawn").Pool(jobs))
            done = pool.imap_unordered(run_named, work)
        for row in done:
            row["config"] = config
            file.write(json.dumps(row) + "\n")
            file.flush()
            yield row


def replay(name: str, config: Config, pictures: Path | None) -> None:
    """Run one part and tell of everything that happens in it."""
    part = draw(name)
    print(json.dumps(part.row(), indent=1))
    last: State | None = None
    reasons: tuple[str, ...] = ()

    def see(result: Result) -> None:
        nonlocal last, reasons
        now_s = result.frame.time_ns / 1e9
        said = tuple(r.code for r in result.reasons)
        if (result.state, said) != (last, reasons):
            print(f"{now_s:8.2f} s  {result.state.words}: {'; '.join(r.text for r in result.reasons)}")
            last, reasons = result.state, said
        for change in result.transitions:
            alert = change.alert
            if alert.kind is not Kind.CLINICAL:
                continue
            print(f"{now_s:8.2f} s    {change.event} {alert.rule_id} ({alert.level}): {alert.message}")
            for level in result.levels:
                for leak in level.leaks:
                    place = ", ".join(f"{v:.0f}" for v in leak.centre_px)
                    print(f"{'':12} {leak.leak_class} {leak.area_mm2:.1f} mm2 at ({place}) px")
        if pictures is not None:
            keep_alarms(result, part, pictures)

    row = run(part, config, see)
    print(
        json.dumps(
            {k: row[k] for k in ("outside_mm2", "alarms", "states_s", "reasons_s", "took_s")}, indent=1
        )
    )


def main(arguments: list[str] | None = None) -> int:
    """Measure what is missing and report on all."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hours", type=float, default=10.0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("quiet.jsonl"))
    parser.add_argument("--set", choices=SETS, default="tuning", dest="group")
    parser.add_argument("--config", help="TOML file; without it the defaults")
    parser.add_argument("--report", action="store_true", help="measure nothing more")
    parser.add_argument("--replay", metavar="PART", help="run one part and tell of everything in it")
    parser.add_argument("--pictures", type=Path, help="a picture of every alarm goes here")
    options = parser.parse_args(arguments)
    if options.replay:
        replay(
            options.replay,
            read_config(Path(options.config)) if options.config else Config(),
            options.pictures,
        )
        return 0
    code = version()
    rows = read_rows(options.out, options.group, code, options.config)
    wanted = [] if options.report else parts(options.group, options.hours)
    todo = [part.name for part in wanted if part.name not in rows]
    measured = measure(todo, options.jobs, options.out, options.config, options.pictures) if todo else ()
    for number, row in enumerate(measured, 1):
        rows[row["part"]] = row
        false = " ".join(alarm["rule"] for alarm in row["alarms"])
        print(f"{number}/{len(todo)} {row['part']} {row['kind']} {row['took_s']:.0f} s {false}", flush=True)
    print(f"set {options.group}, code {code}")
    print(report(sorted(rows.values(), key=lambda row: int(row["part"].rpartition("-")[2]))))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
