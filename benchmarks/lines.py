"""One line for a procedure, a few for a set of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.figures import Figures, figures
from benchmarks.records import LeakScore, Record


def record_line(record: Record) -> str:
    """A procedure in one line."""
    f = figures([record])
    head = f"{record.model:3} {record.scenario:9} {record.seed:4} {record.sweep}"
    head += f"={record.label}" if record.label else ""
    head += f" [{record.detector}]" if record.detector != "cementwatch" else ""
    parts = [f"{head:34}"]
    if f.dice_median is not None:
        parts.append(
            f"Dice {f.dice_median:.2f}/{f.dice_p10:.2f} (beside {f.dice_beside_cannula_median:.2f})"
            f" HD95 {_text(f.hd95_median_mm)}"
        )
        parts.append(f"false {f.false_median_mm2:.1f}/{f.false_p95_mm2:.1f}")
    if f.quiet_false_most_mm2:
        parts.append(f"quiet-false {f.quiet_false_most_mm2:.1f}")
    if f.front_mm is not None:
        parts.append(f"front {f.front_mm[0]:+.2f}")
    wall = f.distances.get("posterior_wall")
    if wall is not None:
        parts.append(
            f"wall {wall.median_mm:.2f}/{wall.p95_mm:.2f} {wall.bias_mm:+.2f} cov {wall.coverage:.2f}"
        )
    if f.registration_rms_mm is not None:
        parts.append(f"reg {f.registration_rms_mm:.2f}/{f.registration_p99_mm:.2f}")
    parts += [_leak(leak) for leak in record.leaks]
    parts += [f"FALSE {a.rule}@{a.time_s:.1f}({a.kind})" for a in record.false_alarms]
    if record.detector == "cementwatch":
        blind = "".join(f" {code} {share:.2f}" for code, share in record.blind.items())
        parts.append(f"mon {record.monitored_fraction:.3f}{blind}")
    if f.volume_median is not None:
        parts.append(f"vol {100 * f.volume_median:.0f}/{100 * (f.volume_p95 or 0):.0f} %")
    elif f.volume_nominal_median is not None:
        parts.append(f"vol(nominal) {100 * f.volume_nominal_median:.0f} %")
    if record.step_ms:
        parts.append(f"{record.step_ms[0]:.0f}/{record.step_ms[1]:.0f} ms")
    return " | ".join(parts)


def _leak(leak: LeakScore) -> str:
    if leak.visible_s is None:
        return f"{leak.leak_class}: not visible{', alarmed' if leak.alarm_s is not None else ''}"
    if leak.delay_s is None:
        why = "" if leak.judged else " (too late to judge)"
        if leak.masked:
            why += " (the alarm of an earlier leak stood)" if leak.warned else " (a false alarm stood)"
        return f"{leak.leak_class}: {'no new alarm' if leak.found else 'MISSED'}{why}"
    lead = f" lead {leak.visible_s - leak.near_s:.1f}" if leak.near_s is not None else ""
    own = f" embolus {leak.embolus_alarm_s - leak.visible_s:+.2f}" if leak.embolus_alarm_s is not None else ""
    said = f"{leak.first_class} {leak.first_verdict}/{leak.final_verdict}"
    return f"{leak.leak_class}: {leak.delay_s:+.2f} s {said}{lead}{own}"


def summary_lines(f: Figures) -> list[str]:
    """The figures of a set of procedures that are not in the table of what must be shown."""
    lines = [
        f"{f.procedures} procedures, {f.hours:.2f} h, {f.scored_frames} frames with masks scored"
        f" ({100 * (f.unscored_fraction or 0):.1f} % of those due were not monitored)"
    ]
    if f.dice_median is not None:
        lines.append(
            f"Dice: median {f.dice_median:.3f}, p10 {f.dice_p10:.3f}; beside the cannula median"
            f" {f.dice_beside_cannula_median:.3f}, p10 {f.dice_beside_cannula_p10:.3f};"
            f" HD95 median {_text(f.hd95_median_mm)}, p95 {_text(f.hd95_p95_mm)} mm"
        )
    if f.front_mm is not None:
        lines.append("front error (mm): bias {:+.2f}, SD {:.2f}, p95 {:.2f}".format(*f.front_mm))
    lines.append(
        f"false area (mm2): median {_text(f.false_median_mm2)}, p95 {_text(f.false_p95_mm2)},"
        f" most {_text(f.false_most_mm2)}; before any cement p95 {_text(f.quiet_false_p95_mm2)},"
        f" most {_text(f.quiet_false_most_mm2)}"
    )
    for name, d in f.distances.items():
        lines.append(
            f"distance to {name}: median {d.median_mm:.2f}, p95 {d.p95_mm:.2f}, bias {d.bias_mm:+.2f} mm,"
            f" lower bound holds {100 * d.coverage:.1f} % ({d.frames} frames)"
        )
    for kind, leak in f.leaks.items():
        delay = np.asarray(leak.delay_s)
        text = f"leak {kind}: {leak.found} of {leak.judged} found"
        if len(delay):
            text += f", delay median {np.median(delay):+.2f}, p95 {np.percentile(delay, 95):+.2f} s"
        if leak.lead_s:
            text += f", near alarm {np.median(leak.lead_s):.1f} s before"
        text += f"; first class {leak.first}, final {leak.final}"
        if kind == "embolus":
            text += f"; by its own rule {leak.by_own_rule}"
        if leak.masked:
            text += f"; {leak.masked} without a new alarm where one stood"
        if leak.unseen:
            text += f"; present in 3-D but never visible {leak.unseen} ({leak.unseen_alarmed} alarmed)"
        lines.append(text)
    if f.false_alarms_per_hour is not None:
        lines.append(
            f"false leak alarms: {f.false_alarms or 'none'} in {f.leakless_hours:.2f} h without a leak,"
            f" {f.false_alarms_per_hour:.1f} per hour, at 95 % below {f.false_alarms_per_hour_bound:.1f}"
        )
    lines.append(f"not monitored, by reason (mean fraction): {f.blind or 'never'}")
    if f.volume_nominal_median is not None:
        lines.append(
            f"volume with the nominal density: median error {100 * f.volume_nominal_median:.0f} %,"
            f" p95 {100 * (f.volume_nominal_p95 or 0):.0f} %"
        )
    if f.step_ms is not None:
        lines.append("step (ms): p50 {}, p95 {}, p99 {}, medians over procedures".format(*f.step_ms))
    return lines


def scenario_lines(records: Sequence[Record]) -> list[str]:
    """The figures by scenario, a line each."""
    lines = []
    for scenario in dict.fromkeys(r.scenario for r in records):
        chosen = [r for r in records if r.scenario == scenario]
        f = figures(chosen)
        wall = f.distances.get("posterior_wall")
        parts = [f"{scenario:13} n {f.procedures:2}"]
        if f.dice_median is not None:
            parts.append(f"Dice {f.dice_median:.2f}/{f.dice_p10:.2f}, HD95 {_text(f.hd95_median_mm)} mm")
            parts.append(f"false p95 {_text(f.false_p95_mm2)} mm2")
        if wall is not None:
            parts.append(f"wall {wall.median_mm:.2f}/{wall.p95_mm:.2f} mm, held {100 * wall.coverage:.0f} %")
        for kind, leak in f.leaks.items():
            delay = f" {np.median(leak.delay_s):+.2f} s" if leak.delay_s else ""
            parts.append(f"{kind} {leak.found}/{leak.judged}{delay}")
        if f.false_alarms:
            parts.append(f"false alarms {sum(f.false_alarms.values())}")
        parts.append(f"monitored {100 * np.mean([r.monitored_fraction for r in chosen]):.1f} %")
        if f.volume_median is not None:
            parts.append(f"volume {100 * f.volume_median:.1f} %")
        lines.append("; ".join(parts))
    return lines


def _text(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
