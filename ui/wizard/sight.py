"""What of a picture is seen, and how: zoom, place and grey window. No widgets here."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from monitor.plan import Point

Float32 = NDArray[np.float32]

_LEAST_ZOOM, _MOST_ZOOM = 0.1, 32.0
_MARGIN = 0.98
_BORDER_SHARE = 0.12


@dataclass(frozen=True, slots=True)
class Sight:
    """Which place of the picture (px) lies in the middle of a view of so many px, and how much enlarged."""

    width: float
    height: float
    centre: Point
    zoom: float

    @classmethod
    def whole(cls, width: float, height: float, columns: int, rows: int) -> Sight:
        """All of a picture, as large as it fits."""
        zoom = _MARGIN * min(width / max(columns, 1), height / max(rows, 1))
        return cls(width, height, ((columns - 1) / 2, (rows - 1) / 2), max(zoom, 1e-3))

    def to_view(self, at: Point) -> Point:
        """Where a place of the picture is in the view."""
        return (
            (at[0] - self.centre[0]) * self.zoom + self.width / 2,
            (at[1] - self.centre[1]) * self.zoom + self.height / 2,
        )

    def to_picture(self, at: Point) -> Point:
        """Which place of the picture is at a place of the view."""
        return (
            (at[0] - self.width / 2) / self.zoom + self.centre[0],
            (at[1] - self.height / 2) / self.zoom + self.centre[1],
        )

    def zoomed(self, factor: float, around: Point) -> Sight:
        """Enlarged by a factor, so that what is at a place of the view stays there."""
        zoom = min(max(self.zoom * factor, _LEAST_ZOOM), _MOST_ZOOM)
        held = self.to_picture(around)
        moved = replace(self, zoom=zoom)
        now = moved.to_picture(around)
        return moved.centred((self.centre[0] + held[0] - now[0], self.centre[1] + held[1] - now[1]))

    def panned(self, dx: float, dy: float) -> Sight:
        """The picture moved by so many px of the view."""
        return self.centred((self.centre[0] - dx / self.zoom, self.centre[1] - dy / self.zoom))

    def centred(self, at: Point) -> Sight:
        """Another place of the picture in the middle."""
        return replace(self, centre=at)


@dataclass(frozen=True, slots=True)
class Window:
    """Values that are black and white: the window and level of imaging software."""

    low: float
    high: float

    @classmethod
    def of(cls, grey: Float32) -> Window:
        """By the percentiles of the middle of a picture: the beam beside the patient outshines all else."""
        rows, columns = grey.shape
        top, left = round(_BORDER_SHARE * rows), round(_BORDER_SHARE * columns)
        inner = grey[top : rows - top, left : columns - left]
        low, high = (float(v) for v in np.percentile(inner, [0.5, 99.5]))
        return cls(low, max(high, low + 1e-3))

    def changed(self, width: float, level: float) -> Window:
        """Its width multiplied by exp(width), its middle moved by `level` of its width."""
        half = (self.high - self.low) / 2
        middle = (self.low + self.high) / 2 + level * 2 * half
        half = max(half * float(np.exp(width)), 1e-3)
        return Window(middle - half, middle + half)

    def applied(self, grey: Float32) -> NDArray[np.uint8]:
        """Grey levels of a picture, same shape."""
        shown = (grey - self.low) * (255.0 / (self.high - self.low))
        return np.asarray(np.clip(shown, 0, 255), np.uint8)
