"""Every frame of a source in lock-step through the pipeline, written as tables, masks and a summary."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TextIO

import av
import numpy as np

from calibration.density import nominal_density
from calibration.scale import disagreement, scale_from_geometry
from monitor.config import Config
from monitor.errors import EndOfStream, OutputError, PlanError, SourceError
from monitor.frame import Frame, Pixels, SourceInfo
from monitor.pipeline import Pipeline
from monitor.plan import Plan, View
from monitor.result import AlertTransition, LevelResult, Result
from monitor.sources.base import FrameSource
from monitor.states import State
from monitor.zones import STRUCTURES

LEVEL_COLUMNS = (
    "frame", "time_s", "state", "level", "area_mm2", "outside_mm2", "volume_ml", "volume_sd_ml",
    *(f"distance_{name}{end}" for name in STRUCTURES for end in ("_mm", "_low_mm")),
    "front_speed_mm_s", "time_to_contact_s", "shift_x_px", "shift_y_px", "priority", "reason",
)  # fmt: skip
ALERT_COLUMNS = (
    "time_s", "frame", "level", "rule", "kind", "priority", "structure", "event", "value", "unit", "message",
)  # fmt: skip

Progress = Callable[[int, int | None], None]


def choose_view(plan: Plan, name: str | None, rows: int, columns: int) -> View:
    """The view that a source shows: by name, or the only one, or the first made for such images.

    Raises
    ------
    PlanError
        No view of that name.
    """
    if name is not None:
        for view in plan.views:
            if view.name == name:
                return view
        known = ", ".join(view.name for view in plan.views)
        raise PlanError(f"the plan has no view {name!r}; it has: {known}")
    for view in plan.views:
        if view.image is not None and (view.image.rows, view.image.columns) == (rows, columns):
            return view
    return plan.views[0]


def reference_pixels(source: FrameSource, frame_number: int) -> Pixels | None:
    """Pixels of the frame on which the plan was drawn; None where it is the first one.

    The source is opened, read up to that frame, and closed.

    Raises
    ------
    PlanError
        The source has no such frame.
    """
    if frame_number == 0:
        return None
    with source:
        try:
            for _ in range(frame_number):
                source.read()
            return source.read().pixels
        except EndOfStream:
            raise PlanError(
                f"the plan was drawn on frame {frame_number}, which {source.info.source_id} does not have"
            ) from None


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
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Take every frame of a source through the pipeline and write the tables.

    Nothing is written before the first frame is read and the plan is found to fit.

    Parameters
    ----------
    out : Path
        Folder for ``frames.csv``, ``alerts.csv``, ``summary.json`` and, with `masks`, ``masks.mkv``.
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
    reference = reference_pixels(source, view.reference_frame)
    with source:
        first = source.read()
        density = nominal_density(info)
        pipeline = Pipeline(plan, view, info, config, density, reference=reference, masks=masks)
        times = FrameTimes(info, config.gate.assumed_frame_rate_hz)
        make_folder(out)
        with ExitStack() as stack:
            try:
                tables = stack.enter_context(_Tables(out, info, masks=masks))
                tally = _Tally(plan, view)
                damage = _run(source, first, pipeline, times, tables, tally, progress)
            except OSError as error:
                raise OutputError(f"{out}: cannot write: {error.strerror or error}") from error
    summary = _summary(info, plan_name, view, software_version, tally, times)
    summary["volume_method"] = density.method if density is not None else None
    if damage is not None:
        summary["damaged"] = str(damage)
    write_json(out / "summary.json", summary)
    if damage is not None:
        raise damage
    return summary


def _run(
    source: FrameSource,
    first: Frame,
    pipeline: Pipeline,
    times: FrameTimes,
    tables: _Tables,
    tally: _Tally,
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


class _Tables:
    """The files of an analysis while it runs."""

    def __init__(self, out: Path, info: SourceInfo, *, masks: bool) -> None:
        self._out, self._info, self._with_masks = out, info, masks
        self._files: list[TextIO] = []
        self._video: MaskVideo | None = None

    def __enter__(self) -> _Tables:
        self._frames = self._table("frames.csv", LEVEL_COLUMNS)
        self._alerts = self._table("alerts.csv", ALERT_COLUMNS)
        if self._with_masks:
            self._video = MaskVideo(self._out / "masks.mkv", self._info.rows, self._info.columns)
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files:
            file.close()
        if self._video is not None:
            self._video.close()

    def write(self, result: Result, now_ns: int) -> None:
        """Write the rows of a frame."""
        for level in result.levels:
            self._frames.writerow(level_row(result, level, now_ns))
        if not result.levels:
            row: dict[str, Any] = {"frame": result.frame.seq, "time_s": _text(now_ns / 1e9, 4)}
            row |= {"state": result.state.words, "reason": _reasons(result, None)}
            self._frames.writerow(row)
        for transition in result.transitions:
            self._alerts.writerow(alert_row(transition))
        if self._video is not None:
            mask = result.masks_px
            empty = np.zeros((self._info.rows, self._info.columns), np.uint8)
            self._video.write(mask if mask is not None and mask.shape == empty.shape else empty)

    def _table(self, name: str, columns: tuple[str, ...]) -> csv.DictWriter[str]:
        file = (self._out / name).open("w", newline="", encoding="utf-8")
        self._files.append(file)
        table = csv.DictWriter(file, columns)
        table.writeheader()
        return table


class MaskVideo:
    """A Matroska file of gray FFV1 frames, lossless, one per input frame."""

    def __init__(self, path: Path, rows: int, columns: int) -> None:
        self._container = av.open(str(path), "w", format="matroska")
        self._stream = self._container.add_stream("ffv1", rate=25, options={"level": "3", "slicecrc": "1"})
        self._stream.width, self._stream.height, self._stream.pix_fmt = columns, rows, "gray"

    def write(self, mask: np.ndarray[Any, np.dtype[np.uint8]]) -> None:
        """Append a mask, shape (rows, columns), uint8."""
        for packet in self._stream.encode(av.VideoFrame.from_ndarray(mask, format="gray")):
            self._container.mux(packet)

    def close(self) -> None:
        """Write what is left and the index."""
        for packet in self._stream.encode():
            self._container.mux(packet)
        self._container.close()


def level_row(result: Result, level: LevelResult, now_ns: int) -> dict[str, Any]:
    """One row of frames.csv; unknown is empty."""
    row: dict[str, Any] = {
        "frame": result.frame.seq,
        "time_s": _text(now_ns / 1e9, 4),
        "state": max(level.state, _general_state(result)).words,
        "level": level.name,
        "area_mm2": _text(level.area_mm2, 2),
        "outside_mm2": _text(level.outside_mm2, 2),
        "volume_ml": _text(level.volume_ml, 3),
        "volume_sd_ml": _text(level.volume_sd_ml, 3),
        "front_speed_mm_s": _text(level.front_speed_mm_s, 3),
        "time_to_contact_s": _text(level.time_to_contact_s, 2),
        "priority": _priority(result, level.name),
        "reason": _reasons(result, level.name),
    }
    for name, distance in (level.distances or {}).items():
        row[f"distance_{name}_mm"] = _text(distance.value_mm, 3)
        row[f"distance_{name}_low_mm"] = _text(distance.low_mm, 3)
    if level.pose is not None and level.pose.trusted:
        row["shift_x_px"] = _text(level.pose.shift_px[0], 3)
        row["shift_y_px"] = _text(level.pose.shift_px[1], 3)
    return row


def alert_row(transition: AlertTransition) -> dict[str, Any]:
    """One row of alerts.csv."""
    alert = transition.alert
    return {
        "time_s": _text(transition.t_ns / 1e9, 4),
        "frame": alert.seq,
        "level": alert.level or "",
        "rule": alert.rule_id,
        "kind": alert.kind.value,
        "priority": alert.priority.name.lower(),
        "structure": alert.structure or "",
        "event": transition.event,
        "value": _text(alert.value, 3),
        "unit": alert.unit or "",
        "message": alert.message,
    }


class _Tally:
    """What the summary needs of a whole run."""

    def __init__(self, plan: Plan, view: View) -> None:
        self.frames = 0
        self.by_state: dict[str, int] = {}
        self.monitored_s = self.total_s = 0.0
        self.blind_reasons: dict[str, int] = {}
        self._last_ns: int | None = None
        self.levels: dict[str, dict[str, Any]] = {
            level.name: {
                "planned_volume_ml": plan.intent(level.name).planned_volume_ml,
                "volume_ml": None, "volume_sd_ml": None, "fill_fraction": None,
                "area_mm2": None, "outside_mm2": None, "closest_mm": {}, "leaks": {},
            }
            for level in view.levels
        }  # fmt: skip

    def count(self, result: Result, now_ns: int) -> None:
        """Take in a result."""
        self.frames += 1
        elapsed_s = 0.0 if self._last_ns is None else max(0.0, (now_ns - self._last_ns) / 1e9)
        self._last_ns = now_ns
        self.total_s += elapsed_s
        self.by_state[result.state.words] = self.by_state.get(result.state.words, 0) + 1
        if result.state in (State.MONITORING, State.DEGRADED):
            self.monitored_s += elapsed_s
        if result.state is State.NOT_MONITORING:
            for reason in result.reasons[:1]:
                text = reason.text.split(";")[0]
                self.blind_reasons[text] = self.blind_reasons.get(text, 0) + 1
        for level in result.levels:
            self._count_level(self.levels[level.name], level)

    @staticmethod
    def _count_level(kept: dict[str, Any], level: LevelResult) -> None:
        if level.area_mm2 is None:
            return
        for key in ("volume_ml", "volume_sd_ml", "fill_fraction", "area_mm2", "outside_mm2"):
            kept[key] = _rounded(getattr(level, key))
        for name, distance in (level.distances or {}).items():
            before = kept["closest_mm"].get(name)
            if before is None or distance.value_mm < before:
                kept["closest_mm"][name] = _rounded(distance.value_mm)
        for leak in level.leaks:
            seen = kept["leaks"].setdefault(
                leak.leak_class,
                {
                    "class": leak.leak_class,
                    "onset_s": _rounded(leak.onset_ns / 1e9),
                    "area_mm2": 0.0,
                    "volume_ml": None,
                },
            )
            seen["area_mm2"] = max(seen["area_mm2"], _rounded(leak.area_mm2) or 0.0)
            seen["volume_ml"] = _rounded(leak.volume_ml)
            seen["detached"] = leak.detached
            seen["ambiguous_with"] = leak.ambiguous_with


def _summary(
    info: SourceInfo, plan_name: str, view: View, version: str, tally: _Tally, times: FrameTimes
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
            "times": "assumed" if times.assumed else "source", **dict(info.attributes),
        },
        "plan": {"file": plan_name, "view": view.name, "mm_per_px": view.scale.mm_per_px},
        "scale_of_header_mm_per_px": header_scale.mm_per_px if header_scale is not None else None,
        "scale_disagreement_ratio": ratio,
        "frames": tally.frames,
        "duration_s": _rounded(tally.total_s),
        "monitored_time_fraction": _rounded(tally.monitored_s / tally.total_s) if tally.total_s > 0 else None,
        "frames_by_state": tally.by_state,
        "not_monitoring_reasons": tally.blind_reasons,
        "levels": levels,
    }  # fmt: skip


def make_folder(out: Path) -> None:
    """Make an output folder and see that files can be made in it.

    Raises
    ------
    OutputError
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe = out / ".cementwatch-probe"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise OutputError(f"{out}: cannot write to this folder: {error.strerror or error}") from error


def write_json(path: Path, data: dict[str, Any]) -> None:
    """Write JSON by way of a temporary name, so that no half file is left.

    Raises
    ------
    OutputError
    """
    part = path.with_name(path.name + ".part")
    try:
        part.write_text(
            json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8"
        )
        part.replace(path)
    except OSError as error:
        raise OutputError(f"{path}: cannot write: {error.strerror or error}") from error


def _general_state(result: Result) -> State:
    return max((r.state for r in result.reasons if r.level is None), default=State.MONITORING)


def _reasons(result: Result, level: str | None) -> str:
    return "; ".join(reason.text for reason in result.reasons if reason.level in (None, level))


def _priority(result: Result, level: str) -> str:
    shown = [
        a for a in result.alerts if a.level in (None, level) and a.state.value in ("active", "acknowledged")
    ]
    return max(shown, key=lambda a: a.priority).priority.name.lower() if shown else ""


def _text(value: float | None, digits: int) -> str:
    return "" if value is None or not np.isfinite(value) else f"{value:.{digits}f}"


def _rounded(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else round(float(value), 4)
