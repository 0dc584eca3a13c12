"""What one click, or one drag, makes of a view: pure changes from one draft to the next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from calibration.planning.draft import LevelDraft, ViewDraft
from calibration.planning.edges import Slopes
from calibration.planning.level_names import ORDER, neighbour_of, proposed_name, renamed
from calibration.planning.neighbour import fitted_front, placed_like
from calibration.planning.outline import HOLLOW_SHARE, Outline, drawn_outline, found_outline, rough_mm_per_px
from monitor.errors import PlanError
from monitor.plan import Point

CORNERS = 4
_LEAST_PITCH_PX = 10.0
_LEAST_AREA_PX2 = 100.0


@dataclass(frozen=True, slots=True)
class Marking:
    """How marks become outlines.

    Parameters
    ----------
    slopes_at : callable
        `Slopes` of the picture for a scale (mm per px).
    snapping : bool
        Whether outlines are moved onto the edge of the bone.
    """

    slopes_at: Callable[[float], Slopes]
    snapping: bool = True

    def new_level(self, view: ViewDraft, corners: tuple[Point, ...]) -> ViewDraft:
        """A level by its four corners, as in `outline.HANDLES`.

        Raises
        ------
        PlanError
            They enclose nothing, or their order is another than in the levels that are marked.
        """
        outline = drawn_outline((*corners, None, None, None, None))
        check_corners(view, corners)
        return _added(view, self._found(view, outline, frozenset(), (None,) * 4))

    def neighbour(self, view: ViewDraft, upper: Point, lower: Point) -> ViewDraft:
        """A level by two corners of its second wall, shaped like the nearest one. Raises `PlanError`."""
        if float(np.hypot(*np.subtract(lower, upper))) < _LEAST_PITCH_PX:
            raise PlanError("both corners are at one place")
        if lower[1] < upper[1]:
            upper, lower = lower, upper
        like = view.levels[nearest_level(view, upper)].outline
        handles = placed_like(like, upper, lower)
        if self.snapping:
            handles = fitted_front(self._slopes(view, handles), handles)
        outline = drawn_outline(handles)
        return _added(view, self._found(view, outline, frozenset(), handles[4:]))

    def moved(self, view: ViewDraft, number: int, handle: int, to: Point, *, final: bool) -> ViewDraft:
        """A handle dragged. While it moves the outline is as drawn; `final`: it is found on the edge."""
        level = view.levels[number]
        handles = list(level.outline.handles)
        handles[handle] = to
        pinned = level.pinned | {handle}
        if not final:
            outline = drawn_outline(tuple(handles))
        else:
            given = tuple(handles[k] if k in pinned else None for k in range(CORNERS, len(handles)))
            outline = self._found(view, drawn_outline(tuple(handles)), pinned, given)
        return view.with_level(number, replace(level, outline=outline, pinned=pinned, kept=None))

    def snapped(self, view: ViewDraft, number: int) -> ViewDraft:
        """A level found on the edge anew, with nothing held."""
        level = view.levels[number]
        outline = self._found(view, level.outline, frozenset(), level.outline.handles[CORNERS:])
        return view.with_level(number, replace(level, outline=outline, pinned=frozenset(), kept=None))

    def _found(
        self, view: ViewDraft, drawn: Outline, pinned: frozenset[int], middles: tuple[Point | None, ...]
    ) -> Outline:
        if not self.snapping:
            return drawn
        handles = (*drawn.handles[:CORNERS], *middles)
        hollow = HOLLOW_SHARE if view.projection == "lateral" else 0.0
        return found_outline(self._slopes(view, drawn.handles), handles, pinned, hollow_share=hollow)

    def _slopes(self, view: ViewDraft, handles: tuple[Point, ...]) -> Slopes:
        rough = rough_mm_per_px(np.asarray(handles[:CORNERS]))
        return self.slopes_at(view.scale.mm_per_px if view.scale is not None else rough)


def check_corners(view: ViewDraft, corners: tuple[Point, ...]) -> None:
    """Check the order of four corners.

    Raises
    ------
    PlanError
        As `Marking.new_level`.
    """
    area = _area(corners)
    at = np.asarray(corners)
    crossing = np.sign(_cross(at[0], at[1], at[2])) != np.sign(_cross(at[2], at[3], at[0]))
    if abs(area) < _LEAST_AREA_PX2 or crossing:
        raise PlanError("the corners must go round the body: upper, upper, lower, lower")
    if at[2:, 1].mean() < at[:2, 1].mean():
        raise PlanError("the lower corners are above the upper ones: is the picture upside down?")
    if view.projection == "ap" and area < 0:
        raise PlanError("in AP the corners go from the left of the picture to its right, then back below")
    if view.levels and np.sign(area) != np.sign(_area(view.levels[0].outline.handles[:CORNERS])):
        raise PlanError(f"the front is on the other side than in {view.levels[0].name}")


def nearest_level(view: ViewDraft, at: Point) -> int:
    """Number of the level whose middle is nearest."""
    return int(np.argmin([np.hypot(*np.subtract(level.centre, at)) for level in view.levels]))


def with_name(view: ViewDraft, number: int, name: str) -> ViewDraft:
    """A level called otherwise; its neighbours shift with it as long as they were only proposed.

    Raises
    ------
    PlanError
        Two levels would have one name.
    """
    names = [level.name for level in view.levels]
    shifted = list(renamed(names, number, name))
    new = [
        shifted[k] if k == number or not level.confirmed else level.name
        for k, level in enumerate(view.levels)
    ]
    if len(set(new)) < len(new):
        new = shifted
    if len(set(new)) < len(new):
        raise PlanError(f"there is a level {name} already")
    return replace(view, levels=tuple(replace(level, name=new[k]) for k, level in enumerate(view.levels)))


def shifted(view: ViewDraft, steps: int) -> ViewDraft:
    """All levels of the spine's order called by the names so many further down; to be confirmed anew.

    Raises
    ------
    PlanError
        One would be called by a name beyond either end.
    """
    levels = []
    for level in view.levels:
        name = neighbour_of(level.name, steps) if level.name in ORDER else level.name
        if name is None:
            raise PlanError(f"there is no level beyond {level.name}")
        levels.append(replace(level, name=name, confirmed=False))
    return replace(view, levels=tuple(levels))


def confirmed(view: ViewDraft) -> ViewDraft:
    """All names confirmed."""
    return replace(view, levels=tuple(replace(level, confirmed=True) for level in view.levels))


def _added(view: ViewDraft, outline: Outline) -> ViewDraft:
    level = LevelDraft("", outline)
    height = float(
        np.mean([np.hypot(*np.subtract(outline.handles[a], outline.handles[b])) for a, b in ((0, 3), (1, 2))])
    )
    named = [(other.name, other.centre) for other in view.levels]
    usual = 1.3 * height
    if len(named) > 1:
        along = sorted(at[1] for _, at in named)
        usual = min(float(np.median(np.diff(along))), 2.0 * usual) or usual
    name = proposed_name(named, level.centre, usual)
    taken = {other.name for other in view.levels}
    if name is None or name in taken:
        name = next(f"level {k}" for k in range(1, 100) if f"level {k}" not in taken)
    return replace(view, levels=(*view.levels, replace(level, name=name))).head_to_foot()


def _area(corners: tuple[Point, ...]) -> float:
    """Signed: positive where the corners go round clockwise as seen."""
    at = np.asarray(corners)
    x, y = at.T
    return float(0.5 * np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))


def _cross(p: np.ndarray, q: np.ndarray, r: np.ndarray) -> float:
    return float((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]))
