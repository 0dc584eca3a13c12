"""A session that goes on where the process that recorded it was killed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from calibration.whole_file import write_whole
from monitor.errors import CementWatchError, OutputError, RecordingError, SourceError
from monitor.frame import SourceInfo
from monitor.memory import Memory
from monitor.plan import Plan, plan_to_json
from monitor.result import AlarmState, Alert, Kind, Priority
from recordings.checksums import CHECKSUMS
from recordings.log import open_log, read_log
from recordings.memory_file import read_memory
from recordings.recording import RecordingReader, RecordingWriter
from recordings.session import (
    CONFIG,
    FRAMES,
    LOG,
    MEMORY,
    PLAN,
    SESSION,
    Session,
    boot_id,
    open_session,
    session_json,
    utc_now,
)


@dataclass(frozen=True, slots=True)
class Resumed:
    """A session that is written to again, and what the process before knew.

    Parameters
    ----------
    session : Session
    next_seq, next_step : int
        Number of the next frame, and of the next step.
    last_capture_ns, last_time_ns : int or None
        Of the last frame kept: its monotonic time of capture, and its own time; None without one.
    alerts : tuple of Alert
        The alarms as they stood.
    memory : Memory or None
        None where none was kept, or it cannot be read: cement of before may then not be seen.
    """

    session: Session
    next_seq: int
    next_step: int
    last_capture_ns: int | None
    last_time_ns: int | None
    alerts: tuple[Alert, ...]
    memory: Memory | None


def resume_session(
    folder: Path,
    *,
    source_info: SourceInfo,
    plan: Plan,
    config_toml: str,
    now_ns: int,
    clock_utc: Callable[[], datetime] = utc_now,
    this_boot: str | None = None,
) -> Resumed:
    """Open a session's files again and append to them.

    Parameters
    ----------
    source_info : SourceInfo
        What the source says now; its size must be the recorded one.
    plan, config_toml
        Must be those of the session.
    now_ns : int
        Monotonic time (ns).
    this_boot : str or None
        `boot_id`; None: asked for here.

    Raises
    ------
    OutputError
        There is no such session, it was closed in order, or it is another run's.
    """
    try:
        stored = open_session(folder)
    except SourceError as error:
        raise OutputError(str(error)) from error
    about = stored.about
    if about.boot_id != (this_boot or boot_id()):
        raise OutputError(f"{folder}: the machine was started anew since; record into another folder")
    if about.imported_from is not None:
        raise OutputError(f"{folder}: was imported, not recorded here; record into another folder")
    if about.complete:
        raise OutputError(f"{folder}: the session was closed in order; record into another folder")
    if stored.archived:
        raise OutputError(f"{folder}: the session has been archived; record into another folder")
    if (about.source.rows, about.source.columns) != (source_info.rows, source_info.columns):
        raise OutputError(
            f"{folder}: was recorded at {about.source.columns} x {about.source.rows}, the source gives "
            f"{source_info.columns} x {source_info.rows}"
        )
    _same(folder / PLAN, plan_to_json(plan), "plan")
    _same(folder / CONFIG, config_toml.encode(), "configuration")
    try:
        contents = read_log(folder / LOG)
        with RecordingReader(folder / FRAMES) as reader:
            whole = reader.whole()
    except (SourceError, RecordingError) as error:
        raise OutputError(str(error)) from error
    with ExitStack() as undo:
        recording = RecordingWriter.resume(folder / FRAMES, whole)
        undo.callback(recording.close)
        log = open_log(folder / LOG)
        undo.callback(log.close)
        about = msgspec.structs.replace(about, complete=False, closed_utc=None)
        try:
            (folder / CHECKSUMS).unlink(missing_ok=True)
            log.event("resumed", {"utc": clock_utc().isoformat(), "frames": whole.frames}, now_ns)
            write_whole(folder / SESSION, session_json(about))
        except (OSError, RecordingError) as error:
            raise OutputError(f"{folder}: cannot write the session: {error}") from error
        undo.pop_all()
    return Resumed(
        Session(folder, about, recording, log, clock_utc),
        whole.next_seq,
        whole.next_step,
        whole.last_capture_ns,
        whole.last_time_ns,
        standing_alerts(contents.alarms),
        _memory(folder / MEMORY),
    )


def standing_alerts(rows: Iterable[Mapping[str, Any]]) -> tuple[Alert, ...]:
    """The alarms of a log as they stood last: rows of its table ``alarm``, in order."""
    newest: dict[tuple[str, str | None, str | None], Alert] = {}
    for row in rows:
        alert = Alert(
            row["rule_id"], Kind(row["kind"]), Priority[row["priority"].upper()], AlarmState(row["state"]),
            row["level"], row["structure"], row["t_onset_ns"], row["seq"], row["value"], row["unit"],
            row["message"],
        )  # fmt: skip
        newest[alert.key] = alert
    return tuple(alert for alert in newest.values() if alert.state is not AlarmState.INACTIVE)


def _same(path: Path, wanted: bytes, what: str) -> None:
    try:
        same = path.read_bytes() == wanted
    except OSError as error:
        raise OutputError(f"{path}: cannot be read: {error.strerror}") from error
    if not same:
        raise OutputError(f"{path.parent}: was recorded with another {what}; record into another folder")


def _memory(path: Path) -> Memory | None:
    try:
        return read_memory(path)
    except CementWatchError:
        return None
