"""Small pictures of frames, made on a thread of their own; the newest wish first, a bounded number kept."""

from __future__ import annotations

import threading
from collections import OrderedDict
from contextlib import suppress
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QObject, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QImage, QPainter, QPaintEvent
from PyQt6.QtWidgets import QWidget

from monitor.errors import RecordingError
from monitor.frame import Pixels
from ui.overlay.draw import Draw
from ui.overlay.gray import GrayWindow
from ui.overlay.image_view import owned_image
from ui.replay.deck import Deck
from ui.theme import BLIND_LINE, PANEL, TEXT, TEXT_SOFT

LONG_PX = 200
MOST_KEPT = 300
"""Each 40 kB at most."""


class Thumbnails(QObject):
    """Asked for a frame, gives its picture where it is kept; else makes it, and tells with `made`."""

    made = pyqtSignal(int)

    def __init__(self, deck: Deck) -> None:
        super().__init__()
        self._deck = deck
        self._kept: OrderedDict[int, NDArray[np.uint8] | None] = OrderedDict()
        self._wanted: int | None = None
        self._lock = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None
        self._invert = deck.setup.invert

    def grid(self, frame: int) -> int:
        """The frame whose picture stands for a frame: there are no more of them than are kept."""
        step = max(1, len(self._deck.times_ns) // MOST_KEPT)
        return min(frame // step * step, len(self._deck.times_ns) - 1)

    def of(self, frame: int) -> NDArray[np.uint8] | None:
        """Gray levels, shape (rows, columns); None: not made yet, or the frame is damaged."""
        with self._lock:
            if frame in self._kept:
                self._kept.move_to_end(frame)
                return self._kept[frame]
            self._wanted = frame
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._work, name="thumbnails", daemon=True)
                self._thread.start()
            self._lock.notify()
        return None

    def close(self) -> None:
        """End the thread; the deck may be closed then."""
        with self._lock:
            self._closed, self._wanted = True, None
            self._lock.notify()
        if self._thread is not None:
            self._thread.join(5.0)

    def _work(self) -> None:
        while True:
            with self._lock:
                while self._wanted is None and not self._closed:
                    self._lock.wait()
                if self._wanted is None:
                    return
                frame, self._wanted = self._wanted, None
            picture = self._make(frame)
            with self._lock:
                self._kept[frame] = picture
                while len(self._kept) > MOST_KEPT:
                    self._kept.popitem(last=False)
            with suppress(RuntimeError):  # the window is gone
                self.made.emit(frame)

    def _make(self, frame: int) -> NDArray[np.uint8] | None:
        try:
            pixels = self._deck.reader.read(frame).pixels
        except (RecordingError, IndexError, OSError):
            return None
        rows, columns = pixels.shape
        scale = LONG_PX / max(rows, columns)
        size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        small = cast(Pixels, cv2.resize(pixels, size, interpolation=how))
        window = GrayWindow(invert=self._invert)
        window.look(small, 0)
        return window.apply(small)


class Hover(QWidget):
    """A thumbnail with the time that it is of, over the time line."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.image: QImage | None = None
        self.lines: tuple[str, ...] = ()
        self.hide()

    def show_at(
        self, middle_x: float, bottom: float, picture: NDArray[np.uint8] | None, lines: tuple[str, ...]
    ) -> None:
        """Show above a place of the window; without a picture its room stays empty."""
        if picture is not None:
            self.image = owned_image(picture)
        elif self.image is not None:
            self.image.fill(0)
        self.lines = lines
        size = self.image.size() if self.image is not None else QSize(LONG_PX, LONG_PX)
        width, height = max(size.width() + 12, LONG_PX + 12), size.height() + 10 + 20 * len(lines)
        parent = self.parentWidget()
        most = parent.width() if parent is not None else width
        left = min(max(0, round(middle_x - width / 2)), most - width)
        self.setGeometry(left, round(bottom - height), width, height)
        self.show()
        self.raise_()
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """The picture and its words."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            draw = Draw(painter, 1.0)
            whole = QRectF(0, 0, self.width(), self.height())
            draw.fill(whole, PANEL)
            draw.frame(whole, BLIND_LINE, 1.5, 3)
            top = 6.0
            if self.image is not None:
                painter.drawImage(QPointF((self.width() - self.image.width()) / 2, top), self.image)
                top += self.image.height()
            for k, line in enumerate(self.lines):
                room = QRectF(8, top + 2 + 20 * k, self.width() - 16, 20)
                draw.text(room, line, 14, TEXT if k == 0 else TEXT_SOFT, bold=k == 0, align="centre")
