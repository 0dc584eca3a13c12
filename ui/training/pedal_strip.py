"""The lower edge of an exercise: the pedal as it is now, what was injected, the time, a hint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import QWidget

from ui.language import translated
from ui.overlay.draw import Draw, DrawnText, Piece
from ui.theme import (
    BACKGROUND,
    BAR_QUIET,
    CYAN,
    DESIGN_HEIGHT,
    DESIGN_WIDTH,
    LINE,
    TEXT,
    TEXT_FAINT,
    TEXT_SOFT,
    TRACK,
)

HEIGHT = 116
"""In design units; of a window 1080 high."""
_PEDAL_WIDTH = 430
_HINT = 26


@dataclass(frozen=True, slots=True)
class PedalModel:
    """What is shown.

    Parameters
    ----------
    held : bool
        The pedal is down.
    state : str
        What that means now, large.
    key : str
        How to hold it.
    injected_ml, planned_ml : float or None
        None: no matter here.
    time_s, longest_s : float or None
        Since the first frame, and how long it may take at most.
    hint : str
        Empty: none.
    """

    held: bool
    state: str
    key: str
    injected_ml: float | None
    planned_ml: float | None
    time_s: float | None
    longest_s: float
    hint: str = ""


class PedalStrip(QWidget):
    """Painted; a mouse that is held on the pedal's field holds the pedal.

    Parameters
    ----------
    press, release : callable
    """

    def __init__(self, press: Callable[[], None], release: Callable[[], None]) -> None:
        super().__init__()
        self._press, self._release = press, release
        self._by_mouse = False
        self.model: PedalModel | None = None
        self.words: list[DrawnText] = []
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def show_model(self, model: PedalModel) -> None:
        """Show it, where it has changed."""
        if model != self.model:
            self.model = model
            self.update()

    @property
    def pedal_rect(self) -> QRectF:
        """Where the mouse holds the pedal (px)."""
        unit = self._unit()
        return QRectF(14 * unit, 10 * unit, _PEDAL_WIDTH * unit, self.height() - 20 * unit)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Hold the pedal."""
        if event is None or event.button() != Qt.MouseButton.LeftButton:
            return
        if self.pedal_rect.contains(event.position()):
            self._by_mouse = True
            self._press()

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Let it go, wherever the mouse is by now."""
        if event is not None and self._by_mouse:
            self._by_mouse = False
            self._release()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Paint the model."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            draw = Draw(painter, self._unit())
            whole = QRectF(0, 0, self.width(), self.height())
            draw.fill(whole, BAR_QUIET)
            draw.line(whole.topLeft(), whole.topRight(), LINE, 1.5)
            if self.model is not None:
                self._paint(draw, whole, self.model)
            self.words = draw.words

    def _paint(self, draw: Draw, whole: QRectF, model: PedalModel) -> None:
        pedal = self.pedal_rect
        draw.fill(pedal, CYAN if model.held else TRACK, 10)
        upper = QRectF(pedal.left(), pedal.top() + draw.px(4), pedal.width(), pedal.height() * 0.58)
        draw.text(upper, model.state, 40, BACKGROUND if model.held else TEXT, bold=True, align="centre")
        lower = QRectF(pedal.left(), upper.bottom(), pedal.width(), pedal.height() * 0.34)
        draw.text(lower, model.key, 21, BACKGROUND if model.held else TEXT_SOFT, align="centre")
        left = pedal.right() + draw.px(34)
        volume = QRectF(left, pedal.top(), draw.px(330), pedal.height() * 0.6)
        if model.injected_ml is not None and model.planned_ml:
            draw.run(
                volume,
                [
                    Piece(f"{model.injected_ml:.2f}", 40, TEXT, bold=True),
                    Piece("mL", 26, TEXT, space=10),
                    Piece(f"of {model.planned_ml:.1f}", 26, TEXT_SOFT, space=14),
                ],
            )
            bar = QRectF(left, volume.bottom() + draw.px(8), volume.width(), draw.px(12))
            draw.fill(bar, TRACK, 6)
            share = min(1.0, model.injected_ml / model.planned_ml)
            if share > 0.02:
                draw.fill(QRectF(bar.left(), bar.top(), bar.width() * share, bar.height()), CYAN, 6)
        else:
            draw.text(volume, "a recording, as it was", 24, TEXT_SOFT)
        clock = QRectF(volume.right() + draw.px(34), pedal.top(), draw.px(210), pedal.height())
        if model.time_s is not None:
            draw.run(
                clock,
                [
                    Piece(_clock(model.time_s), 34, TEXT, bold=True),
                    Piece(f"of {_clock(model.longest_s)}", 24, TEXT_FAINT, space=12),
                ],
            )
        hint = QRectF(clock.right() + draw.px(20), pedal.top(), 0, pedal.height())
        hint.setRight(whole.right() - draw.px(20))
        lines = _two_lines(draw, model.hint, hint.width()) if model.hint else ()
        for number, line in enumerate(lines):
            middle = hint.center().y() + (number - (len(lines) - 1) / 2) * draw.px(36)
            row = QRectF(hint.left(), middle - draw.px(18), hint.width(), draw.px(36))
            draw.text(row, line, _HINT, TEXT, said=True)

    def _unit(self) -> float:
        window = self.window()
        width, height = (
            (window.width(), window.height()) if window is not None else (self.width(), DESIGN_HEIGHT)
        )
        return min(width / DESIGN_WIDTH, height / DESIGN_HEIGHT)


def _two_lines(draw: Draw, hint: str, width_px: float) -> tuple[str, ...]:
    """A hint in one line, or in two where it is too long."""
    words = translated(hint).split(" ")
    if draw.width_of(" ".join(words), _HINT, said=True) <= width_px:
        return (" ".join(words),)
    at = max(
        (k for k in range(1, len(words)) if draw.width_of(" ".join(words[:k]), _HINT, said=True) <= width_px),
        default=1,
    )
    return " ".join(words[:at]), " ".join(words[at:])


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
