"""Every frame of a source in lock-step through the pipeline, written as tables, masks and a summary."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from calibration.profile import Profile
from calibration.readiness import readiness
from calibration.scale import disagreement, scale_from_geometry
from monitor.config import Config
from monitor.errors import EndOfStream, OutputError, SourceError
from monitor.frame import Frame, SourceInfo
from monitor.pipeline import Pipeline
from monitor.plan import Plan, View
from monitor.sources.base import FrameSource
from recordings.analysis_files import ALERT_COLUMNS, LEVEL_COLUMNS, Tables, make_folder, write_json
from recordings.tally import Tally, rounded
from recordings.watching import choose_view, reference_of

__all__ = ["ALERT_COLUMNS", "LEVEL_COLUMNS", "FrameTimes", "analyse", "make_folder"]

Progress = Callable[[int, int | None], None]
ASSUMED_TIMES = "assumed"
"""As attribute ``FrameTimesFrom`` of a session that was imported from a source without times."""


class FrameTimes:
    """Times of frames in lock-step: the source's, or an assumed rate where it has none."""

    def __init__(self, info: SourceInfo, assumed_hz: float) -> None:
        self._period_ns = round(1e9 * (info.frame_period_s or 1.0 / assumed_hz))
        self.assumed = False

    def of(self, frame: Frame) -> int:
        """Time of a frame from the start of the run (ns)."""
        if frame.t_source_ns is not None:
            return frame.t_source_ns
        self.assumed = True
        return frame.seq * self._period_ns


def analyse(
    source: FrameSource,
    plan: Plan,
    out: Path,
    config: Config,
    *,
    software_version: str,
    plan_name: str,
    view_name: str | None = None,
    masks: bool = False,
    profile: Profile | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Take every frame of a source through the pipeline and write the tables.

    Nothing is written before the first frame is read and the plan is found to fit.

    Parameters
    ----------
    out : Path
        Folder for ``frames.csv``, ``alerts.csv``, ``summary.json`` and, with `masks`, ``masks.mkv``.
    profile : Profile or None
        Calibration of the room.
    progress : callable or None
        Called with frames done and their number, None where not known.

    Returns
    -------
    dict
        The summary, as written.

    Raises
    ------
    SourceError, PlanError, OutputError
    """
    with source:
        info = source.info
        view = choose_view(plan, view_name, info.rows, info.columns)
        Pipeline(plan, view, info, config)
    reference = reference_of(view, source, info)
    with source:
        first = source.read()
        ready = readiness(profile, info, view)
        density = ready.density
        pipeline = Pipeline(
            plan, view, info, config, density, reference=reference, masks=masks,
            standing=ready.standing, level_scales=ready.level_scales,
        )  # fmt: skip
        _note_plan(plan, view, pipeline)
        times = FrameTimes(info, config.gate.assumed_frame_rate_hz)
        make_folder(out)
        with ExitStack() as stack:
            try:
                tables = stack.enter_context(Tables(out, info, masks=masks))
                tally = Tally(plan, view)
                damage = _run(source, first, pipeline, times, tables, tally, progress)
            except OSError as error:
                raise OutputError(f"{out}: cannot write: {error.strerror or error}") from error
    summary = _summary(info, plan_name, view, software_version, tally, times)
    methods = [kept["volume_method"] for kept in tally.levels.values() if kept["volume_method"]]
    general = density.method if density is not None else None
    summary["volume_method"] = methods[0] if len(set(methods)) == 1 else general
    relative = any(kept["volume_relative"] for kept in tally.levels.values() if kept["volume_method"])
    summary["volume_relative"] = relative or (not methods and density is not None and density.is_relative)
    summary["cement"] = _cement(plan)
    summary["calibration_notices"] = list(ready.words)
    summary["room_latency_ms"] = ready.latency_ms
    if damage is not None:
        summary["damaged"] = str(damage)
    write_json(out / "summary.json", summary)
    if damage is not None:
        raise damage
    return summary


def _note_plan(plan: Plan, view: View, pipeline: Pipeline) -> None:
    """Tell the pipeline what the plan says was injected, and when the cement was mixed."""
    pushes = [
        (aliquot.time_s, level.name, aliquot.volume_ml)
        for level in view.levels
        for aliquot in plan.intent(level.name).aliquots
    ]
    for time_s, name, volume_ml in sorted(pushes, key=lambda push: push[0]):
        pipeline.note_aliquot(name, volume_ml, round(time_s * 1e9))
    if plan.cement is not None and plan.cement.mixed_at_s is not None:
        pipeline.note_mixing(round(plan.cement.mixed_at_s * 1e9))


def _cement(plan: Plan) -> dict[str, Any] | None:
    if plan.cement is None:
        return None
    return {"mixed_at_s": plan.cement.mixed_at_s, "brand": plan.cement.brand}


def _run(
    source: FrameSource,
    first: Frame,
    pipeline: Pipeline,
    times: FrameTimes,
    tables: Tables,
    tally: Tally,
    progress: Progress | None,
) -> SourceError | None:
    frame: Frame | None = first
    while frame is not None:
        now_ns = times.of(frame)
        timed = Frame(frame.seq, frame.t_capture_ns, now_ns, frame.pixels, frame.source_id)
        result = pipeline.step(timed, now_ns)
        tables.write(result, now_ns)
        tally.count(result, now_ns)
        if progress is not None:
            progress(frame.seq + 1, source.info.frame_count)
        try:
            frame = source.read()
        except EndOfStream:
            frame = None
        except SourceError as error:
            # what was read stays on disk; the damage is told at the end
            return error
    return None


def _summary(
    info: SourceInfo, plan_name: str, view: View, version: str, tally: Tally, times: FrameTimes
) -> dict[str, Any]:
    levels = {name: {**kept, "leaks": list(kept["leaks"].values())} for name, kept in tally.levels.items()}
    header_scale = scale_from_geometry(info.geometry)
    ratio = disagreement(view.scale, header_scale) if header_scale is not None else None
    return {
        "schema": "cementwatch.summary/1",
        "standing": "Research and training software. Not a medical device.",
        "software_version": version,
        "source": {
            "id": info.source_id, "kind": info.kind, "rows": info.rows, "columns": info.columns,
            "kvp": info.kvp, "pixel_intensity_relationship": info.intensity.relationship.value,
            "times": "assumed" if times.assumed or _were_assumed(info) else "source",
            **dict(info.attributes),
        },
        "plan": {"file": plan_name, "view": view.name, "mm_per_px": view.scale.mm_per_px},
        "scale_of_header_mm_per_px": header_scale.mm_per_px if header_scale is not None else None,
        "scale_disagreement_ratio": ratio,
        "frames": tally.frames,
        "duration_s": rounded(tally.total_s),
        "monitored_time_fraction": rounded(tally.monitored_s / tally.total_s) if tally.total_s > 0 else None,
        "frames_by_state": tally.by_state,
        "not_monitoring_reasons": tally.blind_reasons,
        "levels": levels,
    }  # fmt: skip


def _were_assumed(info: SourceInfo) -> bool:
    """Whether an import had to assume the times of a run that had none."""
    return info.attributes.get("FrameTimesFrom") == ASSUMED_TIMES
