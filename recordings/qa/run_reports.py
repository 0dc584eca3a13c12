"""The reports of single sessions, in processes: a PDF takes about as long as measuring a short run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from monitor.errors import CementWatchError
from recordings.qa.run_files import REPORTS, Results
from recordings.qa.run_pool import Ask, fault_of, in_processes

_LIMIT_S = 600.0


class _Report(msgspec.Struct, frozen=True):
    """What is asked for."""

    out: bytes
    session_id: str
    software_version: str
    pdf: bool


def write_procedure_reports(
    results: Results,
    session_ids: Sequence[str],
    *,
    software_version: str,
    pdf: bool,
    workers: int,
    progress: Callable[[int, int | None], None] = lambda done, whole: None,
) -> dict[str, str]:
    """Write the reports that are not there; where a record was written anew they were taken away.

    Returns
    -------
    dict of str to str
        Why a report could not be written, by session.
    """
    names = REPORTS if pdf else REPORTS[:1]
    missing = [
        session_id for session_id in session_ids
        if not all((results.of(session_id) / name).is_file() for name in names)
    ]  # fmt: skip

    def asks() -> Iterator[Ask]:
        for session_id in missing:
            asked = _Report(os.fsencode(results.folder), session_id, software_version, pdf)
            yield Ask(session_id, msgspec.msgpack.encode(asked), _LIMIT_S)

    failed = {}
    for done, answer in enumerate(in_processes(write_report, asks(), workers), 1):
        why = answer.why if answer.data is None else answer.data.decode()
        if why:
            failed[answer.key] = why
        progress(done, len(missing))
    return failed


def write_report(task: bytes) -> bytes:
    """Write the report of one session; why not, empty where it was written."""
    from recordings.reporting.write import write_procedure_report

    asked = msgspec.msgpack.decode(task, type=_Report)
    results = Results(Path(os.fsdecode(asked.out)))
    try:
        write_procedure_report(
            results.folder, results.record(asked.session_id), results.picture,
            software_version=asked.software_version, pdf=asked.pdf,
        )  # fmt: skip
    except CementWatchError as error:
        return str(error).encode()
    except OSError as error:
        return f"cannot be written: {error.strerror or error}".encode()
    except Exception as error:
        # one report fails, the others do not
        return fault_of(error).encode()
    return b""
