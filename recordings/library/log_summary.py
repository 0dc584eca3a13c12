"""What a procedure log says in short: alarms and final volumes, without reading every measurement of it."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.errors import SourceError
from monitor.result import Kind, Priority
from monitor.states import State
from recordings.log_check import problem_of_row
from recordings.log_reader import opened_log

MOST_ALARM_ROWS = 20_000
_RAISED = ("raised", "escalated")
_WATCHED = (State.MONITORING.words, State.DEGRADED.words)


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """An alarm when it was raised or escalated.

    Parameters
    ----------
    t_ns : int
        Monotonic time (ns), as the session's anchor.
    """

    t_ns: int
    rule_id: str
    priority: Priority
    clinical: bool
    level: str | None
    message: str
    seq: int


@dataclass(frozen=True, slots=True)
class LogSummary:
    """A log in short.

    Parameters
    ----------
    monitored : bool
        Whether anything was watched at all: a run that never came to it tells nothing of leaks.
    alarms : tuple of AlarmRow
        In the order in which they came.
    volumes_ml : dict of str to (float, float or None)
        The last volume known of each level, and its standard deviation (mL).
    watched_share : float or None
        Part of the measurements that were made while something was watched; None without any.
    last_watched_seq : int or None
        Number of the last frame in which something was watched.
    """

    monitored: bool
    alarms: tuple[AlarmRow, ...]
    volumes_ml: dict[str, tuple[float, float | None]]
    watched_share: float | None
    last_watched_seq: int | None


def read_log_summary(path: Path) -> LogSummary:
    """Read what the library shows of a log, whole, cut or being written.

    Raises
    ------
    SourceError
        It cannot be read, or is no log of this version.
    """
    with opened_log(path) as connection:
        return _summary(path, connection)


def _summary(path: Path, connection: sqlite3.Connection) -> LogSummary:
    def rows(statement: str, *values: object) -> list[Any]:
        return connection.execute(statement, values).fetchmany(MOST_ALARM_ROWS)

    alarms = []
    for held in rows("SELECT * FROM alarm WHERE event IN (?, ?) ORDER BY rowid", *_RAISED):
        row = dict(held)
        problem = problem_of_row("alarm", row)
        if problem is not None:
            raise SourceError(f"{path}: damaged: {problem}")
        alarms.append(
            AlarmRow(
                row["t_ns"], row["rule_id"], Priority[row["priority"].upper()],
                row["kind"] == Kind.CLINICAL.value, row["level"], row["message"], row["seq"],
            )
        )  # fmt: skip
    volumes = {}
    last = "SELECT MAX(rowid) FROM volume WHERE volume_ml IS NOT NULL GROUP BY level"
    for row in rows(f"SELECT level, volume_ml, volume_sd_ml FROM volume WHERE rowid IN ({last})"):  # noqa: S608
        if not isinstance(row["level"], str) or not isinstance(row["volume_ml"], float):
            raise SourceError(f"{path}: damaged: volume")
        sd_ml = row["volume_sd_ml"]
        volumes[row["level"]] = (row["volume_ml"], sd_ml if isinstance(sd_ml, float) else None)
    measured = rows("SELECT COUNT(*) FROM volume")[0][0]
    watched, last_seq = rows("SELECT COUNT(*), MAX(seq) FROM volume WHERE state IN (?, ?)", *_WATCHED)[0]
    return LogSummary(
        monitored=bool(watched) or any(alarm.clinical for alarm in alarms),
        alarms=tuple(alarms),
        volumes_ml=volumes,
        watched_share=watched / measured if measured else None,
        last_watched_seq=last_seq if isinstance(last_seq, int) else None,
    )
