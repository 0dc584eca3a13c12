"""How well a distortion phantom corrects an image intensifier, on simulated pictures with the exact truth.

Run ``python -m benchmarks.calibration.distortion --seeds 1000-1039``. Every seed is another intensifier,
format and phantom. Seeds below 1000 were used while the method was made; figures are for seeds from 1000.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from calibration.beads import Lattice, find_beads
from calibration.distortion import MIDDLE, DistortionModel
from calibration.distortion_fit import fit_distortion
from monitor.errors import CalibrationError
from monitor.frame import PixelIntensityRelationship
from recordings.simulated.phantom_grid import Intensifier, Mapping, Plate, picture

Floats = NDArray[np.float64]
Row = tuple[str, str, str, bool]

WANTED_MM = 0.15
_TEST_POINTS = 4000


@dataclass(frozen=True)
class Outcome:
    """One phantom: what was wrong (None: nothing), and the errors."""

    seed: int
    kind: str
    refused: str | None = None
    marks: int = 0
    share_found: float = 0.0
    false_marks: int = 0
    mark_error_px: float = math.nan
    order: str = ""
    before_mm: float = math.nan
    rms_mm: float = math.nan
    p95_mm: float = math.nan
    max_mm: float = math.nan
    window_max_mm: float = math.nan
    absolute_max_mm: float = math.nan
    stated_rms_mm: float = math.nan
    stated_max_mm: float = math.nan
    scale_error: float = math.nan
    line_before_mm: float = math.nan
    line_after_mm: float = math.nan
    covered: float = math.nan
    seconds: float = math.nan


def scenario(seed: int) -> tuple[Plate, Intensifier]:
    """Another intensifier and phantom for every seed."""
    rng = np.random.default_rng([seed, 3])
    rows, columns = ((512, 512), (768, 768), (1024, 1024), (768, 1024), (1024, 1280))[rng.integers(5)]
    field_mm = float(rng.choice([170.0, 230.0, 310.0]))
    marks = "wires" if rng.random() < 0.3 else "beads"
    lattice = "hexagonal" if marks == "beads" and rng.random() < 0.4 else "square"
    pitch_mm = (
        float(rng.choice([8.0, 10.0, 12.0])) if field_mm < 300 else float(rng.choice([10.0, 12.0, 15.0]))
    )
    sign = float(rng.choice([-1.0, 1.0]))
    display = rng.random() < 0.4
    tube = Intensifier(
        rows=rows,
        columns=columns,
        field_mm=field_mm,
        pincushion=0.08,
        swirl_deg=sign * rng.uniform(3.0, 4.0),
        sigmoid=0.01,
        sigmoid_deg=rng.uniform(0, 360),
        shift=(rng.uniform(-0.02, 0.02), rng.uniform(-0.02, 0.02)),
        vignetting=rng.uniform(0.15, 0.35),
        glare=rng.uniform(0.05, 0.25),
        blur_px=rng.uniform(0.6, 1.6),
        mean_quanta=float(np.exp(rng.uniform(math.log(100), math.log(1500)))),
        relationship=PixelIntensityRelationship.DISP if display else PixelIntensityRelationship.LIN,
        gamma=rng.uniform(0.7, 1.4),
        bits=int(rng.choice([8, 10, 12, 14, 16])),
        inverted=bool(display and rng.random() < 0.3),
    )
    reach = int(0.35 * field_mm / pitch_mm)
    lost = tuple((int(i), int(j)) for i, j in rng.integers(-reach, reach + 1, (rng.integers(0, 6), 2)))
    doubled = tuple(
        (float(i + 0.5 * math.cos(t)), float(j + 0.5 * math.sin(t)))
        for i, j, t in zip(
            rng.integers(-reach, reach + 1, 2), rng.integers(-reach, reach + 1, 2), rng.uniform(0, 6.28, 2),
            strict=True,
        )
    )  # fmt: skip
    plate = Plate(
        pitch_mm=pitch_mm,
        lattice=lattice,
        marks=marks,
        mark_mm=rng.uniform(0.6, 1.2) if marks == "wires" else rng.uniform(1.5, 3.0),
        turn_deg=rng.uniform(0, 360),
        offset_mm=(rng.uniform(-6, 6), rng.uniform(-6, 6)),
        height_mm=rng.uniform(5, 25),
        tilt_deg=(rng.uniform(-0.3, 0.3), rng.uniform(-0.3, 0.3)),
        missing=lost if marks == "beads" else (),
        doubled=doubled if marks == "beads" else (),
    )
    return plate, tube


def outcome(seed: int, frames: int = 1) -> Outcome:
    """Render, find, fit, and compare with the truth."""
    plate, tube = scenario(seed)
    # the mean of some frames has the quanta of all of them
    tube = replace(tube, mean_quanta=frames * tube.mean_quanta)
    kind = f"{plate.lattice} {plate.marks}, {tube.columns} x {tube.rows}, {tube.bits} bit"
    pixels, truth = picture(plate, tube, seed)
    started = time.perf_counter()
    lattice = Lattice(plate.pitch_mm, plate.lattice)
    try:
        found = find_beads(pixels, lattice, rough_mm_per_px=tube.central_mm_per_px)
        model = fit_distortion(found, field_mm=tube.field_mm)
    except CalibrationError as error:
        return Outcome(seed, kind, refused=str(error))
    seconds = time.perf_counter() - started
    # which lattice place each mark truly is, and how far it is from there
    places = truth.frame_to_plate(found.points_px) @ np.linalg.inv(plate.basis_mm).T
    nearest = np.rint(places)
    mark_error_px = np.hypot(*(truth.lattice_px(nearest) - found.points_px).T)
    design = np.column_stack([found.indices, np.ones(len(nearest))])
    symmetry = np.rint(np.linalg.lstsq(design, nearest, rcond=None)[0])
    false_marks = int(np.count_nonzero(np.any(design @ symmetry != nearest, axis=1) | (mark_error_px > 3)))
    points = _between(model, seed)
    wanted_px = _ideal(truth.frame_to_plate(points), truth.frame_to_plate, model)
    got_px = model.undistort_points(points)
    absolute_mm = np.hypot(*(got_px - wanted_px).T) * model.mm_per_px
    error_mm = np.hypot(*(_fitted(got_px, wanted_px, scaled=False) - wanted_px).T) * model.mm_per_px
    flat_px = _ideal(truth.frame_to_window(points), truth.frame_to_window, model)
    flat_mm = np.hypot(*(_fitted(got_px, flat_px) - flat_px).T) * model.mm_per_px
    before_mm = np.hypot(*(points - wanted_px).T) * model.mm_per_px
    lines = [model.straight_line_error(line) for line in _wires(truth, plate, model, seed)]
    slope = _slope(truth.frame_to_plate, model)
    true_mm_per_px = math.sqrt(abs(np.linalg.det(slope)))
    return Outcome(
        seed, kind, None, len(found.points_px), _share_found(found.points_px, truth, plate, tube),
        false_marks,
        float(np.median(mark_error_px)), f"{model.order}+{model.rings}", float(before_mm.max()),
        float(np.sqrt((error_mm**2).mean())), float(np.percentile(error_mm, 95)), float(error_mm.max()),
        float(flat_mm.max()), float(absolute_mm.max()), model.residual.rms_mm, model.residual.max_mm,
        model.mm_per_px / true_mm_per_px - 1,
        max(line.before_max_mm for line in lines), max(line.after_max_mm for line in lines),
        _covered_share(model, tube, truth), seconds,
    )  # fmt: skip


def _between(model: DistortionModel, seed: int) -> Floats:
    """Points anywhere within the beads."""
    rng = np.random.default_rng([seed, 5])
    hull = np.array(model.hull_px)
    points = rng.uniform(hull.min(axis=0), hull.max(axis=0), (_TEST_POINTS, 2))
    return points[model.covers(points)]


def _ideal(places_mm: Floats, to_mm: Callable[[Floats], Floats], model: DistortionModel) -> Floats:
    """True undistorted px: the true plane, with the middle's true scale and directions taken back.

    The true slope in the middle is taken from the exact mapping, so that an error of the model's own scale
    counts in full.
    """
    centre = np.array([model.centre_px])
    slope = _slope(to_mm, model)
    u, singular, vt = np.linalg.svd(slope)
    return (places_mm - to_mm(centre)) @ (u @ vt) / math.sqrt(float(singular.prod())) + centre


def _fitted(points: Floats, wanted: Floats, *, scaled: bool = True) -> Floats:
    """Points moved and turned onto others, which changes no length, and scaled where asked for."""
    a, b = points - points.mean(axis=0), wanted - wanted.mean(axis=0)
    u, singular, vt = np.linalg.svd(a.T @ b)
    scale = singular.sum() / (a**2).sum() if scaled else 1.0
    return a @ (u @ vt) * scale + wanted.mean(axis=0)


def _slope(to_mm: Callable[[Floats], Floats], model: DistortionModel, h: float = 1e-3) -> Floats:
    """Mean derivative of the exact mapping in the middle of the frame (mm/px), shape (2, 2)."""
    grid = np.linspace(-1, 1, 31) * MIDDLE * model.radius_px
    disc = np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2)
    disc = disc[np.hypot(*disc.T) <= grid[-1]] + model.centre_px
    steps = h * np.eye(2)
    return np.stack([(to_mm(disc + d) - to_mm(disc - d)).mean(axis=0) for d in steps], axis=1) / (2 * h)


def _wires(truth: Mapping, plate: Plate, model: DistortionModel, seed: int) -> list[Floats]:
    """Straight lines on the plate, as the frame shows them, where the beads reach."""
    rng = np.random.default_rng([seed, 6])
    hull_mm = truth.frame_to_plate(np.array(model.hull_px))
    middle, size = hull_mm.mean(axis=0), float(np.ptp(hull_mm, axis=0).max())
    lines = []
    for _ in range(20):
        angle, off = rng.uniform(0, math.pi), rng.uniform(-0.45, 0.45) * size
        along = np.array([math.cos(angle), math.sin(angle)])
        across = np.array([-along[1], along[0]])
        line = truth.plate_to_frame(
            middle + off * across + np.linspace(-0.6, 0.6, 200)[:, None] * size * along
        )
        line = line[model.covers(line)]
        if len(line) > 20:
            lines.append(line)
    return lines


def _share_found(points: Floats, truth: Mapping, plate: Plate, tube: Intensifier) -> float:
    """Share of the marks that are wholly in the field and in the frame that were found."""
    there = _places(truth, plate, tube)
    distance = np.hypot(*(there[:, None] - points).transpose(2, 0, 1)).min(axis=1)
    return float(np.mean(distance < 3.0))


def _places(truth: Mapping, plate: Plate, tube: Intensifier) -> Floats:
    n = int(tube.field_mm / plate.pitch_mm) + 4
    grid = np.stack(np.meshgrid(np.arange(-n, n + 1), np.arange(-n, n + 1)), axis=-1).reshape(-1, 2)
    grid = np.array([one for one in grid.tolist() if tuple(one) not in plate.missing])
    mm = grid @ plate.basis_mm.T
    seen = truth.plate_to_frame(mm[np.hypot(*mm.T) < 0.7 * tube.field_mm])
    margin = plate.mark_mm / tube.central_mm_per_px + 4
    within = np.hypot(*(seen - truth.centre_px).T) < tube.radius_px - margin
    return seen[within]


def _covered_share(model: DistortionModel, tube: Intensifier, truth: Mapping) -> float:
    rng = np.random.default_rng(9)
    disc = rng.uniform(-1, 1, (8000, 2))
    disc = disc[(disc**2).sum(axis=1) < 1] * tube.radius_px + truth.centre_px
    return float(model.covers(disc).mean())


def measure(seeds: Iterable[int], frames: int = 1) -> list[Row]:
    """Rows of (measure, wanted, got, met); `frames`: how many frames each picture is the mean of."""
    return rows_of([outcome(seed, frames) for seed in seeds])


def rows_of(outcomes: Sequence[Outcome]) -> list[Row]:
    """The table of some outcomes."""
    done = [one for one in outcomes if one.refused is None]
    rows: list[Row] = [
        ("phantoms calibrated", "all", f"{len(done)} of {len(outcomes)}", len(done) == len(outcomes))
    ]
    if not done:
        return rows

    def spread(values: Sequence[float], form: str = ".3f") -> str:
        median, p95 = np.percentile(values, [50, 95])
        return f"median {median:{form}}, p95 {p95:{form}}, max {max(values):{form}}"

    share = [100 * one.share_found for one in done]
    false = sum(one.false_marks for one in done)
    worst = [one.max_mm for one in done]
    pooled = float(np.mean([value <= WANTED_MM for value in worst]))
    rows += [
        ("marks of the field found (%)", ">= 95", f"median {np.median(share):.1f}, least {min(share):.1f}",
         min(share) >= 95),
        ("marks at a wrong place of the lattice", "0", str(false), false == 0),
        ("error of a mark, median per phantom (px)", "-", spread([one.mark_error_px for one in done]), True),
        ("greatest displacement before (mm)", "-", spread([one.before_mm for one in done], ".2f"), True),
        ("error between beads, RMS per phantom (mm)", "<= 0.15", spread([one.rms_mm for one in done]),
         max(one.rms_mm for one in done) <= WANTED_MM),
        ("error between beads, p95 per phantom (mm)", "<= 0.15", spread([one.p95_mm for one in done]),
         max(one.p95_mm for one in done) <= WANTED_MM),
        ("error between beads, max per phantom (mm)", "<= 0.15", spread(worst), max(worst) <= WANTED_MM),
        ("phantoms whose greatest error is within that (%)", "100", f"{100 * pooled:.0f}", pooled == 1.0),
        ("the same with turn and shift of the middle counted (mm)", "-",
         spread([one.absolute_max_mm for one in done]), True),
        ("the same against the flat window, plate tilted to 0.3 deg (mm)", "-",
         spread([one.window_max_mm for one in done]), True),
        ("stated RMS at held-out beads (mm)", "-", spread([one.stated_rms_mm for one in done]), True),
        ("stated max at held-out beads (mm)", "-", spread([one.stated_max_mm for one in done]), True),
        ("error of the scale in the middle (%)", "<= 0.2",
         spread([100 * abs(one.scale_error) for one in done], ".2f"),
         max(abs(one.scale_error) for one in done) <= 0.002),
        ("straight wires before, max (mm)", "-", spread([one.line_before_mm for one in done], ".2f"), True),
        ("straight wires after, max (mm)", "<= 0.15", spread([one.line_after_mm for one in done]),
         max(one.line_after_mm for one in done) <= WANTED_MM),
        ("field within the beads (%)", "-", f"median {100 * np.median([one.covered for one in done]):.0f}, "
         f"least {100 * min(one.covered for one in done):.0f}", True),
        ("time to find and fit (s)", "-", spread([one.seconds for one in done], ".2f"), True),
    ]  # fmt: skip
    return rows


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seeds", default="1000-1039", help="first-last, both included")
    parser.add_argument("--frames", type=int, default=1, help="frames that each picture is the mean of")
    parser.add_argument("--each", action="store_true", help="a line per phantom too")
    options = parser.parse_args(arguments)
    first, _, last = options.seeds.partition("-")
    outcomes = []
    for seed in range(int(first), int(last or first) + 1):
        outcomes.append(outcome(seed, options.frames))
        if options.each:
            one = outcomes[-1]
            print(
                f"{one.seed}: {one.kind}: {one.refused}" if one.refused else
                f"{one.seed}: {one.kind}: {one.marks} marks {100 * one.share_found:.0f} %, "
                f"false {one.false_marks}, "
                f"{one.mark_error_px:.3f} px, order {one.order}, rms {one.rms_mm:.3f} max {one.max_mm:.3f} "
                f"window {one.window_max_mm:.3f} stated {one.stated_rms_mm:.3f}/{one.stated_max_mm:.3f} mm, "
                f"scale {100 * one.scale_error:+.2f} %, {one.seconds:.1f} s"
            )  # fmt: skip
    for name, wanted, got, met in rows_of(outcomes):
        print(f"{name:64s} {wanted:8s} {got:48s} {'yes' if met else 'NO'}")


if __name__ == "__main__":
    main()
