"""Walls and endplates that were not marked, from the outline of the body, where that is sound.

The outline's four corners part it into two endplates and two walls. The endplates are those that face along
the spine: towards the neighbouring marked bodies, or up and down the picture where there are none. Which wall
is the posterior one is not to be seen from the outline. A cannula tells, since it comes from behind; so does
a wall, an endplate or a foramen that is marked. Where nothing tells, no wall is derived.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from monitor.plan import Level, Path2D, View, as_array

Points = NDArray[np.float64]

_STEP_SHARE = 1 / 200
_LARGEST_TILT = np.cos(np.radians(40.0))


@dataclass(frozen=True, slots=True)
class Derived:
    """A level with what could be derived filled in, and the names of those structures."""

    level: Level
    names: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class _Sides:
    """The outline in four parts, head to foot and left to right of the axis, each shape (n, 2)."""

    superior: Points
    inferior: Points
    one_wall: Points
    other_wall: Points


def derive(view: View, level: Level, cannulas: Sequence[tuple[Points, Points]] = ()) -> Derived:
    """Fill in what is not marked, as far as it is sound.

    Parameters
    ----------
    view, level : View, Level
    cannulas : sequence of (ndarray, ndarray)
        Both ends, shape (2,) each, of cannulas found in the image (px of the reference frame).

    Returns
    -------
    derived : Derived
        `names` is empty where nothing could be derived.
    """
    body = as_array(level.body)
    sides = _sides(body, _spine_axis(view, level))
    if sides is None:
        return Derived(level, frozenset())
    found: dict[str, Points] = {}
    if level.superior_endplate is None:
        found["superior_endplate"] = sides.superior
    if level.inferior_endplate is None:
        found["inferior_endplate"] = sides.inferior
    walls_marked = level.posterior_wall is not None and level.anterior_wall is not None
    if view.projection == "lateral" and not walls_marked:
        posterior = _posterior(level, sides, cannulas)
        if posterior is not None:
            anterior = sides.other_wall if posterior is sides.one_wall else sides.one_wall
            if level.posterior_wall is None:
                found["posterior_wall"] = posterior
            if level.anterior_wall is None:
                found["anterior_wall"] = anterior
    paths = {name: _path(points) for name, points in found.items()}
    return Derived(msgspec.structs.replace(level, **paths), frozenset(paths))


def _path(points: Points) -> Path2D:
    return tuple((float(x), float(y)) for x, y in points)


def _spine_axis(view: View, level: Level) -> Points:
    """Unit vector from head to foot: along the marked bodies, or down the picture."""
    centres = np.array([as_array(other.body).mean(axis=0) for other in view.levels])
    down = np.array([0.0, 1.0])
    if len(centres) < 2:
        return down
    offsets = centres - as_array(level.body).mean(axis=0)
    nearest = np.argsort(np.hypot(*offsets.T))[1]
    axis: Points = offsets[nearest] / max(float(np.hypot(*offsets[nearest])), 1e-9)
    return axis if axis @ down >= 0 else -axis


def _sides(body: Points, axis: Points) -> _Sides | None:
    """Part the outline at its corners; None where it has no four that make sense."""
    closed = np.vstack([body, body[:1]])
    lengths = np.hypot(*np.diff(closed, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(lengths)])
    count = round(1 / _STEP_SHARE)
    at = np.linspace(0, along[-1], count, endpoint=False)
    outline = np.stack([np.interp(at, along, closed[:, k]) for k in (0, 1)], axis=1)
    corners = _corners(outline)
    if corners is None:
        return None
    parts = [
        np.vstack([outline[a:b], outline[b : b + 1]]) if a < b else np.vstack([outline[a:], outline[: b + 1]])
        for a, b in zip(corners, [*corners[1:], corners[0]], strict=True)
    ]
    centre = outline.mean(axis=0)
    heights = [float((part.mean(axis=0) - centre) @ axis) for part in parts]
    top, bottom = int(np.argmin(heights)), int(np.argmax(heights))
    if (top - bottom) % 4 != 2:
        return None
    for k in (top, bottom):
        chord = parts[k][-1] - parts[k][0]
        normal = np.array([-chord[1], chord[0]]) / max(float(np.hypot(*chord)), 1e-9)
        if abs(float(normal @ axis)) < _LARGEST_TILT:
            return None
    return _Sides(parts[top], parts[bottom], parts[(top + 1) % 4], parts[(bottom + 1) % 4])


def _corners(outline: Points) -> list[int] | None:
    """Indices of four points of a closed outline nearest to the corners of the box around it, in order.

    Candidates are refined to the quadrilateral of largest area near them: a vertebra's corners stick out.
    """
    box = cv2.boxPoints(cv2.minAreaRect(outline.astype(np.float32))).astype(np.float64)
    extent = float(np.hypot(*(box[0] - box[2])))
    found = [int(np.argmin(np.hypot(*(outline - corner).T))) for corner in box]
    n, reach = len(outline), max(1, len(outline) // 16)
    for _ in range(3):
        for k in range(4):
            before, after = outline[found[k - 1]], outline[found[(k + 1) % 4]]
            near = [(found[k] + step) % n for step in range(-reach, reach + 1)]
            chord = after - before
            offset = outline[near] - before
            area = np.abs(chord[0] * offset[:, 1] - chord[1] * offset[:, 0])
            found[k] = near[int(np.argmax(area))]
    found = sorted(set(found))
    if len(found) != 4:
        return None
    sides = np.diff(np.vstack([outline[found], outline[found[:1]]]), axis=0)
    return found if float(np.hypot(*sides.T).min()) > 0.15 * extent else None


def _posterior(level: Level, sides: _Sides, cannulas: Sequence[tuple[Points, Points]]) -> Points | None:
    """Whichever of the two walls is behind; None where nothing tells or the signs contradict each other."""
    one, other = sides.one_wall.mean(axis=0), sides.other_wall.mean(axis=0)
    across = (one - other) / max(float(np.hypot(*(one - other))), 1e-9)
    centre = 0.5 * (one + other)
    half = 0.5 * float(np.hypot(*(one - other)))

    def side(point: Points) -> float:
        return float((point - centre) @ across)

    signs: list[float] = []
    if level.posterior_wall is not None:
        signs.append(side(as_array(level.posterior_wall).mean(axis=0)))
    if level.anterior_wall is not None:
        signs.append(-side(as_array(level.anterior_wall).mean(axis=0)))
    if level.foramen is not None:
        signs.append(side(as_array(level.foramen).mean(axis=0)))
    for endplate in (level.superior_endplate, level.inferior_endplate):
        if endplate is not None:
            points = as_array(endplate)
            signs.append(float((points[-1] - points[0]) @ across))
    marked = [(as_array(c.path)[0], as_array(c.path)[-1]) for c in level.cannulas]
    for ends in [*marked, *cannulas]:
        reach = sorted((side(ends[0]), side(ends[1])), key=abs)
        if abs(reach[0]) < half < abs(reach[1]):
            # one end in the body, the other beyond a wall: that is where it comes from
            signs.append(reach[1])
    if not signs or (min(signs) < 0 < max(signs)):
        return None
    return sides.one_wall if signs[0] > 0 else sides.other_wall
