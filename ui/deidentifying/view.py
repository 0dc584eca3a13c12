"""The picture with its boxes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, QRectF, QSizeF, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QSizePolicy, QWidget

from monitor.plan import Point
from recordings.importing.regions import Region
from ui.deidentifying.boxes import GRIP_PX, Boxes
from ui.overlay.image_view import owned_image
from ui.theme import AMBER_LINE, BAR_QUIET, CYAN

_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class BoxView(QWidget):
    """Shows a picture and the boxes over it, which mouse and keys change. `changed` is emitted then."""

    changed = pyqtSignal()

    def __init__(self, boxes: Boxes) -> None:
        super().__init__()
        self.boxes = boxes
        self.filled = False
        self._image: QImage | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(320, 240)
        self.setAccessibleName("frames with the boxes that will be blanked")
        self.setCursor(Qt.CursorShape.CrossCursor)

    def show_gray(self, gray: NDArray[np.uint8]) -> None:
        """Show a picture, shape (rows, columns)."""
        self._image = owned_image(gray)
        self.update()

    def show_filled(self, filled: bool) -> None:
        """Show the boxes as they will be blanked, or their outlines alone."""
        self.filled = filled
        self.update()

    def _scale(self) -> float:
        if self._image is None:
            return 1.0
        return min(self.width() / self._image.width(), self.height() / self._image.height())

    def place_of(self, at: Point) -> QPointF:
        """Where an edge of a pixel is in this widget."""
        assert self._image is not None
        scale = self._scale()
        left = (self.width() - scale * self._image.width()) / 2
        top = (self.height() - scale * self._image.height()) / 2
        return QPointF(left + scale * at[0], top + scale * at[1])

    def _to_picture(self, at: QPointF) -> Point:
        origin, scale = self.place_of((0.0, 0.0)), self._scale()
        return (at.x() - origin.x()) / scale, (at.y() - origin.y()) / scale

    def rectangle_of(self, region: Region) -> QRectF:
        """Where a region is in this widget."""
        scale = self._scale()
        return QRectF(
            self.place_of((float(region.x), float(region.y))),
            QSizeF(scale * region.columns, scale * region.rows),
        )

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Paint the picture and the boxes."""
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), QColor(BAR_QUIET))
            if self._image is None:
                return
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            scale = self._scale()
            target = QRectF(
                self.place_of((0.0, 0.0)), QSizeF(scale * self._image.width(), scale * self._image.height())
            )
            painter.drawImage(target, self._image)
            for number, region in enumerate(self.boxes.regions):
                chosen = number == self.boxes.chosen
                box = self.rectangle_of(region)
                if self.filled:
                    painter.fillRect(box, QColor("black"))
                painter.setPen(QPen(QColor(CYAN if chosen else AMBER_LINE), 3 if chosen else 2))
                painter.drawRect(box)
                if chosen:
                    grip = QRectF(0, 0, GRIP_PX, GRIP_PX)
                    grip.moveCenter(box.bottomRight())
                    painter.fillRect(grip, QColor(CYAN))

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Take hold of a box, or begin one."""
        if event is not None and self._image is not None and event.button() == Qt.MouseButton.LeftButton:
            self.setFocus()
            self.boxes.press(self._to_picture(event.position()), GRIP_PX / self._scale())
            self._tell()

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Go on with it."""
        if event is not None and self._image is not None:
            self.boxes.drag(self._to_picture(event.position()))
            self._tell()

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Leave it there."""
        self.boxes.release()
        self._tell()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        """Everything that the mouse does to a box."""
        if event is None or not self._key(event):
            super().keyPressEvent(event)
        else:
            self._tell()

    def _key(self, event: QKeyEvent) -> bool:
        key, boxes = Qt.Key(event.key()), self.boxes
        if key in _ARROWS:
            far = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
            dx, dy = (far * step for step in _ARROWS[key])
            if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
                boxes.grow(dx, dy)
            else:
                boxes.shift(dx, dy)
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            boxes.remove()
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Insert, Qt.Key.Key_N):
            boxes.add()
        elif key == Qt.Key.Key_B:
            boxes.choose_next()
        elif key == Qt.Key.Key_Z and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            boxes.undo()
        else:
            return False
        return True

    def _tell(self) -> None:
        self.update()
        self.changed.emit()
