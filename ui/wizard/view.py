"""The picture: zoomed, moved and windowed with the mouse, and marked by a hand."""

from __future__ import annotations

import math

from PyQt6.QtCore import QEvent, QPointF, QRectF, Qt, pyqtSignal
from PyQt6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PyQt6.QtWidgets import QSizePolicy, QWidget

from calibration.picture import Picture
from monitor.plan import Point
from ui.language import translated
from ui.overlay.draw import font_of
from ui.overlay.image_view import owned_image
from ui.theme import BAR_QUIET, CYAN, LINE, TEXT_FAINT
from ui.wizard.hand import Hand
from ui.wizard.paint import paint_corner
from ui.wizard.sight import Sight, Window

_CLICK_PX = 4.0
_WHEEL, _STEP = 1.0015, 1.25
_SMOOTH_BELOW = 4.0
_PER_PX = 0.004
_PAN_PX = 60.0
_NUDGES_PX = {
    Qt.KeyboardModifier.NoModifier: 1.0,
    Qt.KeyboardModifier.AltModifier: 0.1,
    Qt.KeyboardModifier.ShiftModifier: 10.0,
}
_ARROWS = {
    Qt.Key.Key_Left: (-1.0, 0.0),
    Qt.Key.Key_Right: (1.0, 0.0),
    Qt.Key.Key_Up: (0.0, -1.0),
    Qt.Key.Key_Down: (0.0, 1.0),
}


class PictureView(QWidget):
    """Shows a picture; marks are set, dragged and nudged by a hand. Subclasses paint them.

    Left button: set a mark, drag it, or move the picture. Right button: window and level. Wheel: zoom.
    `moved` is emitted while a mark moves, `settled` once it stays where it is.

    Parameters
    ----------
    hand : Hand
    name : str
        For who cannot see it.
    """

    moved = pyqtSignal()
    settled = pyqtSignal()

    def __init__(self, hand: Hand, name: str) -> None:
        super().__init__()
        self._hand = hand
        self.setObjectName("picture")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(320, 240)
        self.setAccessibleName(name)
        self._picture: Picture | None = None
        self._image: QImage | None = None
        self._window = Window(0.0, 1.0)
        self._sight = Sight(1.0, 1.0, (0.0, 0.0), 1.0)
        self._fitted = True
        self._drag: tuple[str, Point] | None = None
        self._far = False
        self._pointer: Point | None = None
        self.empty_words = "no picture yet: open a file, a folder or a device above"

    def show_picture(self, picture: Picture | None) -> None:
        """Show a picture, whole and with a grey window of its own, unless it is shown already."""
        if picture is self._picture:
            return
        self._picture, self._pointer = picture, None
        if picture is not None:
            self._window = Window.of(picture.grey)
            self._hand.within(picture)
        self._render()
        self.fit()

    def show_cursor(self) -> None:
        """A cross where a mark can be set."""
        wanted = self._hand.wants_more and self._picture is not None
        self.setCursor(Qt.CursorShape.CrossCursor if wanted else Qt.CursorShape.ArrowCursor)
        self.update()

    def paint_marks(self, painter: QPainter) -> None:
        """Paint what lies over the picture."""

    @property
    def pointer(self) -> Point | None:
        """Where the pointer is (px of the view); None where it is elsewhere."""
        return self._pointer

    @property
    def sight(self) -> Sight:
        """What is seen."""
        return self._sight

    @property
    def window_level(self) -> Window:
        """The grey window."""
        return self._window

    def place(self, at: Point) -> QPointF:
        """Where a place of the picture (px) is in this widget."""
        return QPointF(*self._sight.to_view(at))

    @property
    def words(self) -> str:
        """Zoom, window and level, and the place and stored value under the pointer."""
        grey = self._window
        width, level = grey.high - grey.low, (grey.high + grey.low) / 2
        words = f"{100 * self._sight.zoom:.0f} %   W {width:.0f}  L {level:.0f}"
        if self._picture is None or self._pointer is None:
            return words
        rows, columns = self._picture.stored.shape
        at = self._sight.to_picture(self._pointer)
        x, y = round(at[0]), round(at[1])
        if not (0 <= x < columns and 0 <= y < rows):
            return words
        value = self._picture.stored[y, x]
        return f"{words}   x {at[0]:.1f}  y {at[1]:.1f}  value {value:.0f}"

    def fit(self) -> None:
        """All of the picture."""
        if self._picture is not None:
            rows, columns = self._picture.stored.shape
            self._sight = Sight.whole(self.width(), self.height(), columns, rows)
        self._fitted = True
        self.update()

    def zoom_by(self, factor: float) -> None:
        """Enlarge around the middle."""
        self._set_sight(self._sight.zoomed(factor, (self.width() / 2, self.height() / 2)))

    def auto_grey(self) -> None:
        """The grey window that a new picture has."""
        if self._picture is not None:
            self._set_window(Window.of(self._picture.grey))

    def undo(self) -> None:
        """Take the last change of the marks back."""
        if self._hand.undo():
            self._tell(settled=True)

    def redo(self) -> None:
        """Change the marks again as before `undo`."""
        if self._hand.redo():
            self._tell(settled=True)

    def delete_marks(self) -> None:
        """Remove the marks of the tool."""
        if self._hand.remove():
            self._tell(settled=True)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Grab a mark, or begin to move or window the picture."""
        if event is None or self._picture is None:
            return
        self.setFocus()
        at = (event.position().x(), event.position().y())
        self._far = False
        if event.button() == Qt.MouseButton.RightButton:
            self._drag = ("grey", at)
        elif event.button() == Qt.MouseButton.MiddleButton:
            self._drag = ("pan", at)
        elif event.button() == Qt.MouseButton.LeftButton:
            self._drag = ("mark" if self._hand.choose_at(self._sight, at) else "pan", at)
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Go on with what the press began."""
        if event is None or self._picture is None:
            return
        at = (event.position().x(), event.position().y())
        self._pointer = at
        if self._drag is not None:
            what, before = self._drag
            if not self._far and math.dist(before, at) < _CLICK_PX:
                return
            dx, dy = at[0] - before[0], at[1] - before[1]
            if what == "mark":
                self._hand.shift(dx / self._sight.zoom, dy / self._sight.zoom, new_step=not self._far)
                self._tell(settled=False)
            elif what == "pan":
                self._set_sight(self._sight.panned(dx, dy))
            else:
                self._set_window(self._window.changed(_PER_PX * dx, -_PER_PX * dy))
            self._far, self._drag = True, (what, at)
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Set a mark where nothing was moved, or leave the dragged one."""
        if event is None or self._drag is None:
            return
        (what, _), self._drag = self._drag, None
        if what == "mark" and self._far:
            self._tell(settled=True)
        elif what == "pan" and not self._far and event.button() == Qt.MouseButton.LeftButton:
            self._add(self._sight.to_picture((event.position().x(), event.position().y())))

    def leaveEvent(self, event: QEvent | None) -> None:  # noqa: N802 - Qt's name
        """Nothing is under the pointer any more."""
        super().leaveEvent(event)
        self._pointer = None
        self.update()

    def wheelEvent(self, event: QWheelEvent | None) -> None:  # noqa: N802 - Qt's name
        """Zoom around the pointer."""
        if event is not None and self._picture is not None:
            at = (event.position().x(), event.position().y())
            self._set_sight(self._sight.zoomed(_WHEEL ** event.angleDelta().y(), at))
            event.accept()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        """Keys of the window's key map; everything that the mouse does."""
        if event is None or self._picture is None or not self._key(event):
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Stay whole where it was whole."""
        super().resizeEvent(event)
        if self._fitted:
            self.fit()
        else:
            self._sight = Sight(self.width(), self.height(), self._sight.centre, self._sight.zoom)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Paint the picture and what lies over it."""
        del event
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), QColor(BAR_QUIET))
            painter.setFont(font_of(self.fontInfo().pixelSize(), False))
            if self._image is None or self._picture is None:
                painter.setPen(QColor(TEXT_FAINT))
                wrapped = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
                painter.drawText(
                    self.rect().adjusted(40, 40, -40, -40), int(wrapped), translated(self.empty_words)
                )
            else:
                left, top = self._sight.to_view((-0.5, -0.5))
                rows, columns = self._picture.stored.shape
                place = QRectF(left, top, columns * self._sight.zoom, rows * self._sight.zoom)
                smooth = self._sight.zoom < _SMOOTH_BELOW
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
                painter.drawImage(place, self._image)
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                self.paint_marks(painter)
                paint_corner(painter, self.height(), self.words)
            if self.hasFocus():
                painter.setPen(QColor(CYAN))
            else:
                painter.setPen(QColor(LINE))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _key(self, event: QKeyEvent) -> bool:
        key, held = event.key(), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if key in _ARROWS:
            return self._arrow(*_ARROWS[Qt.Key(key)], held)
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._add(self._sight.centre)
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.delete_marks()
        elif key in (Qt.Key.Key_PageDown, Qt.Key.Key_PageUp):
            self._hand.choose_next(1 if key == Qt.Key.Key_PageDown else -1)
            self.update()
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom_by(_STEP)
        elif key == Qt.Key.Key_Minus:
            self.zoom_by(1 / _STEP)
        elif key == Qt.Key.Key_0:
            self.fit()
        elif key == Qt.Key.Key_A and not held:
            self.auto_grey()
        else:
            return False
        return True

    def _arrow(self, x: float, y: float, held: Qt.KeyboardModifier) -> bool:
        step = _NUDGES_PX.get(held, 0.0)
        if held == Qt.KeyboardModifier.ControlModifier:
            self._set_window(self._window.changed(0.05 * x, -0.05 * y))
        elif held not in _NUDGES_PX:
            return False
        elif self._hand.shift(step * x, step * y, new_step=True):
            self._tell(settled=True)
        else:
            self._set_sight(self._sight.panned(-_PAN_PX * x, -_PAN_PX * y))
        return True

    def _add(self, at: Point) -> None:
        if self._hand.add(at):
            self._tell(settled=True)

    def _tell(self, *, settled: bool) -> None:
        self.update()
        (self.settled if settled else self.moved).emit()

    def _set_sight(self, sight: Sight) -> None:
        self._sight, self._fitted = sight, False
        self.update()

    def _set_window(self, window: Window) -> None:
        self._window = window
        self._render()
        self.update()

    def _render(self) -> None:
        self._image = None if self._picture is None else owned_image(self._window.applied(self._picture.grey))
        self.update()
