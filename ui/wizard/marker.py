"""The marks of one tool under a hand: which is chosen, where the next goes, and that all stay inside."""

from __future__ import annotations

import math

from calibration.picture import Picture
from monitor.plan import Point
from ui.wizard.book import MarkBook, Points, Tool
from ui.wizard.sight import Sight

_GRAB_PX = 14.0


class Marker:
    """Changes the marks of a book. `show` says which; `chosen` is the number of the one that keys move."""

    def __init__(self) -> None:
        self.book = MarkBook()
        self.tool: Tool | None = None
        self.chosen = 0
        self._size = (1.0, 1.0)

    def show(self, book: MarkBook, tool: Tool | None) -> None:
        """Work on other marks."""
        if tool != self.tool or book is not self.book:
            self.chosen = 0
        self.book, self.tool = book, tool
        self.chosen = min(self.chosen, max(len(self.points) - 1, 0))

    def within(self, picture: Picture) -> None:
        """Marks must lie within this picture."""
        rows, columns = picture.stored.shape
        self._size = columns - 1.0, rows - 1.0

    @property
    def points(self) -> Points:
        """Those set so far."""
        return () if self.tool is None else self.book.points(self.tool)

    @property
    def wants_more(self) -> bool:
        """Whether another mark can be set."""
        return self.tool is not None and len(self.points) < self.tool.most

    def choose_at(self, sight: Sight, at: Point) -> bool:
        """Choose the mark at a place of the view; whether there is one."""
        near = [(math.dist(sight.to_view(point), at), k) for k, point in enumerate(self.points)]
        if not near or min(near)[0] > _GRAB_PX:
            return False
        self.chosen = min(near)[1]
        return True

    def choose_next(self, step: int) -> None:
        """Choose another mark."""
        self.chosen = (self.chosen + step) % max(len(self.points), 1)

    def add(self, at: Point) -> bool:
        """Set the next mark; not where none is wanted, nor beside the picture."""
        if self.tool is None or not self.wants_more or at != self._inside(at):
            return False
        self.book.put(self.tool, (*self.points, at))
        self.chosen = len(self.points) - 1
        return True

    def shift(self, dx: float, dy: float, *, new_step: bool) -> bool:
        """Move the chosen mark by so many px of the picture; `new_step`: to be undone on its own."""
        points = self.points
        if self.tool is None or self.chosen >= len(points):
            return False
        x, y = points[self.chosen]
        at = self._inside((x + dx, y + dy))
        change = self.book.put if new_step else self.book.drag
        change(self.tool, (*points[: self.chosen], at, *points[self.chosen + 1 :]))
        return True

    def remove(self) -> bool:
        """Remove all marks of the tool; whether there were any."""
        if self.tool is None or not self.points:
            return False
        self.book.put(self.tool, ())
        return True

    def undo(self) -> bool:
        """Go a step back; whether there was one."""
        return self.book.undo()

    def redo(self) -> bool:
        """Take a step that was undone again; whether there was one."""
        return self.book.redo()

    def _inside(self, at: Point) -> Point:
        return min(max(at[0], 0.0), self._size[0]), min(max(at[1], 0.0), self._size[1])
