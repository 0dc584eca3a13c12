"""What was found in a picture, as places in it, for whoever draws it: in a file or in a window."""

from __future__ import annotations

from dataclasses import dataclass, fields

from monitor.plan import Point


@dataclass(frozen=True, slots=True)
class Shapes:
    """Places in a picture (px, x then y; the centre of the first pixel is 0, 0).

    Parameters
    ----------
    paths : tuple of tuple of Point
        Open lines: the edges of a shaft, neighbours of a lattice.
    outlines : tuple of tuple of Point
        Closed ones: the steps of a wedge, the hull of the beads.
    circles : tuple of (Point, float)
        Middle and radius.
    crosses : tuple of Point
    labels : tuple of (Point, str)
        Words, and the place that they are centred on.
    """

    paths: tuple[tuple[Point, ...], ...] = ()
    outlines: tuple[tuple[Point, ...], ...] = ()
    circles: tuple[tuple[Point, float], ...] = ()
    crosses: tuple[Point, ...] = ()
    labels: tuple[tuple[Point, str], ...] = ()

    def __add__(self, other: Shapes) -> Shapes:
        """Both."""
        return Shapes(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))
