"""Key frames: moments of a session that are worth a picture, the frames themselves, and lines upon them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.errors import OutputError, RecordingError
from monitor.frame import Pixels
from monitor.result import Contour
from recordings.log_schema import STRUCTURES
from recordings.qa.record import KeyFrame, KeyLines, Line
from recordings.recording import RecordingReader
from recordings.results.course import Course, KeyMoment, LevelLines

MOST = 8
_DRAWN = (*STRUCTURES, "body", "cannula")
_CLOSE_PX = 0.25
"""Outlines lose points that lie nearer than this to the line without them."""
_CLOSED = ("body", "foramen")
_PERCENTS = (0.5, 99.5)

Gray = NDArray[np.uint8]


def chosen(moments: Sequence[KeyMoment]) -> list[KeyMoment]:
    """The moments that rank highest, the earlier of equals; in order of time."""
    best = sorted(moments, key=lambda moment: (-moment.rank, moment.at.seq))[:MOST]
    return sorted(best, key=lambda moment: moment.at.seq)


def key_frames(
    course: Course, reader: RecordingReader, *, pictures: bool
) -> tuple[tuple[KeyFrame, ...], dict[str, bytes]]:
    """Key frames of a pass, and their pictures by name; a frame that cannot be read is left out."""
    places = {seq: place for place, seq in enumerate(reader.frame_heads.seqs)}
    frames: list[KeyFrame] = []
    drawn: dict[str, bytes] = {}
    for moment in chosen(course.moments):
        place = places.get(moment.at.seq & 0xFFFFFFFF)
        try:
            pixels = None if place is None else reader.read(place).pixels
        except RecordingError:
            pixels = None
        if pixels is None:
            continue
        name = f"frame-{moment.at.seq:06d}.png"
        if pictures:
            drawn[name] = png(shown(pixels, moment.lines))
        rows, columns = pixels.shape
        frames.append(
            KeyFrame(
                seq=int(moment.at.seq), time_s=course.seconds(moment.at.t_ns),
                why=tuple(dict.fromkeys(moment.why)), picture=name if pictures else "",
                rows=int(rows), columns=int(columns),
                lines=tuple(_lines(level) for level in moment.lines),
            )
        )  # fmt: skip
    return tuple(frames), drawn


def shown(pixels: Pixels, lines: Iterable[LevelLines]) -> Gray:
    """A frame in 8 bits of gray, with the contrast of what is around the marked bodies, else of all of it."""
    bodies = [line for level in lines for line in level.structures_px.get("body", ())]
    around: Pixels = pixels
    if bodies:
        points = np.concatenate(bodies)
        low_px, high_px = points.min(axis=0), points.max(axis=0)
        margin_px = high_px - low_px
        x0, y0 = np.clip(low_px - margin_px, 0, None).astype(int)
        x1, y1 = np.clip(high_px + margin_px, 1, None).astype(int)
        part = pixels[y0:y1, x0:x1]
        around = part if part.size else pixels
    low, high = np.percentile(around, _PERCENTS)
    scale = 255.0 / max(float(high - low), 1.0)
    return np.clip(
        np.round((pixels.astype(np.float32) - np.float32(low)) * np.float32(scale)), 0, 255
    ).astype(np.uint8)


def png(picture: Gray) -> bytes:
    """A picture as PNG."""
    done, packed = cv2.imencode(".png", picture)
    if not done:
        raise OutputError("a picture cannot be compressed")
    return packed.tobytes()


def _lines(level: LevelLines) -> KeyLines:
    structures = {
        name: tuple(_plain(line, closed=name in _CLOSED) for line in level.structures_px[name])
        for name in _DRAWN
        if name in level.structures_px
    }
    return KeyLines(
        level=level.level, cement=tuple(_plain(line, closed=True) for line in level.contours_px),
        structures=structures,
    )  # fmt: skip


def _plain(line: Contour, *, closed: bool) -> Line:
    """A line with fewer points, to a tenth of a pixel."""
    near = cv2.approxPolyDP(np.ascontiguousarray(line, np.float32).reshape(-1, 1, 2), _CLOSE_PX, closed)
    return tuple((round(float(x), 1), round(float(y), 1)) for x, y in near.reshape(-1, 2))
