"""Fit a distortion to the marks of a phantom.

The order of the polynomials is the lowest whose error at marks that it was not fitted to is no worse than
that of any other; those errors are what the model states of itself.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from calibration.beads import FoundBeads
from calibration.bivariate import count_of, powers, robust_fit
from calibration.distortion import DistortionModel
from calibration.hull import hull_of, inside
from calibration.misses import Residual
from monitor.errors import CalibrationError

Floats = NDArray[np.float64]
Bool = NDArray[np.bool_]

_SHAPES = tuple((order, rings) for order in range(1, 10) for rings in (0, 1, 2) if order < 7 or not rings)
"""Orders of the polynomials and rings beyond them that are tried."""
_MARKS_PER_TERM = 3
_FOLDS = 6
_NO_WORSE = 1.005
_WORST_RMS_PITCHES = 0.1


def fit_distortion(beads: FoundBeads, *, field_mm: float | None = None) -> DistortionModel:
    """Fit the distortion to the marks of a phantom.

    Parameters
    ----------
    beads : FoundBeads
    field_mm : float or None
        Nominal size of the intensifier's field, kept to refuse the calibration for another.

    Raises
    ------
    CalibrationError
        Marks that no smooth distortion explains, or that do not surround the middle of the frame.
    """
    points, places = beads.points_px, beads.plate_mm
    middle = np.array([beads.columns - 1, beads.rows - 1]) / 2
    hull = hull_of(points)
    if not inside(middle[None], hull)[0]:
        raise CalibrationError("the beads do not surround the middle of the picture")
    radius = float(np.hypot(*(points - middle).T).max())
    normal = (points - middle) / radius
    shape, held_out, used = _chosen_by_held_out_marks(normal, places)
    coefficients, _ = robust_fit(powers(normal, *shape), places)
    rms = float(np.sqrt((held_out[used] ** 2).mean()))
    if rms > _WORST_RMS_PITCHES * beads.lattice.pitch_mm:
        raise CalibrationError(
            f"no smooth distortion explains the beads: they are {rms:.2f} mm off, "
            f"at a pitch of {beads.lattice.pitch_mm:g} mm"
        )
    model = DistortionModel(
        rows=beads.rows,
        columns=beads.columns,
        field_mm=field_mm,
        order=shape[0],
        rings=shape[1],
        centre_px=(float(middle[0]), float(middle[1])),
        radius_px=radius,
        coefficients_mm=tuple((float(x), float(y)) for x, y in coefficients),
        hull_px=tuple((float(x), float(y)) for x, y in hull_of(points[used])),
        residual=Residual(rms, float(held_out[used].max()), int(used.sum()), int((~used).sum())),
    )
    model.check_sound()
    return model


def _chosen_by_held_out_marks(normal: Floats, places: Floats) -> tuple[tuple[int, int], Floats, Bool]:
    """Order and rings, each mark's error by a fit without it (mm), and the marks that the fit agrees with."""
    # a fixed shuffle: the same picture always gives the same model
    fold = np.random.default_rng(20).permutation(len(normal)) % _FOLDS
    tried: list[tuple[float, tuple[int, int], Floats]] = []
    for shape in sorted(_SHAPES, key=lambda shape: count_of(*shape)):
        if _MARKS_PER_TERM * count_of(*shape) > len(normal) * (_FOLDS - 1) / _FOLDS:
            break
        terms = powers(normal, *shape)
        error = np.zeros(len(normal))
        for k in range(_FOLDS):
            out = fold == k
            coefficients, _ = robust_fit(terms[~out], places[~out])
            error[out] = np.hypot(*(places[out] - terms[out] @ coefficients).T)
        # marks that are wrong must not decide
        score = float(np.sqrt(np.mean(np.minimum(error, 5 * np.median(error)) ** 2)))
        tried.append((score, shape, error))
    if not tried:
        raise CalibrationError(f"too few beads: {len(normal)} do not determine a distortion")
    least = min(score for score, _, _ in tried)
    _, shape, error = next(one for one in tried if one[0] <= _NO_WORSE * least)
    _, used = robust_fit(powers(normal, *shape), places)
    return shape, error, used
