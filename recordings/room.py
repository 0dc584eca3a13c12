"""Room on the disk for a recording: before a run as an estimate, during it as it is used up.

Nothing is ever deleted to make room. Below a floor no frames are kept, so that the log, the alarms and the
machine go on.
"""

from __future__ import annotations

import shutil
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from monitor.frame import SourceInfo
from monitor.recording_config import RecordingConfig

_MB = 1e6
_LOOK_NS = 2_000_000_000
_SPAN_NS = 60_000_000_000
_SHORTEST_NS = 10_000_000_000
"""Usage is measured over so long at most, and at least."""
_RESUMED_LEAST, _RESUMED_S, _RESUMED_MOST = 1.2, 60.0, 2.0
"""Frames are kept again with room for so long above the floor, but at least and at most so many times it."""
_NO_LONGER_LOW = 1.2

Free = Callable[[Path], int | None]


@dataclass(frozen=True, slots=True)
class Room:
    """How it stands.

    Parameters
    ----------
    free_bytes : int or None
        None: it cannot be told.
    minutes : float or None
        Of recording until the floor is reached; None: not known.
    low : bool
        Those are few.
    full : bool
        The floor is reached: no frames are to be kept.
    """

    free_bytes: int | None = None
    minutes: float | None = None
    low: bool = False
    full: bool = False


UNKNOWN_ROOM = Room()


def free_bytes(folder: Path) -> int | None:
    """Space left where a folder lies or will lie (bytes); None where it cannot be told."""
    for place in (folder, *folder.absolute().parents):
        try:
            return shutil.disk_usage(place).free
        except FileNotFoundError:
            continue
        except OSError:
            return None
    return None


def expected_bytes_per_s(info: SourceInfo, config: RecordingConfig, assumed_rate_hz: float) -> float:
    """What a recording of a source will need.

    Parameters
    ----------
    assumed_rate_hz : float
        Frame rate taken where the source states none (Hz).
    """
    depth_bytes = 1 if info.intensity.bits_stored <= 8 else 2
    rate_hz = assumed_rate_hz if info.frame_period_s is None else 1.0 / info.frame_period_s
    return info.rows * info.columns * depth_bytes * rate_hz * config.expected_ratio


def minutes_left(free: int | None, config: RecordingConfig, bytes_per_s: float) -> float | None:
    """Recording until the floor is reached (min); None where it is not known."""
    if free is None or bytes_per_s <= 0:
        return None
    return max(0.0, free - config.floor_mb * _MB) / bytes_per_s / 60.0


def too_little(free: int | None, config: RecordingConfig) -> str:
    """Why nothing may be recorded; empty: it may."""
    if free is None or free >= config.floor_mb * _MB:
        return ""
    return f"{free / _MB:.0f} MB are free, at least {config.floor_mb:.0f} MB are needed to record"


def room_words(free: int | None, config: RecordingConfig, bytes_per_s: Iterable[float]) -> tuple[str, bool]:
    """What is said of the room before a run, and whether it is a warning.

    Parameters
    ----------
    free : int or None
        Space left (bytes).
    bytes_per_s : iterable of float
        What each source needs.
    """
    minutes = minutes_left(free, config, sum(bytes_per_s))
    if minutes is None:
        return "how much can be recorded is not known", True
    low = minutes < config.warn_below_min
    hours = f"{minutes / 60:.0f} h" if minutes >= 600 else f"{minutes:.0f} min"
    return f"{'only ' if low else ''}room to record about {hours}", low


class RoomWatch:
    """Looks at the room now and then; on the recorder's thread, since a dead network disk may not answer.

    Parameters
    ----------
    free : callable
        Gives the space left (bytes), None where it cannot be told.
    config : RecordingConfig
    expected_bytes_per_s : float
        Taken until it is measured.
    """

    def __init__(
        self, free: Callable[[], int | None], config: RecordingConfig, expected_bytes_per_s: float
    ) -> None:
        self._free, self._config = free, config
        self._rate = expected_bytes_per_s
        self._seen: deque[tuple[int, int, int]] = deque()
        self._due_ns: int | None = None
        self.room = UNKNOWN_ROOM

    def look(self, kept_bytes: int, now_ns: int) -> bool:
        """Look again where it is time to; whether it was.

        Parameters
        ----------
        kept_bytes : int
            Written by the recorder so far.
        now_ns : int
            Monotonic time (ns).
        """
        if self._due_ns is not None and now_ns < self._due_ns:
            return False
        self._due_ns = now_ns + _LOOK_NS
        free = self._free()
        if free is None:
            self.room = UNKNOWN_ROOM
            return True
        if not self.room.full:
            self._measure(kept_bytes, free, now_ns)
        self.room = next_room(self.room, free, self._config, self._rate)
        if self.room.full:
            self._seen.clear()
        return True

    def _measure(self, kept_bytes: int, free: int, now_ns: int) -> None:
        """Bytes per second: what is recorded, or what the disk loses, others' share with it."""
        self._seen.append((now_ns, kept_bytes, free))
        while now_ns - self._seen[0][0] > _SPAN_NS:
            self._seen.popleft()
        first_ns, first_kept, first_free = self._seen[0]
        if now_ns - first_ns >= _SHORTEST_NS:
            used = max(kept_bytes - first_kept, first_free - free)
            self._rate = used / ((now_ns - first_ns) / 1e9)


def next_room(before: Room, free: int, config: RecordingConfig, bytes_per_s: float) -> Room:
    """The room as it is now; what was said before is taken back only once there is clearly more.

    Parameters
    ----------
    free : int
        Space left (bytes).
    bytes_per_s : float
        How fast it is used up.
    """
    floor = config.floor_mb * _MB
    enough = floor
    if before.full:
        wanted = floor + _RESUMED_S * bytes_per_s
        enough = min(max(wanted, _RESUMED_LEAST * floor), _RESUMED_MOST * floor)
    minutes = minutes_left(free, config, bytes_per_s)
    few = config.alarm_below_min * (_NO_LONGER_LOW if before.low else 1.0)
    return Room(free, minutes, minutes is not None and minutes < few, free < enough)
