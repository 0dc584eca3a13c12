"""The decisive seconds of an attempt, with what was really there: rendered or read again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.errors import EndOfStream, InputError
from monitor.frame import Intensity, Pixels
from recordings.open import open_source
from recordings.simulated.injection import Injection
from recordings.simulated.render import Renderer
from recordings.simulated.scene import SceneLevel
from recordings.simulated.truth import Truth
from recordings.training.interactive import Prepared
from recordings.training.recorded import Recorded
from recordings.training.scoring import Score

BEFORE_S, AFTER_S = 4.0, 3.0
MOST_BYTES = 160 * 1024 * 1024
"""Frames of a recording that are held at once; where more would be needed, every second or third is taken."""

Line = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A frame with its truth; lines have the shape (n, 2), x and y (px).

    Parameters
    ----------
    time_s : float
    pixels : ndarray, shape (rows, columns)
    bodies, walls : tuple of ndarray
        Outlines of the bodies, and their posterior walls.
    cement, outside : tuple of ndarray
        Outlines of all cement, and of that outside the bodies.
    front : ndarray, shape (2, 2), or None
        From the cement to the nearest point of the wall.
    wall_mm, leaked_ml : float or None
        Distance to the posterior wall, negative beyond; what has left the body. None: not known.
    """

    time_s: float
    pixels: Pixels
    bodies: tuple[Line, ...] = ()
    walls: tuple[Line, ...] = ()
    cement: tuple[Line, ...] = ()
    outside: tuple[Line, ...] = ()
    front: Line | None = None
    wall_mm: float | None = None
    leaked_ml: float | None = None


class Debrief(Protocol):
    """What the player needs."""

    @property
    def times_s(self) -> tuple[float, ...]:
        """Time of each frame (s)."""
        ...

    @property
    def intensity(self) -> Intensity:
        """How to read the pixels."""
        ...

    def frame(self, number: int) -> Shown:
        """A frame, counted from 0."""
        ...


def decisive_s(score: Score, until_s: float) -> tuple[float, float]:
    """From when to when it was decided (s): around the danger and the stop, else the last seconds."""
    moments = [at_s for at_s in (score.danger_s, score.released_s) if at_s is not None]
    if not moments:
        moments = [until_s - AFTER_S]
    first, last = min(moments), max(moments)
    # who never let go is shown what came of it for as long again
    return max(0.0, first - BEFORE_S), min(until_s, last + AFTER_S)


class SimulatedDebrief:
    """Frames of an exercise on a simulated procedure, rendered again from the same presses."""

    def __init__(self, prepared: Prepared, injection: Injection, from_s: float, to_s: float) -> None:
        self._scene = prepared.scene
        self._renderer = Renderer(prepared.scene, injection)
        self._truth = Truth(prepared.scene, injection)
        settings = prepared.scene.settings
        rate_hz = settings.frame_rate_hz
        last = min(prepared.scene.frame_count - 1, int(to_s * rate_hz))
        self._frames = range(int(from_s * rate_hz), last + 1)
        self._intensity = Intensity(settings.relationship, settings.bits_stored)

    @property
    def times_s(self) -> tuple[float, ...]:
        """Time of each frame (s)."""
        return tuple(self._scene.time_s(frame) for frame in self._frames)

    @property
    def intensity(self) -> Intensity:
        """How to read the pixels."""
        return self._intensity

    def frame(self, number: int) -> Shown:
        """Render a frame and what is really there; some 20 ms at 512 px."""
        frame = self._frames[number]
        shown_s = self._scene.shown_s(frame)
        now = self._truth.truth_at(frame)
        levels = self._scene.treated
        bodies = tuple(self._to_px(level, level.body_polygon_mm(), shown_s) for level in levels)
        walls = tuple(
            self._to_px(level, level.outline["posterior_wall"], shown_s)
            for level in levels
            if "posterior_wall" in level.outline
        )
        inside = np.zeros(now.mask.shape, np.uint8)
        for body in bodies:
            cv2.fillPoly(inside, [np.rint(body).astype(np.int32)], 1)
        nearest = self._nearest(shown_s)
        return Shown(
            time_s=now.time_s,
            pixels=self._renderer.pixels(frame),
            bodies=bodies,
            walls=walls,
            cement=_outlines(now.mask),
            outside=_outlines(now.mask & (inside == 0)),
            front=nearest[1] if nearest is not None else None,
            wall_mm=nearest[0] if nearest is not None else None,
            leaked_ml=sum(sum(level.leaked_ml.values()) for level in now.levels),
        )

    def _nearest(self, shown_s: float) -> tuple[float, Line] | None:
        """The smallest distance of any level from its posterior wall (mm), and the line along it (px)."""
        found: tuple[float, Line] | None = None
        for level in self._scene.treated:
            wall_mm, line = self._truth.wall_mm(level, shown_s), self._truth.front(level, shown_s)
            if wall_mm is None or line is None or (found is not None and found[0] <= wall_mm):
                continue
            found = (wall_mm, self._to_px(level, np.stack(line), shown_s))
        return found

    def _to_px(self, level: SceneLevel, points_mm: NDArray[np.floating], time_s: float) -> Line:
        to_px = self._scene.to_px(level, time_s)
        moved: Line = np.asarray(points_mm @ to_px[:, :2].T + to_px[:, 2], np.float64)
        return moved


class RecordedDebrief:
    """Frames of a recording; of their truth what its file says of each frame, without where the cement is."""

    def __init__(self, recorded: Recorded, from_s: float, to_s: float) -> None:
        held: list[Shown] = []
        with open_source(recorded.source) as source:
            info = source.info
            self._intensity = info.intensity
            period_s = info.frame_period_s or 1 / 15
            size = info.rows * info.columns * (2 if info.intensity.bits_stored > 8 else 1)
            every = max(1, -(-int((to_s - from_s) / period_s) * size // MOST_BYTES))
            while True:
                try:
                    frame = source.read()
                except EndOfStream:
                    break
                time_s = frame.seq * period_s if frame.t_source_ns is None else frame.t_source_ns / 1e9
                if time_s > to_s or len(held) * size >= MOST_BYTES:
                    break
                if time_s >= from_s and frame.seq % every == 0:
                    held.append(Shown(time_s, frame.pixels))
        if not held:
            raise InputError(f"{recorded.source}: has no frames from {from_s:.1f} to {to_s:.1f} s")
        self._held = held
        self._moments = recorded.moments
        self._times_s = np.array([moment.time_s for moment in recorded.moments])

    @property
    def times_s(self) -> tuple[float, ...]:
        """Time of each frame (s)."""
        return tuple(shown.time_s for shown in self._held)

    @property
    def intensity(self) -> Intensity:
        """How to read the pixels."""
        return self._intensity

    def frame(self, number: int) -> Shown:
        """A frame and what the truth file says of it."""
        shown = self._held[number]
        if not self._moments:
            return shown
        at = min(int(np.searchsorted(self._times_s, shown.time_s - 1e-6)), len(self._moments) - 1)
        moment = self._moments[at]
        return replace(shown, wall_mm=moment.distances_mm.get("posterior_wall"), leaked_ml=moment.leaked_ml)


def _outlines(mask: NDArray[np.bool_]) -> tuple[Line, ...]:
    found, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return tuple(np.asarray(line[:, 0, :], np.float64) for line in found if len(line) > 2)
