"""Everything of a view that can be taken hold of: corners and middles of levels, points of veins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import msgspec

from calibration.planning.draft import LevelDraft, ViewDraft
from monitor.plan import Cannula, Path2D, Point, Vein

One = TypeVar("One", Vein, Cannula)


@dataclass(frozen=True, slots=True)
class Grip:
    """A point of a level. `kind`: ``outline``, ``vein``, ``foramen`` or ``cannula``; `which`: of several."""

    level: int
    kind: str
    which: int
    point: int


def grips_of(view: ViewDraft) -> Iterator[tuple[Grip, Point]]:
    """All of them and where they are (px)."""
    for number, level in enumerate(view.levels):
        for point, at in enumerate(level.outline.handles):
            yield Grip(number, "outline", 0, point), at
        for which, vein in enumerate(level.veins):
            for point, at in enumerate(vein.path):
                yield Grip(number, "vein", which, point), at
        for point, at in enumerate(level.foramen or ()):
            yield Grip(number, "foramen", 0, point), at
        for which, tube in enumerate(level.cannulas):
            for point, at in enumerate(tube.path):
                yield Grip(number, "cannula", which, point), at


def place_of(view: ViewDraft, grip: Grip) -> Point | None:
    """Where it is; None where it is no more."""
    return next((at for other, at in grips_of(view) if other == grip), None)


def moved(view: ViewDraft, grip: Grip, to: Point) -> ViewDraft:
    """A point of a vein, foramen or cannula elsewhere."""
    level = view.levels[grip.level]

    def path(points: Path2D) -> Path2D:
        return (*points[: grip.point], to, *points[grip.point + 1 :])

    if grip.kind == "foramen" and level.foramen is not None:
        level = replace(level, foramen=path(level.foramen))
    elif grip.kind == "vein":
        level = replace(level, veins=_changed(level.veins, grip.which, path))
    elif grip.kind == "cannula":
        level = replace(level, cannulas=_changed(level.cannulas, grip.which, path))
    return view.with_level(grip.level, level)


def without(view: ViewDraft, grip: Grip) -> ViewDraft:
    """The vein, foramen or cannula of a point taken away; the whole level where it is of its outline."""
    level: LevelDraft = view.levels[grip.level]
    if grip.kind == "outline":
        return view.without_level(grip.level)
    if grip.kind == "foramen":
        return view.with_level(grip.level, replace(level, foramen=None))
    name = "veins" if grip.kind == "vein" else "cannulas"
    kept = tuple(one for k, one in enumerate(getattr(level, name)) if k != grip.which)
    changes: dict[str, Any] = {name: kept}
    return view.with_level(grip.level, replace(level, **changes))


def _changed(several: tuple[One, ...], which: int, path: Callable[[Path2D], Path2D]) -> tuple[One, ...]:
    return tuple(
        msgspec.structs.replace(one, path=path(one.path)) if k == which else one
        for k, one in enumerate(several)
    )
