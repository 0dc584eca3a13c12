"""Error of the measured delay on captures that were made up, with a delay that is known.

    python -m benchmarks.calibration.latency --seeds 6000-6039

Every seed is another delay, exposure, contrast, noise and place of the pattern, and other frames that come
late, get lost or are repeated. Nothing was chosen on seeds from 6000.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.calibration.density import Row, seeds_of
from calibration.latency import STEP_S, LatencyCalibration, find_pattern, measure_latency, pattern
from monitor.errors import CalibrationError

RATES_HZ = (7.5, 15.0, 25.0, 30.0, 60.0)
_ROWS, _COLUMNS = 48, 64
"""As small as the copies that the flashing window keeps of captured frames."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What a capture suffers from.

    Parameters
    ----------
    noise : tuple of float
        Standard deviation of a pixel, least and most (grey levels).
    exposure : tuple of float
        Part of the frame period that a pixel collects for, least and most.
    rolling : bool
        Rows are read one after another over the frame period, as by a camera pointed at the screen.
    jitter : float
        Standard deviation of a time stamp's delay, as a part of the frame period.
    lost, repeated : float
        Part of the frames.
    """

    noise: tuple[float, float] = (2.0, 15.0)
    exposure: tuple[float, float] = (0.1, 1.0)
    rolling: bool = False
    jitter: float = 0.08
    lost: float = 0.04
    repeated: float = 0.03


ORDINARY = Trouble()
TROUBLES = {
    "rolling shutter": Trouble(rolling=True),
    "whole exposure, strong noise": Trouble(noise=(25.0, 40.0), exposure=(1.0, 1.0)),
    "time stamps late by a third of a period, a fifth of the frames lost": Trouble(jitter=0.33, lost=0.2),
    "a fifth of the frames repeated": Trouble(repeated=0.2),
}


@dataclass(frozen=True, slots=True, eq=False)
class Capture:
    """A made-up capture; `delay_ms` is from a flip to the middle of the exposure that shows it."""

    flip_ns: NDArray[np.int64]
    lit: NDArray[np.bool_]
    capture_ns: NDArray[np.int64]
    frames: NDArray[np.float32]
    delay_ms: float


def capture_of(seed: int, rate_hz: float, trouble: Trouble = ORDINARY, seconds: float = 20.0) -> Capture:
    """A capture drawn from a seed."""
    rng = np.random.default_rng([seed, round(10 * rate_hz)])
    period_s, begin_s = 1.0 / rate_hz, 100.0
    lit = pattern()[: round(seconds / STEP_S)]
    # the window flips when the screen refreshes
    flip_s = begin_s + np.arange(len(lit)) * STEP_S + rng.uniform(0, 0.016, len(lit))
    delay_s, exposure_s = rng.uniform(0.02, 0.9), rng.uniform(*trouble.exposure) * period_s
    times_s = np.arange(begin_s - 0.3 + rng.uniform(0, period_s), begin_s + seconds + 1.0, period_s)
    bounds_s = np.append(flip_s, flip_s[-1] + STEP_S)
    integral = np.concatenate([[0.0], np.cumsum(lit * np.diff(bounds_s))])
    top, left = int(rng.integers(2, 20)), int(rng.integers(2, 30))
    # of a rolling shutter, the row in the middle of the picture is exposed at the frame's own time
    row_s = (np.arange(_ROWS) / _ROWS - 0.5) * period_s * trouble.rolling
    at_s = times_s[:, None] - delay_s + row_s[None]
    upper = np.interp(at_s + exposure_s / 2, bounds_s, integral)
    level = (upper - np.interp(at_s - exposure_s / 2, bounds_s, integral)) / exposure_s
    dark, contrast = rng.uniform(5, 60), rng.uniform(20, 150)
    noise = rng.uniform(*trouble.noise)
    frames = np.repeat(rng.uniform(20, 200, (1, _ROWS, _COLUMNS)), len(times_s), axis=0)
    patch = np.s_[:, top : top + 24, left : left + 28]
    frames[patch] = (dark + contrast * level)[:, top : top + 24, None]
    frames += rng.normal(0, noise, frames.shape)
    for k in np.flatnonzero(rng.random(len(frames)) < trouble.repeated):
        frames[k] = frames[max(0, k - 1)]
    stamped_s = times_s + np.abs(rng.normal(0, trouble.jitter * period_s, len(times_s)))
    kept = rng.random(len(frames)) >= trouble.lost
    return Capture(
        (flip_s * 1e9).astype(np.int64),
        lit,
        (np.maximum.accumulate(stamped_s[kept]) * 1e9).astype(np.int64),
        np.clip(np.rint(frames[kept]), 0, 255).astype(np.float32),
        1e3 * delay_s,
    )


def measured(capture: Capture) -> LatencyCalibration:
    """Find the pattern and measure the delay, as the flashing window does."""
    bright = capture.frames[:, find_pattern(capture.frames)].mean(axis=1).astype(np.float64)
    return measure_latency(capture.flip_ns, capture.lit, capture.capture_ns, bright)


def measure(seeds: Iterable[int]) -> list[Row]:
    """Rows of what was measured, what is wanted, what came out, and whether that is enough."""
    chosen = list(seeds)
    cases = [(f"{rate:g} frames/s", rate, ORDINARY) for rate in RATES_HZ]
    cases += [(f"15 frames/s, {name}", 15.0, trouble) for name, trouble in TROUBLES.items()]
    rows: list[Row] = []
    for name, rate_hz, trouble in cases:
        errors, covered, refused = [], [], 0
        for seed in chosen:
            capture = capture_of(seed, rate_hz, trouble)
            try:
                found = measured(capture)
            except CalibrationError:
                refused += 1
                continue
            off_ms = abs(found.delay_ms - capture.delay_ms)
            errors.append(off_ms * rate_hz / 1e3)
            covered.append(off_ms <= 1.96 * found.sd_ms)
        got = f"all {len(chosen)} refused"
        if errors:
            got = (
                f"median {np.median(errors):.2f}, p95 {np.percentile(errors, 95):.2f}, max {max(errors):.2f} "
                f"frames; covered {np.mean(covered):.1%}; {refused} of {len(chosen)} refused"
            )
        rows.append((name, "at most 1 frame, every one", got, bool(errors) and max(errors) <= 1.0))
    return rows


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=seeds_of, default=seeds_of("6000-6039"))
    for name, wanted, got, met in measure(parser.parse_args().seeds):
        print(f"{name}\n  wanted: {wanted}\n  got:    {got}\n  {'met' if met else 'NOT met'}")


if __name__ == "__main__":
    main()
