"""The width of a cannula in the image, below a pixel: a ruler at nearly the depth of the spine.

Its axis is found between two clicks. Pieces of the strip along it are averaged into profiles, each by what is
beside it, and a tube is fitted to their mean (`calibration.tube`). How the pieces differ gives the random
error, the priors of the fit what the picture leaves open; what the model itself gets wrong was measured on
pictures of known width.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from calibration.gauges import DIAMETER_SD_MM
from calibration.scale import DEPTH_SD_MM, SOURCE_TO_OBJECT_MM, ScaleEstimate, measured_scale
from calibration.strips import Strip, cut_strip
from calibration.tube import TubeFit, fit_tube
from monitor.errors import CalibrationError

Float32 = NDArray[np.float32]
Vector = NDArray[np.float64]
Point = tuple[float, float]

_MODEL_RELATIVE_SD = 0.003
_MODEL_SD_PX = 0.04
"""What the model of the profile gets wrong (one SD, relative and px): see `benchmarks.calibration`."""
_SHORTEST_PX, _SHORTEST_WIDTHS = 30.0, 2.5
_SLIMMEST_PX, _WIDEST_PX = 2.5, 60.0
_MOST_BEND_PX = 0.6
_LEAST_CONTRAST, _LEAST_CONTRAST_TO_NOISE = 0.03, 12.0
_CLIPPED_SHARE = 0.2
_LARGEST_RELATIVE_SD = 0.06
_VALLEY = 0.25
_SHALLOWEST = 0.0015
"""Of the contrast: samples are not believed to be better than this."""


@dataclass(frozen=True, slots=True)
class ShaftScale:
    """A measured cannula.

    Parameters
    ----------
    estimate : ScaleEstimate
    width_px, width_sd_px : float
        Outer diameter and its standard deviation, the depth of the cannula not counted.
    axis : (point, point)
        Its axis between the clicks, x then y (px).
    edges : ((point, point), (point, point))
        The two edges that were found, for a picture.
    blur_px : float
        Gaussian sigma of its edges.
    hollow : bool
        Whether its inside lets more through than steel.
    """

    estimate: ScaleEstimate
    width_px: float
    width_sd_px: float
    axis: tuple[Point, Point]
    edges: tuple[tuple[Point, Point], tuple[Point, Point]]
    blur_px: float
    hollow: bool


def scale_from_cannula(
    attenuation: Float32,
    start: Point,
    end: Point,
    outer_diameter_mm: float,
    *,
    diameter_sd_mm: float = DIAMETER_SD_MM,
    linear: bool = False,
    depth_sd_mm: float = DEPTH_SD_MM,
    source_to_object_mm: float = SOURCE_TO_OBJECT_MM,
) -> ShaftScale:
    """Scale from a cannula of known outer diameter.

    Parameters
    ----------
    attenuation : ndarray, shape (rows, columns), float32
        Log-attenuation as `monitor.intensity` gives it: minus the logarithm of what is stored.
    start, end : (x, y)
        Two points on the shaft, each within a third of its width of its axis (px).
    outer_diameter_mm, diameter_sd_mm : float
        Outer diameter and its error (mm, one SD).
    linear : bool
        Whether stored values are proportional to the intensity (LIN); the display curve is then no question.
    depth_sd_mm : float
        How far the cannula's middle may lie from that of the level along the beam (mm, one SD).
    source_to_object_mm : float
        Distance of the level from the source (mm).

    Returns
    -------
    ShaftScale

    Raises
    ------
    CalibrationError
        The points are outside the image or too near to each other; there is no straight cannula between
        them; it is saturated, or hardly stands out.
    """
    if not outer_diameter_mm > 0:
        raise CalibrationError(f"an outer diameter of {outer_diameter_mm:g} mm is none")
    p, q = _checked(attenuation, start, end)
    values = np.exp(-np.asarray(attenuation, np.float64)).astype(np.float32)
    values /= np.float32(max(float(np.median(values)), 1e-9))
    p, q, width = _found(values, p, q)
    tube = partial(fit_tube, outer_diameter_mm=outer_diameter_mm, linear=linear)
    for last in (False, False, True):
        fit, strip, kept = _fitted(values, p, q, width, tube, robust=last)
        width = 2.0 * fit.radius_px
        if not last:
            p, q, bend = _realigned(fit, strip, p, q)
    _check_fit(values, fit, strip, p, q, bend)
    _check_near(p, q, start, end, width)
    relative = math.hypot(_random_sd(fit, strip, kept), fit.prior_sd)
    relative = math.hypot(relative, math.hypot(_MODEL_RELATIVE_SD, _MODEL_SD_PX / width))
    if relative > _LARGEST_RELATIVE_SD:
        raise CalibrationError(
            f"the cannula's width cannot be told better than to {196 * relative:.0f} %: too thin or too noisy"
        )
    along = (q - p) / float(np.hypot(*(q - p)))
    across = np.array([-along[1], along[0]])
    p, q = p + fit.centre_px * across, q + fit.centre_px * across
    left, right = (
        ((_point(p + side * across)), (_point(q + side * across))) for side in (-width / 2, width / 2)
    )
    mm = outer_diameter_mm / width
    estimate = measured_scale(
        mm,
        math.hypot(relative, diameter_sd_mm / outer_diameter_mm),
        "cannula",
        f"a cannula of {outer_diameter_mm:g} mm is {width:.2f} px wide",
        depth_sd_mm=depth_sd_mm,
        source_to_object_mm=source_to_object_mm,
    )
    return ShaftScale(
        estimate,
        width,
        relative * width,
        (_point(p), _point(q)),
        (left, right),
        fit.blur_px,
        fit.content < 0.6,
    )


def _checked(image: Float32, start: Point, end: Point) -> tuple[Vector, Vector]:
    p, q = np.array(start, np.float64), np.array(end, np.float64)
    rows, columns = image.shape
    for name, point in (("first", p), ("second", q)):
        if not (0 <= point[0] <= columns - 1 and 0 <= point[1] <= rows - 1):
            raise CalibrationError(f"the {name} point of the cannula is outside the image")
    length = float(np.hypot(*(q - p)))
    if length < _SHORTEST_PX:
        raise CalibrationError(
            f"the points on the cannula are {length:.0f} px apart, at least {_SHORTEST_PX:.0f} are needed"
        )
    return p, q


def _found(values: Float32, p: Vector, q: Vector) -> tuple[Vector, Vector, float]:
    """Axis and width to within a part of the width, from the clicks."""
    length = float(np.hypot(*(q - p)))
    half = min(1.3 * _WIDEST_PX, 0.6 * length)
    along = (q - p) / length
    across = np.array([-along[1], along[0]])
    offset = slope = width = 0.0
    for turn in range(4):
        start, end = p + (offset - slope / 2) * across, q + (offset + slope / 2) * across
        strip = cut_strip(values, start, end, half, 10, 0.5)
        u = np.arange(-half + 0.5, half - 0.5, 0.5)
        rows = np.array([_resampled(strip, k, u) for k in range(10)])
        logs = -np.log(np.maximum(gaussian_filter1d(rows, 1.5, axis=1), 1e-6))
        width, centre = _rough(_typical(logs) if turn else np.median(logs, axis=0), u, 0.2 * half)
        if not _SLIMMEST_PX <= width <= _WIDEST_PX:
            raise CalibrationError(
                "there is no cannula between the points: nothing dark and narrow lies along them"
            )
        half = min(half, 1.5 * width + 8.0 + abs(centre))
        offset, slope = _line_of(logs, u, width, centre, offset, slope)
    if length < _SHORTEST_WIDTHS * width:
        raise CalibrationError(
            f"the points on the cannula are {length:.0f} px apart, at least {_SHORTEST_WIDTHS:g} times "
            "its width are needed"
        )
    return p + (offset - slope / 2) * across, q + (offset + slope / 2) * across, width


def _typical(logs: Vector) -> Vector:
    """Profile from the middle half of the pieces' slopes: an edge that crosses is in few of them."""
    steps = np.sort(np.diff(logs, axis=1), axis=0)[len(logs) // 4 : -(len(logs) // 4)]
    return np.concatenate([[0.0], np.cumsum(steps.mean(axis=0))])


def _resampled(strip: Strip, piece: int, u: Vector) -> Vector:
    seen = strip.counts[piece] > 0
    return np.asarray(np.interp(u, strip.u[seen], strip.profiles[piece, seen]), np.float64)


def _rough(log: Vector, u: Vector, reach: float) -> tuple[float, float]:
    """Width at half height and centre of the dark strip nearest to the middle (px)."""
    sides = np.abs(u) > 0.6 * u[-1]
    line = np.polyfit(u[sides], log[sides], 1)
    level = log - np.polyval(line, u)
    inner = np.flatnonzero(np.abs(u) <= max(reach, 4.0))
    top = int(inner[np.argmax(level[inner])])
    height = float(level[top])
    if height <= 0.0:
        return 0.0, 0.0  # the middle is no darker than its sides
    # an empty inside is a valley between two walls: it is still darker than what is beside them
    strip = level > _VALLEY * height
    first = last = top
    while first > 0 and strip[first - 1]:
        first -= 1
    while last < len(u) - 1 and strip[last + 1]:
        last += 1
    walls = np.flatnonzero(level[first : last + 1] > 0.5 * height) + first
    return float(u[walls[-1]] - u[walls[0]]) + 0.5, float(u[walls[0]] + u[walls[-1]]) / 2


def _line_of(
    logs: Vector, u: Vector, width: float, centre: float, offset: float, slope: float
) -> tuple[float, float]:
    """Offset at the middle and slope over the length (px), from the clicks, of the axis that is darkest.

    `offset` and `slope` are those of the cut. The axis stays within half the width of the clicks.
    """
    inner, beside = np.abs(u - centre) <= width / 2, np.abs(u - centre) <= 0.5 * width + 3.0
    box = inner - beside * inner.sum() / max(beside.sum(), 1)
    t = (np.arange(len(logs)) + 0.5) / len(logs) - 0.5
    reach = int((0.8 * width + 2.0) / 0.5)
    shifts = np.arange(-reach, reach + 1)
    steps = shifts * 0.5
    score = np.stack([(logs * np.roll(box, k)).sum(axis=1) for k in shifts], axis=1)
    allowed = 0.5 * width + 1.5
    best, found = -np.inf, (offset + centre, slope)
    for more in steps:
        for steeper in steps:
            at = more + steeper * t
            ends = offset + centre + more + (slope + steeper) * np.array([-0.5, 0.5])
            if np.abs(at).max() > steps[-1] or np.abs(ends).max() > allowed:
                continue
            index = np.rint(at / 0.5).astype(int) + reach
            total = float(score[np.arange(len(t)), index].sum())
            if total > best:
                best, found = total, (offset + centre + float(more), slope + float(steeper))
    return found


def _pieces_of(length: float) -> int:
    return int(np.clip(length / 6.0, 10, 24))


def _fitted(
    values: Float32, p: Vector, q: Vector, width: float, tube: Callable[..., TubeFit], *, robust: bool
) -> tuple[TubeFit, Strip, NDArray[np.bool_]]:
    """Fit to the mean of all pieces, or of those that agree with each other."""
    length = float(np.hypot(*(q - p)))
    strip = _by_its_sides(cut_strip(values, p, q, 0.9 * width + 5.0, _pieces_of(length)), width)
    kept = np.ones(len(strip.profiles), bool)
    for _ in range(2 if robust else 1):
        chosen = Strip(strip.u, strip.profiles[kept], strip.counts[kept])
        total = chosen.counts.sum(axis=0)
        seen = total > 0
        mean = np.where(
            seen, np.nansum(chosen.profiles * chosen.counts, axis=0) / np.maximum(total, 1), np.nan
        )
        deviation = (chosen.profiles - mean) ** 2 * chosen.counts
        variance = np.nansum(deviation, axis=0) / max(len(chosen.profiles) - 1, 1)
        smooth = _smoothed(np.where(seen, variance, 0.0), seen)
        contrast = float(np.nanmax(mean) - np.nanmin(mean))
        sd = np.sqrt(smooth / np.maximum(total, 1e-9) + (_SHALLOWEST * contrast) ** 2)
        use = seen
        fit = tube(strip.u[use], mean[use], sd[use], 0.0, width)
        answers, fitted = np.zeros((2, len(strip.u))), np.zeros(len(strip.u))
        answers[:, use], fitted[use] = fit.answers, fit.fitted
        fit = replace(fit, answers=answers, fitted=fitted)
        if robust:
            influence = _influence(fit, strip)[1]
            typical = np.median(influence[kept])
            spread = 1.4826 * float(np.median(np.abs(influence[kept] - typical)))
            agreeing = np.abs(influence - typical) <= 4.0 * max(spread, 1e-9)
            if agreeing.sum() < 0.6 * len(agreeing) or (agreeing == kept).all():
                break
            kept = agreeing
    return fit, strip, kept


def _smoothed(values: Vector, seen: NDArray[np.bool_]) -> Vector:
    weight = gaussian_filter1d(seen.astype(np.float64), 3.0)
    return np.asarray(gaussian_filter1d(values, 3.0) / np.maximum(weight, 1e-9))


def _by_its_sides(strip: Strip, width: float) -> Strip:
    """Each piece divided by the line, of its logarithm, through what is beside the shaft."""
    sides = np.abs(strip.u) > 0.5 * width + 2.5
    profiles = np.empty_like(strip.profiles)
    for k, (profile, count) in enumerate(zip(strip.profiles, strip.counts, strict=True)):
        use = sides & (count > 0)
        log = np.log(np.maximum(profile[use], 1e-6))
        a, b = np.polyfit(strip.u[use], log, 1, w=np.sqrt(count[use]))
        profiles[k] = profile / np.exp(a * strip.u + b)
    return Strip(strip.u, profiles, strip.counts)


def _influence(fit: TubeFit, strip: Strip) -> Vector:
    """By how much each piece's centre (px) and log of the radius differ from those of all, (2, pieces).

    They are held against the fitted profile, not against the mean of the pieces: along the rows or columns of
    the picture few pieces share a bin, and each would be compared with itself.
    """
    off = np.where(strip.counts > 0, strip.profiles - fit.fitted, 0.0)
    share = strip.counts / np.maximum(strip.counts.mean(axis=0), 1e-9)
    return np.asarray(fit.answers @ (off * share).T)


def _random_sd(fit: TubeFit, strip: Strip, kept: NDArray[np.bool_]) -> float:
    """Standard error of the log of the radius from how the pieces differ."""
    chosen = Strip(strip.u, strip.profiles[kept], strip.counts[kept])
    influence = _influence(fit, chosen)[1]
    off = influence - influence.mean()
    n = len(off)
    plain = float(off @ off) / (n - 1)
    # texture reaches over more than one piece (Newey and West 1987, Bartlett's weights)
    shared = sum(2 * (1 - lag / 4) * float(off[lag:] @ off[:-lag]) / (n - 1) for lag in (1, 2, 3))
    return math.sqrt(max(plain + shared, plain) / n)


def _realigned(fit: TubeFit, strip: Strip, p: Vector, q: Vector) -> tuple[Vector, Vector, float]:
    """The axis through the centres of the pieces, and how far it is bent (px)."""
    centres = fit.centre_px + _influence(fit, strip)[0]
    t = (np.arange(len(centres)) + 0.5) / len(centres) - 0.5
    good = np.abs(centres - np.median(centres)) < max(
        4 * 1.4826 * np.median(np.abs(centres - np.median(centres))), 0.3
    )
    slope, offset = np.polyfit(t[good], centres[good], 1)
    # the sagitta of the arc that fits best, less what noise may pretend
    bow, covariance = np.polyfit(t[good], centres[good], 2, cov=True)
    bend = max(abs(float(bow[0])) - 3.0 * math.sqrt(float(covariance[0, 0])), 0.0) / 4
    along = (q - p) / float(np.hypot(*(q - p)))
    across = np.array([-along[1], along[0]])
    return p + (offset - slope / 2) * across, q + (offset + slope / 2) * across, bend


def _check_fit(values: Float32, fit: TubeFit, strip: Strip, p: Vector, q: Vector, bend: float) -> None:
    if bend > _MOST_BEND_PX:
        raise CalibrationError(
            f"the cannula is bent by {bend:.1f} px between the points: mark a straight part of it"
        )
    if fit.contrast < _LEAST_CONTRAST:
        raise CalibrationError("the cannula hardly stands out from what is beside it")
    core = cut_strip((values <= values.min()).astype(np.float32), p, q, 0.4 * fit.radius_px + 0.5, 1, 10.0)
    if float(core.mean.max()) > _CLIPPED_SHARE:
        raise CalibrationError("the cannula is saturated: its inside is at the end of the range of values")
    around = cut_strip((values >= values.max()).astype(np.float32), p, q, 2 * fit.radius_px + 5.0, 1, 10.0)
    if float(around.mean.max()) > _CLIPPED_SHARE:
        raise CalibrationError(
            "what is beside the cannula is saturated: it is at the end of the range of values"
        )


def _check_near(p: Vector, q: Vector, start: Point, end: Point, width: float) -> None:
    along = (q - p) / float(np.hypot(*(q - p)))
    for click in (start, end):
        x, y = np.array(click) - p
        if abs(-x * along[1] + y * along[0]) > 0.6 * width + 1.5:
            raise CalibrationError("the points do not lie on the cannula that was found between them")


def _point(xy: Vector) -> Point:
    return float(xy[0]), float(xy[1])
