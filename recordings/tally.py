"""What the summary of an analysis says of a whole run."""

from __future__ import annotations

from typing import Any

import numpy as np

from monitor.plan import Plan, View
from monitor.result import LevelResult, Result
from monitor.states import State


class Tally:
    """What the summary needs of a whole run."""

    def __init__(self, plan: Plan, view: View) -> None:
        self.frames = 0
        self.by_state: dict[str, int] = {}
        self.monitored_s = self.total_s = 0.0
        self.blind_reasons: dict[str, int] = {}
        self._last_ns: int | None = None
        self.levels: dict[str, dict[str, Any]] = {
            level.name: {
                "planned_volume_ml": plan.intent(level.name).planned_volume_ml,
                "volume_ml": None, "volume_sd_ml": None, "fill_fraction": None,
                "area_mm2": None, "outside_mm2": None, "closest_mm": {}, "leaks": {},
                "volume_relative": None, "volume_method": None, "injected_ml": None, "unseen_ml": None,
                "noise_correlation": None,
            }
            for level in view.levels
        }  # fmt: skip

    def count(self, result: Result, now_ns: int) -> None:
        """Take in a result."""
        self.frames += 1
        elapsed_s = 0.0 if self._last_ns is None else max(0.0, (now_ns - self._last_ns) / 1e9)
        self._last_ns = now_ns
        self.total_s += elapsed_s
        self.by_state[result.state.words] = self.by_state.get(result.state.words, 0) + 1
        if result.state in (State.MONITORING, State.DEGRADED):
            self.monitored_s += elapsed_s
        if result.state is State.NOT_MONITORING:
            for reason in result.reasons[:1]:
                text = reason.text.split(";")[0]
                self.blind_reasons[text] = self.blind_reasons.get(text, 0) + 1
        for level in result.levels:
            self._count_level(self.levels[level.name], level)

    @staticmethod
    def _count_level(kept: dict[str, Any], level: LevelResult) -> None:
        if level.area_mm2 is None:
            return
        for key in ("volume_ml", "volume_sd_ml", "fill_fraction", "area_mm2", "outside_mm2"):
            kept[key] = rounded(getattr(level, key))
        kept["noise_correlation"] = rounded(level.noise_correlation)
        kept["derived"] = sorted(level.derived)
        kept["volume_method"] = level.volume_method
        kept["volume_relative"] = level.volume_relative if level.volume_ml is not None else None
        kept["injected_ml"], kept["unseen_ml"] = rounded(level.injected_ml), rounded(level.unseen_ml)
        for name, distance in (level.distances or {}).items():
            before = kept["closest_mm"].get(name)
            if before is None or distance.value_mm < before:
                kept["closest_mm"][name] = rounded(distance.value_mm)
        for leak in level.leaks:
            seen = kept["leaks"].setdefault(
                leak.leak_class,
                {
                    "class": leak.leak_class,
                    "onset_s": rounded(leak.onset_ns / 1e9),
                    "area_mm2": 0.0,
                    "volume_ml": None,
                },
            )
            seen["area_mm2"] = max(seen["area_mm2"], rounded(leak.area_mm2) or 0.0)
            seen["volume_ml"] = rounded(leak.volume_ml)
            seen["detached"] = leak.detached
            seen["ambiguous_with"] = leak.ambiguous_with


def rounded(value: float | None) -> float | None:
    """Four digits; None where it is unknown or not finite."""
    return None if value is None or not np.isfinite(value) else round(float(value), 4)
