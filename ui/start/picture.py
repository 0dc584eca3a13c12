"""The live preview: the newest frame as it is delivered, what is left out of it, and what is wrong."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PyQt6.QtWidgets import QSizePolicy, QWidget

from monitor.frame import Pixels
from monitor.plan import Point
from monitor.sources.cropped import LEAST_SIDE_PX, Crop
from ui.language import translated
from ui.overlay.draw import font_of
from ui.overlay.gray import GrayWindow
from ui.overlay.image_view import owned_image
from ui.source_words import source_words
from ui.start.preview import Seen
from ui.theme import AMBER_LINE, BAR_QUIET, CYAN, HALO, LINE, TEXT, TEXT_FAINT, TEXT_SOFT
from ui.wizard.sight import Sight

_DRAG_PX = 4.0
_EMPTY = (
    "no image yet: choose a source on the right\n\n"
    "the list there holds the capture devices of this machine, and simulated procedures for a trial"
)
_LEFT_OUT = 165
_PADDING_PX = 10.0


class PreviewView(QWidget):
    """Shows what a `Preview` has seen. A rectangle drawn with the mouse is a crop; `drawn` carries it."""

    drawn = pyqtSignal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("preview")
        self.setAccessibleName("live preview of the source")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(320, 240)
        self.words, self.trouble = "", ""
        self._seen = Seen()
        self._silent_s: float | None = None
        self._asked = ""
        self._image: QImage | None = None
        self._grey = GrayWindow()
        self._crop: Crop | None = None
        self._proposed: Crop | None = None
        self._drag: tuple[Point, Point] | None = None

    def show_seen(self, seen: Seen, now_ns: int, asked: str) -> None:
        """Take over what there is to show at this moment (monotonic ns) of the source that was asked for."""
        if seen.info is None or self._seen.info is None or asked != self._asked:
            self._grey = GrayWindow()
        fresh = seen.frame is not self._seen.frame
        silent_s = seen.silent_s(now_ns)
        self._seen, self._silent_s, self._asked = seen, silent_s, asked
        if seen.frame is None:
            self._image = None
        elif fresh:
            self._grey.look(self._part_of(seen.frame.pixels), seen.frame.t_capture_ns)
            self._image = owned_image(self._grey.apply(seen.frame.pixels))
        words, trouble = self._words(), self._trouble()
        if fresh or (words, trouble) != (self.words, self.trouble):
            self.words, self.trouble = words, trouble
            self.update()

    def show_crop(self, crop: Crop | None, proposed: Crop | None) -> None:
        """Show what is cropped, and what is proposed instead."""
        if (crop, proposed) != (self._crop, self._proposed):
            self._crop, self._proposed = crop, proposed
            self._grey = GrayWindow()
            frame = self._seen.frame
            if frame is not None:
                self._grey.look(self._part_of(frame.pixels), frame.t_capture_ns)
                self._image = owned_image(self._grey.apply(frame.pixels))
            self.update()

    def place(self, at: Point) -> QPointF:
        """Where a place of the frame (px) is in this widget."""
        return QPointF(*self._sight().to_view(at))

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Begin a rectangle."""
        if event is None or self._seen.frame is None or event.button() != Qt.MouseButton.LeftButton:
            return
        at = (event.position().x(), event.position().y())
        self._drag = (at, at)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Draw it."""
        if event is not None and self._drag is not None:
            self._drag = (self._drag[0], (event.position().x(), event.position().y()))
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Crop to it, where it is one."""
        if event is None or self._drag is None:
            return
        self._drag = (self._drag[0], (event.position().x(), event.position().y()))
        dragged = self._dragged()
        self._drag = None
        if dragged is not None:
            self.drawn.emit(dragged)
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Paint image, crop and words."""
        del event
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), QColor(BAR_QUIET))
            painter.setFont(font_of(self.fontInfo().pixelSize(), False))
            if self._image is None:
                wrapped = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
                painter.setPen(QColor(AMBER_LINE if self.trouble else TEXT_FAINT))
                painter.drawText(
                    self.rect().adjusted(40, 40, -40, -40),
                    wrapped,
                    translated(self.trouble or self.words or _EMPTY),
                )
            else:
                self._paint_image(painter, self._image)
            painter.setPen(QColor(LINE))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _paint_image(self, painter: QPainter, image: QImage) -> None:
        whole = self._on_screen(Crop(0, 0, image.width(), image.height()))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(whole, image)
        crop = self._dragged() or self._crop
        if crop is not None:
            outside = QPainterPath()
            outside.addRect(whole)
            outside.addRect(self._on_screen(crop))
            shade = QColor(HALO)
            shade.setAlpha(_LEFT_OUT)
            painter.fillPath(outside, shade)
            self._frame(painter, crop, Qt.PenStyle.SolidLine)
        elif self._proposed is not None:
            self._frame(painter, self._proposed, Qt.PenStyle.DashLine)
        if self.trouble:
            shade = QColor(HALO)
            shade.setAlpha(_LEFT_OUT)
            painter.fillRect(whole, shade)
            wrapped = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
            painter.setPen(QColor(AMBER_LINE))
            painter.drawText(self.rect().adjusted(40, 40, -40, -40), wrapped, translated(self.trouble))
        self._caption(painter, translated(self.words), bottom=True)

    def _frame(self, painter: QPainter, crop: Crop, style: Qt.PenStyle) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in ((HALO, 4.0), (CYAN, 2.0)):
            painter.setPen(QPen(QColor(colour), width, style))
            painter.drawRect(self._on_screen(crop))

    def _caption(self, painter: QPainter, text: str, *, bottom: bool) -> None:
        height = painter.fontMetrics().height() + 6
        top = self.height() - height - 1 if bottom else 1
        back = QColor(HALO)
        back.setAlpha(205)
        room = QRectF(1, top, self.width() - 2, height)
        painter.fillRect(room, back)
        painter.setPen(QColor(TEXT_SOFT if bottom else TEXT))
        room.adjust(_PADDING_PX, 0, -_PADDING_PX, 0)
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, int(room.width()))
        painter.drawText(room, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), shown)

    def _words(self) -> str:
        if self._seen.info is None:
            return f"opening {self._asked}…" if self._asked and not self._seen.problem else ""
        words = source_words(self._seen.info, self._seen.period_s)
        return f"{words}  ·  end of the file" if self._seen.ended else words

    def _trouble(self) -> str:
        parts = [self._seen.problem] if self._seen.problem else []
        if self._silent_s is not None:
            parts.insert(0, f"no image for {self._silent_s:.1f} s")
        return "\n".join(parts)

    def _part_of(self, pixels: Pixels) -> Pixels:
        """The image alone: a black border and white text would make it faint."""
        part = self._crop or self._proposed
        if part is None or not part.within(pixels.shape[1], pixels.shape[0]):
            return pixels
        return pixels[part.top : part.top + part.rows, part.left : part.left + part.columns]

    def _sight(self) -> Sight:
        caption = self.fontMetrics().height() + 6
        columns, rows = (
            (1, 1)
            if self._seen.frame is None
            else (
                self._seen.frame.columns,
                self._seen.frame.rows,
            )
        )
        return Sight.whole(self.width(), self.height() - caption, columns, rows)

    def _on_screen(self, crop: Crop) -> QRectF:
        sight = self._sight()
        left, top = sight.to_view((crop.left - 0.5, crop.top - 0.5))
        return QRectF(left, top, crop.columns * sight.zoom, crop.rows * sight.zoom)

    def _dragged(self) -> Crop | None:
        """The rectangle that is being drawn, within the frame; None where it is no image."""
        if self._drag is None or self._seen.frame is None:
            return None
        sight, frame = self._sight(), self._seen.frame
        (x0, y0), (x1, y1) = self._drag
        if abs(x1 - x0) < _DRAG_PX or abs(y1 - y0) < _DRAG_PX:
            return None
        ends = [sight.to_picture((f(x0, x1), f(y0, y1))) for f in (min, max)]
        left, top = (max(0, round(value + 0.5)) for value in ends[0])
        right = min(frame.columns, round(ends[1][0] + 0.5))
        bottom = min(frame.rows, round(ends[1][1] + 0.5))
        if min(right - left, bottom - top) < LEAST_SIDE_PX:
            return None
        return Crop(left, top, right - left, bottom - top)
