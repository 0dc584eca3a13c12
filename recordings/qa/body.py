"""Coordinates of a vertebral body on a frame: 0 to 1 across it and from head to foot, however it is bent.

A point's place across the body is its share of the way from the one wall to the other, taken parallel to the
endplates; its height is its share of the way from the superior endplate to the inferior one, taken parallel
to the walls. Walls and endplates may be curved and need not be parallel; beyond their ends they go on along
their chords. In a lateral view 0 is anterior, in AP it is on the left of the image.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.result import Contour

Points = NDArray[np.float64]
Shares = NDArray[np.float64]

_SAMPLES = 400
_LEAST_SQUARE, _LEAST_LEVEL = 0.8, 0.5
"""Cosines: the axes of a body are nearer to a right angle, and seen from the front it lies no steeper."""
_FAR = 20.0
"""Sides are prolonged by so many times their own length."""


@dataclass(frozen=True, slots=True, eq=False)
class BodySides:
    """The four sides of a body on a frame (px), each shape (n, 2).

    `first` is the anterior wall or that on the left of the image, `last` the other; both run from head to
    foot, the endplates from `first` to `last`. `outline` is closed, and not repeated at its end.
    """

    outline: Points
    first: Points
    last: Points
    superior: Points
    inferior: Points

    def axes(self) -> tuple[Points, Points]:
        """Unit vectors across the body and from head to foot: the mean directions of endplates and walls."""
        across = _unit(_chord(self.superior)) + _unit(_chord(self.inferior))
        down = _unit(_chord(self.first)) + _unit(_chord(self.last))
        return _unit(across), _unit(down)

    def shares(self, points_px: NDArray[np.floating]) -> tuple[Shares, Shares]:
        """Places of points, shape (n, 2): across the body and from head to foot, shape (n,) each."""
        middle = self.outline.mean(axis=0)
        to_axes = np.linalg.inv(np.stack(self.axes(), axis=1))

        def on_axes(points: NDArray[np.floating]) -> Points:
            turned: Points = (np.asarray(points, np.float64) - middle) @ to_axes.T
            return turned

        x, y = on_axes(points_px).T
        first, last = _along(on_axes(self.first), y, 1), _along(on_axes(self.last), y, 1)
        top, bottom = _along(on_axes(self.superior), x, 0), _along(on_axes(self.inferior), x, 0)
        return _share(x, first, last), _share(y, top, bottom)


def sides_of(structures_px: Mapping[str, tuple[Contour, ...]], projection: str) -> BodySides | str:
    """The sides of a body, as marked or derived; a wall that is neither is the outline between the endplates.

    Parameters
    ----------
    structures_px : mapping of str to tuple of Contour
        As `monitor.result.LevelResult`.
    projection : str
        ``lateral``, ``ap`` or ``oblique``.

    Returns
    -------
    BodySides or str
        Why they are not known.
    """
    if projection not in ("lateral", "ap"):
        return f"the projection is {projection}"
    lines = {name: np.asarray(parts[0], np.float64) for name, parts in structures_px.items() if parts}
    outline = lines.get("body")
    if outline is None or len(outline) < 3:
        return "the outline of the body is not known"
    superior, inferior = lines.get("superior_endplate"), lines.get("inferior_endplate")
    if superior is None or inferior is None:
        return "the endplates are neither marked nor to be taken from the outline"
    footward = inferior.mean(axis=0) - superior.mean(axis=0)
    walls: list[Points | None] = [None, None]
    if projection == "lateral":
        walls = [lines.get("anterior_wall"), lines.get("posterior_wall")]
    forward = _forward(walls, outline, projection)
    if forward is not None:
        superior, inferior = (
            line if _chord(line) @ forward >= 0 else line[::-1] for line in (superior, inferior)
        )
    elif _chord(superior) @ _chord(inferior) < 0:
        return "the endplates run opposite ways, and no wall is known"
    first, last = (
        _downward(_between(outline, superior[end], inferior[end]) if wall is None else wall, footward)
        for wall, end in zip(walls, (0, -1), strict=True)
    )
    sides = BodySides(outline, first, last, superior, inferior)
    across, down = sides.axes()
    if (
        abs(float(across @ down)) > _LEAST_SQUARE
        or float((last.mean(axis=0) - first.mean(axis=0)) @ across) <= 0
    ):
        return "the walls and endplates are not those of one body"
    if projection == "ap" and abs(float(across[0])) < _LEAST_LEVEL:
        return "the spine lies across the image: left and right are not told"
    return sides


def _forward(walls: list[Points | None], outline: Points, projection: str) -> Points | None:
    """Which way is from the first wall to the last; None where only the endplates tell."""
    if projection == "ap":
        return np.array([1.0, 0.0])
    anterior, posterior = walls
    centre = outline.mean(axis=0)
    if posterior is not None:
        return np.asarray(posterior.mean(axis=0) - (centre if anterior is None else anterior.mean(axis=0)))
    return None if anterior is None else np.asarray(centre - anterior.mean(axis=0))


def _between(outline: Points, start: Points, end: Points) -> Points:
    """The shorter way along a closed outline between the points of it that are nearest to two others."""
    closed = np.vstack([outline, outline[:1]])
    length = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(closed, axis=0).T))])
    at = np.linspace(0, length[-1], _SAMPLES, endpoint=False)
    dense = np.stack([np.interp(at, length, closed[:, k]) for k in (0, 1)], axis=1)
    i, j = (int(np.argmin(np.hypot(*(dense - point).T))) for point in (start, end))
    if i == j:
        return np.stack([start, end])
    steps = (j - i) % _SAMPLES
    way = np.arange(i, i + steps + 1) if 2 * steps <= _SAMPLES else np.arange(i, i + steps - _SAMPLES - 1, -1)
    return dense[way % _SAMPLES]


def _downward(line: Points, down: Points) -> Points:
    return line if _chord(line) @ down >= 0 else line[::-1]


def _chord(line: Points) -> Points:
    return np.asarray(line[-1] - line[0])


def _unit(vector: Points) -> Points:
    return vector / max(float(np.hypot(*vector)), 1e-9)


def _along(line: Points, at: Shares, axis: int) -> Shares:
    """The other coordinate of a line where its coordinate `axis` has certain values."""
    chord = _chord(line)
    whole = np.vstack([line[0] - _FAR * chord, line, line[-1] + _FAR * chord])
    # a line that turns back within itself is taken in order of height
    whole = whole[np.argsort(whole[:, axis], kind="stable")]
    found: Shares = np.interp(at, whole[:, axis], whole[:, 1 - axis])
    return found


def _share(at: Shares, start: Shares, end: Shares) -> Shares:
    width = end - start
    return (at - start) / np.where(np.abs(width) < 1e-6, 1e-6, width)
