"""The procedures of a cohort, one in each row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from recordings.cohort.tables import BY_HAND
from recordings.qa.record import LevelRecord, ProcedureRecord
from recordings.reporting.page import Cell, Column, Table, cell
from recordings.reporting.words import NBSP, NONE_DETECTED, UNKNOWN, leak_words, number, percent, short_names


@dataclass(frozen=True, slots=True)
class ProcedureRow:
    """A procedure as the table has it: all cells but the first."""

    session_id: str
    day: str | None
    cells: tuple[Cell, ...]


def procedure_table(rows: Sequence[ProcedureRow], has_report: Callable[[str], bool]) -> Table:
    """The procedures by day, each with a link to its own report where there is one."""
    ordered = sorted(rows, key=lambda row: (row.day is None, row.day or "", row.session_id))
    names = short_names([row.session_id for row in ordered])
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
        tuple((_first(row, names[row.session_id], has_report), *row.cells) for row in ordered),
        "No session was measured.",
        "Alarms: clinical ones of HIGH or MEDIUM priority. rel.: not calibrated, no millilitres.",
        live=True,
    )


def _first(row: ProcedureRow, name: str, has_report: Callable[[str], bool]) -> Cell:
    link = f"procedures/{row.session_id}/report.html" if has_report(row.session_id) else None
    return Cell(name, name, href=link)


def _short_volume(level: LevelRecord) -> str:
    if level.volume_ml is None:
        return UNKNOWN
    return number(level.volume_ml, 2, "rel." if level.volume_relative else "mL")


def procedure_row(record: ProcedureRecord) -> ProcedureRow:
    """What the table says of a procedure."""
    levels, by_hand = record.levels, record.source == BY_HAND
    leaks = dict.fromkeys(leak_words(leak.leak_class) for level in levels for leak in level.leaks)
    if leaks:
        leak_cell = cell(", ".join(leaks), tone="high")
    else:
        seen = any(level.views for level in levels)
        unseen = f"; {', '.join(level.level for level in levels if not level.views)}: {UNKNOWN}"
        none = NONE_DETECTED.replace(" ", NBSP) + (unseen if any(not level.views for level in levels) else "")
        noted = f"none,{NBSP}as{NBSP}entered" if by_hand and levels else none
        leak_cell = cell(noted if seen else UNKNOWN)
    near = [one.value_mm for level in levels for one in level.closest if one.structure == "posterior_wall"]
    volumes = [
        level.volume_ml for level in levels if level.volume_ml is not None and not level.volume_relative
    ]
    whole = sum(volumes) if volumes and len(volumes) == len(levels) else None
    alarms = sum(
        one.kind == "clinical" and one.priority.lower() in ("high", "medium") for one in record.alarms
    )
    monitored = record.monitored_fraction
    unwatched = Cell(UNKNOWN if by_hand else "not monitored", None, "unknown")
    cells = (
        cell(record.day or UNKNOWN), cell(record.operator or UNKNOWN),
        cell(", ".join(level.level for level in levels) or UNKNOWN),
        cell(", ".join(map(_short_volume, levels)) or UNKNOWN, whole), leak_cell,
        cell(number(min(near), 1, "mm"), min(near)) if near else cell(UNKNOWN),
        cell(str(alarms), alarms) if record.monitored else unwatched,
        cell(percent(monitored), monitored) if record.monitored else unwatched,
    )  # fmt: skip
    return ProcedureRow(record.session_id, record.day, cells)
