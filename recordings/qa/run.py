"""A run over many sessions: each measured once, written by this process alone, gone on with after any end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from monitor.errors import CementWatchError
from recordings.deidentifying.secret import Secret
from recordings.qa.differences import FieldDifferences
from recordings.qa.measure import day_of
from recordings.qa.record import Failed, ProcedureRecord
from recordings.qa.run_files import Results
from recordings.qa.run_names import with_pseudonyms
from recordings.qa.run_plan import Sessions, Work, sessions_in
from recordings.qa.run_pool import Answer, Ask, in_processes
from recordings.qa.run_software import software_of
from recordings.qa.run_tables import FAILED, REANALYSIS, TABLES, write_tables
from recordings.qa.run_task import Task, done_of, perform, task_to_bytes
from recordings.session import open_session

Progress = Callable[[int, int | None], None]
Doers = Callable[[Callable[[bytes], bytes], Iterable[Ask]], Iterator[Answer]]
"""Does tasks somewhere: in processes, or on a cluster."""


class OtherSoftwareError(CementWatchError):
    """What was asked to measure has another version of the software: its figures may be others."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be measured, and how.

    Parameters
    ----------
    sources : tuple of Path
        Sessions, and folders with sessions.
    out : Path
    software_version : str
    secret : Secret
        From which pseudonyms follow.
    field_by_field : bool
        Take the recorded steps again as well.
    again : bool
        Measure also what is held.
    parquet : bool
    """

    sources: tuple[Path, ...]
    out: Path
    software_version: str
    secret: Secret
    field_by_field: bool = False
    again: bool = False
    parquet: bool = False


@dataclass(slots=True)
class Outcome:
    """What came of it.

    Parameters
    ----------
    count : int
        Sessions that were found.
    session_ids : list of str
        Those with a record, by day.
    reused : int
        Of them those that had been measured before.
    failed : list of Failed
    """

    count: int
    session_ids: list[str] = field(default_factory=list)
    reused: int = 0
    failed: list[Failed] = field(default_factory=list)


def local(workers: int) -> Doers:
    """In processes of this machine."""
    return lambda work, asks: in_processes(work, asks, workers)


def measure_all(
    wanted: Wanted,
    results: Results,
    doers: Doers,
    *,
    found: Sessions | None = None,
    say: Callable[[str], None] = lambda line: None,
    progress: Progress = lambda done, whole: None,
) -> Outcome:
    """Measure what is not held yet, and write the tables of all of it.

    Parameters
    ----------
    results : Results
        Opened.
    found : Sessions or None
        Where they were looked for before.
    say : callable
        Told each session that failed, as it does, in one line.

    Raises
    ------
    InputError
        A folder cannot be read, or holds no session.
    WriteError
        The disk does not take a result; what was written before is whole.
    OtherSoftwareError
        Whoever measures has another software than this process.
    """
    sessions = sessions_in(wanted.sources, apart_from=wanted.out) if found is None else found
    results.begin(table.name for table in (*TABLES, REANALYSIS, FAILED))
    run = _Run(wanted, results, sessions, say, progress)
    for one in sessions.failed:
        run.fail(one)
    for answer in doers(perform, run.asks()):
        run.take(answer)
    outcome = run.outcome
    outcome.session_ids = [session_id for _, session_id in sorted(run.measured)]
    outcome.failed.sort(key=lambda one: one.folder)
    tables = (*TABLES, REANALYSIS) if wanted.field_by_field else TABLES
    with results.writing():
        write_tables(
            results.folder, tables, lambda: _held(results, outcome.session_ids), outcome.failed,
            parquet=wanted.parquet,
        )  # fmt: skip
    return outcome


def _held(
    results: Results, session_ids: Sequence[str]
) -> Iterator[tuple[ProcedureRecord, FieldDifferences | None]]:
    for session_id in session_ids:
        yield results.record(session_id), results.fields(session_id)


class _Run:
    """The state of a run; only ids are kept, whatever the number of sessions."""

    def __init__(
        self, wanted: Wanted, results: Results, sessions: Sessions, say: Callable[[str], None],
        progress: Progress,
    ) -> None:  # fmt: skip
        self._wanted, self._results, self._say, self._progress = wanted, results, say, progress
        self._work = sessions.work
        self._software = software_of(wanted.software_version)
        self._running: dict[str, Work] = {}
        self._done = 0
        self.measured: list[tuple[str, str]] = []
        self.outcome = Outcome(sessions.count)

    def asks(self) -> Iterator[Ask]:
        """What is not held yet."""
        for work in self._work:
            if self._reuse(work):
                continue
            task = Task(
                folder=str(work.folder), software_version=self._wanted.software_version,
                software=self._software, field_by_field=self._wanted.field_by_field,
            )  # fmt: skip
            self._running[work.session_id] = work
            yield Ask(work.session_id, task_to_bytes(task), work.limit_s)

    def take(self, answer: Answer) -> None:
        """Write what came of one."""
        work = self._running.pop(answer.key, None)
        if work is None:
            return  # it came twice
        if answer.data is None:
            self._failed(work, answer.why)
            return
        done = done_of(answer.data)
        if done.other_software is not None:
            raise OtherSoftwareError(
                f"other software than here ({self._software}): {done.other_software}: install the same"
            )
        if done.measured is None:
            self._failed(work, done.why or "nothing came back")
            return
        if done.measured.record.session_id != work.session_id:
            self._failed(work, "it became another session while it was measured")
            return
        try:
            record = self._named(done.measured.record, work)
        except CementWatchError as error:
            self._failed(work, str(error))
            return
        self._results.put(
            record, done.measured.pictures, done.fields, content=work.content, software=self._software
        )
        self._keep(record)

    def _reuse(self, work: Work) -> bool:
        if self._wanted.again:
            return False
        record = self._results.held(
            work.session_id, work.content, self._software, field_by_field=self._wanted.field_by_field
        )
        if record is None:
            return False
        try:
            named = self._named(record, work)
        except CementWatchError:
            return False
        # the library may have been moved since
        named = msgspec.structs.replace(named, folder=str(work.folder))
        if named != record:
            self._results.rename(named)
        self.outcome.reused += 1
        self._keep(named)
        return True

    def _named(self, record: ProcedureRecord, work: Work) -> ProcedureRecord:
        session = open_session(work.folder)
        # the local day here: workers of a cluster may go by another time zone
        here = msgspec.structs.replace(record, day=day_of(session.about))
        return with_pseudonyms(here, session, self._wanted.secret)

    def _keep(self, record: ProcedureRecord) -> None:
        self.measured.append((record.day or "", record.session_id))
        self._step()

    def _failed(self, work: Work, why: str) -> None:
        self._results.forget(work.session_id)
        self.fail(Failed(folder=str(work.folder), why=why))

    def fail(self, one: Failed) -> None:
        """Count a session that failed."""
        self.outcome.failed.append(one)
        self._say(f"{one.folder}: {one.why}")
        self._step()

    def _step(self) -> None:
        self._done += 1
        self._progress(self._done, self.outcome.count)
