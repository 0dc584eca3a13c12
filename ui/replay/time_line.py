"""The time line: the whole session in a row, with what happened; dragged to go somewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from PyQt6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QBrush, QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PyQt6.QtWidgets import QSizePolicy, QWidget

from recordings.timeline import Moment
from ui.overlay.draw import Draw
from ui.overlay.words import clock
from ui.replay.words import is_raised
from ui.theme import ALARM_LOOKS, BACKGROUND, BLIND_LINE, CYAN, LINE, TEXT, TEXT_FAINT, TEXT_SOFT, TRACK

_SIDE = 16
_TICKS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200)
_TICK_ROOM = 110


@dataclass(frozen=True, slots=True)
class Row:
    """What the time line shows. Times are s since the first frame.

    Parameters
    ----------
    length_s : float
    marks : sequence of (float, Moment)
    unwatched : sequence of (float, float)
        In which nothing was watched.
    missing : sequence of (float, float)
        In which there are no frames.
    damaged : sequence of float
        Frames that are damaged.
    known_s : float
        Up to where findings are there; beyond it they are not computed yet.
    """

    length_s: float = 1.0
    marks: Sequence[tuple[float, Moment]] = ()
    unwatched: Sequence[tuple[float, float]] = ()
    missing: Sequence[tuple[float, float]] = ()
    damaged: Sequence[float] = ()
    known_s: float = field(default=float("inf"))


class TimeLine(QWidget):
    """Paints a `Row`. `sought` tells where to go (s), `hovered` where the pointer is (s; below 0: none)."""

    sought = pyqtSignal(float)
    released = pyqtSignal()
    hovered = pyqtSignal(float)

    def __init__(self) -> None:
        super().__init__()
        self.row = Row()
        self.now_s = 0.0
        self.loop_s: tuple[float | None, float | None] = (None, None)
        self.dragging = False
        self._unit = 1.0
        self._ground: QPixmap | None = None
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName("time line")

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As high as its rows."""
        return QSize(400, round(78 * self._unit))

    def set_unit(self, unit: float) -> None:
        """How large things are drawn (px of a design unit)."""
        self._unit, self._ground = unit, None
        self.setFixedHeight(round(78 * unit))

    def show_row(self, row: Row) -> None:
        """Show another row."""
        if row != self.row:
            self.row, self._ground = row, None
            self.update()

    def show_now(self, now_s: float, loop_s: tuple[float | None, float | None]) -> None:
        """Where the replay stands, and the ends of the passage that is repeated."""
        if (now_s, loop_s) != (self.now_s, self.loop_s):
            self.now_s, self.loop_s = now_s, loop_s
            self.update()

    def x_of(self, at_s: float) -> float:
        """Place of a time (px)."""
        side = _SIDE * self._unit
        return side + at_s / max(self.row.length_s, 1e-9) * (self.width() - 2 * side)

    def s_of(self, x: float) -> float:
        """Time of a place (s)."""
        side = _SIDE * self._unit
        part = (x - side) / max(1.0, self.width() - 2 * side)
        return min(max(part, 0.0), 1.0) * self.row.length_s

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Go there."""
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self.dragging = True
            self.sought.emit(self.s_of(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Go along, or look ahead."""
        if event is None:
            return
        at_s = self.s_of(event.position().x())
        if self.dragging:
            self.sought.emit(at_s)
        self.hovered.emit(at_s)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Rest here."""
        if self.dragging:
            self.dragging = False
            self.released.emit()

    def leaveEvent(self, event: QEvent | None) -> None:  # noqa: N802 - Qt's name
        """Nothing is looked at any more."""
        self.hovered.emit(-1.0)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """The row as a picture, and where the replay stands over it."""
        ratio = self.devicePixelRatio()
        if self._ground is None or self._ground.size() != self.size() * ratio:
            self._ground = QPixmap(self.size() * ratio)
            self._ground.setDevicePixelRatio(ratio)
            self._ground.fill(QColor(BACKGROUND))
            with QPainter(self._ground) as painter:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                self._paint_row(Draw(painter, self._unit))
        with QPainter(self) as painter:
            painter.drawPixmap(0, 0, self._ground)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_now(Draw(painter, self._unit))

    def _bar(self) -> QRectF:
        u = self._unit
        return QRectF(_SIDE * u, 30 * u, self.width() - 2 * _SIDE * u, 18 * u)

    def _span(self, bar: QRectF, start_s: float, end_s: float) -> QRectF:
        left = self.x_of(start_s)
        return QRectF(left, bar.top(), max(1.5, self.x_of(end_s) - left), bar.height())

    def _paint_row(self, draw: Draw) -> None:
        bar, painter = self._bar(), draw.painter
        draw.fill(bar, TRACK, 3)
        hatching = QBrush(QColor(BLIND_LINE), Qt.BrushStyle.BDiagPattern)
        for start_s, end_s in self.row.unwatched:
            painter.fillRect(self._span(bar, start_s, end_s), hatching)
        for start_s, end_s in self.row.missing:
            gap = self._span(bar, start_s, end_s)
            painter.fillRect(gap, QColor(BACKGROUND))
            draw.line(gap.topLeft(), gap.bottomLeft(), TEXT_SOFT, 1.5)
            draw.line(gap.topRight(), gap.bottomRight(), TEXT_SOFT, 1.5)
        if self.row.known_s < self.row.length_s:
            rest = self._span(bar, self.row.known_s, self.row.length_s)
            painter.fillRect(rest, QColor(BACKGROUND))
            painter.fillRect(rest, QBrush(QColor(LINE).lighter(140), Qt.BrushStyle.DiagCrossPattern))
        for at_s in self.row.damaged:
            self._paint_cross(draw, QPointF(self.x_of(at_s), bar.center().y()))
        self._paint_ticks(draw, bar)
        for at_s, moment in sorted(self.row.marks, key=lambda mark: mark[1].priority or 0):
            self._paint_mark(draw, bar, self.x_of(at_s), moment)

    def _paint_cross(self, draw: Draw, centre: QPointF) -> None:
        arm = draw.px(6)
        for way in (1, -1):
            start = QPointF(centre.x() - arm, centre.y() - way * arm)
            draw.line(start, QPointF(centre.x() + arm, centre.y() + way * arm), TEXT, 2.5)

    def _paint_ticks(self, draw: Draw, bar: QRectF) -> None:
        most = max(1.0, bar.width() / draw.px(_TICK_ROOM))
        step_s = next((s for s in _TICKS_S if self.row.length_s / s <= most), _TICKS_S[-1])
        for k in range(int(self.row.length_s // step_s) + 1):
            x = self.x_of(k * step_s)
            draw.line(QPointF(x, bar.bottom()), QPointF(x, bar.bottom() + draw.px(5)), TEXT_FAINT, 1.5)
            room = QRectF(x - draw.px(60), bar.bottom() + draw.px(5), draw.px(120), draw.px(22))
            if x + draw.px(30) < self.width():
                room.moveLeft(max(room.left(), -draw.px(60) + draw.px(20)))
                draw.text(room, clock(k * step_s), 16, TEXT_FAINT, align="centre")

    def _paint_mark(self, draw: Draw, bar: QRectF, x: float, moment: Moment) -> None:
        above = QPointF(x, bar.top() - draw.px(14))
        if is_raised(moment) and moment.priority is not None:
            look = ALARM_LOOKS[moment.priority]
            draw.line(QPointF(x, bar.top() - draw.px(6)), QPointF(x, bar.bottom()), look.line, 2.5)
            draw.shape(look.shape, above, draw.px(10), look.line)
        elif moment.kind == "mark":
            draw.line(QPointF(x, bar.top() - draw.px(20)), QPointF(x, bar.bottom()), TEXT, 2.0)
            draw.fill(QRectF(x, bar.top() - draw.px(22), draw.px(14), draw.px(10)), TEXT)
        elif moment.kind == "acknowledged":
            draw.ring_mark("empty", above, draw.px(6), TEXT_SOFT)
            draw.line(QPointF(x, bar.top() - draw.px(8)), QPointF(x, bar.top()), TEXT_SOFT, 1.5)
        elif moment.kind == "watching":
            draw.line(QPointF(x, bar.top()), QPointF(x, bar.bottom()), TEXT_SOFT, 2.0)
        elif moment.kind == "irradiation":
            draw.line(QPointF(x, bar.center().y()), QPointF(x, bar.bottom()), TEXT_SOFT, 2.5)

    def _paint_now(self, draw: Draw) -> None:
        bar = self._bar()
        a_s, b_s = self.loop_s
        if a_s is not None and b_s is not None:
            span = self._span(bar, a_s, b_s)
            draw.painter.fillRect(QRectF(span.left(), bar.bottom(), span.width(), draw.px(4)), QColor(CYAN))
        for at_s, name in ((a_s, "A"), (b_s, "B")):
            if at_s is not None:
                x = self.x_of(at_s)
                draw.line(
                    QPointF(x, bar.top() - draw.px(4)), QPointF(x, bar.bottom() + draw.px(6)), CYAN, 2.5
                )
                box = QRectF(x - draw.px(9), bar.bottom() + draw.px(6), draw.px(18), draw.px(20))
                draw.fill(box, CYAN, 3)
                draw.text(box, name, 15, BACKGROUND, bold=True, align="centre", said=True)
        x = self.x_of(self.now_s)
        draw.painter.setPen(QPen(QColor(BACKGROUND), draw.px(7)))
        draw.painter.drawLine(QPointF(x, bar.top() - draw.px(7)), QPointF(x, bar.bottom() + draw.px(7)))
        draw.line(QPointF(x, bar.top() - draw.px(8)), QPointF(x, bar.bottom() + draw.px(8)), TEXT, 3.0)
        draw.fill(
            QRectF(x - draw.px(5), bar.top() - draw.px(2), draw.px(10), bar.height() + draw.px(4)), TEXT, 3
        )
