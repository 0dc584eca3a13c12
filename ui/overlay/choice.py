"""Whose figures stand large: the nearest level's, or those of a chosen one, never past another's alarm."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from monitor.result import AlarmState, Kind
from ui.overlay.memory import Memory
from ui.overlay.observation import Observation
from ui.overlay.sight import is_seen
from ui.overlay.words import DANGEROUS

NEAR_MM = 3.9
"""Nearer than this to a vein, a foramen or a wall, an alarm is about to come, whatever the depth of the body:
the widest of its fixed margins (3 mm, a third wider beside a defect of the wall)."""

_QUIET = 0
NEARER = 0.5
"""Gravity of an alarm that is only about to come: below every priority."""


def levels_to_speak_of(
    observation: Observation,
    chosen: str | None,
    distances: Mapping[tuple[str, str], float],
    memory: Memory,
    mm_per_px: float | None,
) -> frozenset[str] | None:
    """Levels that the large figures may be of; None: of every one.

    Parameters
    ----------
    chosen : str or None
        The operator's choice.
    distances : mapping of (level, structure) to float
        Of every level that is seen (mm).
    """
    result = observation.result
    level = next((lv for lv in result.levels if lv.name == chosen), None) if result else None
    if result is None or level is None or not is_seen(observation, level):
        return None
    own_mm = _nearest_mm(distances, level.name)
    gravity: dict[str, float] = dict.fromkeys((lv.name for lv in result.levels), _QUIET)
    for other in result.levels:
        third_mm = memory.band_mm(result.view, other, "posterior_third", mm_per_px)
        if other is not level and is_near(_nearest_mm(distances, other.name), own_mm, third_mm):
            gravity[other.name] = NEARER
    for name, priority in highest_alarms(observation).items():
        if name in gravity:
            gravity[name] = max(gravity[name], priority)
    return frozenset(admitted(gravity, level.name))


def is_near(mm: float | None, own_mm: float | None, third_mm: float | None) -> bool:
    """Whether a distance is nearer than the chosen one's, and so near that an alarm is about to come (mm)."""
    return mm is not None and (own_mm is None or mm < own_mm) and mm <= max(NEAR_MM, third_mm or 0.0)


def admitted(gravity: Mapping[str, float], chosen: str) -> Collection[str]:
    """Of several (levels, planes) those that may have the large figures: the gravest, else the chosen one."""
    worst = max(gravity.values())
    return [name for name, each in gravity.items() if each == worst] if worst > _QUIET else [chosen]


def highest_alarms(observation: Observation) -> dict[str | None, int]:
    """The highest priority of the patient's alarms by level, acknowledged and latched ones too.

    What is acknowledged is known, but true; what is latched has happened.
    """
    found: dict[str | None, int] = {}
    for alert in observation.result.alerts if observation.result else ():
        if alert.kind is Kind.CLINICAL and alert.state is not AlarmState.INACTIVE:
            found[alert.level] = max(found.get(alert.level, _QUIET), int(alert.priority))
    return found


def next_of(names: Sequence[str], chosen: str | None) -> str | None:
    """The choice after this one: the nearest (None), then one after the other, then the nearest again."""
    if len(names) < 2:
        return None
    place = names.index(chosen) + 1 if chosen in names else 0
    return names[place] if place < len(names) else None


def choice_words(names: Sequence[str], chosen: str | None, kind: str) -> str:
    """What was chosen, for the footer; `kind`: ``level``, ``view``."""
    if len(names) < 2:
        return f"one {kind} only" + (f": {names[0]}" if names else "")
    return f"{chosen} chosen; alarms come first" if chosen else f"figures of the nearest {kind}"


def _nearest_mm(distances: Mapping[tuple[str, str], float], level: str) -> float | None:
    near = [mm for (name, structure), mm in distances.items() if name == level and structure in DANGEROUS]
    return min(near, default=None)
