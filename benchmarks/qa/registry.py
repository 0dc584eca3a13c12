"""What a registry of many procedures takes, and how often the intervals of a cohort hold what they should.

    python -m benchmarks.qa.registry [--levels 10000] [--draws 4000] [--seed 1]

The first part fills a registry with made-up records of two levels, with trends and maps as large as those
of a minute's procedure, and works the cohort out. The second draws patients whose vertebrae leak alike
(beta-binomial) and counts how often the plain interval of Wilson and the one that allows for patients
contain the true rate.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.qa.published import who
from recordings.cohort.cohort import cohort_of_registry
from recordings.cohort.export import export_tables
from recordings.cohort.registry import Registry
from recordings.cohort.rows import FollowUpRow
from recordings.cohort.statistics import adjusted, design_effect, wilson
from recordings.qa.record import DistributionMap, LeakRecord, LevelRecord, ProcedureRecord, TrendPoint

LEVELS = ("T11", "L1", "L3")
CLASSES = ("vein", "canal", "disc_superior")


def records(count: int, seed: int) -> Iterator[ProcedureRecord]:
    """So many procedures of two levels, two of each patient."""
    draw = np.random.default_rng(seed)
    trend = tuple(TrendPoint(time_s=i / 4, volume_ml=i / 80, area_mm2=float(i)) for i in range(240))
    cover = tuple(tuple(round(float(part), 3) for part in row) for row in draw.random((40, 40)))
    maps = (DistributionMap(view="lateral", projection="lateral", first=-0.5, last=1.5, cover=cover),)
    for number in range(count):
        levels = []
        for name in draw.choice(LEVELS, 2, replace=False):
            leak = LeakRecord(leak_class=str(draw.choice(CLASSES)), onset_s=1.0, area_mm2=2.0)
            levels.append(
                LevelRecord(
                    level=str(name), views=("lateral",), volume_ml=float(draw.normal(3.2, 0.8)), trend=trend,
                    maps=maps, leaks=(leak,) if draw.random() < 0.3 else (),
                )
            )  # fmt: skip
        yield ProcedureRecord(
            session_id=f"s{number:06d}", folder="",
            day=f"2025-{1 + number % 12:02d}-{1 + number % 28:02d}", patient=who("made up", number // 2),
            operator=f"OP-{number % 7}", levels=tuple(levels),
        )  # fmt: skip


def size(levels: int, seed: int) -> Iterable[str]:
    """Time and memory of filling, working out and exporting."""
    count = levels // 2
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "registry.sqlite"
        begun = time.perf_counter()
        with Registry(path) as registry:
            for record in records(count, seed):
                registry.put(record)
            filled_s = time.perf_counter() - begun
            registry.put_follow_up(
                FollowUpRow(patient=who("made up", number), score="VAS", moment=moment, value=value)
                for number in range(count // 2)
                for moment, value in (("before", 8.0 + number % 3 / 2), ("1 month", 2.0 + number % 5))
            )
        with Registry(path, read_only=True) as registry:
            before_mb, begun = _most_mb(), time.perf_counter()
            cohort = cohort_of_registry(registry, software_version="")
            worked_s, worked_mb = time.perf_counter() - begun, _most_mb()
            begun = time.perf_counter()
            export_tables(registry, Path(place) / "tables", csv=True, parquet=True)
            exported_s = time.perf_counter() - begun
        yield (
            f"{cohort.levels} levels, {path.stat().st_size / 1e6:.0f} MB: put one by one {filled_s:.1f} s, "
            f"cohort {worked_s:.1f} s (memory {before_mb:.0f} to {worked_mb:.0f} MB), "
            f"export {exported_s:.1f} s"
        )


def _most_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def coverage(draws: int, seed: int) -> Iterable[str]:
    """How often the intervals contain the truth, of 95 % that should."""
    yield "| patients | vertebrae each | rate | alike (ICC) | Wilson | allowing for patients |"
    yield "|---|---|---|---|---|---|"
    for patients, rate, alike in (
        (30, 0.15, 0.0), (30, 0.15, 0.3), (30, 0.38, 0.3), (30, 0.38, 0.6), (100, 0.15, 0.3),
        (200, 0.38, 0.6),
    ):  # fmt: skip
        draw = np.random.default_rng(seed)
        held = wider_held = 0
        for _ in range(draws):
            totals = draw.integers(2, 4, patients)
            own = _rates(draw, patients, rate, alike)
            events = draw.binomial(totals, own)
            k, n = int(events.sum()), int(totals.sum())
            plain = wilson(k, n)
            assert plain is not None
            held += plain.low <= rate <= plain.high
            # where the effect cannot be told the plain interval is all there is
            effect = design_effect(list(map(int, events)), list(map(int, totals)))
            wider = adjusted(k, n, effect) or plain
            wider_held += wider.low <= rate <= wider.high
        yield (
            f"| {patients} | 2 to 3 | {rate:.0%} | {alike:g} | {100 * held / draws:.1f} % "
            f"| {100 * wider_held / draws:.1f} % |"
        )


def _rates(draw: np.random.Generator, patients: int, rate: float, alike: float) -> NDArray[np.float64]:
    if alike == 0:
        return np.full(patients, rate)
    weight = (1 - alike) / alike
    return draw.beta(rate * weight, (1 - rate) * weight, patients)


def main(arguments: list[str] | None = None) -> None:
    """Print both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--levels", type=int, default=10_000)
    parser.add_argument("--draws", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args(arguments)
    for line in size(wanted.levels, wanted.seed):
        print(line, flush=True)
    for line in coverage(wanted.draws, wanted.seed):
        print(line, flush=True)


if __name__ == "__main__":
    main()
