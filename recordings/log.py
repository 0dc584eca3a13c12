"""The procedure log: what was measured, what alarmed and what was believed, in one SQLite file.

Every call commits before it returns, in write-ahead mode: a killed process loses no row that was
accepted, a power cut at most the last ones. A row that cannot be written (the file is locked, the
disk is full) raises `RecordingError` and waits in memory; the next call, or `ProcedureLog.flush`,
tries it again, in order. For the tables see `recordings.log_schema`.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import threading
from collections import deque
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from monitor.errors import OutputError, RecordingError
from monitor.frame import SourceInfo
from monitor.health import Health
from monitor.plan import Plan, plan_to_json
from monitor.result import AlertTransition, LevelResult, Result
from monitor.states import State
from recordings.log_reader import LogContents, read_log
from recordings.log_schema import (
    ALARM_COLUMNS,
    STRUCTURES,
    TABLES,
    VERSION,
    VOLUME_COLUMNS,
)

__all__ = ["LogContents", "ProcedureLog", "open_log", "read_log", "utc_text"]

MOST_WAITING_ROWS = 20_000
_BUSY_TIMEOUT_S = 0.05  # the caller may be the one that watches the patient

Row = tuple[str, tuple[object, ...]]


def open_log(path: Path, *, measurements_per_s: float = 4.0) -> ProcedureLog:
    """Open a procedure log, making it where there is none (readable by its owner only).

    Parameters
    ----------
    path : Path
    measurements_per_s : float
        Most rows per second and level that `ProcedureLog.level_measurements` writes.

    Raises
    ------
    OutputError
        It cannot be written, or is no log of this version.
    """
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise OutputError(f"{path}: cannot write the log: {error.strerror}") from error
    try:
        connection = _connect(path)
    except sqlite3.Error as error:
        raise OutputError(f"{path}: cannot write the log: {error}") from error
    return ProcedureLog(path, connection, measurements_per_s)


class ProcedureLog:
    """Writes the log; made by `open_log`. May be called from several threads, one row at a time."""

    def __init__(self, path: Path, connection: sqlite3.Connection, measurements_per_s: float) -> None:
        self.path = path
        self._connection = connection
        self._lock = threading.Lock()
        self._waiting: deque[Row] = deque()
        self._lost = 0
        self._closed = False
        self._period_ns = round(1e9 / measurements_per_s)
        self._newest: dict[tuple[str, str], tuple[int, State]] = {}
        self._health: tuple[State, tuple[object, ...]] | None = None

    @property
    def waiting(self) -> int:
        """Rows that could not be written yet."""
        return len(self._waiting)

    @property
    def lost(self) -> int:
        """Rows given up: more were waiting than memory is set aside for, or SQLite refused them."""
        return self._lost

    def session_started(
        self,
        *,
        session_id: str,
        software_version: str,
        started_utc: datetime,
        anchor_monotonic_ns: int,
        source: SourceInfo,
        plan: Plan | None,
        config_toml: str,
    ) -> None:
        """Write what is being monitored, with what, and when. Raises `RecordingError`."""
        description = msgspec.json.encode(source).decode()
        rows = [
            _insert("session", (session_id, software_version, utc_text(started_utc), anchor_monotonic_ns)),
            _insert("source", (source.source_id, source.kind, description)),
            _insert("configuration", (config_toml, hashlib.sha256(config_toml.encode()).hexdigest())),
        ]
        if plan is not None:
            text = plan_to_json(plan)
            rows.append(_insert("plan", (text.decode(), hashlib.sha256(text).hexdigest())))
        self._write(rows)

    def level_measurements(self, result: Result) -> None:
        """Write the levels of a result whose turn it is, or whose state changed. Raises `RecordingError`."""
        t_ns = result.frame.time_ns
        rows = []
        for level in result.levels:
            key = (result.view, level.name)
            written_ns, state = self._newest.get(key, (None, None))
            if state == level.state and written_ns is not None and 0 <= t_ns - written_ns < self._period_ns:
                continue
            self._newest[key] = (t_ns, level.state)
            rows.append(_insert("volume", volume_row(result, level)))
        if rows:
            self._write(rows)

    def transition(self, transition: AlertTransition) -> None:
        """Write what happened to an alarm. Raises `RecordingError`."""
        self._write([_insert("alarm", alarm_row(transition))])

    def state_changed(self, health: Health, now_ns: int | None = None) -> None:
        """Write the state and its reasons, where they differ from the last. Raises `RecordingError`.

        `now_ns` is when they were seen (ns, monotonic); without it, when the state was entered.
        """
        key = (health.state, tuple((r.state, r.code, r.level) for r in health.reasons))
        if key == self._health:
            return
        self._health = key
        reasons = [
            {"state": r.state.words, "code": r.code, "text": r.text, "level": r.level} for r in health.reasons
        ]
        since_ns = health.since_ns if now_ns is None else now_ns
        row = (since_ns, health.state.words, msgspec.json.encode(reasons).decode())
        self._write([_insert("state_change", row)])

    def acknowledged(
        self, t_ns: int, rule_id: str | None = None, level: str | None = None, structure: str | None = None
    ) -> None:
        """Write that someone acknowledged an alarm; all of them without a rule. Raises `RecordingError`."""
        self._write([_insert("acknowledgement", (t_ns, rule_id, level, structure))])

    def event(self, name: str, data: Mapping[str, Any], t_ns: int) -> None:
        """Write anything else that happened; `data` holds plain values. Raises `RecordingError`."""
        self._write([_insert("event", (t_ns, name, msgspec.json.encode(data).decode()))])

    def take_over(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Write rows as another log holds them, by the columns of `table`. Raises `RecordingError`."""
        self._write([_insert(table, tuple(row.values())) for row in rows])

    def flush(self) -> None:
        """Try again what is waiting. Raises `RecordingError`."""
        self._write([])

    def close(self) -> None:
        """Write what is waiting and leave one plain file. May be called again.

        Raises
        ------
        RecordingError
            Rows could not be written; the file is closed all the same.
        """
        with self._lock:
            if self._closed:
                return
            self._closed = True
            try:
                self._commit()
                with suppress(sqlite3.OperationalError):  # someone is reading it; it is whole all the same
                    # Without write-ahead files the log can be read from a medium that cannot be written.
                    self._connection.execute("PRAGMA journal_mode=DELETE")
            except sqlite3.Error as error:
                raise RecordingError(f"{self.path}: {error}") from error
            finally:
                self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _write(self, rows: list[Row]) -> None:
        with self._lock:
            if self._closed:
                raise RecordingError(f"{self.path}: the log is closed")
            self._waiting.extend(rows)
            try:
                self._commit()
            except sqlite3.Error as error:
                self._make_room()
                raise RecordingError(f"{self.path}: {error}; {len(self._waiting)} rows wait") from error

    def _commit(self) -> None:
        """Write all that is waiting in one transaction, or nothing."""
        if not self._waiting:
            return
        refused: sqlite3.Error | None = None
        count_refused = 0
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            for statement, values in self._waiting:
                try:
                    self._connection.execute(statement, values)
                except (sqlite3.IntegrityError, sqlite3.InterfaceError, sqlite3.ProgrammingError) as error:
                    # The row itself is wrong: it must not hold up those behind it for ever.
                    refused, count_refused = error, count_refused + 1
            self._connection.execute("COMMIT")
        except sqlite3.Error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        self._waiting.clear()
        self._lost += count_refused
        if refused is not None:
            raise refused

    def _make_room(self) -> None:
        """Keep what is waiting within bounds: measurements go first, the oldest of them."""
        excess = len(self._waiting) - MOST_WAITING_ROWS
        if excess <= 0:
            return
        kept: deque[Row] = deque()
        for row in self._waiting:
            if excess > 0 and row[0] == _STATEMENTS["volume"]:
                excess -= 1
                self._lost += 1
            else:
                kept.append(row)
        while len(kept) > MOST_WAITING_ROWS:
            kept.popleft()
            self._lost += 1
        self._waiting = kept


def utc_text(moment: datetime) -> str:
    """A moment as ISO 8601 text in UTC, with microseconds."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


_WIDTHS = {
    "session": 4,
    "source": 3,
    "plan": 2,
    "configuration": 2,
    "volume": len(VOLUME_COLUMNS),
    "alarm": len(ALARM_COLUMNS),
    "state_change": 3,
    "acknowledgement": 4,
    "event": 3,
}
_STATEMENTS = {
    table: f"INSERT INTO {table} VALUES ({', '.join('?' * width)})"  # noqa: S608 - our own names
    for table, width in _WIDTHS.items()
}


def _insert(table: str, values: tuple[object, ...]) -> Row:
    return _STATEMENTS[table], values


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            connection.execute("BEGIN IMMEDIATE")
            for statement in TABLES:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version={VERSION}")
            connection.execute("COMMIT")
        elif version != VERSION:
            raise OutputError(f"{path}: log of version {version}, this software writes version {VERSION}")
    except BaseException:
        connection.close()
        raise
    return connection


def alarm_row(transition: AlertTransition) -> tuple[object, ...]:
    """A row of the table ``alarm``, in the order of `ALARM_COLUMNS`."""
    alert = transition.alert
    return (
        transition.t_ns,
        transition.event,
        alert.rule_id,
        alert.kind.value,
        alert.priority.name.lower(),
        alert.state.value,
        alert.level,
        alert.structure,
        alert.t_onset_ns,
        alert.seq,
        _real(alert.value),
        alert.unit,
        alert.message,
    )


def volume_row(result: Result, level: LevelResult) -> tuple[object, ...]:
    """A row of the table ``volume``, in the order of `VOLUME_COLUMNS`."""
    frame = result.frame
    distances: list[float | None] = []
    for structure in STRUCTURES:
        distance = (level.distances or {}).get(structure)
        distances += [None, None] if distance is None else [_real(distance.value_mm), _real(distance.low_mm)]
    return (
        frame.time_ns,
        frame.t_capture_ns,
        frame.seq,
        result.view,
        level.name,
        level.state.words,
        _real(level.volume_ml),
        _real(level.volume_sd_ml),
        _real(level.area_mm2),
        _real(level.outside_mm2),
        _real(level.fill_fraction),
        _real(level.front_speed_mm_s),
        _real(level.time_to_contact_s),
        *distances,
    )


def _real(value: float | None) -> float | None:
    """A plain float: SQLite does not know NumPy's. NaN becomes NULL there, which is what it means."""
    return None if value is None else float(value)
