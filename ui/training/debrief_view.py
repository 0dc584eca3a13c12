"""A frame of a debrief with the truth on it, and the bar to move along it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PyQt6.QtWidgets import QWidget

from monitor.frame import Frame, freeze_pixels
from recordings.training.debrief import Shown
from ui.overlay.draw import Draw, DrawnText, polygon_of
from ui.overlay.image_view import ImagePainter
from ui.theme import (
    BACKGROUND,
    CONTOUR,
    CYAN,
    HALO,
    LINE,
    RED_LINE,
    TEXT,
    TEXT_FAINT,
    TEXT_SOFT,
    TRACK,
    unit_for,
)

OUTSIDE = "#e07bff"
"""Cement outside the body: a colour that no alarm has."""
_OUTSIDE_ALPHA = 90
_ROOM = 2.6
"""Side of what is shown, in lengths of the bodies."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment on the bar: ``danger`` or ``stop``."""

    time_s: float
    words: str
    colour: str


class DebriefView(QWidget):
    """Paints a frame, the bodies, the true outline of the cement, and how far it is from the wall."""

    def __init__(self) -> None:
        super().__init__()
        self._image: ImagePainter | None = None
        self.shown: Shown | None = None
        self._whole = False
        self._region: QRectF | None = None
        self.words: list[DrawnText] = []
        self.setMinimumSize(360, 360)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def begin(self, first: Shown, *, invert: bool) -> None:
        """Another run: another gray scale, and the part of the image around the bodies."""
        self._image, self.shown = ImagePainter(invert=invert), None
        self._region = _around(first)
        self.update()

    def show_whole(self, *, whole: bool) -> None:
        """The whole image, or the part around the bodies."""
        self._whole = whole
        self.update()

    def show_frame(self, shown: Shown) -> None:
        """Show a frame."""
        self.shown = shown
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Paint it."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.fillRect(self.rect(), QColor(BACKGROUND))
            window = self.window()
            draw = Draw(painter, 1.0 if window is None else unit_for(window.width(), window.height()))
            if self.shown is not None and self._image is not None:
                self._paint(draw, self.shown, self._image)
            self.words = draw.words

    def _paint(self, draw: Draw, shown: Shown, image: ImagePainter) -> None:
        rows, columns = shown.pixels.shape
        part = self._region
        if part is None or self._whole:
            part = QRectF(0, 0, columns, rows)
        scale = min(self.width() / part.width(), self.height() / part.height())
        width, height = round(part.width() * scale), round(part.height() * scale)
        left, top = (self.width() - width) // 2, (self.height() - height) // 2
        x, y = int(part.left()), int(part.top())
        pixels = freeze_pixels(
            shown.pixels[y : y + int(part.height()), x : x + int(part.width())], copy=False
        )
        frame = Frame(0, round(shown.time_s * 1e9), None, pixels, "debrief")
        painter = draw.painter
        painter.drawImage(left, top, image.picture(frame, width, height))
        painter.save()
        painter.setClipRect(QRectF(left, top, width, height))

        def place(line: NDArray[np.float64]) -> QPolygonF:
            return polygon_of(np.ascontiguousarray((line - (x, y) + 0.5) * scale + (left, top)))

        for body in shown.bodies:
            self._line(draw, place(body), CYAN, 1.6, closed=True)
        for wall in shown.walls:
            self._line(draw, place(wall), TEXT, 3.0)
        for line in shown.cement:
            self._line(draw, place(line), CONTOUR, 2.4, closed=True)
        filled = QColor(OUTSIDE)
        filled.setAlpha(_OUTSIDE_ALPHA)
        for line in shown.outside:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(filled)
            painter.drawPolygon(place(line))
            self._line(draw, place(line), OUTSIDE, 3.4, closed=True)
        if shown.front is not None and shown.wall_mm is not None:
            ends = place(shown.front)
            beyond = shown.wall_mm < 0
            self._line(draw, ends, RED_LINE if beyond else TEXT, 3.0)
            words = f"{-shown.wall_mm:.1f} mm beyond" if beyond else f"{shown.wall_mm:.1f} mm"
            at = QPointF(ends[1]) + QPointF(draw.px(16), -draw.px(24))
            box = QRectF(
                at.x(), at.y() - draw.px(20), draw.width_of(words, 30, bold=True) + draw.px(16), draw.px(44)
            )
            dark = QColor(BACKGROUND)
            dark.setAlpha(190)
            painter.fillRect(box, dark)
            draw.text(box.adjusted(draw.px(8), 0, 0, 0), words, 30, RED_LINE if beyond else TEXT, bold=True)
        painter.restore()

    @staticmethod
    def _line(draw: Draw, line: QPolygonF, colour: str, width: float, *, closed: bool = False) -> None:
        painter = draw.painter
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for shade, more in ((HALO, 2.0), (colour, 0.0)):
            painter.setPen(QPen(QColor(shade), max(1.0, draw.px(width + more))))
            if closed:
                painter.drawPolygon(line)
            else:
                painter.drawPolyline(line)


def _around(shown: Shown) -> QRectF | None:
    """A square around the bodies (px) with room for what leaves them; None: nothing is known of them."""
    if not shown.bodies:
        return None
    rows, columns = shown.pixels.shape
    corners = np.concatenate(shown.bodies)
    low, high = corners.min(axis=0), corners.max(axis=0)
    side = int(min(_ROOM * float((high - low).max()), rows, columns))
    x, y = ((low + high) / 2 - side / 2).round()
    return QRectF(min(max(0.0, x), columns - side), min(max(0.0, y), rows - side), side, side)


BAR_HEIGHT = 122
"""In design units; of a window 1080 high."""


class ScrubBar(QWidget):
    """Moves along the frames; marks the danger and the stop, and when the pedal was held.

    Parameters
    ----------
    moved : callable
        Told the number of the frame that is wanted.
    """

    def __init__(self, moved: Callable[[int], None]) -> None:
        super().__init__()
        self._moved = moved
        self._times_s: tuple[float, ...] = ()
        self._marks: tuple[Mark, ...] = ()
        self._held: tuple[tuple[float, float], ...] = ()
        self.at = 0
        self.words: list[DrawnText] = []
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def begin(
        self, times_s: Sequence[float], marks: Sequence[Mark], held: Sequence[tuple[float, float]]
    ) -> None:
        """Show another run."""
        self._times_s, self._marks, self._held, self.at = tuple(times_s), tuple(marks), tuple(held), 0
        self.update()

    def go(self, number: int) -> None:
        """Stand at a frame."""
        self.at = number
        self.update()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Go there."""
        if event is not None and self._times_s:
            self._moved(self._number_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Go along."""
        if event is not None and self._times_s and event.buttons() & Qt.MouseButton.LeftButton:
            self._moved(self._number_at(event.position().x()))

    def place_px(self, time_s: float) -> float:
        """Where a time stands (px)."""
        first, last = self._times_s[0], self._times_s[-1]
        share = (time_s - first) / max(last - first, 1e-6)
        return _EDGE_PX + min(1.0, max(0.0, share)) * (self.width() - 2 * _EDGE_PX)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Paint it."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.fillRect(self.rect(), QColor(BACKGROUND))
            window = self.window()
            draw = Draw(painter, 1.0 if window is None else unit_for(window.width(), window.height()))
            if self._times_s:
                self._paint(draw)
            self.words = draw.words

    def _paint(self, draw: Draw) -> None:
        middle, half = self.height() * 0.5, draw.px(9)
        left, right = self.place_px(self._times_s[0]), self.place_px(self._times_s[-1])
        draw.fill(QRectF(left, middle - half, right - left, 2 * half), TRACK, 8)
        for down_s, up_s in self._held:
            a, b = self.place_px(down_s), self.place_px(up_s)
            if b > a and up_s > self._times_s[0] and down_s < self._times_s[-1]:
                draw.fill(QRectF(a, middle - half, b - a, 2 * half), CYAN)
        for number, mark in enumerate(self._marks):
            x = self.place_px(mark.time_s)
            draw.line(QPointF(x, middle - draw.px(26)), QPointF(x, middle + draw.px(26)), mark.colour, 4)
            wide = draw.width_of(mark.words, 22, bold=True)
            at = min(max(x - wide / 2, 0.0), self.width() - wide)
            y = middle - draw.px(56) if number % 2 == 0 else middle + draw.px(26)
            draw.text(QRectF(at, y, wide + 4, draw.px(30)), mark.words, 22, mark.colour, bold=True)
        x = self.place_px(self._times_s[self.at])
        draw.line(QPointF(x, middle - draw.px(22)), QPointF(x, middle + draw.px(22)), LINE, 10)
        draw.line(QPointF(x, middle - draw.px(22)), QPointF(x, middle + draw.px(22)), TEXT, 5)
        low = QRectF(0, middle + draw.px(26), self.width(), draw.px(30))
        draw.text(low, f"{self._times_s[0]:.1f} s", 20, TEXT_FAINT)
        draw.text(low, f"{self._times_s[-1]:.1f} s", 20, TEXT_SOFT, align="right")

    def _number_at(self, x_px: float) -> int:
        share = (x_px - _EDGE_PX) / max(1.0, self.width() - 2 * _EDGE_PX)
        time_s = self._times_s[0] + share * (self._times_s[-1] - self._times_s[0])
        return int(np.argmin(np.abs(np.array(self._times_s) - time_s)))


_EDGE_PX = 10
