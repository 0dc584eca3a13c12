"""Distance of the cement's front to each structure, its lower bound, its speed and the time to contact."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.config import FrontConfig
from monitor.masks import square
from monitor.robust import median
from monitor.zones import LevelMaps

Bool = NDArray[np.bool_]
Float32 = NDArray[np.float32]

DANGEROUS = ("posterior_wall", "vein", "foramen")
"""Structures that the front must not reach; endplates and the anterior wall may be reached."""


_MOST_POINTS = 20


@dataclass(frozen=True, slots=True)
class Gap:
    """Signed distance in the window: `at` is the cement's point, `to` the structure's (x, y, window px)."""

    value_mm: float
    low_mm: float
    at: tuple[float, float]
    to: tuple[float, float]


def gaps(
    mask: Bool,
    reach: Bool,
    maps: LevelMaps,
    mm_per_px: float,
    scale_relative_sd: float,
    pose_sigma_mm: float,
    config: FrontConfig,
    excess: Float32 | None = None,
) -> Mapping[str, Gap]:
    """Nearest cement to each marked structure. Empty where no cement is seen.

    The lower bound is value - bias - 1.645 sd, so that it holds at 95 %, with the independent errors
    of registration, edge, marks and scale added in squares. The bias is the lag of a sequential front.

    Parameters
    ----------
    mask : ndarray of bool, shape of the window
        Cement in reference coordinates.
    reach : ndarray of bool, shape of the window
        The same, and where more of it may be hidden: counts for the lower bound only.
    excess : ndarray of float32, shape of the window, or None
        Attenuation beyond that of the thinnest film that is drawn (`CementEdge.excess`): where it falls to
        zero between two pixels lies the front, for the structures that must not be reached. None: half a
        pixel beyond the last one.
    """
    found: dict[str, Gap] = {}
    if not mask.any():
        return found
    edge = _edge_pixels(mask)
    hidden = edge if np.array_equal(mask, reach) else _edge_pixels(reach)
    # one row for each structure: to gather all at once costs hardly more than to gather one
    every = maps.reached_mm[:, edge[0], edge[1]]
    foremost_at = every.argmin(axis=1).tolist()
    unseen = None if hidden is edge else maps.reached_mm[:, hidden[0], hidden[1]].min(axis=1).tolist()
    for k, (name, distance) in enumerate(maps.distance_mm.items()):
        values, nearest = every[k], foremost_at[k]
        if values[nearest] == np.inf:
            continue
        row, column = int(edge[0][nearest]), int(edge[1][nearest])
        # the mask's pixel centre lies a part of a pixel behind the front
        beyond_px = 0.5
        if excess is not None and name in DANGEROUS:
            foremost = values < values[nearest] + mm_per_px
            beyond_px = _beyond_px(edge[0][foremost], edge[1][foremost], distance, excess)
        value = float(values[nearest]) - beyond_px * mm_per_px
        marking_sd_mm = config.derived_sd_mm if name in maps.derived else config.marking_sd_mm
        sd = math.hypot(pose_sigma_mm, config.edge_sd_mm, marking_sd_mm, scale_relative_sd * value)
        farthest = value if unseen is None else min(value, unseen[k] - 0.5 * mm_per_px)
        low = farthest - config.edge_lag_mm - 1.645 * sd
        found[name] = Gap(value, low, (column, row), _foot(distance, row, column, mm_per_px))
    return found


def _beyond_px(
    rows: NDArray[np.intp], columns: NDArray[np.intp], distance: Float32, excess: Float32
) -> float:
    """How far beyond the foremost pixels' centres the front lies, down the gradient of the distance (px)."""
    inner = excess[rows, columns]
    high, wide = distance.shape[0] - 1, distance.shape[1] - 1
    dy = distance[np.minimum(rows + 1, high), columns] - distance[np.maximum(rows - 1, 0), columns]
    dx = distance[rows, np.minimum(columns + 1, wide)] - distance[rows, np.maximum(columns - 1, 0)]
    norm = np.maximum(np.hypot(dx, dy), np.float32(1e-6))
    x, y = (columns - dx / norm).astype(np.float32), (rows - dy / norm).astype(np.float32)
    outer = cv2.remap(excess, x[None], y[None], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    outer = np.asarray(outer, np.float32).ravel()
    crosses = (inner > 0) & (outer < 0)
    if not crosses.any():
        return 0.5
    inner, outer = inner[crosses], outer[crosses]
    # of the others nothing is known
    return (float((inner / (inner - outer)).sum()) + 0.5 * (len(rows) - len(inner))) / len(rows)


def _edge_pixels(mask: Bool) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the pixels of a mask that touch its outside: the nearest is one of them."""
    x, y, width, height = cv2.boundingRect(mask.view(np.uint8))
    cut = mask[y : y + height, x : x + width]
    inner = cv2.erode(cut.view(np.uint8), square(1), borderType=cv2.BORDER_CONSTANT, borderValue=0)
    rows, columns = np.nonzero(cut > inner.view(np.bool_))
    return rows + y, columns + x


def _foot(distance: NDArray[np.float32], row: int, column: int, mm_per_px: float) -> tuple[float, float]:
    """Point of the structure nearest to a pixel: down the gradient of its distance map."""
    rows, columns = distance.shape
    r0, r1 = max(0, row - 1), min(rows - 1, row + 1)
    c0, c1 = max(0, column - 1), min(columns - 1, column + 1)
    dx = float(distance[row, c1] - distance[row, c0]) / max(1, c1 - c0)
    dy = float(distance[r1, column] - distance[r0, column]) / max(1, r1 - r0)
    norm = math.hypot(dx, dy)
    if norm < 1e-6:
        return (float(column), float(row))
    step = float(distance[row, column]) / mm_per_px / norm
    return (column - step * dx, row - step * dy)


@dataclass(frozen=True, slots=True)
class Advance:
    """How fast a front nears a structure. `speed_mm_s` is positive when it nears; `sd` its error."""

    speed_mm_s: float
    speed_sd_mm_s: float
    time_to_contact_s: float | None


class FrontHistory:
    """Keeps the distances of the last seconds and fits their slope."""

    def __init__(self, config: FrontConfig) -> None:
        self._config = config
        self._past: dict[str, deque[tuple[float, float]]] = {}

    def clear(self) -> None:
        """Forget everything: monitoring was interrupted."""
        self._past.clear()

    def advance(self, found: Mapping[str, Gap], time_s: float) -> Mapping[str, Advance]:
        """Take in the distances of a pulse; say how each of the dangerous ones changes."""
        advances: dict[str, Advance] = {}
        for name, gap in found.items():
            if name not in DANGEROUS:
                continue
            past = self._past.setdefault(name, deque())
            past.append((time_s, gap.value_mm))
            while past and past[0][0] < time_s - self._config.speed_window_s:
                past.popleft()
            if len(past) >= 5 and past[-1][0] - past[0][0] >= 0.5 * self._config.speed_window_s:
                every = 1 + len(past) // _MOST_POINTS
                advances[name] = _slope(np.array(list(past)[::-every][::-1]), gap.value_mm)
        for name in list(self._past):
            if name not in found:
                del self._past[name]
        return advances


def _slope(series: NDArray[np.float64], value_mm: float) -> Advance:
    """Theil-Sen slope with the spread of its residuals (Sen, JASA 63, 1968)."""
    t, d = series[:, 0], series[:, 1]
    i, j = _pairs(len(t))
    run, rise = t[j] - t[i], d[j] - d[i]
    if run.min() <= 1e-6:
        rise, run = rise[run > 1e-6], run[run > 1e-6]
    slope = median(rise / run)
    residual = d - slope * t
    residual -= median(residual)
    scatter = max(1.4826 * median(np.abs(residual)), 0.02)
    # autocorrelated residuals: about a third of the points are independent
    from_middle = t - t.sum() / len(t)
    spread = math.sqrt(float(from_middle @ from_middle) / len(t))
    sd = scatter / (spread * math.sqrt(max(1.0, len(t) / 3.0)) + 1e-9)
    speed = -slope
    contact = value_mm / speed if speed > 2 * sd and speed > 0.02 and value_mm > 0 else None
    return Advance(speed, sd, contact)


@lru_cache(maxsize=128)
def _pairs(count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    return np.triu_indices(count, k=1)


def outlines(mask: Bool) -> list[NDArray[np.float32]]:
    """Closed outlines of a mask, shape (n, 2) each, x then y (window px), smoothed below a pixel."""
    x, y, width, height = cv2.boundingRect(mask.view(np.uint8))
    if width == 0:
        return []
    margin = 3
    cut = np.zeros((height + 2 * margin, width + 2 * margin), np.uint8)
    cut[margin:-margin, margin:-margin] = mask[y : y + height, x : x + width]
    upscaled = cv2.resize(cut * np.uint8(255), None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)
    smooth = cv2.GaussianBlur(upscaled, (0, 0), 1.2)
    found, _ = cv2.findContours((smooth > 120).view(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    corner = np.array([x - margin, y - margin], np.float32)
    lines = [c.reshape(-1, 2).astype(np.float32) for c in found if len(c) >= 4]
    return [np.asarray((line + 0.5) / 2 - 0.5 + corner, dtype=np.float32) for line in lines]
