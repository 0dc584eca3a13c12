"""A registry as tables, for whoever goes on with other tools: CSV, or Parquet, which keeps types.

Unknown is an empty cell, or null. Units are in the names of the columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from io import BytesIO
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from calibration.whole_file import write_whole
from monitor.errors import OutputError
from recordings.cohort.figures import Cohort
from recordings.cohort.moments import day_of
from recordings.cohort.registry import Registry
from recordings.cohort.rows import FACTORS
from recordings.cohort.tables import BY_HAND
from recordings.qa.record import LevelRecord, ProcedureRecord

if TYPE_CHECKING:
    import polars as pl

TEXT, WHOLE, REAL, FLAG, DAY = "text", "whole", "real", "flag", "day"
_FORMULA = r"^[=+\-@\t\r\n]"
_KEY = (("session_id", TEXT),)
_PROCEDURE = (
    ("day", DAY), ("patient", TEXT), ("operator", TEXT), ("source", TEXT), ("live_version", TEXT),
    ("software_version", TEXT), ("mm_per_px", REAL), ("frames", WHOLE), ("frames_unread", WHOLE),
    ("duration_s", REAL), ("monitored", FLAG), ("monitored_fraction", REAL), ("beam_on_s", REAL),
)  # fmt: skip
_DOSE = (("dose_area_product_gy_m2", REAL), ("reference_point_dose_gy", REAL), ("fluoroscopy_s", REAL))
_LEVEL = (
    ("level", TEXT), ("region", TEXT), ("pathology", TEXT), ("posterior_wall_defect", FLAG),
    ("planned_ml", REAL), ("injected_ml", REAL), ("volume_ml", REAL), ("volume_sd_ml", REAL),
    ("volume_low_ml", REAL), ("volume_high_ml", REAL), ("volume_relative", FLAG),
    ("volume_method", TEXT), ("fill_fraction", REAL),
    ("area_mm2", REAL), ("outside_mm2", REAL), ("front_speed_mm_s", REAL), ("first_warning_s", REAL),
    ("injection_start_s", REAL), ("injection_stop_s", REAL), ("warning_to_stop_s", REAL),
    ("monitored_fraction", REAL),
)  # fmt: skip
_LATERAL = tuple((name, REAL) for name in ("anterior", "middle", "posterior", "upper", "central", "lower"))
_AP = (
    ("image_left", REAL), ("image_right", REAL), ("symmetry", REAL), ("crosses_midline", FLAG),
    ("upper", REAL), ("central", REAL), ("lower", REAL),
)  # fmt: skip
_CONTACT = (("contact", FLAG), ("length_fraction", REAL))
_PARTS = (
    ("lateral", _LATERAL), ("ap", _AP), ("superior_endplate", _CONTACT), ("inferior_endplate", _CONTACT)
)  # fmt: skip
_LEAK = (
    ("leak_class", TEXT), ("onset_s", REAL), ("area_mm2", REAL), ("volume_ml", REAL),
    ("volume_relative", FLAG), ("detached", FLAG), ("ambiguous_with", TEXT), ("view", TEXT), ("told", FLAG),
)  # fmt: skip
_ALARM = (
    ("rule", TEXT), ("kind", TEXT), ("priority", TEXT), ("level", TEXT), ("structure", TEXT),
    ("raised_s", REAL), ("escalated_s", REAL), ("acknowledged_s", REAL), ("cleared_s", REAL),
    ("reaction_s", REAL), ("message", TEXT),
)  # fmt: skip
_CT_LEVEL = (
    ("level", TEXT),
    ("volume_ml", REAL),
    ("volume_sd_ml", REAL),
    ("within_ml", REAL),
    ("outside_ml", REAL),
)
_STRUCTURES = (
    "posterior_wall", "anterior_wall", "superior_endplate", "inferior_endplate", "vein", "foramen"
)  # fmt: skip
_CLOSEST = tuple(
    (f"closest_{name}_{what}", REAL) for name in _STRUCTURES for what in ("mm", "low_mm", "s")
)  # fmt: skip

COLUMNS: dict[str, tuple[tuple[str, str], ...]] = {
    "procedures": (*_KEY, *_PROCEDURE, *_DOSE),
    "levels": (
        *_KEY, *_LEVEL, *((f"{part}_{name}", kind) for part, names in _PARTS for name, kind in names),
        *_CLOSEST,
    ),
    "leaks": (*_KEY, ("level", TEXT), *_LEAK),
    "alarms": (*_KEY, *_ALARM),
    "follow_up": (("patient", TEXT), ("score", TEXT), ("moment", TEXT), ("value", REAL)),
    "risks": (
        ("patient", TEXT), ("level", TEXT), ("pathology", TEXT), ("posterior_wall_defect", FLAG),
        *((name, FLAG) for name in FACTORS),
    ),
    "ct": (
        ("series", TEXT), ("session_id", TEXT), ("patient", TEXT), ("day", DAY), *_CT_LEVEL,
        ("leak_classes", TEXT),
    ),
}  # fmt: skip
"""Tables, and the kind of each of their columns."""
Cells = dict[str, list[Any]]


def write_cohort_json(path: Path, cohort: Cohort) -> None:
    """Write ``cohort.json``, indented, ending in a newline; unknown is null. Raises `OutputError`."""
    _write(path, msgspec.json.format(msgspec.json.encode(cohort), indent=1) + b"\n")


def export_tables(registry: Registry, out: Path, *, csv: bool, parquet: bool) -> tuple[Path, ...]:
    """Write every table of a registry, as it stands at one moment, into a folder.

    Raises
    ------
    OutputError
        A file cannot be written.
    SourceError
        The registry cannot be read; then nothing is written.
    """
    with registry.snapshot():
        tables = tables_of(registry)
    return write_tables(tables, out, csv=csv, parquet=parquet)


def write_tables(
    tables: Mapping[str, pl.DataFrame], out: Path, *, csv: bool, parquet: bool
) -> tuple[Path, ...]:
    """Write tables by their names into a folder, made where there is none. Raises `OutputError`."""
    files = [(f"{name}.csv", to_csv(table)) for name, table in tables.items() if csv]
    files += [(f"{name}.parquet", to_parquet(table)) for name, table in tables.items() if parquet]
    try:
        out.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{out}: cannot be made: {error.strerror or error}") from error
    for name, data in files:
        _write(out / name, data)
    return tuple(out / name for name, _ in files)


def tables_of(registry: Registry) -> dict[str, pl.DataFrame]:
    """All tables of a registry; an empty one has its columns all the same."""
    cells: dict[str, Cells] = {
        name: {column: [] for column, _ in columns} for name, columns in COLUMNS.items()
    }
    for record in registry.each_record():
        _add_procedure(cells, record)
    for follow_up in registry.follow_up_rows():
        _add(cells["follow_up"], msgspec.structs.asdict(follow_up))
    for risk in registry.risk_rows():
        _add(cells["risks"], msgspec.structs.asdict(risk) | risk.factors)
    for row in registry.ct_rows():
        head = {
            "series": row.record.series, "session_id": row.session_id, "patient": row.record.patient,
            "day": row.record.day,
        }  # fmt: skip
        for level in row.record.levels:
            classes = "+".join(sorted({leak.leak_class for leak in level.leaks}))
            _add(cells["ct"], head | msgspec.structs.asdict(level) | {"leak_classes": classes})
    return {name: _frame(name, held) for name, held in cells.items()}


def to_csv(table: pl.DataFrame) -> bytes:
    """UTF-8, commas, points, days as ``YYYY-MM-DD``, ``true`` and ``false``.

    A text that a spreadsheet would take for a formula begins with an apostrophe.
    """
    import polars as pl

    texts = pl.col(pl.String)
    marked = pl.when(texts.str.contains(_FORMULA)).then(pl.lit("'") + texts).otherwise(texts)
    return table.with_columns(marked.name.keep()).write_csv().encode()


def to_parquet(table: pl.DataFrame) -> bytes:
    """Compressed with Zstandard."""
    buffer = BytesIO()
    table.write_parquet(buffer, compression="zstd")
    return buffer.getvalue()


def _add_procedure(cells: dict[str, Cells], record: ProcedureRecord) -> None:
    dose = {} if record.dose is None else msgspec.structs.asdict(record.dose)
    named = msgspec.structs.asdict(record)
    _add(cells["procedures"], {name: dose.get(name) for name, _ in _DOSE} | named)
    key = {"session_id": record.session_id}
    for level in record.levels:
        _add(cells["levels"], key | dict(_level_cells(level)))
        for leak in level.leaks:
            told = key | {"level": level.level} | msgspec.structs.asdict(leak)
            unknown = {"onset_s": None, "area_mm2": None} if record.source == BY_HAND else {}
            _add(cells["leaks"], told | unknown)
    for alarm in record.alarms:
        _add(cells["alarms"], key | msgspec.structs.asdict(alarm))


def _level_cells(level: LevelRecord) -> Iterator[tuple[str, Any]]:
    yield from msgspec.structs.asdict(level).items()
    for part, names in _PARTS:
        held = getattr(level, part)
        yield from ((f"{part}_{name}", None if held is None else getattr(held, name)) for name, _ in names)
    for closest in level.closest:
        for what, value in (("mm", closest.value_mm), ("low_mm", closest.low_mm), ("s", closest.time_s)):
            yield f"closest_{closest.structure}_{what}", value


def _add(cells: Cells, told: dict[str, Any]) -> None:
    for column, values in cells.items():
        values.append(told.get(column))


def _frame(name: str, cells: Cells) -> pl.DataFrame:
    import polars as pl

    kinds = {TEXT: pl.String, WHOLE: pl.Int64, REAL: pl.Float64, FLAG: pl.Boolean, DAY: pl.Date}
    columns = COLUMNS[name]
    data = {
        column: [day_of(value or "") for value in cells[column]]
        if kind == DAY
        else [None if value is None or not isfinite(value) else float(value) for value in cells[column]]
        if kind == REAL
        else cells[column]
        for column, kind in columns
    }
    return pl.DataFrame(data, schema={column: kinds[kind] for column, kind in columns})


def _write(path: Path, data: bytes) -> None:
    try:
        write_whole(path, data)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from error
