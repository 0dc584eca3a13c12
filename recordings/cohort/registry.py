"""The registry: procedures, their levels, leaks and alarms, follow-up, risks and CT, in one SQLite file.

Any number of programs may read while one writes. What is put is there whole or not at all, and once: a
session that is put again replaces what was there of it. For the tables see `recordings.cohort.schema`.

No name and no id of a patient is in it, and no folder, which may have been called after one. Pseudonyms,
days and what was treated are: it is a patient's data all the same, and its owner's alone to read.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from math import isfinite
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec
from msgspec.structs import replace

from monitor.errors import InputError, SourceError
from recordings.cohort.opening import WAIT_S, open_to_read, open_to_write, told
from recordings.cohort.rows import FACTORS, SCORES, CtRow, FollowUpRow, RiskRow
from recordings.cohort.schema import TABLE_NAMES
from recordings.cohort.tables import BY_HAND
from recordings.ct.record import CtRecord, ct_from_json
from recordings.qa.record import ProcedureRecord, record_from_json

_PROCEDURE = (
    "session_id", "day", "patient", "operator", "source", "live_version", "software_version", "monitored",
    "monitored_fraction", "duration_s", "beam_on_s",
)  # fmt: skip
_LEVEL = (
    "level", "region", "pathology", "posterior_wall_defect", "planned_ml", "injected_ml", "volume_ml",
    "volume_sd_ml", "volume_low_ml", "volume_high_ml", "volume_relative", "volume_method", "fill_fraction",
    "area_mm2", "outside_mm2", "front_speed_mm_s", "first_warning_s", "injection_start_s", "injection_stop_s",
    "warning_to_stop_s", "monitored_fraction",
)  # fmt: skip
_LEAK = (
    "leak_class", "onset_s", "area_mm2", "volume_ml", "volume_relative", "detached", "ambiguous_with", "view",
    "told",
)  # fmt: skip
_ALARM = (
    "rule", "kind", "priority", "level", "structure", "raised_s", "escalated_s", "acknowledged_s",
    "cleared_s", "reaction_s", "message",
)  # fmt: skip
_CT_LEVEL = ("level", "volume_ml", "volume_sd_ml", "within_ml", "outside_ml")
_IN_ORDER = "SELECT session_id FROM procedure ORDER BY day IS NULL, day, session_id"
_CT_LEAK = ("leak_class", "volume_ml", "detached", "ambiguous_with")


class Registry:
    """A registry that is open; a context manager.

    Parameters
    ----------
    path : Path
        Made where there is none, unless it is opened to be read alone.
    read_only : bool
    must_exist : bool
        Whether it is not made either where it is written.
    wait_s : float
        How long another program's writing is waited for (s).

    Raises
    ------
    OutputError, SourceError
        As `recordings.cohort.opening`; every method raises them too.
    """

    def __init__(
        self, path: Path, *, read_only: bool = False, must_exist: bool = False, wait_s: float = WAIT_S
    ) -> None:
        self.path = path
        if must_exist and not path.is_file():
            raise SourceError(f"{path}: no such registry")
        self._connection = (open_to_read if read_only else open_to_write)(path, wait_s)
        self._together = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close it; may be called again."""
        self._connection.close()

    def put(self, record: ProcedureRecord) -> None:
        """Put a procedure in, in the place of what was there of the same session."""
        self.put_all([record])

    def put_all(self, records: Iterable[ProcedureRecord]) -> int:
        """Put several in, all or none; how many."""
        count = 0
        with self._writing() as connection:
            for record in records:
                _put(connection, record)
                count += 1
        return count

    def put_ct(self, session_id: str | None, record: CtRecord) -> None:
        """Put a CT in, in the place of what was there of the same series.

        Raises
        ------
        InputError
            It says neither of which session it is, nor of which patient and day.
        """
        if session_id is None and (record.patient is None or record.day is None):
            raise InputError(f"{record.series}: a CT needs a session, or a patient and a day")
        with self._writing() as connection:
            connection.execute("DELETE FROM ct WHERE series = ?", (record.series,))
            _insert(
                connection, "ct", record.series, session_id, record.patient, record.day,
                record.software_version, record.unassigned_ml, msgspec.json.encode(record, enc_hook=_plain),
            )  # fmt: skip
            for number, level in enumerate(record.levels):
                _insert(connection, "ct_level", record.series, number, *_values(level, _CT_LEVEL))
                for place, leak in enumerate(level.leaks):
                    _insert(connection, "ct_leak", record.series, number, place, *_values(leak, _CT_LEAK))

    def put_follow_up(self, rows: Iterable[FollowUpRow]) -> tuple[int, int]:
        """Put scores in, all or none; how many are new, and how many replaced another value."""
        new = replaced = 0
        with self._writing() as connection:
            for row in rows:
                key = (row.patient, row.score, row.moment)
                held = connection.execute(
                    "SELECT value FROM follow_up WHERE patient = ? AND score = ? AND moment = ?", key
                ).fetchone()
                new += held is None
                replaced += held is not None and held[0] != row.value
                _insert(connection, "follow_up", *key, row.value)
        return new, replaced

    def put_risks(self, rows: Iterable[RiskRow]) -> tuple[int, int]:
        """Put risks in, all or none; how many are new, and how many others replaced."""
        new = replaced = 0
        with self._writing() as connection:
            for row in rows:
                key = (row.patient, row.level or "")
                values = (*key, row.pathology, row.posterior_wall_defect, *map(row.factors.get, FACTORS))
                held = connection.execute(
                    "SELECT * FROM risk WHERE patient = ? AND level = ?", key
                ).fetchone()
                new += held is None
                replaced += held is not None and tuple(held) != values
                _insert(connection, "risk", *values)
        return new, replaced

    def remove_session(self, session_id: str) -> int:
        """Take out a procedure and the CTs that were put in for it; how many rows that were."""
        return self._remove(("procedure", "session_id"), ("ct", "session_id"), value=session_id)

    def remove_patient(self, patient: str) -> int:
        """Take out all that is of a patient, by the pseudonym; how many rows that were.

        CTs that were put in for the patient's sessions go with these.
        """
        with self.all_or_nothing():
            found = self._read("SELECT session_id FROM procedure WHERE patient = ?", patient)
            count = sum(self.remove_session(row[0]) for row in list(found))
            tables = ("follow_up", "risk", "ct")
            return count + self._remove(*((table, "patient") for table in tables), value=patient)

    def _remove(self, *places: tuple[str, str], value: str) -> int:
        with self._writing() as connection:
            return sum(
                connection.execute(f"DELETE FROM {table} WHERE {column} = ?", (value,)).rowcount  # noqa: S608 - our own names
                for table, column in places
            )

    def records(self) -> list[ProcedureRecord]:
        """All procedures, in order of the day and the session; their `folder` is empty."""
        return list(self.each_record())

    def each_record(self) -> Iterator[ProcedureRecord]:
        """The same, one after the other, so that they need not be in memory together."""
        # by name, since sorting whole rows would take all of them into memory
        names = [row[0] for row in self._read(_IN_ORDER)]
        for name in names:
            for (data,) in self._read("SELECT json FROM procedure WHERE session_id = ?", name):
                yield record_from_json(data, f"{self.path}: {name}")

    def ct_rows(self) -> list[CtRow]:
        """All CTs, in order of the series."""
        found = []
        for series, session_id, data in self._read("SELECT series, session_id, json FROM ct ORDER BY series"):
            record = ct_from_json(data, f"{self.path}: CT {series}")
            found.append(CtRow(session_id=session_id, record=record))
        return found

    def follow_up_rows(self) -> list[FollowUpRow]:
        """All scores, in order of patient, score and time."""
        found = []
        for row in self._read("SELECT patient, score, moment, value FROM follow_up ORDER BY 1, 2, 3"):
            if row[1] not in SCORES or not isfinite(row[3]):
                raise SourceError(f"{self.path}: damaged: follow_up holds {row[1]!r} {row[3]!r}")
            found.append(FollowUpRow(patient=row[0], score=row[1], moment=row[2], value=row[3]))
        return found

    def risk_rows(self) -> list[RiskRow]:
        """All risks, in order of patient and level; those of every level first."""
        return [
            RiskRow(
                patient=row[0], level=row[1] or None, pathology=row[2], posterior_wall_defect=_known(row[3]),
                factors={
                    name: bool(told) for name, told in zip(FACTORS, row[4:], strict=True) if told is not None
                },
            )
            for row in self._read("SELECT * FROM risk ORDER BY patient, level")
        ]  # fmt: skip

    def patients(self) -> set[str]:
        """Pseudonyms of the patients of its procedures."""
        return {row[0] for row in self._read("SELECT DISTINCT patient FROM procedure") if row[0] is not None}

    def holds(self, session_id: str) -> bool:
        """Whether a procedure of this session is in it."""
        return any(self._read("SELECT 1 FROM procedure WHERE session_id = ?", session_id))

    def counts(self) -> dict[str, int]:
        """Rows of each table."""
        return {
            table: next(iter(self._read(f"SELECT count(*) FROM {table}")))[0]  # noqa: S608 - our own names
            for table in TABLE_NAMES
        }

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Everything that is read within is of one moment, whatever others write meanwhile."""
        with told(self.path, writing=False):
            self._connection.execute("BEGIN")
            try:
                yield
            finally:
                _roll_back(self._connection)

    def _read(self, statement: str, *values: str) -> Iterator[Any]:
        with told(self.path, writing=False):
            yield from self._connection.execute(statement, values)

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """Everything that is put within is there together, or not at all."""
        with self._writing():
            self._together = True
            try:
                yield
            finally:
                self._together = False

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        if self._together:
            yield self._connection
            return
        with told(self.path, writing=True):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                _roll_back(self._connection)
                raise


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:  # SQLite has not done so itself
        connection.execute("ROLLBACK")


def _put(connection: sqlite3.Connection, record: ProcedureRecord) -> None:
    name, dose = record.session_id, record.dose
    kept = replace(record, folder="")  # where it lay may name somebody
    connection.execute("DELETE FROM procedure WHERE session_id = ?", (name,))
    _insert(
        connection, "procedure", *_values(record, _PROCEDURE),
        None if dose is None else _plain(dose.dose_area_product_gy_m2),
        None if dose is None else _plain(dose.reference_point_dose_gy),
        record.frames, record.frames_unread, msgspec.json.encode(kept, enc_hook=_plain),
    )  # fmt: skip
    for number, level in enumerate(record.levels):
        _insert(connection, "level", name, number, *_values(level, _LEVEL))
        for place, leak in enumerate(level.leaks):
            told = dict(zip(_LEAK, _values(leak, _LEAK), strict=True))
            if record.source == BY_HAND:
                told |= {"onset_s": None, "area_mm2": None}
            _insert(connection, "leak", name, number, place, *told.values())
    for number, alarm in enumerate(record.alarms):
        _insert(connection, "alarm", name, number, *_values(alarm, _ALARM))


def _insert(connection: sqlite3.Connection, table: str, *values: object) -> None:
    marks = ", ".join("?" * len(values))
    connection.execute(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", values)  # noqa: S608 - our own names


def _values(part: object, names: Iterable[str]) -> Iterator[Any]:
    return (_plain(getattr(part, name)) for name in names)


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a record holds
    """A plain number: SQLite and JSON know NumPy's not."""
    return value.item() if hasattr(value, "item") else value


def _known(value: int | None) -> bool | None:
    return None if value is None else bool(value)
