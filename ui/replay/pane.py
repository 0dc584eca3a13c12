"""The overlay of a replay as a widget: shows what its `Look` shows."""

from __future__ import annotations

import logging

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QPainter, QPaintEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from ui.overlay.draw import DrawnText
from ui.overlay.scene import paint_fault
from ui.replay.look import Look

LOG = logging.getLogger(__name__)


class Pane(QWidget):
    """Paints a look; `update` it once the look shows something else. `words` are those of the last paint."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self.words: list[DrawnText] = []
        self.fault = ""
        self.paints = 0
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(320, 240)
        self.setAccessibleName("replay")

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Paint; an exception that left this would end the process."""
        self.paints += 1
        with QPainter(self) as painter:
            try:
                self.words = self.look.paint(painter, self.width(), self.height())
                self.fault = ""
            except Exception as error:
                if not self.fault:
                    LOG.exception("replay: paint failed")
                self.fault = f"{type(error).__name__}: {error}"
                painter.resetTransform()
                painter.setClipping(False)
                painter.setOpacity(1.0)
                paint_fault(painter, self.width(), self.height(), self.fault)
