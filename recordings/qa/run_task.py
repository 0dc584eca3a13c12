"""One session as a task: bytes in, bytes out, a function of the folder alone, for any process or machine."""

from __future__ import annotations

import ctypes
import gc
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from monitor.errors import CementWatchError, one_line
from recordings.qa.differences import FieldDifferences, fields_of, logged_differences
from recordings.qa.measure import measure_session
from recordings.qa.record import Measured
from recordings.qa.run_plan import without_folder
from recordings.qa.run_pool import fault_of
from recordings.qa.run_software import software_of
from recordings.results.course import Course
from recordings.session import open_session

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_KEPT_BYTES = 1 << 27


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for.

    Parameters
    ----------
    folder : str
        Absolute; the same wherever the task is done.
    software_version : str
    software : str
        As `software_of`; another one does not measure.
    field_by_field : bool
        Whether the recorded steps are taken again as well.
    """

    folder: str
    software_version: str
    software: str
    field_by_field: bool = False


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it: what was measured, or why nothing was, or the other software that was asked."""

    measured: Measured | None = None
    fields: FieldDifferences | None = None
    why: str | None = None
    other_software: str | None = None


def perform(task: bytes) -> bytes:
    """Do a task. Whatever is wrong with a session is told and not raised."""
    _settle()
    asked = msgspec.msgpack.decode(task, type=Task)
    try:
        return done_to_bytes(_done(asked))
    finally:
        _give_back()


@cache
def _settle() -> None:
    """What a process needs once, whoever started it."""
    import cv2

    cv2.setNumThreads(1)
    # Dask's nanny has its workers give every freed image back to the machine and ask for it again, which
    # takes half as long again as measuring; other C libraries have no such call
    with suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
        mallopt(_M_MMAP_THRESHOLD, _KEPT_BYTES // 4)


def _give_back() -> None:
    """Let go of what a session took: its pieces would lie scattered, and a year of them take ever more."""
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def _done(asked: Task) -> Done:
    own = software_of(asked.software_version)
    if own != asked.software:
        return Done(other_software=own)
    folder = Path(asked.folder)
    try:
        courses: list[Course] = []
        measured = measure_session(folder, software_version=asked.software_version, seen=courses.append)
        session = open_session(folder)
        with session.frames() as reader:
            found = logged_differences(reader, measured.record, courses[0].figures)
            fields = fields_of(session, reader) if asked.field_by_field else None
    except CementWatchError as error:
        return Done(why=without_folder(str(error), asked.folder))
    except OSError as error:
        return Done(why=one_line(f"cannot be read: {error.strerror or error}"))
    except Exception as error:
        # a session of which nobody thought is one session that fails, and not the run
        return Done(why=fault_of(error))
    record = msgspec.structs.replace(measured.record, differences=found)
    return Done(measured=msgspec.structs.replace(measured, record=record), fields=fields)


def task_to_bytes(task: Task) -> bytes:
    """A task as it is sent."""
    return msgspec.msgpack.encode(task)


def done_to_bytes(done: Done) -> bytes:
    """What came of a task as it is sent."""
    return msgspec.msgpack.encode(done, enc_hook=_plain)


def done_of(data: bytes) -> Done:
    """What came of a task."""
    return msgspec.msgpack.decode(data, type=Done)


def _plain(value: Any) -> Any:  # noqa: ANN401  as msgspec hands it over
    """Numbers of NumPy."""
    return value.item()
