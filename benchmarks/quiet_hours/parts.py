"""The parts of the quiet hours: what is simulated in each, drawn from its number alone."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from monitor.frame import PixelIntensityRelationship
from recordings.simulated.disturbances import (
    BowelGas,
    BrightnessDrift,
    BrightnessStep,
    BurnedInText,
    CannulaAbsent,
    CircularField,
    Clamp,
    Collimation,
    Disturbance,
    Hand,
    HeldImage,
    Jerk,
    KvpStep,
    NeedleMove,
    Repeats,
    TableMove,
    VideoNoise,
    as_rows,
)
from recordings.simulated.settings import SimulationSettings

SETS = {
    "tuning": 1000,
    "final": 2000,
    "last": 3000,
    "fresh": 4000,
    "report": 5000,
    "audit": 6000,
    "unseen": 7000,
    "closing": 8000,
    "landing": 9000,
    "tenhours": 10000,
}
"""Sets of seeds: thresholds may be chosen on `tuning` and `fresh`; the others are for measuring once each."""

KINDS = {
    "breathing": 0.20,
    "jerk": 0.08,
    "table": 0.06,
    "needle": 0.10,
    "hand": 0.10,
    "brightness": 0.08,
    "kvp": 0.05,
    "collimation": 0.06,
    "held": 0.06,
    "gas": 0.08,
    "mixed": 0.13,
}
"""Kinds of part and their shares."""

_SIDES = ("left", "right", "top", "bottom")
_QUIET_AT_FIRST_S = 6.0


@dataclass(frozen=True, slots=True)
class Part:
    """One run without a leak.

    Parameters
    ----------
    name : str
        Set and number: ``tuning-12``. It alone says what is in the part.
    kind : str
        One of `KINDS`.
    scenario : str
        ``quiet``: no cement at all; ``clean`` or ``needle``: cement that stays inside the body.
    marks : str
        ``full``, or ``body``: the outlines of the bodies alone.
    settings : SimulationSettings
    """

    name: str
    kind: str
    scenario: str
    marks: str
    settings: SimulationSettings

    @property
    def seconds(self) -> float:
        """Length (s)."""
        return float(self.settings.duration_s or 0.0)

    def row(self) -> dict[str, Any]:
        """What is in the part, for the file of results."""
        settings = asdict(self.settings)
        settings["relationship"] = self.settings.relationship.value
        settings["disturbances"] = as_rows(self.settings.disturbances)
        return {
            "part": self.name,
            "kind": self.kind,
            "scenario": self.scenario,
            "marks": self.marks,
            "seconds": self.seconds,
            "settings": settings,
        }


def draw(name: str) -> Part:
    """Draw the part of a name such as ``tuning-12``. Raises `ValueError` for any other name."""
    group, _, number = name.rpartition("-")
    if group not in SETS or not number.isdigit():
        raise ValueError(f"a part is called {' or '.join(f'{s}-NUMBER' for s in SETS)}, not {name!r}")
    rng = np.random.default_rng([SETS[group], int(number)])
    kind = str(rng.choice(list(KINDS), p=list(KINDS.values())))
    seconds = float(rng.integers(60, 121))
    scenario = str(rng.choice(["quiet", "clean", "needle"], p=[0.5, 0.4, 0.1]))
    marks = str(rng.choice(["full", "body"], p=[0.65, 0.35]))
    rate_hz = float(rng.choice([7.5, 15.0, 30.0], p=[0.60, 0.33, 0.07]))
    display = rng.random() < 0.3
    breathing_mm = float(np.round(rng.uniform(0, 5), 2))
    size, mm_per_px = ((256, 0.45), (288, 0.42), (320, 0.36))[int(rng.integers(3))]
    lateral = bool(rng.random() < 0.75)
    settings = SimulationSettings(
        seed=SETS[group] * 100_000 + int(number),
        projection="lateral" if lateral else "ap",
        size=size,
        mm_per_px=mm_per_px,
        frame_rate_hz=rate_hz,
        duration_s=seconds,
        dose_ngy=float(rng.choice([10.0, 20.0, 30.0, 60.0])),
        kvp=float(rng.choice([70.0, 80.0, 90.0])),
        cement=str(rng.choice(["20% BaSO4", "30% BaSO4", "30% ZrO2"])),
        relationship=PixelIntensityRelationship.DISP if display else PixelIntensityRelationship.LIN,
        display_gamma=float(rng.choice([0.8, 1.0, 1.3])) if display else 1.0,
        bits_stored=8 if display else 12,
        breathing_mm=breathing_mm,
        rotation_deg=float(np.round(rng.uniform(0, 1.0), 2)),
        scatter_to_primary=float(np.round(rng.uniform(0.5, 2.0), 2)),
        recursive_filter=float(rng.choice([0.0, 0.3, 0.6], p=[0.6, 0.2, 0.2])),
        lag=float(rng.choice([0.01, 0.04])),
        automatic_brightness=bool(rng.random() < 0.5),
        injection_start_s=float(np.round(rng.uniform(8, 15), 1)),
        injection_ml_per_s=float(np.round(rng.uniform(0.05, 0.09), 3)),
        disturbances=_disturbances(rng, kind, seconds, size * mm_per_px, rate_hz),
    )
    return Part(name, kind, scenario, marks, settings)


def parts(group: str, hours: float) -> list[Part]:
    """Parts of a set in their order, as many as make up the hours."""
    found: list[Part] = []
    seconds = 0.0
    while seconds < hours * 3600.0:
        found.append(draw(f"{group}-{len(found)}"))
        seconds += found[-1].seconds
    return found


def _disturbances(
    rng: np.random.Generator, kind: str, seconds: float, field_mm: float, rate_hz: float
) -> tuple[Disturbance, ...]:
    """What happens in a part of a kind: the kind's own, and in some the way in which video arrives."""
    kinds = [kind] if kind != "mixed" else list(rng.choice([k for k in KINDS if k != "mixed"], 4, False))
    found: list[Disturbance] = []
    for one in kinds:
        found += _of_kind(rng, one, seconds, field_mm, several=kind != "mixed")
    if rng.random() < 0.15:
        found.append(BurnedInText(x=float(rng.choice([0.02, 0.6])), y=float(rng.choice([0.03, 0.86]))))
    if rng.random() < 0.10:
        found.append(CircularField(0.48 * field_mm))
    if rng.random() < 0.10:
        found.append(VideoNoise(0.004))
    if rate_hz == 30.0 and rng.random() < 0.5:
        found.append(Repeats(float(rng.choice([7.5, 15.0]))))
    if rng.random() < 0.05:
        found.append(CannulaAbsent())
    return tuple(found)


def _of_kind(
    rng: np.random.Generator, kind: str, seconds: float, field_mm: float, *, several: bool
) -> list[Disturbance]:
    def number(low: float, high: float) -> float:
        return float(np.round(rng.uniform(low, high), 2))

    times = [number(_QUIET_AT_FIRST_S, seconds - 8) for _ in range(int(rng.integers(2, 5)) if several else 1)]
    times.sort()
    angle = rng.uniform(0, 2 * np.pi, len(times))
    ways = [(round(float(np.cos(a)), 3), round(float(np.sin(a)), 3)) for a in angle]
    side = [str(s) for s in rng.choice(_SIDES, len(times))]
    match kind:
        case "jerk":
            return [Jerk(t, number(1, 8), way) for t, way in zip(times, ways, strict=True)]
        case "table":
            return [
                TableMove(t, number(3, 15) * (1 if k % 2 else -1), number(0.5, 3), ways[0])
                for k, t in enumerate(times)
            ]
        case "needle":
            return [NeedleMove(t, number(-2, 6), number(-3, 3), number(0.3, 2.5)) for t in times]
        case "hand":
            things = [Hand if rng.random() < 0.6 else Clamp for _ in times]
            return [
                thing(t, number(0.5, 5), s, number(0.15, 0.7) * field_mm, number(0.2, 0.8), number(60, 400))  # type: ignore[arg-type]
                for thing, t, s in zip(things, times, side, strict=True)
            ]
        case "brightness":
            return [
                BrightnessStep(t, number(0.6, 1.6))
                if rng.random() < 0.6
                else BrightnessDrift(t, number(1, 10), number(0.6, 1.6))
                for t in times
            ]
        case "kvp":
            return [KvpStep(t, float(rng.choice([66.0, 74.0, 84.0, 95.0])), number(0.8, 1.25)) for t in times]
        case "collimation":
            most = 0.3 * field_mm
            return [Collimation(t, *(number(0, most) for _ in range(4)), number(0.2, 1)) for t in times]  # type: ignore[misc]
        case "held":
            return [HeldImage(t, number(0.3, 6)) for t in times]
        case "gas":
            spots = [tuple(number(-0.35, 0.35) * field_mm for _ in range(2)) for _ in range(2 * len(times))]
            return [
                BowelGas(t, number(2, 20), spots[2 * k], spots[2 * k + 1], number(4, 14), number(0.08, 0.3))  # type: ignore[arg-type]
                for k, t in enumerate(times)
            ]
    return []
