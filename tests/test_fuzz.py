"""A short, always equal part of `benchmarks.fuzz`: hostile files end in a value or in one line of our own."""

from __future__ import annotations

import faulthandler
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.fuzzing import dicom, run
from benchmarks.fuzzing.readers import READERS, whole

SEED = 20
INPUTS = {"config": 120, "session": 100, "archive": 50, "dose": 20, "deidentify": 20}
COMMON_INPUTS = 250


@pytest.fixture
def limited() -> Iterator[None]:
    before = signal.getsignal(signal.SIGPROF)
    run.limit_time()
    yield
    signal.signal(signal.SIGPROF, before)


@pytest.mark.parametrize("reader", READERS)
def test_what_nothing_was_done_to_is_read(reader: str, tmp_path: Path) -> None:
    whole(reader, tmp_path)
    READERS[reader].use(tmp_path)


@pytest.mark.parametrize("name", dicom.objects())
def test_every_kind_of_dicom_file_that_is_spoiled_was_whole(name: str, tmp_path: Path) -> None:
    (tmp_path / "run.dcm").write_bytes(dicom.objects()[name])
    READERS["dicom"].use(tmp_path)


@pytest.mark.parametrize("reader", READERS)
def test_hostile_files(reader: str, tmp_path: Path, limited: None) -> None:
    refused = 0
    for number in range(INPUTS.get(reader, COMMON_INPUTS)):
        outcome = run.try_one(reader, SEED, number, tmp_path / "input")
        assert outcome.failure == "", f"{reader} {number}: {outcome.failure}"
        refused += outcome.what != "accepted"
    assert refused > INPUTS.get(reader, COMMON_INPUTS) // 10


@pytest.mark.parametrize("what", ["foreign error", "two lines", "no name", "no end", "no memory"])
def test_what_a_reader_must_not_do_is_told(
    what: str, tmp_path: Path, limited: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "CPU_LIMIT_S", 0.1)

    def use(folder: Path) -> None:
        if what == "foreign error":
            raise KeyError("rows")
        if what == "no end":
            while True:
                pass
        error = run.CementWatchError(str(folder) if what != "no name" else "no file at all")
        if what == "two lines":
            error.args = (f"{folder}\nand more",)
        raise error from (MemoryError() if what == "no memory" else None)

    assert run.try_one("plan", SEED, 0, tmp_path / "input", use=use).failure != ""


def test_a_process_that_dies_is_told_and_the_next_input_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Input 2 of three ends the process: the outcome names it, and 3 still runs."""
    context = run.multiprocessing.get_context("fork")
    monkeypatch.setattr(run.multiprocessing, "get_context", lambda _: context)
    monkeypatch.setattr(run, "_work", dies_at_2)
    told = list(run.outcomes("plan", SEED, range(1, 4)))
    assert [(outcome.number, bool(outcome.failure)) for outcome in told] == [
        (1, False),
        (2, True),
        (3, False),
    ]


def dies_at_2(reader: str, seed: int, numbers: range, out: run.Connection) -> None:
    faulthandler.disable()  # the test's own crash need not be told
    for number in numbers:
        if number == 2:
            os.kill(os.getpid(), signal.SIGSEGV)
        out.send(run.Outcome(number, "accepted", 0.0, 0.0))
