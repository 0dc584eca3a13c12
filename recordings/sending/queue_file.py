"""The queue's table (SQLite), and its rows as `Entry`.

Every commit is flushed to the disk before it returns (write-ahead log, ``synchronous=FULL``): what was said
to be queued, sent or committed stays so after a power cut.
"""

from __future__ import annotations

import json
import os
import sqlite3
from dataclasses import asdict
from pathlib import Path
from typing import Any

from monitor.errors import OutputError
from recordings.network.address import Peer
from recordings.network.tls import TlsFiles
from recordings.sending.entry import Entry, Route, Spooled, Stage

VERSION = 1
_BUSY_TIMEOUT_S = 20.0
_TABLES = (
    "CREATE TABLE entry (number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, "
    "sop_class TEXT NOT NULL, sop_instance TEXT NOT NULL, syntax TEXT NOT NULL, size_bytes INTEGER NOT NULL, "
    "sha256 TEXT NOT NULL, peer TEXT NOT NULL, route TEXT NOT NULL, stage TEXT NOT NULL, "
    "tries INTEGER NOT NULL DEFAULT 0, asks INTEGER NOT NULL DEFAULT 0, next_try_s REAL, reason TEXT, "
    "warning TEXT, transaction_uid TEXT, queued_s REAL NOT NULL, UNIQUE (peer, sop_instance)) STRICT",
    # every request for commitment that names an object: an early one may be answered after a later one
    "CREATE TABLE asked (transaction_uid TEXT NOT NULL, name TEXT NOT NULL REFERENCES entry (name) "
    "ON DELETE CASCADE, PRIMARY KEY (transaction_uid, name)) STRICT",
)
COLUMNS = (
    "name, sop_class, sop_instance, syntax, size_bytes, sha256, route, stage, tries, asks, next_try_s, "
    "reason, warning, transaction_uid, queued_s"
)


def connect(path: Path) -> sqlite3.Connection:
    """Open a queue's table, making it where there is none (readable by its owner only).

    Raises
    ------
    OutputError
        It cannot be written, is damaged, or is of a newer version of this software.
    """
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
        connection = sqlite3.connect(
            path, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
    except (OSError, sqlite3.Error) as error:
        raise OutputError(f"{path}: cannot be written: {error}") from error
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("BEGIN IMMEDIATE")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            for statement in _TABLES:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version={VERSION}")
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        connection.close()
        raise OutputError(f"{path}: no queue that can be used: {error}") from error
    if version not in (0, VERSION):
        connection.close()
        raise OutputError(f"{path}: queue of version {version}, this software knows version {VERSION}")
    return connection


def entry_of(row: tuple[Any, ...]) -> Entry:
    """A row of `COLUMNS`."""
    name, sop_class, sop_instance, syntax, size_bytes, sha256, route, stage, *rest = row
    spooled = Spooled(name, sop_class, sop_instance, syntax, size_bytes, sha256)
    return Entry(spooled, route_of(route), Stage(stage), *rest)


def route_to_text(route: Route) -> str:
    """As it is kept: JSON."""
    return json.dumps(asdict(route), default=str)


def route_of(text: str) -> Route:
    """What `route_to_text` wrote."""
    held = json.loads(text)
    peer, tls = Peer(**held.pop("peer")), held.pop("tls")
    files = None
    if tls is not None:
        files = TlsFiles(**{name: None if path is None else Path(path) for name, path in tls.items()})
    return Route(peer, tls=files, **held)
