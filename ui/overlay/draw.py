"""Text and simple shapes on a QPainter, in design units; remembers every word that it drew."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPolygonF, QStaticText

from ui.language import translated
from ui.theme import FONT_FAMILIES

_SMALLEST_FONT_PX = 10
_SHRINK = 0.8


@dataclass(frozen=True, slots=True)
class Piece:
    """Words of one size and colour. Size in design units; `space` goes before the piece."""

    text: str
    size: float
    colour: str
    bold: bool = False
    space: float = 0.0
    said: bool = False
    """Its words are those of the window's language already."""


@dataclass(frozen=True, slots=True, eq=False)
class DrawnText:
    """What was written where. `cut`: it did not fit and was shortened. `cap_px`: height of its capitals."""

    text: str
    rect: QRectF
    cut: bool
    cap_px: float


@lru_cache(maxsize=128)
def font_of(size_px: int, bold: bool) -> QFont:
    """Font of a pixel size, with figures of one width where the font offers them."""
    font = QFont()
    font.setFamilies(list(FONT_FAMILIES))
    font.setPixelSize(size_px)
    font.setBold(bold)
    if hasattr(font, "setFeature"):
        font.setFeature(QFont.Tag("tnum"), 1)
    return font


@lru_cache(maxsize=128)
def _metrics(size_px: int, bold: bool) -> QFontMetricsF:
    return QFontMetricsF(font_of(size_px, bold))


@lru_cache(maxsize=128)
def _heights(size_px: int, bold: bool) -> tuple[float, float]:
    """Of capitals, and from the top of a line to its baseline (px)."""
    metrics = _metrics(size_px, bold)
    return metrics.capHeight(), metrics.ascent()


@lru_cache(maxsize=4096)
def _measure(text: str, size_px: int, bold: bool) -> tuple[float, QRectF]:
    metrics = _metrics(size_px, bold)
    return metrics.horizontalAdvance(text), metrics.tightBoundingRect(text)


@lru_cache(maxsize=1024)
def _shaped(text: str, size_px: int, bold: bool) -> QStaticText:
    """Letters that Qt shapes once and not at every paint; it does so anew where the font is another."""
    shaped = QStaticText(text)
    shaped.setTextFormat(Qt.TextFormat.PlainText)
    return shaped


class Draw:
    """A painter with a unit. `words` lists every text drawn so far."""

    def __init__(self, painter: QPainter, unit: float) -> None:
        self.painter = painter
        self.unit = unit
        self.words: list[DrawnText] = []

    def px(self, design_units: float) -> float:
        """Design units in px."""
        return design_units * self.unit

    def text(
        self,
        rect: QRectF,
        text: str,
        size: float,
        colour: str,
        *,
        bold: bool = False,
        align: str = "left",
        shrink: bool = True,
        said: bool = False,
    ) -> QRectF:
        """Write one line, centred in the height of `rect`; smaller, then shortened, where it is too long."""
        return self.run(rect, [Piece(text, size, colour, bold, said=said)], align=align, shrink=shrink)

    def width_of(self, text: str, size: float, *, bold: bool = False, said: bool = False) -> float:
        """Width that a text takes (px)."""
        text = text if said else translated(text)
        return _measure(text, max(_SMALLEST_FONT_PX, round(self.px(size))), bold)[0]

    def run(
        self, rect: QRectF, pieces: Sequence[Piece], *, align: str = "left", shrink: bool = True
    ) -> QRectF:
        """Write pieces on one baseline; returns the rectangle that they took (width by advance)."""
        pieces = [in_words(p) for p in pieces if p.text]
        if not pieces:
            return QRectF(rect.left(), rect.top(), 0, 0)
        scale = 1.0
        sizes, width = self._sizes(pieces, scale)
        if shrink and width > rect.width():
            scale = max(_SHRINK, rect.width() / width * 0.995)
            sizes, width = self._sizes(pieces, scale)
        x = rect.left()
        if align == "right":
            x = max(x, rect.right() - width)
        elif align == "centre":
            x = max(x, rect.center().x() - width / 2)
        tallest = max(range(len(pieces)), key=lambda i: sizes[i])
        baseline = rect.center().y() + _heights(sizes[tallest], pieces[tallest].bold)[0] / 2
        start = x
        for piece, size_px in zip(pieces, sizes, strict=True):
            x += self.px(piece.space) * scale if x > start else 0.0
            x = self._write(piece, size_px, x, baseline, rect.right())
        return QRectF(start, rect.top(), x - start, rect.height())

    def _sizes(self, pieces: Sequence[Piece], scale: float) -> tuple[list[int], float]:
        sizes = [max(_SMALLEST_FONT_PX, round(self.px(p.size) * scale)) for p in pieces]
        advances = sum(_measure(p.text, s, p.bold)[0] for p, s in zip(pieces, sizes, strict=True))
        return sizes, advances + sum(self.px(p.space) * scale for p in pieces[1:])

    def _write(self, piece: Piece, size_px: int, x: float, baseline: float, right: float) -> float:
        text, cut = piece.text, False
        advance, tight = _measure(text, size_px, piece.bold)
        if x + advance > right + 1:
            cut = True
            room = max(0.0, right - x)
            text = _metrics(size_px, piece.bold).elidedText(text, Qt.TextElideMode.ElideRight, room)
            advance, tight = _measure(text, size_px, piece.bold)
            if advance > room + 1:
                text = ""
        cap_px, ascent_px = _heights(size_px, piece.bold)
        if text:
            self.painter.setFont(font_of(size_px, piece.bold))
            self.painter.setPen(QColor(piece.colour))
            self.painter.drawStaticText(QPointF(x, baseline - ascent_px), _shaped(text, size_px, piece.bold))
        self.words.append(DrawnText(text, tight.translated(x, baseline) if text else QRectF(), cut, cap_px))
        return x + advance

    def fill(self, rect: QRectF, colour: str, radius: float = 0.0) -> None:
        """Filled rectangle; `radius` in design units."""
        if radius <= 0:
            self.painter.fillRect(rect, QColor(colour))
            return
        self.painter.setPen(Qt.PenStyle.NoPen)
        self.painter.setBrush(QColor(colour))
        self.painter.drawRoundedRect(rect, self.px(radius), self.px(radius))

    def frame(self, rect: QRectF, colour: str, width: float, radius: float, *, dashed: bool = False) -> None:
        """Outline of a rounded rectangle, inside `rect`."""
        half = self.px(width) / 2
        style = Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine
        self.painter.setPen(QPen(QColor(colour), self.px(width), style))
        self.painter.setBrush(Qt.BrushStyle.NoBrush)
        self.painter.drawRoundedRect(
            rect.adjusted(half, half, -half, -half), self.px(radius), self.px(radius)
        )

    def line(self, start: QPointF, end: QPointF, colour: str, width: float) -> None:
        """Straight line; `width` in design units."""
        self.painter.setPen(QPen(QColor(colour), max(1.0, self.px(width))))
        self.painter.drawLine(start, end)

    def shape(self, name: str, centre: QPointF, radius_px: float, colour: str) -> None:
        """A filled ``triangle``, ``diamond``, ``square`` or ``circle``."""
        self.painter.setPen(Qt.PenStyle.NoPen)
        self.painter.setBrush(QColor(colour))
        if name == "circle":
            self.painter.drawEllipse(centre, radius_px * 0.9, radius_px * 0.9)
            return
        first_deg, corners = {"triangle": (-90, 3), "diamond": (-90, 4), "square": (-45, 4)}[name]
        turns = [math.radians(first_deg + 360 * i / corners) for i in range(corners)]
        lower = radius_px * 0.22 if name == "triangle" else 0.0
        points = [
            QPointF(centre.x() + radius_px * math.cos(a), centre.y() + lower + radius_px * math.sin(a))
            for a in turns
        ]
        self.painter.drawPolygon(QPolygonF(points))

    def ring_mark(self, mark: str, centre: QPointF, radius_px: float, colour: str) -> None:
        """A ``full``, ``half`` or ``empty`` disc. Painted, since fonts draw these signs in many sizes."""
        self.painter.setPen(QPen(QColor(colour), max(1.2, radius_px * 0.26)))
        filled = QColor(colour) if mark == "full" else Qt.BrushStyle.NoBrush
        self.painter.setBrush(filled)
        self.painter.drawEllipse(centre, radius_px, radius_px)
        if mark == "half":
            self.painter.setPen(Qt.PenStyle.NoPen)
            self.painter.setBrush(QColor(colour))
            box = QRectF(centre.x() - radius_px, centre.y() - radius_px, 2 * radius_px, 2 * radius_px)
            self.painter.drawPie(box, 90 * 16, 180 * 16)


def in_words(piece: Piece) -> Piece:
    """A piece in the language of the windows."""
    if piece.said:
        return piece
    text = translated(piece.text)
    return piece if text == piece.text else replace(piece, text=text, said=True)


def cut_row(rect: QRectF, top: float, height: float) -> QRectF:
    """A row of `rect`, `top` px below its top."""
    return QRectF(rect.left(), rect.top() + top, rect.width(), height)


def polygon_of(points: NDArray[np.float64]) -> QPolygonF:
    """Corners, shape (n, 2) (px), written into Qt's own memory."""
    polygon = QPolygonF()
    polygon.fill(QPointF(), len(points))
    memory = polygon.data()
    if memory is None:
        raise MemoryError("no memory for a line")
    memory.setsize(points.nbytes)
    np.frombuffer(memory, np.float64).reshape(-1, 2)[:] = points  # type: ignore[call-overload]  # sip's buffer
    return polygon
