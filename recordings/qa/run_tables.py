"""The tables of a run: levels, leaks, alarms, differences, and what failed. Columns: ``docs/qa.md``.

UTF-8 with a line of names; unknown is empty; true and false are 1 and 0. A text that a spreadsheet would take
for a formula begins with an apostrophe.
"""

from __future__ import annotations

import csv
import io
import math
import os
import re
import types
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Literal, TextIO, Union, get_args, get_origin, get_type_hints

import msgspec

from calibration.whole_file import flush_folder, write_whole
from recordings.log_schema import STRUCTURES
from recordings.qa.differences import FieldDifferences
from recordings.qa.record import (
    AlarmRecord,
    ApDistribution,
    DoseRecord,
    EndplateContact,
    Failed,
    LateralDistribution,
    LeakRecord,
    LevelRecord,
    ProcedureRecord,
)

Cell = str | float | int | bool | None
Kind = Literal["text", "number", "count", "yes or no"]
_KINDS: dict[type, Kind] = {str: "text", float: "number", int: "count", bool: "yes or no"}
_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?(e[-+]?\d+)?", re.ASCII)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its name without ending, its columns with what is in them, and its rows of a session."""

    name: str
    columns: dict[str, Kind]
    rows: Callable[[ProcedureRecord, FieldDifferences | None], Iterable[Sequence[Cell]]]


def _scalars(kind: type[msgspec.Struct], prefix: str = "") -> dict[str, Kind]:
    """The fields of a struct that hold one text or number, in their order."""
    hints = get_type_hints(kind)
    found = {}
    for name in kind.__struct_fields__:
        wanted = hints[name]
        if get_origin(wanted) in (Union, types.UnionType):
            wanted = next(part for part in get_args(wanted) if part is not type(None))
        if get_origin(wanted) is Literal:
            wanted = str
        if wanted in _KINDS:
            found[name if name.startswith(prefix) else f"{prefix}{name}"] = _KINDS[wanted]
    return found


def _values(held: msgspec.Struct | None, kind: type[msgspec.Struct]) -> list[Cell]:
    return [None if held is None else getattr(held, name) for name in _scalars(kind)]


_WHOSE: dict[str, Kind] = {"session_id": "text", "day": "text", "patient": "text", "operator": "text"}
_RUN: dict[str, Kind] = {
    "frames": "count", "frames_unread": "count", "duration_s": "number", "monitored": "yes or no",
    "monitored_fraction": "number", "beam_on_s": "number", "rows": "count", "columns": "count",
    "mm_per_px": "number", "source": "text", "live_version": "text", "software_version": "text",
    "folder": "text",
}  # fmt: skip
_PARTS: dict[str, type[msgspec.Struct]] = {
    "lateral": LateralDistribution, "ap": ApDistribution, "superior_endplate": EndplateContact,
    "inferior_endplate": EndplateContact,
}  # fmt: skip


def _whose(record: ProcedureRecord) -> list[Cell]:
    return [getattr(record, name) for name in _WHOSE]


def _level_columns() -> dict[str, Kind]:
    columns = dict(_WHOSE) | _scalars(LevelRecord) | {"views": "text"}
    for prefix, kind in _PARTS.items():
        columns |= _scalars(kind, f"{prefix}_")
    for structure in STRUCTURES:
        columns |= {f"closest_{structure}_{end}": "number" for end in ("mm", "low_mm", "time_s")}
    columns |= {
        "leaks": "text", "alarms_high": "count", "alarms_medium": "count", "alarms_acknowledged": "count",
        "reaction_median_s": "number", "unmeasured": "text", "notes": "text",
    }  # fmt: skip
    columns |= {f"procedure_{name}": kind for name, kind in _RUN.items()}
    return columns | _scalars(DoseRecord, "dose_") | {"procedure_problems": "text"}


def _levels(record: ProcedureRecord, _: FieldDifferences | None) -> Iterator[list[Cell]]:
    for level in record.levels:
        row = [*_whose(record), *_values(level, LevelRecord), _list(level.views)]
        for prefix, kind in _PARTS.items():
            row += _values(getattr(level, prefix), kind)
        near = {closest.structure: closest for closest in level.closest}
        for structure in STRUCTURES:
            found = near.get(structure)
            row += [None] * 3 if found is None else [found.value_mm, found.low_mm, found.time_s]
        # a log that cannot be read leaves alarms unknown, and no watched time either
        known = record.monitored_fraction is not None
        own = [one for one in record.alarms if one.level == level.level and one.kind == "clinical"]
        reactions = [one.reaction_s for one in own if one.reaction_s is not None]
        row += [
            _list(leak.leak_class for leak in level.leaks),
            *([_count(own, "high"), _count(own, "medium")] if known else [None, None]),
            sum(one.acknowledged_s is not None for one in own) if known else None,
            median(reactions) if reactions else None,
            _list(level.unmeasured),
            _list(level.notes),
        ]
        row += [getattr(record, name) for name in _RUN]
        yield [*row, *_values(record.dose, DoseRecord), _list(record.problems)]


def _count(alarms: Sequence[AlarmRecord], priority: str) -> int:
    return sum(alarm.priority.lower() == priority for alarm in alarms)


def _list(texts: Iterable[str]) -> str | None:
    return "; ".join(texts) or None


def _leaks(record: ProcedureRecord, _: FieldDifferences | None) -> Iterator[list[Cell]]:
    for level in record.levels:
        for leak in level.leaks:
            yield [*_whose(record), level.level, *_values(leak, LeakRecord)]


def _alarms(record: ProcedureRecord, _: FieldDifferences | None) -> Iterator[list[Cell]]:
    for alarm in record.alarms:
        yield [*_whose(record), *_values(alarm, AlarmRecord)]


def _differences(record: ProcedureRecord, _: FieldDifferences | None) -> Iterator[list[Cell]]:
    for one in record.differences:
        yield [
            record.session_id, record.day, one.level, one.field, one.logged, one.now,
            _delta(one.logged, one.now), record.live_version, record.software_version,
        ]  # fmt: skip


def _delta(logged: str | None, now: str | None) -> float | None:
    with suppress(TypeError, ValueError):
        return round(float(now) - float(logged), 6)  # type: ignore[arg-type]
    return None


def _again(record: ProcedureRecord, fields: FieldDifferences | None) -> Iterator[list[Cell]]:
    if fields is None:
        return
    ends: list[Cell] = [record.live_version, record.software_version]
    head: list[Cell] = [record.session_id, record.day, fields.monitored, fields.steps, fields.same]
    for one in fields.fields:
        yield [
            *head, one.level, one.field, one.steps, one.first_frame, one.logged, one.now, one.largest, None,
            *ends,
        ]  # fmt: skip
    if not fields.fields:
        yield [*head, *[None] * 8, *ends]
    for why in fields.not_repeated:
        yield [*head, *[None] * 7, why, *ends]


_DIFFERENCES: dict[str, Kind] = {
    "session_id": "text", "day": "text", "level": "text", "field": "text", "logged": "text", "now": "text",
    "delta": "number",
}  # fmt: skip
_REANALYSIS: dict[str, Kind] = {
    "session_id": "text", "day": "text", "monitored": "yes or no", "steps": "count", "steps_same": "count",
    "level": "text", "field": "text", "steps_differing": "count", "first_frame": "count", "logged": "text",
    "now": "text", "largest_difference": "number", "not_repeated": "text",
}  # fmt: skip
_LEVEL: dict[str, Kind] = {"level": "text"}
_VERSIONS: dict[str, Kind] = {"live_version": "text", "software_version": "text"}
TABLES = (
    Table("levels", _level_columns(), _levels),
    Table("leaks", _WHOSE | _LEVEL | _scalars(LeakRecord), _leaks),
    Table("alarms", _WHOSE | _scalars(AlarmRecord), _alarms),
    Table("differences", _DIFFERENCES | _VERSIONS, _differences),
)
REANALYSIS = Table("reanalysis", _REANALYSIS | _VERSIONS, _again)
FAILED = Table("failed", {"folder": "text", "why": "text"}, lambda *_: ())


def write_tables(
    folder: Path,
    tables: Sequence[Table],
    records: Callable[[], Iterable[tuple[ProcedureRecord, FieldDifferences | None]]],
    failed: Sequence[Failed],
    *,
    parquet: bool = False,
) -> None:
    """Write all tables; each is there whole or as before. No more than one record is in memory.

    Parameters
    ----------
    records : callable
        Gives the records, each time anew.
    parquet : bool
        Write Parquet files beside, with types; texts stand in them as they are.

    Raises
    ------
    OSError
        A table cannot be written.
    """
    with ExitStack() as stack:
        written = []
        for table in tables:
            new = folder / f".{table.name}.csv.new"
            stack.callback(new.unlink, missing_ok=True)
            file = stack.enter_context(_opened(new))
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(table.columns)
            written.append((table, new, file, writer))
        for record, fields in records():
            for table, _, _, writer in written:
                writer.writerows(plain_row(row) for row in table.rows(record, fields))
        for table, new, file, _ in written:
            file.flush()
            os.fsync(file.fileno())
            new.replace(folder / f"{table.name}.csv")
        _write_failed(folder, failed)
        flush_folder(folder)
    if parquet:
        for table in tables:
            _write_parquet(folder, table, records)


def plain(cell: Cell) -> str | float | int | None:
    """A cell as it is written."""
    if isinstance(cell, bool):
        return int(cell)
    if isinstance(cell, float):
        return f"{cell:.7g}" if math.isfinite(cell) else None
    if isinstance(cell, str) and cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell


def plain_row(row: Iterable[Cell]) -> list[str | float | int | None]:
    """A row as it is written."""
    return [plain(cell) for cell in row]


def _write_failed(folder: Path, failed: Sequence[Failed]) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(FAILED.columns)
    writer.writerows(plain_row((one.folder, one.why)) for one in failed)
    write_whole(folder / "failed.csv", text.getvalue().encode("utf-8", "backslashreplace"))


def _write_parquet(
    folder: Path,
    table: Table,
    records: Callable[[], Iterable[tuple[ProcedureRecord, FieldDifferences | None]]],
) -> None:
    import polars

    kinds = {
        "text": polars.String, "number": polars.Float64, "count": polars.Int64, "yes or no": polars.Boolean,
    }  # fmt: skip
    rows = [row for record, fields in records() for row in table.rows(record, fields)]
    schema = {name: kinds[kind] for name, kind in table.columns.items()}
    new = folder / f".{table.name}.parquet.new"
    try:
        with os.fdopen(
            os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb"
        ) as file:
            polars.DataFrame(rows, schema=schema, orient="row").write_parquet(file)
        new.replace(folder / f"{table.name}.parquet")
    finally:
        new.unlink(missing_ok=True)


def _opened(path: Path) -> TextIO:
    """A file to be written, its owner's alone; what cannot be written in UTF-8 is escaped."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    return os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace", newline="")
