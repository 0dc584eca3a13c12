"""Where everything stands: rectangles from the window's and the image's size. Nothing else moves them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PyQt6.QtCore import QRectF

from ui.theme import unit_for

_MARGIN = 28
_HEADER = 60
_BAR = 156
_FOOTER = 50
_GAP = 12
_DISTANCE = 230
_VOLUMES = 120
_ZONES = 158
_LEAKS = 78
_LARGEST_IMAGE_SHARE = 0.545
_CLEAN_SHARE = 0.9
"""A whole scale may make the image so much smaller."""
_BIPLANE_SHARE = 0.63
_STRIP = 196


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Rectangles in px of the window; `unit` is the design unit in px."""

    unit: float
    header: QRectF
    bar: QRectF
    image: QRectF
    distance: QRectF
    trend: QRectF
    volumes: QRectF
    zones: QRectF
    leaks: QRectF
    footer: QRectF

    def panels(self) -> dict[str, QRectF]:
        """Every rectangle by name, for checks."""
        names = ("header", "bar", "image", "distance", "trend", "volumes", "zones", "leaks", "footer")
        return {name: getattr(self, name) for name in names}


def layout_for(width_px: float, height_px: float, frame_px: tuple[int, int] | None = None) -> Layout:
    """Lay out a window.

    Parameters
    ----------
    width_px, height_px : float
        Size of the window.
    frame_px : (int, int) or None
        Columns and rows of the live image; None: there is none yet. Alarms and states have no part in the
        layout.
    """
    rows = _rows(width_px, height_px)
    u, margin = rows.unit, rows.margin
    columns, lines = frame_px or (1, 1)
    scale = min(rows.height / lines, (width_px * _LARGEST_IMAGE_SHARE - margin) / columns)
    if frame_px is not None:
        scale = clean_scale(scale)
    image = QRectF(margin, rows.top, round(scale * columns), round(scale * lines))
    return _with_panels(rows, image, u)


def clean_scale(largest: float) -> float:
    """Screen px per px of the frame: whole (1:1, 2:1) where that costs little, else the largest."""
    whole = math.floor(largest)
    return float(whole) if whole >= _CLEAN_SHARE * largest else largest


@dataclass(frozen=True, slots=True, eq=False)
class BiplaneLayout:
    """Two images side by side, under each a strip of its own; the panels beside them.

    `panels.image` is the room of both images and strips.
    """

    panels: Layout
    images: tuple[QRectF, QRectF]
    strips: tuple[QRectF, QRectF]


def biplane_layout_for(
    width_px: float, height_px: float, image_aspects: tuple[float, float] = (1.0, 1.0)
) -> BiplaneLayout:
    """Lay out a window for two images; as `layout_for`."""
    rows = _rows(width_px, height_px)
    u, margin = rows.unit, rows.margin
    room = QRectF(margin, rows.top, round(width_px * _BIPLANE_SHARE) - margin, rows.height)
    gap = _GAP * u
    half, strip = (room.width() - gap) / 2, _STRIP * u
    images, strips = [], []
    for i, aspect in enumerate(image_aspects):
        left = room.left() + i * (half + gap)
        width = min(half, (room.height() - strip - gap) * aspect)
        image = QRectF(round(left), room.top(), round(width), round(width / aspect))
        images.append(image)
        top = room.bottom() - strip
        strips.append(QRectF(round(left), round(top), round(half), round(strip)))
    return BiplaneLayout(_with_panels(rows, room, u), (images[0], images[1]), (strips[0], strips[1]))


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Header, bar and footer, and the room between them."""

    unit: float
    margin: int
    width: float
    header: QRectF
    bar: QRectF
    footer: QRectF
    top: float
    height: float


def _rows(width_px: float, height_px: float) -> _Rows:
    u = unit_for(width_px, height_px)
    header = QRectF(0, 0, width_px, round(_HEADER * u))
    bar = QRectF(0, header.bottom(), width_px, round(_BAR * u))
    footer_top = height_px - round(_FOOTER * u)
    footer = QRectF(0, footer_top, width_px, height_px - footer_top)
    top = bar.bottom() + round(18 * u)
    return _Rows(u, round(_MARGIN * u), width_px, header, bar, footer, top, footer_top - round(10 * u) - top)


def _with_panels(rows: _Rows, image: QRectF, u: float) -> Layout:
    gap = _GAP * u
    left = image.right() + rows.margin
    panel_width = rows.width - rows.margin - left
    trend_height = rows.height - (_DISTANCE + _VOLUMES + _ZONES + _LEAKS) * u - 4 * gap
    tops = {}
    y = rows.top
    heights = {
        "distance": _DISTANCE * u,
        "trend": trend_height,
        "volumes": _VOLUMES * u,
        "zones": _ZONES * u,
        "leaks": _LEAKS * u,
    }
    for name, panel_height in heights.items():
        tops[name] = QRectF(left, round(y), panel_width, round(y + panel_height) - round(y))
        y += panel_height + gap
    return Layout(unit=u, header=rows.header, bar=rows.bar, image=image, footer=rows.footer, **tops)
