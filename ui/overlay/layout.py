"""Where everything stands: rectangles from the window's and the image's size. Nothing else moves them."""

from __future__ import annotations

from dataclasses import dataclass

from PyQt6.QtCore import QRectF

from ui.theme import unit_for

_MARGIN = 28
_HEADER = 68
_BAR = 104
_FOOTER = 50
_GAP = 12
_DISTANCE = 230
_VOLUMES = 120
_ZONES = 158
_LEAKS = 78
_LARGEST_IMAGE_SHARE = 0.545


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


def layout_for(width_px: float, height_px: float, image_aspect: float = 1.0) -> Layout:
    """Lay out a window.

    Parameters
    ----------
    width_px, height_px : float
        Size of the window.
    image_aspect : float
        Columns over rows of the live image. Alarms and states have no part in the layout.
    """
    u = unit_for(width_px, height_px)
    margin, gap = round(_MARGIN * u), _GAP * u
    header = QRectF(0, 0, width_px, round(_HEADER * u))
    bar = QRectF(0, header.bottom(), width_px, round(_BAR * u))
    footer_top = height_px - round(_FOOTER * u)
    footer = QRectF(0, footer_top, width_px, height_px - footer_top)
    top = bar.bottom() + round(18 * u)
    height = footer_top - round(10 * u) - top

    image_width = min(height * image_aspect, width_px * _LARGEST_IMAGE_SHARE - margin)
    image_height = min(height, image_width / image_aspect)
    image = QRectF(margin, top, round(image_width), round(image_height))

    left = image.right() + margin
    panel_width = width_px - margin - left
    trend_height = height - (_DISTANCE + _VOLUMES + _ZONES + _LEAKS) * u - 4 * gap
    tops = {}
    y = top
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
    return Layout(unit=u, header=header, bar=bar, image=image, footer=footer, **tops)
