"""What reports cost: processor time and bytes, of procedures and of cohorts of several sizes.

    cementwatch qa ARCHIVE --out DIR
    python -m benchmarks.qa.report_cost DIR --out SCRATCH [--cohorts 1,200,2000]

A cohort of more procedures than there are records has each several times, under other names and days. Times
are of the processor, so that what else runs does not count; the first of each kind pays for what is loaded
once.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import msgspec
import numpy as np

from recordings.cohort.cohort import cohort_of
from recordings.qa.record import ProcedureRecord, record_from_json
from recordings.reporting.write import write_cohort_report, write_procedure_report

_FIRST_DAY = date(2025, 1, 7)
_OPERATORS = 6


def spent(work: Callable[[], object]) -> float:
    """Processor time of it (s)."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def many(records: list[ProcedureRecord], count: int) -> list[ProcedureRecord]:
    """So many records, of other days, patients and operators."""
    return [
        msgspec.structs.replace(
            records[number % len(records)], session_id=f"copy-{number:05d}", patient=f"patient {number // 2}",
            operator=f"operator {number % _OPERATORS}", day=str(_FIRST_DAY + timedelta(days=number % 350)),
        )
        for number in range(count)
    ]  # fmt: skip


def main() -> None:
    """Measure, and print lines of a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("results", type=Path, help="what `cementwatch qa --out` wrote")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cohorts", default="1,200,2000")
    parser.add_argument("--procedures", type=int, default=20, help="at most so many of them")
    asked = parser.parse_args()
    paths = sorted((asked.results / "procedures").glob("*/record.json"))
    if not paths:
        sys.exit(f"{asked.results}: no procedures/*/record.json")
    records = [record_from_json(path.read_bytes(), str(path)) for path in paths]

    def picture(session_id: str, name: str) -> bytes | None:
        path = asked.results / "procedures" / session_id / name
        return path.read_bytes() if path.is_file() else None

    def procedure(record: ProcedureRecord, *, pdf: bool) -> float:
        return spent(lambda: write_procedure_report(asked.out, record, picture, software_version="", pdf=pdf))

    chosen = records[: asked.procedures]
    first = procedure(chosen[0], pdf=True)
    html, both = ([procedure(record, pdf=pdf) for record in chosen] for pdf in (False, True))
    made = [asked.out / "procedures" / record.session_id for record in chosen]
    sizes = [
        [(folder / name).stat().st_size / 1e6 for folder in made] for name in ("report.html", "report.pdf")
    ]
    print(f"procedures: {len(chosen)}, the first {first:.2f} s")
    print(f"HTML alone {np.median(html):.2f} s, at most {max(html):.2f}; {np.median(sizes[0]):.2f} MB")
    print(f"with PDF {np.median(both):.2f} s, at most {max(both):.2f}; {np.median(sizes[1]):.2f} MB")
    for count in map(int, asked.cohorts.split(",")):
        listed = many(records, count)
        cohort = cohort_of(listed, software_version="")
        out = asked.out / f"cohort-{count}"
        costs = [
            spent(lambda: write_cohort_report(out, listed, cohort, [], software_version="", pdf=pdf))  # noqa: B023
            for pdf in (False, True)
        ]
        html_mb, pdf_mb = ((out / name).stat().st_size / 1e6 for name in ("report.html", "report.pdf"))
        print(f"cohort of {count}: HTML alone {costs[0]:.1f} s, with PDF {costs[1]:.1f} s; "
              f"{html_mb:.2f} MB, {pdf_mb:.2f} MB")  # fmt: skip


if __name__ == "__main__":
    main()
