"""Whether the image is as large as the one that the plan was drawn on: zoom and distance change its size.

Marks and millimetres are then wrong, however well the bone is followed. After every disturbance the
surroundings of the marked bodies are looked for in the image at other sizes, one size at each pulse.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.grid import Grid
from monitor.intensity import WorkImage, coarse_cells, low_pass
from monitor.masks import dilated
from monitor.plan import View, as_array
from monitor.states import Reason, State

Float32 = NDArray[np.float32]
Bool = NDArray[np.bool_]

_CELL_MM = 1.0
_MARGIN_MM = 14.0
_SHIFT_MM = 18.0
_BACKGROUND_MM = 5.0
_SIZES = (1.0, 1.05, 0.95, 1.1, 0.9, 1.16, 0.86, 1.22, 0.8, 1.3, 0.74, 1.4, 0.68, 1.5)
_SUSPECT_S = 6.0
_STEADY = 0.5
_SURE, _BETTER = 0.35, 0.08
_SAME_SIZE = 0.03
_AGREEING = 3
_LEAST_SEEN = 0.7
_EDGE_CELLS = 2
_WHOLE: tuple[slice, slice] = (slice(None), slice(None))


class ZoomWatch:
    """Watches the size of the image. Single-threaded; `look` once for each new pulse.

    Parameters
    ----------
    view : View
        Says where the bodies are.
    grid : Grid
    """

    def __init__(self, view: View, grid: Grid) -> None:
        self._step = max(1, round(_CELL_MM / grid.mm_per_px))
        cell_mm = self._step * grid.mm_per_px
        points = np.concatenate([grid.to_work(as_array(level.body)) for level in view.levels]) / self._step
        margin, self._reach = (round(mm / cell_mm) for mm in (_MARGIN_MM, _SHIFT_MM))
        low = np.maximum(np.floor(points.min(axis=0)) - margin, 0).astype(int)
        high = np.ceil(points.max(axis=0)).astype(int) + margin + 1
        self._cut = (slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0])))
        self._sigma_px = _BACKGROUND_MM / cell_mm
        self._template: Float32 | None = None
        self._suspect_until_s: float | None = None
        self._begin()
        self.size: float | None = None
        """How many times as large as planned the image is; None: as planned, as far as is known."""

    def take_reference(self, work: WorkImage) -> None:
        """Take the frame that the plan was drawn on."""
        self._template = self._coarse(work, None)[0][self._cut].copy()
        self.size = None
        self._begin()

    def suspect(self, time_s: float) -> None:
        """Something has happened to the image: look for some seconds."""
        if self._suspect_until_s is None:
            self._begin()
        self._suspect_until_s = time_s + _SUSPECT_S

    def look(self, work: WorkImage, outside: Bool, time_s: float) -> Reason | None:
        """Take in a pulse; why nothing can be monitored, None where the size is as planned.

        `outside`, shape of the work image, is what is out of the field: blades are of no size.
        """
        if self._suspect_until_s is None or self._template is None:
            return None
        if time_s > self._suspect_until_s and self.size is None:
            self._suspect_until_s = None
            return None
        size = _SIZES[self._turn % len(_SIZES)]
        self._turn += 1
        image, seen = self._coarse(work, outside)
        planned = seen[self._cut]
        if planned.size and float(planned.mean()) < _LEAST_SEEN:
            return self._reason()
        score = self._likeness(image, size)
        before = self._scores.get(size)
        self._scores[size] = score if before is None else before + _STEADY * (score - before)
        if len(self._scores) == len(_SIZES):
            self._decide()
        return self._reason()

    def _begin(self) -> None:
        self._scores: dict[float, float] = {}
        self._turn = 0
        self._candidate, self._agreeing = 1.0, 0

    def _decide(self) -> None:
        best = max(self._scores, key=lambda size: self._scores[size])
        planned = self._scores[1.0]
        other = abs(best - 1.0) > _SAME_SIZE and self._scores[best] > max(_SURE, planned + _BETTER)
        self._agreeing = self._agreeing + 1 if other and best == self._candidate else int(other)
        self._candidate = best
        if self._agreeing >= _AGREEING:
            self.size = best
        elif planned > _SURE and planned + _BETTER > self._scores[best]:
            self.size = None

    def _reason(self) -> Reason | None:
        if self.size is None:
            return None
        text = (
            f"the image is about {self.size:.2f} times as large as planned: zoom or distance has changed, "
            "mark and calibrate again"
        )
        return Reason(State.NOT_MONITORING, "zoom", text)

    def _coarse(self, work: WorkImage, outside: Bool | None) -> tuple[Float32, Float32]:
        """What stands out from its surroundings, in cells, and where it can be seen (1, else 0)."""
        cells = coarse_cells(work.attenuation(_WHOLE), self._step)
        seen = np.ones_like(cells)
        if outside is not None and outside.any():
            hidden = coarse_cells(outside.astype(np.float32), self._step) > 0
            seen = (~dilated(hidden, _EDGE_CELLS)).astype(np.float32)
        return (cells - low_pass(cells, seen, self._sigma_px)) * seen, seen

    def _likeness(self, image: Float32, size: float) -> float:
        """Best correlation of the bodies' surroundings at a size, wherever the table may have taken them."""
        template = self._template
        if template is None:
            return 0.0
        rows, columns = (max(4, round(n * size)) for n in template.shape)
        scaled = cv2.resize(template, (columns, rows), interpolation=cv2.INTER_AREA)
        # a zoom keeps the middle of the image where it is
        middle = np.array([image.shape[1], image.shape[0]]) / 2
        corner = (np.array([self._cut[1].start, self._cut[0].start]) - middle) * size + middle
        x, y = (int(v) for v in np.round(corner))
        top, left = max(0, y - self._reach), max(0, x - self._reach)
        searched = image[top : max(0, y + rows + self._reach), left : max(0, x + columns + self._reach)]
        trimmed = scaled[: searched.shape[0], : searched.shape[1]]
        if min(trimmed.shape, default=0) < 8:
            return 0.0
        if trimmed.shape != scaled.shape:
            # larger than the field: what has been cut off at all sides cannot be compared
            r0, c0 = (max(0, -v) for v in (y, x))
            trimmed = scaled[r0 : r0 + image.shape[0] - top, c0 : c0 + image.shape[1] - left]
            trimmed = trimmed[: searched.shape[0], : searched.shape[1]]
        found = cv2.matchTemplate(searched, np.ascontiguousarray(trimmed), cv2.TM_CCOEFF_NORMED)
        return float(found.max()) if np.isfinite(found).all() else 0.0
