"""The detector's own front end for other detectors: registered, background-corrected residuals.

The levels run as they do in the pipeline; what they hand to the decision is caught on its way. So the
peers see exactly what the own decision sees, with background and reference kept clear of what the
own decision suspects: more than a peer alone could offer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.cement import Decision
from monitor.config import Config
from monitor.field import Field, FieldOfView
from monitor.frame import Pixels, SourceInfo
from monitor.grid import Grid
from monitor.intensity import Curve, WorkImage, to_work_image
from monitor.level import LevelMonitor
from monitor.motion import Fit, pose_matrix
from monitor.plan import View
from monitor.states import State
from monitor.zones import LevelMaps

Float32 = NDArray[np.float32]
Bool = NDArray[np.bool_]
Matrix = NDArray[np.float64]

AVERAGED_S = 0.35
"""Time constant of the average that is handed on, as the own decision averages."""


@dataclass(frozen=True, slots=True, eq=False)
class Residual:
    """What a level's decision sees in one pulse.

    Parameters
    ----------
    added : ndarray, shape (rows, columns), float32
        Averaged residual in reference coordinates over the level's window (log units).
    visible : ndarray of bool, same shape
    learning : bool
        The reference is not ready: nothing should be decided yet.
    fit : Fit
        Where the reference is in this frame.
    """

    added: Float32
    visible: Bool
    learning: bool
    fit: Fit


class _Tapped(LevelMonitor):
    """A level that keeps what it hands to its decision."""

    caught: tuple[Float32, Bool] | None = None

    def _decide(self, residual: Float32, *rest: Any) -> Decision:  # noqa: ANN401 - handed on as it comes
        self.caught = (residual, self._visible)
        return super()._decide(residual, *rest)


class LevelFrontEnd:
    """Front end of one level."""

    def __init__(self, view: View, number: int, grid: Grid, config: Config) -> None:
        self._level = _Tapped(view, view.levels[number], grid, config, None, lambda _: None)
        self._added: Float32 | None = None
        self._last_s = 0.0

    @property
    def maps(self) -> LevelMaps:
        """Maps of the level over its window."""
        return self._level.maps

    @property
    def centre(self) -> NDArray[np.float64]:
        """Point that poses turn about (window px)."""
        return self._level.centre

    @property
    def origin(self) -> NDArray[np.float64]:
        """Where the window's first pixel is looked at now, x then y (work px)."""
        return self._level.origin

    def take_reference(self, work: WorkImage) -> None:
        """Take the frame that the plan was drawn on."""
        self._level.take_reference(work)

    def step(self, work: WorkImage, field: Field, time_s: float) -> Residual | None:
        """Residual of a frame; None where the front end does not trust itself."""
        level = self._level
        level.caught = None
        now_ns = round(time_s * 1e9)
        done = level.step(work, field, now_ns, now_ns)
        state = done.result.state
        if level.caught is None or done.fit is None or state is State.NOT_MONITORING:
            self._added = None
            return None
        residual, visible = level.caught
        if self._added is None:
            self._added = np.zeros_like(residual)
        keep = np.float32(np.exp(-max(time_s - self._last_s, 1e-3) / AVERAGED_S))
        self._last_s = time_s
        self._added = np.asarray(self._added * keep + residual * (1 - keep), np.float32)
        return Residual(self._added, visible, state is State.LEARNING, done.fit)


class FrontEnd:
    """Front end of all levels of a view.

    Parameters
    ----------
    view : View
    info : SourceInfo
    config : Config
    """

    def __init__(self, view: View, info: SourceInfo, config: Config) -> None:
        self.info = info
        self.grid = Grid.for_frames(
            info.rows, info.columns, view.scale.mm_per_px, config.intensity.work_mm_per_px
        )
        self._curve = Curve.of(info.intensity, config.intensity)
        shape = (self.grid.rows, self.grid.columns)
        self._field = FieldOfView(shape, self.grid.mm_per_px, config.field)
        self.levels = [LevelFrontEnd(view, k, self.grid, config) for k in range(len(view.levels))]
        self._first = True

    def work_image(self, pixels: Pixels) -> WorkImage:
        """Bin a frame to the work grid."""
        return to_work_image(pixels, self.info.intensity, self.grid, self._curve)

    def step(self, work: WorkImage, time_s: float) -> list[Residual | None]:
        """Residuals of a frame, one per level."""
        if self._first:
            for level in self.levels:
                level.take_reference(work)
            self._first = False
        field = self._field.look(work.grey, time_s)
        return [level.step(work, field, time_s) for level in self.levels]

    def pose_matrices(self, residuals: Sequence[Residual | None]) -> list[Matrix | None]:
        """Where each level's window is in the live window, as an affine map, shape (2, 3)."""
        return [
            None if residual is None else pose_matrix(level.centre, residual.fit)
            for level, residual in zip(self.levels, residuals, strict=True)
        ]

    def on_frame(self, masks: Sequence[Bool | None], matrices: Sequence[Matrix | None]) -> Bool:
        """Masks over the levels' windows, moved by their matrices, as one mask on the frame."""
        shape = (self.info.rows, self.info.columns)
        canvas = np.zeros(shape, bool)
        b = self.grid.binning
        for level, mask, matrix in zip(self.levels, masks, matrices, strict=True):
            if mask is None or matrix is None or not mask.any():
                continue
            offset = (matrix[:, 2] + level.origin + 0.5) * b - 0.5
            to_frame = np.hstack([matrix[:, :2] * b, offset[:, None]])
            layer = cv2.warpAffine(mask.astype(np.uint8) * 255, to_frame, shape[::-1], flags=cv2.INTER_LINEAR)
            canvas |= layer > 127
        return canvas
