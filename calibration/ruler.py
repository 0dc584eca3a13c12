"""Scale from a radiopaque ruler: marks at a known pitch between two clicks.

The marks' places are read off the profile along the ruler, each by its likeness with the mean of all, and a
line through their places by their numbers gives the pitch. How far the marks stray from it gives the error.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

from calibration.scale import DEPTH_SD_MM, SOURCE_TO_OBJECT_MM, ScaleEstimate, measured_scale
from monitor.errors import CalibrationError

Float32 = NDArray[np.float32]
Vector = NDArray[np.float64]

_STEP_PX = 0.25
_FEWEST_MARKS = 4
_SMALLEST_PITCH_PX = 3.0
_SHALLOWEST = 0.35
"""Marks less deep than this part of the others are none."""
_LEAST_TO_NOISE = 5.0
_LARGEST_STRAY = 0.08
"""By the pitch."""
_MODEL_SD_PX = 0.05
"""Of a mark's place, beside what is seen: measured, see `benchmarks.calibration`."""


@dataclass(frozen=True, slots=True)
class RulerScale:
    """A measured ruler.

    Parameters
    ----------
    estimate : ScaleEstimate
    pitch_px, pitch_sd_px : float
        Distance of neighbouring marks and its standard deviation, the ruler's depth not counted.
    marks : tuple of (x, y)
        The marks found, on the line between the clicks (px).
    missing : int
        Marks between the first and the last that were not found.
    """

    estimate: ScaleEstimate
    pitch_px: float
    pitch_sd_px: float
    marks: tuple[tuple[float, float], ...]
    missing: int


def scale_from_ruler(
    attenuation: Float32,
    start: tuple[float, float],
    end: tuple[float, float],
    pitch_mm: float,
    *,
    half_width_px: float = 3.0,
    pitch_relative_sd: float = 0.002,
    depth_sd_mm: float = DEPTH_SD_MM,
    source_to_object_mm: float = SOURCE_TO_OBJECT_MM,
) -> RulerScale:
    """Scale from a ruler.

    Parameters
    ----------
    attenuation : ndarray, shape (rows, columns), float32
        Log-attenuation as `monitor.intensity` gives it.
    start, end : (x, y)
        Two points on the ruler, near its first and last mark (px).
    pitch_mm, pitch_relative_sd : float
        Distance of neighbouring marks (mm), and its relative error (one SD).
    half_width_px : float
        How far to either side of the line the marks are averaged.
    depth_sd_mm, source_to_object_mm : float
        How far it may lie from the plane of the spine along the beam (mm, one SD), and that plane's distance
        from the source.

    Raises
    ------
    CalibrationError
        The points are outside the image; fewer than four marks lie between them, or these are not regular.
    """
    if not pitch_mm > 0:
        raise CalibrationError(f"a pitch of {pitch_mm:g} mm is none")
    p, q = np.array(start, np.float64), np.array(end, np.float64)
    rows, columns = attenuation.shape
    for name, point in (("first", p), ("second", q)):
        if not (0 <= point[0] <= columns - 1 and 0 <= point[1] <= rows - 1):
            raise CalibrationError(f"the {name} point of the ruler is outside the image")
    length = float(np.hypot(*(q - p)))
    if length < (_FEWEST_MARKS - 1) * _SMALLEST_PITCH_PX:
        raise CalibrationError(f"the points on the ruler are only {length:.0f} px apart")
    along = (q - p) / length
    # marks at the very ends need something beside them
    more = min(0.04 * length + 2.0, 12.0)
    s, profile, sd = _profile(attenuation, p - more * along, length + 2 * more, along, half_width_px)
    places = _marks(s, profile, sd)
    pitch, numbers, places = _numbered(places)
    places = _refined(s, profile, places, pitch)
    slope, offset = np.polyfit(numbers, places, 1)
    stray = places - (slope * numbers + offset)
    rms = math.sqrt(float(stray @ stray) / (len(numbers) - 2))
    if rms > _LARGEST_STRAY * pitch:
        raise CalibrationError(
            f"the marks of the ruler are not regular: they stray by {100 * rms / pitch:.0f} % of their pitch"
        )
    centred = numbers - numbers.mean()
    # the t distribution of so few marks, by its spread
    few = math.sqrt((len(numbers) - 2) / max(len(numbers) - 4, 0.5))
    pitch_sd = few * math.hypot(rms, _MODEL_SD_PX) / math.sqrt(float(centred @ centred))
    pitch = float(slope)
    missing = int(numbers[-1] - numbers[0]) + 1 - len(numbers)
    estimate = measured_scale(
        pitch_mm / pitch,
        math.hypot(pitch_sd / pitch, pitch_relative_sd),
        "ruler",
        f"{len(numbers)} marks of {pitch_mm:g} mm are {pitch:.3f} px apart"
        + (f" ({missing} between them not found)" if missing else "")
        + ", seen as if the ruler lay across the beam",
        depth_sd_mm=depth_sd_mm,
        source_to_object_mm=source_to_object_mm,
    )
    first = p - more * along
    marks = tuple((float(first[0] + t * along[0]), float(first[1] + t * along[1])) for t in places)
    return RulerScale(estimate, pitch, pitch_sd, marks, missing)


def _profile(
    image: Float32, first: Vector, length: float, along: Vector, half: float
) -> tuple[Vector, Vector, float]:
    """Mean across the ruler by the place along it, in steps, and the noise of that."""
    rows, columns = image.shape
    corners = np.stack([first, first + length * along])
    low = np.maximum(np.floor(corners.min(axis=0) - half - 1), 0).astype(int)
    high = np.minimum(np.ceil(corners.max(axis=0) + half + 2), (columns, rows)).astype(int)
    x = np.arange(low[0], high[0])[None, :] - first[0]
    y = np.arange(low[1], high[1])[:, None] - first[1]
    s, u = x * along[0] + y * along[1], -x * along[1] + y * along[0]
    inside = (np.abs(u) <= half) & (s >= 0) & (s < length)
    values = image[low[1] : high[1], low[0] : high[0]][inside].astype(np.float64)
    places = s[inside]
    bins = int(length / _STEP_PX)
    index = np.minimum((places / _STEP_PX).astype(int), bins - 1)
    count = np.bincount(index, minlength=bins)
    seen = count > 0
    at = np.bincount(index, places, bins)[seen] / count[seen]
    mean = np.bincount(index, values, bins)[seen] / count[seen]
    even = np.asarray((np.arange(bins) + 0.5) * _STEP_PX, np.float64)
    profile = np.interp(even, at, mean)
    smooth = gaussian_filter1d(profile, 0.6 / _STEP_PX)
    noise = float(np.median(np.abs(profile - smooth))) / 0.6745
    return even, smooth, noise / math.sqrt(0.6 / _STEP_PX * 3.5)


def _marks(s: Vector, profile: Vector, sd: float) -> Vector:
    """Places of all marks that are deep enough."""
    peaks, facts = find_peaks(profile, prominence=max(_LEAST_TO_NOISE * sd, 0.01), distance=2.0 / _STEP_PX)
    if len(peaks):
        depth = facts["prominences"]
        peaks = peaks[
            depth > _SHALLOWEST * float(np.median(np.sort(depth)[-max(_FEWEST_MARKS, len(depth) // 2) :]))
        ]
    if len(peaks) < _FEWEST_MARKS:
        raise CalibrationError(
            f"only {len(peaks)} marks are seen between the points, at least {_FEWEST_MARKS} are needed"
        )
    return np.asarray(s[peaks], np.float64)


def _numbered(places: Vector) -> tuple[float, Vector, Vector]:
    """Pitch (px), the marks' numbers, and the places of those that have one."""
    gaps = np.diff(places)
    pitch = float(np.median(gaps))
    for _ in range(3):
        # step by step from mark to mark: the pitch need not be known well for that
        steps = np.maximum(np.rint(gaps / pitch), 1.0)
        numbers = np.concatenate([[0.0], np.cumsum(steps)])
        pitch = float(np.polyfit(numbers, places, 1)[0])
    off = np.abs(gaps / pitch - steps)
    if pitch < _SMALLEST_PITCH_PX or float(np.max(off)) > 0.3 or float(np.mean(steps > 1)) > 0.34:
        raise CalibrationError("the marks of the ruler are not regular")
    return pitch, numbers, places


def _refined(s: Vector, profile: Vector, places: Vector, pitch: float) -> Vector:
    """Places by the likeness of each mark with the mean of all."""
    reach = np.arange(-0.4 * pitch, 0.4 * pitch + _STEP_PX / 2, _STEP_PX)
    for _ in range(3):
        cut = np.array([np.interp(place + reach, s, profile) for place in places])
        cut -= cut.mean(axis=1, keepdims=True)
        mean = np.median(cut, axis=0)
        mean = (mean + mean[::-1]) / 2
        slope = np.gradient(mean, _STEP_PX)
        # a straight ground is no shift
        slope -= reach * float(slope @ reach) / float(reach @ reach)
        tilt = np.stack([slope, reach, np.ones_like(reach), mean], axis=1)
        solved = np.linalg.lstsq(tilt, cut.T, rcond=None)[0]
        shift = -solved[0] / np.where(np.abs(solved[3]) > 0.2, solved[3], 1.0)
        places = places + np.clip(shift, -0.2 * pitch, 0.2 * pitch)
    return places
