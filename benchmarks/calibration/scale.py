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
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from calibration.ruler import scale_from_ruler
from calibration.shaft import scale_from_cannula
from calibration.sphere import scale_from_ball
from monitor.config import IntensityConfig
from monitor.errors import CalibrationError
from monitor.intensity import Curve
from recordings.simulated.phantom_scale import (
    Exposure,
    Phantom,
    Tissue,
    Tube,
    ball_phantom,
    cannula_phantom,
    ruler_phantom,
)

Float32 = NDArray[np.float32]

KINDS = ("stylet", "empty", "cement")
WIDTHS_PX = ((4.0, 6.0), (6.0, 10.0), (10.0, 18.0), (18.0, 30.0))


WANTED_ERROR, WANTED_COVERAGE = 0.015, 0.95


class Row(NamedTuple):
    """One line of the table; `met` None: nothing is wanted of it."""

    measure: str
    wanted: str
    got: str
    met: bool | None


@dataclass(frozen=True, slots=True)
class Measured:
    """One measured phantom; `error` and `sd` are relative, None with the reason where it was refused."""

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


def _some_tissue(rng: np.random.Generator) -> Tissue:
    return Tissue(rng.uniform(0, 0.004), rng.uniform(0.01, 0.06), rng.uniform(4, 15))


def measure_ball(seed: int) -> Measured:
    """Measure the ball of a seed: 8 to 50 px, 3 to 10 mm."""
    rng = np.random.default_rng([seed, 78])
    exposure, tissue = some_exposure(rng), _some_tissue(rng)
    size, size_mm = float(np.exp(rng.uniform(math.log(8), math.log(50)))), float(rng.choice([3.0, 5.0, 10.0]))
    phantom = ball_phantom(size, size_mm, exposure, tissue, rng)
    (x, y), off = phantom.points[0], rng.uniform(-0.25, 0.25, 2) * size
    began = time.perf_counter()
    try:
        found = scale_from_ball(
            attenuation_of(phantom), (x + off[0], y + off[1]), size_mm, linear=exposure.display == "linear"
        )
    except CalibrationError as reason:
        return Measured(seed, "ball", size, exposure, None, None, str(reason))
    took = time.perf_counter() - began
    error, sd = math.log(found.diameter_px / size), found.diameter_sd_px / found.diameter_px
    return Measured(seed, "ball", size, exposure, error, sd, seconds=took)


def measure_ruler(seed: int) -> Measured:
    """Measure the ruler of a seed: 5 to 30 marks 5 to 20 px apart, one of them missing in three of ten."""
    rng = np.random.default_rng([seed, 79])
    exposure, tissue = some_exposure(rng), _some_tissue(rng)
    pitch = float(np.exp(rng.uniform(math.log(5), math.log(20))))
    marks = max(int(min(rng.integers(6, 31), 160 // pitch)), 5)
    missing = (int(rng.integers(1, marks - 1)),) if rng.random() < 0.3 else ()
    phantom = ruler_phantom(
        pitch, marks, exposure, tissue, rng,
        missing=missing, contrast=rng.uniform(0.3, 0.9), angle_rad=rng.uniform(0, 2 * math.pi),
    )  # fmt: skip
    start, end = ((x + rng.uniform(-1.5, 1.5), y + rng.uniform(-1.5, 1.5)) for x, y in phantom.points)
    began = time.perf_counter()
    try:
        found = scale_from_ruler(attenuation_of(phantom), start, end, 5.0)
    except CalibrationError as reason:
        return Measured(seed, "ruler", pitch, exposure, None, None, str(reason))
    took = time.perf_counter() - began
    error, sd = math.log(found.pitch_px / pitch), found.pitch_sd_px / found.pitch_px
    return Measured(seed, "ruler", pitch, exposure, error, sd, seconds=took)


def rows_of(name: str, measured: Sequence[Measured]) -> list[Row]:
    """Median, p95 and largest error, coverage, and what was refused, of a group."""
    told = [(abs(m.error), m.sd) for m in measured if m.error is not None and m.sd is not None]
    if not told:
        return []
    errors, sds = np.array(told).T
    covered = float(np.mean(errors <= 1.96 * sds))
    p95, largest = float(np.percentile(errors, 95)), float(errors.max())
    label = f"{name} ({len(told)} of {len(measured)})"
    rows = [
        Row(f"{label}: error, median", "", f"{100 * np.median(errors):.2f} %", None),
        Row(f"{label}: error, p95", "<= 1.5 %", f"{100 * p95:.2f} %", p95 <= WANTED_ERROR),
        Row(f"{label}: error, largest", "<= 1.5 %", f"{100 * largest:.2f} %", largest <= WANTED_ERROR),
        Row(
            f"{label}: within the 95 % interval",
            ">= 95 %",
            f"{100 * covered:.1f} %",
            covered >= WANTED_COVERAGE,
        ),
        Row(f"{label}: half the 95 % interval, median", "", f"{196 * np.median(sds):.2f} %", None),
    ]
    sure = errors[1.96 * sds <= WANTED_ERROR]
    if len(sure):
        worst = float(sure.max())
        rows.append(
            Row(
                f"{label}: error, largest of the {len(sure)} said to be within 1.5 %",
                "<= 1.5 %", f"{100 * worst:.2f} %", worst <= WANTED_ERROR,
            )
        )  # fmt: skip
    return rows


def measure(seeds: Iterable[int]) -> list[Row]:
    """Measure every phantom of the seeds."""
    seeds = list(seeds)
    shafts = [measure_cannula(seed) for seed in seeds]
    rows = rows_of("cannulas", shafts)
    for kind in KINDS:
        rows += rows_of(f"cannulas, {kind}", [m for m in shafts if m.kind == kind])
    for low, high in WIDTHS_PX:
        rows += rows_of(f"cannulas, {low:g}-{high:g} px", [m for m in shafts if low <= m.width_px < high])
    for display in ("linear", "power", "logarithmic"):
        rows += rows_of(f"cannulas, {display}", [m for m in shafts if m.exposure.display == display])
    rows += rows_of("balls", [measure_ball(seed) for seed in seeds])
    rows += rows_of("rulers", [measure_ruler(seed) for seed in seeds])
    return rows


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Scales measured in pictures of known scale.")
    parser.add_argument("--seeds", default="1000-1199", help="first and last, 1000-1199 unless told")
    first, last = (int(text) for text in parser.parse_args(arguments).seeds.split("-"))
    for row in measure(range(first, last + 1)):
        met = {None: "", True: "met", False: "MISSED"}[row.met]
        print(f"{row.measure:72s} {row.wanted:>9s} {row.got:>9s}  {met}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
