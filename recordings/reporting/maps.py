"""Where cement lies: maps in coordinates of the body, with what they come to in thirds and halves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recordings.qa.record import DistributionMap, LevelRecord
from recordings.reporting.words import percent, several, view_words

HEIGHT_PX = 132.0
_WIDTHS_PX = {"lateral": 172.0, "ap": 204.0}
"""Of the body as drawn: a lumbar body is about 35 mm deep, 45 mm wide and 27 mm high."""
_ACROSS = {"lateral": ("anterior", "middle", "posterior"), "ap": ("image left", "image right")}
_DOWN = ("upper", "central", "lower")
_Sums = tuple[tuple[float, ...], tuple[float, ...]]
"""Parts of the rows, and of the columns."""
_LEAST_COVER = 0.02
_STEPS = 10
_MOST_CELLS = 60

_Grid = tuple[float, float, tuple[int, ...]]
"""First, last, and shape of a map."""
REGIONS = ("cervical", "thoracic", "lumbar", "sacral")


@dataclass(frozen=True, slots=True)
class Box:
    """A piece of a map as drawn (px); `cover` is 0 to 1, `tint` its colour."""

    x: float
    y: float
    width: float
    height: float
    cover: float
    tint: str


@dataclass(frozen=True, slots=True)
class Words:
    """Words on a map: where their middle is (px), and whether they lie on dark."""

    x: float
    y: float
    text: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class MapPicture:
    """A map as it is drawn.

    Parameters
    ----------
    title, words : str
        What it is of; what it shows, for who does not see it.
    width, height : float
        Of the picture (px).
    window, body : Box
        All that was looked at; the vertebral body in it.
    boxes : tuple of Box
    thirds : tuple of (float, float, float, float)
        Lines x1, y1, x2, y2 (px).
    texts : tuple of Words
    """

    title: str
    words: str
    width: float
    height: float
    window: Box
    body: Box
    boxes: tuple[Box, ...]
    thirds: tuple[tuple[float, float, float, float], ...]
    texts: tuple[Words, ...]


def tint(cover: float) -> str:
    """Colour of a part that is covered: one hue, darker with more, as in gray; black is read on it."""
    light, dark = np.array([244.0, 249.0, 250.0]), np.array([88.0, 152.0, 172.0])
    red, green, blue = (light + (dark - light) * min(max(cover, 0.0), 1.0)).round().astype(int)
    return f"#{red:02x}{green:02x}{blue:02x}"


def _overlap(count: int, first: float, last: float, parts: int) -> NDArray[np.float64]:
    """How much of each cell lies in each of so many equal parts of the body, shape (parts, count), 0 to 1."""
    edges, bounds = np.linspace(first, last, count + 1), np.linspace(0.0, 1.0, parts + 1)
    low = np.maximum(edges[None, :-1], bounds[:-1, None])
    high = np.minimum(edges[None, 1:], bounds[1:, None])
    part: NDArray[np.float64] = np.clip(high - low, 0.0, None) * count / (last - first)
    return part


def fields_of(
    cover: NDArray[np.float64], first: float, last: float, across: int
) -> NDArray[np.float64] | None:
    """Parts of the cement in each field of the body, shape (3, across), rows from head to foot; together 1.

    None where there is none within the body.
    """
    rows, columns = cover.shape
    held = _overlap(rows, first, last, 3) @ cover @ _overlap(columns, first, last, across).T
    total = held.sum()
    return held / total if total > 0 else None


def _cover(one: DistributionMap) -> NDArray[np.float64] | None:
    """Cells of a map, shape (rows, columns); None where it is not one."""
    widths = {len(row) for row in one.cover}
    if len(widths) != 1 or widths == {0} or not one.last > one.first:
        return None
    cover = np.asarray(one.cover, np.float64)
    return np.clip(np.nan_to_num(cover), 0.0, 1.0)


def _picture(
    cover: NDArray[np.float64],
    first: float,
    last: float,
    projection: str,
    title: str,
    sums: _Sums | None = None,
) -> MapPicture:
    """A map as it is drawn; `sums` of rows and columns, else those of its fields."""
    width, span, names = _WIDTHS_PX[projection], last - first, _ACROSS[projection]
    left, top = 46.0, 24.0
    full_width, full_height = width * span, HEIGHT_PX * span
    body = Box(left - first * width, top - first * HEIGHT_PX, width, HEIGHT_PX, 0.0, "none")
    window = Box(left, top, full_width, full_height, 0.0, "none")
    fields = fields_of(cover, first, last, len(names))
    if fields is not None and sums is None:
        sums = tuple(fields.sum(axis=1).tolist()), tuple(fields.sum(axis=0).tolist())
    x_lines = [body.x + width * number / len(names) for number in range(1, len(names))]
    y_lines = [body.y + HEIGHT_PX * number / 3 for number in (1, 2)]
    return MapPicture(
        title=title, words=_words(None if fields is None else sums, names), width=left + full_width + 44,
        height=top + full_height + 22, window=window, body=body,
        boxes=tuple(_boxes(cover, left, top, full_width, full_height)),
        thirds=(*((x, body.y, x, body.y + HEIGHT_PX) for x in x_lines),
                *((body.x, y, body.x + width, y) for y in y_lines)),
        texts=tuple(_texts(fields, sums, body, window, names)),
    )  # fmt: skip


def _boxes(cover: NDArray[np.float64], x0: float, y0: float, width: float, height: float) -> Iterable[Box]:
    """Cells with cement; neighbours in a row that look the same are one."""
    rows, columns = cover.shape
    dx, dy = width / columns, height / rows
    steps = np.rint(cover * _STEPS).astype(int)
    for row in range(rows):
        column = 0
        while column < columns:
            end = column + 1
            while end < columns and steps[row, end] == steps[row, column]:
                end += 1
            mean = float(cover[row, column:end].mean())
            if mean >= _LEAST_COVER:
                yield Box(
                    round(x0 + column * dx, 2), round(y0 + row * dy, 2), round((end - column) * dx, 2),
                    round(dy, 2), round(mean, 2), tint(steps[row, column] / _STEPS),
                )  # fmt: skip
            column = end


def _texts(
    fields: NDArray[np.float64] | None, sums: _Sums | None, body: Box, window: Box, names: Sequence[str]
) -> Iterable[Words]:
    """Parts in the fields, sums beside the window, and which side is which."""
    middle_x = [body.x + body.width * (number + 0.5) / len(names) for number in range(len(names))]
    middle_y = [body.y + body.height * (number + 0.5) / 3 for number in range(3)]
    for x, word in zip(middle_x, names, strict=True):
        yield Words(x, window.y - 12, word, "axis")
    for y, word in zip(middle_y, _DOWN, strict=True):
        yield Words(window.x - 6, y, word, "side")
    if fields is None or sums is None:
        yield Words(body.x + body.width / 2, body.y + body.height / 2, "no cement within the body", "none")
        return
    for row, y in enumerate(middle_y):
        for column, x in enumerate(middle_x):
            yield Words(x, y, percent(float(fields[row, column])), "field")
        yield Words(window.x + window.width + 6, y, percent(sums[0][row]), "sum")
    for column, x in enumerate(middle_x):
        yield Words(x, window.y + window.height + 11, percent(sums[1][column]), "foot")


def _words(sums: _Sums | None, names: Sequence[str]) -> str:
    if sums is None:
        return "No cement within the body on this map."
    said = [
        f"{name} {percent(part)}" for name, part in zip((*_DOWN, *names), (*sums[0], *sums[1]), strict=True)
    ]
    return "Of the cement within the body: " + ", ".join(said) + "."


def level_maps(level: LevelRecord) -> tuple[MapPicture, ...]:
    """The maps of a level; sums beside them are those of its record."""
    made = []
    for one in level.maps:
        cover = _cover(one)
        if cover is not None:
            view = view_words(one.projection)
            named = view if one.view.lower() == one.projection else f"{view} ({one.view})"
            sums = _sums_of(level, one.projection)
            made.append(_picture(cover, one.first, one.last, one.projection, f"{level.level}, {named}", sums))
    return tuple(made)


def _sums_of(level: LevelRecord, projection: str) -> _Sums | None:
    if projection == "lateral" and (one := level.lateral) is not None:
        return (one.upper, one.central, one.lower), (one.anterior, one.middle, one.posterior)
    if projection == "ap" and (ap := level.ap) is not None:
        return (ap.upper, ap.central, ap.lower), (ap.image_left, ap.image_right)
    return None


class MapMeans:
    """Means over levels, for each region and projection; only sums are kept of what is taken in."""

    def __init__(self) -> None:
        self._sums: dict[tuple[str, str], dict[_Grid, tuple[int, NDArray[np.float64]]]] = {}

    def take(self, level: LevelRecord) -> None:
        """Take in the maps of a level."""
        for one in level.maps:
            cover = _cover(one)
            if cover is None or max(cover.shape) > _MOST_CELLS:
                continue
            grids = self._sums.setdefault((level.region or "region unknown", one.projection), {})
            grid = one.first, one.last, cover.shape
            count, sums = grids.get(grid, (0, np.zeros(cover.shape)))
            grids[grid] = count + 1, sums + cover

    def pictures(self) -> tuple[MapPicture, ...]:
        """In the order of regions; maps on another grid than most are left out."""
        order = {name: at for at, name in enumerate(REGIONS)}
        made = []
        for region, projection in sorted(
            self._sums, key=lambda key: (order.get(key[0], len(order)), key[0], key[1] != "lateral")
        ):
            grids = self._sums[region, projection]
            (first, last, _), (count, sums) = max(grids.items(), key=lambda item: item[1][0])
            title = f"{region}, {view_words(projection)}: mean of {several(count, 'level')}"
            made.append(_picture(sums / count, first, last, projection, title))
        return tuple(made)
