"""The parts that a page is put together from. Words and figures are ready; templates only lay them out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from recordings.reporting.charts import Chart
from recordings.reporting.words import UNKNOWN

Tone = Literal["", "unknown", "high", "medium", "low"]


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table.

    Parameters
    ----------
    text : str
    sort : float or str or None
        What it is sorted by; None: behind everything that is known.
    tone : {"", "unknown", "high", "medium", "low"}
    href : str or None
        A relative link.
    """

    text: str
    sort: float | str | None = None
    tone: Tone = ""
    href: str | None = None


def cell(text: str, sort: float | str | None = None, tone: Tone = "") -> Cell:
    """A cell that is sorted by its text where nothing else is given, and is faint where it is unknown."""
    if text == UNKNOWN:
        return Cell(text, None, "unknown")
    return Cell(text, text if sort is None else sort, tone)


@dataclass(frozen=True, slots=True)
class Column:
    """Head of a column; figures are set to the right."""

    title: str
    figure: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table.

    Parameters
    ----------
    name : str
        Unique on the page, of letters and dashes.
    title : str
    columns : tuple of Column
    rows : tuple of tuple of Cell
    empty : str
        What is said in its place where there are no rows.
    note : str
        A line below it.
    notes : tuple of str
        Numbered below it; cells refer to them.
    collapsed : bool
        Closed at first in a browser. On paper it is open.
    live : bool
        Can be sorted and searched.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: str
    note: str = ""
    notes: tuple[str, ...] = ()
    collapsed: bool = False
    live: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """A figure that stands for itself, with its name above and a remark below."""

    name: str
    value: str
    remark: str = ""
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Warned:
    """Something that the reader has to know before anything else; `strong`: first of all."""

    text: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class ChartBlock:
    """A chart with its title, what it says in words, and what is said where there is nothing to draw."""

    name: str
    title: str
    words: str
    chart: Chart | None
    empty: str
