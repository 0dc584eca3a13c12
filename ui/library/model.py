"""Rows of the library as Qt's models: what each column shows, how it is sorted, and which rows are found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PyQt6.QtCore import QAbstractTableModel, QModelIndex, QObject, QSortFilterProxyModel, Qt
from PyQt6.QtGui import QImage

from recordings.library import words
from recordings.library.row import Row
from recordings.library.search import Query, parse_query
from ui.language import translated

Cell = tuple[str, str]
"""First line and second line."""
_PRIORITIES = ("low", "medium", "high")
NO_INDEX = QModelIndex()


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its title, what it shows, and what it is sorted by (None: last)."""

    title: str
    cell: Callable[[Row], Cell]
    key: Callable[[Row], float | str | None]


def _session(row: Row) -> Cell:
    named = row.patient_name or row.patient_id or row.description or row.folder
    return translated(words.when_words(row)) or named, named if words.when_words(row) else ""


def _volume(row: Row) -> Cell:
    planned = [level.planned_ml for level in row.facts.levels if level.planned_ml is not None]
    of = translated(f"planned {sum(planned):.1f} mL") if planned else ""
    return words.volume_words(row), of


def _leaks(row: Row) -> Cell:
    if row.state == "broken":
        return "", ""
    share = row.facts.watched_share
    watched = translated(f"watched {100 * share:.0f} %") if share is not None else ""
    return translated(words.leak_words(row)), watched


def _alarm(row: Row) -> Cell:
    # why there is none is said under leaks
    return ("" if row.facts.highest is None else translated(words.alarm_words(row))), ""


def _source(row: Row) -> Cell:
    return row.operator or "", translated(words.source_words(row))


def _state(row: Row) -> Cell:
    return translated(row.state), row.problems[0] if row.problems else ", ".join(row.tags)


def _highest(row: Row) -> float | None:
    highest = row.facts.highest
    return None if highest is None else float(_PRIORITIES.index(highest)) if highest in _PRIORITIES else -1.0


def _sum_ml(row: Row) -> float | None:
    known = [level.volume_ml for level in row.facts.levels if level.volume_ml is not None]
    return sum(known) if known else None


COLUMNS = (
    Column("Session", _session, lambda row: str(row.when or row.made or "") or None),
    Column("Levels", lambda row: (words.levels_words(row), ""), lambda row: words.levels_words(row) or None),
    Column("Volume", _volume, _sum_ml),
    Column(
        "Leaks",
        _leaks,
        lambda row: None if row.facts.leaks is None else f"{9 - len(row.facts.leaks)} {row.facts.leaks}",
    ),
    Column("Alarm", _alarm, _highest),
    Column(
        "Length",
        lambda row: (words.duration_words(row.facts.duration_s), words.size_words(row.size_bytes)),
        lambda row: row.facts.duration_s,
    ),
    Column("Operator", _source, lambda row: row.operator or row.source_kind),
    Column("State", _state, lambda row: row.state),
)
PICTURE = 0
"""The first column also shows the picture."""


class RowsModel(QAbstractTableModel):
    """All rows of the library.

    Parameters
    ----------
    picture : callable
        Gives the picture of a row, or None.
    """

    def __init__(self, picture: Callable[[Row], QImage | None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._picture = picture
        self.rows: list[Row] = []

    def rowCount(self, parent: QModelIndex = NO_INDEX) -> int:  # noqa: N802 - Qt's name
        """Sessions."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: QModelIndex = NO_INDEX) -> int:  # noqa: N802 - Qt's name
        """Columns."""
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """What a cell shows."""
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.DecorationRole:
            return self._picture(row) if index.column() == PICTURE else None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return "\n".join(filter(None, COLUMNS[index.column()].cell(row)))
        if role == Qt.ItemDataRole.UserRole:
            return row
        return None

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Titles of the columns."""
        if orientation != Qt.Orientation.Horizontal or role != Qt.ItemDataRole.DisplayRole:
            return None
        return translated(COLUMNS[section].title)

    def clear(self) -> None:
        """No rows."""
        self.beginResetModel()
        self.rows = []
        self.endResetModel()

    def add(self, rows: Sequence[Row]) -> None:
        """More rows."""
        if rows:
            first = len(self.rows)
            self.beginInsertRows(NO_INDEX, first, first + len(rows) - 1)
            self.rows += rows
            self.endInsertRows()

    def replace(self, row: Row) -> None:
        """What is known of a session now."""
        number = self.number_of(row.folder)
        if number is not None and self.rows[number] != row:
            self.rows[number] = row
            self._changed(number)

    def remove(self, folder: str) -> None:
        """A session that is gone."""
        number = self.number_of(folder)
        if number is not None:
            self.beginRemoveRows(NO_INDEX, number, number)
            del self.rows[number]
            self.endRemoveRows()

    def picture_arrived(self, folder: str) -> None:
        """Show the picture of a session."""
        number = self.number_of(folder)
        if number is not None:
            at = self.index(number, PICTURE)
            self.dataChanged.emit(at, at, [Qt.ItemDataRole.DecorationRole])

    def number_of(self, folder: str) -> int | None:
        """Which row a session is in."""
        return next((k for k, row in enumerate(self.rows) if row.folder == folder), None)

    def _changed(self, number: int) -> None:
        self.dataChanged.emit(self.index(number, 0), self.index(number, len(COLUMNS) - 1))


class FoundRows(QSortFilterProxyModel):
    """The rows that a query finds, sorted; what is unknown comes last, whichever way."""

    def __init__(self, model: RowsModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.query: Query = parse_query("")
        self.setSourceModel(model)

    def look_for(self, query: Query) -> None:
        """Show what a query finds."""
        self.query = query
        self.invalidateFilter()

    def filterAcceptsRow(self, source_row: int, source_parent: QModelIndex) -> bool:  # noqa: N802 - Qt's name
        """Whether a row is found."""
        return self.query.matches(self._model.rows[source_row])

    def lessThan(self, left: QModelIndex, right: QModelIndex) -> bool:  # noqa: N802 - Qt's name
        """Order of two rows."""
        key = COLUMNS[left.column()].key
        one, other = key(self._model.rows[left.row()]), key(self._model.rows[right.row()])
        if one is None or other is None:
            if one is other:
                return False
            # the other way round Qt asks which one is larger
            return (other is None) == (self.sortOrder() == Qt.SortOrder.AscendingOrder)
        if isinstance(one, float) and isinstance(other, float):
            return one < other
        return str(one) < str(other)

    def row_at(self, index: QModelIndex) -> Row | None:
        """The row that is shown at a place."""
        return self._model.rows[self.mapToSource(index).row()] if index.isValid() else None

    def shown(self) -> list[Row]:
        """The rows that are found, in the order in which they are shown."""
        rows = (self.row_at(self.index(number, 0)) for number in range(self.rowCount()))
        return [row for row in rows if row is not None]
