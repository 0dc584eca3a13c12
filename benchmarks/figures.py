"""From the records of many procedures to figures. What was not measured is None."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.stats import chi2

from benchmarks.mask_scores import FRONT_BINS_MM, histogram_figures
from benchmarks.records import LeakScore, Record

ALIQUOTS_ML = (0.5, 1.0)
"""Known volumes that the two-aliquot calibration is fitted at; errors are taken beyond the last."""

DISTURBED = ("disturbed",)
"""Scenarios made of interruptions: their monitored time says nothing of ordinary procedures."""

_BEYOND_MM = 5.0
"""Once cement is so far beyond a structure, how far is no question any more: such frames do not count."""

_VOLUME_FROM_ML = 0.5
_WALL_NEAR_MM = 10.0


@dataclass(frozen=True, slots=True)
class DistanceFigures:
    """Of one structure: absolute error, signed bias (mm), and how often the lower bound held."""

    frames: int
    median_mm: float
    p95_mm: float
    bias_mm: float
    coverage: float


@dataclass(frozen=True, slots=True)
class LeakFigures:
    """Of one class. `delay_s` are from visible to alarm; `lead_s` from near alarm to visible."""

    judged: int
    found: int
    masked: int
    delay_s: tuple[float, ...]
    lead_s: tuple[float, ...]
    first: dict[str, int]
    final: dict[str, int]
    by_own_rule: int = 0
    unseen: int = 0
    unseen_alarmed: int = 0

    @property
    def sensitivity(self) -> float | None:
        """Part of the judged leaks that raised an alarm."""
        return self.found / self.judged if self.judged else None

    @property
    def own_rule_sensitivity(self) -> float | None:
        """Part of the judged emboli that raised the embolus alarm."""
        return self.by_own_rule / self.judged if self.judged else None


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything measured over a set of records."""

    procedures: int = 0
    hours: float = 0.0
    scored_frames: int = 0
    dice_median: float | None = None
    dice_p10: float | None = None
    dice_beside_cannula_median: float | None = None
    dice_beside_cannula_p10: float | None = None
    hd95_median_mm: float | None = None
    hd95_p95_mm: float | None = None
    false_median_mm2: float | None = None
    false_p95_mm2: float | None = None
    false_most_mm2: float | None = None
    false_everywhere_p95_mm2: float | None = None
    quiet_false_p95_mm2: float | None = None
    quiet_false_most_mm2: float | None = None
    front_mm: tuple[float, float, float] | None = None
    unscored_fraction: float | None = None
    distances: dict[str, DistanceFigures] = field(default_factory=dict)
    registration_rms_mm: float | None = None
    registration_p99_mm: float | None = None
    leaks: dict[str, LeakFigures] = field(default_factory=dict)
    delay_median_s: float | None = None
    delay_p95_s: float | None = None
    false_alarms: dict[str, int] = field(default_factory=dict)
    leakless_hours: float = 0.0
    false_alarms_per_hour: float | None = None
    false_alarms_per_hour_bound: float | None = None
    class_right_fraction: float | None = None
    final_class_right_fraction: float | None = None
    monitored_fraction: float | None = None
    monitored_fraction_jerk: float | None = None
    blind: dict[str, float] = field(default_factory=dict)
    volume_nominal_median: float | None = None
    volume_nominal_p95: float | None = None
    volume_median: float | None = None
    volume_p95: float | None = None
    step_ms: tuple[float, float, float] | None = None


def figures(records: Sequence[Record]) -> Figures:
    """Work out all figures of a set of records of one detector."""
    if not records:
        return Figures()
    dice, hd95 = _all(r.dice for r in records), _all(r.hd95_mm for r in records)
    false, quiet = _all(r.false_mm2 for r in records), _all(r.quiet_false_mm2 for r in records)
    beside = _all(r.dice_beside_cannula for r in records)
    shifts = _all(r.shift_error_mm for r in records)
    fronts = [r.front for r in records if r.front]
    front = np.sum(fronts, axis=0) if fronts else np.zeros(len(FRONT_BINS_MM) - 1, np.int64)
    unscored = [r.unscored_fraction for r in records if r.unscored_fraction is not None]
    leaks = _leaks(records)
    delays = [d for kind, found in leaks.items() if kind != "embolus" for d in found.delay_s]
    kinds = [alarm.kind for r in records for alarm in r.false_alarms]
    leakless_h = sum(_leakless_s(r) for r in records) / 3600
    alarms = len(kinds)
    nominal, calibrated = _volume_errors(records)
    ordinary = [r for r in records if not has_jerk(r) and r.scenario not in DISTURBED]
    jerked = [r for r in records if has_jerk(r)]
    steps = np.asarray([r.step_ms[:3] for r in records if len(r.step_ms) == 4]).reshape(-1, 3)
    return Figures(
        procedures=len(records),
        hours=sum(r.duration_s for r in records) / 3600,
        scored_frames=len(dice),
        dice_median=_at(dice, 50),
        dice_p10=_at(dice, 10),
        dice_beside_cannula_median=_at(beside, 50),
        dice_beside_cannula_p10=_at(beside, 10),
        hd95_median_mm=_at(hd95, 50),
        hd95_p95_mm=_at(hd95, 95),
        false_median_mm2=_at(false, 50),
        false_p95_mm2=_at(false, 95),
        false_most_mm2=_at(false, 100),
        false_everywhere_p95_mm2=_at(np.concatenate([false, quiet]), 95),
        quiet_false_p95_mm2=_at(quiet, 95),
        quiet_false_most_mm2=_at(quiet, 100),
        front_mm=histogram_figures(front),
        unscored_fraction=float(np.mean(unscored)) if unscored else None,
        distances=_distances(records),
        registration_rms_mm=float(np.sqrt(np.mean(np.square(shifts)))) if len(shifts) else None,
        registration_p99_mm=_at(shifts, 99),
        leaks=leaks,
        delay_median_s=_at(np.asarray(delays), 50),
        delay_p95_s=_at(np.asarray(delays), 95),
        false_alarms={kind: kinds.count(kind) for kind in sorted(set(kinds))},
        leakless_hours=leakless_h,
        false_alarms_per_hour=alarms / leakless_h if leakless_h > 0 else None,
        false_alarms_per_hour_bound=float(chi2.ppf(0.95, 2 * alarms + 2)) / 2 / leakless_h
        if leakless_h > 0
        else None,
        class_right_fraction=_class_right(leaks, final=False),
        final_class_right_fraction=_class_right(leaks, final=True),
        monitored_fraction=_mean(r.monitored_fraction for r in ordinary),
        monitored_fraction_jerk=_mean(r.monitored_fraction for r in jerked),
        blind=_blind(records),
        volume_nominal_median=_at(nominal, 50),
        volume_nominal_p95=_at(nominal, 95),
        volume_median=_at(calibrated, 50),
        volume_p95=_at(calibrated, 95),
        step_ms=tuple(np.median(steps, axis=0).round(2)) if len(steps) else None,  # type: ignore[arg-type]
    )


def has_jerk(record: Record) -> bool:
    """Whether the patient or the table moves suddenly in a procedure."""
    return record.scenario == "motion" or record.sweep in ("jerk", "table")


def volume_errors(record: Record) -> tuple[list[float], list[float]]:
    """Relative errors of the volume, with the nominal density and after two known aliquots.

    The factor is fitted through zero at `ALIQUOTS_ML`, at the first level that reaches the last of them.
    """
    nominal = [
        abs(found / true - 1)
        for rows in record.volumes.values() for true, found in rows if true > _VOLUME_FROM_ML
    ]  # fmt: skip
    factor = None
    for rows in record.volumes.values():
        table = np.asarray(rows, float)
        near = [int(np.argmin(np.abs(table[:, 0] - ml))) for ml in ALIQUOTS_ML]
        true, found = table[near].T
        if np.all(np.abs(true - ALIQUOTS_ML) < 0.1) and (found > 0).all():
            factor = float((true * found).sum() / (found * found).sum())
            break
    if factor is None:
        return nominal, []
    calibrated = [
        abs(found * factor / true - 1)
        for rows in record.volumes.values() for true, found in rows if true > ALIQUOTS_ML[-1]
    ]  # fmt: skip
    return nominal, calibrated


def _volume_errors(records: Sequence[Record]) -> tuple[np.ndarray, np.ndarray]:
    pairs = [volume_errors(record) for record in records]
    return _all(p[0] for p in pairs), _all(p[1] for p in pairs)


def _distances(records: Sequence[Record]) -> dict[str, DistanceFigures]:
    found: dict[str, DistanceFigures] = {}
    names = sorted({name for r in records for name in r.distances})
    for name in names:
        rows = np.asarray([row for r in records for row in r.distances.get(name, [])], float)
        rows = rows[rows[:, 0] > -_BEYOND_MM]
        if not len(rows):
            continue
        found[name] = _distance(rows)
        if name == "posterior_wall":
            near = rows[np.abs(rows[:, 0]) < _WALL_NEAR_MM]
            if len(near):
                found[f"{name} (< {_WALL_NEAR_MM:g} mm)"] = _distance(near)
    return found


def _distance(rows: np.ndarray) -> DistanceFigures:
    error = rows[:, 1] - rows[:, 0]
    size = np.abs(error)
    return DistanceFigures(
        frames=len(rows),
        median_mm=float(np.median(size)),
        p95_mm=float(np.percentile(size, 95)),
        bias_mm=float(error.mean()),
        coverage=float((rows[:, 2] <= rows[:, 0]).mean()),
    )


def _leaks(records: Sequence[Record]) -> dict[str, LeakFigures]:
    by_class: dict[str, list[LeakScore]] = {}
    for record in records:
        for leak in record.leaks:
            kind = "disc" if leak.leak_class.startswith("disc") else leak.leak_class
            by_class.setdefault(kind, []).append(leak)
    return {kind: _leak_figures(leaks) for kind, leaks in sorted(by_class.items())}


def _leak_figures(leaks: Sequence[LeakScore]) -> LeakFigures:
    judged = [leak for leak in leaks if leak.judged]
    found = [leak for leak in judged if leak.found]
    unseen = [leak for leak in leaks if leak.visible_s is None]
    return LeakFigures(
        judged=len(judged),
        found=len(found),
        masked=sum(leak.masked for leak in judged),
        delay_s=tuple(round(leak.delay_s, 3) for leak in found if leak.delay_s is not None),
        lead_s=tuple(
            round(leak.visible_s - leak.near_s, 3)
            for leak in judged
            if leak.near_s is not None and leak.visible_s is not None
        ),
        first=_counts(leak.first_verdict for leak in found),
        final=_counts(leak.final_verdict for leak in found),
        by_own_rule=sum(leak.embolus_alarm_s is not None for leak in judged),
        unseen=len(unseen),
        unseen_alarmed=sum(leak.alarm_s is not None for leak in unseen),
    )


def _class_right(leaks: dict[str, LeakFigures], *, final: bool) -> float | None:
    """Right or said to be ambiguous, of the found leaks that are no emboli."""
    counts = [found.final if final else found.first for kind, found in leaks.items() if kind != "embolus"]
    total = sum(sum(c.values()) for c in counts)
    good = sum(c.get("right", 0) + c.get("ambiguous", 0) for c in counts)
    return good / total if total else None


def _leakless_s(record: Record) -> float:
    """Monitored time before the first leak is present (s)."""
    first = min((leak.present_s for leak in record.leaks), default=record.duration_s)
    return max(0.0, first - (record.learned_s or 0.0)) * record.monitored_fraction


def _blind(records: Sequence[Record]) -> dict[str, float]:
    codes = sorted({code for r in records for code in r.blind})
    return {code: round(float(np.mean([r.blind.get(code, 0.0) for r in records])), 4) for code in codes}


def _counts(values: Iterable[str | None]) -> dict[str, int]:
    kept = [value or "none" for value in values]
    return {value: kept.count(value) for value in sorted(set(kept))}


def _all(lists: Iterable[Sequence[float]]) -> np.ndarray:
    return np.asarray([value for values in lists for value in values], float)


def _at(values: np.ndarray, percentile: float) -> float | None:
    return float(np.percentile(values, percentile)) if len(values) else None


def _mean(values: Iterable[float]) -> float | None:
    kept = list(values)
    return float(np.mean(kept)) if kept else None
