"""Reads a procedure log; see `recordings.log_schema` for the tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.errors import SourceError
from recordings.log_check import MOST_ROWS, MOST_TEXT_BYTES, guard, problem_of_row, same_tables
from recordings.log_schema import TABLE_NAMES, VERSION


@dataclass(frozen=True, slots=True)
class LogContents:
    """A procedure log as it stands. Rows are mappings by column name, in the order written.

    `session`, `source`, `plan` and `configuration` are None where the log does not hold them.
    """

    session: Mapping[str, Any] | None
    source: Mapping[str, Any] | None
    plan: Mapping[str, Any] | None
    configuration: Mapping[str, Any] | None
    volume: tuple[Mapping[str, Any], ...]
    alarms: tuple[Mapping[str, Any], ...]
    state_changes: tuple[Mapping[str, Any], ...]
    acknowledgements: tuple[Mapping[str, Any], ...]
    events: tuple[Mapping[str, Any], ...]


def _rows(path: Path, connection: sqlite3.Connection) -> dict[str, tuple[Mapping[str, Any], ...]]:
    """All rows by table, each held against the table."""
    rows: dict[str, tuple[Mapping[str, Any], ...]] = {}
    count = text_bytes = 0
    for table in TABLE_NAMES:
        taken: list[Mapping[str, Any]] = []
        for held in connection.execute(f"SELECT * FROM {table} ORDER BY rowid"):  # noqa: S608 - our own names
            row = dict(held)
            problem = problem_of_row(table, row)
            if problem is not None:
                raise SourceError(f"{path}: damaged: {problem}")
            count += 1
            text_bytes += sum(len(value) for value in row.values() if isinstance(value, str))
            if count > MOST_ROWS or text_bytes > MOST_TEXT_BYTES:
                raise SourceError(f"{path}: too large for a log (more than {count - 1} rows)")
            taken.append(row)
        rows[table] = tuple(taken)
    return rows


@contextmanager
def opened_log(path: Path) -> Iterator[sqlite3.Connection]:
    """A procedure log as it stands at this moment, to be read: closed, left behind, or being written.

    What SQLite says while it is read is told as well.

    Raises
    ------
    SourceError
        It cannot be read, or is no log of this version.
    """
    if not path.is_file():
        raise SourceError(f"{path}: no such log")
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)
        try:
            connection.row_factory = sqlite3.Row
            guard(connection)
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version != VERSION:
                raise SourceError(f"{path}: log of version {version}, this software reads version {VERSION}")
            connection.execute("BEGIN")
            if not same_tables(connection):
                raise SourceError(f"{path}: not a log: its tables are others")
            yield connection
        finally:
            connection.close()
    except MemoryError:  # what SQLite says of a row that claims to be longer than memory
        raise SourceError(f"{path}: cannot read the log: damaged") from None
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise SourceError(f"{path}: cannot read the log: {error}") from error


def read_log(path: Path) -> LogContents:
    """Read all of a procedure log: closed, left behind by a killed process, or still being written.

    Raises
    ------
    SourceError
        It cannot be read, or is no log of this version.
    """
    with opened_log(path) as connection:
        rows = _rows(path, connection)

    def newest(table: str) -> Mapping[str, Any] | None:
        return rows[table][-1] if rows[table] else None

    return LogContents(
        newest("session"),
        newest("source"),
        newest("plan"),
        newest("configuration"),
        rows["volume"],
        rows["alarm"],
        rows["state_change"],
        rows["acknowledgement"],
        rows["event"],
    )
