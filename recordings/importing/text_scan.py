"""Whether frames show text, looked for over a whole run.

Two things are looked for: what the monitor itself leaves out as burned in (white, thin, sharp, at the same
place), and strokes of any brightness that keep their value while the image around them has noise. Text of a
part of the run, or in a single image where it is not white, may not be found: that none was found does not
mean that there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.burned_in import BurnedIn
from monitor.burned_in_config import BurnedInConfig
from monitor.config import IntensityConfig
from monitor.frame import Frame, SourceInfo
from monitor.grid import Grid
from monitor.intensity import Curve, to_work_image
from recordings.importing.regions import Region, blanked
from recordings.importing.still_strokes import StillStrokes
from recordings.messages import Gap

_FIELD_MM = 230.0
"""Of a C-arm's nine-inch intensifier: letters are so large on the screen, whatever the source's scale."""
_APART_S = 0.4
_LEAST_LOOKS = 3
_COARSEST_MM = 0.45
_MOST_REGIONS = 12


def text_in(
    info: SourceInfo,
    pieces: Iterable[Frame | Gap],
    regions: Sequence[Region] = (),
    progress: Callable[[int, int | None], None] | None = None,
) -> tuple[Region, ...]:
    """Where text stands in the frames once the regions are blanked; empty where none is found.

    Frames are looked at 0.4 s apart by the source's time, the first three in any case, a run of fewer again.
    """
    grid = Grid.for_frames(info.rows, info.columns, _FIELD_MM / max(info.rows, info.columns), _COARSEST_MM)
    curve = Curve.of(info.intensity, IntensityConfig())
    shape = (grid.rows, grid.columns)
    bright = info.intensity.bright_is_radiolucent
    burned = BurnedIn(shape, grid.mm_per_px, BurnedInConfig(look_every_s=0.0), bright_is_radiolucent=bright)
    found = np.zeros(shape, bool)
    still = StillStrokes(info.intensity.largest_stored_value)
    looks, looked_ns, frame = 0, 0, None

    def look(at: Frame) -> None:
        work = to_work_image(at.pixels, info.intensity, grid, curve)
        for _ in range(2):  # a look has two halves
            burned.look(work, float(looks))
        if burned.text is not None:
            np.logical_or(found, burned.text, out=found)

    for done, piece in enumerate(pieces, start=1):
        if progress is not None:
            progress(done, info.frame_count)
        if isinstance(piece, Gap):
            continue
        frame = blanked(piece, regions, info.intensity)
        still.look(frame.pixels)
        if looks < _LEAST_LOOKS or frame.time_ns - looked_ns >= _APART_S * 1e9:
            looks, looked_ns = looks + 1, frame.time_ns
            look(frame)
    while frame is not None and looks < _LEAST_LOOKS:
        looks += 1
        look(frame)
    size = (info.columns, info.rows)
    white = still.confirmed(cv2.resize(found.view(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0)
    strokes = still.found()
    return _regions(white if strokes is None else white | strokes)


def _regions(found: NDArray[np.bool_]) -> tuple[Region, ...]:
    """Boxes around what was found (px); letters of a line together, with a margin, the largest first."""
    wide = cv2.dilate(found.view(np.uint8), np.ones((9, 41), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(wide)
    boxes = sorted(stats[1:].tolist(), key=lambda box: -box[cv2.CC_STAT_AREA])[:_MOST_REGIONS]
    return tuple(Region(x, y, columns, rows) for x, y, columns, rows, _ in boxes)
