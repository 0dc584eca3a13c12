"""What a picture's view needs of whoever sets marks on it."""

from __future__ import annotations

from typing import Protocol

from calibration.picture import Picture
from monitor.plan import Point
from ui.wizard.sight import Sight


class Hand(Protocol):
    """Marks under a pointer or the keys; places are in px of the picture."""

    @property
    def wants_more(self) -> bool:
        """Whether another mark can be set."""
        ...

    def within(self, picture: Picture) -> None:
        """Marks must lie within this picture."""
        ...

    def choose_at(self, sight: Sight, at: Point) -> bool:
        """Choose the mark at a place of the view; whether there is one."""
        ...

    def choose_next(self, step: int) -> None:
        """Choose another mark."""
        ...

    def add(self, at: Point) -> bool:
        """Set the next mark; whether anything was done."""
        ...

    def shift(self, dx: float, dy: float, *, new_step: bool) -> bool:
        """Move the chosen mark by so many px of the picture; `new_step`: to be undone on its own."""
        ...

    def remove(self) -> bool:
        """Remove what is chosen; whether there was anything."""
        ...

    def undo(self) -> bool:
        """Take the last change back; whether there was one."""
        ...

    def redo(self) -> bool:
        """Change it again as before `undo`."""
        ...
