"""What a click means now: a corner of a level, a point of a cannula, a vein or a foramen. No Qt here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from calibration.planning.draft import ViewDraft


class Tool(Enum):
    """What is being marked."""

    LEVEL = "level"
    CORNERS = "level by four corners"
    CANNULA = "cannula"
    VEIN = "vein"
    FORAMEN = "foramen"


NEXT_KEYS = "  ·  Enter: the names are right  ·  C: a cannula"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The next click.

    Parameters
    ----------
    caption : str
        Beside the pointer, in few words.
    sentence : str
        What to do.
    clicks : int or None
        How many the tool takes; None: until it is ended.
    """

    caption: str
    sentence: str
    clicks: int | None


_LATERAL = ("front upper corner", "back upper corner", "back lower corner", "front lower corner")
_FRONTAL = ("left upper corner", "right upper corner", "right lower corner", "left lower corner")


def wanted(tool: Tool, view: ViewDraft, done: int) -> Wanted:
    """What the next click is, after so many of the tool."""
    if tool is Tool.CANNULA:
        return Wanted(
            f"cannula {done + 1}/2", "click two points on the straight part of the shaft, far apart", 2
        )
    if tool in (Tool.VEIN, Tool.FORAMEN):
        return Wanted(
            f"{tool.value} {done + 1}",
            f"click along the {tool.value}; Enter ends it"
            if tool is Tool.VEIN
            else "click round the foramen; Enter closes it",
            None,
        )
    lateral = view.projection == "lateral"
    corners = _LATERAL if lateral else _FRONTAL
    if tool is Tool.CORNERS or not view.levels:
        which = "a body" if view.levels else "the first body"
        return Wanted(
            corners[done], f"click the four corners of {which}: now the {corners[done]}", len(corners)
        )
    side = "back" if lateral else "right"
    ends = ("upper", "lower")
    return Wanted(
        f"next level: {side} {ends[done]} corner",
        f"next level, if any: click its {side} {ends[done]} corner{NEXT_KEYS if not done else ''}",
        2,
    )
