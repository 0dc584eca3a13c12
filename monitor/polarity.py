"""Whether bright means more X-ray, as the source states: doubted where the image says the opposite.

A video or a wrong header may state it wrongly, and a display may be switched in mid-run. Nothing is
turned here: a contradiction ends monitoring until the operator has stated the polarity (`View.polarity`).

Three things tell, all on cells of 1.4 mm. A cannula is a thin straight line that ends at a body; read
with the right polarity it is darker than both sides. Collimator blades all around the image are black
where the polarity is right. And an image that is turned in mid-run is the negative of the one before.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache
from typing import cast, get_args

import cv2
import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from monitor.errors import PlanError
from monitor.frame import SourceInfo
from monitor.grid import Grid
from monitor.intensity import Curve, coarse_cells
from monitor.plan import Plan, Polarity, View, as_array
from monitor.polarity_config import PolarityConfig
from monitor.states import Reason, State

Bool = NDArray[np.bool_]
Float32 = NDArray[np.float32]

_CELL_MM = 1.4
_FIRST_LOOKS = 5
_LONGEST_WAIT_S = 10.0
_ANGLES = 12
_ANGLES_PER_PULSE = 3
_ANGLES_ONCE_RIGHT = 2
_SEGMENT = 7
"""Cells of one of the three segments that a line is made of; each of them must stand out."""
_SIDE = 3
"""Cells from a line's axis to where its sides are looked at: a cannula is 2 or 3 cells wide."""
_ALIKE = 1.5
"""The sides of steel differ by less than its contrast, so many times."""
_LEVELLING = 8.0
_TIP_MM = 8.0
"""A cannula ends in the body, or so near to it that it is about to."""
_DARK_SHARE = 0.25
_RING = 0.9
"""Part of the image's border that blades cover. Air on both sides of a patient covers less."""


class Verdict(Enum):
    """What one look at an image says of the stated polarity."""

    RIGHT = "right"
    UNCLEAR = "unclear"
    WRONG = "wrong"


INVERTED = Reason(State.NOT_MONITORING, "polarity", "image looks inverted: check polarity")
TURNED = Reason(State.NOT_MONITORING, "polarity", "image has been inverted: check polarity")


def as_stated(info: SourceInfo, view: View) -> SourceInfo:
    """The source as the operator has stated its polarity in the plan; unchanged where that is silent."""
    if view.polarity is None:
        return info
    intensity = replace(info.intensity, bright_is_radiolucent=view.polarity == "cement-dark")
    return replace(info, intensity=intensity)


def with_polarity(plan: Plan, stated: str | None) -> Plan:
    """The plan with the polarity stated for every view; None changes nothing.

    Raises
    ------
    PlanError
        Neither ``cement-dark`` nor ``cement-bright``.
    """
    if stated is None:
        return plan
    if stated not in get_args(Polarity):
        raise PlanError(f"polarity must be {' or '.join(get_args(Polarity))}, is {stated!r}")
    polarity = cast(Polarity, stated)
    return structs.replace(plan, views=tuple(structs.replace(view, polarity=polarity) for view in plan.views))


class PolarityWatch:
    """Doubts the stated polarity. Single-threaded; `look` once for each new pulse.

    Parameters
    ----------
    view : View
        Bodies are where cannulas end; a stated polarity silences all but a change in mid-run.
    grid : Grid
    curve : Curve
    config : PolarityConfig
    """

    def __init__(self, view: View, grid: Grid, curve: Curve, config: PolarityConfig) -> None:
        self._confirmed = view.polarity is not None
        self._curve, self._config = curve, config
        self._step = max(1, round(_CELL_MM / grid.mm_per_px))
        size = (-(-grid.columns // self._step), -(-grid.rows // self._step))
        reach = _TIP_MM / grid.mm_per_px / self._step
        self._places = [
            _Place.of(grid.to_work(as_array(level.body)) / self._step, reach, size) for level in view.levels
        ]
        self._current: _Look | None = None
        self._last: _Centred | None = None
        self._count = self._looks = 0
        self._looked_s = 0.0
        self._wait_s = config.look_every_s
        self._doubted = self._turned = self._right = False
        for k in range(_ANGLES):
            # made now, not when the first pulse waits for them
            _segment(np.pi * k / _ANGLES)

    @property
    def reason(self) -> Reason | None:
        """Why the polarity is doubted; None where it is not."""
        if self._turned:
            return TURNED
        return INVERTED if self._doubted else None

    @property
    def from_the_start(self) -> bool:
        """The image has contradicted its source from the start, and not only since it was turned."""
        return self._doubted

    def look(self, grey: Float32, time_s: float) -> Reason | None:
        """Take in a pulse.

        Parameters
        ----------
        grey : ndarray, shape (rows, columns), float32
            Work image, turned as stated: larger is said to be more X-ray.
        time_s : float
            Time of the pulse (s).

        Returns
        -------
        Reason or None
            As `reason`, after this pulse.
        """
        cells = coarse_cells(grey, self._step)
        if self._is_negative(cells):
            # turned back, or put right: what was doubted before is gone
            self._turned = not (self._turned or self._doubted)
            self._doubted = False
            self._count = self._looks = 0
            self._right = False
            self._current = None
        due = self._looks < _FIRST_LOOKS or time_s - self._looked_s >= self._wait_s
        if self._current is None and due and not self._confirmed:
            self._looks += 1
            self._looked_s = time_s
            self._current = _Look(cells, self._places, self._curve, self._config)
        # at the start, and once it is doubted, nothing is shown that a pulse could hold up; an image that
        # has been found right is not as pressing
        at_once = (self._looks <= _FIRST_LOOKS and not self._right) or self._wait_s == 0.0
        unhurried = _ANGLES_ONCE_RIGHT if self._right else _ANGLES_PER_PULSE
        directions = _ANGLES if at_once else unhurried
        verdict = None if self._current is None else self._current.go_on(directions)
        if verdict is not None:
            self._current = None
            # a look is dear: a contradiction is followed up at once, what is right is looked at now and then
            usual_s = self._config.look_every_s
            more = 2.0 if verdict is Verdict.RIGHT else 1.25
            longer_s = min(more * max(self._wait_s, usual_s), max(usual_s, _LONGEST_WAIT_S))
            against = Verdict.RIGHT if self._doubted or self._turned else Verdict.WRONG
            self._wait_s = 0.0 if verdict is against else longer_s
            self._right = verdict is Verdict.RIGHT
            self._weigh(verdict)
        return self.reason

    def _weigh(self, verdict: Verdict) -> None:
        doubted = self._doubted or self._turned
        against = Verdict.RIGHT if doubted else Verdict.WRONG
        self._count = self._count + 1 if verdict is against else 0
        if self._count >= self._config.fewest_looks:
            self._doubted, self._turned, self._count = not doubted, False, 0

    def _is_negative(self, cells: Float32) -> bool:
        """Whether this is the negative of the last image; the middle of it, where no blades stand still."""
        rows, columns = cells.shape
        middle = cells[rows // 6 : rows - rows // 6, columns // 6 : columns - columns // 6]
        now = _Centred.of(middle)
        if now.norm / math.sqrt(middle.size) < 1e-3 * self._curve.full:
            return False
        last, self._last = self._last, now
        if last is None:
            return False
        whole = now.correlation(last)
        if whole > -0.3:
            return False
        # a pan over anatomy that repeats itself turns the fine structure alone, or the coarse one alone
        fine = _Centred.of(_levelled(middle)).correlation(_Centred.of(_levelled(last.image)))
        return fine < -0.2 and (whole < -0.7 or fine < -0.5)


class _Look:
    """One image being judged, a few directions at a time: all at once would hold up a pulse."""

    def __init__(self, cells: Float32, places: list[_Place], curve: Curve, config: PolarityConfig) -> None:
        self._other = np.float32(curve.full) - cells
        self._places, self._config = places, config
        self._levelled = [
            tuple(_levelled(curve.attenuation(np.ascontiguousarray(one[place.part]))) for place in places)
            for one in (cells, self._other)
        ]
        self._next = 0
        self._as_said = self._turned = 0.0

    def go_on(self, directions: int) -> Verdict | None:
        """Look along some more directions; the verdict once all have been looked along."""
        until = min(_ANGLES, self._next + directions)
        for k in range(self._next, until):
            for place, one, two in zip(self._places, *self._levelled, strict=True):
                found = _steel(one, two, place, np.pi * k / _ANGLES)
                self._as_said, self._turned = max(self._as_said, found[0]), max(self._turned, found[1])
        self._next = until
        return None if until < _ANGLES else self._verdict()

    def _verdict(self) -> Verdict:
        least, ratio = self._config.steel_contrast, self._config.steel_ratio
        if self._as_said >= least and self._as_said >= ratio * self._turned:
            return Verdict.RIGHT
        if self._turned >= least and self._turned >= ratio * self._as_said:
            return Verdict.WRONG
        if max(self._as_said, self._turned) < least and _framed(self._other):
            return Verdict.WRONG
        return Verdict.UNCLEAR


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    """Where a cannula is looked for: the cells around a body, and those of them where it may end."""

    part: tuple[slice, slice]
    tips: NDArray[np.intp]
    """Row and column in the part, shape (2, n)."""

    @classmethod
    def of(cls, body: NDArray[np.float64], reach: float, size: tuple[int, int]) -> _Place:
        """Around a body, polygon in cells; `reach` (cells) is how far from it a cannula may end."""
        columns, rows = size
        near = np.zeros((rows, columns), np.uint8)
        cv2.fillPoly(near, [np.round(body).astype(np.int32)], 1)
        width = 2 * max(1, round(reach)) + 1
        near = np.asarray(cv2.dilate(near, np.ones((width, width), np.uint8)), np.uint8)
        # nothing is looked for on the border, where frames are drawn
        near[:_SIDE] = near[-_SIDE:] = 0
        near[:, :_SIDE] = near[:, -_SIDE:] = 0
        margin = 3 * _SEGMENT
        found = np.argwhere(near)
        if not len(found):
            return cls((slice(0, rows), slice(0, columns)), np.zeros((2, 0), np.intp))
        low = np.maximum(found.min(axis=0) - margin, 0)
        high = np.minimum(found.max(axis=0) + margin + 1, (rows, columns))
        return cls((slice(low[0], high[0]), slice(low[1], high[1])), (found - low).T.astype(np.intp))


def _steel(one: Float32, two: Float32, place: _Place, angle: float) -> tuple[float, float]:
    """Contrast (log units) of the clearest thin straight line that ends at the body, in both readings.

    Each of three segments in a row must be darker than what is on both sides of it, and both sides must
    be alike whichever way the image is read: a strip of air between skin and blade is no cannula.

    Parameters
    ----------
    one, two : ndarray, shape of the place, float32
        Attenuation as stated and of the negative, levelled.
    angle : float
        Direction of the line (rad).
    """
    if not place.tips.size:
        return 0.0, 0.0
    along = np.array([[np.sin(angle)], [np.cos(angle)]])
    across = np.round(_SIDE * along[::-1] * [[1.0], [-1.0]]).astype(np.intp)
    kernel = _segment(angle)
    first, second = (
        _Beside.of(cast(Float32, cv2.filter2D(image, -1, kernel, borderType=cv2.BORDER_REFLECT)), across)
        for image in (one, two)
    )
    best = [0.0, 0.0]
    for j, (read, negative) in enumerate(((first, second), (second, first))):
        alike = (read.darker >= _ALIKE * read.sides) & (negative.brighter >= _ALIKE * negative.sides)
        best[j] = _clearest(read.darker * alike, place.tips, along)
    return best[0], best[1]


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


def _clearest(contrast: Float32, tips: NDArray[np.intp], along: NDArray[np.float64]) -> float:
    """Contrast of the best line of three segments that goes out from a place where a cannula may end.

    Parameters
    ----------
    contrast : ndarray, float32
        Without a rim of `_SIDE` cells; not below 0.
    tips : ndarray, shape (2, n)
        Row and column where it may end, with that rim.
    along : ndarray, shape (2, 1)
        Unit vector, row then column; looked along both ways.
    """
    tips = tips - _SIDE
    first = contrast[tips[0], tips[1]]
    # few places stand out at all: only from these it is looked any further
    standing = first > 0
    tips, first = tips[:, standing], first[standing]
    return max((_line(contrast, tips, first, way * along) for way in (-1, 1)), default=0.0)


def _line(contrast: Float32, tips: NDArray[np.intp], first: Float32, along: NDArray[np.float64]) -> float:
    rows, columns = contrast.shape
    least = first
    for step in (1, 2):
        row, column = tips + np.round(step * _SEGMENT * along).astype(np.intp)
        inside = (row >= 0) & (column >= 0) & (row < rows) & (column < columns)
        tips, least, row, column = tips[:, inside], least[inside], row[inside], column[inside]
        least = np.minimum(least, contrast[row, column])
    return float(least.max(initial=0.0))


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


def _framed(cells: Float32) -> bool:
    """Whether black blades or a black circle surround the image on all sides."""
    rows, columns = cells.shape
    middle = cells[rows // 4 : rows - rows // 4, columns // 4 : columns - columns // 4]
    dark = (cells < np.float32(_DARK_SHARE * float(np.median(middle)))).astype(np.uint8)
    _, labels = cv2.connectedComponents(dark, connectivity=4)
    sides = (labels[1], labels[-2], labels[:, 1], labels[:, -2])
    if np.concatenate([side > 0 for side in sides]).mean() >= _RING:
        return True
    return all(_ends_only(side > 0) for side in sides)


def _ends_only(side: Bool) -> bool:
    """Whether a side is dark at both ends, as it is outside a circle, and not in its middle."""
    n = len(side)
    end = n // 12
    return bool(
        side[:end].all() and side[n - end :].all() and not side[n * 12 // 25 : n * 13 // 25 + 1].any()
    )


def _levelled(image: Float32) -> Float32:
    return cast(Float32, cv2.subtract(image, cv2.GaussianBlur(image, (0, 0), _LEVELLING)))


@dataclass(frozen=True, slots=True, eq=False)
class _Centred:
    """An image, the same less its mean as a vector, and the length of that."""

    image: Float32
    vector: Float32
    norm: float

    @classmethod
    def of(cls, image: Float32) -> _Centred:
        vector = (image - image.mean()).ravel()
        return cls(image, vector, math.sqrt(float(vector @ vector)))

    def correlation(self, other: _Centred) -> float:
        """From -1, the negative, to 1; 0 where there is nothing to compare."""
        scale = self.norm * other.norm
        return float(self.vector @ other.vector) / scale if scale > 0 else 0.0
