"""The alarm bar: always in its place, whatever it says."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QPointF, QRectF

from ui.language import translated
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

ALARM_TEXT = 60.0
"""Of the words of alarms and states: capitals of 20 minutes of arc at two metres (docs/measurements.md)."""
_SMALLEST = 0.8
_NARROW = 1300.0
_PITCH = 60.0
_GAP = 0.4
_SMALL, _SMALL_ROW = 22.0, 34.0
_NOTE, _NOTE_PITCH = 24.0, 36.0
_NOTES, _FOLLOWS, _WORD_COLUMN = 350.0, 480.0, 140.0
_ALARM_SHARE_WHEN_BLIND = 0.54
_LONGEST_LINE = 34
_UNITS = ("mm", "mm²", "mm/s", "mL", "s", "min")


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
        narrow = rect.width() < draw.px(_NARROW)  # of an overlay that has half a window
        _paint_alarm(draw, rect, bar.alarm, bar, now_ns, narrow=narrow)
    elif bar.state:
        _paint_state(draw, rect, bar.state, narrow=rect.width() < draw.px(_NARROW))
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
    notes = [n for n in (alarm.note, f"+{bar.further} more" if bar.further else "") if n]
    if narrow:  # half the room: the message keeps its size, the priority's word stands small below its shape
        column = QRectF(rect.left(), rect.top(), draw.px(_WORD_COLUMN), rect.height())
        centre = QPointF(column.center().x(), column.center().y() - draw.px(16))
        draw.shape(look.shape, centre, size, ink)
        below = QRectF(column.left(), centre.y() + size, column.width(), draw.px(36))
        draw.text(below, look.word, _SMALL, ink, bold=True, align="centre")
        body = QRectF(column.right(), rect.top(), inner.right() - column.right(), rect.height())
        paint_message(draw, body, alarm.text, alarm.tail, "  ·  ".join(notes), ink)
        return
    draw.shape(look.shape, centre, size, ink)
    word = QRectF(centre.x() + size + draw.px(14), rect.top(), draw.px(320), rect.height())
    taken = draw.text(word, look.word, ALARM_TEXT, ink, bold=True)
    todo = bar.todo if alarm.flashing else ""
    lines = [translated(line) for line in (*notes, todo) if line]
    right = draw.px(_NOTES) if lines else 0.0
    _paint_lines(draw, QRectF(inner.right() - right, rect.top(), right, rect.height()), lines, ink)
    left = taken.right() + draw.px(36)
    body = QRectF(left, rect.top(), inner.right() - right - draw.px(20) - left, rect.height())
    paint_message(draw, body, alarm.text, alarm.tail, "", ink)


def paint_message(draw: Draw, rect: QRectF, text: str, tail: str, note: str, ink: str) -> None:
    """A message and its tail in one line or two, and a small note below.

    Where it does not fit it is made smaller, then the message is shortened, never the tail.
    """
    size, lines = flow(draw, translated(text), translated(tail), rect.width())
    pitch, small = draw.px(_PITCH), draw.px(_SMALL_ROW) if note else 0.0
    top = rect.center().y() - (len(lines) * pitch + small) / 2
    for words, end in lines:
        row = QRectF(rect.left(), top, rect.width(), pitch)
        _paint_line(draw, row, words, end, size, ink)
        top += pitch
    if note:
        draw.text(QRectF(rect.left(), top, rect.width(), small), note, _SMALL, ink)


def flow(draw: Draw, text: str, tail: str, width_px: float) -> tuple[float, list[tuple[str, str]]]:
    """Size and lines, each with the tail that follows it, of a message that has so much room (px)."""
    for part in (1.0, 0.9, _SMALLEST):
        size = ALARM_TEXT * part
        lines = _whole(draw, text, tail, size, width_px)
        if lines:
            return size, lines
    size = ALARM_TEXT * _SMALLEST
    words = text.split(" ")
    heads = [n for n in range(1, len(words)) if _width(draw, " ".join(words[:n]), "", size) <= width_px]
    n = max(heads, default=len(words))
    return size, [(" ".join(words[:n]), ""), (" ".join(words[n:]), tail)] if heads else [(text, tail)]


def _whole(draw: Draw, text: str, tail: str, size: float, width_px: float) -> list[tuple[str, str]]:
    """One line, or the fullest first one of two; empty where it does not fit in two.

    A dot at the break goes: it would stand for nothing.
    """
    if _width(draw, text, tail, size) <= width_px:
        return [(text, tail)]
    words = text.split(" ")
    found: list[tuple[str, str]] = []
    for n in range(1, len(words) + (1 if tail else 0)):
        if words[n : n + 1] and words[n] in _UNITS:
            continue  # a number keeps its unit
        head = " ".join(words[:n]).rstrip(" ·")
        rest = " ".join(words[n:]).lstrip(" ·")
        end = tail if rest else tail.lstrip("· ")
        if head and _width(draw, head, "", size) <= width_px and _width(draw, rest, end, size) <= width_px:
            found = [(head, ""), (rest, end)]
            if words[n : n + 2] == ["", "·"]:  # two things, a line for each
                break
    return found


def _width(draw: Draw, text: str, tail: str, size: float) -> float:
    gap = draw.px(size * _GAP) if text and tail else 0.0
    words = draw.width_of(text, size, bold=True, said=True)
    return words + gap + draw.width_of(tail, size, bold=True, said=True) + draw.px(2)


def _paint_line(draw: Draw, row: QRectF, text: str, tail: str, size: float, ink: str) -> None:
    gap = draw.px(size * _GAP) if text and tail else 0.0
    room = QRectF(row)
    room.setWidth(row.width() - draw.width_of(tail, size, bold=True, said=True) - gap - draw.px(2))
    taken = draw.text(room, text, size, ink, bold=True, shrink=False, said=True)
    rest = QRectF(row)
    rest.setLeft(min(taken.right(), room.right()) + gap)
    draw.text(rest, tail, size, ink, bold=True, shrink=False, said=True)


def _paint_lines(draw: Draw, rect: QRectF, lines: Sequence[str], ink: str) -> None:
    """Small lines at the right, around the middle of the bar."""
    pitch = draw.px(_NOTE_PITCH)
    top = rect.center().y() - len(lines) * pitch / 2
    for i, line in enumerate(lines):
        row = QRectF(rect.left(), top + i * pitch, rect.width(), pitch)
        draw.text(row, line, _NOTE, ink, align="right", said=True)


def _paint_state(draw: Draw, rect: QRectF, state: StateModel, *, narrow: bool) -> None:
    if state.filled:
        draw.fill(rect, BLIND)
    draw.frame(rect, BLIND_LINE, 3, 0, dashed=not state.filled)
    inner = _inside(draw, rect)
    half = draw.px(14)
    draw.shape("square", QPointF(inner.left() + half, rect.center().y()), draw.px(19), TEXT)
    left = inner.left() + 2 * half + draw.px(22)
    if narrow:
        body = QRectF(left, rect.top(), inner.right() - left, rect.height())
        paint_message(draw, body, state.text, "", state.follows, TEXT)
        return
    follow_width = draw.px(_FOLLOWS)
    body = QRectF(left, rect.top(), inner.right() - left - follow_width - draw.px(24), rect.height())
    paint_message(draw, body, state.text, "", "", TEXT)
    box = QRectF(inner.right() - follow_width, rect.top(), follow_width, rect.height())
    _paint_lines(draw, box, _two_lines(translated(state.follows)), TEXT)


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
