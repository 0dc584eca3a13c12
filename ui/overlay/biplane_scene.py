"""The painter of two sources at once: images side by side, under each what is true of it alone."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PyQt6.QtCore import QRectF
from PyQt6.QtGui import QColor, QPainter

from monitor.result import Result
from ui.overlay.biplane import BiplaneObservation, join
from ui.overlay.choice import NEARER, admitted, choice_words, highest_alarms, is_near, next_of
from ui.overlay.derive import build_model
from ui.overlay.draw import Draw, DrawnText, Piece, cut_row
from ui.overlay.header import paint_heartbeat, paint_pill
from ui.overlay.image_view import ImagePainter
from ui.overlay.layers import Layers
from ui.overlay.layout import BiplaneLayout, biplane_layout_for
from ui.overlay.memory import Memory
from ui.overlay.model import BiplaneModel, OverlayModel
from ui.overlay.observation import Setup
from ui.overlay.scene import paint_panels
from ui.overlay.words import DANGEROUS, UNKNOWN
from ui.theme import ALARM_LOOKS, BACKGROUND, PANEL, TEXT, TEXT_FAINT, TEXT_SOFT


class BiplaneScene:
    """As `Scene`, for two sources.

    Parameters
    ----------
    setups : (Setup, Setup)
    names : (str, str)
        What the planes are called.
    """

    def __init__(self, setups: tuple[Setup, Setup], names: tuple[str, str]) -> None:
        self._setups, self._names = setups, names
        self._memories = (Memory(), Memory())
        self._chosen: str | None = None
        self._layers = Layers()
        self._images = tuple(ImagePainter(invert=setup.invert) for setup in setups)

    def take(self, observation: BiplaneObservation) -> BiplaneModel:
        """Remember a look at both and derive what to paint."""
        models = []
        for seen, memory, setup in zip(observation.planes, self._memories, self._setups, strict=True):
            memory.remember(seen)
            models.append(build_model(seen, memory, setup))
        return join(models[0], models[1], self._names, self._among(observation, models))

    def choose_next(self) -> str:
        """The large figures of the next view, or of the nearest again; which, in words."""
        self._chosen = next_of(self._names, self._chosen)
        return choice_words(self._names, self._chosen, "view")

    def _among(
        self, observation: BiplaneObservation, models: Sequence[OverlayModel]
    ) -> Collection[str] | None:
        """Planes whose figures may stand large: as chosen, unless the other has an alarm or is about to."""
        if self._chosen is None:
            return None
        planes = dict(zip(self._names, zip(observation.planes, models, strict=True), strict=True))
        own = planes[self._chosen][1].distance
        if own.value_mm is None:
            return None
        gravity: dict[str, float] = {}
        for name, (seen, model) in planes.items():
            there = model.distance
            alarms = [each for level, each in highest_alarms(seen).items() if level is not None]
            dangerous = name != self._chosen and there.structure in DANGEROUS
            near = dangerous and is_near(there.value_mm, own.value_mm, model.trend.third_mm)
            gravity[name] = 0 if there.value_mm is None else max([*alarms, NEARER if near else 0])
        return admitted(gravity, self._chosen)

    def paint(
        self,
        painter: QPainter,
        width_px: float,
        height_px: float,
        model: BiplaneModel,
        *,
        hint: str = "",
        key_map: bool = False,
    ) -> list[DrawnText]:
        """Paint a whole window. Returns every text with its place, for checks."""
        layout = self.layout(width_px, height_px, model)
        painter.fillRect(QRectF(0, 0, width_px, height_px), QColor(BACKGROUND))
        keys = self._setups[0].keys if key_map else None
        words = paint_panels(self._layers, painter, layout.panels, model.joint, hint=hint, key_map=keys)
        draw = Draw(painter, layout.panels.unit)
        for i, plane in enumerate(model.planes):
            self._images[i].paint(draw, layout.images[i], plane)
            _paint_strip(draw, layout.strips[i], plane, self._names[i])
        return words + draw.words

    @staticmethod
    def layout(width_px: float, height_px: float, model: BiplaneModel) -> BiplaneLayout:
        """Where things stand; depends on sizes alone."""
        first, second = model.results
        return biplane_layout_for(width_px, height_px, (_aspect(first), _aspect(second)))


def _aspect(result: Result | None) -> float:
    return result.frame.columns / result.frame.rows if result is not None else 1.0


def _paint_strip(draw: Draw, rect: QRectF, plane: OverlayModel, name: str) -> None:
    """State and heartbeat of one plane, its own nearest distance, and what it watches."""
    draw.fill(rect, PANEL, 9)
    inner = rect.adjusted(draw.px(18), draw.px(10), -draw.px(18), -draw.px(8))
    row = cut_row(inner, 0, draw.px(48))
    pill = paint_pill(draw, row, plane.header, PANEL)
    paint_heartbeat(draw, row, plane.header, plane.beats)
    left = pill.right() + draw.px(72)
    place = QRectF(left, row.top(), row.right() - left, row.height())
    draw.text(place, plane.header.level_and_view if plane.result else name, 25, TEXT, align="right")
    distance = plane.distance
    colour = ALARM_LOOKS[distance.priority].line if distance.priority else TEXT
    pieces = [Piece(distance.title, 27, TEXT_SOFT)]
    if distance.figure is None:
        pieces.append(Piece(UNKNOWN, 42, TEXT, bold=True, space=16))
    else:
        pieces += [
            Piece(distance.figure, 42, colour, bold=True, space=16),
            Piece("mm", 27, colour, space=9),
            Piece(distance.bound, 24, TEXT_SOFT, space=16),
        ]
    draw.run(cut_row(inner, draw.px(58), draw.px(50)), pieces)
    third, fourth = cut_row(inner, draw.px(114), draw.px(32)), cut_row(inner, draw.px(146), draw.px(30))
    if plane.bar.state is not None:
        draw.text(third, plane.bar.state.text, 24, TEXT, bold=True)
        draw.text(fourth, plane.bar.state.follows.partition("; ")[0], 22, TEXT_SOFT)
    else:
        draw.text(third, plane.bar.quiet, 24, TEXT_SOFT)
        draw.text(fourth, plane.bar.quiet_rest, 22, TEXT_FAINT)
