"""One painter for window and picture: observations in, pixels out."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable

from PyQt6.QtCore import QRectF
from PyQt6.QtGui import QColor, QPainter, QRegion

from ui.keys import Keys
from ui.overlay.alarm_bar import paint_bar
from ui.overlay.choice import choice_words, next_of
from ui.overlay.derive import build_model
from ui.overlay.draw import Draw, DrawnText, cut_row
from ui.overlay.header import header_row, paint_footer, paint_header, paint_heartbeat
from ui.overlay.image_view import ImagePainter
from ui.overlay.layers import Ground, Layers
from ui.overlay.layout import Layout, layout_for
from ui.overlay.memory import Memory
from ui.overlay.model import OverlayModel
from ui.overlay.observation import Observation, Setup
from ui.overlay.panels import paint_distance, paint_leaks, paint_volumes, paint_zones
from ui.overlay.trend import paint_curve, paint_scale, scale_of
from ui.theme import BACKGROUND, BLIND_LINE, PANEL, TEXT, TEXT_SOFT, flash_lit

TREND_EVERY_NS = 100_000_000
"""The curve moves about 1 px in this time; painting it more often shows nothing."""


class Scene:
    """Remembers what the overlay needs from one observation to the next, and paints the newest."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self.lay_out: Callable[[float, float, tuple[int, int] | None], Layout] = layout_for
        """Where things stand; a layout may leave out the zones that are watched (an empty rectangle)."""
        self._memory = Memory()
        self._layers = Layers()
        self._image = ImagePainter(invert=setup.invert)

    def take(self, observation: Observation) -> OverlayModel:
        """Remember an observation and derive what to paint."""
        self._memory.remember(observation)
        return build_model(observation, self._memory, self._setup)

    def remember(self, observation: Observation) -> None:
        """Remember an observation that is not shown, in order of time."""
        self._memory.remember(observation)

    def forget(self) -> None:
        """Remember nothing of before: time has leapt. What the operator has chosen stays."""
        chosen, levels = self._memory.chosen, self._memory.levels
        self._memory = Memory()
        self._memory.chosen, self._memory.levels = chosen, levels
        self._layers.drop("trend")

    def choose_next(self) -> str:
        """The large figures of the next level, or of the nearest again; which, in words."""
        names = self._memory.levels
        self._memory.chosen = next_of(names, self._memory.chosen)
        return choice_words(names, self._memory.chosen, "level")

    def paint(
        self,
        painter: QPainter,
        width_px: float,
        height_px: float,
        model: OverlayModel,
        *,
        hint: str = "",
        key_map: bool = False,
    ) -> list[DrawnText]:
        """Paint a whole window. Returns every text with its place, for checks."""
        layout = self.placed(width_px, height_px, model)
        fill_between(painter, QRectF(0, 0, width_px, height_px), layout.panels().values())
        keys = self._setup.keys if key_map else None
        words = paint_panels(self._layers, painter, layout, model, hint=hint, key_map=keys)
        draw = Draw(painter, layout.unit)
        paint_heartbeat(draw, header_row(draw, layout.header), model.header, model.beats)
        self._image.paint(draw, layout.image, model)
        return words + draw.words

    @staticmethod
    def layout(width_px: float, height_px: float, model: OverlayModel) -> Layout:
        """Where things usually stand; depends on sizes alone."""
        return layout_for(width_px, height_px, _frame_px(model))

    def placed(self, width_px: float, height_px: float, model: OverlayModel) -> Layout:
        """Where things stand in this scene."""
        return self.lay_out(width_px, height_px, _frame_px(model))


def _frame_px(model: OverlayModel) -> tuple[int, int] | None:
    frame = model.result.frame if model.result else None
    return (frame.columns, frame.rows) if frame else None


def paint_panels(
    layers: Layers, painter: QPainter, layout: Layout, model: OverlayModel, *, hint: str, key_map: Keys | None
) -> list[DrawnText]:
    """Everything beside the image; what has not changed is not painted anew.

    `key_map` are the keys to list; None: the panels stand where the list would.
    """
    bar, header = model.bar, model.header
    layers.begin(painter, layout.unit)
    phase_ns = model.now_ns if model.flash_ns is None else model.flash_ns
    lit = bar.alarm is not None and bar.alarm.flashing and flash_lit(bar.alarm.priority, phase_ns)
    wanted: list[tuple[str, QRectF, Hashable, Callable[[Draw, QRectF], None]]] = [
        ("header", layout.header, header, lambda d, r: paint_header(d, r, header)),
        ("bar", layout.bar, (bar, lit), lambda d, r: paint_bar(d, r, bar, phase_ns)),
        ("distance", layout.distance, model.distance, lambda d, r: paint_distance(d, r, model.distance)),
        (
            "leaks",
            layout.leaks,
            (model.leaks, model.leaks_none),
            lambda d, r: paint_leaks(d, r, model.leaks, model.leaks_none),
        ),
        (
            "footer",
            layout.footer,
            (model.footer_note, model.footer_keys, hint),
            lambda d, r: paint_footer(d, r, model.footer_keys, model.footer_note, hint),
        ),
    ]
    if key_map is not None:
        # Over the lower panels only: never over the image, the bar, the number or the leaks.
        rect, rows = layout.trend.united(layout.zones), key_map.rows
        wanted.append(
            ("keys", rect, (rows, model.sources), lambda d, r: _paint_key_map(d, r, rows, model.sources))
        )
    else:
        wanted += [
            ("volumes", layout.volumes, model.volumes, lambda d, r: paint_volumes(d, r, model.volumes)),
            (
                "zones",
                layout.zones,
                model.zones,
                lambda d, r: paint_zones(d, r, model.zones_title, model.zones),
            ),
        ]
    wanted = [panel for panel in wanted if not panel[1].isEmpty()]
    words = [word for name, rect, key, paint in wanted for word in layers.show(name, rect, key, paint)]
    return words if key_map is not None else words + _show_trend(layers, layout.trend, model)


def _show_trend(layers: Layers, rect: QRectF, model: OverlayModel) -> list[DrawnText]:
    scale = scale_of(model.trend)
    key = (model.now_ns // TREND_EVERY_NS, model.distance.figure is None)
    ground = Ground(scale, lambda d, r: paint_scale(d, r, scale))
    return layers.show("trend", rect, key, lambda d, r: paint_curve(d, r, model.trend, scale), ground)


def fill_between(painter: QPainter, window: QRectF, covered: Iterable[QRectF]) -> None:
    """Fill the ground between what will be painted over in any case."""
    device = painter.device()
    ratio = device.devicePixelRatio() if device is not None else 1.0
    rest = QRegion(window.toAlignedRect())
    for rect in covered:
        # only what lies on whole pixels of the screen is covered to its edge
        if ratio == int(ratio) and QRectF(rect.toRect()) == rect:
            rest -= QRegion(rect.toRect())
    painter.save()
    painter.setClipRegion(rest)
    painter.fillRect(window, QColor(BACKGROUND))
    painter.restore()


def paint_fault(painter: QPainter, width_px: float, height_px: float, why: str) -> None:
    """Paint that there is nothing to show: `why` the display has failed, or that it only begins (empty)."""
    painter.fillRect(QRectF(0, 0, width_px, height_px), QColor(BACKGROUND))
    draw = Draw(painter, layout_for(width_px, height_px).unit)
    middle = QRectF(0, height_px / 2 - draw.px(60), width_px, draw.px(70))
    words = "NOT MONITORING  ·  display fault" if why else "NOT MONITORING  ·  starting"
    draw.text(middle, words, 56, TEXT, bold=True, align="centre")
    draw.text(middle.translated(0, draw.px(80)), why, 26, TEXT_SOFT, align="centre")


def _paint_key_map(
    draw: Draw, rect: QRectF, rows: tuple[tuple[str, str], ...], sources: tuple[str, ...]
) -> None:
    draw.fill(rect, PANEL, 9)
    draw.frame(rect, BLIND_LINE, 2, 9)
    inner = rect.adjusted(draw.px(24), draw.px(10), -draw.px(24), -draw.px(10))
    height = min(inner.height() / (len(rows) + len(sources)), draw.px(48))
    size = min(26.0, 0.72 * height / draw.unit)
    for i, (key, does) in enumerate(rows):
        row = cut_row(inner, i * height, height)
        left = 0.42 * row.width()
        draw.text(QRectF(row.left(), row.top(), left, row.height()), key, size, TEXT, bold=True)
        draw.text(row.adjusted(left + draw.px(16), 0, 0, 0), does, size, TEXT_SOFT)
    for i, source in enumerate(sources, len(rows)):
        draw.text(cut_row(inner, i * height, height), source, 23, TEXT_SOFT)
