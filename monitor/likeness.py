"""How like the planned view an image is: the surroundings of the marked bodies, wherever they have moved."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.grid import Grid
from monitor.intensity import WorkImage, coarse_cells, low_pass
from monitor.masks import dilated
from monitor.plan import View, as_array

Float32 = NDArray[np.float32]
Bool = NDArray[np.bool_]

_CELL_MM = 1.0
_MARGIN_MM = 14.0
_SHIFT_MM = 18.0
_BACKGROUND_MM = 5.0
_EDGE_CELLS = 2
_LEAST_SEEN = 0.7
_WHOLE: tuple[slice, slice] = (slice(None), slice(None))


class Likeness:
    """Compares images with the frame that the plan was drawn on, in cells of about a millimetre.

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
        self._newest: tuple[WorkImage, Bool, Float32 | None] | None = None

    @property
    def known(self) -> bool:
        """Whether there is a frame to compare with."""
        return self._template is not None

    def take_reference(self, work: WorkImage) -> None:
        """Take the frame that the plan was drawn on."""
        self._template = self.cells(work, None)[0][self._cut].copy()

    def cells(self, work: WorkImage, outside: Bool | None) -> tuple[Float32, Float32]:
        """What stands out from its surroundings, in cells, and where it can be seen (1, else 0).

        `outside`, shape of the work image, is what is out of the field: blades are no likeness.
        """
        cells = coarse_cells(work.attenuation(_WHOLE), self._step)
        seen = np.ones_like(cells)
        if outside is not None and outside.any():
            hidden = coarse_cells(outside.astype(np.float32), self._step) > 0
            seen = (~dilated(hidden, _EDGE_CELLS)).astype(np.float32)
        return (cells - low_pass(cells, seen, self._sigma_px)) * seen, seen

    def look(self, work: WorkImage, outside: Bool) -> Float32 | None:
        """`cells` of a pulse, worked out once for all who ask; None where too little is in the field."""
        if self._newest is None or self._newest[0] is not work or self._newest[1] is not outside:
            cells, seen = self.cells(work, outside)
            planned = seen[self._cut]
            enough = not planned.size or float(planned.mean()) >= _LEAST_SEEN
            self._newest = (work, outside, cells if enough else None)
        return self._newest[2]

    def anywhere(self, cells: Float32) -> float:
        """Best correlation with the bodies' surroundings in the whole image; as `at`."""
        return self.at(cells, reach=max(cells.shape))

    def at(self, cells: Float32, size: float = 1.0, *, reach: int | None = None) -> float:
        """Best correlation with the bodies' surroundings at a size, -1 to 1; 0 without a template.

        `reach` is how far they may have moved (cells); None: as far as a table usually takes them.
        """
        template = self._template
        if template is None:
            return 0.0
        rows, columns = (max(4, round(n * size)) for n in template.shape)
        scaled = template
        if size != 1.0:
            scaled = cv2.resize(template, (columns, rows), interpolation=cv2.INTER_AREA)  # type: ignore[assignment]  # float32 stays so
        # a zoom keeps the middle of the image where it is
        middle = np.array([cells.shape[1], cells.shape[0]]) / 2
        corner = (np.array([self._cut[1].start, self._cut[0].start]) - middle) * size + middle
        x, y = (int(v) for v in np.round(corner))
        reach = self._reach if reach is None else reach
        top, left = max(0, y - reach), max(0, x - reach)
        searched = cells[top : max(0, y + rows + reach), left : max(0, x + columns + reach)]
        trimmed = scaled[: searched.shape[0], : searched.shape[1]]
        if min(trimmed.shape, default=0) < 8:
            return 0.0
        if trimmed.shape != scaled.shape:
            # larger than the field: what has been cut off at all sides cannot be compared
            r0, c0 = (max(0, -v) for v in (y, x))
            trimmed = scaled[r0 : r0 + cells.shape[0] - top, c0 : c0 + cells.shape[1] - left]
            trimmed = trimmed[: searched.shape[0], : searched.shape[1]]
        found = cv2.matchTemplate(searched, np.ascontiguousarray(trimmed), cv2.TM_CCOEFF_NORMED)
        return float(found.max()) if np.isfinite(found).all() else 0.0
