"""What one pass over the frames gathers of a level in a view. A few frames of it are in memory at a time."""

from __future__ import annotations

from collections import deque

from monitor.result import LevelResult
from monitor.states import State
from recordings.qa.carried import PlacesOfDrops
from recordings.qa.growth import Growth
from recordings.qa.last_frames import Label, LastFrames
from recordings.qa.leaks import LeaksSeen
from recordings.qa.record import TrendPoint
from recordings.qa.trend import Trend

_HELD_S = 0.5
_LONGEST_STEP_S = 0.5


class FollowedLevel:
    """Takes in a level of one frame after the other."""

    def __init__(self, view: str, projection: str, name: str) -> None:
        self.view, self.projection, self.name = view, projection, name
        self.last = LastFrames()
        self.trend, self.growth, self.leaks = Trend(), Growth(), LeaksSeen()
        self.drops = PlacesOfDrops()
        self.fastest_mm_s: float | None = None
        self.seen = False
        """Whether any frame was trusted."""
        self.derived: frozenset[str] = frozenset()
        self.injected_ml: float | None = None
        self.unwatched_s = 0.0
        """For how long it has not been watched at the end, the image not being held."""
        self._last_s: float | None = None
        self._speeds: deque[tuple[float, float]] = deque()

    def passed(self, time_s: float) -> None:
        """A frame of another view came: what this one would have shown is not known."""
        if self._last_s is not None:
            self.unwatched_s += min(_LONGEST_STEP_S, max(0.0, time_s - self._last_s))
            self._last_s = time_s

    def take(self, level: LevelResult, mask: Label | None, time_s: float, t_ns: int) -> None:
        """Take in a frame.

        Parameters
        ----------
        mask : ndarray or None
            As `monitor.result.Result.level_masks_px` has it for this level; None: it has no cement.
        time_s : float
            From the first frame (s).
        t_ns : int
            The same on the clock that alarms go by (ns).
        """
        if level.leaks or level.area_mm2 is not None:
            self.leaks.take(level.leaks, t_ns, relative=level.volume_relative)
            self.drops.take(level)
        if level.injected_ml is not None:
            self.injected_ml = float(level.injected_ml)
        trusted = level.state <= State.DEGRADED and level.area_mm2 is not None
        step_s = 0.0 if self._last_s is None else min(_LONGEST_STEP_S, max(0.0, time_s - self._last_s))
        self._last_s = time_s
        if trusted:
            self.unwatched_s = 0.0
        elif level.state is not State.HELD:
            self.unwatched_s += step_s
        if not trusted or level.area_mm2 is None:
            self.trend.take(TrendPoint(time_s=time_s, watched=False))
            self._speeds.clear()
            return
        self.seen, self.derived = True, level.derived
        wall = (level.distances or {}).get("posterior_wall")
        self.trend.take(
            TrendPoint(
                time_s=time_s, volume_ml=_plain(level.volume_ml), volume_sd_ml=_plain(level.volume_sd_ml),
                area_mm2=float(level.area_mm2),
                posterior_wall_mm=None if wall is None else float(wall.value_mm),
            )
        )  # fmt: skip
        method = level.volume_method, level.volume_relative
        self.growth.take(time_s, float(level.area_mm2), _plain(level.volume_ml), method)
        self._take_speed(level.front_speed_mm_s, time_s)
        self.last.take(level, mask)

    def _take_speed(self, speed_mm_s: float | None, time_s: float) -> None:
        """The highest speed that none of the frames of half a second fell short of."""
        if speed_mm_s is None:
            self._speeds.clear()
            return
        self._speeds.append((time_s, float(speed_mm_s)))
        while len(self._speeds) > 1 and time_s - self._speeds[1][0] >= _HELD_S:
            self._speeds.popleft()
        if time_s - self._speeds[0][0] >= _HELD_S:
            held = min(speed for _, speed in self._speeds)
            self.fastest_mm_s = held if self.fastest_mm_s is None else max(self.fastest_mm_s, held)


def _plain(value: float | None) -> float | None:
    return None if value is None else float(value)
