"""Where the frame that the plan was drawn on lies, once the bone is known better than that frame shows it.

Every pulse is first followed against that one frame, and its noise leads them all astray alike: the learned
mean is sharp, but lies beside the marks. The frame is therefore fitted to the mean, whose edges are clean,
and the marks are moved to where they belong.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from monitor.config import MotionConfig
from monitor.motion import band_pass, fit_pose, make_template
from monitor.plan import Level

Float32 = NDArray[np.float32]
Bool = NDArray[np.bool_]
Path = tuple[tuple[float, float], ...]

_LEAST_MM, _MOST_MM = 0.2, 1.5
_SIGMAS = 3.0
_PRIOR_MM = 1.0
_LEAST_LIKE = 0.3


def misplaced_by(
    drawn: Float32, mean: Float32, band: Bool, mm_per_px: float, config: MotionConfig, pulses: int
) -> tuple[float, float] | None:
    """How far the plan's frame lies from the learned mean; None where that is within its error, or not known.

    Parameters
    ----------
    drawn, mean : ndarray, shape of the level's window, float32
        Attenuation of the plan's frame, and the mean of `pulses` registered on it.
    band : ndarray of bool, same shape
        Bone to register on.

    Returns
    -------
    (float, float) or None
        A point at p in the mean is at p plus this in the plan's frame, x then y (px).
    """
    template = make_template(mean, band, mm_per_px, config, pulses)
    if template is None:
        return None
    fit = fit_pose(
        band_pass(drawn, mm_per_px, config), template, (0.0, 0.0, 0.0), None, config, _PRIOR_MM / mm_per_px
    )
    if fit is None or fit.correlation < _LEAST_LIKE:
        return None
    off_mm = math.hypot(*fit.shift) * mm_per_px
    if not max(_LEAST_MM, _SIGMAS * fit.sigma_px * mm_per_px) < off_mm < _MOST_MM:
        return None
    return float(fit.shift[0]), float(fit.shift[1])


def moved(level: Level, by_px: tuple[float, float]) -> Level:
    """The level with every mark moved (px of the frame, x then y)."""

    def path(points: Sequence[tuple[float, float]]) -> Path:
        return tuple((x + by_px[0], y + by_px[1]) for x, y in points)

    changes: dict[str, object] = {"body": path(level.body)}
    for name in ("posterior_wall", "anterior_wall", "superior_endplate", "inferior_endplate", "foramen"):
        points = getattr(level, name)
        if points is not None:
            changes[name] = path(points)
    changes["veins"] = tuple(msgspec.structs.replace(vein, path=path(vein.path)) for vein in level.veins)
    changes["cannulas"] = tuple(
        msgspec.structs.replace(tube, path=path(tube.path)) for tube in level.cannulas
    )
    return msgspec.structs.replace(level, **changes)
