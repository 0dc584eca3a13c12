"""Error of the volume on simulated procedures, uncalibrated and after two aliquots.

The aliquots are noted when as much has truly been injected, as an operator would do it between pushes;
everything else is the pipeline's own doing.

    python -m benchmarks.volumes own:113 ct:113 own:114 ct:114:scatter_to_primary=2 --syringe-sd 0.025

With ``--syringe-sd`` each aliquot is noted with an error of its own: each comes from another syringe, whose
scale may be 5 % off (ISO 7886-1).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.models import build
from calibration.density import nominal_density
from monitor.config import Config
from monitor.frame import Frame
from monitor.pipeline import Pipeline

ALIQUOTS_ML = (0.5, 1.0)
SETTINGS: Mapping[str, Any] = {
    "size": 384,
    "frame_rate_hz": 7.5,
    "duration_s": 72.0,
    "injection_ml_per_s": 0.1,
}
_LEAST_ML = 0.5


@dataclass(frozen=True, slots=True)
class VolumeReading:
    """What was told of a volume: all in mL; `calibrated` from two aliquots on."""

    truth_ml: float
    ml: float
    sd_ml: float
    calibrated: bool


def readings(
    model: str,
    seed: int,
    settings: Mapping[str, Any],
    aliquots_ml: tuple[float, ...],
    syringe_sd: float = 0.0,
) -> list[VolumeReading]:
    """Run a clean procedure; read the volume twice a second.

    Parameters
    ----------
    aliquots_ml : tuple of float
        Volumes (mL, running totals) at which an aliquot is noted.
    syringe_sd : float
        Relative error of what is noted, another for each aliquot.
    """
    rng = np.random.default_rng([seed, 97])
    procedure, plan = build(model, "clean", seed, {**SETTINGS, **settings})
    pipeline = Pipeline(plan, plan.views[0], procedure.info, Config(), nominal_density(procedure.info))
    found: list[VolumeReading] = []
    left, noted_ml = list(aliquots_ml), 0.0
    stride = max(1, round(SETTINGS["frame_rate_hz"] / 2))
    for i in range(procedure.frame_count):
        now_ns = round(procedure.time_s(i) * 1e9)
        due = i % stride == 0
        level = procedure.scene(i).levels[0] if due else None
        if level is not None and left and level.volume_ml >= left[0]:
            left.pop(0)
            said_ml = (level.volume_ml - noted_ml) * (1.0 + syringe_sd * rng.standard_normal())
            pipeline.note_aliquot(level.name, said_ml, now_ns)
            noted_ml = level.volume_ml
        result = pipeline.step(Frame(i, now_ns, now_ns, procedure.pixels(i), procedure.name), now_ns)
        if level is None or level.volume_ml < _LEAST_ML:
            continue
        said = next(found_level for found_level in result.levels if found_level.name == level.name)
        if said.volume_ml is not None and said.volume_sd_ml is not None:
            calibrated = not said.volume_relative
            found.append(VolumeReading(level.volume_ml, said.volume_ml, said.volume_sd_ml, calibrated))
    return found


def summary(found: list[VolumeReading]) -> str:
    """One line: error, bias and coverage."""
    if not found:
        return "nothing read"
    truth, ml, sd = np.array([(r.truth_ml, r.ml, r.sd_ml) for r in found]).T
    error = ml / truth - 1.0
    covered = np.abs(ml - truth) <= 1.96 * sd
    return (
        f"{len(found)} readings to {truth.max():.1f} mL: median {np.median(np.abs(error)):.1%}, "
        f"p95 {np.percentile(np.abs(error), 95):.1%}, bias {np.median(error):+.1%}, "
        f"covered {covered.mean():.1%}, relative SD {np.median(sd / ml):.0%}"
    )


def summary_of_procedures(medians: Sequence[float]) -> str:
    """The median errors of procedures after two aliquots, against what is wanted."""
    if not medians:
        return "nothing read"
    return (
        f"median error of a procedure (wanted: 6%): mean {np.mean(medians):.1%}, worst {max(medians):.1%}, "
        f"within in {sum(m <= 0.06 for m in medians)} of {len(medians)}"
    )


def main() -> None:
    """Print a line per procedure, and one over all."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="+", metavar="MODEL:SEED[:SETTING=VALUE]")
    parser.add_argument("--syringe-sd", type=float, default=0.0)
    asked = parser.parse_args()
    both: dict[bool, list[VolumeReading]] = {False: [], True: []}
    medians = []
    for name in asked.names:
        model, seed, *changes = name.split(":")
        settings: dict[str, Any] = {}
        for change in changes:
            key, value = change.split("=")
            settings[key] = value.replace("_", " ") if key == "cement" else float(value)
        plain = [r for r in readings(model, int(seed), settings, ()) if not r.calibrated]
        noted = readings(model, int(seed), settings, ALIQUOTS_ML, asked.syringe_sd)
        fitted = [r for r in noted if r.calibrated]
        both[False] += plain
        both[True] += fitted
        if fitted:
            medians.append(float(np.median([abs(r.ml / r.truth_ml - 1.0) for r in fitted])))
        sys.stdout.write(f"{name}\n  uncalibrated {summary(plain)}\n  two aliquots {summary(fitted)}\n")
        sys.stdout.flush()
    for calibrated, found in both.items():
        words = "two aliquots" if calibrated else "uncalibrated"
        sys.stdout.write(f"all, {words}: {summary(found)}\n")
    sys.stdout.write(f"{summary_of_procedures(medians)}\n")


if __name__ == "__main__":
    main()
