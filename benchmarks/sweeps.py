"""What is varied, one thing at a time, and on which seeds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

TUNE_SEEDS = tuple(range(1, 21))
"""Thresholds may be chosen on these."""

TEST_SEEDS = tuple(range(101, 121))
"""Frozen code is measured on these; nothing is ever chosen on them."""

SWEEP_SCENARIO = "canal"
"""It has a clean fill first, then the wall, then a leak: every measure has something to measure."""


@dataclass(frozen=True, slots=True)
class Variation:
    """One value of a sweep. Settings are those of `SimulationSettings` and `models.OUTSIDE_SETTINGS`."""

    label: str
    settings: Mapping[str, Any] = field(default_factory=dict)


def _each(key: str, unit: str, *values: float, **others: object) -> tuple[Variation, ...]:
    return tuple(Variation(f"{value:g} {unit}".strip(), {key: value, **others}) for value in values)


_DISPLAY = {"relationship": "DISP", "bits_stored": 8}

SWEEPS: Mapping[str, tuple[Variation, ...]] = {
    "dose": _each("dose_ngy", "nGy", 10, 20, 30, 60),
    "breathing": _each("breathing_mm", "mm", 0, 1.5, 3, 5),
    "jerk": _each("jerk_mm", "mm", 2, 5, jerk_at_s=16.0),
    "rotation": _each("rotation_deg", "deg", -3, 0.3, 3),
    "scatter": _each("scatter_to_primary", "", 0.5, 1.5, 3),
    "cement": (
        *(Variation(f"{name}, 80 kVp", {"cement": name}) for name in ("10% BaSO4", "30% BaSO4", "30% ZrO2")),
        Variation("20% BaSO4, 65 kVp", {"kvp": 65.0}),
        Variation("20% BaSO4, 100 kVp", {"kvp": 100.0}),
    ),
    "gamma": _each("display_gamma", "", 0.8, 1.0, 1.2, **_DISPLAY),
    "recursive": _each("recursive_filter", "", 0.0, 0.4, 0.8),
    "lag": _each("lag", "", 0.0, 0.05, 0.15),
    "rate": _each("frame_rate_hz", "Hz", 7.5, 15, 30),
    "clicks": _each("click_mm", "mm", 0, 1, 2),
    "polarity": (Variation("inverted", {"inverted": True}),),
    "rescale": (
        Variation("0.47 mm/px", {"size": 384}),
        Variation("0.23 mm/px", {"size": 768}),
        Variation("0.17 mm/px", {"size": 1024}),
    ),
    "h264": tuple(Variation(f"crf {crf}", {"h264_crf": crf, **_DISPLAY}) for crf in (18, 23, 30)),
    "marks": (Variation("body only", {"marks": "body only"}),),
    "brightness": (Variation("automatic", {"automatic_brightness": True}),),
    "table": (Variation("10 mm at 16 s", {"table_shift_mm": 10.0, "table_shift_at_s": 16.0}),),
}
"""By name: the values that are run."""

REGISTRATION = ("breathing", "3 mm")
"""The variation on which the registration is judged; it is always run."""
