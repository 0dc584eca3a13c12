"""Marks of a plan under a hand: clicks become levels, grips are dragged, all can be undone. No Qt here."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np

from calibration.picture import Picture
from calibration.planning.cannula import MarkedCannula, found_cannula, level_of
from calibration.planning.draft import Draft, ViewDraft
from calibration.planning.edges import Slopes
from calibration.planning.marking import Marking, confirmed, nearest_level, shifted
from monitor.errors import CementWatchError, PlanError
from monitor.plan import Cannula, Point, Vein
from ui.planning.grips import Grip, grips_of, moved, place_of, without
from ui.planning.history import History
from ui.planning.tools import Tool, Wanted, wanted
from ui.wizard.sight import Sight

_GRAB_PX = 13.0
_UNKNOWN_DIAMETER_MM = 3.05


class PlanHand:
    """Changes the draft of a plan by what is clicked, dragged and typed.

    `problem` says in a line why the last click did nothing.
    """

    def __init__(self) -> None:
        self.history = History(Draft())
        self.view_number = 0
        self.tool = Tool.LEVEL
        self.clicks: tuple[Point, ...] = ()
        self.chosen: Grip | None = None
        self.level = 0
        self.problem = ""
        self.snapping = True
        self.marked: dict[str, MarkedCannula] = {}
        self.cannula_found: Callable[[MarkedCannula], None] = lambda _: None
        self.diameter_mm: Callable[[], float | None] = lambda: None
        self._pictures: dict[str, Picture] = {}
        self._slopes: dict[tuple[int, float], Slopes] = {}
        self._size = (1.0, 1.0)
        self._moves = False

    # what is shown

    @property
    def view(self) -> ViewDraft:
        """The view that is marked now."""
        return self.history.now.views[self.view_number]

    @property
    def picture(self) -> Picture | None:
        """The picture of that view; None where none was taken yet."""
        return self._pictures.get(self.view.name)

    @property
    def wanted(self) -> Wanted:
        """What the next click is."""
        return wanted(self.tool, self.view, len(self.clicks))

    @property
    def wants_more(self) -> bool:
        """Whether a click would set anything."""
        return self.picture is not None

    def take_picture(self, picture: Picture) -> None:
        """Mark on another picture."""
        self._pictures[self.view.name] = picture
        self._slopes.clear()
        self.clicks = ()

    def go_to_view(self, number: int) -> None:
        """Mark another view."""
        self.view_number, self.clicks, self.chosen, self.level = number, (), None, 0
        self.tool, self.problem = Tool.LEVEL, ""

    def put_view(self, view: ViewDraft) -> None:
        """Change the view, as a step of its own."""
        self.history.put(self.history.now.with_view(self.view_number, view))
        self._settle_choice()

    def drag_view(self, view: ViewDraft) -> None:
        """Change the view within the last step."""
        self.history.drag(self.history.now.with_view(self.view_number, view))

    def take_tool(self, tool: Tool) -> None:
        """Mark something else; what was begun is dropped."""
        self.tool, self.clicks, self.problem = tool, (), ""

    # as `ui.wizard.hand.Hand`

    def within(self, picture: Picture) -> None:
        """Marks must lie within this picture."""
        rows, columns = picture.stored.shape
        self._size = columns - 1.0, rows - 1.0

    def choose_at(self, sight: Sight, at: Point) -> bool:
        """Take hold of the grip at a place of the view; whether there is one. Not while a mark is begun."""
        if self.clicks or self.tool not in (Tool.LEVEL, Tool.CORNERS):
            return False
        near = [(math.dist(sight.to_view(place), at), grip) for grip, place in grips_of(self.view)]
        close = [pair for pair in near if pair[0] <= _GRAB_PX]
        if not close:
            return False
        # of two at one place, that of the chosen level
        self.chosen = min(close, key=lambda pair: (pair[1].level != self.level, pair[0]))[1]
        self.level = self.chosen.level
        return True

    def choose_next(self, step: int) -> None:
        """Choose another level."""
        if self.view.levels:
            self.level = (self.level + step) % len(self.view.levels)
            self.chosen = None

    def add(self, at: Point) -> bool:
        """Take a click; whether anything was done."""
        self.problem = ""
        if self.picture is None or at != self._inside(at):
            return False
        if not self.clicks and self.tool is Tool.LEVEL and self._choose_body(at):
            return True
        self.clicks = (*self.clicks, at)
        if self.wanted_clicks == len(self.clicks):
            self._finish()
        return True

    @property
    def wanted_clicks(self) -> int | None:
        """How many clicks the tool takes."""
        return wanted(self.tool, self.view, 0).clicks

    def shift(self, dx: float, dy: float, *, new_step: bool) -> bool:
        """Move the chosen grip by so many px of the picture."""
        grip = self.chosen
        place = None if grip is None else place_of(self.view, grip)
        if grip is None or place is None:
            return False
        to = self._inside((place[0] + dx, place[1] + dy))
        if grip.kind == "outline":
            view = self._marking().moved(self.view, grip.level, grip.point, to, final=False)
        else:
            view = moved(self.view, grip, to)
        self._moves = True
        change = self.history.put if new_step else self.history.drag
        change(self.history.now.with_view(self.view_number, view))
        return True

    def settle(self) -> None:
        """Find the edge again where an outline was moved, within the same step."""
        grip, self._moves, moves = self.chosen, False, self._moves
        place = None if grip is None else place_of(self.view, grip)
        if not moves or grip is None or place is None or grip.kind != "outline":
            return
        view = self._marking().moved(self.view, grip.level, grip.point, place, final=True)
        self.drag_view(view)

    def remove(self) -> bool:
        """Drop the clicks that were begun; else remove what the chosen grip is of; else the chosen level."""
        if self.clicks:
            self.clicks = ()
            return True
        if not self.view.levels:
            return False
        grip = self.chosen or Grip(self.level, "outline", 0, 0)
        self.put_view(without(self.view, grip))
        return True

    def undo(self) -> bool:
        """Take back the last click that was begun, or the last change."""
        self.problem = ""
        if self.clicks:
            self.clicks = self.clicks[:-1]
            return True
        went = self.history.undo()
        self._settle_choice()
        return went

    def redo(self) -> bool:
        """Do again what was undone."""
        went = self.history.redo()
        self._settle_choice()
        return went

    # keys

    def enter(self) -> bool:
        """End a vein or a foramen; else confirm the names. Whether anything was done."""
        self.problem = ""
        if self.tool in (Tool.VEIN, Tool.FORAMEN):
            self._finish()
            return True
        if self.clicks or not self.view.levels:
            return False
        self.put_view(confirmed(self.view))
        return True

    def shift_names(self, steps: int) -> None:
        """Call every level by a name so many levels nearer to the feet; that is to be confirmed again."""
        self.problem = ""
        try:
            self.put_view(shifted(self.view, steps))
        except PlanError as error:
            self.problem = str(error)

    def escape(self) -> bool:
        """Drop what was begun; whether there was anything."""
        begun = bool(self.clicks) or self.tool is not Tool.LEVEL
        self.take_tool(Tool.LEVEL)
        return begun

    def find_again(self) -> None:
        """Find the chosen level's edge with nothing held."""
        if self.view.levels and self.picture is not None:
            self.put_view(self._marking().snapped(self.view, self.level))

    # inside

    def _finish(self) -> None:
        clicks, self.clicks, tool = self.clicks, (), self.tool
        try:
            self._done(tool, clicks)
        except CementWatchError as error:
            self.problem = str(error)
        else:
            self.tool = Tool.LEVEL

    def _done(self, tool: Tool, clicks: tuple[Point, ...]) -> None:
        view, picture = self.view, self.picture
        assert picture is not None, "clicks are only taken on a picture"
        if tool is Tool.CANNULA:
            outlines = tuple(level.outline for level in view.levels)
            marked = found_cannula(picture, clicks[0], clicks[1], outlines)
            number = level_of(marked.path, outlines)
            if number is None:
                raise PlanError("mark the level first, then its cannula")
            level = view.levels[number]
            tube = Cannula(marked.path, self.diameter_mm() or _UNKNOWN_DIAMETER_MM)
            self.level = number
            self.put_view(view.with_level(number, replace(level, cannulas=(*level.cannulas, tube))))
            self.marked[view.name] = marked
            self.cannula_found(marked)
        elif tool in (Tool.VEIN, Tool.FORAMEN):
            least = 2 if tool is Tool.VEIN else 3
            if len(clicks) < least:
                raise PlanError(f"a {tool.value} needs at least {least} points")
            if not view.levels:
                raise PlanError(f"mark the level first, then its {tool.value}")
            self.level = nearest_level(view, clicks[0])
            level = view.levels[self.level]
            if tool is Tool.VEIN:
                level = replace(level, veins=(*level.veins, Vein(clicks)))
            else:
                level = replace(level, foramen=clicks)
            self.put_view(view.with_level(self.level, level))
        else:
            by_corners = tool is Tool.CORNERS or not view.levels
            before = {level.name for level in view.levels}
            marking = self._marking()
            new = marking.new_level(view, clicks) if by_corners else marking.neighbour(view, *clicks)
            self.put_view(new)
            self.chosen = None
            self.level = next(k for k, level in enumerate(new.levels) if level.name not in before)

    def _marking(self) -> Marking:
        return Marking(self._slopes_at, self.snapping and self.picture is not None)

    def _slopes_at(self, mm_per_px: float) -> Slopes:
        picture = self.picture
        assert picture is not None, "edges are only looked for in a picture"
        key = (id(picture), round(math.log(mm_per_px), 1))
        if key not in self._slopes:
            self._slopes[key] = Slopes.of(picture.attenuation, mm_per_px)
        return replace(self._slopes[key], mm_per_px=mm_per_px)

    def _choose_body(self, at: Point) -> bool:
        for number, level in enumerate(self.view.levels):
            body = np.asarray(level.outline.body, np.float32)
            if cv2.pointPolygonTest(body, at, False) > 0:
                self.level, self.chosen = number, None
                return True
        return False

    def _settle_choice(self) -> None:
        # a draft of before may have fewer views
        self.view_number = min(self.view_number, len(self.history.now.views) - 1)
        self.level = min(self.level, max(len(self.view.levels) - 1, 0))
        if self.chosen is not None and place_of(self.view, self.chosen) is None:
            self.chosen = None

    def _inside(self, at: Point) -> Point:
        return min(max(at[0], 0.0), self._size[0]), min(max(at[1], 0.0), self._size[1])
