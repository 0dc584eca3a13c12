"""As-live replay against what was found and logged while runs were recorded: ten live runs, field by field.

    python -m benchmarks.replays --out bench-output/replays

Every run goes live at its own pace through the whole of `ui.live`. Alarms are acknowledged at random times,
and the processor is kept busy in some runs, so that frames are superseded. Then the recorded steps are
taken again.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from monitor.config import Config
from recordings.open import open_source, simulation
from recordings.repetition import repeat
from recordings.session import open_session
from recordings.simulated.marks import plan_for
from ui.live import live_run

SPECS = (
    "simulated:canal?seed=211",
    "simulated:disc?seed=212",
    "simulated:vein?seed=213",
    "simulated:embolus?seed=214&dose=15",
    "simulated:clean?seed=215&size=1024&fps=7.5",
    "simulated:motion?seed=216",
    "simulated:needle?seed=217",
    "simulated:canal?seed=218&projection=ap",
    "simulated:disc?seed=219&fps=30",
    "simulated:vein?seed=220&breathing=4",
)


@dataclass(frozen=True, slots=True)
class Row:
    """One run."""

    spec: str
    captured: int
    superseded: int
    steps: int
    identical: int
    acknowledged: int
    log_rows: int
    log_differing: int
    same: bool


def main() -> None:
    """Run it, and end with status 1 where a run did not come out the same."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--out", type=Path, default=Path("bench-output/replays"))
    parser.add_argument("--runs", type=int, default=len(SPECS))
    parser.add_argument("--seconds", type=float, default=None, help="stop each run after so many seconds")
    given = parser.parse_args()
    shutil.rmtree(given.out, ignore_errors=True)
    rows = []
    for number, spec in enumerate(SPECS[: given.runs]):
        folder = given.out / f"run-{number}"
        busy = number % 3 == 2
        acknowledged = _record(spec, folder, number, given.seconds, busy=busy)
        rows.append(_check(spec, folder, acknowledged))
        shutil.rmtree(folder)
        print(_line(rows[-1]), flush=True)
    same = sum(row.same for row in rows)
    print(f"{same} of {len(rows)} runs identical, {sum(row.steps for row in rows)} steps")
    sys.exit(0 if same == len(rows) else 1)


def _record(spec: str, folder: Path, seed: int, seconds: float | None, *, busy: bool) -> int:
    """Record a run; how often alarms were acknowledged."""
    dice = random.Random(seed)
    source = open_source(spec)
    name, settings = simulation(spec)
    stop = multiprocessing.Event()
    burners = [multiprocessing.Process(target=_burn, args=(stop,), daemon=True) for _ in range(2 * busy)]
    for burner in burners:
        burner.start()
    count = 0
    try:
        with live_run(source, plan_for(name, settings), Config(), folder) as run:
            begun, due = time.monotonic(), dice.uniform(8, 15)
            while not run.observer.ended and (seconds is None or time.monotonic() - begun < seconds):
                run.observer.look()
                if time.monotonic() - begun > due:
                    run.observer.acknowledge()
                    count += 1
                    due += dice.uniform(2, 8)
                run.asked_to_stop.wait(0.03)
    finally:
        stop.set()
        for burner in burners:
            burner.join()
    return count


def _burn(stop: multiprocessing.synchronize.Event) -> None:
    while not stop.is_set():
        sum(range(20_000))


def _check(spec: str, folder: Path, acknowledged: int) -> Row:
    session = open_session(folder)
    with session.frames() as reader:
        found = repeat(session, reader, session.log())
        captured = len(reader)
    for seq, difference in found.first_differences[:5]:
        print(f"  frame {seq}: {difference}")
    for why in found.not_repeated[:5]:
        print(f"  {why}")
    return Row(
        spec, captured, captured - found.steps, found.steps, found.identical, acknowledged, found.log_rows,
        found.log_differing, found.same,
    )  # fmt: skip


def _line(row: Row) -> str:
    return (
        f"{row.spec}: {row.captured} frames, {row.superseded} superseded, {row.steps} steps, "
        f"{row.identical} identical; {row.acknowledged} acknowledgements; log: {row.log_rows} rows, "
        f"{row.log_differing} differing: {'same' if row.same else 'NOT THE SAME'}"
    )


if __name__ == "__main__":
    main()
