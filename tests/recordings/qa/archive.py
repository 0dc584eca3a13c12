"""A few small sessions in folders, as a year of them would lie."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np

from monitor.frame import Frame
from recordings.deidentifying.secret import Secret
from recordings.procedure import Procedure
from recordings.qa.run import Outcome, Wanted, measure_all
from recordings.qa.run_files import Results
from recordings.qa.run_pool import Answer, Ask
from recordings.session import SESSION, StoredSession, open_session, session_json
from tests.recordings.test_retaken import record, shown

PERSONS = (b"Zebrowski", b"Wilhelmina", b"ZZ-424242", b"Borchert")
SECRET = Secret(b"k" * 32)
FRAMES, ACKNOWLEDGED_AT = 44, 41
QUICK = "[learning]\nshortest_s = 0.8\n"
WHO = Procedure(
    patient_id="4711", patient_name="Zebrowski, Anna", operator="Dr Quarz", accession_number="A-12"
)


def pictured(seq: int, noise: np.random.Generator) -> Frame:
    """Quiet for a second and a half, then cement that crosses the posterior wall."""
    moved = shown(seq + 44, noise)
    return replace(moved, seq=seq, t_capture_ns=10**9 + round(seq * 1e9 / 15), t_source_ns=None)


def make(folder: Path, count: int, frames: int = 6) -> tuple[Path, ...]:
    """The same run so many times under different ids; every two are one patient's."""
    first = record(folder / "0000", frames=frames)
    return tuple(copied(first, folder / f"{number:04d}", number) for number in range(count))


def copied(first: StoredSession, folder: Path, number: int) -> Path:
    """A session as another one; the files are the same on the disk."""
    if folder != first.folder:
        shutil.copytree(first.folder, folder, copy_function=os.link)
    who = Procedure.of(
        patient_id=f"ZZ-424242-{number // 2}", patient_name="Zebrowski, Wilhelmina", operator="Borchert, A"
    )
    about = msgspec.structs.replace(first.about, id=str(uuid.UUID(int=number + 1)), procedure=who)
    (folder / SESSION).unlink()
    (folder / SESSION).write_bytes(session_json(about))
    return folder


def here(work: Callable[[bytes], bytes], asks: Iterable[Ask]) -> Iterator[Answer]:
    """Do tasks in this process."""
    for ask in asks:
        yield Answer(ask.key, work(ask.data))


def wanted(sources: Path, out: Path, **options: bool) -> Wanted:
    """With a key of its own."""
    return Wanted((sources,), out, "2.0", SECRET, **options)


def measure(sources: Path, out: Path, **options: bool) -> Outcome:
    """Run over a library, in this process."""
    with Results.opened(out) as results:
        return measure_all(wanted(sources, out, **options), results, here)


def records(out: Path) -> dict[str, bytes]:
    """What was written of each session."""
    return {path.parent.name: path.read_bytes() for path in (out / "procedures").glob("*/record.json")}


def of(folder: Path) -> StoredSession:
    """Opened."""
    return open_session(folder)
