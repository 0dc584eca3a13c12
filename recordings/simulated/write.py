"""Write a simulated procedure: ``run.dcm``, ``plan.json``, ``truth.json``, ``truth_masks.mkv``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import av
import msgspec
import numpy as np

from monitor.errors import OutputError
from monitor.plan import plan_to_json
from recordings.multi_frame_file import MultiFrameFile
from recordings.simulated.dicom_run import run_header
from recordings.simulated.disturbances import as_rows
from recordings.simulated.marks import plan_of
from recordings.simulated.render import Renderer
from recordings.simulated.scene import Scene, build_scene
from recordings.simulated.settings import SimulationSettings
from recordings.simulated.truth import (
    CEMENT_AT_MM,
    VISIBLE_AREA_MM2,
    VISIBLE_WIDTH_MM,
    FrameTruth,
    Mask,
    Truth,
)

FILES = ("run.dcm", "plan.json", "truth.json", "truth_masks.mkv")
TRUTH_SCHEMA = "cementwatch.truth/1"


def write_procedure(
    name: str,
    settings: SimulationSettings,
    out: Path,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Write a simulated procedure into a folder, frame by frame.

    The four files appear together at the end; where writing fails, none of them is changed.

    ``truth.json`` holds: ``schema``; ``name``, ``description``, ``settings`` (all fields, plus ``mm_per_px``
    and ``duration_s`` as used); ``definitions`` (the thresholds in mm and mm2); ``leaks``, one row per leak
    with ``level``, ``leak_class``, ``first_present_frame``, ``first_present_s``, ``first_visible_frame``,
    ``first_visible_s`` (null: never visible in this projection) and ``final_ml``; ``frames``, one row per
    frame with ``frame``, ``time_s``, ``area_mm2`` (all cement, in the frame) and ``levels``, the fields of
    `LevelTruth`.

    Parameters
    ----------
    name : str
        One of `SCENARIOS`.
    settings : SimulationSettings
    out : Path
        Made where it is missing. Files of the four names are replaced; others are left alone.
    progress : callable or None
        Called with frames done and frames in all.

    Raises
    ------
    InputError
        There is no procedure of that name.
    OutputError
        The folder or a file cannot be written.
    """
    scene = build_scene(name, settings)
    try:
        out.mkdir(parents=True, exist_ok=True)
        with _all_or_nothing(out) as paths:
            _write(scene, paths, progress)
    except (OSError, av.error.FFmpegError) as error:
        raise OutputError(f"{out}: cannot write: {error.strerror or error}") from error


def truth_for(name: str, settings: SimulationSettings | None = None) -> Truth:
    """Truth of a simulated procedure, without writing it.

    Raises
    ------
    InputError
        There is no procedure of that name.
    """
    return Truth(build_scene(name, settings if settings is not None else SimulationSettings()))


def _write(scene: Scene, paths: dict[str, Path], progress: Callable[[int, int], None] | None) -> None:
    total = scene.frame_count
    renderer, truth = Renderer(scene), Truth(scene)
    paths["plan.json"].write_bytes(plan_to_json(plan_of(scene)))
    with (
        MultiFrameFile(paths["run.dcm"], run_header(scene, total)) as run,
        paths["truth.json"].open("wb") as rows,
        _masks(paths["truth_masks.mkv"], scene) as add_mask,
    ):
        _begin_truth(rows, scene, truth, total)
        for frame in range(total):
            now = truth.truth_at(frame)
            run.add(renderer.pixels(frame))
            add_mask(now.mask)
            rows.write((b",\n  " if frame else b"\n  ") + msgspec.json.encode(_row(scene, now)))
            if progress is not None:
                progress(frame + 1, total)
        rows.write(b"\n]}\n")


def truth_json(scene: Scene, truth: Truth, frames: int) -> bytes:
    """Contents of ``truth.json`` for so many first frames of a run, as `write_procedure` writes it."""
    rows = BytesIO()
    _begin_truth(rows, scene, truth, frames)
    for frame in range(frames):
        row = msgspec.json.encode(_row(scene, truth.truth_at(frame)))
        rows.write((b",\n  " if frame else b"\n  ") + row)
    rows.write(b"\n]}\n")
    return rows.getvalue()


def _begin_truth(rows: BinaryIO, scene: Scene, truth: Truth, frames: int) -> None:
    settings = asdict(scene.settings)
    settings["relationship"] = scene.settings.relationship.value
    del settings["disturbances"]
    plot = scene.scenario
    settings |= {
        "mm_per_px": scene.settings.pixel_mm,
        "duration_s": plot.duration_s,
        "dose_ngy": plot.dose_ngy,
        "breathing_mm": plot.breathing_mm,
        "jerk_mm": plot.jerk_mm,
        "jerk_at_s": plot.jerk_at_s,
    }
    if scene.disturbances:
        settings["disturbances"] = as_rows(scene.disturbances)
    last = {level.name: level for level in truth.truth_at(frames - 1).levels}
    leaks = []
    for leak in truth.leaks(frames):
        seen = leak.first_visible_frame
        leaks.append(
            asdict(leak)
            | {
                "first_present_s": scene.time_s(leak.first_present_frame),
                "first_visible_s": None if seen is None else scene.time_s(seen),
                "final_ml": last[leak.level].leaked_ml[leak.leak_class],
            }
        )
    head = {
        "schema": TRUTH_SCHEMA,
        "name": plot.name,
        "description": plot.description,
        "settings": settings,
        "definitions": {
            "cement_at_mm": CEMENT_AT_MM,
            "visible_width_mm": VISIBLE_WIDTH_MM,
            "visible_area_mm2": VISIBLE_AREA_MM2,
        },
        "leaks": leaks,
    }
    text = msgspec.json.format(msgspec.json.encode(head), indent=1).rstrip()
    rows.write(text[:-1].rstrip() + b',\n "frames": [')


def _row(scene: Scene, now: FrameTruth) -> dict[str, Any]:
    return {
        "frame": now.frame,
        "time_s": round(now.time_s, 6),
        "area_mm2": round(float(now.mask.sum()) * scene.settings.pixel_mm**2, 3),
        "levels": [_rounded(asdict(level)) for level in now.levels],
    }


def _rounded(value: object) -> object:
    """Floats to a micrometre, a microlitre or a millionth of a radian: enough, and short."""
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, dict):
        return {key: _rounded(part) for key, part in value.items()}
    if isinstance(value, tuple):
        return [_rounded(part) for part in value]
    return value


@contextmanager
def _masks(path: Path, scene: Scene) -> Iterator[Callable[[Mask], None]]:
    """Open a lossless gray video; yields what adds a mask to it."""
    rate = Fraction(scene.settings.frame_rate_hz).limit_denominator(1001)
    with av.open(str(path), "w", format="matroska") as container:
        stream = container.add_stream("ffv1", rate=rate)
        stream.width = stream.height = scene.settings.size
        stream.pix_fmt = "gray"
        stream.codec_context.options = {"level": "3", "slicecrc": "1"}

        def add(mask: Mask) -> None:
            image = av.VideoFrame.from_ndarray(mask.astype(np.uint8) * 255, format="gray")
            container.mux(stream.encode(image))

        yield add
        container.mux(stream.encode(None))


@contextmanager
def _all_or_nothing(out: Path) -> Iterator[dict[str, Path]]:
    """Temporary names for the files, renamed together at the end; removed where anything fails."""
    parts = {name: out / f".{name}.part" for name in FILES}
    try:
        yield parts
        for name, part in parts.items():
            part.replace(out / name)
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)
