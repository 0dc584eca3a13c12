"""Cement in simulated CTs against truth, and laid into a real CT.

    python -m benchmarks.qa.ct --set tune|report [--seeds N] --out FILE.jsonl [--real DIR]

Each seed is another patient, with another leak, cement of 1200 to 3000 HU, another noise and blur, scanned
with slices of 0.6, 1, 2 and 3 mm. Every third has a pedicle screw as well. With 1 mm there are further runs:
labels on a grid of 1.5 mm, as segmentation tools give them; cement with the pores that growth leaves, as
found and with the HU of pure cement told. What was tuned was tuned on the seeds of ``tune``; those of
``report`` are for the figures. With --real cement is laid into levels of the CT of that folder
(``example_ct.nii.gz``).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy import ndimage

from recordings.ct.frames import frames_of
from recordings.ct.labels import LabelMap, on_grid, read_labels
from recordings.ct.measure import measure_ct
from recordings.ct.numbering import DEFAULT_NUMBERS
from recordings.ct.series import read_ct
from recordings.ct.volume import CtVolume, to_mm
from recordings.simulated.ct import Blob, Patient, lay_out
from recordings.simulated.ct_scan import CtSettings, SimulatedCt, scan
from recordings.simulated.scene import Scene, build_scene
from recordings.simulated.settings import SimulationSettings

SEEDS = {"tune": 1000, "report": 8000}
SLICES_MM = (0.6, 1.0, 2.0, 3.0)
LEAST_LEAK_ML = 0.02
_CASES = ("clean", "canal", "disc", "vein", "foramen", "paravertebral", "second", "canal")
_END_S = 500.0


@dataclass(frozen=True)
class Case:
    """A patient and what is drawn for the scan."""

    name: str
    seed: int
    scene: Scene
    blobs: tuple[Blob, ...]
    settings: CtSettings


def case_of(number: int, seed: int) -> Case:
    """The case of a seed."""
    name = _CASES[number % len(_CASES)]
    rng = np.random.default_rng([seed, 5])
    plot = name if name in ("canal", "disc", "vein") else "twolevels" if name == "second" else "clean"
    scene = build_scene(plot, SimulationSettings(seed=seed, size=256))
    bone = scene.treated[0].placed.vertebra
    blobs: tuple[Blob, ...] = ()
    side = float(rng.choice((-1.0, 1.0)))
    if name == "foramen":
        at = (bone.back_mm + 5.0, 0.30 * bone.height_mm, side * 0.37 * bone.width_mm)
        blobs = (Blob(bone.name, "foramen", at, float(rng.uniform(2.2, 3.2))),)
    elif name == "paravertebral":
        radius = float(rng.uniform(3.0, 5.0))
        at = (0.0, float(rng.uniform(-3, 3)), side * (bone.width_mm / 2 + radius - 1.0))
        blobs = (Blob(bone.name, "paravertebral", at, radius),)
    settings = CtSettings(
        cement_hu=float(rng.uniform(1200, 3000)), noise_hu=float(rng.uniform(12, 50)),
        blur_mm=float(rng.uniform(0.35, 0.6)), seed=seed,
    )  # fmt: skip
    return Case(name, seed, scene, blobs, settings)


def labels_of(made: SimulatedCt, volume: CtVolume, grid_mm: float | None = None) -> LabelMap:
    """Its labels, or what is left of them on a coarser grid."""
    values = made.labels.astype(np.uint16)
    affine = volume.affine_lps
    if grid_mm is not None:
        step = np.array(volume.spacing_mm) / grid_mm
        values = ndimage.zoom(values, step, order=0)
        ratio = np.array(made.labels.shape) / np.array(values.shape)
        affine = affine.copy()
        affine[:3, 3] = to_mm(volume.affine_lps, ((ratio - 1) / 2)[None])[0]
        affine[:3, :3] = volume.affine_lps[:3, :3] * ratio
    return on_grid(values, affine, volume, DEFAULT_NUMBERS, "simulated")


def rows_of(
    case: Case, patient: Patient, settings: CtSettings, **about: bool | float
) -> Iterator[dict[str, Any]]:
    """Measure one scan: a row per treated level."""
    made = scan(patient, settings)
    volume = CtVolume(made.hu, made.affine_lps, "simulated")
    labels = labels_of(made, volume, about.get("labels_mm"))
    told = settings.cement_hu if about.get("told_hu") else None
    record = measure_ct(volume, labels, software_version="benchmark", cement_hu=told).record
    found = {level.level: level for level in record.levels}
    for name in {*patient.body_ml, *found}:
        level = found.get(name)
        leaks = {kind: ml for (of, kind), ml in patient.leaks_ml.items() if of == name}
        true_ml = patient.body_ml.get(name, 0.0) + sum(leaks.values())
        yield {
            "case": case.name, "seed": case.seed, "level": name, "slice_mm": settings.slice_mm,
            "cement_hu": round(settings.cement_hu), "noise_hu": round(settings.noise_hu), **about,
            "true_ml": true_ml, "ml": level.volume_ml if level else 0.0,
            "sd_ml": level.volume_sd_ml if level else None,
            "true_leaks": {kind: ml for kind, ml in leaks.items() if ml >= LEAST_LEAK_ML},
            "leaks": {leak.leak_class: leak.volume_ml for leak in level.leaks} if level else {},
            "true_metal_ml": patient.metal_ml if about.get("screw") else 0.0,
            "metal_ml": sum(metal.volume_ml for metal in record.metal),
        }  # fmt: skip


def run(number: int, seed: int) -> Iterator[dict[str, Any]]:
    """All scans of a seed."""
    case = case_of(number, seed)
    patient = lay_out(case.scene, _END_S, blobs=case.blobs, seed=seed)
    for slice_mm in SLICES_MM:
        yield from rows_of(case, patient, replace(case.settings, slice_mm=slice_mm))
    yield from rows_of(case, patient, case.settings, labels_mm=1.5)
    if number % 3 == 0:
        level = case.scene.treated[0].placed.vertebra.name
        screwed = lay_out(case.scene, _END_S, blobs=case.blobs, screw=level, seed=seed)
        for slice_mm in SLICES_MM:
            yield from rows_of(case, screwed, replace(case.settings, slice_mm=slice_mm), screw=True)
    if number % 3 == 1:
        porous = lay_out(case.scene, _END_S, blobs=case.blobs, porous=True, seed=seed)
        yield from rows_of(case, porous, case.settings, porous=True)
        yield from rows_of(case, porous, case.settings, porous=True, told_hu=True)


def real_rows(folder: Path) -> Iterator[dict[str, Any]]:
    """Lay cement into each level of a real CT, and measure it."""
    volume = read_ct(folder / "example_ct.nii.gz")
    labels = read_labels(folder / "example_ct_labels.nii.gz", volume)
    frames = frames_of(labels.values, volume.affine_lps, labels.names)
    for number, frame in frames.items():
        if frame.level in ("S1", "T11"):
            continue
        for hu in (1300.0, 2000.0, 2800.0):
            case = case_of(0, 9000 + number)
            cloud = case.scene.treated[0].growth.clouds[0]  # type: ignore[union-attr]
            points = (cloud.points_mm - cloud.points_mm.mean(axis=0)) @ frame.axes + frame.centre_mm
            fraction = _laid(points, cloud.parcel_mm3, volume)
            filled = volume.hu * (1 - fraction) + hu * fraction
            record = measure_ct(
                replace(volume, hu=filled.astype(np.float32)), labels, software_version="benchmark"
            ).record
            found = {level.level: level for level in record.levels}
            level = found.get(frame.level)
            yield {
                "case": "real", "level": frame.level, "cement_hu": hu, "slice_mm": 3.0,
                "true_ml": float(fraction.sum()) * volume.voxel_ml, "ml": level.volume_ml if level else 0.0,
                "sd_ml": level.volume_sd_ml if level else None, "true_leaks": {},
                "leaks": {leak.leak_class: leak.volume_ml for leak in level.leaks} if level else {},
                "others": sorted(set(found) - {frame.level}),
                "metal_ml": sum(m.volume_ml for m in record.metal),
            }  # fmt: skip


def _laid(points_mm: np.ndarray, parcel_mm3: float, volume: CtVolume) -> np.ndarray:
    fine = 4
    back = np.linalg.inv(volume.affine_lps)
    index = points_mm @ back[:3, :3].T + back[:3, 3]
    first = np.floor(index.min(axis=0)).astype(int) - 3
    shape = (np.ceil(index.max(axis=0)).astype(int) + 4 - first).astype(int)
    at = np.clip(np.rint((index - first + 0.5) * fine - 0.5).astype(int), 0, shape * fine - 1)
    there = np.zeros(shape * fine, np.float32)
    np.add.at(there, tuple(at.T), parcel_mm3 / (volume.voxel_ml * 1000 / fine**3))
    solid = ndimage.gaussian_filter(there, 1.0)
    solid = np.clip(solid / np.percentile(solid[solid > 0.3], 75), 0, 1)  # as one piece
    mean = solid.reshape(shape[0], fine, shape[1], fine, shape[2], fine).mean(axis=(1, 3, 5))
    made = np.zeros(volume.hu.shape, np.float32)
    padded = np.pad(made, 8)
    box = tuple(slice(int(a) + 8, int(a + n) + 8) for a, n in zip(first, shape, strict=True))
    padded[box] = ndimage.gaussian_filter(mean, 0.45)
    made = padded[8:-8, 8:-8, 8:-8]
    return made


def summary(rows: list[dict[str, Any]]) -> str:
    """Errors by slice thickness and kind of run."""
    lines = []
    kinds: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows:
        extra = [word for word in ("screw", "porous", "told_hu", "labels_mm") if row.get(word)] or [
            "real" if row["case"] == "real" else "plain"
        ]
        kinds.setdefault((" ".join(extra), row["slice_mm"]), []).append(row)
    for (kind, slice_mm), own in sorted(kinds.items(), key=str):
        some = [row for row in own if row["true_ml"] > 0.3]
        errors = np.array([100 * (row["ml"] / row["true_ml"] - 1) for row in some])
        covered = [abs(r["ml"] - r["true_ml"]) <= 1.96 * r["sd_ml"] for r in some if r["sd_ml"] is not None]
        right = [set(row["leaks"]) == set(row["true_leaks"]) for row in own]
        lines.append(
            f"{kind:16s} {slice_mm:3.1f} mm  n {len(some):3d}"
            f"  mean {errors.mean():+5.2f} %  sd {errors.std():4.2f}"
            f"  median |e| {np.median(np.abs(errors)):4.2f}  max |e| {np.abs(errors).max():5.2f}"
            f"  within 3 %: {np.mean(np.abs(errors) <= 3):.2f}  95 % interval holds {np.mean(covered):.2f}"
            f"  leaks right {sum(right)}/{len(right)}"
        )
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--set", choices=sorted(SEEDS), default="tune")
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--real", type=Path)
    wanted = parser.parse_args(arguments)
    rows: list[dict[str, Any]] = []
    with wanted.out.open("w") as file:
        for number in range(wanted.seeds):
            for row in run(number, SEEDS[wanted.set] + number):
                rows.append(row)
                file.write(json.dumps(row) + "\n")
                file.flush()
        for row in real_rows(wanted.real) if wanted.real else ():
            rows.append(row)
            file.write(json.dumps(row) + "\n")
    print(summary(rows))


if __name__ == "__main__":
    main()
