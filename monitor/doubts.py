"""Why a level may not be believed, or not wholly, in words: one function for each reason."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from monitor.config import CementConfig, HealthConfig, IntensityConfig, LearningConfig
from monitor.intensity import Curve
from monitor.robust import median
from monitor.states import Reason, State


def learning(level: str, learned_s: float, config: LearningConfig) -> Reason:
    """The reference is not there yet; `learned_s` is how long it has been learned (s)."""
    left_s = max(0.0, config.shortest_s - learned_s)
    text = f"learning the image without cement, about {left_s:.0f} s"
    return Reason(State.LEARNING, "learning", text, level)


def too_poor(level: str, thinnest_mm: float | None, config: CementConfig) -> Reason | None:
    """Only thick cement would be seen; `thinnest_mm` is the thinnest that would, None where not known.

    Up to a limit what is seen is still told, as DEGRADED: thick cement in the canal is better told than not.
    """
    if thinnest_mm is None or thinnest_mm <= config.thinnest_monitored_mm:
        return None
    text = f"only cement thicker than {thinnest_mm:.1f} mm would be seen"
    if thinnest_mm <= config.thinnest_watched_mm:
        return Reason(State.DEGRADED, "poor", f"poor image: {text}", level)
    return Reason(State.NOT_MONITORING, "too_poor", f"image too poor: {text}", level)


def noisy(level: str, noise_ratio: float, config: HealthConfig) -> Reason | None:
    """The image is noisier than the one that was learned, by `noise_ratio`."""
    if noise_ratio <= config.noise_ratio:
        return None
    text = f"noise {noise_ratio:.1f} times that of the reference"
    return Reason(State.NOT_MONITORING, "noisy", text, level)


def ill_exposed(
    level: str, grey: NDArray[np.float32], body: NDArray[np.bool_], curve: Curve, config: IntensityConfig
) -> Reason | None:
    """A level drawn with a handful of grey levels, or in plain white, cannot be monitored.

    Parameters
    ----------
    grey : ndarray, shape of the window, float32
        Stored values where the level is.
    body : ndarray of bool, same shape
    curve : Curve
        Says from where on values are clipped.
    """
    inner = grey[body]
    if inner.size and np.count_nonzero(inner >= curve.highest) > config.most_saturated * inner.size:
        return Reason(State.NOT_MONITORING, "saturated", f"image saturated at {level}", level)
    # whether the median is high enough is told by counting; only where it is not it is needed itself
    if np.count_nonzero(inner < config.fewest_grey_levels) <= inner.size // 2 and inner.size:
        return None
    levels = median(inner) if inner.size else 0.0
    return Reason(
        State.NOT_MONITORING, "too_dark", f"image too dark at {level}: {levels:.0f} grey levels", level
    )


def collimated(level: str, *, covers: bool) -> Reason:
    """Blades move, or cover the body."""
    text = f"{level} is out of the field of view" if covers else "the collimator moves"
    return Reason(State.NOT_MONITORING, "collimation", text, level)


def faint(level: str) -> Reason:
    """The bone cannot be followed; the level is taken to be still."""
    text = f"bone at {level} too faint to follow: only gross changes are seen"
    return Reason(State.DEGRADED, "faint", text, level)


def instrument_moves(level: str) -> Reason:
    """A needle or gas moves: around it cement cannot be told from it."""
    text = f"an instrument or gas moves at {level}: around it nothing can be seen"
    return Reason(State.DEGRADED, "instrument_moves", text, level)
