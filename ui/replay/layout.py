"""Where things stand in an overlay that has half a window: the image above, the figures below it."""

from __future__ import annotations

from PyQt6.QtCore import QRectF

from ui.overlay.layout import Layout

_WIDTH, _HEIGHT = 1150, 1400
_HEADER, _BAR, _FOOTER, _GAP, _MARGIN = 60, 140, 50, 12, 20
_DISTANCE, _VOLUMES, _LEAKS = 236, 120, 78


def beside_layout_for(width_px: float, height_px: float, frame_px: tuple[int, int] | None = None) -> Layout:
    """As `ui.overlay.layout.layout_for`; what is watched is left out."""
    u = min(width_px / _WIDTH, height_px / _HEIGHT)
    margin, gap = round(_MARGIN * u), round(_GAP * u)
    header = QRectF(0, 0, width_px, round(_HEADER * u))
    bar = QRectF(0, header.bottom(), width_px, round(_BAR * u))
    footer = QRectF(0, height_px - round(_FOOTER * u), width_px, round(_FOOTER * u))
    inner = width_px - 2 * margin
    y = footer.top()
    rows = []
    for height in (_LEAKS, _VOLUMES, _DISTANCE):
        y -= round(height * u) + gap
        rows.append(QRectF(margin, y, inner, round(height * u)))
    leaks, volumes, figures = rows
    half = round(inner / 2)
    distance = QRectF(figures.left(), figures.top(), half, figures.height())
    trend = QRectF(distance.right() + gap, figures.top(), inner - half - gap, figures.height())
    top = bar.bottom() + gap
    room = figures.top() - gap - top
    columns, lines = frame_px or (1, 1)
    scale = max(1e-3, min(room / lines, inner / columns))
    width = round(scale * columns)
    image = QRectF(round((width_px - width) / 2), top, width, round(scale * lines))
    return Layout(
        unit=u, header=header, bar=bar, image=image, distance=distance, trend=trend, volumes=volumes,
        zones=QRectF(), leaks=leaks, footer=footer,
    )  # fmt: skip
