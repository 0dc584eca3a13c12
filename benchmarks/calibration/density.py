"""How well a wedge gives thickness, on simulated pictures: at thicknesses between its steps.

    python -m benchmarks.calibration.density --seeds 1000-1029

Every seed is another cement, tube voltage, scatter, dose, angle and display. Seeds below 1000 were used while
the method was made; figures are for seeds from 1000.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from calibration.density_fit import fit_density
from calibration.picture import Picture
from calibration.wedge import measure_wedge
from monitor.errors import CalibrationError
from monitor.frame import PixelIntensityRelationship
from monitor.thickness import NODES
from recordings.simulated.phantom_wedge import WedgePhantom

Row = tuple[str, str, str, bool]
STEPS_MM = (1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 16.0, 20.0)
BETWEEN_MM = (1.5, 2.5, 4.0, 6.5, 10.0, 14.0, 18.0)


def scenario(seed: int, *, display: bool) -> WedgePhantom:
    """Another wedge for every seed."""
    rng = np.random.default_rng([77, seed])
    return WedgePhantom(
        thickness_mm=STEPS_MM,
        cement=str(rng.choice(["10% BaSO4", "20% BaSO4", "30% BaSO4", "30% ZrO2"])),
        kvp=float(rng.choice([65.0, 70.0, 80.0, 90.0, 100.0])),
        scatter_to_primary=float(rng.uniform(0.3, 2.0)),
        quanta=float(rng.uniform(200, 2000)),
        heel=float(rng.uniform(-0.25, 0.25)),
        angle_deg=float(rng.uniform(-25, 25)),
        step_px=float(rng.uniform(24, 36)),
        width_px=float(rng.uniform(24, 48)),
        relationship=PixelIntensityRelationship.DISP if display else PixelIntensityRelationship.LIN,
        gamma=float(rng.uniform(0.4, 2.2)) if display else 1.0,
        bits=8 if display else 12,
    )


def picture_of(phantom: WedgePhantom, seed: int, frames: int = 16) -> Picture:
    """Mean of its frames, as calibration takes it."""
    shots = phantom.picture(seed, frames)
    return Picture(np.mean(shots, axis=0, dtype=np.float32), phantom.info, frames)


def errors(seed: int, *, display: bool) -> tuple[np.ndarray, float]:
    """Relative errors at thicknesses between the steps, on a second wedge in the same place; stated SD."""
    phantom = scenario(seed, display=display)
    rng = np.random.default_rng([78, seed])
    start, end = ((float(x + rng.uniform(-2, 2)), float(y + rng.uniform(-2, 2))) for x, y in phantom.ends)
    fit = fit_density(
        measure_wedge(picture_of(phantom, seed), start, end, STEPS_MM), phantom.relationship, phantom.kvp
    )
    other = replace(phantom, thickness_mm=BETWEEN_MM, quanta=4 * phantom.quanta)
    seen = measure_wedge(picture_of(other, seed + 1, 32), *other.ends, BETWEEN_MM)
    model = fit.density.model
    assert model is not None
    got = np.interp([step.added_log for step in seen.steps], NODES, model.thickness_mm[0])
    return got / np.array(BETWEEN_MM) - 1, fit.density.relative_sd


def measure(seeds: Iterable[int]) -> list[Row]:
    """Rows of measure, wanted, got, and whether it is met."""
    rows = []
    seeds = list(seeds)
    for name, display, wanted in (("LIN", False, 0.03), ("display gamma 0.4 to 2.2", True, 0.05)):
        found, covered, refused = [], [], []
        for seed in seeds:
            try:
                error, sd = errors(seed, display=display)
            except CalibrationError as reason:
                refused.append(f"{seed}: {reason}")
                continue
            found.append(np.abs(error))
            covered.append(np.abs(error) < 1.96 * sd)
        whole = np.concatenate(found) if found else np.array([np.nan])
        got = "median {:.2f} %, p95 {:.2f} %, most {:.2f} %".format(
            *(100 * np.quantile(whole, q) for q in (0.5, 0.95, 1.0))
        )
        p95 = float(np.quantile(whole, 0.95))
        rows.append((f"thickness 1.5 to 18 mm, {name}, p95", f"{100 * wanted:.0f} %", got, p95 <= wanted))
        share = float(np.mean(np.concatenate(covered))) if covered else float("nan")
        rows.append((f"95 % interval covers, {name}", "95 %", f"{100 * share:.1f} %", share >= 0.95))
        count = f"{len(refused)} of {len(seeds)}"
        rows.append((f"refused, {name}", "", f"{count}: {refused[0]}" if refused else count, True))
    return rows


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", default="1000-1019")
    first, _, last = parser.parse_args().seeds.partition("-")
    for name, wanted, got, met in measure(range(int(first), int(last or first) + 1)):
        print(f"{name:48} {wanted:>6}  {got}{'' if met else '  *'}")


if __name__ == "__main__":
    main()
