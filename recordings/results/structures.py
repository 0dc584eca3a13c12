"""The structures on the key frames, as a Grayscale Softcopy Presentation State (PS3.3 A.33.1).

Each line lies where the level was in that very frame; where that was not known there is none. The cement's
outline is a layer of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from highdicom import ModalityLUTTransformation, PresentationLUTTransformation
from highdicom.color import CIELabColor
from highdicom.content import ReferencedImageSequence
from highdicom.pr import (
    GraphicAnnotation,
    GraphicLayer,
    GraphicObject,
    GrayscaleSoftcopyPresentationState,
    SoftcopyVOILUTTransformation,
    TextObject,
)
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from monitor.result import Contour
from recordings.results.course import KeyMoment, LevelLines
from recordings.results.frames import FrameRef, ImageObjects
from recordings.results.making import Making

WORDS: Mapping[str, str] = {
    "body": "vertebral body",
    "posterior_wall": "posterior wall",
    "anterior_wall": "anterior wall",
    "superior_endplate": "superior endplate",
    "inferior_endplate": "inferior endplate",
    "vein": "vein",
    "foramen": "foramen",
    "cannula": "planned cannula",
}
"""Structures that are drawn, each with what it is called."""
_CLOSED = ("body", "foramen")
_MOST_POINTS = 1000
Window = tuple[float, float]
"""Centre and width, in stored values."""


def write_structures(
    making: Making,
    images: ImageObjects,
    moments: Sequence[KeyMoment],
    windows: Mapping[int, Window],
    path: Path,
) -> Dataset | None:
    """Write the presentation state; None where no structure's place is known on any key frame.

    Parameters
    ----------
    windows : mapping of int to (float, float)
        By a frame's number: what makes its values visible.

    Raises
    ------
    OSError
        It cannot be written.
    """
    layers = {
        "STRUCTURES": GraphicLayer("STRUCTURES", 1, "Marked structures", CIELabColor(80.0, -40.0, 60.0)),
        "CEMENT": GraphicLayer("CEMENT", 2, "Outline of the cement", CIELabColor(60.0, 60.0, 40.0)),
    }
    annotations: list[GraphicAnnotation] = []
    referenced: dict[str, Dataset] = {}
    lookups: list[SoftcopyVOILUTTransformation] = []
    shape = making.session.about.source.rows, making.session.about.source.columns
    for moment in moments:
        ref = images.of(moment.at.seq)
        made = [] if ref is None else list(_drawn(making, moment, shape))
        if ref is None or not made:
            continue
        uid = ref.image.sop_instance_uid
        image = referenced.setdefault(uid, making.stand_in(ref.image))
        for layer, objects, texts in made:
            annotations.append(GraphicAnnotation([image], layers[layer], ref.number, None, objects, texts))
        if moment.at.seq in windows:
            lookups.append(_lookup(windows[moment.at.seq], image, ref))
    if not annotations:
        return None
    used = {annotation.GraphicLayer for annotation in annotations}
    ds = GrayscaleSoftcopyPresentationState(
        list(referenced.values()),
        **making.shared("gsps", making.uid("gsps")),
        content_label="STRUCTURES",
        content_description="Structures, research software, not for clinical use",
        graphic_layers=[layer for name, layer in layers.items() if name in used],
        graphic_annotations=annotations,
        # the stored values as they are; without it highdicom takes no more than one multi-frame image
        modality_lut_transformation=ModalityLUTTransformation(
            rescale_intercept=0.0, rescale_slope=1.0, rescale_type="US"
        ),
        voi_lut_transformations=lookups or None,
        presentation_lut_transformation=PresentationLUTTransformation(
            presentation_lut_shape="INVERSE" if images.images[0].monochrome1 else "IDENTITY"
        ),
    )
    ds.BodyPartExamined = "SPINE"  # unpaired: it has no laterality
    making.settle(ds)
    ds.save_as(path, enforce_file_format=True)
    return ds


def _lookup(window: Window, image: Dataset, ref: FrameRef) -> SoftcopyVOILUTTransformation:
    return SoftcopyVOILUTTransformation(
        window_center=window[0], window_width=window[1],
        referenced_images=ReferencedImageSequence([image], ref.number),
    )  # fmt: skip


def _drawn(
    making: Making, moment: KeyMoment, shape: tuple[int, int]
) -> Iterator[tuple[str, list[GraphicObject], list[TextObject] | None]]:
    structures: list[GraphicObject] = []
    texts: list[TextObject] = []
    cement: list[GraphicObject] = []
    for lines in moment.lines:
        for name, line in _named(lines):
            made = _pieces(line, shape, closed=name in _CLOSED)
            if not made:
                continue
            structures += [_tracked(making, piece, lines.level, name) for piece in made]
            words = f"{lines.level} {WORDS[name]}{' (derived)' if name in lines.derived else ''}"
            x, y = made[0][0] if name == "body" else made[-1][-1]
            texts.append(
                TextObject(words, "PIXEL", anchor_point=(float(x), float(y)), anchor_point_visible=False)
            )
        for line in lines.contours_px:
            made = _pieces(line, shape, closed=True)
            cement += [_tracked(making, piece, lines.level, "cement") for piece in made]
    if structures:
        yield "STRUCTURES", structures, texts
    if cement:
        yield "CEMENT", cement, None


def _named(lines: LevelLines) -> Iterator[tuple[str, Contour]]:
    for name in WORDS:
        for line in lines.structures_px.get(name, ()):
            yield name, line


def _tracked(making: Making, line: NDArray[np.float64], level: str, name: str) -> GraphicObject:
    return GraphicObject(
        "POLYLINE", line, "PIXEL", tracking_id=f"{level} {name.replace('_', ' ')}",
        tracking_uid=making.uid("structure", level, name),
    )  # fmt: skip


def _pieces(line: Contour, shape: tuple[int, int], *, closed: bool) -> list[NDArray[np.float64]]:
    """A line as a presentation state has it: those parts of it that lie in the image.

    There the first pixel's corner is 0, 0 (PS3.3 C.10.5.1.2), for us its centre is.
    """
    points = np.asarray(line, np.float64)
    if len(points) > _MOST_POINTS:
        points = points[:: -(-len(points) // _MOST_POINTS)]
    if len(points) < 2:
        return []
    if closed:
        points = np.vstack([points, points[:1]])
    rows, columns = shape
    pieces: list[list[NDArray[np.float64]]] = []
    goes_on = False
    for start, end in pairwise(points + 0.5):
        part = _part_within(start, end, np.array([columns, rows], np.float64))
        if part is None:
            goes_on = False
            continue
        if not goes_on:
            pieces.append([start + part[0] * (end - start)])
        pieces[-1].append(start + part[1] * (end - start))
        goes_on = part[1] == 1.0
    limits = (columns, rows)
    return [np.array(piece).clip(0, limits).round(3) for piece in pieces]


def _part_within(
    start: NDArray[np.float64], end: NDArray[np.float64], limits: NDArray[np.float64]
) -> tuple[float, float] | None:
    """From where to where, 0 to 1, a straight line lies between 0, 0 and `limits` (Liang-Barsky)."""
    first, last = 0.0, 1.0
    for at, way, limit in zip(start, end - start, limits, strict=True):
        if way == 0:
            if not 0 <= at <= limit:
                return None
            continue
        enters, leaves = sorted((-at / way, (limit - at) / way))
        first, last = max(first, float(enters)), min(last, float(leaves))
    return (first, last) if first < last else None
