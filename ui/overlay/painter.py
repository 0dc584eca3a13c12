"""What the window needs of whatever paints it."""

from __future__ import annotations

from typing import Any, Protocol

from PyQt6.QtGui import QPainter

from monitor.result import Result
from ui.overlay.draw import DrawnText


class Shown(Protocol):
    """What was derived from a look: an `OverlayModel`, or a `BiplaneModel`."""

    @property
    def results(self) -> tuple[Result | None, ...]:
        """One for each source."""
        ...

    @property
    def level(self) -> str | None:
        """Whose figures stand large."""
        ...


class Painter(Protocol):
    """A `Scene`, or a `BiplaneScene`: each takes the looks that it was made for."""

    def take(self, observation: Any) -> Any:  # noqa: ANN401  as the scene wants it
        """Derive what to paint."""
        ...

    def choose_next(self) -> str:
        """Whose figures stand large: the next one; which, in words."""
        ...

    def paint(
        self,
        painter: QPainter,
        width_px: float,
        height_px: float,
        model: Any,  # noqa: ANN401  what `take` returned
        *,
        hint: str,
        key_map: bool,
    ) -> list[DrawnText]:
        """Paint it."""
        ...
