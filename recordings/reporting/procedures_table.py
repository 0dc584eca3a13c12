"""The procedures of a cohort, one in each row."""

from __future__ import annotations

from collections.abc import Sequence

from recordings.qa.record import LevelRecord, ProcedureRecord
from recordings.reporting.page import Cell, Column, Table, cell
from recordings.reporting.words import NBSP, NONE_DETECTED, UNKNOWN, leak_words, number, percent, short_names


def procedure_table(records: Sequence[ProcedureRecord]) -> Table:
    """The procedures, each with a link to its own report."""
    ordered = sorted(records, key=lambda record: (record.day is None, record.day or "", record.session_id))
    names = short_names([record.session_id for record in ordered])
    return Table(
        "procedures",
        f"Procedures ({len(ordered)})",
        (
            Column("session"),
            Column("day"),
            Column("operator"),
            Column("levels"),
            Column("cement", True),
            Column("leaks, in projection"),
            Column("nearest to posterior wall", True),
            Column("alarms", True),
            Column("monitored", True),
        ),
        tuple(_procedure_row(record, names[record.session_id]) for record in ordered),
        "No session was measured.",
        "Alarms: clinical ones of HIGH or MEDIUM priority. rel.: not calibrated, no millilitres.",
        live=True,
    )


def _short_volume(level: LevelRecord) -> str:
    if level.volume_ml is None:
        return UNKNOWN
    return number(level.volume_ml, 2, "rel." if level.volume_relative else "mL")


def _procedure_row(record: ProcedureRecord, name: str) -> tuple[Cell, ...]:
    levels = record.levels
    leaks = dict.fromkeys(leak_words(leak.leak_class) for level in levels for leak in level.leaks)
    if leaks:
        leak_cell = cell(", ".join(leaks), tone="high")
    else:
        seen = any(level.views for level in levels)
        leak_cell = cell(NONE_DETECTED.replace(" ", NBSP) if seen else UNKNOWN)
    near = [one.value_mm for level in levels for one in level.closest if one.structure == "posterior_wall"]
    volumes = [
        level.volume_ml for level in levels if level.volume_ml is not None and not level.volume_relative
    ]
    whole = sum(volumes) if volumes and len(volumes) == len(levels) else None
    alarms = sum(
        one.kind == "clinical" and one.priority.lower() in ("high", "medium") for one in record.alarms
    )
    monitored = record.monitored_fraction
    return (
        Cell(name, name, href=f"procedures/{record.session_id}/report.html"),
        cell(record.day or UNKNOWN), cell(record.operator or UNKNOWN),
        cell(", ".join(level.level for level in levels) or UNKNOWN),
        cell(", ".join(map(_short_volume, levels)) or UNKNOWN, whole), leak_cell,
        cell(number(min(near), 1, "mm"), min(near)) if near else cell(UNKNOWN),
        cell(str(alarms), alarms) if record.monitored else Cell("not monitored", None, "unknown"),
        cell(percent(monitored), monitored) if record.monitored else Cell("not monitored", None, "unknown"),
    )  # fmt: skip
