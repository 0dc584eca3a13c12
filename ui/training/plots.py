"""Progress over attempts: points joined by lines, with and without the monitor's help apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QWidget

from ui.overlay.draw import Draw, DrawnText, Piece
from ui.theme import AMBER_LINE, CYAN, LINE, PANEL, TEXT, TEXT_FAINT, TEXT_SOFT, unit_for

WITH, WITHOUT = CYAN, AMBER_LINE
_STEPS = (1.0, 2.0, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Point:
    """One attempt: its number from 1, its value, and whether the monitor helped."""

    number: int
    value: float
    with_help: bool


@dataclass(frozen=True, slots=True)
class Axis:
    """What the height means. `most` is None where the points say how high it goes."""

    title: str
    unit: str
    least: float = 0.0
    most: float | None = None
    line: float | None = None
    line_words: str = ""


class Plot(QWidget):
    """One measure over the attempts."""

    def __init__(self, axis: Axis) -> None:
        super().__init__()
        self._axis = axis
        self._points: tuple[Point, ...] = ()
        self._attempts = 0
        self.words: list[DrawnText] = []
        self.setMinimumSize(240, 130)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """A wide one."""
        return QSize(600, 180)

    def show_points(self, points: Sequence[Point], attempts: int) -> None:
        """Show them, on an axis of so many attempts."""
        self._points, self._attempts = tuple(points), attempts
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Paint it."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            window = self.window()
            draw = Draw(painter, 1.0 if window is None else unit_for(window.width(), window.height()))
            whole = QRectF(0, 0, self.width(), self.height())
            draw.fill(whole, PANEL, 9)
            self._paint(draw, whole.adjusted(draw.px(24), draw.px(12), -draw.px(24), -draw.px(12)))
            self.words = draw.words

    def _paint(self, draw: Draw, room: QRectF) -> None:
        axis = self._axis
        head = QRectF(room.left(), room.top(), room.width(), draw.px(36))
        unit = f"({axis.unit})" if axis.unit else ""
        draw.run(head, [Piece(axis.title, 25, TEXT, bold=True), Piece(unit, 22, TEXT_FAINT, space=10)])
        field = QRectF(room.left() + draw.px(64), head.bottom() + draw.px(10), room.width() - draw.px(76), 0)
        field.setBottom(room.bottom() - draw.px(34))
        if not self._points:
            draw.text(field, "nothing yet", 24, TEXT_FAINT, align="centre")
            return
        low, high, step = self._range()

        def place(number: float, value: float) -> QPointF:
            across = (number - 0.5) / max(1, self._attempts)
            up = (value - low) / (high - low)
            return QPointF(field.left() + across * field.width(), field.bottom() - up * field.height())

        for k in range(round((high - low) / step) + 1):
            value = low + k * step
            y = place(1, value).y()
            draw.line(QPointF(field.left(), y), QPointF(field.right(), y), LINE, 1.2)
            row = QRectF(room.left(), y - draw.px(14), draw.px(52), draw.px(28))
            draw.text(row, f"{value:g}", 20, TEXT_FAINT, align="right")
        if axis.line is not None and low <= axis.line <= high:
            y = place(1, axis.line).y()
            pen = QPen(QColor(TEXT_SOFT), max(1.0, draw.px(1.6)), Qt.PenStyle.DashLine)
            draw.painter.setPen(pen)
            draw.painter.drawLine(QPointF(field.left(), y), QPointF(field.right(), y))
            words = QRectF(field.left(), head.top(), field.width(), head.height())
            draw.text(words, f"- - -  {axis.line_words}", 19, TEXT_SOFT, align="right")
        for with_help, colour, shape in ((True, WITH, "circle"), (False, WITHOUT, "square")):
            points = [place(p.number, p.value) for p in self._points if p.with_help is with_help]
            draw.painter.setPen(QPen(QColor(colour), max(1.0, draw.px(2))))
            for one, other in pairwise(points):
                draw.painter.drawLine(one, other)
            for point in points:
                draw.shape(shape, point, draw.px(9), colour)
        foot = QRectF(field.left(), field.bottom() + draw.px(4), field.width(), draw.px(28))
        draw.text(foot, "attempt 1", 19, TEXT_FAINT)
        if self._attempts > 1:
            draw.text(foot, str(self._attempts), 19, TEXT_FAINT, align="right")

    def _range(self) -> tuple[float, float, float]:
        """Lower and upper end and the step between lines, all round figures."""
        values = [point.value for point in self._points]
        low = min([self._axis.least, *values])
        high = max([self._axis.most or 0.0, *values])
        step = _step((high - low) / 4 or 1.0)
        return math.floor(low / step) * step, math.ceil(max(high, low + step) / step) * step, step


def _step(about: float) -> float:
    """A round figure, at least that large."""
    power = 10.0 ** math.floor(math.log10(about))
    return next(power * step for step in _STEPS if power * step >= about - 1e-12)
