"""The notice itself: a window over everything that says NOT MONITORING, and a tone.

Reads a JSON object a line from standard input: ``{"why": ..., "follows": ...}`` shows, ``{}`` hides; the
end of the input ends it.
"""

from __future__ import annotations

import json
import os
import sys

from PyQt6.QtCore import QRectF, QSocketNotifier, Qt, QTimer
from PyQt6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import QApplication, QWidget

from monitor.result import Priority
from ui.overlay.draw import Draw
from ui.qt import start_application
from ui.theme import ALARM_LOOKS, BACKGROUND, TEXT, TEXT_SOFT, unit_for
from ui.watchdog.tone import Tone

_FLASH_MS = 833
"""Half a period at 0.6 Hz, the flashing of a MEDIUM alarm."""
_STANDING = "Research and training software. Not a medical device."


class Notice(QWidget):
    """The window; hidden until `tell`."""

    def __init__(self) -> None:
        super().__init__(
            None,
            Qt.WindowType.FramelessWindowHint | Qt.WindowType.WindowStaysOnTopHint | Qt.WindowType.Tool,
        )
        self.setWindowTitle("CementWatch: not monitoring")
        self.why, self.follows, self.unheard = "", "", ""
        self._lit = True
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._flash)

    def tell(self, why: str, follows: str, unheard: str) -> None:
        """Show over everything.

        Parameters
        ----------
        unheard : str
            Why there is no sound; empty where there is.
        """
        self.why, self.follows, self.unheard = why, follows, unheard
        self._lit = True
        self._timer.start(_FLASH_MS)
        self.showFullScreen()
        self.raise_()
        self.update()

    def take_back(self) -> None:
        """Hide."""
        self._timer.stop()
        self.hide()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802  Qt's name
        """Ctrl+Q closes the notice, and with it a monitor that is not started again."""
        control = Qt.KeyboardModifier.ControlModifier
        if event is not None and event.key() == Qt.Key.Key_Q and event.modifiers() & control:
            QApplication.exit()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802  Qt's name
        """Paint the words; nothing of an image that is no longer true."""
        look = ALARM_LOOKS[Priority.MEDIUM]
        background, words = look.lit if self._lit else look.unlit
        with QPainter(self) as painter:
            width, height = float(self.width()), float(self.height())
            painter.fillRect(QRectF(0, 0, width, height), QColor(BACKGROUND))
            draw = Draw(painter, unit_for(width, height))
            band = QRectF(0, height * 0.24, width, height * 0.24)
            draw.fill(band, background)
            draw.text(band, "NOT MONITORING", 150, words, bold=True, align="centre")
            lines = [(self.why, 58, TEXT), (self.follows, 44, TEXT), (self.unheard, 34, TEXT_SOFT)]
            top = band.bottom() + draw.px(50)
            for text, size, colour in lines:
                row = QRectF(draw.px(60), top, width - draw.px(120), draw.px(size * 1.5))
                draw.text(row, text, size, colour, align="centre")
                top = row.bottom() + draw.px(16)
            foot = QRectF(0, height - draw.px(70), width, draw.px(50))
            draw.text(foot, _STANDING, 26, TEXT_SOFT, align="centre")

    def _flash(self) -> None:
        self._lit = not self._lit
        self.update()


class Listener:
    """Standard input, a line at a time, as the watchdog writes it."""

    def __init__(self, notice: Notice, tone: Tone) -> None:
        self._notice, self._tone = notice, tone
        self._rest = b""
        os.set_blocking(sys.stdin.fileno(), False)
        self._notifier = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read)  # type: ignore[arg-type]  # a descriptor
        self._notifier.activated.connect(self._read)

    def _read(self) -> None:
        data = os.read(sys.stdin.fileno(), 65536)
        if not data:
            QApplication.exit()
            return
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self.take(json.loads(line))

    def take(self, message: dict[str, str]) -> None:
        """Show or hide."""
        if not message:
            self._tone.stop()
            self._notice.take_back()
            return
        unheard = self._tone.start()
        self._notice.tell(message.get("why", ""), message.get("follows", ""), unheard)


def main() -> int:
    """Wait for what the watchdog says."""
    application = start_application()
    application.setQuitOnLastWindowClosed(False)
    notice, tone = Notice(), Tone()
    listener = Listener(notice, tone)
    status = application.exec()
    del listener
    return status


if __name__ == "__main__":
    sys.exit(main())
