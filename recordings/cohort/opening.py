"""Opens the file of a registry: found to be one before it is touched, made where there is none."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from monitor.errors import OutputError, SourceError
from recordings.cohort import schema

WAIT_S = 10.0
"""How long another program's writing is waited for."""
_LONGEST_BYTES = 1 << 26  # a record of a long procedure with its maps and trend is a hundredth of it


def open_to_write(path: Path, wait_s: float = WAIT_S) -> sqlite3.Connection:
    """Open a registry, or make one that its owner alone can read.

    Raises
    ------
    OutputError
        It cannot be made or written, is locked, or is of a later version.
    SourceError
        It is damaged, or another kind of file; it is left as it is.
    """
    with told(path, writing=True):
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK, 0o600))
            found = path.stat()
        except OSError as error:
            raise OutputError(f"{path}: cannot write the registry: {error.strerror}") from error
        if not stat.S_ISREG(found.st_mode):
            raise OutputError(f"{path}: cannot write the registry: not a regular file")
        if found.st_size:
            _look(path, wait_s, thoroughly=True)
        connection = sqlite3.connect(path, timeout=wait_s, isolation_level=None)
        try:
            _guard(connection)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA foreign_keys=ON")
            connection.execute("PRAGMA secure_delete=ON")  # what is removed is a patient's
            _bring_up(connection)
        except BaseException:
            connection.close()
            raise
        return connection


def open_to_read(path: Path, wait_s: float = WAIT_S) -> sqlite3.Connection:
    """Open a registry as it stands, beside whoever writes it.

    Raises
    ------
    SourceError
        There is none, it cannot be read, is damaged, another kind of file, or of another version.
    """
    with told(path, writing=False):
        if not path.is_file():
            raise SourceError(f"{path}: no such registry")
        version = _look(path, wait_s)
        if version != schema.VERSION:
            raise SourceError(
                f"{path}: registry of version {version}; import into it once to bring it up to date"
            )
        connection = _read_only(path, wait_s)
        _guard(connection)
        return connection


@contextmanager
def told(path: Path, *, writing: bool) -> Iterator[None]:
    """Tell what SQLite says of a registry as one clear line. Raises `OutputError` and `SourceError`."""
    doing = "cannot write the registry" if writing else "cannot read the registry"
    kind = OutputError if writing else SourceError
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise kind(f"{path}: {doing}: another program is writing it; try again later") from error
        if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
            raise SourceError(f"{path}: damaged, or not a registry: {error}") from error
        raise kind(f"{path}: {doing}: {error}") from error
    except (MemoryError, UnicodeDecodeError):  # of a row that claims to be longer than memory, or is no text
        raise SourceError(f"{path}: damaged, or not a registry") from None


def _read_only(path: Path, wait_s: float) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=wait_s, isolation_level=None
    )


def _look(path: Path, wait_s: float, *, thoroughly: bool = False) -> int:
    """Version of a registry, every page of which was looked at where asked; 0: there is nothing in it yet.

    Raises `SourceError` where it is none, `OutputError` where it is of a later one.
    """
    connection = _read_only(path, wait_s)
    try:
        _guard(connection)
        number = connection.execute("PRAGMA application_id").fetchone()[0]
        version: int = connection.execute("PRAGMA user_version").fetchone()[0]
        if number == version == 0 and connection.execute("SELECT 1 FROM sqlite_schema").fetchone() is None:
            return 0  # another process is about to make it
        if number != schema.APPLICATION_ID:
            raise SourceError(f"{path}: not a registry: another program's database")
        if version > schema.VERSION:
            raise OutputError(
                f"{path}: registry of version {version}, this software knows up to version {schema.VERSION}"
            )
        if version == schema.VERSION and not _same_tables(connection):
            raise SourceError(f"{path}: not a registry: its tables are others")
        if thoroughly and (found := connection.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
            raise SourceError(f"{path}: damaged: {found}")
        return version
    finally:
        connection.close()


def _same_tables(connection: sqlite3.Connection) -> bool:
    """Whether there are the tables of a registry, to the letter, and nothing else: no view, no trigger."""
    held = connection.execute("SELECT name, sql FROM sqlite_schema").fetchmany(4 * len(schema.TABLES))
    ours = {sql for name, sql in held if not (sql is None and name.startswith("sqlite_autoindex_"))}
    return ours == set(schema.TABLES)


def _guard(connection: sqlite3.Connection) -> None:
    """Trust nothing that a file brings along."""
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_BYTES)
    connection.execute("PRAGMA trusted_schema=OFF")
    connection.execute("PRAGMA cell_size_check=ON")


def _bring_up(connection: sqlite3.Connection) -> None:
    """Make the tables, or migrate those of an older version; all of it or nothing."""
    if connection.execute("PRAGMA user_version").fetchone()[0] == schema.VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = connection.execute("PRAGMA user_version").fetchone()[0]  # another may have been faster
        if version == 0:
            for statement in schema.TABLES:
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id={schema.APPLICATION_ID}")
        for older in range(version or schema.VERSION, schema.VERSION):
            for statement in schema.MIGRATIONS[older]:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version={schema.VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
