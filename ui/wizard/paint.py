"""Marks, and what was found, over the picture: thin lines with a dark halo, readable on any grey."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPen, QPolygonF

from calibration.shapes import Shapes
from monitor.plan import Point
from ui.language import translated
from ui.theme import CONTOUR, CYAN, HALO, TEXT, TEXT_SOFT
from ui.wizard.marker import Marker
from ui.wizard.sight import Sight

_RING_PX, _CHOSEN_PX, _TICK_PX = 9.0, 11.0, 6.0
_CROSS_PX = 5.0
_MANY = 100


def paint_shapes(painter: QPainter, sight: Sight, shapes: Shapes) -> None:
    """Paint what a measurement found."""
    path = QPainterPath()
    for points in shapes.paths:
        path.addPolygon(_polygon(sight, points))
    for points in shapes.outlines:
        path.addPolygon(_polygon(sight, points))
        path.closeSubpath()
    for centre, radius in shapes.circles:
        path.addEllipse(QPointF(*sight.to_view(centre)), radius * sight.zoom, radius * sight.zoom)
    for at in shapes.crosses:
        x, y = sight.to_view(at)
        for dx, dy in ((_CROSS_PX, 0.0), (0.0, _CROSS_PX)):
            path.moveTo(x - dx, y - dy)
            path.lineTo(x + dx, y + dy)
    if len(shapes.paths) + len(shapes.circles) > _MANY:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(CYAN), 1.0))  # a halo around so many would hide what they surround
        painter.drawPath(path)
    else:
        stroke(painter, path, CONTOUR, 1.3)
    for at, text in shapes.labels:
        x, y = sight.to_view(at)
        paint_caption(painter, QPointF(x, y), text, TEXT)


def paint_marks(painter: QPainter, sight: Sight, marker: Marker, shapes: Shapes) -> None:
    """Paint the marks of a tool, the chosen one larger; what was found takes the place of line and words."""
    tool, points = marker.tool, marker.points
    if tool is None:
        return
    if len(points) == 2 and shapes == Shapes():
        join = QPainterPath(QPointF(*sight.to_view(points[0])))
        join.lineTo(QPointF(*sight.to_view(points[1])))
        stroke(painter, join, CYAN, 1.0, Qt.PenStyle.DashLine)
    for number, at in enumerate(points):
        x, y = sight.to_view(at)
        is_chosen = number == marker.chosen
        radius = _CHOSEN_PX if is_chosen else _RING_PX
        ring = QPainterPath()
        ring.addEllipse(QPointF(x, y), radius, radius)
        # ticks that leave the very place open, so that it can be seen
        for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            ring.moveTo(x + dx * radius, y + dy * radius)
            ring.lineTo(x + dx * (radius - _TICK_PX), y + dy * (radius - _TICK_PX))
        stroke(painter, ring, CYAN, 2.4 if is_chosen else 1.5)
        if shapes.labels:
            continue
        # on the side that looks away from the other mark
        other = sight.to_view(points[1 - number])[0] if len(points) == 2 else x
        paint_caption(painter, QPointF(x, y), tool.captions[number], TEXT_SOFT, side=-1 if x < other else 1)


def paint_corner(painter: QPainter, height: int, text: str) -> None:
    """Words in the lower left corner of a view of so many px."""
    paint_caption(painter, QPointF(0.0, height - 16.0), text, TEXT_SOFT, side=1)


def _polygon(sight: Sight, points: Sequence[Point]) -> QPolygonF:
    return QPolygonF([QPointF(*sight.to_view(point)) for point in points])


def stroke(
    painter: QPainter,
    path: QPainterPath,
    colour: str,
    width: float,
    style: Qt.PenStyle = Qt.PenStyle.SolidLine,
) -> None:
    """A line with a dark halo."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    halo = QColor(HALO)
    halo.setAlpha(150)
    painter.setPen(QPen(halo, width + 2.0))
    painter.drawPath(path)
    painter.setPen(QPen(QColor(colour), width, style))
    painter.drawPath(path)


def paint_caption(painter: QPainter, at: QPointF, text: str, colour: str, *, side: int = 0) -> None:
    """Words at a place: on it (0), at its left (-1) or at its right (1)."""
    text = translated(text)
    metrics = QFontMetricsF(painter.font())
    width, height = metrics.horizontalAdvance(text), metrics.height()
    left = at.x() + {-1: -width - _CHOSEN_PX - 6, 0: -width / 2, 1: _CHOSEN_PX + 6}[side]
    box = QRectF(left - 3, at.y() - height / 2, width + 6, height)
    back = QColor(HALO)
    back.setAlpha(205)
    painter.fillRect(box, back)
    painter.setPen(QColor(colour))
    painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), text)
