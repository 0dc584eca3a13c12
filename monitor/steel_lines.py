"""Steel seen as thin straight lines that end in a vertebral body, in an image and in its negative.

Three segments of 10 mm in a row must each stand out from what is on both sides, on cells of 1.4 mm. What
is told from a line that ends well inside a body, and enters it through the outline at a steep angle, is
not told by a disc space, a canal, a rib or a strip of lung beside it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

Bool = NDArray[np.bool_]
Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Index = NDArray[np.intp]

CELL_MM = 1.4
ANGLES = 24
"""Directions that are looked along: a shaft between two of them stays on its segments."""
_SEGMENT = 7
"""Cells of one of the three segments that a line is made of; each of them must stand out."""
_SIDE = 3
"""Cells from a line's axis to where its sides are looked at: a cannula is 2 or 3 cells wide."""
_ALIKE = 1.5
"""The sides of steel differ by less than its contrast, so many times."""
_LEVELLING = 8.0
_TIP_MM = 8.0
"""A cannula ends in the body, or so near to it that it is about to."""
_INSIDE_MM = 3.0
"""So deep in the body a line must end that tells of its own that an image is inverted, or that it is not."""
_STEEP = 0.64
"""Sine of the angle between such a line and the outline that it crosses."""
_ENDED = 0.5
"""Part of a line's contrast that is left, at most, somewhere beyond its end."""
_ASTRAY = 5
"""Cells that a cannula may lie beside where it is marked."""
_ASKEW = (0.0, -4.0, 4.0, -8.0, 8.0)
"""Degrees that it may be inclined against its mark."""
_SAME_CELLS = 2.5
_RIM = 2 * _SEGMENT + 1
"""Cells around a place where nothing stands out, so that a line may leave it."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line in the place of a number: its contrast (log units), direction, and where it ends (cells)."""

    contrast: float
    place: int
    k: int
    row: float
    column: float

    def same(self, other: Line) -> bool:
        """Whether both are the same line, seen twice. It may be longer the second time."""
        turn = abs(self.k - other.k)
        if self.place != other.place or min(turn, ANGLES - turn) > 1:
            return False
        dy, dx = other.row - self.row, other.column - self.column
        return all(
            abs(dy * math.cos(line.angle) - dx * math.sin(line.angle)) <= _SAME_CELLS
            for line in (self, other)
        )

    @property
    def angle(self) -> float:
        """Direction (rad)."""
        return math.pi * self.k / ANGLES


@dataclass(frozen=True, slots=True)
class Found:
    """What was found along one direction in one place.

    Parameters
    ----------
    near : float
        Contrast of the darkest line that ends in the body or near it (log units).
    dark, bright : Line or None
        The clearest line that enters the body and ends in it, as stated and in the negative.
    """

    near: float
    dark: Line | None
    bright: Line | None


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Where a cannula is looked for: the cells around a body, and those of them where it may end."""

    part: tuple[slice, slice]
    tips: Index
    """Flat index in the part with a rim of `_RIM` cells, shape (n,)."""
    entering: tuple[tuple[Index, Index], ...]
    """The middle of the first segment of a line that enters the body, for each direction and both ways."""
    marked: tuple[Float64, ...]
    """Both ends of each marked cannula in the part, x and y, shape (2, 2)."""

    @classmethod
    def of(cls, body: Float64, cannulas: list[Float64], cell_mm: float, size: tuple[int, int]) -> Place:
        """Around a body.

        Parameters
        ----------
        body : ndarray, shape (n, 2)
            Polygon, x and y in cells.
        cannulas : list of ndarray, shape (n, 2)
            Marked axes in cells.
        cell_mm : float
            Size of a cell.
        size : tuple of int
            Columns and rows of the image in cells.
        """
        columns, rows = size
        filled = np.zeros((rows, columns), np.uint8)
        cv2.fillPoly(filled, [np.round(body).astype(np.int32)], 1)
        width = 2 * max(1, round(_TIP_MM / cell_mm)) + 1
        near = np.asarray(cv2.dilate(filled, np.ones((width, width), np.uint8)), np.uint8)
        # nothing is looked for on the border, where frames are drawn
        near[:_SIDE] = near[-_SIDE:] = 0
        near[:, :_SIDE] = near[:, -_SIDE:] = 0
        margin = 3 * _SEGMENT
        found = np.argwhere(near)
        if not len(found):
            nothing = np.zeros(0, np.intp)
            return cls((slice(0, rows), slice(0, columns)), nothing, ((nothing, nothing),) * ANGLES, ())
        low = np.maximum(found.min(axis=0) - margin, 0)
        high = np.minimum(found.max(axis=0) + margin + 1, (rows, columns))
        part = (slice(low[0], high[0]), slice(low[1], high[1]))
        deep = cv2.distanceTransform(filled, cv2.DIST_L2, 3) >= _INSIDE_MM / cell_mm
        ends = (np.argwhere(deep) - low).T.astype(np.intp)
        outline = body - low[::-1]
        entering = tuple(
            (
                _entering(ends, outline, _direction(k), near[part]),
                _entering(ends, outline, -_direction(k), near[part]),
            )
            for k in range(ANGLES)
        )
        marked = tuple(
            axis[[0, -1]] - low[::-1] for axis in cannulas if not np.array_equal(axis[0], axis[-1])
        )
        return cls(part, _flat((found - low).T.astype(np.intp), near[part].shape[1]), entering, marked)


def _direction(k: int) -> Float64:
    """Unit vector, row then column, shape (2, 1)."""
    angle = np.pi * k / ANGLES
    return np.array([[np.sin(angle)], [np.cos(angle)]])


def _entering(ends: Index, body: Float64, along: Float64, near: NDArray[np.uint8]) -> Index:
    """Middles of the first segments of lines that end at `ends` and leave the body steeply."""
    dy, dx = along.ravel()
    edges = np.roll(body, -1, axis=0) - body
    length = np.maximum(np.hypot(edges[:, 0], edges[:, 1]), 1e-9)
    # a ray from an end crosses an edge at the part `at` of it, `reach` cells away
    sine = (dx * edges[:, 1] - dy * edges[:, 0]) / length
    to_x = body[:, 0, None] - ends[1]
    to_y = body[:, 1, None] - ends[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = (to_x * edges[:, 1, None] - to_y * edges[:, 0, None]) / (sine * length)[:, None]
        at = (to_x * dy - to_y * dx) / (sine * length)[:, None]
    crosses = (at >= 0) & (at <= 1) & (reach > 0)
    reach = np.where(crosses, reach, np.inf)
    first = reach.argmin(axis=0) if len(body) else np.zeros(0, np.intp)
    nearest = reach[first, np.arange(ends.shape[1])]
    good = (np.abs(sine[first]) >= _STEEP) & (nearest <= 2 * _SEGMENT)
    middles = (ends + np.round(_SEGMENT / 2 * along).astype(np.intp))[:, good]
    rows, columns = near.shape
    inside = (middles >= 0).all(axis=0) & (middles[0] < rows) & (middles[1] < columns)
    middles = middles[:, inside]
    return _flat(middles[:, near[middles[0], middles[1]] > 0], columns)


def _flat(cells: Index, columns: int) -> Index:
    return cast(Index, (cells[0] + _RIM) * (columns + 2 * _RIM) + cells[1] + _RIM)


def find(one: Float32, two: Float32, place: Place, number: int, k: int) -> Found:
    """The clearest thin straight lines along a direction.

    Both sides of a line must be alike whichever way the image is read: a strip of air between skin and
    blade is no cannula.

    Parameters
    ----------
    one, two : ndarray, shape of the place, float32
        Attenuation as stated and of the negative, levelled.
    number, k : int
        Of the place and of the direction.
    """
    if not place.tips.size:
        return Found(0.0, None, None)
    along = _direction(k)
    across = np.round(_SIDE * along[::-1] * [[1.0], [-1.0]]).astype(np.intp)
    kernel = _segment(np.pi * k / ANGLES)
    first, second = (
        _Beside.of(cast(Float32, cv2.filter2D(image, -1, kernel, borderType=cv2.BORDER_REFLECT)), across)
        for image in (one, two)
    )
    rim = _RIM + _SIDE
    dark, bright = (
        cast(Float32, cv2.copyMakeBorder(contrast, rim, rim, rim, rim, cv2.BORDER_CONSTANT, value=0.0))
        for contrast in (_standing_out(first, second), _standing_out(second, first))
    )
    near = max(_clearest(dark, place.tips, way * along, ended=False)[0] for way in (1, -1))

    def line(contrast: Float32) -> Line | None:
        both = zip(place.entering[k], (1, -1), strict=True)
        value, row, column = max(_clearest(contrast, tips, way * along, ended=True) for tips, way in both)
        return Line(value, number, k, row, column) if value > 0 else None

    return Found(near, line(dark), line(bright))


def along_marks(one: Float32, two: Float32, place: Place) -> tuple[float, float]:
    """Contrast (log units) of the clearest line along a marked cannula, as stated and in the negative.

    It may end anywhere: where it was marked is known, and how far it has been driven since is not.
    """
    best = (0.0, 0.0)
    for axis in place.marked:
        found = [_along(one, two, axis, math.radians(askew)) for askew in _ASKEW]
        best = (max(best[0], *(pair[0] for pair in found)), max(best[1], *(pair[1] for pair in found)))
    return best


def _along(one: Float32, two: Float32, axis: Float64, askew: float) -> tuple[float, float]:
    rows, columns = one.shape
    half = _ASTRAY + _SIDE
    (x0, y0), (x1, y1) = axis
    t = np.linspace(0.0, 1.0, 65)
    x, y = x0 + t * (x1 - x0), y0 + t * (y1 - y0)
    inside = t[(x >= half) & (x < columns - half) & (y >= half) & (y < rows - half)]
    total = math.hypot(x1 - x0, y1 - y0)
    length = int(total * (inside[-1] - inside[0])) if len(inside) else 0
    if length < 3 * _SEGMENT:
        return 0.0, 0.0
    middle = (inside[0] + inside[-1]) / 2
    angle = math.atan2(y1 - y0, x1 - x0) + askew
    c, s = math.cos(angle), math.sin(angle)
    centre = np.array([x0 + middle * (x1 - x0), y0 + middle * (y1 - y0)])
    turn = np.array([[c, -s], [s, c]])
    start = centre - turn @ [(length - 1) / 2, half]
    matrix = np.column_stack([turn, start])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    across = np.array([[_SIDE], [0]], np.intp)

    def strip(image: Float32) -> _Beside:
        turned = cv2.warpAffine(
            image, matrix, (length, 2 * half + 1), flags=flags, borderMode=cv2.BORDER_REPLICATE
        )
        return _Beside.of(cast(Float32, cv2.blur(turned, (_SEGMENT, 1))), across)

    first, second = strip(one), strip(two)

    def clearest(contrast: Float32) -> float:
        count = contrast.shape[1] - 2 * _SEGMENT
        if count <= 0:
            return 0.0
        three = [contrast[:, i * _SEGMENT : i * _SEGMENT + count] for i in range(3)]
        return float(np.minimum(np.minimum(three[0], three[1]), three[2]).max(initial=0.0))

    return clearest(_standing_out(first, second)), clearest(_standing_out(second, first))


@dataclass(frozen=True, slots=True, eq=False)
class _Beside:
    """How much darker and brighter each place is than both its sides, and how these differ (log units).

    Without a rim of `_SIDE` cells, where nothing is asked for.
    """

    darker: Float32
    brighter: Float32
    sides: Float32

    @classmethod
    def of(cls, mean: Float32, across: NDArray[np.intp]) -> _Beside:
        rows, columns = mean.shape

        def moved(dy: int, dx: int) -> Float32:
            return mean[_SIDE + dy : rows - _SIDE + dy, _SIDE + dx : columns - _SIDE + dx]

        dy, dx = int(across[0, 0]), int(across[1, 0])
        middle, one, other = moved(0, 0), moved(dy, dx), moved(-dy, -dx)
        darkest, palest = np.maximum(one, other), np.minimum(one, other)
        return cls(middle - darkest, palest - middle, darkest - palest)


def _standing_out(read: _Beside, negative: _Beside) -> Float32:
    """How much darker than both sides, where these are alike whichever way the image is read; else 0."""
    alike = (read.darker >= _ALIKE * read.sides) & (negative.brighter >= _ALIKE * negative.sides)
    return read.darker * alike


def _clearest(contrast: Float32, tips: Index, along: Float64, *, ended: bool) -> tuple[float, int, int]:
    """Contrast of the best line of three segments, and the middle of its first, row and column.

    Parameters
    ----------
    contrast : ndarray, float32
        With a rim of `_RIM` cells; not below 0.
    tips : ndarray, shape (n,)
        Flat index of the middle of the first segment, in `contrast`.
    along : ndarray, shape (2, 1)
        Unit vector from there to the next, row then column.
    ended : bool
        Only lines that do not go on beyond the first segment.
    """
    flat, columns = contrast.ravel(), contrast.shape[1]

    def further(segments: float) -> int:
        row, column = np.round(segments * _SEGMENT * along.ravel()).astype(int)
        return int(row * columns + column)

    least = flat[tips]
    # few places stand out at all: only from these it is looked any further
    for step in (1, 2):
        standing = least > 0
        tips, least = tips[standing], least[standing]
        least = np.minimum(least, flat[tips + further(step)])
    if ended and least.size:
        # what goes on need not do so in quite this direction
        across = 1 if abs(along[0, 0]) > abs(along[1, 0]) else columns
        left = np.minimum.reduce(
            [
                np.maximum.reduce([flat[tips - further(step) + aside * across] for aside in (-1, 0, 1)])
                for step in (1.0, 1.5)
            ]
        )
        least = np.where(left <= _ENDED * least, least, np.float32(0))
    if not least.size:
        return 0.0, 0, 0
    best = int(least.argmax())
    row, column = divmod(int(tips[best]), columns)
    return float(least[best]), row - _RIM, column - _RIM


@cache
def _segment(angle: float) -> Float32:
    """Kernel of the mean along a short line."""
    size = _SEGMENT + 2
    centre = size // 2
    kernel = np.zeros((size, size), np.float32)
    for t in np.linspace(-(_SEGMENT - 1) / 2, (_SEGMENT - 1) / 2, 4 * _SEGMENT):
        x, y = centre + t * np.cos(angle), centre + t * np.sin(angle)
        x0, y0 = int(x), int(y)
        fx, fy = x - x0, y - y0
        kernel[y0, x0] += (1 - fx) * (1 - fy)
        kernel[y0, x0 + 1] += fx * (1 - fy)
        kernel[y0 + 1, x0] += (1 - fx) * fy
        kernel[y0 + 1, x0 + 1] += fx * fy
    return np.asarray(kernel / kernel.sum(), np.float32)


def prepare() -> None:
    """Make what is needed for every direction now, not when the first pulse waits for it."""
    for k in range(ANGLES):
        _segment(np.pi * k / ANGLES)


def levelled(image: Float32) -> Float32:
    """Without what is broader than steel."""
    return cast(Float32, cv2.subtract(image, cv2.GaussianBlur(image, (0, 0), _LEVELLING)))
