"""How good the detector is, on procedures with known truth.

    python benchmarks/accuracy.py [--set tune|test] [--model own|ct|both] [--scenarios A,B] [--seeds 101-103]
        [--sweep NAME|all] [--peers] [--quick] [--jobs N] [--out FOLDER] [--verbose]

Every procedure goes through the pipeline in lock-step; its figures are appended to
``FOLDER/records-SET.jsonl``, so that a run that was stopped goes on where it was. Then a table of
what must be shown, plots and an HTML page are written to FOLDER.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when NumPy is imported
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import cv2

from benchmarks.figures import Figures, figures
from benchmarks.lines import record_line, summary_lines
from benchmarks.models import NotOfferedError, build, missing_reason, scenarios_of
from benchmarks.must_show import table_text
from benchmarks.records import Record, append_record, code_fingerprint, read_records
from benchmarks.report import tables, write_report
from benchmarks.scoring import score_procedure
from benchmarks.sweeps import REGISTRATION, SWEEP_SCENARIO, SWEEPS, TEST_SEEDS, TUNE_SEEDS

QUICK_SETTINGS = {"size": 320, "injection_ml_per_s": 0.2, "injection_start_s": 4.0, "duration_s": 16.0}
QUICK_SEED = 1
OWN = "cementwatch"
PEERS_DONE = "threshold, true pose"
"""The last of the peers; where it is on file, all are."""


@dataclass(frozen=True, slots=True)
class Case:
    """One procedure that is to be run."""

    model: str
    scenario: str
    seed: int
    sweep: str
    label: str
    settings: dict[str, Any]
    code: str = ""

    def record(self, detector: str = OWN) -> Record:
        """An empty record of this case."""
        return Record(
            self.model, self.scenario, self.seed, self.sweep, self.label, detector, self.code,
            settings=dict(self.settings),
        )  # fmt: skip


def run_case(case: Case, *, verbose: bool = False) -> Record | str:
    """Run one procedure; a reason where the model does not offer it."""
    cv2.setNumThreads(1)
    try:
        procedure, plan = build(case.model, case.scenario, case.seed, case.settings)
    except NotOfferedError as error:
        return str(error)
    return score_procedure(procedure, case.record(), plan=plan, tell=print if verbose else None)


def run_peers(case: Case) -> list[Record] | str:
    """Run all peers on the frames of a procedure; a reason where the model does not offer it."""
    from benchmarks.peer_scores import score_peers

    cv2.setNumThreads(1)
    try:
        procedure, plan = build(case.model, case.scenario, case.seed, case.settings)
    except NotOfferedError as error:
        return str(error)
    return score_peers(procedure, case.record, plan=plan)


def quick() -> Figures:
    """A leak into the canal in sixteen small, fast seconds: seconds of work, for the tests."""
    case = Case("own", "canal", QUICK_SEED, "quick", "", QUICK_SETTINGS)
    record = run_case(case)
    if isinstance(record, str):
        raise RuntimeError(record)
    print(record_line(record))
    return figures([record])


def cases_of(options: argparse.Namespace, model: str, code: str) -> Iterator[Case]:
    """All procedures that the options ask for."""
    common: dict[str, Any] = {"size": options.size} if options.size else {}
    seeds = options.seeds
    if options.sweep is None:
        scenarios = options.scenarios or scenarios_of(model)
        for scenario in scenarios:
            for seed in seeds:
                yield Case(model, scenario, seed, "base", "", common, code)
    chosen = {}
    if options.sweep is not None:
        chosen = SWEEPS if options.sweep == "all" else {options.sweep: SWEEPS[options.sweep]}
    elif not options.scenarios:
        name, label = REGISTRATION
        chosen = {name: tuple(v for v in SWEEPS[name] if v.label == label)}
    for name, variations in chosen.items():
        for scenario in options.scenarios or (SWEEP_SCENARIO,):
            for variation in variations:
                for seed in seeds[: options.sweep_seeds]:
                    settings = common | dict(variation.settings)
                    yield Case(model, scenario, seed, name, variation.label, settings, code)


def run_all(
    cases: Sequence[Case], path: Path, jobs: int, *, peers: bool = False, verbose: bool = False
) -> list[Record]:
    """Run what is not on file yet; all records of these cases, the peers' too."""
    known = {record.key: record for record in read_records(path)}
    detectors = (OWN, PEERS_DONE) if peers else (OWN,)
    due = [(case, d) for case in cases for d in detectors if case.record(d).key not in known]
    if len(due) < len(cases) * len(detectors):
        print(
            f"{len(cases) * len(detectors) - len(due)} of {len(cases) * len(detectors)} are on file already"
        )
    for outcome in _outcomes(due, jobs, verbose=verbose):
        if isinstance(outcome, str):
            print(f"left out: {outcome}", flush=True)
            continue
        for record in outcome:
            append_record(path, record)
            known[record.key] = record
            print(record_line(record), flush=True)
    wanted = {case.record().key[:5] for case in cases}
    code = cases[0].code if cases else ""
    return [
        record
        for key, record in known.items()
        if key[:5] in wanted and record.code == code and (peers or record.detector == OWN)
    ]


def run_due(case: Case, detector: str, *, verbose: bool = False) -> list[Record] | str:
    """Run the own detector, or all peers, over one procedure."""
    if detector != OWN:
        return run_peers(case)
    done = run_case(case, verbose=verbose)
    return done if isinstance(done, str) else [done]


def _outcomes(due: Sequence[tuple[Case, str]], jobs: int, *, verbose: bool) -> Iterator[list[Record] | str]:
    if jobs <= 1 or verbose:
        for case, detector in due:
            yield run_due(case, detector, verbose=verbose)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for done in as_completed([pool.submit(run_due, case, detector) for case, detector in due]):
            yield done.result()


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--set", choices=("tune", "test"), default="test", help="which seeds")
    parser.add_argument("--model", choices=("own", "ct", "both"), default="both")
    parser.add_argument(
        "--scenarios", type=lambda t: tuple(t.split(",")), help="comma-separated; default all"
    )
    parser.add_argument("--seeds", help="such as 101-103,110; must be of the set")
    parser.add_argument("--sweep", choices=(*SWEEPS, "all"), help="vary one thing instead")
    parser.add_argument("--sweep-seeds", type=int, default=3, help="so many seeds for a sweep")
    parser.add_argument("--size", type=int, help="rows and columns of the frames (px); default: the model's")
    parser.add_argument("--peers", action="store_true", help="run other detectors on the same frames too")
    parser.add_argument("--quick", action="store_true", help="one small procedure, and nothing written")
    parser.add_argument("--verbose", action="store_true", help="print every alarm and state; one process")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--out", type=Path, default=Path("docs/accuracy"))
    options = parser.parse_args(arguments)
    whole = TUNE_SEEDS if options.set == "tune" else TEST_SEEDS
    options.seeds = seeds_of(options.seeds) if options.seeds else whole[:5]
    if not set(options.seeds) <= set(whole):
        parser.error(f"seeds of the {options.set} set are {whole[0]} to {whole[-1]}")
    return options


def seeds_of(text: str) -> tuple[int, ...]:
    """Read seeds such as ``101-103,110``."""
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return tuple(found)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for and print what must be shown."""
    options = parse(arguments)
    cv2.setNumThreads(1)
    if options.quick:
        print("\n".join(summary_lines(quick())))
        return 0
    code = code_fingerprint()
    cases: list[Case] = []
    for model in ("own", "ct") if options.model == "both" else (options.model,):
        reason = missing_reason(model)
        if reason is not None:
            print(f"{model} model left out: {reason}")
            continue
        cases += cases_of(options, model, code)
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / f"records-{options.set}.jsonl"
    records = run_all(cases, path, options.jobs, peers=options.peers, verbose=options.verbose)
    text, rows, _ = tables(records)
    print(f"\n{text}\n\nWhat must be shown (* not met)\n\n{table_text(rows)}")
    on_file = [record for record in read_records(path) if record.code == code]
    if on_file:
        write_report(on_file, options.out, sys.argv[1:] if arguments is None else list(arguments))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
