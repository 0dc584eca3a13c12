"""Thickness of cement over what it adds, from the steps of a wedge.

Scatter, beam hardening and the display curve all bend the curve, and only their product is seen. A monotone
curve through the steps (Fritsch and Carlson, SIAM J. Numer. Anal. 17, 1980) takes them as they come.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from calibration.density import nominal_attenuation_per_mm
from calibration.wedge import Wedge
from monitor.errors import CalibrationError
from monitor.frame import PixelIntensityRelationship
from monitor.thickness import NODES, ThicknessModel
from monitor.volume import DensityCalibration

Floats = NDArray[np.float64]

_ELSEWHERE_SD = 0.05
"""There is other scatter over the spine than over the wedge."""
_DISPLAY_SD = 0.15
"""An unknown display curve has another slope where the image is darker or brighter than beside the wedge."""
_OFF_CURVE = 0.15
_UNLIKELY_RATIO = 4.0
_THICKNESS_SD = 0.01
"""How well the steps' own thickness is known."""


@dataclass(frozen=True, slots=True)
class DensityFit:
    """A fitted density, the thicknesses that it holds between (mm), and how far steps lie off the curve.

    `off_curve` is the largest relative error of a step that is foretold by the others.
    """

    density: DensityCalibration
    valid_mm: tuple[float, float]
    off_curve: float
    lines: tuple[str, ...]


def thickness_over_added(added_log: Floats, thickness_mm: Floats) -> Floats:
    """Thickness at `NODES` by a monotone curve through the origin and the steps; straight beyond them."""
    curve = PchipInterpolator(np.append(0.0, added_log), np.append(0.0, thickness_mm))
    slope = curve.derivative()
    last = float(added_log[-1])
    inner: Floats = np.asarray(curve(np.clip(NODES, 0.0, last)), np.float64)
    inner += np.minimum(NODES, 0.0) * float(slope(0.0))
    inner += np.maximum(NODES - last, 0.0) * max(float(slope(last)), thickness_mm[-1] / last)
    return inner


def fit_density(
    wedge: Wedge, relationship: PixelIntensityRelationship, kvp: float | None = None
) -> DensityFit:
    """Density from a wedge.

    Parameters
    ----------
    wedge : Wedge
    relationship : PixelIntensityRelationship
        Of the picture that it was measured on.
    kvp : float or None
        Tube voltage (kV), where known: what cement cannot be at it is refused (LIN only).

    Raises
    ------
    CalibrationError
        The steps lie on no smooth curve, or attenuate as no cement does.
    """
    added = np.array([step.added_log for step in wedge.steps])
    sd = np.array([step.sd_log for step in wedge.steps])
    thickness = np.array([step.thickness_mm for step in wedge.steps])
    off = _off_curve(added, thickness)
    if off > _OFF_CURVE:
        raise CalibrationError(
            f"the steps lie on no smooth curve: one is {100 * off:.0f} % off what the others foretell; "
            "are the thicknesses right?"
        )
    per_mm = float(added[0] / thickness[0])
    linear = relationship is PixelIntensityRelationship.LIN
    if linear:
        stated = 80.0 if kvp is None else round(min(max(kvp, 40.0), 150.0), 1)
        expected = nominal_attenuation_per_mm(stated)
        if not expected / _UNLIKELY_RATIO < per_mm < expected * _UNLIKELY_RATIO:
            raise CalibrationError(
                f"the wedge attenuates {per_mm:.3f} per mm, cement about {expected:.3f}: is it cement, and "
                "are the thicknesses in mm?"
            )
    random = float(np.sqrt(np.mean(np.square(sd / added))) / math.sqrt(len(added)))
    own = math.hypot(random, _THICKNESS_SD)
    elsewhere = _ELSEWHERE_SD if linear else math.hypot(_ELSEWHERE_SD, _DISPLAY_SD)
    relative_sd = math.hypot(own, elsewhere)
    one = np.ones(1)
    curve = thickness_over_added(added, thickness)
    model = ThicknessModel(curve[None], one, np.zeros(1), relative_sd * one)
    method = f"wedge of {len(added)} steps" + ("" if kvp is None else f", {kvp:.0f} kVp")
    lines = [
        f"{step.thickness_mm:g} mm adds {step.added_log:.4f} plus or minus {1.96 * step.sd_log:.4f}"
        for step in wedge.steps
    ]
    lines.append(f"each step is foretold by the others to within {100 * off:.1f} %")
    lines.append(
        f"plus or minus {196 * own:.1f} % on the wedge, {196 * relative_sd:.1f} % over the spine (95 %): "
        + ("scatter differs" if linear else "scatter and the slope of the display curve differ")
    )
    return DensityFit(
        DensityCalibration(per_mm, relative_sd, method, model=model),
        (float(thickness[0]), float(thickness[-1])),
        off,
        tuple(lines),
    )


def _off_curve(added: Floats, thickness: Floats) -> float:
    """Largest relative error of an inner step that its neighbours foretell, by a quadratic in logarithms."""
    if len(added) < 4:
        return 0.0
    x, y = np.log(thickness), np.log(added)
    errors = []
    for k in range(len(x)):
        others = np.delete(np.arange(len(x)), k)
        near = others[np.argsort(np.abs(x[others] - x[k]))[:4]]
        # one degree less than there are neighbours; a line where there are three
        degree = 2 if len(near) >= 4 and x[near].min() < x[k] < x[near].max() else 1
        if degree == 1 and not x[near].min() < x[k] < x[near].max():
            continue
        foretold = np.polyval(np.polyfit(x[near], y[near], degree), x[k])
        errors.append(abs(math.expm1(float(foretold - y[k]))))
    return max(errors, default=0.0)
