"""The table of the library, and what stands in it where it is empty."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PyQt6.QtCore import QRect, Qt
from PyQt6.QtGui import QKeyEvent, QResizeEvent
from PyQt6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from ui.language import translated
from ui.library.delegate import CellDelegate
from ui.library.look import widths_of
from ui.library.model import COLUMNS, PICTURE, FoundRows
from ui.wizard.look import label

_LINES = 4
"""Height of a row, in letters."""
_MARGIN_PX, _TOP_PX, _HEIGHT_PX = 40, 60, 160


class SessionsTable(QTableView):
    """Sessions in rows, sorted by the column whose title is clicked.

    Parameters
    ----------
    found : FoundRows
    keys : mapping of Qt.Key to callable
        What is done by a key while the table has the focus.
    """

    def __init__(self, found: FoundRows, keys: Mapping[Qt.Key, Callable[[], object]]) -> None:
        super().__init__()
        self._keys = keys
        self.setModel(found)
        self.setItemDelegate(CellDelegate(self))
        self.setAccessibleName(translated("sessions"))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setSortingEnabled(True)
        header, side = self.horizontalHeader(), self.verticalHeader()
        if header is not None and side is not None:
            side.hide()
            header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
            header.setStretchLastSection(True)
            header.setHighlightSections(False)
            header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.sortByColumn(0, Qt.SortOrder.DescendingOrder)
        self.nothing = label("", "soft")
        self.nothing.setParent(self)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.nothing.hide()

    def sort_by(self, column: int) -> None:
        """Sort by a column; where it is sorted by that already, the other way."""
        header = self.horizontalHeader()
        if header is None:
            return
        up, down = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder
        again = header.sortIndicatorSection() == column and header.sortIndicatorOrder() == up
        self.sortByColumn(column, down if again else up)

    def fit(self, room_px: int, font_px: int) -> None:
        """Rows and columns for a size of letters, in so much room."""
        rows = self.verticalHeader()
        if rows is not None:
            rows.setDefaultSectionSize(_LINES * font_px)
            rows.setMinimumSectionSize(_LINES * font_px)
        for column, width in enumerate(widths_of(room_px, font_px, len(COLUMNS), PICTURE)):
            self.setColumnWidth(column, width)

    def say_nothing(self, words: str) -> None:
        """Say why there is nothing in it; empty: there is something."""
        self.nothing.setText(words)
        self.nothing.setVisible(bool(words))

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        """Keys of the library before those of a table."""
        does = self._keys.get(Qt.Key(event.key())) if event is not None else None
        if does is None:
            super().keyPressEvent(event)
        else:
            does()

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """The words of an empty table stay in its middle."""
        super().resizeEvent(event)
        wide = max(100, self.width() - 2 * _MARGIN_PX)
        self.nothing.setGeometry(QRect(_MARGIN_PX, _TOP_PX, wide, _HEIGHT_PX))
