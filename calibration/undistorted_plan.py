"""The scale that holds at each level of a plan, where the image chain distorts.

A plan states one scale. Where pincushion enlarges the edge of the field, a millimetre has more pixels there.
Contours stay as they are drawn, in frame px; only the millimetres per pixel differ from level to level.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from calibration.distortion import DistortionModel
from monitor.errors import CalibrationError
from monitor.plan import Level, Point, Scale, View, as_array

_SAMPLES = 24


@dataclass(frozen=True, slots=True)
class LevelFactor:
    """What a distortion does to the scale at a level.

    Parameters
    ----------
    factor : float
        Scale at the level relative to where the plan's scale holds; mean over the body, of areas.
    relative_sd : float
        Of a length in any direction anywhere in the body, relative: the spread of the scale across it and
        what it differs between directions.
    anisotropy : float
        Largest over smallest scale of all directions, mean over the body.
    """

    factor: float
    relative_sd: float
    anisotropy: float


def level_factors(
    view: View, model: DistortionModel, *, scale_holds_at: Point | None = None
) -> dict[str, LevelFactor]:
    """Factor of each level of a view, by its name.

    Parameters
    ----------
    view : View
    model : DistortionModel
        Of the frames that the view was drawn on.
    scale_holds_at : tuple of float or None
        Where in the frame (px) the plan's scale was measured; None: in the middle, where a header's holds.

    Raises
    ------
    CalibrationError
        The model is for another format, or its beads do not reach a body or the place of the scale.
    """
    if view.image is not None:
        model.check_fits(view.image.rows, view.image.columns)
    at = np.array([model.centre_px if scale_holds_at is None else scale_holds_at])
    reference = float(model.local_scale(at).factor[0])
    if not math.isfinite(reference):
        raise CalibrationError(f"the scale of view {view.name!r} was measured where the beads do not reach")
    factors = {}
    for level in view.levels:
        points = np.concatenate([_within(level), as_array(level.body)])
        if not model.covers(points).all():
            raise CalibrationError(
                f"view {view.name!r}, level {level.name!r}: the beads do not reach the body"
            )
        local = model.local_scale(points)
        scale, ratio = np.log(local.factor / reference), np.log(local.anisotropy)
        # a direction t sees half the log ratio times cos 2t: a variance of an eighth of its square
        spread = math.sqrt(float(scale.var() + (ratio**2).mean() / 8))
        factors[level.name] = LevelFactor(float(np.exp(scale.mean())), spread, float(np.exp(ratio.mean())))
    return factors


def level_views(
    view: View, model: DistortionModel, *, scale_holds_at: Point | None = None
) -> dict[str, View]:
    """The view as each level is to see it: the same anatomy, with the scale that holds at that level.

    Raises
    ------
    CalibrationError
        As `level_factors`.
    """
    views = {}
    for name, found in level_factors(view, model, scale_holds_at=scale_holds_at).items():
        scale = Scale(
            view.scale.mm_per_px * found.factor,
            min(math.hypot(view.scale.relative_uncertainty, found.relative_sd), 0.99),
            f"{view.scale.method}, undistorted at {name}",
        )
        views[name] = msgspec.structs.replace(view, scale=scale)
    return views


def _within(level: Level) -> NDArray[np.float64]:
    """Points all over a body, shape (n, 2) (px)."""
    body = as_array(level.body)
    low, size = body.min(axis=0), np.maximum(np.ptp(body, axis=0), 1e-9)
    small = np.rint((body - low) / size * (_SAMPLES - 1)).astype(np.int32)
    mask = np.zeros((_SAMPLES, _SAMPLES), np.uint8)
    cv2.fillPoly(mask, [small], 1)
    row, column = np.nonzero(cv2.erode(mask, np.ones((3, 3), np.uint8)))
    points: NDArray[np.float64] = low + np.stack([column, row], axis=1) / (_SAMPLES - 1) * size
    return points
