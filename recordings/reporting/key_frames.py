"""Key frames as pictures of a report: cut to the marked levels, with the lines drawn over them."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import cv2
import numpy as np

from recordings.qa.record import KeyFrame, Line, ProcedureRecord
from recordings.reporting.words import at, structure_words

LONGEST_PX = 720
JPEG_QUALITY = 88
_MARGIN = 0.25
_LEAST_PART = 0.4
_MOST_PIXELS = 64_000_000
_OUTLINES = ("body", "foramen")
SHOWN = (
    "cannula", "body", "posterior_third", "posterior_quarter", "foramen", "vein", "superior_endplate",
    "inferior_endplate", "anterior_wall", "posterior_wall",
)  # fmt: skip
"""Structures from below to above; others are not drawn."""
Area = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A line: path data of SVG in px of the frame, and what it is of."""

    path: str
    kind: str


@dataclass(frozen=True, slots=True)
class Named:
    """A level's name, and where it stands (px of the frame)."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class FramePicture:
    """A key frame.

    Parameters
    ----------
    name, title, why : str
    uri : str or None
        The picture (JPEG) as a data URI; None: it is missing.
    x, y, width, height : float
        The part that is shown (px of the frame).
    unit : float
        What is 1/400 of it: width of a thin line.
    cut : bool
        Whether it is less than the frame.
    lines : tuple of Drawn
    names : tuple of Named
    kinds : tuple of str
        Which lines there are, for the legend.
    bar_px : float or None
        Length of 10 mm.
    words : str
    """

    name: str
    title: str
    why: str
    uri: str | None
    x: float
    y: float
    width: float
    height: float
    unit: float
    cut: bool
    lines: tuple[Drawn, ...]
    names: tuple[Named, ...]
    kinds: tuple[str, ...]
    bar_px: float | None
    words: str


def frame_pictures(
    record: ProcedureRecord, picture: Callable[[str, str], bytes | None]
) -> tuple[FramePicture, ...]:
    """The key frames of a session in order of time; `picture` gives a PNG by session and name."""
    frames = sorted(record.key_frames, key=lambda frame: frame.time_s)
    return tuple(_picture(record, frame, picture(record.session_id, frame.picture)) for frame in frames)


def _picture(record: ProcedureRecord, frame: KeyFrame, png: bytes | None) -> FramePicture:
    area = _area(frame)
    x, y, width, height = area
    lines = tuple(_lines(frame))
    kinds = tuple(kind for kind in (*reversed(SHOWN), "cement") if any(line.kind == kind for line in lines))
    why = ", ".join(frame.why)
    drawn = ", ".join(structure_words(kind) for kind in reversed(kinds)) or "no lines"
    scale = record.mm_per_px
    return FramePicture(
        name=frame.picture, title=at(frame.time_s), why=why, uri=_uri(png, frame, area),
        x=x, y=y, width=width, height=height, unit=max(width, height) / 400,
        cut=(width, height) != (frame.columns, frame.rows), lines=lines,
        names=tuple(_names(frame)), kinds=kinds,
        bar_px=10 / scale if scale is not None and scale > 0 and 10 / scale < 0.6 * width else None,
        words=f"Frame {frame.seq} at {at(frame.time_s)}: {why}. Drawn: {drawn}.",
    )  # fmt: skip


def _area(frame: KeyFrame) -> Area:
    """What is shown (x, y, width, height in whole px): the marked bodies and some of what is around them."""
    points = [
        point
        for lines in frame.lines
        for name, drawn in (*lines.structures.items(), ("cement", lines.cement))
        if name not in {"cannula", "vein"}
        for line in drawn
        for point in line
    ]
    whole = (0.0, 0.0, float(frame.columns), float(frame.rows))
    if not points:
        return whole
    seen = np.asarray(points, np.float64)
    if not np.isfinite(seen).all():
        return whole
    size = np.array([frame.columns, frame.rows], np.float64)
    low, high = np.clip(seen.min(0), 0, size), np.clip(seen.max(0), 0, size)
    middle, wide = (low + high) / 2, (high - low) * (1 + 2 * _MARGIN)
    side = np.maximum(wide.max(), _LEAST_PART * size.max())
    side_xy = np.minimum(side, size).round()
    corner = np.clip(middle - side_xy / 2, 0, size - side_xy).round()
    return float(corner[0]), float(corner[1]), float(side_xy[0]), float(side_xy[1])


def _uri(png: bytes | None, frame: KeyFrame, area: Area) -> str | None:
    """The picture cut and compressed; None where it is missing, broken, or of another size."""
    if png is None or frame.rows * frame.columns > _MOST_PIXELS:
        return None
    try:
        pixels = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)
    except cv2.error:
        return None
    if pixels is None or pixels.shape != (frame.rows, frame.columns):
        return None
    x, y, width, height = (int(value) for value in area)
    pixels = pixels[y : y + height, x : x + width]
    factor = LONGEST_PX / max(pixels.shape)
    if factor < 1:
        pixels = cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    done, coded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return f"data:image/jpeg;base64,{base64.b64encode(coded.tobytes()).decode()}" if done else None


def _lines(frame: KeyFrame) -> Iterable[Drawn]:
    for lines in frame.lines:
        for kind in SHOWN:
            for line in lines.structures.get(kind, ()):
                yield Drawn(_path(line, closed=kind in _OUTLINES), kind)
    for lines in frame.lines:
        for line in lines.cement:
            yield Drawn(_path(line, closed=True), "cement")


def _path(line: Line, *, closed: bool) -> str:
    """Path data: numbers alone, whatever the line is."""
    points = [f"{float(x):.1f} {float(y):.1f}" for x, y in line]
    return f"M{'L'.join(points)}{'Z' if closed else ''}" if points else ""


def _names(frame: KeyFrame) -> Iterable[Named]:
    for lines in frame.lines:
        body = [point for line in lines.structures.get("body", ()) for point in line]
        if body:
            xs, ys = zip(*body, strict=True)
            yield Named(round(min(xs), 1), round(min(ys), 1), lines.level)
