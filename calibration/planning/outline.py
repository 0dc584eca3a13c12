"""The outline of a vertebral body from its four corners: six-point morphometry, and the edge between."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.planning.edges import Search, Slopes, follow
from monitor.plan import Path2D, Point

Points = NDArray[np.float64]
Vector = NDArray[np.float64]

SIDE_ENDS = {"upper": (0, 1), "second": (1, 2), "lower": (3, 2), "first": (0, 3)}
"""Corners that a side joins: endplates from the first wall to the second, walls from head to foot."""
HANDLES = (
    "first upper corner", "second upper corner", "second lower corner", "first lower corner",
    "middle of the upper endplate", "middle of the lower endplate", "middle of the second wall",
    "middle of the first wall",
)  # fmt: skip
_MIDDLES = {"upper": 4, "lower": 5, "second": 6, "first": 7}
_FREE_MM, _NEAR_MM = 3.0, 1.2
HOLLOW_SHARE = 0.3
_ROUNDS = 3
_MARGIN = 0.05
_SPACING_PX = 1.0
_LEAST_SAMPLES = 12
_LONGEST_PX = 1500.0
"""No side of a body is longer; what is, was read from a file that is not one of a spine."""
_MOST_HOLLOW_MM = 12.0
_END_SHARE = 0.18
_STIFF_SHARE, _LEAST_FREEDOM = 0.5, 0.05
_FARTHEST_CORNER_MM = 3.5
_LEAST_SEEN = 0.5
_TYPICAL_HEIGHT_MM = 26.0


@dataclass(frozen=True, slots=True)
class Outline:
    """A body in four sides.

    Parameters
    ----------
    handles : tuple of Point
        As in `HANDLES`: four corners, then the middles of the endplates and of the walls (px). In a lateral
        view the first wall is the anterior one, the second the posterior; in AP the one at the left of the
        picture is the first.
    sides : dict of str to tuple of Point
        By the names of `SIDE_ENDS`; each from corner to corner.
    seen : dict of str to float
        Share of each side along which an edge was seen, 0 to 1; empty where none was looked for.
    """

    handles: tuple[Point, ...]
    sides: dict[str, Path2D]
    seen: dict[str, float]

    @property
    def body(self) -> Path2D:
        """Closed polygon, not repeated at its end."""
        s = self.sides
        return (*s["upper"][:-1], *s["second"][:-1], *s["lower"][::-1][:-1], *s["first"][::-1][:-1])

    @property
    def unseen(self) -> tuple[str, ...]:
        """Sides along which no edge was found: they are as drawn."""
        return tuple(side for side, share in self.seen.items() if share < _LEAST_SEEN)


def rough_mm_per_px(corners: Points) -> float:
    """A scale by the usual height of a body, for where none is known yet: good enough to look for an edge."""
    heights = np.hypot(*(corners[[3, 2]] - corners[[0, 1]]).T)
    return _TYPICAL_HEIGHT_MM / max(float(heights.mean()), 1.0)


def drawn_outline(handles: tuple[Point | None, ...]) -> Outline:
    """The outline as drawn: curves through the handles; a middle that is None is in the middle.

    Parameters
    ----------
    handles : tuple of (Point or None)
        As in `HANDLES`; corners are never None.
    """
    corners = _corners_of(handles)
    sides = {}
    for side, (start, end) in SIDE_ENDS.items():
        p, q, middle = corners[start], corners[end], handles[_MIDDLES[side]]
        u = np.linspace(0, 1, max(_LEAST_SAMPLES, round(float(np.hypot(*(q - p))) / 3)))[:, None]
        bow = np.zeros(2) if middle is None else np.asarray(middle) - (p + q) / 2
        sides[side] = _path(p + u * (q - p) + 4 * u * (1 - u) * bow)
    return Outline(_handles_of(corners, sides), sides, {})


def found_outline(
    slopes: Slopes,
    handles: tuple[Point | None, ...],
    pinned: frozenset[int] = frozenset(),
    *,
    hollow_share: float = HOLLOW_SHARE,
) -> Outline:
    """The outline on the edge of the bone, near what was drawn.

    Parameters
    ----------
    slopes : Slopes
    handles : tuple of (Point or None)
        As in `HANDLES`; the middles may be None.
    pinned : frozenset of int
        Numbers of handles that stay where they are.
    hollow_share : float
        Part of the height by which an endplate may be hollow. In AP it is 0: a beam that does not run along
        the endplates shows two rims, and the inner one is not the outline.
    """
    drawn = drawn_outline(handles)
    lengths = [_length(drawn.sides[side]) for side in SIDE_ENDS]
    if min(lengths) < 4 * _SPACING_PX or max(lengths) > _LONGEST_PX:
        return drawn
    corners = _corners_of(drawn.handles)
    given = _corners_of(handles)
    height_mm = slopes.mm_per_px * float(np.hypot(*(corners[3] - corners[0])))
    sides = {name: np.asarray(path) for name, path in drawn.sides.items()}
    seen: dict[str, float] = {}
    for number in range(_ROUNDS):
        for side, (start, end) in SIDE_ENDS.items():
            if _MIDDLES[side] in pinned:
                sides[side] = np.asarray(drawn.sides[side])  # the curve that the operator bent
            base, fixed = _base(sides[side], corners[start], corners[end], handles, side, pinned)
            held = [k for k, corner in ((0, start), (len(base) - 1, end)) if corner in pinned]
            near_mm = _FREE_MM if number == 0 and not fixed else _NEAR_MM
            wide = number == 0 and not fixed and side in ("upper", "lower")
            hollow_mm = min(hollow_share * height_mm, _MOST_HOLLOW_MM) if wide else 0.0
            u = np.linspace(0, 1, len(base))
            more_mm = np.maximum(hollow_mm - near_mm, 0.0) * 4 * u * (1 - u)
            free = _freedom(len(base), (*fixed, *held))
            search = Search(free * near_mm, free * (near_mm + more_mm))
            found = follow(slopes, base, _inwards(corners, start, end), search, fixed)
            seen[side] = found.seen
            sides[side] = found.points if found.seen >= _LEAST_SEEN else base
        corners = _met(sides, corners, given, pinned, _FARTHEST_CORNER_MM / slopes.mm_per_px)
    whole = {
        side: np.vstack([corners[a], _between_ends(sides[side], corners[a], corners[b]), corners[b]])
        for side, (a, b) in SIDE_ENDS.items()
    }
    paths = {side: _path(_thinned(points)) for side, points in whole.items()}
    return Outline(_handles_of(corners, paths), paths, seen)


def _base(
    side: Points,
    start: Points,
    end: Points,
    handles: tuple[Point | None, ...],
    name: str,
    pinned: frozenset[int],
) -> tuple[Points, tuple[int, ...]]:
    """The side as known so far, evenly sampled between its corners, and which samples stay."""
    chord = end - start
    length = max(float(np.hypot(*chord)), 1e-6)
    along = chord / length
    across = np.array([-along[1], along[0]])
    offsets = side - start
    at, off = offsets @ along, offsets @ across
    order = np.argsort(at)
    count = max(_LEAST_SAMPLES, round((1 - 2 * _MARGIN) * length / _SPACING_PX))
    wanted = np.linspace(_MARGIN, 1 - _MARGIN, count) * length
    base = start + wanted[:, None] * along + np.interp(wanted, at[order], off[order])[:, None] * across
    middle = handles[_MIDDLES[name]]
    if _MIDDLES[name] not in pinned or middle is None:
        return base, ()
    place = np.asarray(middle)
    nearest = int(np.argmin(np.abs(wanted - (place - start) @ along)))
    base = (
        base + ((place - base[nearest]) @ across) * across * _bump(wanted, wanted[nearest], length)[:, None]
    )
    return base, (nearest,)


def _freedom(count: int, held: tuple[int, ...]) -> Vector:
    """How far each of so many samples may be moved: little near one that is held, so that the side bends."""
    at = np.arange(count) / max(count - 1, 1)
    free = np.ones(count)
    for k in held:
        free = np.minimum(free, np.clip(np.abs(at - at[k]) / _STIFF_SHARE, _LEAST_FREEDOM, 1.0))
    return free


def _bump(at: Vector, middle: float, length: float) -> Vector:
    """1 at a place, falling to 0 towards both ends."""
    share = np.where(at <= middle, at / max(middle, 1e-6), (length - at) / max(length - middle, 1e-6))
    return np.asarray(np.clip(share, 0, 1))


def _inwards(corners: Points, start: int, end: int) -> Vector:
    chord = corners[end] - corners[start]
    across = np.array([-chord[1], chord[0]]) / max(float(np.hypot(*chord)), 1e-6)
    to_middle = corners.mean(axis=0) - (corners[start] + corners[end]) / 2
    return np.asarray(across if across @ to_middle > 0 else -across)


def _met(
    sides: dict[str, Points], corners: Points, given: Points, pinned: frozenset[int], farthest_px: float
) -> Points:
    """Corners where the sides meet; one that was pinned, or would be far from what was drawn, stays."""
    met = corners.copy()
    for corner in range(4):
        if corner in pinned:
            met[corner] = given[corner]
            continue
        lines = []
        for side, (start, end) in SIDE_ENDS.items():
            if corner in (start, end):
                count = max(3, round(_END_SHARE * len(sides[side])))
                lines.append(sides[side][:count] if corner == start else sides[side][-count:])
        cross = _crossing(lines[0], lines[1])
        if cross is not None and float(np.hypot(*(cross - given[corner]))) <= farthest_px:
            met[corner] = cross
    return met


def _crossing(one: Points, other: Points) -> Points | None:
    """Where straight lines through two sets of points cross; None where they hardly do."""
    fits = []
    for points in (one, other):
        middle = points.mean(axis=0)
        along = np.linalg.svd(points - middle)[2][0]
        fits.append((middle, along))
    (p, a), (q, b) = fits
    turned = a[0] * b[1] - a[1] * b[0]
    if abs(turned) < 0.3:
        return None
    far = ((q - p)[0] * b[1] - (q - p)[1] * b[0]) / turned
    return np.asarray(p + far * a)


def _between_ends(side: Points, start: Points, end: Points) -> Points:
    """The points of a side that lie between its corners."""
    chord = end - start
    share = (side - start) @ chord / max(float(chord @ chord), 1e-6)
    inner = side[(share > 0.02) & (share < 0.98)]
    return inner if len(inner) >= 3 else (start + chord * np.array([[0.25], [0.5], [0.75]]))


def _thinned(points: Points) -> Points:
    """Evenly spaced along their length, few enough for a plan."""
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    count = min(max(_LEAST_SAMPLES, round(along[-1] / 4)), 48)
    at = np.linspace(0, along[-1], count)
    return np.stack([np.interp(at, along, points[:, k]) for k in (0, 1)], axis=1)


def _corners_of(handles: tuple[Point | None, ...]) -> Points:
    return np.array([handles[k] for k in range(4)], np.float64)


def _handles_of(corners: Points, sides: dict[str, Path2D]) -> tuple[Point, ...]:
    middles = {}
    for side, path in sides.items():
        points = np.asarray(path)
        chord = points[-1] - points[0]
        share = (points - points[0]) @ chord / max(float(chord @ chord), 1e-6)
        middles[_MIDDLES[side]] = tuple(float(np.interp(0.5, share, points[:, k])) for k in (0, 1))
    both = [(float(x), float(y)) for x, y in corners]
    return (*both, *((middles[k][0], middles[k][1]) for k in sorted(middles)))


def _length(path: Path2D) -> float:
    return float(np.hypot(*(np.asarray(path[-1]) - np.asarray(path[0]))))


def _path(points: Points) -> Path2D:
    return tuple((round(float(x), 3), round(float(y), 3)) for x, y in points)
