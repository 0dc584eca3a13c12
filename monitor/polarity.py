"""Whether bright means more X-ray, as the source states: doubted where the image says the opposite.

A video or a wrong header may state it wrongly, and a display may be switched in mid-run. Nothing is
turned here: a contradiction ends monitoring until the operator has stated the polarity (`View.polarity`).

Three things tell, all on cells of 1.4 mm. A cannula is a thin straight line that enters a body and ends
in it; read with the right polarity it is darker than both sides (`steel_lines`). Collimator blades all
around the image are black where the polarity is right. And an image that is turned in mid-run is the
negative of the one before. A doubt blinds the whole procedure: what a header states, and an image that was
found right, are doubted on more evidence than a video, and a doubt is taken back as readily as it is raised.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import Enum
from typing import cast, get_args

import cv2
import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from monitor.errors import PlanError
from monitor.frame import SourceInfo
from monitor.grid import Grid
from monitor.intensity import Curve, coarse_cells
from monitor.plan import Path2D, Plan, Polarity, View, as_array
from monitor.polarity_config import PolarityConfig
from monitor.states import Reason, State
from monitor.steel_lines import ANGLES, CELL_MM, Line, Place, along_marks, find, levelled, prepare

Bool = NDArray[np.bool_]
Float32 = NDArray[np.float32]

_FIRST_LOOKS = 5
_LONGEST_WAIT_S = 10.0
_ANGLES_PER_PULSE = 3
_COMPARABLE = 2.0
"""A bright line tells nothing beside a dark one of more than its contrast, divided by this, near the body."""
_MORE_LOOKS = 2
"""So many times the looks contradict a header, or an image found right before, until it is doubted; and
all of them by the same line."""
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
    return taken_as(info, view.polarity)


def taken_as(info: SourceInfo, polarity: Polarity | None) -> SourceInfo:
    """The source with a polarity that was stated; unchanged where none was."""
    if polarity is None:
        return info
    intensity = replace(info.intensity, bright_is_radiolucent=polarity == "cement-dark")
    return replace(info, intensity=intensity)


def polarity_of(stated: str | None) -> Polarity | None:
    """What was typed as a polarity; None where nothing was.

    Raises
    ------
    PlanError
        Neither ``cement-dark`` nor ``cement-bright``.
    """
    if stated is not None and stated not in get_args(Polarity):
        raise PlanError(f"polarity must be {' or '.join(get_args(Polarity))}, is {stated!r}")
    return cast(Polarity | None, stated)


def with_polarity(plan: Plan, stated: str | None) -> Plan:
    """The plan with the polarity stated for every view; None changes nothing.

    Raises
    ------
    PlanError
        Neither ``cement-dark`` nor ``cement-bright``.
    """
    polarity = polarity_of(stated)
    if polarity is None:
        return plan
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
    in_header : bool
        The source states its polarity in a header, and does not leave it to be taken for granted as a
        video does: more looks must contradict it.
    """

    def __init__(
        self, view: View, grid: Grid, curve: Curve, config: PolarityConfig, *, in_header: bool = False
    ) -> None:
        self._confirmed, self._in_header = view.polarity is not None, in_header
        self._curve, self._config = curve, config
        self._step = max(1, round(CELL_MM / grid.mm_per_px))
        size = (-(-grid.columns // self._step), -(-grid.rows // self._step))

        def cells(path: Path2D) -> NDArray[np.float64]:
            return grid.to_work(as_array(path)) / self._step

        self._places = [
            Place.of(
                cells(level.body),
                [cells(cannula.path) for cannula in level.cannulas],
                grid.mm_per_px * self._step,
                size,
            )
            for level in view.levels
        ]
        self._current: _Look | None = None
        self._lines: tuple[Line, ...] = ()
        """Lines of the negative that were found in all looks that count."""
        self._last: _Centred | None = None
        self._count = self._looks = 0
        self._looked_s = 0.0
        self._wait_s = config.look_every_s
        self._doubted = self._turned = self._once_right = False
        prepare()

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
            self._once_right = False
            self._current = None
        doubted = self._doubted or self._turned
        due = self._looks < _FIRST_LOOKS or time_s - self._looked_s >= self._wait_s
        if self._current is None and due and not self._confirmed:
            self._looks += 1
            self._looked_s = time_s
            self._current = _Look(cells, self._places, self._curve, self._config)
        # at the start, and once it is doubted, nothing is shown that a pulse could hold up; what seems to
        # contradict is pressing, unless the image has been found right before
        first = self._looks <= _FIRST_LOOKS or self._count > 0
        directions = ANGLES if doubted or (first and not self._once_right) else _ANGLES_PER_PULSE
        verdict = None if self._current is None else self._current.go_on(directions)
        if verdict is not None:
            lines, self._current = self._current.lines if self._current else (), None
            self._wait_s = self._wait_after(verdict)
            self._weigh(verdict, lines)
        return self.reason

    def _wait_after(self, verdict: Verdict) -> float:
        """Time to the next look (s): a look is dear, and what is right is looked at now and then."""
        usual_s = self._config.look_every_s
        if self._doubted or self._turned:
            return 0.0 if verdict is Verdict.RIGHT else usual_s
        if verdict is Verdict.WRONG or (verdict is Verdict.UNCLEAR and not self._once_right):
            return 0.0
        more = 2.0 if verdict is Verdict.RIGHT else 1.25
        return min(more * max(self._wait_s, usual_s), max(usual_s, _LONGEST_WAIT_S))

    def _weigh(self, verdict: Verdict, lines: tuple[Line, ...]) -> None:
        doubted = self._doubted or self._turned
        careful = not doubted and (self._in_header or self._once_right)
        if verdict is not (Verdict.RIGHT if doubted else Verdict.WRONG):
            self._count = 0
        elif careful and self._count > 0:
            again = tuple(line for line in lines if any(line.same(other) for other in self._lines))
            alike = bool(again) or not (lines or self._lines)
            # else it is something else than the last time: noise, or what passes
            self._count, self._lines = (self._count + 1, again) if alike else (1, lines)
        else:
            self._count, self._lines = self._count + 1, lines
        self._once_right = self._once_right or verdict is Verdict.RIGHT
        if self._count >= (_MORE_LOOKS if careful else 1) * self._config.fewest_looks:
            self._doubted, self._turned, self._count = not doubted, False, 0
            self._once_right = doubted

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
        fine = _Centred.of(levelled(middle)).correlation(_Centred.of(levelled(last.image)))
        return fine < -0.2 and (whole < -0.7 or fine < -0.5)


class _Look:
    """One image being judged, a few directions at a time: all at once would hold up a pulse."""

    def __init__(self, cells: Float32, places: list[Place], curve: Curve, config: PolarityConfig) -> None:
        self._other = np.float32(curve.full) - cells
        self._places, self._config = places, config
        self._one, self._two = (
            [levelled(curve.attenuation(np.ascontiguousarray(one[place.part]))) for place in places]
            for one in (cells, self._other)
        )
        self._next = 0
        self._near = 0.0
        self._dark: Line | None = None
        self._bright: list[Line] = []

    @property
    def lines(self) -> tuple[Line, ...]:
        """The lines of the negative that tell; none where it was by blades that the verdict was reached."""
        return tuple(line for line in self._bright if self._tells(line))

    def go_on(self, directions: int) -> Verdict | None:
        """Look along some more directions; the verdict once all have been looked along."""
        images = list(zip(self._places, self._one, self._two, strict=True))
        if self._next == 0 and self._as_marked():
            return Verdict.RIGHT
        until = min(ANGLES, self._next + directions)
        for k in range(self._next, until):
            for number, (place, one, two) in enumerate(images):
                found = find(one, two, place, number, k)
                self._near = max(self._near, found.near)
                self._dark = _clearer(self._dark, found.dark)
                if found.bright is not None:
                    self._bright.append(found.bright)
        self._next = until
        return None if until < ANGLES else self._verdict()

    def _as_marked(self) -> bool:
        """Whether there is steel where a cannula is marked, darker than its sides as stated."""
        found = [
            along_marks(one, two, place)
            for place, one, two in zip(self._places, self._one, self._two, strict=True)
        ]
        dark, bright = (max((pair[j] for pair in found), default=0.0) for j in (0, 1))
        return dark >= self._config.steel_contrast and dark >= self._config.steel_ratio * bright

    def _tells(self, line: Line) -> bool:
        dark = 0.0 if self._dark is None else self._dark.contrast
        least = max(self._config.steel_contrast, self._config.steel_ratio * dark, _COMPARABLE * self._near)
        return line.contrast >= least

    def _verdict(self) -> Verdict:
        least, ratio = self._config.steel_contrast, self._config.steel_ratio
        dark = 0.0 if self._dark is None else self._dark.contrast
        bright = max((line.contrast for line in self._bright), default=0.0)
        if dark >= least and dark >= ratio * bright:
            return Verdict.RIGHT
        if self.lines or (max(self._near, bright) < least and _framed(self._other)):
            return Verdict.WRONG
        return Verdict.UNCLEAR


def _clearer(one: Line | None, other: Line | None) -> Line | None:
    if one is None or other is None:
        return other if one is None else one
    return other if other.contrast > one.contrast else one


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
