"""How good scales are that are measured in a picture, on phantoms of known size.

    python -m benchmarks.calibration.scale [--seeds 1000-1199]

Whatever is chosen by trial was chosen on seeds below 1000.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.shaft import scale_from_cannula
from monitor.config import IntensityConfig
from monitor.errors import CalibrationError
from monitor.intensity import Curve
from recordings.simulated.phantom_scale import Exposure, Phantom, Tissue, Tube, cannula_phantom

Float32 = NDArray[np.float32]

KINDS = ("stylet", "empty", "cement")
WIDTHS_PX = ((4.0, 6.0), (6.0, 10.0), (10.0, 18.0), (18.0, 30.0))


@dataclass(frozen=True, slots=True)
class Measured:
    """One measured shaft; `error` and `sd` are relative, None with the reason where it was refused."""

    seed: int
    kind: str
    width_px: float
    exposure: Exposure
    error: float | None
    sd: float | None
    refused: str = ""
    seconds: float = 0.0


def attenuation_of(phantom: Phantom) -> Float32:
    """Log-attenuation as the monitor takes it."""
    grey = phantom.pixels.astype(np.float32)
    return Curve.of(phantom.intensity, IntensityConfig()).attenuation(grey)


def some_exposure(rng: np.random.Generator) -> Exposure:
    """Low to high dose, sharp to blurred, linear or behind a display."""
    display = rng.choice(["linear", "power", "logarithmic"])
    return Exposure(
        quanta=float(np.exp(rng.uniform(math.log(80), math.log(3000)))),
        scatter=float(rng.uniform(0.3, 2.5)),
        blur_px=float(rng.uniform(0.4, 1.2)),
        focal_share=float(rng.uniform(0.2, 0.7)),
        display=display,
        gamma=float(np.exp(rng.uniform(math.log(0.4), math.log(2.2)))),
        kvp=float(rng.uniform(60, 110)),
    )


def some_cannula(seed: int) -> tuple[Phantom, Tube, Exposure, np.random.Generator]:
    """Phantom of a seed."""
    rng = np.random.default_rng([seed, 77])
    exposure = some_exposure(rng)
    width = float(np.exp(rng.uniform(math.log(4), math.log(30))))
    tube = Tube(
        width_px=width,
        outer_mm=float(rng.choice([4.19, 3.40, 3.05, 2.77, 2.41])),
        inner_share=float(rng.uniform(0.74, 0.84)),
        content=KINDS[int(rng.integers(3))],
        length_px=float(max(rng.uniform(60, 170), 4.0 * width)),
        angle_rad=float(
            rng.choice([rng.uniform(0, 2 * math.pi), rng.integers(4) * math.pi / 2], p=[0.85, 0.15])
        ),
        tilt_rad=float(rng.uniform(-0.5, 0.5)),
    )
    tissue = Tissue(
        slope_per_px=float(rng.uniform(0, 0.004)),
        texture=float(rng.uniform(0.01, 0.06)),
        texture_px=float(rng.uniform(4, 15)),
        bone=float(rng.choice([0.0, rng.uniform(0.1, 0.5)])),
    )
    return cannula_phantom(tube, exposure, tissue, rng), tube, exposure, rng


def clicks(phantom: Phantom, rng: np.random.Generator) -> list[tuple[float, float]]:
    """Its ends, each off across the axis by up to a third of its width."""
    (x0, y0), (x1, y1) = phantom.points
    length = math.hypot(x1 - x0, y1 - y0)
    across = -(y1 - y0) / length, (x1 - x0) / length
    off = rng.uniform(-1, 1, 2) * phantom.size_px / 3
    return [(x + o * across[0], y + o * across[1]) for (x, y), o in zip(phantom.points, off, strict=True)]


def measure_cannula(seed: int) -> Measured:
    """Measure the cannula of a seed."""
    phantom, tube, exposure, rng = some_cannula(seed)
    start, end = clicks(phantom, rng)
    linear = exposure.display == "linear"
    began = time.perf_counter()
    try:
        found = scale_from_cannula(attenuation_of(phantom), start, end, tube.outer_mm, linear=linear)
    except CalibrationError as reason:
        return Measured(seed, tube.content, tube.width_px, exposure, None, None, str(reason))
    error = math.log(found.width_px / tube.width_px)
    took = time.perf_counter() - began
    return Measured(
        seed, tube.content, tube.width_px, exposure, error, found.width_sd_px / found.width_px, seconds=took
    )
