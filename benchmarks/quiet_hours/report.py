"""From the rows of many parts to false alarms per hour with their bounds."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from scipy.stats import chi2

Row = dict[str, Any]


def poisson_upper(count: int, hours: float) -> float:
    """Upper end of the one-sided 95 % interval of a rate (per hour): 3 / hours where there were none.

    Exact (Garwood, Biometrika 28, 1936).
    """
    return float(chi2.ppf(0.95, 2 * (count + 1)) / 2 / hours) if hours > 0 else float("inf")


def report(rows: Sequence[Row], script: str = "python -m benchmarks.quiet") -> str:
    """Text of the report over parts of one version."""
    quiet = [row for row in rows if row["outside_mm2"] <= 0]
    lines = [_volume(rows, quiet)]
    hours = _hours(quiet)
    if hours <= 0:
        return lines[0]
    watched = sum(row["watched_s"] for row in quiet) / 3600
    lines += ["", "false alarms                    n   per hour   95 % upper bound   seconds up"]
    lines += _rates("leak_", quiet, hours)
    bare = [row for row in quiet if row["scenario"] == "quiet"]
    lines += ["", f"of these, without any cement: {_hours(bare):.2f} h"]
    lines += _rates("leak_", bare, _hours(bare)) if bare else []
    lines += _rates("near_", bare, _hours(bare)) if bare else []
    gasless = [row for row in quiet if not _holds(row, "BowelGas")]
    lines += ["", f"of these, without bowel gas that moves: {_hours(gasless):.2f} h"]
    lines += _rates("leak_", gasless, _hours(gasless)) if gasless else []
    lines += ["", "kind          hours  monitored of all  after learning  leak alarms  per hour"]
    by_kind: dict[str, list[Row]] = defaultdict(list)
    for row in quiet:
        by_kind[row["kind"]].append(row)
        by_kind[f"  {row['marks']} marks"].append(row)
        by_kind["  cement" if row["scenario"] != "quiet" else "  no cement"].append(row)
        by_kind[f"  {row['settings']['frame_rate_hz']:g} frames/s"].append(row)
        by_kind[f"  {row['settings']['relationship']}"].append(row)
        by_kind[f"  {row['settings']['projection']}"].append(row)
        by_kind[f"  {row['settings']['dose_ngy']:g} nGy"].append(row)
    for kind in [*sorted(k for k in by_kind if k[0] != " "), *sorted(k for k in by_kind if k[0] == " ")]:
        lines.append(_share(kind, by_kind[kind]))
    lines.append(_share("all", quiet))
    lines += ["", f"state and reason (share of {hours:.2f} h, {watched:.2f} h of them monitored)"]
    reasons: Counter[str] = Counter()
    for row in quiet:
        reasons.update(row["reasons_s"])
        reasons["MONITORING"] += row["states_s"].get("MONITORING", 0.0)
    lines += [f"  {100 * s / 3600 / hours:5.1f} %  {name}" for name, s in reasons.most_common()]
    lines += ["", "every false alarm"]
    for row in quiet:
        for alarm in row["alarms"]:
            lines.append(
                f"  {alarm['at_s']:7.2f} s  {alarm['rule']:22} {alarm['message']:36} {alarm['state']:10} "
                f"{row['kind']:11} {row['scenario']:6} {script} --replay {row['part']}"
            )
    if lines[-1] == "every false alarm":
        lines.append("  none")
    return "\n".join(lines)


def _volume(rows: Sequence[Row], quiet: Sequence[Row]) -> str:
    frames = sum(row["frames"] for row in rows)
    took_s = sum(row["took_s"] for row in rows)
    rendering_s = sum(row["rendering_s"] for row in rows)
    text = f"{len(quiet)} parts, {_hours(quiet):.2f} h, {sum(r['frames'] for r in quiet)} frames"
    if len(quiet) < len(rows):
        text += f" ({len(rows) - len(quiet)} more left out: cement is really outside)"
    if frames:
        each, drawing = 1e3 * took_s / frames, 1e3 * rendering_s / frames
        text += f"\n{each:.1f} ms per frame on one core, {drawing:.1f} of them rendering"
    return text


def _holds(row: Row, disturbance: str) -> bool:
    return any(one["kind"] == disturbance for one in row["settings"]["disturbances"])


def _hours(rows: Sequence[Row]) -> float:
    return sum(row["seconds"] for row in rows) / 3600


def _rates(prefix: str, rows: Sequence[Row], hours: float) -> list[str]:
    counts: Counter[str] = Counter()
    up_s: Counter[str] = Counter()
    for row in rows:
        counts.update(a["rule"] for a in row["alarms"] if a["rule"].startswith(prefix))
        up_s.update({k: v for k, v in row["alarm_up_s"].items() if k.startswith(prefix)})
    names = [*sorted(counts), f"{prefix}* together"]
    counts[names[-1]], up_s[names[-1]] = sum(counts.values()), sum(up_s.values())
    return [
        f"  {name:26} {counts[name]:5d} {counts[name] / hours:10.2f}"
        f" {poisson_upper(counts[name], hours):18.2f} {up_s[name]:12.1f}"
        for name in names
    ]


def _share(kind: str, rows: Sequence[Row]) -> str:
    hours = _hours(rows)
    watched = sum(row["watched_s"] for row in rows) / 3600
    after = sum(row["after_first_s"] for row in rows) / 3600
    alarms = sum(a["rule"].startswith("leak_") for row in rows for a in row["alarms"])
    share = f"{100 * watched / after:.1f} %" if after > 0 else "-"
    seen = f"{100 * watched / hours:15.1f} % {share:>15}"
    return f"{kind:12} {hours:6.2f} {seen} {alarms:12d} {alarms / hours:9.2f}"
