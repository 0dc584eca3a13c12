"""A plan while it is drawn: frozen values, so that a window can go back to any of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import msgspec
import numpy as np

from calibration.planning.outline import SIDE_ENDS, Outline, drawn_outline
from monitor.derived import derive
from monitor.errors import PlanError
from monitor.plan import (
    SCHEMA,
    Cannula,
    Cement,
    ImageSize,
    Level,
    LevelIntent,
    Path2D,
    Plan,
    Point,
    Polarity,
    Projection,
    Scale,
    Vein,
    View,
    parse_plan,
    plan_to_json,
)

_NO_INTENT = LevelIntent()
_WALLS = {"upper": "superior_endplate", "lower": "inferior_endplate"}
_LATERAL_WALLS = {**_WALLS, "first": "anterior_wall", "second": "posterior_wall"}


@dataclass(frozen=True, slots=True)
class LevelDraft:
    """A level as drawn so far.

    Parameters
    ----------
    name : str
    confirmed : bool
        Whether the operator has said that it is called so.
    outline : Outline
    pinned : frozenset of int
        Handles that the operator has put where they are; finding the edge leaves them.
    kept : Level or None
        As it was read from a plan; it is written back as it was unless the outline is changed.
    """

    name: str
    outline: Outline
    confirmed: bool = False
    pinned: frozenset[int] = frozenset()
    veins: tuple[Vein, ...] = ()
    foramen: Path2D | None = None
    cannulas: tuple[Cannula, ...] = ()
    intent: LevelIntent = _NO_INTENT
    kept: Level | None = None

    @property
    def centre(self) -> Point:
        """Middle of the four corners (px)."""
        x, y = np.mean(self.outline.handles[:4], axis=0)
        return float(x), float(y)

    def level(self, projection: Projection) -> Level:
        """As a plan keeps it. An oblique view has no walls: which is the posterior one is not to be seen."""
        if self.kept is not None:
            return msgspec.structs.replace(
                self.kept, name=self.name, veins=self.veins, foramen=self.foramen, cannulas=self.cannulas
            )
        names = _LATERAL_WALLS if projection == "lateral" else _WALLS
        walls = {names[side]: path for side, path in self.outline.sides.items() if side in names}
        return Level(
            name=self.name, body=self.outline.body, veins=self.veins, foramen=self.foramen,
            cannulas=self.cannulas, **walls,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ViewDraft:
    """A view as drawn so far. `scale` None: not known yet."""

    name: str
    projection: Projection
    levels: tuple[LevelDraft, ...] = ()
    scale: Scale | None = None
    image: ImageSize | None = None
    reference_frame: int = 0
    reference_png: str | None = field(default=None, repr=False)
    polarity: Polarity | None = None

    def with_level(self, number: int, level: LevelDraft) -> ViewDraft:
        """One level replaced."""
        levels = (*self.levels[:number], level, *self.levels[number + 1 :])
        return replace(self, levels=levels)

    def without_level(self, number: int) -> ViewDraft:
        """One level taken away."""
        return replace(self, levels=self.levels[:number] + self.levels[number + 1 :])

    def head_to_foot(self) -> ViewDraft:
        """Levels in the order in which they lie in the picture."""
        return replace(self, levels=tuple(sorted(self.levels, key=lambda level: level.centre[1])))


@dataclass(frozen=True, slots=True)
class Draft:
    """A plan as drawn so far."""

    views: tuple[ViewDraft, ...] = (ViewDraft("lateral", "lateral"),)
    cement: Cement | None = None

    def with_view(self, number: int, view: ViewDraft) -> Draft:
        """One view replaced."""
        return replace(self, views=(*self.views[:number], view, *self.views[number + 1 :]))

    def missing(self) -> Iterator[str]:
        """What a plan still lacks, in words; nothing where it can be written."""
        drawn = [view for view in self.views if view.levels]
        if not drawn:
            yield "no level is marked"
        for view in drawn:
            if view.scale is None:
                yield f"{view.name}: no scale: mark a cannula and say its gauge, or type mm per pixel"
            for level in view.levels:
                if not level.confirmed:
                    yield f"{view.name}: {level.name} is proposed; confirm the names with Enter"
                    break

    def plan(self) -> Plan:
        """The plan, checked as if it were read from a file.

        Raises
        ------
        PlanError
            Something is missing or makes no sense; the message says what.
        """
        for words in self.missing():
            raise PlanError(words)
        views = tuple(
            View(
                name=view.name, projection=view.projection, scale=view.scale,
                levels=tuple(level.level(view.projection) for level in view.levels),
                reference_frame=view.reference_frame, image=view.image, polarity=view.polarity,
                reference_png=view.reference_png,
            )
            for view in self.views if view.levels and view.scale is not None
        )  # fmt: skip
        intents = {
            level.name: level.intent
            for view in self.views for level in view.levels if level.intent != LevelIntent()
        }  # fmt: skip
        made = Plan(SCHEMA, views, intents, self.cement)
        return parse_plan(plan_to_json(made), "plan")


def draft_of(plan: Plan) -> Draft:
    """A plan to go on with. Its names are taken as confirmed."""
    return Draft(tuple(_view_of(plan, view) for view in plan.views), plan.cement)


def _view_of(plan: Plan, view: View) -> ViewDraft:
    levels = [
        LevelDraft(
            name=level.name, outline=_outline_of(view, level), confirmed=True, veins=level.veins,
            foramen=level.foramen, cannulas=level.cannulas, intent=plan.intent(level.name), kept=level,
        )
        for level in view.levels
    ]  # fmt: skip
    return ViewDraft(
        view.name, view.projection, tuple(levels), view.scale, view.image, view.reference_frame,
        view.reference_png, view.polarity,
    )  # fmt: skip


def _outline_of(view: View, level: Level) -> Outline:
    """Sides and handles of a level that was drawn otherwise: by its endplates, marked or derived."""
    whole = derive(view, level).level
    upper, lower = whole.superior_endplate, whole.inferior_endplate
    if upper is None or lower is None:
        x, y = np.asarray(level.body).T
        box = [(x.min(), y.min()), (x.max(), y.min()), (x.max(), y.max()), (x.min(), y.max())]
        return drawn_outline((*((float(a), float(b)) for a, b in box), None, None, None, None))
    posterior = whole.posterior_wall
    if (posterior is not None and _farther(posterior, upper[-1], upper[0])) or (
        posterior is None and upper[0][0] > upper[-1][0]
    ):
        upper, lower = upper[::-1], lower[::-1]
    drawn = drawn_outline((upper[0], upper[-1], lower[-1], lower[0], None, None, None, None))
    walls = {
        "second": posterior if posterior is not None else drawn.sides["second"],
        "first": whole.anterior_wall if whole.anterior_wall is not None else drawn.sides["first"],
    }
    sides = {"upper": upper, "lower": lower, **{name: _down(path) for name, path in walls.items()}}
    middles = [_middle(sides[side]) for side in ("upper", "lower", "second", "first")]
    return Outline((*drawn.handles[:4], *middles), {side: sides[side] for side in SIDE_ENDS}, {})


def _farther(path: Path2D, one: Point, other: Point) -> bool:
    """Whether a line is farther from the first place than from the second."""
    at = np.asarray(path)
    return bool(np.hypot(*(at - one).T).min() > np.hypot(*(at - other).T).min())


def _down(path: Path2D) -> Path2D:
    return path if path[0][1] <= path[-1][1] else path[::-1]


def _middle(path: Sequence[Point]) -> Point:
    points = np.asarray(path)
    chord = points[-1] - points[0]
    share = (points - points[0]) @ chord / max(float(chord @ chord), 1e-9)
    order = np.argsort(share)
    return (
        float(np.interp(0.5, share[order], points[order, 0])),
        float(np.interp(0.5, share[order], points[order, 1])),
    )
