"""Reads tables as spreadsheets write them: commas or semicolons, a mark of byte order, German headings.

Nothing is guessed about a row: what does not fit is named with its line, and why.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from monitor.errors import SourceError
from monitor.small_file import read_small

MOST_BYTES, MOST_ROWS = 1 << 25, 200_000
_LONGEST_CELL = 1000
_NUMBER = re.compile(r"[+-]?(?:\d{1,6}(?:[.,]\d{1,6})?|[.,]\d{1,6})%?")
_UNKNOWN = frozenset(("", "-", "--", "?", "na", "n/a", "n.a.", "nan", "null", "unknown", "missing",
                      "k.a.", "ka", "unbekannt", "fehlt"))  # fmt: skip
_YES = frozenset("yes y true 1 x ja j wahr".split())
_NO = frozenset("no n false 0 nein falsch".split())

_NAMES = {
    "patient": "patient patientid patid pid patientenid patientennummer patientennr patnr",
    "pseudonym": "pseudonym pseudonymid",
    "session": "session sessionid sitzung",
    "operator": "operator operateur surgeon",
    "time": "time timepoint visit when followup zeitpunkt messzeitpunkt termin visite",
    "date": "date day datum visitdate untersuchungsdatum opdatum",
    "score": "score scale measure instrument skala fragebogen",
    "value": "value result points wert ergebnis punkte",
    "VAS": "vas vaspain painvas pain schmerz schmerzvas vasschmerz",
    "ODI": "odi odipercent odiprozent oswestry",
    "EQ-5D": "eq5d eq5dindex eq5d3l eq5d5l",
    "analgesics": "analgesics analgesia analgetika schmerzmittel who whostufe wholadder whostep",
    "level": "level vertebra wirbel wirbelkorper hohe segment",
    "pathology": "pathology diagnosis pathologie diagnose",
    "posterior_wall_defect": "posteriorwalldefect posteriorwall walldefect hinterkantendefekt "
    "hinterwanddefekt hinterkante",
    "osteolysis": "osteolysis osteolytic osteolyse osteolytisch",
    "retropulsed_fragment": "retropulsedfragment retropulsion hinterkantenfragment",
    "epidural_tumour": "epiduraltumour epiduraltumor epiduralertumor",
    "pedicle_lysis": "pediclelysis pedikellyse",
    "burst_fracture": "burstfracture berstungsfraktur",
    "severe_height_loss": "severeheightloss hohenverlust",
    "no_oedema": "nooedema noedema keinodem",
    "cardiopulmonary_disease": "cardiopulmonarydisease kardiopulmonaleerkrankung",
    "cord_compression": "cordcompression myelonkompression",
    "coagulopathy": "coagulopathy gerinnungsstorung",
    "infection": "infection infektion",
    "volume_ml": "volumeml volume volumen volumenml",
    "leaks": "leaks leak leakclass leakclasses leckage leckagen",
}
_COLUMNS = {word: name for name, words in _NAMES.items() for word in words.split()}


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be taken."""

    line: int
    why: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.why}"


class RowProblem(Exception):
    """Why a row cannot be taken; becomes a `BadRow`."""


@dataclass(frozen=True, slots=True)
class Row:
    """Cells that are not empty, by the name of their column, and the line that the row begins on."""

    line: int
    cells: Mapping[str, str]


@dataclass(slots=True)
class Table:
    """A table as read.

    Parameters
    ----------
    path : Path
    columns : frozenset of str
        Those that are known, by the names that they have here.
    unused : tuple of str
        Headings that mean nothing here.
    rows : list of Row
    bad : list of BadRow
    """

    path: Path
    columns: frozenset[str]
    unused: tuple[str, ...]
    rows: list[Row] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)


def read_table(path: Path) -> Table:
    """Read a table.

    Raises
    ------
    SourceError
        It cannot be read, is no table, is too large, or has a heading twice.
    """
    try:
        text = _decoded(read_small(path, MOST_BYTES))
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror or error}") from error
    if "\0" in text:
        raise SourceError(f"{path}: not a table of text")
    lines = text.splitlines()
    first = next((line for line in lines if line.strip()), None)
    if first is None:
        raise SourceError(f"{path}: empty")
    separator = max(";\t,", key=first.count)
    reader = csv.reader(text.splitlines(keepends=True), delimiter=separator, strict=True)
    table: Table | None = None
    headings: list[str | None] = []
    begins = 1
    try:
        for cells in reader:
            line, begins = begins, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if table is None:
                headings = [_COLUMNS.get(_folded(cell)) for cell in cells]
                table = _headed(path, cells, headings)
                continue
            if len(table.rows) + len(table.bad) >= MOST_ROWS:
                raise SourceError(f"{path}: more than {MOST_ROWS} rows")
            while len(cells) > len(headings) and not cells[-1].strip():
                cells.pop()
            if len(cells) > len(headings):
                table.bad.append(BadRow(line, f"has {len(cells)} cells, the heading has {len(headings)}"))
            elif any(len(cell) > _LONGEST_CELL for cell in cells):
                table.bad.append(BadRow(line, "a cell is too long"))
            else:
                pairs = zip(headings, cells, strict=False)
                told = {name: cell.strip() for name, cell in pairs if name is not None and not unknown(cell)}
                table.rows.append(Row(line, told))
    except csv.Error as error:
        raise SourceError(f"{path}: line {reader.line_num}: {error}") from error
    if table is None:
        raise SourceError(f"{path}: empty")
    return table


def _headed(path: Path, cells: Iterable[str], headings: list[str | None]) -> Table:
    known = [name for name in headings if name is not None]
    for name in known:
        if known.count(name) > 1:
            raise SourceError(f"{path}: two columns are {name}")
    unused = tuple(
        cell.strip() for cell, name in zip(cells, headings, strict=True) if name is None and cell.strip()
    )
    return Table(path, frozenset(known), unused)


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")  # what spreadsheets on Windows write


def _folded(heading: str) -> str:
    bare = unicodedata.normalize("NFKD", heading.casefold())
    return "".join(c for c in bare if c.isalnum() and not unicodedata.combining(c))


def column_named(text: str) -> str | None:
    """The column that a heading means; None: none."""
    return _COLUMNS.get(_folded(text))


def unknown(cell: str) -> bool:
    """Whether a cell says that something is not known."""
    return cell.strip().casefold() in _UNKNOWN


def number(cell: str, name: str, least: float, most: float) -> float:
    """A number with a point or a comma. Raises `RowProblem`."""
    words = cell.replace(" ", "").replace("\u2212", "-")
    if not _NUMBER.fullmatch(words):
        raise RowProblem(f"{name} is no number: {cell[:40]!r}")
    value = float(words.rstrip("%").replace(",", "."))
    if not least <= value <= most:
        raise RowProblem(f"{name} must be {least:g} to {most:g}, is {value:g}")
    return value


def yes_or_no(cell: str, name: str) -> bool:
    """Raises `RowProblem`."""
    word = cell.casefold()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise RowProblem(f"{name} must be yes or no, is {cell[:40]!r}")


def plain_text(cell: str, name: str, longest: int = 60) -> str:
    """Words on one line. Raises `RowProblem`."""
    words = " ".join(cell.split())
    if len(words) > longest or not words.isprintable():
        raise RowProblem(f"{name} is longer than {longest} letters, or no plain text")
    return words
