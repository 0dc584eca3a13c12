"""Reads a procedure log; see `recordings.log_schema` for the tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.errors import SourceError
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


def read_log(path: Path) -> LogContents:
    """Read a procedure log: closed, left behind by a killed process, or still being written.

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
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version != VERSION:
                raise SourceError(f"{path}: log of version {version}, this software reads version {VERSION}")
            connection.execute("BEGIN")
            rows = {
                table: tuple(
                    dict(row)
                    for row in connection.execute(f"SELECT * FROM {table} ORDER BY rowid")  # noqa: S608 - our own names
                )
                for table in TABLE_NAMES
            }
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise SourceError(f"{path}: cannot read the log: {error}") from error

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
