"""The distance over the last half minute, with gaps where it was not known."""

from __future__ import annotations

import cv2
import numpy as np
from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QBrush, QColor, QPen, QPolygonF

from ui.overlay.draw import Draw
from ui.overlay.model import TrendModel
from ui.overlay.panels import panel
from ui.overlay.trend_runs import blind_spans, segments, thinned
from ui.theme import (
    BLIND,
    LINE,
    QUARTER_BAND,
    QUARTER_WORDS,
    TEXT,
    TEXT_FAINT,
    THIRD_BAND,
    THIRD_WORDS,
)

_PIECE = 12
"""Steps of the curve that are stroked at once: Qt takes up to eight times as long over a whole curve."""
_TOPS_MM = (10.0, 15.0, 20.0, 30.0, 40.0, 60.0)


def top_mm(trend: TrendModel) -> float:
    """Upper end of the scale: a step, so that it hardly ever changes."""
    highest = max([v for _, v in trend.points if v is not None] + [trend.third_mm or 0.0], default=0.0)
    return next((top for top in _TOPS_MM if highest <= top), _TOPS_MM[-1])


def paint_trend(draw: Draw, rect: QRectF, trend: TrendModel) -> None:
    """Bands, gaps, the curve, and the scale's numbers."""
    inner = panel(draw, rect, trend.title)
    axis = draw.px(46)
    plot = QRectF(inner.left(), inner.top() + draw.px(8), inner.width() - axis, inner.height() - draw.px(16))
    top = top_mm(trend)
    lowest = min([v for _, v in trend.points if v is not None] + [0.0])
    bottom = 0.0 if lowest >= 0 else -max(2.0, -lowest)

    def y_of(mm: float) -> float:
        part = (min(max(mm, bottom), top) - bottom) / (top - bottom)
        return plot.bottom() - part * plot.height()

    def x_of(ago_s: float) -> float:
        return plot.right() - min(ago_s, trend.span_s) / trend.span_s * plot.width()

    labels = []
    if trend.third_mm is not None:
        band = QRectF(plot.left(), y_of(trend.third_mm), plot.width(), y_of(0) - y_of(trend.third_mm))
        draw.fill(band, THIRD_BAND)
        draw.line(band.topLeft(), band.topRight(), THIRD_WORDS, 1.5)
        end = y_of(trend.quarter_mm) if trend.quarter_mm is not None else y_of(0)
        labels.append(("posterior third", THIRD_WORDS, band.top(), end))
    if trend.quarter_mm is not None:
        band = QRectF(plot.left(), y_of(trend.quarter_mm), plot.width(), y_of(0) - y_of(trend.quarter_mm))
        draw.fill(band, QUARTER_BAND)
        # the grounds of the two look alike to who sees no red: the line tells them apart
        draw.line(band.topLeft(), band.topRight(), QUARTER_WORDS, 1.5)
        labels.append(("posterior quarter", QUARTER_WORDS, band.top(), band.bottom()))
    for mm in (0.0, top / 2, top):
        y = y_of(mm)
        draw.line(QPointF(plot.left(), y), QPointF(plot.right(), y), LINE, 1.5 if mm else 2.5)
        box = QRectF(plot.right(), y - draw.px(12), axis, draw.px(24))
        draw.text(box, f"{mm:g}", 18, TEXT_FAINT, align="right")
    runs = segments(trend.points)
    for start_s, end_s in blind_spans(runs, trend.span_s):
        gap = QRectF(x_of(start_s), plot.top(), x_of(end_s) - x_of(start_s), plot.height())
        tint = QColor(BLIND)
        tint.setAlpha(110)
        draw.painter.fillRect(gap, tint)
        draw.painter.fillRect(gap, QBrush(QColor(BLIND), Qt.BrushStyle.BDiagPattern))
        if gap.width() > draw.px(130):
            # Above the bands' words, which begin at the left edge.
            draw.text(cut_row_top(draw, gap), "not known", 18, TEXT, align="centre")
    for words, ink, upper, lower in labels:
        if lower - upper >= draw.px(15):
            draw.text(QRectF(plot.left() + draw.px(8), upper, draw.px(220), lower - upper), words, 17, ink)
    pen = QPen(QColor(TEXT), max(1.5, draw.px(3.4)))
    pen.setJoinStyle(Qt.PenJoinStyle.BevelJoin)
    draw.painter.setPen(pen)
    for run in runs:
        visible = [(s, v) for s, v in run if s <= trend.span_s]
        points = _slim([(x_of(s), y_of(v)) for s, v in thinned(visible, trend.span_s, plot.width())])
        if len(points) == 1:
            draw.shape("circle", points[0], draw.px(4), TEXT)
            draw.painter.setPen(pen)
        for i in range(0, len(points) - 1, _PIECE):
            # the pen's square ends close the corner between two pieces
            draw.painter.drawPolyline(QPolygonF(points[i : i + _PIECE + 1]))


def _slim(points: list[tuple[float, float]]) -> list[QPointF]:
    """Without the points that move the curve by less than a fifth of a px: they show nothing."""
    if len(points) < 3:
        return [QPointF(x, y) for x, y in points]
    kept = cv2.approxPolyDP(np.array(points, np.float32)[:, None], 0.2, False)
    return [QPointF(x, y) for x, y in kept[:, 0].tolist()]


def cut_row_top(draw: Draw, rect: QRectF) -> QRectF:
    """Top line of a rectangle."""
    return QRectF(rect.left(), rect.top() + draw.px(4), rect.width(), draw.px(24))
