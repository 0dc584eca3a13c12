"""The files of an analysis: tables of levels and alarms, masks, and JSON."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any, TextIO

import av
import numpy as np

from monitor.errors import OutputError
from monitor.frame import SourceInfo
from monitor.result import AlertTransition, LevelResult, Result
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


class Tables:
    """The files of an analysis while it runs."""

    def __init__(self, out: Path, info: SourceInfo, *, masks: bool) -> None:
        self._out, self._info, self._with_masks = out, info, masks
        self._files: list[TextIO] = []
        self._video: MaskVideo | None = None

    def __enter__(self) -> Tables:
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
        row["shift_x_px"] = _text(level.pose.from_plan_px[0], 3)
        row["shift_y_px"] = _text(level.pose.from_plan_px[1], 3)
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
