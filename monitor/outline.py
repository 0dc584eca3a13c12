"""The cement as it is drawn and measured: three ways of looking, joined.

The outline of what has been confirmed (`edge`), faint lines that run off from it (`thin_vein`), and what runs
back behind the cannula (`shaft_cement`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.config import Config
from monitor.corridor import Axis
from monitor.edge import CementEdge
from monitor.shaft_cement import ShaftCement
from monitor.thin_vein import ThinVein
from monitor.volume import DensityCalibration
from monitor.zones import LevelMaps

Float32 = NDArray[np.float32]
Bool = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Cement in reference coordinates, arrays over a level's window.

    Parameters
    ----------
    cement : ndarray of bool
        What is drawn.
    suspected : ndarray of bool
        The same, and where more of it may be behind a cannula.
    """

    cement: Bool
    suspected: Bool


class CementOutline:
    """Draws the cement of one level. Single-threaded; `follow` and `draw` once for each new pulse."""

    def __init__(
        self, maps: LevelMaps, mm_per_px: float, config: Config, density: DensityCalibration | None
    ) -> None:
        self._edge = CementEdge(maps.body, mm_per_px, config.edge, density)
        self._thin_vein = ThinVein(maps.body_distance_mm, mm_per_px, config.thin_vein)
        self._shaft = ShaftCement(maps.body_distance_mm, mm_per_px, config.shaft_cement)

    @property
    def excess(self) -> Float32 | None:
        """`CementEdge.excess`."""
        return self._edge.excess

    def start_anew(self, kept: Bool | None = None) -> None:
        """The reference is learned anew; where it is `kept`, what was added to it still is."""
        self._edge.start_anew(kept)
        self._thin_vein.start_anew()
        self._shaft.start_anew()

    def forget(self, part: Bool) -> None:
        """A part of the reference has been learned anew: what was added to it is gone."""
        self._edge.start_anew(~part)

    def adopt(self, axes: Sequence[Axis], hidden: Bool) -> None:
        """Take the cannulas that the reference shows; what is `hidden` cannot be seen through."""
        self._shaft.adopt(axes, hidden)

    def widened(self, dead_zone: Float32) -> Float32:
        """`ShaftCement.widened`."""
        return self._shaft.widened(dead_zone)

    def follow(self, residual: Float32, dt_s: float) -> None:
        """Take in the residual of a pulse, before the matched blur (log units)."""
        self._edge.follow(residual, dt_s)

    def draw(self, confirmed: Bool, dead_zone: Float32, visible: Bool) -> Drawn:
        """The outline alone, while the reference is still being learned: see `CementEdge.outline`."""
        outline = self._edge.outline(confirmed, dead_zone, visible)
        return Drawn(outline, outline)

    def draw_all(
        self,
        residual: Float32,
        confirmed: Bool,
        dead_zone: Float32,
        visible: Bool,
        usable: Bool,
        steel: Bool,
        dt_s: float,
        *,
        trusted: bool,
        thin_rests: bool = False,
    ) -> Drawn:
        """The outline, thin veins, and what lies behind cannulas.

        Parameters
        ----------
        residual : ndarray, shape of the window, float32
            Attenuation added since the reference, before the matched blur (log units).
        confirmed : ndarray of bool, same shape
        dead_zone : ndarray, same shape, float32
        visible, usable : ndarray of bool, same shape
            Where cement could be seen; and where nothing moves besides.
        steel : ndarray of bool, same shape
            Cannulas: no thin vein is looked for there.
        dt_s : float
            Time since the pulse before (s).
        trusted : bool
            False in phases of the breath that have not been learned.
        thin_rests : bool
            No thin veins are looked for at this pulse (`turns`).
        """
        outline = self._edge.outline(confirmed, dead_zone, visible)
        outline = outline | self._thin_vein.look(
            residual, usable & ~steel, confirmed, dt_s, trusted=trusted, rests=thin_rests
        )
        behind = self._shaft.look(residual, usable, outline, dt_s, trusted=trusted)
        outline = outline | behind.cement
        return Drawn(outline, outline | behind.suspected)
