"""The distance tone: ticks that come the faster the nearer the front is to a dangerous structure."""

from __future__ import annotations

from collections.abc import Collection

from ui.overlay.observation import Observation
from ui.overlay.sight import is_seen

FARTHEST_MM = 15.0
"""No ticks from here on: about half a vertebral body."""
NEAREST_MM = 1.0
SLOWEST_S, FASTEST_S = 1.2, 0.12


def period_s(distance_mm: float | None) -> float | None:
    """Time from tick to tick; None: silence, since it is far or not known.

    Equal steps towards the structure shorten the period by equal parts.
    """
    if distance_mm is None or distance_mm >= FARTHEST_MM:
        return None
    share = (max(distance_mm, NEAREST_MM) - NEAREST_MM) / (FARTHEST_MM - NEAREST_MM)
    return float(FASTEST_S * (SLOWEST_S / FASTEST_S) ** share)


def nearest_mm(observation: Observation, dangerous: Collection[str]) -> float | None:
    """Distance of the front to the nearest dangerous structure that is watched (mm); None: not known.

    Silence is therefore never a sign of distance alone: the state has its own alarm.
    """
    found = [
        distance.value_mm
        for level in (observation.result.levels if observation.result else ())
        if is_seen(observation, level)
        for name, distance in (level.distances or {}).items()
        if name in dangerous
    ]
    return min(found, default=None)
