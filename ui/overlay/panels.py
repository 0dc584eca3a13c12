"""The panels at the right: the number, volumes, what is watched, leaks."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, QRectF

from ui.overlay.draw import Draw, Piece, cut_row
from ui.overlay.model import DistanceModel, LeakRow, VolumeRow, ZoneRow
from ui.overlay.words import UNKNOWN
from ui.theme import ALARM_LOOKS, CYAN, PANEL, TEXT, TEXT_FAINT, TEXT_SOFT, TRACK

_FIGURE = 150
_TITLE = 21
_BODY = 24
_PAD = 18
_MOST_LEVELS = 3
_MOST_ZONES = 8
_NARROW = 750


def panel(draw: Draw, rect: QRectF, title: str) -> QRectF:
    """Ground and title of a panel; returns what is left for its content."""
    draw.fill(rect, PANEL, 9)
    inner = content(draw, rect)
    draw.text(
        QRectF(inner.left(), inner.top() - draw.px(32), inner.width(), draw.px(30)), title, _TITLE, TEXT_FAINT
    )
    return inner


def content(draw: Draw, rect: QRectF) -> QRectF:
    """Room of a panel below its title."""
    return rect.adjusted(draw.px(_PAD), draw.px(6 + 32), -draw.px(_PAD), -draw.px(6))


def paint_distance(draw: Draw, rect: QRectF, distance: DistanceModel) -> None:
    """One glance, one number."""
    colour = ALARM_LOOKS[distance.priority].line if distance.priority else TEXT
    draw.text(cut_row(rect, 0, draw.px(40)), distance.title, 33, TEXT, bold=True)
    row = cut_row(rect, draw.px(44), draw.px(138))
    if distance.figure is None:
        right = _paint_dashes(draw, row)
    else:
        right = draw.text(row, distance.figure, _FIGURE, colour, bold=True).right()
    beside = QRectF(right + draw.px(28), row.top(), rect.right() - right - draw.px(28), row.height())
    draw.text(cut_row(beside, draw.px(36), draw.px(54)), "mm", 60, colour, bold=True)
    draw.text(cut_row(beside, draw.px(98), draw.px(34)), distance.bound, 27, TEXT_SOFT)
    pieces = [
        Piece(distance.heading, 27, TEXT_SOFT if distance.speed else TEXT),
        Piece(distance.speed, 32, TEXT, bold=True, space=9),
        Piece("mm/s" if distance.speed else "", 27, TEXT_SOFT, space=9),
        Piece("contact in", 27, TEXT_SOFT, space=40),
        Piece(distance.contact, 32, TEXT, bold=True, space=9),
    ]
    if distance.also:
        pieces += [
            Piece(f"also: {distance.also_name}", 27, TEXT_SOFT, space=40),
            Piece(distance.also, 32, TEXT, bold=True, space=9),
        ]
    draw.run(cut_row(rect, draw.px(190), draw.px(44)), pieces)


def _paint_dashes(draw: Draw, row: QRectF) -> float:
    """Two bars where the number would stand; returns their right edge."""
    width, height, y = draw.px(84), draw.px(22), row.center().y() - draw.px(2)
    for i in range(2):
        draw.fill(QRectF(row.left() + i * draw.px(108), y, width, height), TEXT)
    return row.left() + draw.px(108) + width


def paint_volumes(draw: Draw, rect: QRectF, rows: tuple[VolumeRow, ...]) -> None:
    """Volume of each level against what is planned; at most three rows."""
    inner = panel(draw, rect, "by level: volume, part of the body filled, leaks")
    shown = rows[:_MOST_LEVELS]
    hidden = len(rows) - len(shown)
    if hidden:
        more = cut_row(QRectF(inner.left(), rect.top() + draw.px(6), inner.width(), 0), 0, draw.px(30))
        draw.text(
            more, f"and {hidden} more level{'s' if hidden > 1 else ''}", _TITLE, TEXT_SOFT, align="right"
        )
    if not rows:
        draw.text(inner, UNKNOWN, _BODY, TEXT_FAINT)
        return
    height = inner.height() / max(2, len(shown))
    for i, row in enumerate(shown):
        _paint_volume_row(draw, cut_row(inner, i * height, height), row, small=len(shown) > 2)


def _paint_volume_row(draw: Draw, line: QRectF, row: VolumeRow, *, small: bool) -> None:
    ink = TEXT if row.current else TEXT_FAINT
    large, body = (24.0, 22.0) if small else (29.0, 25.0)
    narrow = line.width() < draw.px(_NARROW)
    columns = [0.0, 0.13, 0.42, 0.5] if narrow else [0.0, 0.11, 0.36, 0.64]

    def column(i: int) -> QRectF:
        start = line.left() + columns[i] * line.width()
        end = line.left() + columns[i + 1] * line.width() if i + 1 < len(columns) else line.right()
        return QRectF(start, line.top(), end - start - draw.px(14 if i < 3 else 0), line.height())

    draw.text(column(0), row.level, large, ink, bold=True)
    words = column(1)
    if row.share is None and not row.volume:
        words.setRight(column(2).right())
    draw.run(
        words,
        [Piece(row.volume, large, ink, bold=True), Piece(row.sd, body, ink, space=9 if row.volume else 0)],
    )
    if row.volume:
        track = column(2)
        bar = QRectF(track.left(), track.center().y() - draw.px(6), track.width(), draw.px(12))
        draw.fill(bar, TRACK, 6)
        if row.share is not None and row.share > 0:
            filled = QRectF(bar)
            filled.setWidth(bar.width() * min(1.0, row.share))
            draw.painter.setOpacity(1.0 if row.current else 0.55)
            draw.fill(filled, CYAN, 6)
            draw.painter.setOpacity(1.0)
            if row.share > 1.0:
                # More than planned: the bar runs over its end.
                draw.fill(
                    QRectF(bar.right() - draw.px(4), bar.top() - draw.px(6), draw.px(4), draw.px(24)), TEXT
                )
    draw.text(column(3), row.note, body, TEXT_SOFT if row.current else TEXT_FAINT)


def paint_zones(draw: Draw, rect: QRectF, title: str, zones: tuple[ZoneRow, ...]) -> None:
    """What is watched, in two columns."""
    inner = panel(draw, rect, title)
    if not zones:
        draw.text(cut_row(inner, 0, draw.px(30)), f"{UNKNOWN}  nothing is watched", _BODY, TEXT_FAINT)
        return
    shown = list(zones[:_MOST_ZONES])
    per_column = max(3, (len(shown) + 1) // 2)
    height = min(inner.height() / per_column, draw.px(38))
    for i, zone in enumerate(shown):
        column, row = divmod(i, per_column)
        left = inner.left() + column * inner.width() / 2
        line = QRectF(left, inner.top() + row * height, inner.width() / 2 - draw.px(12), height)
        ink = TEXT_FAINT if zone.mark == "empty" else TEXT
        draw.ring_mark(zone.mark, QPointF(line.left() + draw.px(9), line.center().y()), draw.px(8), ink)
        line.setLeft(line.left() + draw.px(30))
        words = f"{zone.name} · {zone.note}" if zone.note else zone.name
        draw.text(line, words, _BODY if per_column < 4 else 23, ink)


def paint_leaks(draw: Draw, rect: QRectF, leaks: tuple[LeakRow, ...], none_words: str) -> None:
    """Cement that has left a body, largest first; two lines at most, and how many more."""
    draw.fill(rect, PANEL, 9)
    inner = rect.adjusted(draw.px(_PAD), draw.px(8), -draw.px(_PAD), -draw.px(8))
    half = inner.height() / 2
    title = draw.text(
        QRectF(inner.left(), inner.top(), draw.px(96), half if leaks else inner.height()),
        "leaks",
        _TITLE,
        TEXT_FAINT,
    )
    left = max(title.right() + draw.px(20), inner.left() + draw.px(96))
    body = QRectF(left, inner.top(), inner.right() - left, inner.height())
    if not leaks:
        draw.text(body, none_words, _BODY, TEXT_FAINT)
        return
    more = len(leaks) - 2
    if more > 0:
        taken = draw.text(cut_row(body, half, half), f"+{more} more", 22, TEXT_SOFT, align="right")
        body.setRight(taken.left() - draw.px(16))
    for i, leak in enumerate(leaks[:2]):
        words = [Piece(leak.name, _BODY, TEXT, bold=True), Piece(leak.note, _BODY, TEXT_SOFT, space=18)]
        draw.run(cut_row(body, i * half, half), words)
