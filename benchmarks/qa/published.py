"""The tables of two published series, worked out again from registries that are filled with their figures.

    python -m benchmarks.qa.published [--out DIR]

Published are counts and means. What had to be chosen to make procedures and scores of them is said where it
is made, and above all: which vertebrae are of one patient in the series of 50, the spread of the scores,
how many patients have them, and which vertebra leaked into two classes. Intervals that rest on it rest on a
choice.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import ndtri

from recordings.cohort import published
from recordings.cohort.cohort import cohort_of_registry
from recordings.cohort.export import write_cohort_json
from recordings.cohort.figures import Cohort, PairedRow, Rate, VolumeRow
from recordings.cohort.registry import Registry
from recordings.cohort.rows import FollowUpRow
from recordings.cohort.tables import BY_HAND, hand_level
from recordings.deidentifying.secret import Secret
from recordings.qa.record import LevelRecord, ProcedureRecord

SECRET = Secret(b"published series, no patient: 32")
LEVELS = ("T6", "T8", "T10", "T11", "T12", "L1", "L2", "L3", "L4", "L5")
CLASS_OF = {
    "paravertebral soft tissue": "paravertebral",
    "paravertebral veins": "vein",
    "intervertebral disc": "disc_inferior",
    "spinal canal": "canal",
}
CHOSEN_SD = {"VAS": (0.85, 1.05), "ODI": (12.0, 9.0), "EQ-5D": (0.2, 0.15)}
"""Before and after. Not published: chosen so that no score leaves its scale."""
_FIRST_DAY = date(2020, 1, 6)


def spread(count: int, mean: float, sd: float) -> list[float]:
    """So many numbers with exactly this mean and standard deviation, spread as in a normal distribution."""
    z = ndtri((np.arange(count) + 0.5) / count)
    return list(mean + sd * (z - z.mean()) / z.std(ddof=1))


def who(series: str, number: int) -> str:
    """Pseudonym of a patient who never was."""
    return SECRET.pseudonym(f"{series} {number}")


def series_of_50() -> list[ProcedureRecord]:
    """50 metastatic vertebrae, 19 leaking, 10, 4, 4 and 2 by class; 3.22 +- 0.84 mL.

    Chosen: 25 patients of two vertebrae each; the vertebra with two classes leaks into soft tissue and canal.
    """
    leaks = [
        (CLASS_OF[name],) for name, count in published.CLASSES_OF_50.items() for _ in range(count)
    ]  # fmt: skip
    leaks[0] += leaks.pop()  # 20 classes of 19 vertebrae
    # every fifth vertebra and then some: over patients as over levels
    order = [(7 * place) % 50 for place in range(50)]
    leaking = dict(zip(order, leaks, strict=False))
    volumes_ml = spread(50, published.VOLUME_MEAN_ML, published.VOLUME_SD_ML)
    levels = [
        hand_level(
            LEVELS[number % len(LEVELS)], leaking.get(number, ()), volume_ml=volumes_ml[(11 * number) % 50],
            pathology="metastasis",
        )
        for number in range(50)
    ]  # fmt: skip
    return [
        _procedure("fifty", patient, levels[2 * patient : 2 * patient + 2]) for patient in range(25)
    ]  # fmt: skip


def series_of_81() -> list[ProcedureRecord]:
    """81 vertebrae of 30 patients: 12 leaking in 7 patients, 24 with a defect of the posterior wall.

    Chosen: 21 patients of three vertebrae and 9 of two; five of the seven leak at two levels; all leaks are
    of soft tissue; which levels have the defect.
    """
    sizes = [3] * 21 + [2] * 9
    leaking = dict(zip(range(0, 28, 4), (2, 2, 2, 2, 2, 1, 1), strict=True))
    procedures, count = [], 0
    for patient, size in enumerate(sizes):
        levels = []
        for place in range(size):
            levels.append(
                hand_level(
                    LEVELS[(patient + place) % len(LEVELS)],
                    ("paravertebral",) if place < leaking.get(patient, 0) else (),
                    posterior_wall_defect=(10 * count) % 81 < 24,
                )
            )  # fmt: skip
            count += 1
        procedures.append(_procedure("eighty-one", patient, levels))
    return procedures


def scores() -> list[FollowUpRow]:
    """Of the 30 patients: VAS, ODI, EQ-5D with the published means; spreads are chosen, nobody is missing."""
    rows = []
    for figure in published.SCORES:
        sd_before, sd_after = CHOSEN_SD[figure.score]
        before, after = spread(30, figure.before_mean, sd_before), spread(30, figure.after_mean, sd_after)
        for patient in range(30):
            told = {"before": before[patient], figure.when: after[(7 * patient) % 30]}
            rows += [
                FollowUpRow(patient=who("eighty-one", patient), score=figure.score, moment=when, value=value)
                for when, value in told.items()
            ]
    return rows


def rebuilt(folder: Path) -> tuple[Cohort, Cohort]:
    """Fill a registry for each series in a folder, and work out what it comes to."""
    found = []
    for name, records, rows in (
        ("fifty", series_of_50(), []), ("eighty-one", series_of_81(), scores()),
    ):  # fmt: skip
        with Registry(folder / f"{name}.sqlite") as registry:
            registry.put_all(records)
            registry.put_follow_up(rows)
            found.append(cohort_of_registry(registry, software_version=""))
    return found[0], found[1]


def _procedure(series: str, patient: int, levels: Sequence[LevelRecord]) -> ProcedureRecord:
    day = _FIRST_DAY + timedelta(days=7 * patient)
    return ProcedureRecord(
        session_id=f"{series}-{patient:02d}", folder="", day=day.isoformat(), source=BY_HAND,
        patient=who(series, patient), levels=tuple(levels),
    )  # fmt: skip


def rate_of(cohort: Cohort, unit: str, by: str, name: str) -> Rate:
    """A row of a cohort's tables."""
    tables = (table for table in cohort.rates if (table.unit, table.by) == (unit, by))
    return next(row for table in tables for row in table.rows if row.name == name)


def lines(fifty: Cohort, eighty_one: Cohort) -> Iterable[str]:
    """All tables, as Markdown."""
    yield "| leaks | published | rebuilt | Wilson, 95 % | allowing for patients | design effect |"
    yield "|---|---|---|---|---|---|"
    rates = [
        ("50: vertebrae", "19/50", rate_of(fifty, "vertebrae", "all", "any leak")),
        *(
            (f"50: {name}", f"{count}/50", rate_of(fifty, "vertebrae", "series class", name))
            for name, count in published.CLASSES_OF_50.items()
        ),
        ("81: vertebrae", "12/81 = 14.8 %", rate_of(eighty_one, "vertebrae", "all", "any leak")),
        ("81: patients", "7/30", rate_of(eighty_one, "patients", "all", "any leak")),
        *(
            (f"81: vertebrae, {name}", "", rate_of(eighty_one, "vertebrae", "posterior wall defect", name))
            for name in ("defect", "no defect")
        ),
    ]
    for title, told, row in rates:
        yield f"| {title} | {told} | {_rate(row)} |"
    defects = next(
        row.own for row in eighty_one.comparisons if row.measure == published.WALL_DEFECT and row.own
    )  # fmt: skip
    yield f"| 81: defect of the posterior wall | 24/81 | {_rate(defects)} |"
    yield ""
    yield "| volume | published (mL) | rebuilt (mL) | of the mean, 95 % | vertebrae |"
    yield "|---|---|---|---|---|"
    yield _volume(fifty.volumes[0])
    yield ""
    yield "| score | time | published | rebuilt | change, 95 % | Hodges-Lehmann | test | p, Holm | pairs |"
    yield "|---|---|---|---|---|---|---|---|---|"
    told = {(figure.score, figure.when): figure for figure in published.SCORES}
    for row in eighty_one.paired:
        figure = told[row.score, row.when]
        yield _score(row, f"{figure.before_mean:g} to {figure.after_mean:g}")


def _rate(row: Rate) -> str:
    plain, wider = _percent(row.low, row.high), _percent(row.adjusted_low, row.adjusted_high)
    effect = "-" if row.design_effect is None else f"{row.design_effect:.2f}"
    fraction = 100 * (row.fraction or 0.0)
    return f"{row.events}/{row.total} = {fraction:.1f} % | {plain} | {wider} | {effect}"


def _percent(low: float | None, high: float | None) -> str:
    return "-" if low is None or high is None else f"{100 * low:.1f} to {100 * high:.1f} %"


def _volume(row: VolumeRow) -> str:
    return (
        f"| 50 | 3.22 +- 0.84 | {row.mean_ml:.2f} +- {row.sd_ml:.2f} | {row.low_ml:.2f} to {row.high_ml:.2f} "
        f"| {row.count} |"
    )


def _score(row: PairedRow, told: str) -> str:
    digits = 1 if row.score == "ODI" else 2
    mean = f"{row.before_mean:.{digits}f} to {row.after_mean:.{digits}f}"
    change, shift = (
        f"{value:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"
        for value, low, high in (
            (row.difference_mean, row.difference_low, row.difference_high),
            (row.shift, row.shift_low, row.shift_high),
        )
    )
    return (
        f"| {row.score} | {row.when} | {told} | {mean} | {change} | {shift} | {row.test} "
        f"| {row.p_adjusted:.1g} | {row.pairs} |"
    )


def main(arguments: list[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=Path, help="keep registries and cohort.json here")
    wanted: Any = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as place:
        folder = wanted.out or Path(place)
        folder.mkdir(parents=True, exist_ok=True)
        fifty, eighty_one = rebuilt(folder)
        write_cohort_json(folder / "fifty.json", fifty)
        write_cohort_json(folder / "eighty-one.json", eighty_one)
    print("\n".join(lines(fifty, eighty_one)))


if __name__ == "__main__":
    main()
