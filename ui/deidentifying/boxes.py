"""Boxes over a picture, as they are drawn, moved, resized and removed. No widgets here."""

from __future__ import annotations

from dataclasses import replace

from monitor.plan import Point
from recordings.importing.regions import MOST_REGIONS, Region

GRIP_PX = 9.0
"""How near to a corner a press takes hold of it (px of the view)."""


class Boxes:
    """The regions of one run; places are in px of the picture, edges of pixels are whole numbers.

    Parameters
    ----------
    regions : sequence of Region
    columns, rows : int
        Size of the picture.
    """

    def __init__(self, regions: tuple[Region, ...], columns: int, rows: int) -> None:
        self._columns, self._rows = columns, rows
        self.regions: list[Region] = list(regions)
        self.chosen: int | None = 0 if regions else None
        self._past: list[tuple[Region, ...]] = []
        self._drag: tuple[str, Point, Region] | None = None

    @property
    def of_chosen(self) -> Region | None:
        """The chosen region."""
        return None if self.chosen is None else self.regions[self.chosen]

    def press(self, at: Point, reach: float) -> None:
        """Take hold of a corner of the chosen box, or of a box; else begin a new one there."""
        held = self.of_chosen
        if held is not None and _is_near(_last_corner(held), at, reach):
            self._keep()
            self._drag = ("size", at, held)
            return
        for number in reversed(range(len(self.regions))):
            region = self.regions[number]
            if region.x <= at[0] < region.x + region.columns and region.y <= at[1] < region.y + region.rows:
                self.chosen = number
                self._keep()
                self._drag = ("move", at, region)
                return
        if len(self.regions) < MOST_REGIONS and 0 <= at[0] < self._columns and 0 <= at[1] < self._rows:
            self._keep()
            start = Region(int(at[0]), int(at[1]), 1, 1)
            self.regions.append(start)
            self.chosen = len(self.regions) - 1
            self._drag = ("size", at, start)

    def drag(self, at: Point) -> None:
        """Go on with what the press began."""
        if self._drag is None or self.chosen is None:
            return
        what, begun, before = self._drag
        if what == "move":
            moved = replace(
                before, x=before.x + round(at[0] - begun[0]), y=before.y + round(at[1] - begun[1])
            )
            self.regions[self.chosen] = self._inside(moved)
            return
        first_x, last_x = sorted((before.x, round(at[0])))
        first_y, last_y = sorted((before.y, round(at[1])))
        first_x, first_y = max(0, first_x), max(0, first_y)
        last_x, last_y = min(self._columns, last_x), min(self._rows, last_y)
        self.regions[self.chosen] = Region(
            min(first_x, self._columns - 1), min(first_y, self._rows - 1), max(1, last_x - first_x),
            max(1, last_y - first_y),
        )  # fmt: skip

    def release(self) -> None:
        """End a drag; a click beside all boxes leaves none behind."""
        if self._drag is None:
            return
        self._drag = None
        held = self.of_chosen
        if held is not None and held.columns * held.rows < 4:
            self.regions.pop()
            self._past.pop()
            self.chosen = len(self.regions) - 1 if self.regions else None
        elif self._past and self._past[-1] == tuple(self.regions):
            self._past.pop()

    def shift(self, dx: int, dy: int) -> None:
        """Move the chosen box."""
        held = self.of_chosen
        if held is not None and self.chosen is not None:
            self._keep()
            self.regions[self.chosen] = self._inside(replace(held, x=held.x + dx, y=held.y + dy))

    def grow(self, dx: int, dy: int) -> None:
        """Make the chosen box wider or higher."""
        held = self.of_chosen
        if held is not None and self.chosen is not None:
            self._keep()
            self.regions[self.chosen] = replace(
                held,
                columns=min(max(1, held.columns + dx), self._columns - held.x),
                rows=min(max(1, held.rows + dy), self._rows - held.y),
            )

    def add(self) -> None:
        """A new box in the middle."""
        if len(self.regions) < MOST_REGIONS:
            self._keep()
            columns, rows = max(1, self._columns // 5), max(1, self._rows // 12)
            self.regions.append(
                Region((self._columns - columns) // 2, (self._rows - rows) // 2, columns, rows)
            )
            self.chosen = len(self.regions) - 1

    def remove(self) -> None:
        """Remove the chosen box."""
        if self.chosen is not None:
            self._keep()
            self.regions.pop(self.chosen)
            self.chosen = min(self.chosen, len(self.regions) - 1) if self.regions else None

    def choose_next(self) -> None:
        """Choose another box."""
        if self.regions:
            self.chosen = 0 if self.chosen is None else (self.chosen + 1) % len(self.regions)

    def undo(self) -> None:
        """Take the last change back."""
        if self._past:
            self.regions = list(self._past.pop())
            self.chosen = len(self.regions) - 1 if self.regions else None

    def _keep(self) -> None:
        self._past.append(tuple(self.regions))

    def _inside(self, region: Region) -> Region:
        return replace(
            region,
            x=min(max(0, region.x), self._columns - region.columns),
            y=min(max(0, region.y), self._rows - region.rows),
        )


def _last_corner(region: Region) -> Point:
    return float(region.x + region.columns), float(region.y + region.rows)


def _is_near(first: Point, second: Point, reach: float) -> bool:
    return abs(first[0] - second[0]) <= reach and abs(first[1] - second[1]) <= reach
