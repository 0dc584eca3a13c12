"""Whether frames show text: what the monitor itself leaves out as burned in, looked for over a whole run.

White text in thin, sharp strokes that stands still is found. Gray or black text, text over bright bone, and
text of a few frames may not be: that none was found does not mean that there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import cv2
import numpy as np

from monitor.burned_in import BurnedIn
from monitor.burned_in_config import BurnedInConfig
from monitor.config import IntensityConfig
from monitor.frame import Frame, SourceInfo
from monitor.grid import Grid
from monitor.intensity import Curve, to_work_image
from recordings.importing.regions import Region, blanked
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
    looks, looked_ns, frame = 0, 0, None

    def look(at: Frame) -> None:
        work = to_work_image(blanked(at, regions, info.intensity).pixels, info.intensity, grid, curve)
        for _ in range(2):  # a look has two halves
            burned.look(work, float(looks))
        if burned.text is not None:
            np.logical_or(found, burned.text, out=found)

    for done, piece in enumerate(pieces, start=1):
        if progress is not None:
            progress(done, info.frame_count)
        if isinstance(piece, Gap):
            continue
        frame = piece
        if looks < _LEAST_LOOKS or frame.time_ns - looked_ns >= _APART_S * 1e9:
            looks, looked_ns = looks + 1, frame.time_ns
            look(frame)
    while frame is not None and looks < _LEAST_LOOKS:
        looks += 1
        look(frame)
    return _regions(found, grid)


def _regions(found: np.ndarray[tuple[int, int], np.dtype[np.bool_]], grid: Grid) -> tuple[Region, ...]:
    """Boxes around what was found, in frame px; letters of a line together, the largest first."""
    wide = cv2.dilate(found.view(np.uint8), np.ones((3, 25), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(wide)
    boxes = sorted(stats[1:].tolist(), key=lambda box: -box[cv2.CC_STAT_AREA])[:_MOST_REGIONS]
    b = grid.binning
    return tuple(Region(x * b, y * b, columns * b, rows * b) for x, y, columns, rows, _ in boxes)
