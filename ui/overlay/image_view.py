"""The live image and what is drawn over it, in the coordinates of the frame it was computed from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QBrush, QColor, QImage, QPainter, QPainterPath, QPen

from monitor.frame import Frame, Pixels
from monitor.result import Contour, LevelResult
from ui.overlay.draw import Draw, Piece, polygon_of
from ui.overlay.gray import GrayWindow
from ui.overlay.layers import Layers
from ui.overlay.model import LevelMarks, OverlayModel
from ui.overlay.words import ago, structure_words
from ui.theme import ALARM_LOOKS, BAR_QUIET, CONTOUR, CYAN, QUARTER_WORDS, TEXT, TEXT_FAINT, THIRD_WORDS

_WALLS = ("posterior_wall", "anterior_wall", "superior_endplate", "inferior_endplate")
_LINES = (*_WALLS, "foramen", "vein")
_DOTTED = ("posterior_third", "posterior_quarter")
_BANDS = (
    ("posterior_third", "posterior_quarter", THIRD_WORDS),
    ("posterior_quarter", "posterior_wall", QUARTER_WORDS),
)
_BAND_ALPHA = 30
_CLOSED = ("body", "foramen")
_MOST_NAMES = 6
_FEW = 8
_STRIP_ROWS = 96
"""So many rows at once stay in the processor's cache on their way to gray."""
_BAR_LENGTHS_MM = (50, 20, 10, 5, 2, 1)


class ImagePainter:
    """Holds the gray window and the scaled picture of the newest frame."""

    def __init__(self, *, invert: bool = False) -> None:
        self._window = GrayWindow(invert=invert)
        self._scaled: Pixels | None = None
        self._picture = QImage()
        self._picture_of: tuple[Frame, int, int] | None = None
        self._layers = Layers()

    def picture(self, frame: Frame, width_px: int, height_px: int) -> QImage:
        """The frame as gray levels, scaled to a size in px of the screen; it owns its bytes."""
        held = self._picture_of
        if held is not None and held[0] is frame and held[1:] == (width_px, height_px):
            return self._picture
        self._picture_of = None
        self._window.look(frame.pixels, frame.t_capture_ns)
        # Memory of the last frame's size is written over: new memory costs the system a fault for each page.
        if (self._picture.width(), self._picture.height()) != (width_px, height_px):
            self._picture = QImage(width_px, height_px, QImage.Format.Format_RGB32)
        pixels, target = self._resized(frame, width_px, height_px), _memory(self._picture)
        for top in range(0, height_px, _STRIP_ROWS):
            rows = slice(top, top + _STRIP_ROWS)
            cv2.cvtColor(self._window.apply(pixels[rows]), cv2.COLOR_GRAY2BGRA, dst=target[rows])
        self._picture_of = (frame, width_px, height_px)
        return self._picture

    def _resized(self, frame: Frame, width_px: int, height_px: int) -> Pixels:
        if (width_px, height_px) == (frame.columns, frame.rows):
            return frame.pixels
        how = cv2.INTER_AREA if width_px <= frame.columns / 2 else cv2.INTER_LINEAR
        # cv2 takes the array only where it fits
        scaled = cv2.resize(frame.pixels, (width_px, height_px), dst=self._scaled, interpolation=how)
        self._scaled = cast(Pixels, scaled)
        return self._scaled

    def paint(self, draw: Draw, rect: QRectF, model: OverlayModel) -> None:
        """Image, lines, hatching, scale bar and, where it is old, how old."""
        painter = draw.painter
        result = model.result
        if result is None:
            draw.fill(rect, BAR_QUIET)
            draw.text(rect, "no image yet", 30, TEXT_FAINT, align="centre")
            return
        device = painter.device()
        ratio = device.devicePixelRatio() if device is not None else 1.0
        picture = self.picture(result.frame, round(rect.width() * ratio), round(rect.height() * ratio))
        picture.setDevicePixelRatio(ratio)
        painter.drawImage(rect.topLeft(), picture)
        painter.save()
        painter.setClipRect(rect)
        place = _Place(rect, result.frame)
        levels = {level.name: level for level in result.levels}
        for marks in model.marks:
            if marks.structures or marks.contour:
                _paint_level(draw, place, levels[marks.level], marks)
        if model.stale_s is not None:
            painter.fillRect(rect, QColor(8, 10, 13, 175))
            _paint_stale(draw, rect, model.stale_s)
        painter.restore()
        if model.mm_per_px is not None:
            self._show_scale_bar(draw, rect, model.mm_per_px / place.scale)

    def _show_scale_bar(self, draw: Draw, rect: QRectF, mm_per_screen_px: float) -> None:
        longest_mm = rect.width() * 0.3 * mm_per_screen_px
        length_mm = next((mm for mm in _BAR_LENGTHS_MM if mm <= longest_mm and mm <= 20), None)
        if length_mm is None:
            return
        right, y = rect.right() - draw.px(28), rect.bottom() - draw.px(28)
        bar = QRectF(right - length_mm / mm_per_screen_px, y, length_mm / mm_per_screen_px, 0)
        room = QRectF(bar.adjusted(0, -draw.px(40), 0, draw.px(8)))
        wide = max(0.0, draw.px(140) - room.width()) / 2 + 2
        room = QRectF(room.adjusted(-wide, 0, wide, 0).toAlignedRect())
        self._layers.begin(draw.painter, draw.unit)
        draw.words += self._layers.show(
            "scale bar",
            room,
            (length_mm, bar.getRect()),
            lambda d, _: _paint_scale_bar(d, bar, length_mm),
            see_through=True,
        )


def owned_image(gray: NDArray[np.uint8]) -> QImage:
    """Gray levels, shape (rows, columns), as an image that owns its bytes."""
    rows, columns = gray.shape
    image = QImage(columns, rows, QImage.Format.Format_RGB32)
    cv2.cvtColor(gray, cv2.COLOR_GRAY2BGRA, dst=_memory(image))
    return image


def _memory(image: QImage) -> NDArray[np.uint8]:
    """Qt's own memory, shape (rows, columns, 4), of no other image: it refers to no array that may go."""
    memory = image.bits()
    if memory is None:
        raise MemoryError("no memory for the picture")
    memory.setsize(image.sizeInBytes())
    target = np.frombuffer(memory, np.uint8)  # type: ignore[call-overload]  # sip's buffer
    return cast(NDArray[np.uint8], target.reshape(image.height(), image.width(), 4))


class _Place:
    """Frame coordinates (centre of the first pixel at 0, 0) to px of the window."""

    def __init__(self, rect: QRectF, frame: Frame) -> None:
        self.scale = rect.width() / frame.columns
        self._scales = np.array([self.scale, rect.height() / frame.rows])
        self._origin = np.array([rect.left(), rect.top()]) + 0.5 * self._scales

    def point(self, xy: tuple[float, float]) -> QPointF:
        (x, y) = (np.asarray(xy, np.float64).reshape(2) * self._scales + self._origin).tolist()
        return QPointF(x, y)

    def corners(self, line: Contour, *, closed: bool) -> NDArray[np.float64]:
        """Where a line's corners are, shape (n, 2), without those that show nothing."""
        corners = np.asarray(line, np.float32).reshape(-1, 2)
        if len(corners) > _FEW:
            # What moves the line by less than a fifth of a screen px costs time and shows nothing.
            corners = np.asarray(cv2.approxPolyDP(corners, 0.2 / self.scale, closed), np.float32)[:, 0]
        return np.asarray(corners * self._scales + self._origin, np.float64)

    def path(self, lines: Iterable[Contour], *, closed: bool) -> QPainterPath:
        path = QPainterPath()
        for line in lines:
            _add(path, self.corners(line, closed=closed), closed=closed)
        return path


def _add(path: QPainterPath, corners: NDArray[np.float64], *, closed: bool) -> None:
    if len(corners) > 1:
        path.addPolygon(polygon_of(corners))
        if closed:
            path.closeSubpath()


def _paint_level(draw: Draw, place: _Place, level: LevelResult, marks: LevelMarks) -> None:
    painter = draw.painter
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if marks.dimmed:
        painter.setOpacity(0.6)
    _hatch(draw, place, level.unobservable_px)
    structures = level.structures_px or {}
    named = [name for name in _LINES if structures.get(name)]
    if not any(name in structures for name in _WALLS):
        named.append("body")
    lines = {
        name: [place.corners(line, closed=name in _CLOSED) for line in structures.get(name, ())]
        for name in (*_DOTTED, *named)
    }
    for inner, outer, tint in _BANDS:
        _paint_band(painter, lines.get(inner, ()), lines.get(outer, ()), tint)
    dotted = QPainterPath()
    for name in _DOTTED:
        for line in lines[name]:
            _add(dotted, line, closed=False)
    _stroke(painter, dotted, "#c8cdd2", draw.px(2.0), alpha=170, dashes=(1.5, 3.0))
    colour = ALARM_LOOKS[marks.priority].line if marks.priority else CYAN
    plain = QPainterPath()  # what has one colour is stroked at once
    for name in named:
        nearest = QPainterPath()
        for line in lines[name]:
            _add(nearest if name == marks.nearest else plain, line, closed=name in _CLOSED)
        if name == marks.nearest:
            _stroke(painter, plain, CYAN, draw.px(2.2))
            plain = QPainterPath()
            _stroke(painter, nearest, "#000000", draw.px(7.5), alpha=120)
            _stroke(painter, nearest, colour, draw.px(4.5))
    _stroke(painter, plain, CYAN, draw.px(2.2))
    if marks.contour:
        outline = place.path(level.contours_px, closed=True)
        _stroke(painter, outline, "#000000", draw.px(6.0), alpha=150)
        _reach(draw, place, level, marks, colour if marks.priority else TEXT)
        # No contour, so it has not its colour; beneath it, so that near it only the rim shows.
        ahead = place.path(marks.ahead_px, closed=False)
        _stroke(painter, ahead, "#000000", draw.px(5.0), alpha=150)
        _stroke(painter, ahead, "#ffffff", draw.px(2.0))
        _stroke(painter, outline, CONTOUR, draw.px(2.6))
        _name_leaks(draw, place, level)
    painter.setOpacity(1.0)


def _paint_band(
    painter: QPainter,
    inner: Sequence[NDArray[np.float64]],
    outer: Sequence[NDArray[np.float64]],
    colour: str,
) -> None:
    """A faint ground between two lines that run the same way."""
    tint = QColor(colour)
    tint.setAlpha(_BAND_ALPHA)
    for one, other in zip(inner, outer, strict=False):
        band = QPainterPath()
        _add(band, np.concatenate([one, other[::-1]]), closed=True)
        _fill(painter, band, tint)


def _name_leaks(draw: Draw, place: _Place, level: LevelResult) -> None:
    """The class of each leak beside it; names that would meet stand below each other."""
    height = draw.px(30)
    taken: list[QRectF] = []
    for leak in level.leaks[:_MOST_NAMES]:
        at = place.point(leak.centre_px)
        box = QRectF(at.x() + draw.px(16), at.y() - draw.px(36), draw.px(260), height)
        while any(box.intersects(other) for other in taken):
            box.translate(0, height + draw.px(4))
        taken.append(box)
        _haloed(draw, box, f"leak: {structure_words(leak.leak_class)}", 20)


def _reach(draw: Draw, place: _Place, level: LevelResult, marks: LevelMarks, colour: str) -> None:
    """Thin line from the cement to the structure: the distance that the number tells."""
    distance = (level.distances or {}).get(marks.nearest or "")
    if distance is None or marks.dimmed:
        return
    path = QPainterPath(place.point(distance.from_px))
    path.lineTo(place.point(distance.to_px))
    _stroke(draw.painter, path, "#000000", draw.px(5.0), alpha=150)
    _stroke(draw.painter, path, colour, draw.px(2.2))


def _stroke(
    painter: QPainter,
    path: QPainterPath,
    colour: str,
    width_px: float,
    *,
    alpha: int = 255,
    dashes: tuple[float, float] | None = None,
) -> None:
    if path.isEmpty():
        return
    tint = QColor(colour)
    tint.setAlpha(alpha)
    pen = QPen(tint, max(1.0, width_px))
    # Bevels cost half of round joins and look the same on lines of many short steps.
    pen.setJoinStyle(Qt.PenJoinStyle.BevelJoin)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    if dashes is not None:
        pen.setDashPattern(dashes)
    painter.strokePath(path, pen)


def _fill(painter: QPainter, path: QPainterPath, brush: QBrush | QColor) -> None:
    """Fill what has a line along its edge: smooth edges cost ten times as much, and the line hides them."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.fillPath(path, brush)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)


def _hatch(draw: Draw, place: _Place, regions: Iterable[Contour]) -> None:
    path = place.path(regions, closed=True)
    if path.isEmpty():
        return
    _fill(draw.painter, path, _hatching(max(6, round(draw.px(14)))))
    _stroke(draw.painter, path, "#dfe6ee", draw.px(1.2), alpha=120)


@lru_cache(maxsize=8)
def _hatching(side: int) -> QBrush:
    tile = QImage(side, side, QImage.Format.Format_ARGB32_Premultiplied)
    tile.fill(QColor(0, 0, 0, 70))
    with QPainter(tile) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(225, 232, 240, 170), max(1.0, side / 8)))
        for shift in (-side, 0, side):
            painter.drawLine(QPointF(shift, side), QPointF(shift + side, 0))
    return QBrush(tile)


def _haloed(draw: Draw, rect: QRectF, text: str, size: float, *, align: str = "left") -> None:
    """Words on a dark plate, readable over any gray."""
    width = min(rect.width(), draw.width_of(text, size, bold=True))
    left = rect.center().x() - width / 2 if align == "centre" else rect.left()
    taken = QRectF(left, rect.top(), width, rect.height())
    draw.painter.setOpacity(0.75)
    draw.fill(taken.adjusted(-draw.px(7), -draw.px(3), draw.px(7), draw.px(3)), "#000000", 5)
    draw.painter.setOpacity(1.0)
    draw.run(rect, [Piece(text, size, TEXT, bold=True)], align=align)


def _paint_stale(draw: Draw, rect: QRectF, age_s: float) -> None:
    middle = QRectF(rect.left(), rect.center().y() - draw.px(40), rect.width(), draw.px(80))
    _haloed(draw, middle, f"last image {ago(age_s)} ago", 46, align="centre")


def _paint_scale_bar(draw: Draw, bar: QRectF, length_mm: int) -> None:
    draw.line(bar.topLeft(), bar.topRight(), "#000000", 7)
    draw.line(bar.topLeft(), bar.topRight(), TEXT, 3)
    label = QRectF(bar.center().x() - draw.px(60), bar.top() - draw.px(34), draw.px(120), draw.px(24))
    _haloed(draw, label, f"{length_mm} mm", 19, align="centre")
