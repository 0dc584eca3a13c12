"""The log's measurements as results again: a trend without reading a step for each point of it (pure)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from monitor.result import Distance, LevelResult
from monitor.states import State
from recordings.log_schema import STRUCTURES

_BY_WORDS = {state.words: state for state in State}
_NOWHERE = (0.0, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """What was written of one frame: state, distances and volume by level; nothing else is known of it."""

    captured_ns: int
    seq: int
    view: str
    levels: tuple[LevelResult, ...]


class Measurements:
    """Rows of the log's table ``volume``, by time of capture. Made into results as they are asked for."""

    def __init__(self, rows: Iterable[Mapping[str, Any]] = ()) -> None:
        self._rows = sorted(rows, key=lambda row: (row["t_capture_ns"], row["seq"]))
        self._times_ns = [row["t_capture_ns"] for row in self._rows]

    def __len__(self) -> int:
        return len(self._rows)

    def between(self, first_ns: int, end_ns: int) -> list[Measured]:
        """All of frames captured from the first time on and before the second."""
        first, end = (bisect_left(self._times_ns, t_ns) for t_ns in (first_ns, end_ns))
        return _by_frame(self._rows[first:end])

    def last_watched(self, before_ns: int) -> list[Measured]:
        """Of each view, the last before a time in which something was watched; in order of time."""
        views = {row["view"] for row in self._rows}
        found: list[Measured] = []
        for at in range(bisect_left(self._times_ns, before_ns) - 1, -1, -1):
            row = self._rows[at]
            if row["view"] in views and _state(row) <= State.DEGRADED:
                views.remove(row["view"])
                found += _by_frame([row])
            if not views:
                break
        return found[::-1]


def _by_frame(rows: list[Mapping[str, Any]]) -> list[Measured]:
    found: list[Measured] = []
    held: list[Mapping[str, Any]] = []
    for row in [*rows, None]:
        if held and (row is None or row["seq"] != held[0]["seq"]):
            first = held[0]
            levels = tuple(_level(each) for each in held)
            found.append(Measured(first["t_capture_ns"], first["seq"], first["view"], levels))
            held = []
        if row is not None:
            held.append(row)
    return found


def _state(row: Mapping[str, Any]) -> State:
    return _BY_WORDS.get(row["state"], State.NOT_MONITORING)


def _level(row: Mapping[str, Any]) -> LevelResult:
    distances = {}
    for structure in STRUCTURES:
        value, low = row[f"distance_{structure}_mm"], row[f"distance_{structure}_low_mm"]
        if value is not None:
            distances[structure] = Distance(value, value if low is None else low, _NOWHERE, _NOWHERE)
    return LevelResult(
        row["level"], _state(row), None, distances=distances, area_mm2=row["area_mm2"],
        volume_ml=row["volume_ml"], volume_sd_ml=row["volume_sd_ml"],
    )  # fmt: skip
