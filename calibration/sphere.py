"""Scale from a ball of steel or lead of known diameter.

A ball is seen as a circle from everywhere, so that it needs no alignment. It is found near a click, and the
picture of a ball (`calibration.curve`) is fitted to the pixels around it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from calibration.curve import DISPLAYED, LINEAR, LOG_BLUR, STEEL_PER_MM, mean_chord, shown
from calibration.scale import DEPTH_SD_MM, SOURCE_TO_OBJECT_MM, ScaleEstimate, measured_scale
from monitor.errors import CalibrationError

Float32 = NDArray[np.float32]
Vector = NDArray[np.float64]

_FINER = 3
_SMALLEST_PX, _LARGEST_PX = 5.0, 100.0
_MARGIN = 4.0
_LEAST_CONTRAST_TO_NOISE = 4.0
_MOST_ELLIPTIC = 0.02
_WORST_MISFIT = 0.06
_CLIPPED_SHARE = 0.2
_MODEL_RELATIVE_SD, _MODEL_SD_PX = 0.002, 0.03
"""What the model gets wrong (one SD): an estimate; coverage is reported by `benchmarks.calibration`."""
_CORRELATED = 2.0
"""Noise and texture of neighbouring pixels are not independent: by how much the error is larger."""
_SECTORS = 16
_SLOPE_STEP = 3e-3
_TABLE = 4
"""Steps of the table of what is let through, by fine sample."""
_KERNEL = (41, 41)
"""Always the same: one that grows with the blur grows in steps."""
_LOG_STEEL_SD = 0.7
"""From steel at a high voltage to lead."""


@dataclass(frozen=True, slots=True)
class BallScale:
    """A measured ball.

    Parameters
    ----------
    estimate : ScaleEstimate
    diameter_px, diameter_sd_px : float
        Its diameter and the standard deviation, its depth not counted.
    centre : (x, y)
        In the picture (px).
    """

    estimate: ScaleEstimate
    diameter_px: float
    diameter_sd_px: float
    centre: tuple[float, float]


def scale_from_ball(
    attenuation: Float32,
    click: tuple[float, float],
    diameter_mm: float,
    *,
    diameter_sd_mm: float = 0.01,
    linear: bool = False,
    depth_sd_mm: float = DEPTH_SD_MM,
    source_to_object_mm: float = SOURCE_TO_OBJECT_MM,
) -> BallScale:
    """Scale from a ball.

    Parameters
    ----------
    attenuation : ndarray, shape (rows, columns), float32
        Log-attenuation as `monitor.intensity` gives it: minus the logarithm of what is stored.
    click : (x, y)
        A point within the ball (px).
    diameter_mm, diameter_sd_mm : float
        Its diameter and the error of that (mm, one SD).
    linear : bool
        Whether stored values are proportional to the intensity.
    depth_sd_mm, source_to_object_mm : float
        How far it may lie from the plane of the spine along the beam (mm, one SD), and that plane's distance
        from the source.

    Raises
    ------
    CalibrationError
        There is no ball at the click, it touches the border, is elliptic, saturated or hardly stands out.
    """
    if not diameter_mm > 0:
        raise CalibrationError(f"a ball of {diameter_mm:g} mm is none")
    x0, y0, rough = _found(attenuation, click)
    rows, columns = attenuation.shape
    reach = 1.4 * rough / 2 + _MARGIN
    if min(x0, y0, columns - 1 - x0, rows - 1 - y0) < rough / 2 + 3.0:
        raise CalibrationError("the ball touches the border of the image")
    low = max(int(x0 - reach), 0), max(int(y0 - reach), 0)
    high = min(int(x0 + reach) + 2, columns), min(int(y0 + reach) + 2, rows)
    part = np.asarray(attenuation[low[1] : high[1], low[0] : high[0]], np.float64)
    values = np.exp(-part)
    centre = (x0 - low[0], y0 - low[1])
    fit = _fit(values, centre, rough, diameter_mm, linear)
    if fit.elliptic > _MOST_ELLIPTIC + 3.0 * fit.elliptic_sd:
        raise CalibrationError(
            f"what is at the point is no ball: one axis is {200 * fit.elliptic:.0f} % longer"
        )
    if fit.misfit > _WORST_MISFIT:
        raise CalibrationError("what is at the point does not look like a ball")
    inside = np.hypot(*_from(values.shape, centre)) < 0.35 * rough
    if float(np.mean(part[inside] >= attenuation.max())) > _CLIPPED_SHARE:
        raise CalibrationError("the ball is saturated: its inside is at the end of the range of values")
    relative = math.hypot(fit.relative_sd, math.hypot(_MODEL_RELATIVE_SD, _MODEL_SD_PX / fit.diameter_px))
    estimate = measured_scale(
        diameter_mm / fit.diameter_px,
        math.hypot(relative, diameter_sd_mm / diameter_mm),
        "ball",
        f"a ball of {diameter_mm:g} mm is {fit.diameter_px:.2f} px across",
        depth_sd_mm=depth_sd_mm,
        source_to_object_mm=source_to_object_mm,
    )
    at = (fit.centre[0] + low[0], fit.centre[1] + low[1])
    return BallScale(estimate, fit.diameter_px, relative * fit.diameter_px, at)


@dataclass(frozen=True, slots=True)
class _Fit:
    centre: tuple[float, float]
    diameter_px: float
    relative_sd: float
    elliptic: float
    elliptic_sd: float
    misfit: float


def _from(shape: tuple[int, ...], centre: tuple[float, float]) -> tuple[Vector, Vector]:
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float64)
    return x - centre[0], y - centre[1]


def _found(attenuation: Float32, click: tuple[float, float]) -> tuple[float, float, float]:
    """Centre and diameter of the dark blob at the click, to within a pixel or so."""
    rows, columns = attenuation.shape
    if not (0 <= click[0] <= columns - 1 and 0 <= click[1] <= rows - 1):
        raise CalibrationError("the point is outside the image")
    smooth = cv2.GaussianBlur(attenuation, (0, 0), 1.0)
    cx, cy = round(click[0]), round(click[1])
    noise = float(np.median(np.abs(attenuation - smooth))) / 0.6745
    top = float(np.median(smooth[max(cy - 1, 0) : cy + 2, max(cx - 1, 0) : cx + 2]))
    level = math.inf
    blob: NDArray[np.bool_] | None = None
    for radius in (8, 16, 32, 64, 110):
        part = smooth[max(cy - radius, 0) : cy + radius + 1, max(cx - radius, 0) : cx + radius + 1]
        edge = np.concatenate([part[0], part[-1], part[:, 0], part[:, -1]])
        before, level = level, float(np.median(edge))
        if top - level < max(_LEAST_CONTRAST_TO_NOISE * noise / 2, 0.02):
            continue
        if blob is not None and top - level < 1.15 * (top - before):
            break
        blob = None
        _, labels = cv2.connectedComponents((smooth > (top + level) / 2).astype(np.uint8), connectivity=4)
        number = labels[cy, cx]
        candidate = labels == number
        area = int(candidate.sum()) if number else 0
        if 0 < area < 0.5 * part.size:
            blob = candidate
    if blob is None:
        raise CalibrationError("there is no ball at the point: nothing round and dark lies there")
    ys, xs = np.nonzero(blob)
    if xs.min() == 0 or ys.min() == 0 or xs.max() == columns - 1 or ys.max() == rows - 1:
        raise CalibrationError("the ball touches the border of the image")
    diameter = 2.0 * math.sqrt(len(xs) / math.pi)
    if not _SMALLEST_PX <= diameter <= _LARGEST_PX:
        raise CalibrationError(
            f"what is dark at the point is {diameter:.0f} px wide: no ball that can be measured"
        )
    longest = max(float(np.ptp(xs)), float(np.ptp(ys))) + 1
    if longest > 1.35 * diameter + 2.0:
        raise CalibrationError("what is at the point is no ball: it is not round")
    return float(xs.mean()), float(ys.mean()), diameter


def _fit(values: Vector, centre: tuple[float, float], rough: float, diameter_mm: float, linear: bool) -> _Fit:
    x, y = _from(values.shape, centre)
    beside = np.hypot(x, y) > 0.55 * rough + 2.5
    scale = max(float(np.median(values[beside])), 1e-9)
    seen = values / scale
    span = float(max(values.shape)) / 2
    tx, ty = x / span, y / span
    # free: place, size, ellipticity, level, slopes and bends
    free = [(0.0, 0.05 * rough), (0.0, 0.05 * rough), (math.log(rough / 2), 0.1), (0.0, 0.05), (0.0, 0.05)]
    free += [(0.0, 0.1)] * 6
    log_steel = (math.log(1.4 * STEEL_PER_MM * diameter_mm), _LOG_STEEL_SD)
    informed = [LOG_BLUR, log_steel, *(LINEAR if linear else DISPLAYED)]
    table = np.array([*free, *informed])
    middle, spread = table[:, 0], table[:, 1]
    rows, columns = values.shape
    fine_y, fine_x = np.mgrid[: rows * _FINER, : columns * _FINER].astype(np.float64)
    fine_x = (fine_x + 0.5) / _FINER - 0.5 - centre[0]
    fine_y = (fine_y + 0.5) / _FINER - 0.5 - centre[1]

    reach = float(np.hypot(fine_x, fine_y).max()) + 2.0

    def model(z: Vector) -> Vector:
        cx, cy, log_radius, e1, e2, b0, b1, b2, b3, b4, b5, log_blur, steel, *curve = middle + spread * z
        dx, dy = fine_x - cx, fine_y - cy
        square = dx**2 + dy**2
        longer = 1.0 + (e1 * (dx**2 - dy**2) + e2 * 2.0 * dx * dy) / np.maximum(square, 0.25)
        primary = np.interp(np.sqrt(square) / longer, *_through(math.exp(log_radius), math.exp(steel), reach))
        sigma = math.exp(log_blur) * _FINER
        blurred = cv2.GaussianBlur(primary, _KERNEL, sigma, borderType=cv2.BORDER_REPLICATE)
        binned = cv2.resize(blurred, (columns, rows), interpolation=cv2.INTER_AREA)
        level = np.exp(b0 + b1 * tx + b2 * ty + b3 * tx**2 + b4 * tx * ty + b5 * ty**2)
        return cast(Vector, shown(np.asarray(binned, np.float64), *curve) * level)

    core = float(np.median(seen[np.hypot(x, y) < max(0.3 * rough, 1.0)]))
    contrast = max(1.0 - core, 1e-3)
    noise = float(np.std(seen[beside] - _plane(x, y, seen, beside)))
    # dark values are less noisy where quanta make the noise; the floor is what the model gets wrong
    sd = np.sqrt(noise**2 * np.clip(seen, 0.2, 1.2) + (0.004 * contrast) ** 2)
    informative = np.arange(len(middle)) >= len(free)

    believed = np.maximum(sd, 0.05 * contrast)

    def misfit(z: Vector) -> Vector:
        return np.concatenate([((model(z) - seen) / believed).ravel(), z[informative]])

    def slopes(z: Vector) -> Vector:
        # steps large enough that the samples of the fine grid do not show
        here = misfit(z)
        steps = _SLOPE_STEP * np.eye(len(z))
        return np.stack([(misfit(z + step) - here) / _SLOPE_STEP for step in steps], axis=1)

    bound = np.where(informative, 3.5, 12.0)
    # first a look from afar: samples that are believed too much hold on to the start
    found = least_squares(misfit, np.zeros(len(middle)), slopes, (-bound, bound), max_nfev=15, ftol=1e-4)
    believed = sd
    start = np.clip(found.x, -0.9 * bound, 0.9 * bound)
    found = least_squares(misfit, start, slopes, (-bound, bound), max_nfev=30, xtol=1e-5, ftol=1e-6)
    inverse = np.linalg.pinv(found.jac.T @ found.jac, hermitian=True)
    off = found.fun[: seen.size].reshape(seen.shape)
    # the error from how sectors differ, three in a row together: texture has no regard for pixels
    answer = (inverse @ found.jac[: seen.size].T)[2] * found.fun[: seen.size]
    sector = ((np.arctan2(y, x).ravel() / (2 * math.pi) + 0.5) * _SECTORS).astype(int) % _SECTORS
    parts = np.bincount(sector, answer, _SECTORS)
    parts -= parts.mean()
    shared = sum(float(parts @ np.roll(parts, lag)) * weight for lag, weight in ((1, 4 / 3), (2, 2 / 3)))
    from_sectors = max(float(parts @ parts) + shared, float(parts @ parts)) * _SECTORS / (_SECTORS - 1)
    # how much of the residuals is not noise: smoothed, by the contrast
    smooth = cv2.GaussianBlur(off * sd, (0, 0), 2.0)
    prior = np.sum(inverse[:, informative] ** 2, axis=1)
    from_noise = np.maximum(np.diag(inverse) - prior, 0.0) * _CORRELATED**2 * max(float(np.mean(off**2)), 0.5)
    sds = np.sqrt(from_noise + prior) * spread
    theta = middle + spread * found.x
    return _Fit(
        (centre[0] + float(theta[0]), centre[1] + float(theta[1])),
        2.0 * math.exp(float(theta[2])),
        math.hypot(float(sds[2]), math.sqrt(from_sectors) * float(spread[2])),
        math.hypot(float(theta[3]), float(theta[4])),
        math.hypot(float(sds[3]), float(sds[4])),
        max(float(np.std(smooth)) - noise / 4.0, 0.0) / contrast,
    )


def _through(radius: float, steel: float, reach: float) -> tuple[Vector, Vector]:
    """What a ball lets through by the distance from its middle (px), each the mean over a fine sample."""
    step = 1.0 / _FINER / _TABLE
    places = np.asarray(np.arange(-_TABLE, int(reach / step) + 1) * step, np.float64)
    let = np.exp(-steel * mean_chord(places, radius, step))
    total = np.concatenate([[0.0], np.cumsum(let)])
    half = _TABLE // 2
    return places[half:-half], (total[_TABLE + 1 :] - total[: -_TABLE - 1])[: len(places) - 2 * half] / (
        _TABLE + 1
    )


def _plane(x: Vector, y: Vector, values: Vector, where: NDArray[np.bool_]) -> Vector:
    terms = np.stack([np.ones(int(where.sum())), x[where], y[where]], axis=1)
    solution = np.linalg.lstsq(terms, values[where], rcond=None)[0]
    return cast(Vector, terms @ solution)
