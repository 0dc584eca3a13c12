"""What the overlay remembers between two looks: the last 30 s of distances, heartbeats, volumes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from monitor.result import Contour, LevelResult
from ui.overlay.observation import Observation
from ui.overlay.sight import is_seen

TREND_SPAN_S = 30.0
_BIN_NS = 80_000_000
"""The trend holds one sample for each; a curve of half a minute shows no more."""
_SWITCH_MM = 0.3
"""Another structure takes the number over only when it is nearer by this much: names must not flicker."""

_Key = tuple[str, str]


class Memory:
    """Fed with every observation, in order of time. `chosen` is the operator's choice of a level."""

    def __init__(self) -> None:
        self.beats = 0
        self.last_seen_ns: int | None = None
        self.primary: _Key | None = None
        self.chosen: str | None = None
        self.levels: tuple[str, ...] = ()
        self.views_ns: dict[str, int] = {}
        """When each view was last watched (ns)."""
        self.volumes: dict[str, tuple[float, float | None]] = {}
        self._seq: int | None = None
        self._trend: dict[_Key, deque[tuple[int, float | None]]] = {}
        self._bands: dict[tuple[str, str, str], float | None] = {}

    def remember(self, observation: Observation) -> None:
        """Take in one observation; the same result seen again adds nothing but blindness."""
        result = observation.result
        if result is None:
            return
        self.levels = tuple(level.name for level in result.levels)
        fresh = result.frame.seq != self._seq
        if fresh:
            self._seq = result.frame.seq
            self.beats += 1
        t_ns = min(result.frame.t_capture_ns, observation.now_ns)
        known: dict[_Key, float] = {}
        for level in result.levels:
            if not is_seen(observation, level):
                continue
            self.last_seen_ns = max(t_ns, self.last_seen_ns or t_ns)
            self.views_ns[result.view] = self.last_seen_ns
            if level.volume_ml is not None:
                self.volumes[level.name] = (level.volume_ml, level.volume_sd_ml)
            for structure, distance in (level.distances or {}).items():
                known[(level.name, structure)] = distance.value_mm
        for key in known.keys() | self._trend.keys():
            self._append(key, t_ns, known.get(key), fresh, observation.now_ns)

    def _append(self, key: _Key, t_ns: int, value_mm: float | None, fresh: bool, now_ns: int) -> None:
        track = self._trend.setdefault(key, deque())
        blind_now = value_mm is None and (not track or track[-1][1] is not None)
        if blind_now:
            track.append((now_ns, None))
        elif fresh and value_mm is not None:
            _thin(track)
            track.append((t_ns, value_mm))
        while track and now_ns - track[0][0] > (TREND_SPAN_S + 2) * 1e9:
            track.popleft()

    def trend(self, key: _Key | None, now_ns: int) -> tuple[tuple[float, float | None], ...]:
        """Distances to a structure as (seconds ago, mm or None), oldest first."""
        if key is None:
            return ()
        return tuple(((now_ns - t_ns) / 1e9, value) for t_ns, value in self._trend.get(key, ()))

    def choose(self, nearest_mm: dict[_Key, float]) -> _Key | None:
        """Nearest of the structures, staying with the last choice while another is hardly nearer."""
        if not nearest_mm:
            return None
        best = min(nearest_mm, key=lambda key: nearest_mm[key])
        last = self.primary
        if last in nearest_mm and nearest_mm[last] - nearest_mm[best] < _SWITCH_MM:
            return last
        return best

    def band_mm(self, view: str, level: LevelResult, line: str, mm_per_px: float | None) -> float | None:
        """Median distance of a marked line (``posterior_third``) from the posterior wall (mm).

        Both move together with the vertebra, so it is measured once per view and level.
        """
        key = (view, level.name, line)
        if self._bands.get(key) is None:
            self._bands[key] = _line_to_wall_mm(level, line, mm_per_px)
        return self._bands[key]


def _thin(track: deque[tuple[int, float | None]]) -> None:
    """Of the two newest samples keep the nearer one, where they lie in one bin: no approach is lost."""
    if len(track) < 2:
        return
    (before_ns, before), (last_ns, last) = track[-2], track[-1]
    if before is not None and last is not None and before_ns // _BIN_NS == last_ns // _BIN_NS:
        track.pop()
        if last < before:
            track[-1] = (last_ns, last)


def _line_to_wall_mm(level: LevelResult, line: str, mm_per_px: float | None) -> float | None:
    structures = level.structures_px or {}
    wall, inner = _points(structures.get("posterior_wall", ())), _points(structures.get(line, ()))
    if mm_per_px is None or len(wall) < 2 or len(inner) < 1:
        return None
    start, along = wall[:-1], np.diff(wall, axis=0)
    length2 = np.maximum((along**2).sum(axis=1), 1e-9)
    offset = inner[:, None, :] - start[None]
    part = np.clip((offset * along).sum(axis=2) / length2, 0, 1)
    gap_px = np.hypot(*np.moveaxis(offset - part[..., None] * along, 2, 0)).min(axis=1)
    return float(np.median(gap_px)) * mm_per_px


def _points(lines: Iterable[Contour]) -> NDArray[np.float64]:
    parts = [np.asarray(line, np.float64).reshape(-1, 2) for line in lines]
    return np.concatenate(parts) if parts else np.empty((0, 2))
