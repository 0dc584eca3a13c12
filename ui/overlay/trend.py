"""The distance over the last half minute, with gaps where it was not known."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QBrush, QColor, QPen

from ui.overlay.draw import Draw, polygon_of
from ui.overlay.model import TrendModel
from ui.overlay.panels import content, panel
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

_AXIS = 46
_PIECE = 12
"""Steps of the curve that are stroked at once: Qt takes up to eight times as long over a whole curve."""
_TOPS_MM = (10.0, 15.0, 20.0, 30.0, 40.0, 60.0)


@dataclass(frozen=True, slots=True)
class Scale:
    """What of a trend hardly ever changes: its title, the bands, the ends of the scale (mm)."""

    title: str
    third_mm: float | None
    quarter_mm: float | None
    top_mm: float
    bottom_mm: float

    @property
    def height_mm(self) -> float:
        """From the lower end to the upper."""
        return self.top_mm - self.bottom_mm

    def y_of(self, plot: QRectF, mm: float) -> float:
        """Height of a distance in a plot (px)."""
        part = (min(max(mm, self.bottom_mm), self.top_mm) - self.bottom_mm) / self.height_mm
        return plot.bottom() - part * plot.height()


def scale_of(trend: TrendModel) -> Scale:
    """The scale that holds all of a trend."""
    known = [v for _, v in trend.points if v is not None]
    lowest, highest = min(known, default=0.0), max([*known, trend.third_mm or 0.0])
    bottom = 0.0 if lowest >= 0 else -max(2.0, -lowest)
    # a step, so that it hardly ever changes
    top = next((top for top in _TOPS_MM if highest <= top), _TOPS_MM[-1])
    return Scale(trend.title, trend.third_mm, trend.quarter_mm, top, bottom)


def _plot(draw: Draw, inner: QRectF) -> QRectF:
    return QRectF(
        inner.left(), inner.top() + draw.px(8), inner.width() - draw.px(_AXIS), inner.height() - draw.px(16)
    )


def paint_scale(draw: Draw, rect: QRectF, scale: Scale) -> None:
    """The ground of a trend: panel, bands, and the scale's numbers."""
    plot = _plot(draw, panel(draw, rect, scale.title))
    # the grounds of the two look alike to who sees no red: the line tells them apart
    bands = ((scale.third_mm, THIRD_BAND, THIRD_WORDS), (scale.quarter_mm, QUARTER_BAND, QUARTER_WORDS))
    for mm, ground, ink in bands:
        if mm is not None:
            upper = scale.y_of(plot, mm)
            band = QRectF(plot.left(), upper, plot.width(), scale.y_of(plot, 0) - upper)
            draw.fill(band, ground)
            draw.line(band.topLeft(), band.topRight(), ink, 1.5)
    for mm in (0.0, scale.top_mm / 2, scale.top_mm):
        y = scale.y_of(plot, mm)
        draw.line(QPointF(plot.left(), y), QPointF(plot.right(), y), LINE, 1.5 if mm else 2.5)
        box = QRectF(plot.right(), y - draw.px(12), draw.px(_AXIS), draw.px(24))
        draw.text(box, f"{mm:g}", 18, TEXT_FAINT, align="right")


def paint_curve(draw: Draw, rect: QRectF, trend: TrendModel, scale: Scale) -> None:
    """What moves, over its ground: gaps, the bands' words, the curve."""
    plot = _plot(draw, content(draw, rect))

    def x_of(ago_s: float) -> float:
        return plot.right() - min(ago_s, trend.span_s) / trend.span_s * plot.width()

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
    _name_bands(draw, plot, scale)
    pen = QPen(QColor(TEXT), max(1.5, draw.px(3.4)))
    pen.setJoinStyle(Qt.PenJoinStyle.BevelJoin)
    draw.painter.setPen(pen)
    for run in runs:
        visible = [(s, v) for s, v in run if s <= trend.span_s]
        samples = np.array(thinned(visible, trend.span_s, plot.width()), np.float64).reshape(-1, 2)
        parts = (np.clip(samples[:, 1], scale.bottom_mm, scale.top_mm) - scale.bottom_mm) / scale.height_mm
        points = _slim(
            np.stack(
                [
                    plot.right() - samples[:, 0] / trend.span_s * plot.width(),
                    plot.bottom() - parts * plot.height(),
                ],
                axis=1,
            )
        )
        if len(points) == 1:
            draw.shape("circle", QPointF(*points[0].tolist()), draw.px(4), TEXT)
            draw.painter.setPen(pen)
        for i in range(0, len(points) - 1, _PIECE):
            # the pen's square ends close the corner between two pieces
            draw.painter.drawPolyline(polygon_of(points[i : i + _PIECE + 1]))


def _name_bands(draw: Draw, plot: QRectF, scale: Scale) -> None:
    """Over the gaps, under the curve."""
    zero = scale.y_of(plot, 0)
    quarter = zero if scale.quarter_mm is None else scale.y_of(plot, scale.quarter_mm)
    names = (
        ("posterior third", THIRD_WORDS, scale.third_mm, quarter),
        ("posterior quarter", QUARTER_WORDS, scale.quarter_mm, zero),
    )
    for words, ink, mm, lower in names:
        upper = lower if mm is None else scale.y_of(plot, mm)
        if lower - upper >= draw.px(15):
            draw.text(QRectF(plot.left() + draw.px(8), upper, draw.px(220), lower - upper), words, 17, ink)


def _slim(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Without the points that move the curve by less than a fifth of a px: they show nothing."""
    if len(points) < 3:
        return points
    return np.asarray(cv2.approxPolyDP(points.astype(np.float32), 0.2, False), np.float64)[:, 0]


def cut_row_top(draw: Draw, rect: QRectF) -> QRectF:
    """Top line of a rectangle."""
    return QRectF(rect.left(), rect.top() + draw.px(4), rect.width(), draw.px(24))
