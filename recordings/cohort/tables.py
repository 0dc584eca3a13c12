"""What rows of a table mean: scores, risks, and procedures entered by hand. Nothing is written here.

Patients are named by their id, of which only the keyed pseudonym is kept, or by the pseudonym itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from monitor.errors import SourceError
from recordings.cohort.csv_table import (
    BadRow,
    Row,
    RowProblem,
    Table,
    column_named,
    number,
    plain_text,
    read_table,
    yes_or_no,
)
from recordings.cohort.moments import day_of, moment_of
from recordings.cohort.names import CLASSES, PSEUDONYM, level_named, operator_pseudonym, region_of
from recordings.cohort.rows import FACTORS, SCORES, FollowUpRow, RiskRow
from recordings.deidentifying.secret import Secret
from recordings.qa.record import LeakRecord, LevelRecord, ProcedureRecord

BY_HAND = "entered by hand"
_MOST_ML = 50.0
_NO_LEAK = frozenset(("none", "no", "0", "keine", "kein", "nein"))
SecretOf = Callable[[], Secret]


@dataclass(frozen=True, slots=True)
class Imported:
    """What a table holds. `bad` rows are in none of the others."""

    path: Path
    follow_up: tuple[FollowUpRow, ...] = ()
    risks: tuple[RiskRow, ...] = ()
    procedures: tuple[ProcedureRecord, ...] = ()
    bad: tuple[BadRow, ...] = ()
    rows: int = 0
    unused: tuple[str, ...] = ()


def read_import(path: Path, secret: SecretOf) -> Imported:
    """Read a table of any of the three kinds, which its columns tell apart.

    Parameters
    ----------
    path : Path
    secret : callable
        Gives the key of pseudonyms; called where the table names patients or operators otherwise.

    Raises
    ------
    SourceError
        It cannot be read, or none of the kinds has such columns.
    """
    table = read_table(path)
    columns = table.columns
    scores = columns & set(SCORES) or {"score", "value"} <= columns
    if not columns & {"patient", "pseudonym"}:
        raise SourceError(f"{path}: no column names the patient (patient, or pseudonym)")
    if "leaks" in columns or "volume_ml" in columns:
        if scores:
            raise SourceError(f"{path}: has both leaks or volumes and scores: make it two tables")
        if not {"level", "leaks"} <= columns:
            raise SourceError(f"{path}: procedures entered by hand need the columns level and leaks")
        return _procedures(table, secret)
    if scores:
        if not columns & {"time", "date"}:
            raise SourceError(f"{path}: no column says when a score was taken (time, or date)")
        return _follow_up(table, secret)
    if columns & {"pathology", "posterior_wall_defect", *FACTORS}:
        return _risks(table, secret)
    raise SourceError(f"{path}: holds no scores ({', '.join(SCORES)}), risks or leaks")


def _patient(cells: Mapping[str, str], secret: SecretOf) -> str:
    if (pseudonym := cells.get("pseudonym")) is not None:
        if not PSEUDONYM.fullmatch(pseudonym):
            raise RowProblem("the pseudonym is none of this software (CW- and twelve letters or digits)")
        return pseudonym
    if (patient := cells.get("patient")) is None:
        raise RowProblem("does not say which patient")
    return secret().pseudonym(patient)


def _follow_up(table: Table, secret: SecretOf) -> Imported:
    bad = list(table.bad)
    found: dict[tuple[str, str, str], tuple[float, int]] = {}
    contradicted: set[tuple[str, str, str]] = set()
    for row in table.rows:
        try:
            patient = _patient(row.cells, secret)
            moment = _moment(row.cells)
            told = _scores(row.cells)
        except RowProblem as problem:
            bad.append(BadRow(row.line, str(problem)))
            continue
        for score, value in told.items():
            key = (patient, score, moment)
            held = found.setdefault(key, (value, row.line))
            if held[0] != value:
                contradicted.add(key)
                why = f"{score} {moment} is {value:g}, and {held[0]:g} on line {held[1]}"
                bad.append(BadRow(row.line, why))
    rows = tuple(
        FollowUpRow(patient=key[0], score=key[1], moment=key[2], value=value)
        for key, (value, _) in found.items()
        if key not in contradicted
    )
    return _imported(table, bad, follow_up=rows)


def _moment(cells: Mapping[str, str]) -> str:
    if (time := cells.get("time")) is not None:
        moment = moment_of(time)
        if moment is None:
            raise RowProblem(f"the time is not understood: {time[:40]!r} (before, 24 h, 3 months, ...)")
        return moment
    if (written := cells.get("date")) is None:
        raise RowProblem("does not say when")
    day = day_of(written)
    if day is None:
        raise RowProblem(f"the date is not understood: {written[:40]!r} (YYYY-MM-DD or DD.MM.YYYY)")
    return day.isoformat()


def _scores(cells: Mapping[str, str]) -> dict[str, float]:
    told = {name: cells[name] for name in SCORES if name in cells}
    if "score" in cells and "value" in cells:
        name = column_named(cells["score"])
        if name not in SCORES:
            raise RowProblem(f"the score is not known: {cells['score'][:40]!r} ({', '.join(SCORES)})")
        told.setdefault(name, cells["value"])
    values = {name: number(cell, name, *SCORES[name]) for name, cell in told.items()}
    if (step := values.get("analgesics")) is not None and step != int(step):
        raise RowProblem(f"analgesics is a step, 0 to 4, is {step:g}")
    return values


def _risks(table: Table, secret: SecretOf) -> Imported:
    bad = list(table.bad)
    found: dict[tuple[str, str | None], tuple[RiskRow, int]] = {}
    for row in table.rows:
        try:
            risk = _risk(row.cells, secret)
        except RowProblem as problem:
            bad.append(BadRow(row.line, str(problem)))
            continue
        held, line = found.setdefault((risk.patient, risk.level), (risk, row.line))
        if held != risk:
            bad.append(BadRow(row.line, f"says something else of the same level than line {line}"))
    contradicted = {row.line for row in bad}
    kept = tuple(risk for risk, line in found.values() if line not in contradicted)
    return _imported(table, bad, risks=kept)


def _risk(cells: Mapping[str, str], secret: SecretOf) -> RiskRow:
    return RiskRow(
        patient=_patient(cells, secret),
        level=_level(cells["level"]) if "level" in cells else None,
        pathology=_pathology(cells),
        posterior_wall_defect=_flag(cells, "posterior_wall_defect"),
        factors={name: yes_or_no(cells[name], name) for name in FACTORS if name in cells},
    )


def _level(cell: str) -> str:
    name = level_named(cell)
    if name is None:
        raise RowProblem(f"no such level: {cell[:40]!r}")
    return name


def _pathology(cells: Mapping[str, str]) -> str | None:
    return plain_text(cells["pathology"], "pathology").casefold() if "pathology" in cells else None


def _flag(cells: Mapping[str, str], name: str) -> bool | None:
    return yes_or_no(cells[name], name) if name in cells else None


def _procedures(table: Table, secret: SecretOf) -> Imported:
    """One row per level; rows of one session, or of one patient on one day, are one procedure."""
    bad = list(table.bad)
    found: dict[str, tuple[ProcedureRecord, tuple[LevelRecord, ...]]] = {}
    for row in table.rows:
        try:
            head, level = _procedure(row, secret)
            held, levels = found.get(head.session_id, (head, ()))
            if held != head:
                raise RowProblem("another patient, day or operator than the row of the same session before")
            if any(one.level == level.level for one in levels):
                # which of them is true is not known: neither is kept
                found[head.session_id] = (held, tuple(one for one in levels if one.level != level.level))
                raise RowProblem(f"{level.level} is there twice in the same session")
        except RowProblem as problem:
            bad.append(BadRow(row.line, str(problem)))
            continue
        found[head.session_id] = (held, (*levels, level))
    records = tuple(msgspec.structs.replace(head, levels=levels) for head, levels in found.values())
    return _imported(table, bad, procedures=records)


def _procedure(row: Row, secret: SecretOf) -> tuple[ProcedureRecord, LevelRecord]:
    cells = row.cells
    patient = _patient(cells, secret)
    day = None
    if "date" in cells:
        read = day_of(cells["date"])
        if read is None:
            raise RowProblem(f"the date is not understood: {cells['date'][:40]!r}")
        day = read.isoformat()
    if "level" not in cells:
        raise RowProblem("does not say which level")
    if "leaks" not in cells:
        raise RowProblem("does not say whether it leaked (none, or the classes)")
    name = _level(cells["level"])
    if "session" in cells:
        # of a foreign list: it may be an id that is known elsewhere
        session = f"hand-{secret().token('session', cells['session'])[:16]}"
    else:
        session = f"hand-{hashlib.sha256(f'{patient} {day}'.encode()).hexdigest()[:16]}"
    volume_ml = number(cells["volume_ml"], "the volume", 0.0, _MOST_ML) if "volume_ml" in cells else None
    head = ProcedureRecord(
        session_id=session, folder="", day=day, patient=patient, source=BY_HAND,
        operator=operator_pseudonym(secret(), cells["operator"]) if "operator" in cells else None,
    )  # fmt: skip
    return head, hand_level(
        name, _leaks(cells["leaks"]), volume_ml=volume_ml, pathology=_pathology(cells),
        posterior_wall_defect=_flag(cells, "posterior_wall_defect"),
    )  # fmt: skip


def _leaks(cell: str) -> tuple[str, ...]:
    if cell.casefold() in _NO_LEAK:
        return ()
    words = [word.strip().casefold().replace(" ", "_") for word in cell.replace("|", "+").split("+")]
    for word in words:
        if word not in CLASSES:
            raise RowProblem(
                f"no class of leaks: {word[:40]!r} (none, or some of {', '.join(CLASSES)}, with +)"
            )
    return tuple(dict.fromkeys(words))


def hand_level(
    level: str, leaks: tuple[str, ...], *, volume_ml: float | None = None, pathology: str | None = None,
    posterior_wall_defect: bool | None = None,
) -> LevelRecord:  # fmt: skip
    """A level of which somebody has told what came of it, and nothing was measured.

    Onset and area of its leaks are not known. A record has to state them: they are 0 there, are NULL in the
    tables of the registry, and are in no figure.
    """
    return LevelRecord(
        level=level, region=region_of(level), views=(BY_HAND,), pathology=pathology,
        posterior_wall_defect=posterior_wall_defect, volume_ml=volume_ml,
        volume_method=None if volume_ml is None else BY_HAND,
        leaks=tuple(LeakRecord(leak_class=name, onset_s=0.0, area_mm2=0.0, view=BY_HAND) for name in leaks),
    )  # fmt: skip


def _imported(
    table: Table, bad: list[BadRow], *, follow_up: tuple[FollowUpRow, ...] = (),
    risks: tuple[RiskRow, ...] = (), procedures: tuple[ProcedureRecord, ...] = (),
) -> Imported:  # fmt: skip
    rows = len(table.rows) + len(table.bad)
    return Imported(
        table.path,
        follow_up,
        risks,
        procedures,
        tuple(sorted(bad, key=lambda row: row.line)),
        rows,
        table.unused,
    )
