"""Two tracks of the same session held against each other: what an operator would have been told otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from monitor.errors import RecordingError
from monitor.result import Priority
from recordings.findings import Findings
from recordings.messages import Step
from recordings.track import Track

SAME_ALARM_S = 10.0
"""Alarms of one kind that lie farther apart are two alarms."""
_SAME_TIME_S = 0.1
_SAME_ML, _SAME_MM = 0.05, 0.05

Key = tuple[str, str | None, str | None, Priority]
_RAISED = ("raised", "escalated")


@dataclass(frozen=True, slots=True)
class Summary:
    """What a track comes to.

    Parameters
    ----------
    alarms : tuple of (int, Key, str)
        When one came or became graver (ns), which, and its words.
    volumes_ml : dict of str to float
        Last known volume by level (mL).
    closest_mm : dict of (str, str) to (float, int)
        Smallest distance by level and structure (mm, negative once crossed), and when (ns).
    steps, faults, damaged : int
        Steps that were read, in how many a stage raised, and how many are damaged.
    """

    alarms: tuple[tuple[int, Key, str], ...]
    volumes_ml: dict[str, float]
    closest_mm: dict[tuple[str, str], tuple[float, int]]
    steps: int = 0
    faults: int = 0
    damaged: int = 0


@dataclass(frozen=True, slots=True)
class Unlike:
    """Something in which two tracks differ. `t_ns` is where to look (None: at the end)."""

    kind: Literal["alarm", "volume", "distance", "steps"]
    t_ns: int | None
    words: str
    priority: Priority | None = None


def summary_of(
    track: Track, until_ns: int | None = None, stop: Callable[[], bool] = lambda: False
) -> Summary:
    """Read a track through.

    Parameters
    ----------
    until_ns : int, optional
        Steps after it are left out: another track may not be through yet.
    stop : callable
        Asked between steps; what was read by then counts.
    """
    alarms: list[tuple[int, Key, str]] = []
    volumes: dict[str, float] = {}
    closest: dict[tuple[str, str], tuple[float, int]] = {}
    steps = faults = damaged = 0
    for step in _steps(track, until_ns):
        if stop():
            break
        if step is None:
            damaged += 1
            continue
        steps += 1
        if step.findings is None:
            faults += 1
            continue
        alarms += _alarms(step.findings)
        _measure(step.findings, step.now_ns, volumes, closest)
    return Summary(tuple(alarms), volumes, closest, steps, faults, damaged)


def compared(first: Summary, second: Summary) -> tuple[Unlike, ...]:
    """Differences, in order of time; those of the whole session last."""
    found = [*_alarms_compared(first, second)]
    for level in sorted(first.volumes_ml.keys() | second.volumes_ml.keys()):
        one, other = first.volumes_ml.get(level), second.volumes_ml.get(level)
        if one is None or other is None or abs(one - other) > _SAME_ML:
            found.append(Unlike("volume", None, f"{level} volume at the end: {_ml(one)}, {_ml(other)}"))
    for level, structure in sorted(first.closest_mm.keys() | second.closest_mm.keys()):
        a, b = first.closest_mm.get((level, structure)), second.closest_mm.get((level, structure))
        if a is None or b is None or abs(a[0] - b[0]) > _SAME_MM:
            when = min((at for at in (a, b) if at is not None), key=lambda at: at[0])[1]
            name = structure.replace("_", " ")
            found.append(Unlike("distance", when, f"{level} closest to {name}: {_mm(a)}, {_mm(b)}"))
    if first.steps != second.steps:
        found.append(Unlike("steps", None, f"images looked at: {first.steps}, {second.steps}"))
    if first.faults != second.faults:
        found.append(
            Unlike("steps", None, f"images on which the monitor failed: {first.faults}, {second.faults}")
        )
    return tuple(sorted(found, key=lambda each: (each.t_ns is None, each.t_ns or 0)))


def _steps(track: Track, until_ns: int | None) -> Iterator[Step | None]:
    for position in range(len(track)):
        if until_ns is not None and track.times_ns[position] > until_ns:
            return
        try:
            yield track.step(position)
        except RecordingError:
            yield None


def _alarms(found: Findings) -> Iterator[tuple[int, Key, str]]:
    for transition in found.transitions:
        alert = transition.alert
        if transition.event in _RAISED:
            key = (alert.rule_id, alert.level, alert.structure, alert.priority)
            level = "" if alert.level is None or alert.level in alert.message else f"{alert.level} "
            yield transition.t_ns, key, f"{alert.priority.name} {level}{alert.message}"


def _measure(
    found: Findings,
    now_ns: int,
    volumes: dict[str, float],
    closest: dict[tuple[str, str], tuple[float, int]],
) -> None:
    for level in found.levels:
        if level.pose is not None and not level.pose.trusted:
            continue
        if level.volume_ml is not None:
            volumes[level.name] = level.volume_ml
        for structure, distance in (level.distances or {}).items():
            key = (level.name, structure)
            if key not in closest or distance.value_mm < closest[key][0]:
                closest[key] = (distance.value_mm, now_ns)


def _alarms_compared(first: Summary, second: Summary) -> Iterator[Unlike]:
    """Each alarm with its nearest fellow in the other track."""
    left = list(second.alarms)
    for t_ns, key, words in first.alarms:
        fellows = [at for at in left if at[1] == key and abs(at[0] - t_ns) <= SAME_ALARM_S * 1e9]
        if not fellows:
            yield Unlike("alarm", t_ns, f"only in the first: {words}", key[3])
            continue
        fellow = min(fellows, key=lambda at: abs(at[0] - t_ns))
        left.remove(fellow)
        later_s = (fellow[0] - t_ns) / 1e9
        if abs(later_s) > _SAME_TIME_S:
            how = f"{abs(later_s):.1f} s {'later' if later_s > 0 else 'earlier'} in the second"
            yield Unlike("alarm", min(t_ns, fellow[0]), f"{how}: {words}", key[3])
    for t_ns, key, words in left:
        yield Unlike("alarm", t_ns, f"only in the second: {words}", key[3])


def _ml(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.1f} mL"


def _mm(value: tuple[float, int] | None) -> str:
    return "unknown" if value is None else f"{value[0]:.1f} mm"
