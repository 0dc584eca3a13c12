"""Error of the thickness after a wedge, on thicknesses that the wedge does not have.

``python -m benchmarks.calibration.density --seeds 6000-6039``. Nothing was chosen on seeds from 6000.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from calibration.cylinders import find_cylinders
from calibration.density_fit import WedgeDensity, density_from_wedge, thickness_of
from calibration.picture import Picture
from calibration.wedge import Wedge, find_steps
from monitor.errors import CalibrationError
from monitor.frame import PixelIntensityRelationship
from recordings.simulated.phantom_wedge import WedgePhantom, WedgePicture, picture_of
from recordings.simulated.physics import CEMENTS

Row = tuple[str, str, str, bool]

DIAMETERS_MM = (4.0, 7.0, 12.0, 20.0)
HELD_OUT_DIAMETERS_MM = (3.0, 5.5, 9.5, 16.0)
HELD_OUT_MM = (1.0, 1.5, 3.0, 5.5, 8.5, 12.5, 17.5, 20.0)
_CLICK_PX = 4.0
_CLICK_SHARE = 0.12
"""Standard deviation of a click, as a part of a step's length."""


@dataclass(frozen=True, slots=True)
class Tried:
    """Relative errors on held-out steps and whether the stated 95 % interval covers; empty: refused.

    `beyond` is how many steps were outside of the thicknesses that the density is said to hold for.
    """

    errors: tuple[float, ...] = ()
    covered: tuple[bool, ...] = ()
    beyond: int = 0
    refusal: str | None = None


def lying(phantom: WedgePhantom) -> WedgePhantom:
    """The same with lying cylinders."""
    return replace(phantom, shape="lying", thickness_mm=DIAMETERS_MM, pitch_mm=12.0, width_mm=30.0)


def phantom_of(seed: int, relationship: PixelIntensityRelationship, bits: int) -> WedgePhantom:
    """A phantom drawn from a seed."""
    rng = np.random.default_rng([seed, 77])
    return WedgePhantom(
        shape="standing" if rng.random() < 0.4 else "wedge",
        kvp=float(rng.uniform(62, 100)),
        cement=str(rng.choice(list(CEMENTS))),
        relationship=relationship,
        display_gamma=float(rng.uniform(0.4, 2.2)),
        bits_stored=bits,
        scatter_to_primary=float(rng.uniform(0.3, 2.0)),
        heel=float(rng.uniform(-0.25, 0.25)),
        dose_ngy=float(rng.uniform(300, 1000)),
        angle_deg=float(rng.uniform(-40, 40)),
        seed=seed,
    )


def looked_at(picture: WedgePicture) -> Picture:
    """The picture as calibration takes it."""
    return Picture(picture.pixels.astype(np.float32), picture.info, 1)


def steps_of(picture: WedgePicture, phantom: WedgePhantom, seed: int) -> Wedge:
    """The steps, with clicks that are a little off."""
    rng = np.random.default_rng([seed, 78])
    if phantom.shape == "lying":
        clicked = picture.centres_px + rng.normal(0, _CLICK_PX, picture.centres_px.shape)
        points = [(float(x), float(y)) for x, y in clicked]
        return find_cylinders(looked_at(picture), points, phantom.thickness_mm).wedge
    sd = _CLICK_SHARE * phantom.pitch_mm / phantom.mm_per_px
    first, last = picture.centres_px[[0, -1]] + rng.normal(0, sd, (2, 2))
    clicks = (float(first[0]), float(first[1])), (float(last[0]), float(last[1]))
    return find_steps(looked_at(picture), *clicks, phantom.thickness_mm)


def fitted(phantom: WedgePhantom, seed: int, *, kvp_known: bool = True) -> WedgeDensity:
    """The density from a picture of a phantom."""
    picture = picture_of(phantom)
    info = picture.info if kvp_known else replace(picture.info, kvp=None)
    return density_from_wedge(steps_of(picture, phantom, seed), info)


def tried(
    phantom: WedgePhantom,
    seed: int,
    *,
    exposure: float = 1.0,
    kvp_known: bool = True,
    adapted: bool = True,
    elsewhere: bool = False,
) -> Tried:
    """Calibrate on a phantom and read another one, of other thicknesses, in a picture of its own.

    Parameters
    ----------
    exposure : float
        Intensity of the second picture relative to the first.
    adapted : bool
        Take the density for each step's own background, not that for the wedge's.
    elsewhere : bool
        The second phantom is of another shape, behind which there is other scatter, as behind a spine.
    """
    try:
        found = fitted(phantom, seed, kvp_known=kvp_known)
    except CalibrationError as error:
        return Tried(refusal=str(error))
    other = replace(phantom, seed=seed + 500_000, exposure=exposure, dose_ngy=3000.0)
    if (phantom.shape == "lying") is not elsewhere:
        other = replace(lying(other), thickness_mm=HELD_OUT_DIAMETERS_MM)
    elif elsewhere:
        other = replace(other, shape="wedge", thickness_mm=HELD_OUT_MM, pitch_mm=12.0, width_mm=20.0)
    else:
        other = replace(other, thickness_mm=HELD_OUT_MM)
    try:
        seen = steps_of(picture_of(other), other, seed + 1)
    except CalibrationError as error:
        return Tried(refusal=f"held-out: {error}")
    errors, covered, beyond = [], [], 0
    low_mm, high_mm = found.validity.thickness_mm
    for step in seen.steps:
        if not 0.9 * low_mm <= step.thickness_mm <= high_mm:
            beyond += 1
            continue
        density = found.at(step.background_grey) if adapted else found.density
        thickness_mm = thickness_of(density, step.added)
        own = (thickness_of(density, step.added + step.added_sd) - thickness_mm) / thickness_mm
        errors.append(thickness_mm / step.thickness_mm - 1.0)
        sd = found.over_spine.relative_sd if elsewhere else density.relative_sd
        covered.append(abs(np.log(thickness_mm / step.thickness_mm)) <= 1.96 * float(np.hypot(sd, own)))
    return Tried(tuple(errors), tuple(bool(c) for c in covered), beyond)


def _row(name: str, runs: Sequence[Tried], limit: float | None) -> Row:
    """A row; without a limit, what is wanted is that the stated interval covers."""
    errors = np.abs([e for run in runs for e in run.errors])
    refused = sum(run.refusal is not None for run in runs)
    if not len(errors):
        return name, "an answer", f"all {len(runs)} refused", False
    each = np.array([np.mean(np.abs(run.errors)) for run in runs if run.errors])
    beyond = sum(run.beyond for run in runs)
    coverage = np.mean([c for run in runs for c in run.covered])
    got = (
        f"median {np.median(errors):.1%}, p95 {np.percentile(errors, 95):.1%}, max {errors.max():.1%}; "
        f"mean of a run, worst {each.max():.1%}; covered {coverage:.1%}; {refused} of {len(runs)} refused, "
        f"{beyond} of {len(errors) + beyond} steps outside the "
        "stated range"
    )
    if limit is None:
        return name, "covered in 95%", got, bool(coverage >= 0.95)
    return name, f"p95 at most {limit:.0%}", got, bool(np.percentile(errors, 95) <= limit)


def measure(seeds: Iterable[int]) -> list[Row]:
    """Rows of what was measured, what is wanted, what came out, and whether that is enough."""
    return list(rows_of(seeds))


def rows_of(seeds: Iterable[int]) -> Iterator[Row]:
    """The rows of `measure`, each as soon as it is known."""
    kinds = PixelIntensityRelationship
    chosen = list(seeds)

    def runs(
        kind: PixelIntensityRelationship,
        bits: int,
        *,
        cylinders: bool = False,
        **how: Any,  # noqa: ANN401 - as `tried`
    ) -> list[Tried]:
        phantoms = [(seed, phantom_of(seed, kind, bits)) for seed in chosen]
        return [tried(lying(p) if cylinders else p, seed, **how) for seed, p in phantoms]

    yield _row("LIN, 12 bits", runs(kinds.LIN, 12), 0.03)
    yield _row("LIN, 12 bits, kVp unknown", runs(kinds.LIN, 12, kvp_known=False), 0.03)
    yield _row("LOG, 12 bits", runs(kinds.LOG, 12), 0.05)
    yield _row("DISP, 12 bits, gamma 0.4 to 2.2", runs(kinds.DISP, 12), 0.05)
    yield _row("DISP, 8 bits, gamma 0.4 to 2.2", runs(kinds.DISP, 8), 0.05)
    yield _row("DISP, 8 bits, as the monitor takes it", runs(kinds.DISP, 8, adapted=False), 0.05)
    yield _row("DISP, 8 bits, 15 % less intensity than the wedge", runs(kinds.DISP, 8, exposure=0.85), 0.05)
    yield _row("lying cylinders, LIN, 12 bits", runs(kinds.LIN, 12, cylinders=True), 0.03)
    yield _row("lying cylinders, DISP, 8 bits", runs(kinds.DISP, 8, cylinders=True), 0.05)
    yield _row("wedge, read on lying cylinders, LIN", runs(kinds.LIN, 12, elsewhere=True), None)
    yield _row(
        "lying cylinders, read on a wedge, LIN", runs(kinds.LIN, 12, cylinders=True, elsewhere=True), None
    )


def seeds_of(text: str) -> range:
    """Seeds of ``6000-6039`` or of a single number."""
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=seeds_of, default=seeds_of("6000-6039"))
    for name, wanted, got, met in rows_of(parser.parse_args().seeds):
        print(f"{name}\n  wanted: {wanted}\n  got:    {got}\n  {'met' if met else 'NOT met'}", flush=True)


if __name__ == "__main__":
    main()
