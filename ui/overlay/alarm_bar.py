"""The alarm bar: always in its place, whatever it says."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, QRectF

from ui.overlay.draw import Draw, Piece
from ui.overlay.model import AlarmModel, BarModel, StateModel
from ui.theme import (
    ALARM_LOOKS,
    BAR_QUIET,
    BLIND,
    BLIND_LINE,
    TEXT,
    TEXT_FAINT,
    TEXT_SOFT,
    flash_lit,
)

_ALARM_SHARE_WHEN_BLIND = 0.54
_LONGEST_LINE = 38


def paint_bar(draw: Draw, rect: QRectF, bar: BarModel, now_ns: int) -> None:
    """Paint the bar. The time decides the phase of flashing, nothing else."""
    draw.fill(rect, BAR_QUIET)
    if bar.alarm and bar.state:
        split = rect.left() + rect.width() * _ALARM_SHARE_WHEN_BLIND
        left = QRectF(rect.left(), rect.top(), split - rect.left(), rect.height())
        right = QRectF(split, rect.top(), rect.right() - split, rect.height())
        _paint_alarm(draw, left, bar.alarm, bar, now_ns, narrow=True)
        _paint_state(draw, right, bar.state, narrow=True)
    elif bar.alarm:
        _paint_alarm(draw, rect, bar.alarm, bar, now_ns, narrow=False)
    elif bar.state:
        _paint_state(draw, rect, bar.state, narrow=False)
    else:
        inner = _inside(draw, rect)
        pieces = [Piece(bar.quiet, 31, TEXT_SOFT), Piece(bar.quiet_rest, 29, TEXT_FAINT, space=40)]
        draw.run(inner, pieces)


def _inside(draw: Draw, rect: QRectF) -> QRectF:
    return rect.adjusted(draw.px(28), 0, -draw.px(28), 0)


def _paint_alarm(
    draw: Draw, rect: QRectF, alarm: AlarmModel, bar: BarModel, now_ns: int, *, narrow: bool
) -> None:
    look = ALARM_LOOKS[alarm.priority]
    lit = alarm.flashing and flash_lit(alarm.priority, now_ns)
    ground, ink = look.lit if lit else look.unlit
    draw.fill(rect, ground)
    # The rim stays lit, so that the colour never goes between two flashes.
    draw.painter.save()
    draw.painter.setClipRect(rect)
    draw.frame(rect, look.line, 5, 0)
    draw.painter.restore()
    inner = _inside(draw, rect)
    size = draw.px(20 if narrow else 24)
    centre = QPointF(inner.left() + size, rect.center().y())
    draw.shape(look.shape, centre, size, ink)
    word = QRectF(centre.x() + size + draw.px(12), rect.top(), draw.px(170), rect.height())
    taken = draw.text(word, look.word, 26 if narrow else 32, ink, bold=True)
    left = taken.right() + draw.px(22 if narrow else 34)
    notes = [n for n in (alarm.note, f"+{bar.further} more" if bar.further else "") if n]
    if narrow:
        # Two lines: what it is, and what became of it.
        body = QRectF(left, rect.top(), inner.right() - left, rect.height())
        if notes:
            first = QRectF(body.left(), rect.top() + draw.px(10), body.width(), draw.px(50))
            second = QRectF(body.left(), rect.top() + draw.px(62), body.width(), draw.px(30))
            _paint_message(draw, first, alarm, 38, ink)
            draw.text(second, "  ·  ".join(notes), 22, ink)
        else:
            _paint_message(draw, body, alarm, 38, ink)
        return
    upper = QRectF(inner.right() - draw.px(400), rect.top() + draw.px(14), draw.px(400), draw.px(36))
    lower = upper.translated(0, draw.px(40))
    todo = bar.todo if alarm.flashing else ""
    right_lines = [t for t in ("  ·  ".join(notes), todo) if t]
    if len(right_lines) == 1:
        draw.text(
            QRectF(upper.left(), rect.top(), upper.width(), rect.height()),
            right_lines[0],
            24,
            ink,
            align="right",
        )
    for box, words in zip((upper, lower), right_lines if len(right_lines) > 1 else [], strict=False):
        draw.text(box, words, 24, ink, align="right")
    body = QRectF(left, rect.top(), upper.left() - left - draw.px(20), rect.height())
    if not right_lines:
        body.setRight(inner.right())
    _paint_message(draw, body, alarm, 52, ink)


def _paint_message(draw: Draw, rect: QRectF, alarm: AlarmModel, size: float, ink: str) -> None:
    """The message and its tail; where both do not fit, the message is shortened, never the tail."""
    gap = size * 0.6 if alarm.tail else 0.0
    whole = draw.width_of(alarm.text, size, bold=True) + draw.width_of(alarm.tail, size, bold=True)
    size *= min(1.0, max(0.8, 0.98 * (rect.width() - draw.px(gap)) / whole))
    tail_width = draw.width_of(alarm.tail, size, bold=True) + draw.px(gap) if alarm.tail else 0.0
    room = QRectF(rect.left(), rect.top(), rect.width() - tail_width - draw.px(2), rect.height())
    taken = draw.text(room, alarm.text, size, ink, bold=True, shrink=False)
    rest = QRectF(rect)
    rest.setLeft(min(taken.right(), room.right()) + draw.px(gap))
    draw.text(rest, alarm.tail, size, ink, bold=True, shrink=False)


def _paint_state(draw: Draw, rect: QRectF, state: StateModel, *, narrow: bool) -> None:
    if state.filled:
        draw.fill(rect, BLIND)
    draw.frame(rect, BLIND_LINE, 3, 0, dashed=not state.filled)
    inner = _inside(draw, rect)
    half = draw.px(14)
    draw.shape("square", QPointF(inner.left() + half, rect.center().y()), draw.px(19), TEXT)
    left = inner.left() + 2 * half + draw.px(22)
    if narrow:
        first = QRectF(left, rect.top() + draw.px(10), inner.right() - left, draw.px(50))
        second = QRectF(left, rect.top() + draw.px(62), inner.right() - left, draw.px(30))
        draw.text(first, state.text, 36, TEXT, bold=True)
        draw.text(second, state.follows, 22, TEXT)
        return
    follow_width = draw.px(560)
    body = QRectF(left, rect.top(), inner.right() - left - follow_width - draw.px(24), rect.height())
    draw.text(body, state.text, 50, TEXT, bold=True)
    box = QRectF(inner.right() - follow_width, rect.top(), follow_width, rect.height())
    lines = _two_lines(state.follows)
    if len(lines) == 1:
        draw.text(box, lines[0], 25, TEXT, align="right")
        return
    for i, line in enumerate(lines):
        draw.text(
            QRectF(box.left(), rect.top() + draw.px(18 + 34 * i), box.width(), draw.px(34)),
            line,
            25,
            TEXT,
            align="right",
        )


def _two_lines(words: str) -> list[str]:
    """Break at ``;`` where there is one, else a long line at the space nearest to its middle."""
    head, found, tail = words.partition("; ")
    if found:
        return [head + ";", tail]
    spaces = [i for i, letter in enumerate(words) if letter == " "]
    if len(words) < _LONGEST_LINE or not spaces:
        return [words]
    middle = min(spaces, key=lambda i: abs(i - len(words) / 2))
    return [words[:middle], words[middle + 1 :]]
