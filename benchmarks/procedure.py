"""What is measured on: a procedure with known truth, whichever forward model rendered it.

The detector is judged on procedures of several models that know nothing of each other. They meet
in these types alone, which also hold all that the scoring needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from monitor.frame import Pixels, SourceInfo
from monitor.plan import Plan

CEMENT_AT_MM = 0.3
"""Projected thickness (mm) from which a pixel counts as cement."""


@dataclass(frozen=True, slots=True)
class LevelScene:
    """One treated level in one frame, as it really is.

    Parameters
    ----------
    name : str
    distances_mm : mapping of str to (float or None)
        Signed, to ``posterior_wall``, ``superior_endplate``, ...: positive while all projected cement
        is inside, minus how far it is beyond otherwise; ``vein``: 0 on contact. None where there is
        no cement or the structure is not seen in this projection.
    volume_ml : float
        Cement of this level in the patient, in the body and leaked.
    shift_px : (float, float)
        Displacement of the level's centre since the first frame, x then y.
    """

    name: str
    distances_mm: Mapping[str, float | None]
    volume_ml: float
    shift_px: tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class FrameScene:
    """One frame, as it really is.

    Parameters
    ----------
    time_s : float
    thickness_mm : ndarray, shape (rows, columns), float32
        Cement along the beam, in the coordinates of this frame; what fills the cannula does not count.
    levels : tuple of LevelScene
    """

    time_s: float
    thickness_mm: NDArray[np.float32]
    levels: tuple[LevelScene, ...]

    @property
    def mask(self) -> NDArray[np.bool_]:
        """Pixels that count as cement."""
        return self.thickness_mm >= CEMENT_AT_MM


@dataclass(frozen=True, slots=True)
class LeakScene:
    """A leak of the procedure.

    Parameters
    ----------
    level : str
    leak_class : str
        ``canal``, ``disc_superior``, ``disc_inferior``, ``vein``, ``paravertebral`` or ``embolus``.
    present_s : float
        When any of it exists.
    visible_s : float or None
        When it can be seen in this projection: `CEMENT_AT_MM` thick, outside the outline of the body, not
        behind steel or other cement, 1.5 mm wide and 2 mm2 large. None: never.
    gone_s : float or None
        When it has left the field (an embolus).
    """

    level: str
    leak_class: str
    present_s: float
    visible_s: float | None
    gone_s: float | None = None


class Procedure(Protocol):
    """A rendered procedure. `pixels` and `scene` may be called for any frame, in any order."""

    @property
    def name(self) -> str:
        """Model, scenario, seed and what was varied, in a few words."""

    @property
    def info(self) -> SourceInfo:
        """What a source would say of the frames."""

    @property
    def plan(self) -> Plan:
        """What a perfect operator would mark on the first frame, every structure that is there."""

    @property
    def frame_count(self) -> int:
        """Number of frames."""

    @property
    def leaks(self) -> tuple[LeakScene, ...]:
        """All leaks, in the order in which they appear."""

    def time_s(self, frame: int) -> float:
        """Time of a frame (s)."""

    def pixels(self, frame: int) -> Pixels:
        """Stored values of a frame, shape (rows, columns)."""

    def scene(self, frame: int) -> FrameScene:
        """What is really there in a frame."""
