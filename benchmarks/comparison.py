"""The own detector beside its peers, per model and value of a sweep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.figures import Figures, figures
from benchmarks.records import Record

BEHIND = ", front end"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One value of one sweep with one model. `peers` is by name; empty where none was run."""

    model: str
    sweep: str
    label: str
    own: Figures
    peers: Mapping[str, Figures]

    @property
    def best_name(self) -> str | None:
        """The peer behind the same front end with the highest median Dice."""
        behind = {name: f for name, f in self.peers.items() if name.endswith(BEHIND)}
        measured = {name: f.dice_median for name, f in behind.items() if f.dice_median is not None}
        return max(measured, key=lambda name: measured[name]) if measured else None

    @property
    def best_peer(self) -> Figures | None:
        """Figures of that peer."""
        return None if self.best_name is None else self.peers[self.best_name]

    @property
    def ahead(self) -> bool | None:
        """Whether Dice is higher and false area no larger than the best peer's; None: not measured.

        The false area is the 95th percentile over all scored frames, those without any cement too.
        """
        best, own = self.best_peer, self.own
        if best is None or best.dice_median is None or best.false_everywhere_p95_mm2 is None:
            return None
        if own.dice_median is None or own.false_everywhere_p95_mm2 is None:
            return False
        return (
            own.dice_median > best.dice_median
            and own.false_everywhere_p95_mm2 <= best.false_everywhere_p95_mm2
        )


def compare(records: Sequence[Record]) -> list[Comparison]:
    """Group records by model, sweep and value.

    Peers are compared on the procedures that they were run on: the own detector's others are left out
    where there are peers.
    """
    groups: dict[tuple[str, str, str], list[Record]] = {}
    for record in records:
        groups.setdefault((record.model, record.sweep, record.label), []).append(record)
    return [_compare(*key, group) for key, group in groups.items()]


def _compare(model: str, sweep: str, label: str, group: Sequence[Record]) -> Comparison:
    own = [r for r in group if r.detector == "cementwatch"]
    names = list(dict.fromkeys(r.detector for r in group if r.detector != "cementwatch"))
    shared = {(r.scenario, r.seed) for r in group if r.detector in names}
    if shared:
        own = [r for r in own if (r.scenario, r.seed) in shared]
    peers = {name: figures([r for r in group if r.detector == name]) for name in names}
    return Comparison(model, sweep, label, figures(own), peers)


def ahead_counts(compared: Sequence[Comparison]) -> dict[str, tuple[int, int]]:
    """Per model: in how many of how many values the own detector is ahead."""
    counts = {}
    for model in ("own", "ct"):
        judged = [c.ahead for c in compared if c.model == model and c.ahead is not None]
        if judged:
            counts[model] = (sum(judged), len(judged))
    return counts


def comparison_lines(compared: Sequence[Comparison]) -> list[str]:
    """A line per detector, the own first."""
    lines = []
    for one in compared:
        if not one.peers:
            continue
        verdict = {True: "ahead of", False: "NOT ahead of", None: "not compared with"}[one.ahead]
        title = f"{one.model} model, {one.sweep} {one.label}".strip()
        lines.append(f"{title}: {verdict} the best peer behind the same front end ({one.best_name})")
        for name, f in {"cementwatch": one.own, **one.peers}.items():
            if f.dice_median is None:
                lines.append(f"  {name:26} no mask scored")
                continue
            lines.append(
                f"  {name:26} Dice {f.dice_median:.3f} (p10 {f.dice_p10:.3f}),"
                f" HD95 {f.hd95_median_mm:.2f} mm,"
                f" false area p95 {f.false_p95_mm2:.1f}, with cement-free frames"
                f" {f.false_everywhere_p95_mm2:.1f} mm2,"
                f" {f.scored_frames} frames"
            )
    return lines
