"""What must outlive a process that is killed: the bone without cement, and the cement known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.cement import CementDetector
from monitor.errors import PlanError
from monitor.reference import Reference
from monitor.tracking import Tracker
from monitor.viewport import Viewport

Float32 = NDArray[np.float32]
Bool = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class LevelMemory:
    """One level, arrays over its window in vertebra coordinates, all of the same shape.

    Parameters
    ----------
    name : str
    mean : ndarray, float32
        Registered mean attenuation without cement (log units).
    excursion : ndarray, float32
        How far the residual strayed while it was learned (log units).
    cement : ndarray of bool
        Confirmed cement.
    base, added : ndarray, float32
        Attenuation of the cement that is part of `mean`, and of that which is not (log units).
    drift_px : tuple of float
        Where the window is looked at, from where it was on the plan's frame, x then y (work px).
    """

    name: str
    mean: Float32
    excursion: Float32
    cement: Bool
    base: Float32
    added: Float32
    drift_px: tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """A view and its levels.

    Parameters
    ----------
    view : str
    grey : ndarray, shape (rows, columns) of the work grid, float32
        The frame that the plan was drawn on, binned, larger means more X-ray.
    beam_on_s : float
    levels : tuple of LevelMemory
        Those that had been learned.
    """

    view: str
    grey: Float32
    beam_on_s: float
    levels: tuple[LevelMemory, ...]


def remembered(
    name: str, reference: Reference, cement: CementDetector, viewport: Viewport
) -> LevelMemory | None:
    """Copies of what must outlive the process; None before the level has been learned."""
    if not reference.ready:
        return None
    mask, base, added = cement.parts
    x, y = viewport.drift
    mean, excursion = reference.mean.copy(), reference.learned_excursion.copy()
    return LevelMemory(name, mean, excursion, mask, base, added, (float(x), float(y)))


def recall(
    memory: LevelMemory, reference: Reference, cement: CementDetector, viewport: Viewport, tracker: Tracker
) -> None:
    """Take up what was remembered; learning anew must follow, since nobody knows what has happened since.

    Raises
    ------
    PlanError
        It was kept for another plan: the windows differ.
    """
    if memory.mean.shape != reference.mean.shape:
        raise PlanError(f"{memory.name}: what was kept of it does not fit the plan")
    drift = np.array(memory.drift_px, np.float64)
    viewport.move(drift)
    tracker.recall(drift)
    reference.recall(memory.mean, memory.excursion)
    cement.recall(memory.cement, memory.base, memory.added)
