"""Where cement lies: maps in coordinates of the body, with what they come to in ninths and thirds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recordings.qa.record import DistributionMap, LevelRecord, ProcedureRecord
from recordings.reporting.words import percent, several, view_words

HEIGHT_PX = 132.0
_WIDTHS_PX = {"lateral": 172.0, "ap": 204.0}
"""Of the body as drawn: a lumbar body is about 35 mm deep, 45 mm wide and 27 mm high."""
_LEAST_COVER = 0.02
_STEPS = 10
_MOST_CELLS = 60

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


def _overlap(count: int, first: float, last: float) -> NDArray[np.float64]:
    """How much of each cell lies in each third of the body, shape (3, count), 0 to 1."""
    edges = np.linspace(first, last, count + 1)
    thirds = np.linspace(0.0, 1.0, 4)
    low = np.maximum(edges[None, :-1], thirds[:-1, None])
    high = np.minimum(edges[None, 1:], thirds[1:, None])
    part: NDArray[np.float64] = np.clip(high - low, 0.0, None) * count / (last - first)
    return part


def ninths_of(cover: NDArray[np.float64], first: float, last: float) -> NDArray[np.float64] | None:
    """Parts of the cement within the body in its ninths, shape (3, 3), rows from head to foot; together 1.

    None where there is none within the body.
    """
    rows, columns = cover.shape
    held = _overlap(rows, first, last) @ cover @ _overlap(columns, first, last).T
    total = held.sum()
    return held / total if total > 0 else None


def _cover(one: DistributionMap) -> NDArray[np.float64] | None:
    """Cells of a map, shape (rows, columns); None where it is not one."""
    widths = {len(row) for row in one.cover}
    if len(widths) != 1 or widths == {0} or not one.last > one.first:
        return None
    cover = np.asarray(one.cover, np.float64)
    return np.clip(np.nan_to_num(cover), 0.0, 1.0)


def map_picture(one: DistributionMap, title: str) -> MapPicture | None:
    """A map as it is drawn; None where it has no cells."""
    cover = _cover(one)
    return None if cover is None else _picture(cover, one.first, one.last, one.projection, title)


def _picture(
    cover: NDArray[np.float64], first: float, last: float, projection: str, title: str
) -> MapPicture:
    width, span = _WIDTHS_PX[projection], last - first
    left, top = 46.0, 24.0
    full_width, full_height = width * span, HEIGHT_PX * span
    body = Box(left - first * width, top - first * HEIGHT_PX, width, HEIGHT_PX, 0.0, "none")
    ninths = ninths_of(cover, first, last)
    thirds = [
        (body.x + width * part, body.y, body.x + width * part, body.y + HEIGHT_PX) for part in (1 / 3, 2 / 3)
    ]
    thirds += [
        (body.x, body.y + HEIGHT_PX * part, body.x + width, body.y + HEIGHT_PX * part)
        for part in (1 / 3, 2 / 3)
    ]
    return MapPicture(
        title=title, words=_words(ninths, projection), width=left + full_width + 44,
        height=top + full_height + 22, window=Box(left, top, full_width, full_height, 0.0, "none"), body=body,
        boxes=tuple(_boxes(cover, left, top, full_width, full_height)), thirds=tuple(thirds),
        texts=tuple(_texts(ninths, cover, body, projection, first, last)),
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
    ninths: NDArray[np.float64] | None,
    cover: NDArray[np.float64],
    body: Box,
    projection: str,
    first: float,
    last: float,
) -> Iterable[Words]:
    """Parts in the ninths, sums of the thirds beside the body, and which side is which."""
    across = (
        ("anterior", "middle", "posterior") if projection == "lateral" else ("image left", "", "image right")
    )
    middle_x = [body.x + body.width * (number + 0.5) / 3 for number in range(3)]
    middle_y = [body.y + body.height * (number + 0.5) / 3 for number in range(3)]
    right = body.x + body.width * last + 6
    bottom = body.y + body.height * last + 11
    top = body.y + body.height * first - 12
    for x, word in zip(middle_x, across, strict=True):
        yield Words(x, top, word, "axis")
    for y, word in zip(middle_y, ("upper", "central", "lower"), strict=True):
        yield Words(body.x + body.width * first - 6, y, word, "side")
    if ninths is None:
        yield Words(body.x + body.width / 2, body.y + body.height / 2, "no cement within the body", "none")
        return
    for row in range(3):
        for column in range(3):
            yield Words(middle_x[column], middle_y[row], percent(float(ninths[row, column])), "ninth")
        yield Words(right, middle_y[row], percent(float(ninths[row].sum())), "sum")
    for column in range(3):
        yield Words(middle_x[column], bottom, percent(float(ninths[:, column].sum())), "foot")


def _words(ninths: NDArray[np.float64] | None, projection: str) -> str:
    if ninths is None:
        return "No cement within the body on this map."
    across = (
        ("anterior", "middle", "posterior") if projection == "lateral" else ("left", "middle", "right third")
    )
    said = [f"{name} {percent(float(ninths[:, at].sum()))}" for at, name in enumerate(across)]
    said += [
        f"{name} {percent(float(ninths[at].sum()))}" for at, name in enumerate(("upper", "central", "lower"))
    ]
    return "Of the cement within the body: " + ", ".join(said) + "."


def level_maps(level: LevelRecord) -> tuple[MapPicture, ...]:
    """The maps of a level."""
    made = (
        map_picture(one, f"{level.level}, {view_words(one.projection)} ({one.view})"
                    if one.view.lower() != one.projection else f"{level.level}, {view_words(one.projection)}")
        for one in level.maps
    )  # fmt: skip
    return tuple(one for one in made if one is not None)


def mean_maps(records: Sequence[ProcedureRecord]) -> tuple[MapPicture, ...]:
    """Mean over levels, for each region and projection; maps on another grid than most are left out."""
    found: dict[tuple[str, str], list[DistributionMap]] = {}
    for record in records:
        for level in record.levels:
            for one in level.maps:
                found.setdefault((level.region or "region unknown", one.projection), []).append(one)
    order = {name: at for at, name in enumerate(REGIONS)}
    pictures = []
    for region, projection in sorted(found, key=lambda key: (order.get(key[0], 9), key[1] != "lateral")):
        grids: dict[tuple[float, float, tuple[int, ...]], list[NDArray[np.float64]]] = {}
        for one in found[region, projection]:
            cover = _cover(one)
            if cover is not None and max(cover.shape) <= _MOST_CELLS:
                grids.setdefault((one.first, one.last, cover.shape), []).append(cover)
        if not grids:
            continue
        (first, last, _), covers = max(grids.items(), key=lambda item: len(item[1]))
        title = f"{region}, {view_words(projection)}: mean of {several(len(covers), 'level')}"
        pictures.append(_picture(np.mean(covers, axis=0), first, last, projection, title))
    return tuple(pictures)
