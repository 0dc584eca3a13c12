"""The files of a run: of each session its record and pictures, found whole or not at all.

``procedures/SESSION_ID/stamp.json`` is written last: without it, or where it does not fit, a session is
measured anew. It says what the record was made of.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from calibration.whole_file import write_whole
from monitor.errors import CementWatchError, OutputError, SourceError
from monitor.small_file import read_small
from recordings.qa.differences import FieldDifferences
from recordings.qa.record import ProcedureRecord, record_from_json, record_to_json

PROCEDURES, RECORD, FIELDS, STAMP = "procedures", "record.json", "fields.json", "stamp.json"
COHORT, REGISTRY = "cohort.json", "registry.sqlite"
REPORTS = ("report.html", "report.pdf")
_KEPT = "what was measured before is kept: start again to go on"
_PICTURE = re.compile(r"frame-[\w.-]+\.png")
_NAME = re.compile(r"[\w.-]{1,100}")
_MOST_BYTES = 256 * 1024 * 1024


class WriteError(CementWatchError):
    """A result could not be written in the middle of a run; what was written before is whole."""


class Stamp(msgspec.Struct, frozen=True, kw_only=True):
    """What a record was made of. `files` are sums over what belongs to it, by name."""

    content: str
    software: str
    field_by_field: bool
    files: dict[str, str]


class Results:
    """The folder with the results. One process writes into it at a time: see `opened`.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    @contextmanager
    def opened(cls, folder: Path) -> Iterator[Results]:
        """The folder, made where it is not there, for this process alone.

        Raises
        ------
        OutputError
            It cannot be made or written, or another process works in it.
        """
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            (folder / PROCEDURES).mkdir(mode=0o700, exist_ok=True)
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            lock = os.open(folder / ".lock", flags, 0o600)
        except OSError as error:
            raise OutputError(f"--out {folder}: cannot be written: {error.strerror or error}") from error
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise OutputError(f"--out {folder}: another cementwatch qa works in it") from None
            yield cls(folder)
        finally:
            os.close(lock)

    def begin(self, tables: Iterable[str]) -> None:
        """Take away what an earlier run came to, these tables too; what it measured stays.

        Raises `WriteError`.
        """
        files = [f"{name}{end}" for name in tables for end in (".csv", ".parquet")]
        with self.writing():
            for name in (*files, COHORT, *REPORTS):
                (self.folder / name).unlink(missing_ok=True)

    def of(self, session_id: str) -> Path:
        """The folder of a session."""
        return self.folder / PROCEDURES / session_id

    def held(
        self, session_id: str, content: str, software: str, *, field_by_field: bool
    ) -> ProcedureRecord | None:
        """The record of a session, where it was made of just this and is whole."""
        folder = self.of(session_id)
        try:
            stamp = msgspec.json.decode(read_small(folder / STAMP, _MOST_BYTES), type=Stamp)
            wanted = (content, software) == (stamp.content, stamp.software)
            if not wanted or (field_by_field and not stamp.field_by_field):
                return None
            for name, sum_ in stamp.files.items():
                if not _NAME.fullmatch(name) or _sum(read_small(folder / name, _MOST_BYTES)) != sum_:
                    return None
            return self.record(session_id)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError, SourceError):
            return None

    def put(
        self,
        record: ProcedureRecord,
        pictures: dict[str, bytes] | None,
        fields: FieldDifferences | None,
        *,
        content: str,
        software: str,
    ) -> None:
        """Write the record of a session; its reports, which are of another one, are taken away.

        Raises
        ------
        WriteError
            It cannot be written; the session is then measured anew.
        """
        files = {RECORD: record_to_json(record)}
        if fields is not None:
            files[FIELDS] = msgspec.json.format(msgspec.json.encode(fields), indent=1) + b"\n"
        files |= {name: data for name, data in (pictures or {}).items() if _PICTURE.fullmatch(name)}
        folder = self.of(record.session_id)
        stamp = Stamp(
            content=content, software=software, field_by_field=fields is not None,
            files={name: _sum(data) for name, data in files.items()},
        )  # fmt: skip
        with self.writing():
            folder.mkdir(mode=0o700, exist_ok=True)
            _clear(folder)
            for name, data in files.items():
                write_whole(folder / name, data)
            write_whole(folder / STAMP, msgspec.json.encode(stamp))

    def rename(self, record: ProcedureRecord) -> None:
        """Write a record that differs from the one held in pseudonyms or folder. Raises `WriteError`."""
        folder = self.of(record.session_id)
        with self.writing():
            held = msgspec.json.decode(read_small(folder / STAMP, _MOST_BYTES), type=Stamp)
            data = record_to_json(record)
            stamp = msgspec.structs.replace(held, files={**held.files, RECORD: _sum(data)})
            for name in (STAMP, *REPORTS):
                (folder / name).unlink(missing_ok=True)
            write_whole(folder / RECORD, data)
            write_whole(folder / STAMP, msgspec.json.encode(stamp))

    def forget(self, session_id: str) -> None:
        """Take away what is held of a session that cannot be measured any more."""
        folder = self.of(session_id)
        if folder.is_dir():
            with self.writing():
                _clear(folder)
            with suppress(OSError):  # something of somebody else's lies there
                folder.rmdir()

    def record(self, session_id: str) -> ProcedureRecord:
        """Read a record. Raises `SourceError` or `OSError`."""
        path = self.of(session_id) / RECORD
        return record_from_json(read_small(path, _MOST_BYTES), str(path))

    def fields(self, session_id: str) -> FieldDifferences | None:
        """What field by field came to; None where it was not asked for."""
        with suppress(OSError):
            data = read_small(self.of(session_id) / FIELDS, _MOST_BYTES)
            return msgspec.json.decode(data, type=FieldDifferences)
        return None

    def picture(self, session_id: str, name: str) -> bytes | None:
        """A picture of a session (PNG); None where there is none."""
        with suppress(OSError):
            return read_small(self.of(session_id) / name, _MOST_BYTES) if _PICTURE.fullmatch(name) else None
        return None

    @contextmanager
    def writing(self) -> Iterator[None]:
        """What the disk says while results are written, in one line. Raises `WriteError`."""
        try:
            yield
        except OSError as error:
            raise WriteError(
                f"{self.folder}: cannot be written: {error.strerror or error}; {_KEPT}"
            ) from error
        except OutputError as error:
            raise WriteError(f"{error}; {_KEPT}") from error


def _clear(folder: Path) -> None:
    """Take away what is of this software, the stamp first."""
    (folder / STAMP).unlink(missing_ok=True)
    for path in list(folder.iterdir()):
        if path.name in (RECORD, FIELDS, *REPORTS) or _PICTURE.fullmatch(path.name):
            path.unlink()


def _sum(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()
