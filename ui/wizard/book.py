"""The marks that were set on a picture, tool by tool, with what can be undone. No Qt here."""

from __future__ import annotations

from dataclasses import dataclass

from monitor.plan import Point

Points = tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Tool:
    """A kind of mark: its name, how many points it takes, and what each is called beside it."""

    name: str
    captions: tuple[str, ...]

    @property
    def most(self) -> int:
        """How many points it takes."""
        return len(self.captions)


class MarkBook:
    """Marks by the name of their tool. Each change by `put` can be undone; `drag` is part of the last."""

    def __init__(self) -> None:
        self._now: dict[str, Points] = {}
        self._past: list[dict[str, Points]] = []
        self._future: list[dict[str, Points]] = []

    def points(self, tool: Tool) -> Points:
        """The points set so far."""
        return self._now.get(tool.name, ())

    def whole(self, tool: Tool) -> Points | None:
        """All points of a tool; None where some are missing."""
        points = self.points(tool)
        return points if len(points) == tool.most else None

    def put(self, tool: Tool, points: Points) -> None:
        """Set all points of a tool, as a step of its own."""
        self._past.append(dict(self._now))
        self._future.clear()
        self.drag(tool, points)

    def drag(self, tool: Tool, points: Points) -> None:
        """Set all points of a tool within the step that was begun by `put`."""
        self._now = {**self._now, tool.name: points}

    def undo(self) -> bool:
        """Go a step back; whether there was one."""
        return self._go(self._past, self._future)

    def redo(self) -> bool:
        """Take a step that was undone again; whether there was one."""
        return self._go(self._future, self._past)

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to go back."""
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        """Whether there is a step to take again."""
        return bool(self._future)

    def clear(self) -> None:
        """Forget all marks and steps: they were those of another picture."""
        self._now, self._past, self._future = {}, [], []

    def _go(self, taken: list[dict[str, Points]], left: list[dict[str, Points]]) -> bool:
        if not taken:
            return False
        left.append(self._now)
        self._now = taken.pop()
        return True
