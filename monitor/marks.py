"""The marks of a level: what was drawn and what is derived, both better once the bone is learned."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from monitor.config import Config
from monitor.corridor import Corridor
from monitor.derived import derive
from monitor.grid import Grid
from monitor.plan import Level, View
from monitor.plan_frame import misplaced_by, moved
from monitor.reference import Reference
from monitor.zones import level_maps

Float32 = NDArray[np.float32]


class Marks:
    """Keeps the marks and their maps. Single-threaded.

    Parameters
    ----------
    view, level : View, Level
    grid : Grid
    config : Config
    """

    def __init__(self, view: View, level: Level, grid: Grid, config: Config) -> None:
        self._view, self._grid, self._config = view, grid, config
        self._marked = level
        completed = derive(view, level)
        self.level = completed.level
        """With what has been derived."""
        self.maps = level_maps(view, completed.level, grid, config, completed.names)
        self.misplaced_px = (0.0, 0.0)
        """`plan_frame.misplaced_by`, x then y (work px)."""
        self._drawn: Float32 | None = None

    def take_plan_frame(self, drawn: Float32) -> None:
        """Attenuation of the plan's frame over the level's window."""
        self._drawn = drawn.copy()

    def better(self, reference: Reference, corridor: Corridor) -> bool:
        """Look again with the bone learned and the cannulas found; True where the maps are new."""
        grid = self._grid
        by_px = None
        if self._drawn is not None:
            by_px = misplaced_by(
                self._drawn, reference.mean, self.maps.band, grid.mm_per_px, self._config.motion,
                reference.pulses,
            )  # fmt: skip
            self._drawn = None
        if by_px is not None:
            self._marked = moved(self._marked, (-by_px[0] * grid.binning, -by_px[1] * grid.binning))
            self.misplaced_px = by_px
        # a cannula found in the image tells which side is behind, where the plan does not
        origin = self.maps.window.origin
        ends = [
            (grid.to_frame((axis.start + origin)[None])[0], grid.to_frame((axis.end + origin)[None])[0])
            for axis in corridor.found
        ]
        completed = derive(self._view, self._marked, ends)
        if by_px is None and completed.names <= self.maps.derived:
            return False
        self.level = completed.level
        self.maps = level_maps(
            self._view, completed.level, grid, self._config, completed.names, self.maps.window
        )
        return True
