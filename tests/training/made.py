"""Facts and attempts to score and to keep, made up."""

from __future__ import annotations

from typing import Any

from recordings.training.attempt import Attempt
from recordings.training.facts import Danger, Facts, Moment
from recordings.training.scoring import PARTS, Score

RATE_HZ = 15.0


def facts(**changed: Any) -> Facts:
    """A run of 30 s from 8 s on: the wall comes nearer, a canal leak shows at 20 s, threatened from 15 s."""
    moments = tuple(
        Moment(k / RATE_HZ, {"posterior_wall": 20.0 - k / RATE_HZ}, 0.0, k / RATE_HZ >= 15.0)
        for k in range(120, 451)
    )
    usual: dict[str, Any] = {
        "moments": moments,
        "dangers": (Danger("leak", "canal", "L1", 20.0),),
        "may_leak": True,
        "ready_s": 8.0,
        "until_s": 30.0,
        "planned_ml": 3.0,
        "safe_ml": 1.0,
        "injected_ml": 1.0,
        "excused_s": (),
        "origin": "simulated",
    }
    return Facts(**(usual | changed))


def score(**changed: Any) -> Score:
    """A score of 80."""
    usual: dict[str, Any] = {
        "total": 80.0,
        "reaction_s": 0.7,
        "over_human_s": 0.382,
        "stopped_before_s": None,
        "closest_mm": {"posterior_wall": 4.0},
        "leaked_ml": 0.02,
        "missed": 0,
        "needless": 0,
        "needless_s": 0.0,
        "injected_ml": 1.0,
        "planned_ml": 3.0,
        "target_ml": 1.1,
        "parts": dict.fromkeys(PARTS, 0.8),
        "danger": "leak",
        "danger_structure": "canal",
        "danger_level": "L1",
        "danger_s": 20.0,
        "released_s": 20.7,
    }
    return Score(**(usual | changed))


def attempt(
    exercise: str = "back", *, with_help: bool = True, scripted: bool = False, **scored: Any
) -> Attempt:
    """An attempt with a score."""
    return Attempt(
        "2026-11-26T10:00:00+00:00", exercise, 3, 1, with_help, False, [(8.0, 20.7)], 25.0, score(**scored),
        [], "0.1.0", scripted=scripted,
    )  # fmt: skip
