"""Parts of the window kept as pictures, and painted anew only when what they say has changed."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass

from PyQt6.QtCore import QPointF, QRectF
from PyQt6.QtGui import QColor, QImage, QPainter

from ui.overlay.draw import Draw, DrawnText
from ui.theme import BACKGROUND


@dataclass(frozen=True, slots=True, eq=False)
class _Layer:
    key: Hashable
    picture: QImage
    words: list[DrawnText]


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What a layer is painted over: a key that holds everything it depends on but its place."""

    key: Hashable
    paint: Callable[[Draw, QRectF], None]


class Layers:
    """Pictures by name. A layer's key holds everything that its painting depends on but its place."""

    def __init__(self) -> None:
        self._layers: dict[str, _Layer] = {}
        self._painter: QPainter | None = None
        self._unit = 1.0
        self._ratio = 1.0

    def begin(self, painter: QPainter, unit: float) -> None:
        """Start a repaint of the whole window."""
        set_hints(painter)
        device = painter.device()
        self._painter, self._unit = painter, unit
        self._ratio = device.devicePixelRatio() if device is not None else 1.0

    def drop(self, name: str) -> None:
        """Paint a layer anew, whatever its key says."""
        self._layers.pop(name, None)

    def show(
        self,
        name: str,
        rect: QRectF,
        key: Hashable,
        paint: Callable[[Draw, QRectF], None],
        ground: Ground | None = None,
        *,
        see_through: bool = False,
    ) -> list[DrawnText]:
        """Show a layer, painting it first where it is new or changed; returns its words.

        `paint` is called with a drawing board and `rect`, in coordinates of the window. `ground` is what lies
        beneath and changes less often. `see_through`: whatever is there already shows between its lines.
        """
        if self._painter is None:
            raise RuntimeError("Layers.show before Layers.begin")
        layer = self._layer(name, rect, (key, ground and ground.key), paint, ground, see_through)
        self._painter.drawImage(QPointF(rect.topLeft()), layer.picture)
        return layer.words

    def _layer(
        self,
        name: str,
        rect: QRectF,
        key: Hashable,
        paint: Callable[[Draw, QRectF], None],
        ground: Ground | None = None,
        see_through: bool = False,
    ) -> _Layer:
        whole = (key, rect.getRect(), self._unit, self._ratio)
        layer = self._layers.get(name)
        if layer is None or layer.key != whole:
            under = self._layer(f"{name}, ground", rect, ground.key, ground.paint) if ground else None
            layer = self._layers[name] = self._paint(rect, whole, paint, under, see_through)
        return layer

    def _paint(
        self,
        rect: QRectF,
        key: Hashable,
        paint: Callable[[Draw, QRectF], None],
        under: _Layer | None,
        see_through: bool,
    ) -> _Layer:
        if under is None:
            width, height = round(rect.width() * self._ratio), round(rect.height() * self._ratio)
            plain, clear = QImage.Format.Format_RGB32, QImage.Format.Format_ARGB32_Premultiplied
            picture = QImage(max(1, width), max(1, height), clear if see_through else plain)
            picture.setDevicePixelRatio(self._ratio)
            picture.fill(QColor(0, 0, 0, 0) if see_through else QColor(BACKGROUND))
        else:
            picture = under.picture.copy()
        with QPainter(picture) as painter:
            set_hints(painter)
            painter.translate(-rect.topLeft())
            draw = Draw(painter, self._unit)
            paint(draw, rect)
        return _Layer(key, picture, [*(under.words if under else ()), *draw.words])


def set_hints(painter: QPainter) -> None:
    """Smooth edges for lines and letters."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
