"""How a cell is painted: two lines, the second one softer, and the picture beside the first column."""

from __future__ import annotations

from PyQt6.QtCore import QModelIndex, QRect, QRectF, Qt
from PyQt6.QtGui import QColor, QFont, QFontMetrics, QImage, QPainter
from PyQt6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from recordings.library.row import Row
from ui.library.model import COLUMNS, PICTURE
from ui.theme import AMBER_LINE, BACKGROUND, CYAN, LINE, QUARTER_WORDS, TEXT, TEXT_FAINT, TEXT_SOFT, TRACK

_PAD_PX = 6
_SECOND_SHARE = 0.88
_ALARM_COLOURS = {"high": QUARTER_WORDS, "medium": AMBER_LINE, "low": CYAN}
_STATE_COLOURS = {"broken": AMBER_LINE, "cut": AMBER_LINE, "recording now": CYAN}


class CellDelegate(QStyledItemDelegate):
    """Paints the cells of the library."""

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Paint one."""
        row = index.data(Qt.ItemDataRole.UserRole)
        if painter is None or not isinstance(row, Row):
            return
        painter.save()
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.fillRect(option.rect, QColor(TRACK if chosen else BACKGROUND))
        painter.setPen(QColor(LINE))
        painter.drawLine(option.rect.bottomLeft(), option.rect.bottomRight())
        if chosen and index.column() == 0:
            edge = QRect(option.rect.left(), option.rect.top(), 3, option.rect.height())
            painter.fillRect(edge, QColor(CYAN))
        inner = option.rect.adjusted(_PAD_PX, 0, -_PAD_PX, -1)
        if index.column() == PICTURE:
            inner = self._picture(painter, inner, index)
        first, second = COLUMNS[index.column()].cell(row)
        self._lines(painter, option, inner, (first, second), _colour(row, index.column()))
        painter.restore()

    def _picture(self, painter: QPainter, inner: QRect, index: QModelIndex) -> QRect:
        """Paint the picture; what is left for words."""
        side = inner.height() - _PAD_PX
        place = QRect(inner.left(), inner.top() + (inner.height() - side) // 2, side, side)
        image = index.data(Qt.ItemDataRole.DecorationRole)
        if isinstance(image, QImage):
            size = image.size().scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio)
            at = QRectF(
                place.left() + (side - size.width()) / 2, place.top() + (side - size.height()) / 2,
                size.width(), size.height(),
            )  # fmt: skip
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(at, image)
        else:
            painter.setPen(QColor(LINE))
            painter.drawRect(place.adjusted(0, 0, -1, -1))
        return inner.adjusted(side + _PAD_PX + 2, 0, 0, 0)

    def _lines(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        place: QRect,
        lines: tuple[str, str],
        colour: str,
    ) -> None:
        font = option.font
        small = QFont(font)
        small.setPixelSize(max(8, round(_SECOND_SHARE * font.pixelSize())))
        heights = [QFontMetrics(font).height(), QFontMetrics(small).height() if lines[1] else 0]
        top = place.top() + (place.height() - sum(heights)) // 2
        for text, line_font, height, tint in zip(
            lines, (font, small), heights, (colour, TEXT_SOFT), strict=True
        ):
            painter.setFont(line_font)
            painter.setPen(QColor(tint))
            kept = QFontMetrics(line_font).elidedText(text, Qt.TextElideMode.ElideRight, place.width())
            painter.drawText(
                QRect(place.left(), top, place.width(), height), Qt.AlignmentFlag.AlignVCenter, kept
            )
            top += height


def _colour(row: Row, column: int) -> str:
    """Colour of the first line: it means something, or is that of all text."""
    title = COLUMNS[column].title
    if title in ("Leaks", "Alarm"):
        if row.facts.leaks is None:
            return TEXT_FAINT
        if title == "Alarm":
            return _ALARM_COLOURS.get(row.facts.highest or "", TEXT)
        return QUARTER_WORDS if row.facts.leaks else TEXT
    if title == "State":
        return _STATE_COLOURS.get(row.state, TEXT_SOFT)
    return TEXT
