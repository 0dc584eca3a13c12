"""The top line and the bottom line."""

from __future__ import annotations

import math

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QPen

from monitor.states import State
from ui.overlay.draw import Draw, Piece
from ui.overlay.model import HeaderModel
from ui.overlay.words import UNKNOWN
from ui.theme import BACKGROUND, BLIND, BLIND_LINE, CYAN, LINE, TEXT, TEXT_FAINT, TEXT_SOFT

STANDING = "Research and training software. Not a medical device."
_BEATS_PER_TURN = 24
_HINT = 38
_PILL_PAD = 22


def header_row(draw: Draw, rect: QRectF) -> QRectF:
    """The top line without its margins."""
    return rect.adjusted(draw.px(28), 0, -draw.px(28), -draw.px(1))


def paint_header(draw: Draw, rect: QRectF, header: HeaderModel) -> None:
    """State, heartbeat, level and view; on the right the clocks and the recording mark."""
    draw.fill(rect, BACKGROUND)
    row = header_row(draw, rect)
    pill = paint_pill(draw, row, header)
    right_edge = _paint_right(draw, row, header)
    left = pill.right() + draw.px(72)
    place = QRectF(left, row.top(), right_edge - draw.px(30) - left, row.height())
    draw.run(
        place,
        [
            Piece(header.level_and_view, 25, TEXT),
            Piece(header.why, 23, TEXT_SOFT, space=26),
            Piece(header.unchecked, 23, TEXT_FAINT, space=26),
        ],
    )
    draw.line(rect.bottomLeft(), rect.bottomRight(), LINE, 1.5)


def paint_pill(draw: Draw, row: QRectF, header: HeaderModel, under: str = BACKGROUND) -> QRectF:
    """The state in its frame, at the left of a row; returns its rectangle. `under`: colour of the ground."""
    text = header.state.words
    ink = {State.MONITORING: CYAN, State.DEGRADED: TEXT}.get(header.state, BLIND_LINE)
    if header.state == State.NOT_MONITORING:
        ink = TEXT
    pad, height = draw.px(_PILL_PAD), draw.px(44)
    top = row.center().y() - height / 2
    box = QRectF(row.left() + pad, top, draw.px(420), height)
    ground = BLIND if header.state == State.NOT_MONITORING else under
    width = draw.width_of(text, 24, bold=True)
    pill = QRectF(row.left(), top, width + 2 * pad, height)
    draw.fill(pill, ground, 7)
    rim = BLIND_LINE if header.state == State.NOT_MONITORING else ink
    draw.frame(pill, rim, 2.6, 7, dashed=header.state in (State.DEGRADED, State.HELD, State.LEARNING))
    draw.text(box, text, 24, ink, bold=True)
    return pill


def paint_heartbeat(draw: Draw, row: QRectF, header: HeaderModel, beats: int) -> None:
    """A dot on a ring beside a row's pill: steps on with every new result, stands where none comes.

    Painted apart from the rest of the header, which hardly ever changes.
    """
    width = draw.width_of(header.state.words, 24, bold=True) + 2 * draw.px(_PILL_PAD)
    centre, ring = QPointF(row.left() + width + draw.px(38), row.center().y()), draw.px(13)
    draw.painter.setBrush(Qt.BrushStyle.NoBrush)
    draw.painter.setPen(QPen(QColor(LINE).lighter(150), max(1.0, draw.px(2))))
    draw.painter.drawEllipse(centre, ring, ring)
    at = heartbeat_at(centre, ring, beats)
    draw.shape("circle", at, draw.px(7.5), CYAN if header.seen else BLIND_LINE)


def heartbeat_at(centre: QPointF, ring_px: float, beats: int) -> QPointF:
    """Where the dot stands after a number of new results."""
    turn = 2 * math.pi * (beats % _BEATS_PER_TURN) / _BEATS_PER_TURN - math.pi / 2
    return QPointF(centre.x() + ring_px * math.cos(turn), centre.y() + ring_px * math.sin(turn))


def _paint_right(draw: Draw, row: QRectF, header: HeaderModel) -> float:
    """Returns the left edge of what was painted."""
    left = _paint_mark(draw, row, "REPLAY") if header.replay else _paint_recording(draw, row, header)
    if header.near_live:
        beside = QRectF(row.left(), row.top(), left - draw.px(28) - row.left(), row.height())
        left = _paint_mark(draw, beside, "NEAR-LIVE")
    rest = QRectF(row.left(), row.top(), left - draw.px(34) - row.left(), row.height())
    pieces = []
    if header.audio:
        pieces += [Piece(header.audio, 24, TEXT, bold=True, space=30)]
    pieces += [
        Piece("cement", 24, TEXT_SOFT, space=30),
        Piece(header.cement[0], 24, TEXT, bold=True, space=10),
    ]
    if not header.near_live:  # its age goes on; how thin it is now no run can show
        pieces += [Piece(header.cement[1], 24, TEXT_FAINT, space=10)]
    if header.cement[2] and not header.why and not header.audio:
        # Whose times they are is what can be spared first.
        pieces += [Piece(f"·  {header.cement[2]}", 24, TEXT_FAINT, space=14)]
    if header.session:
        pieces += [Piece(header.session, 24, TEXT_FAINT, space=30)]
    pieces += [Piece(header.beam_on, 24, TEXT_SOFT, space=30)]
    return draw.run(rest, pieces, align="right").left()


def _paint_recording(draw: Draw, row: QRectF, header: HeaderModel) -> float:
    words = {True: "rec", False: "not recording", None: f"rec {UNKNOWN}"}[header.recording]
    taken = draw.text(row, words, 24, TEXT_SOFT, align="right")
    dot = QPointF(taken.left() - draw.px(18), row.center().y())
    draw.ring_mark("full" if header.recording else "empty", dot, draw.px(7), TEXT_SOFT)
    return dot.x()


def _paint_mark(draw: Draw, row: QRectF, words: str) -> float:
    """Dark on light, as nothing of a live window is; returns the left edge."""
    width, height = draw.width_of(words, 24, bold=True) + draw.px(40), draw.px(44)
    box = QRectF(row.right() - width, row.center().y() - height / 2, width, height)
    draw.fill(box, TEXT, 7)
    draw.text(box, words, 24, BACKGROUND, bold=True, align="centre")
    return box.left()


def paint_footer(draw: Draw, rect: QRectF, keys: str, note: str, hint: str) -> None:
    """Keys, what the source is, and the standing of the software; a hint in place of the first two."""
    draw.line(rect.topLeft(), rect.topRight(), LINE, 1.5)
    row = rect.adjusted(draw.px(28), 0, -draw.px(28), 0)
    right = draw.text(row, STANDING, 21, TEXT_FAINT, align="right")
    if hint:  # it answers someone who stands two metres away
        room = QRectF(row.left(), row.top(), right.left() - draw.px(24) - row.left(), row.height())
        draw.text(room, hint, _HINT, TEXT, bold=True)
        return
    left = draw.text(QRectF(row.left(), row.top(), row.width() * 0.42, row.height()), keys, 21, TEXT_FAINT)
    if note:
        room = QRectF(left.right() + draw.px(24), row.top(), 0, row.height())
        room.setRight(right.left() - draw.px(24))
        draw.text(room, note, 21, TEXT, bold=True, align="centre")
