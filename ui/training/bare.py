"""The image alone, as a C-arm shows it: what is practised on without the monitor's help."""

from __future__ import annotations

from dataclasses import dataclass

from PyQt6.QtCore import QRectF
from PyQt6.QtGui import QColor, QPainter

from monitor.result import Result
from ui.overlay.draw import Draw, DrawnText
from ui.overlay.image_view import ImagePainter
from ui.overlay.observation import Observation
from ui.theme import BACKGROUND, BAR_QUIET, CYAN, TEXT, TEXT_FAINT, TEXT_SOFT, unit_for

_MARGIN = 24


@dataclass(frozen=True, slots=True, eq=False)
class BareModel:
    """The newest frame, and what is said of it."""

    result: Result | None
    note: str

    @property
    def results(self) -> tuple[Result | None, ...]:
        """As the window wants it."""
        return (self.result,)

    @property
    def level(self) -> str | None:
        """No figures: no level."""
        return None


class BareScene:
    """Paints a frame and says that nothing else is shown: no contour, no number, no alarm."""

    def __init__(self, *, invert: bool = False) -> None:
        self._image = ImagePainter(invert=invert)

    def take(self, observation: Observation) -> BareModel:
        """Keep the frame alone."""
        return BareModel(observation.result, observation.demo_note or "")

    def choose_next(self) -> str:
        """Nothing to choose."""
        return "the monitor's help is off"

    def paint(
        self,
        painter: QPainter,
        width_px: float,
        height_px: float,
        model: BareModel,
        *,
        hint: str,
        key_map: bool,
    ) -> list[DrawnText]:
        """Image on the left, words on the right."""
        draw = Draw(painter, unit_for(width_px, height_px))
        painter.fillRect(QRectF(0, 0, width_px, height_px), QColor(BACKGROUND))
        margin = draw.px(_MARGIN)
        frame = model.result.frame if model.result is not None else None
        ratio = 1.0 if frame is None else frame.columns / frame.rows
        height = height_px - 2 * margin
        width = min(height * ratio, width_px * 0.66)
        image = QRectF(margin, margin, float(round(width)), float(round(width / ratio)))
        if frame is None:
            draw.fill(image, BAR_QUIET)
            draw.text(image, "no image yet", 30, TEXT_FAINT, align="centre")
        else:
            painter.drawImage(image, self._image.picture(frame, round(image.width()), round(image.height())))
        left = image.right() + draw.px(48)
        words = QRectF(left, margin, width_px - margin - left, draw.px(70))
        draw.text(words, "monitor's help off", 46, CYAN, bold=True)
        for number, line in enumerate(
            (
                "the image as a C-arm shows it:",
                "no contour, no numbers, no alarms",
                "you alone decide when to stop",
            )
        ):
            draw.text(words.translated(0, draw.px(84 + 48 * number)), line, 30, TEXT_SOFT)
        foot = QRectF(left, height_px - margin - draw.px(90), words.width(), draw.px(44))
        draw.text(foot, model.note, 28, TEXT, bold=True)
        draw.text(
            foot.translated(0, draw.px(46)),
            "Research and training software. Not a medical device.",
            21,
            TEXT_FAINT,
        )
        if hint:
            draw.text(foot.translated(0, -draw.px(80)), hint, 30, TEXT, bold=True)
        return draw.words
