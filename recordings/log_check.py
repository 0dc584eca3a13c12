"""Whether a database is a procedure log: its tables to the letter, and in them what these tables may hold.

A file that says it is a log may hold views that never end, or values of kinds that its tables forbid.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping
from math import isfinite
from typing import Any

from monitor.result import AlarmState, Kind, Priority
from recordings.log_schema import TABLES

MOST_ROWS = 500_000
MOST_TEXT_BYTES = 1 << 28
_LONGEST_TEXT_BYTES = 1 << 24
_STEPS_BETWEEN_LOOKS, _MOST_LOOKS = 100_000, 5_000
_COLUMN = re.compile(r"(\w+) (TEXT|INTEGER|REAL)( NOT NULL)?")
_KINDS: dict[str, type | tuple[type, ...]] = {"TEXT": str, "INTEGER": int, "REAL": (float, int)}
_WORDS: dict[tuple[str, str], frozenset[str]] = {
    ("alarm", "kind"): frozenset(kind.value for kind in Kind),
    ("alarm", "priority"): frozenset(priority.name.lower() for priority in Priority),
    ("alarm", "state"): frozenset(state.value for state in AlarmState),
}


def _columns(statement: str) -> tuple[str, dict[str, tuple[str, bool]]]:
    head, _, rest = statement.partition(" (")
    found = _COLUMN.findall(rest)
    return head.split()[-1], {name: (kind, bool(needed)) for name, kind, needed in found}


_TABLES = dict(_columns(statement) for statement in TABLES)


def guard(connection: sqlite3.Connection) -> None:
    """Bound what a query of this connection may cost, and trust nothing that the schema brings along."""
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_TEXT_BYTES)
    connection.execute("PRAGMA trusted_schema=OFF")
    connection.execute("PRAGMA cell_size_check=ON")
    looks = 0

    def too_long() -> bool:
        nonlocal looks
        looks += 1
        return looks > _MOST_LOOKS

    connection.set_progress_handler(too_long, _STEPS_BETWEEN_LOOKS)


def same_tables(connection: sqlite3.Connection) -> bool:
    """Whether the schema is that of a log, and nothing else is in it."""
    held = connection.execute("SELECT sql FROM sqlite_schema").fetchmany(len(TABLES) + 1)
    return {row[0] for row in held} == set(TABLES) and len(held) == len(TABLES)


def problem_of_row(table: str, row: Mapping[str, Any]) -> str | None:
    """What a row of a table may not hold; None where it holds what it may."""
    for name, (kind, needed) in _TABLES[table].items():
        value = row[name]
        if value is None:
            if needed:
                return f"{table}.{name} is missing"
        elif not isinstance(value, _KINDS[kind]):
            return f"{table}.{name} is no {kind}"
        elif isinstance(value, float) and not isfinite(value):
            return f"{table}.{name} is not finite"
        elif (words := _WORDS.get((table, name))) is not None and value not in words:
            return f"{table}.{name} is {value!r}"
    return None
