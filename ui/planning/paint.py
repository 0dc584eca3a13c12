"""A plan over its picture: outlines as thin lines with a halo, grips of the chosen level, clicks begun."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtGui import QPainter, QPainterPath, QPolygonF

from calibration.planning.draft import LevelDraft
from monitor.plan import Path2D, Point
from ui.planning.hand import PlanHand
from ui.theme import AMBER_LINE, CONTOUR, CYAN, QUARTER_WORDS, TEXT, TEXT_SOFT, THIRD_WORDS
from ui.wizard.paint import paint_caption, stroke
from ui.wizard.sight import Sight

_GRIP_PX, _CHOSEN_PX, _SMALL_PX = 5.0, 8.0, 3.0
_CLICK_PX = 8.0


def paint_plan(painter: QPainter, sight: Sight, hand: PlanHand, pointer: Point | None) -> None:
    """Paint everything of the view that is marked now."""
    view = hand.view
    for number, level in enumerate(view.levels):
        is_chosen = number == hand.level
        _level(painter, sight, level, is_chosen=is_chosen, lateral=view.projection == "lateral")
        if is_chosen:
            _grips(painter, sight, hand, level)
    for number, at in enumerate(hand.clicks):
        x, y = sight.to_view(at)
        ring = QPainterPath()
        ring.addEllipse(QPointF(x, y), _CLICK_PX, _CLICK_PX)
        stroke(painter, ring, CYAN, 2.0)
        paint_caption(painter, QPointF(x, y), str(number + 1), TEXT_SOFT, side=1)
    if len(hand.clicks) > 1:
        stroke(painter, _path(sight, hand.clicks), CYAN, 1.0, Qt.PenStyle.DashLine)
    if (
        pointer is not None
        and hand.wants_more
        and (hand.clicks or not view.levels or hand.tool.value != "level")
    ):
        paint_caption(painter, QPointF(pointer[0], pointer[1] + 20), hand.wanted.caption, TEXT, side=1)


def _level(painter: QPainter, sight: Sight, level: LevelDraft, *, is_chosen: bool, lateral: bool) -> None:
    width = 1.8 if is_chosen else 1.1
    unseen = level.outline.unseen
    if lateral:
        for share, colour in ((1 / 3, THIRD_WORDS), (1 / 4, QUARTER_WORDS)):
            stroke(painter, _path(sight, inner_line(level, share)), colour, 1.0, Qt.PenStyle.DotLine)
    for side, path in level.outline.sides.items():
        dashed = side in unseen
        colour = AMBER_LINE if dashed else CONTOUR
        style = Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine
        stroke(painter, _path(sight, path), colour, width, style)
    for vein in level.veins:
        stroke(painter, _path(sight, vein.path), CYAN, width)
    if level.foramen is not None:
        stroke(painter, _path(sight, (*level.foramen, level.foramen[0])), CYAN, width)
    for tube in level.cannulas:
        stroke(painter, _path(sight, tube.path), TEXT_SOFT, 1.0, Qt.PenStyle.DashDotLine)
    # beside the first wall: the body itself stays free
    x, y = sight.to_view(level.outline.handles[7])
    name = level.name if level.confirmed else f"{level.name}?"
    away = -1 if level.outline.handles[7][0] < level.outline.handles[6][0] else 1
    paint_caption(painter, QPointF(x, y), name, TEXT if is_chosen else TEXT_SOFT, side=away)


def inner_line(level: LevelDraft, share: float) -> Path2D:
    """The posterior wall moved into the body by a share of its depth, as the monitor's lines are.

    What of it would lie beyond an endplate is left away.
    """
    wall = np.asarray(level.outline.sides["second"])
    handles = np.asarray(level.outline.handles)
    moved = wall + share * (handles[7] - handles[6])
    body = np.asarray(level.outline.body, np.float32)
    inside = [cv2.pointPolygonTest(body, (float(x), float(y)), False) >= 0 for x, y in moved]
    return tuple((float(x), float(y)) for (x, y), is_inside in zip(moved, inside, strict=True) if is_inside)


def _grips(painter: QPainter, sight: Sight, hand: PlanHand, level: LevelDraft) -> None:
    others: list[tuple[str, int, Path2D]] = [("vein", k, vein.path) for k, vein in enumerate(level.veins)]
    others += [("cannula", k, tube.path) for k, tube in enumerate(level.cannulas)]
    if level.foramen is not None:
        others.append(("foramen", 0, level.foramen))
    chosen = hand.chosen
    for kind, which, path in [("outline", 0, level.outline.handles), *others]:
        for number, at in enumerate(path):
            is_held = chosen is not None and (chosen.kind, chosen.which, chosen.point) == (
                kind,
                which,
                number,
            )
            is_held = is_held and chosen is not None and chosen.level == hand.level
            pinned = kind == "outline" and number in level.pinned
            radius = _CHOSEN_PX if is_held else (_GRIP_PX if kind == "outline" else _SMALL_PX)
            x, y = sight.to_view(at)
            ring = QPainterPath()
            if pinned:
                ring.addRect(x - radius, y - radius, 2 * radius, 2 * radius)
            else:
                ring.addEllipse(QPointF(x, y), radius, radius)
            stroke(painter, ring, CYAN if is_held else CONTOUR, 2.2 if is_held else 1.3)


def _path(sight: Sight, points: Sequence[Point]) -> QPainterPath:
    path = QPainterPath()
    path.addPolygon(QPolygonF([QPointF(*sight.to_view(point)) for point in points]))
    return path
