"""What moves: breathing of no fixed period, a jerk, the operator's hand, the syringe."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Float64 = NDArray[np.float64]


def breathing(times_s: Float64, random: np.random.Generator) -> Float64:
    """A breath of uneven period, depth and rest, peak to peak about 1."""
    depths, drifts = [], []
    at = -random.uniform(0, 4)
    starts = [at]
    mean_s = random.uniform(3.2, 5.2)
    while at < times_s[-1] + 1:
        at += mean_s * np.exp(0.15 * random.standard_normal())
        starts.append(at)
        depths.append(np.clip(1 + 0.18 * random.standard_normal(), 0.5, 1.5))
        drifts.append(0.06 * random.standard_normal())
    edges = np.array(starts)
    breath = np.clip(np.searchsorted(edges, times_s, side="right") - 1, 0, len(depths) - 1)
    phase = (times_s - edges[breath]) / np.diff(edges)[breath]
    inhale = random.uniform(0.33, 0.45)
    out = np.where(
        phase < inhale,
        0.5 - 0.5 * np.cos(np.pi * phase / inhale),
        (0.5 + 0.5 * np.cos(np.pi * np.clip((phase - inhale) / (0.85 - inhale), 0, 1))) ** 1.3,
    )
    return out * np.array(depths)[breath] + np.array(drifts)[breath] * np.sin(np.pi * np.clip(phase, 0, 1))


def wandering(times_s: Float64, over_s: float, random: np.random.Generator) -> Float64:
    """Smooth noise of unit variance that changes over `over_s`."""
    step = float(np.median(np.diff(times_s)))
    sigma = max(0.5, over_s / step)
    noise = ndimage.gaussian_filter1d(random.standard_normal(len(times_s) + int(8 * sigma)), sigma)
    noise = noise[int(4 * sigma) : int(4 * sigma) + len(times_s)]
    return noise * np.sqrt(2 * np.sqrt(np.pi) * sigma)


def jerk(times_s: Float64, size_mm: float, at_s: float, random: np.random.Generator) -> Float64:
    """A sudden shift that mostly stays, shape (n, 2): columns, rows (mm)."""
    angle = random.uniform(0, 2 * np.pi)
    rise = np.clip((times_s - at_s) / 0.35, 0, 1)
    swing = np.where(times_s > at_s, np.exp(-(times_s - at_s) / 0.4) * np.sin((times_s - at_s) * 9), 0)
    course = size_mm * (rise * rise * (3 - 2 * rise) + 0.25 * swing)
    return np.stack([np.cos(angle) * course, np.sin(angle) * course], axis=1)


def injected(
    times_s: Float64, begin_s: float, end_s: float, rate_ml_s: float, random: np.random.Generator
) -> Float64:
    """Injected volume (mL) at each time: an uneven rate between begin and end, with a pause at times."""
    fine = np.arange(0, max(times_s[-1], end_s) + 0.5, 0.02)
    rate = rate_ml_s * np.clip(1 + 0.22 * wandering(fine, 1.0, random), 0.4, 1.8)
    rate[(fine < begin_s) | (fine > end_s)] = 0
    if random.random() < 0.4:
        pause = random.uniform(begin_s + 0.3 * (end_s - begin_s), end_s - 3)
        rate[(fine > pause) & (fine < pause + random.uniform(0.8, 2.0))] = 0
    total = np.concatenate([[0.0], np.cumsum(rate[:-1] * 0.02)])
    return np.interp(times_s, fine, total)
