"""Glass to glass: how late what is captured is, from a pattern that flashes on the screen and is captured.

The pattern is a maximum-length sequence, whose correlation with itself has one peak only, so that a delay of
many frames is not taken for a short one. The delay is where what was shown, averaged over an exposure, agrees
best with how bright the captured frames are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.errors import CalibrationError

Floats = NDArray[np.float64]
Float32 = NDArray[np.float32]
Times = NDArray[np.int64]

STEP_S = 0.2
"""Each element of the pattern is shown so long: well over a frame at 7.5 frames a second."""
_BITS = 7
_LONGEST_S = 2.5
_GRID_S = 0.001
_FEWEST_FLIPS = 16
_LEAST_LIKENESS = 0.6
_CLEARLY_BETTER = 0.15
_BLOCKS, _RESAMPLED = 12, 200
_FLASHES = 4.0
_SMOOTHED_PX = 3
_FEWEST_CELLS = 4


@dataclass(frozen=True, slots=True)
class LatencyCalibration:
    """A measured delay.

    Parameters
    ----------
    delay_ms, sd_ms : float
        From the screen to the time stamp of the captured frame, and its standard deviation.
    frame_period_ms : float
        Median time between captured frames.
    flips : int
        Changes of the pattern that were captured.
    likeness : float
        Correlation of what was shown with what was captured at that delay.
    """

    delay_ms: float
    sd_ms: float
    frame_period_ms: float
    flips: int
    likeness: float

    @property
    def line(self) -> str:
        """The delay in words."""
        return (
            f"{self.delay_ms:.0f} ms plus or minus {1.96 * self.sd_ms:.0f} (95 %), a frame every "
            f"{self.frame_period_ms:.0f} ms, {self.flips} changes, correlation {self.likeness:.2f}"
        )


def pattern() -> NDArray[np.bool_]:
    """The elements of the pattern, one after another, shape (127,): lit or dark."""
    from scipy.signal import max_len_seq  # takes a second, and everything that reads a profile comes by here

    return cast(NDArray[np.bool_], max_len_seq(_BITS)[0].astype(bool))


def find_pattern(frames: Float32) -> NDArray[np.bool_]:
    """Where in captured frames the pattern flashes.

    Parameters
    ----------
    frames : ndarray, shape (frames, rows, columns), float32
        Small copies of the captured frames.

    Returns
    -------
    ndarray of bool, shape (rows, columns)

    Raises
    ------
    CalibrationError
        Nothing flashes.
    """
    # neighbours tell the noise, even where all of the picture flashes; detail that stays cancels over time
    noise = float(np.median(np.abs(np.diff(np.diff(frames, axis=2), axis=0)))) / 1.349 / _SMOOTHED_PX
    smooth = np.stack([cv2.blur(frame, (_SMOOTHED_PX, _SMOOTHED_PX)) for frame in frames])
    swing = np.asarray(smooth.std(axis=0), np.float32)
    largest = float(np.quantile(swing, 0.995))
    if largest < _FLASHES * max(noise, 1e-3):
        raise CalibrationError("no flashing pattern is to be seen in the captured frames")
    strong = (swing > 0.5 * largest).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(strong, connectivity=4)
    if count < 2 or stats[1:, cv2.CC_STAT_AREA].max() < _FEWEST_CELLS:
        raise CalibrationError("no flashing pattern is to be seen in the captured frames: too small")
    return cast(NDArray[np.bool_], labels == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA])))


def measure_latency(
    flip_ns: Times, lit: NDArray[np.bool_], capture_ns: Times, brightness: Floats
) -> LatencyCalibration:
    """Delay between what was shown and what was captured.

    Parameters
    ----------
    flip_ns : ndarray, shape (n,), int64
        Monotonic times at which the pattern was painted (ns), growing.
    lit : ndarray of bool, shape (n,)
        Whether it was lit from then on.
    capture_ns : ndarray, shape (m,), int64
        Monotonic times of the captured frames (ns), growing.
    brightness : ndarray, shape (m,)
        Their mean brightness where the pattern is.

    Raises
    ------
    CalibrationError
        Too few frames or changes, frames too slow for the pattern, no pattern seen, or two delays that
        explain it equally well.
    """
    if len(flip_ns) < 2 or len(capture_ns) < 2:
        raise CalibrationError("latency: no pattern was shown, or no frames were captured")
    start = int(flip_ns[0])
    shown_s, seen_s = (np.asarray(t - start, np.float64) * 1e-9 for t in (flip_ns, capture_ns))
    inside = (seen_s > shown_s[0]) & (seen_s < shown_s[-1] + _LONGEST_S)
    seen_s, bright = seen_s[inside], np.asarray(brightness, np.float64)[inside]
    changes = int(np.count_nonzero(np.diff(lit.astype(int))))
    if changes < _FEWEST_FLIPS or len(seen_s) < _FEWEST_FLIPS:
        raise CalibrationError(f"latency: {changes} changes of the pattern, {_FEWEST_FLIPS} are needed")
    period_s = float(np.median(np.diff(seen_s)))
    step_s = float(np.median(np.diff(shown_s)))
    if not 0 < period_s < step_s:
        frame_ms, step_ms = 1e3 * period_s, 1e3 * step_s
        raise CalibrationError(
            f"latency: a frame every {frame_ms:.0f} ms is too slow for a pattern of {step_ms:.0f} ms"
        )
    delays_s = np.arange(0.0, _LONGEST_S, _GRID_S)
    shown = _shown_at(shown_s, lit, seen_s[None, :] - delays_s[:, None], period_s)
    likeness = _correlations(shown, bright)
    best = int(np.argmax(likeness))
    if likeness[best] < _LEAST_LIKENESS:
        raise CalibrationError(
            f"latency: what was captured does not follow the pattern (correlation {likeness[best]:.2f})"
        )
    apart = np.abs(delays_s - delays_s[best]) > 2 * step_s
    if likeness[apart].max() > likeness[best] - _CLEARLY_BETTER:
        raise CalibrationError("latency: two delays explain the captured frames equally well; show it longer")
    delay_s = _peak(delays_s, likeness, best)
    return LatencyCalibration(
        1e3 * delay_s,
        1e3 * _spread_s(delays_s, shown, bright, best, period_s),
        1e3 * period_s,
        changes,
        float(likeness[best]),
    )


def _shown_at(flips_s: Floats, lit: NDArray[np.bool_], at_s: Floats, exposure_s: float) -> Floats:
    """What was shown, averaged over an exposure around each time, same shape as `at_s`."""
    ends = np.append(flips_s, flips_s[-1] + 1e3)
    integral = np.concatenate([[0.0], np.cumsum(np.diff(ends) * lit)])
    half = exposure_s / 2
    whole = np.interp(at_s + half, ends, integral) - np.interp(at_s - half, ends, integral)
    return cast(Floats, whole / exposure_s)


def _correlations(shown: Floats, bright: Floats) -> Floats:
    """Correlation of each row of `shown` with the brightness; a screen may invert: its sign is ignored."""
    a = shown - shown.mean(axis=1, keepdims=True)
    b = bright - bright.mean()
    norm = np.sqrt((a**2).sum(axis=1) * (b**2).sum())
    return cast(Floats, np.abs(a @ b) / np.maximum(norm, 1e-12))


def _peak(delays_s: Floats, likeness: Floats, best: int) -> float:
    """Middle of the peak: the parabola through what is within a twentieth of its top."""
    top = likeness[best]
    near = np.flatnonzero(likeness > top - 0.02)
    near = near[np.abs(near - best) < round(0.2 / _GRID_S)]
    if len(near) < 5:
        return float(delays_s[best])
    curve = np.polyfit(delays_s[near] - delays_s[best], likeness[near], 2)
    vertex = -curve[1] / (2 * curve[0]) if curve[0] < 0 else 0.0
    return float(delays_s[best] + np.clip(vertex, delays_s[near[0]] - delays_s[best], 0.2))


def _spread_s(delays_s: Floats, shown: Floats, bright: Floats, best: int, period_s: float) -> float:
    """Standard deviation of the delay: blocks of frames drawn again and again, and the time stamps' grain."""
    reach = round(0.25 / _GRID_S)
    low, high = max(0, best - reach), min(len(delays_s), best + reach + 1)
    near = shown[low:high:4]
    rng = np.random.default_rng(3)
    blocks = np.array_split(np.arange(len(bright)), min(_BLOCKS, len(bright)))
    found = []
    for _ in range(_RESAMPLED):
        chosen = np.concatenate([blocks[k] for k in rng.integers(0, len(blocks), len(blocks))])
        if bright[chosen].std() > 0:
            likeness = _correlations(near[:, chosen], bright[chosen])
            found.append(delays_s[low] + 4 * _GRID_S * int(np.argmax(likeness)))
    return float(np.hypot(np.std(found) if found else period_s, period_s / np.sqrt(12.0)))
