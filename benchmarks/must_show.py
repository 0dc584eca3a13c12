"""What must be shown, against what was measured with each model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.figures import Figures, LeakFigures

NOT_MEASURED = "not measured"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One row: a measure, its limit, and how it is read from the figures.

    `least`: the figure must be at least the limit; otherwise at most.
    """

    measure: str
    limit: float
    least: bool
    read: Callable[[Figures], float | None]
    unit: str = ""
    of_registration: bool = False

    def met(self, value: float | None) -> bool | None:
        """Whether a figure meets the limit; None where it was not measured."""
        if value is None:
            return None
        return value >= self.limit if self.least else value <= self.limit

    @property
    def words(self) -> str:
        """The limit as it is printed."""
        return f"{'>=' if self.least else '<='} {_text(self.limit, self.unit)}"


def _wall(part: str) -> Callable[[Figures], float | None]:
    def read(f: Figures) -> float | None:
        wall = f.distances.get("posterior_wall")
        return None if wall is None else float(getattr(wall, part))

    return read


def _sensitivity(kind: str) -> Callable[[Figures], float | None]:
    def read(f: Figures) -> float | None:
        leak: LeakFigures | None = f.leaks.get(kind)
        return None if leak is None else leak.sensitivity

    return read


def _embolus(f: Figures) -> float | None:
    leak = f.leaks.get("embolus")
    return None if leak is None else leak.own_rule_sensitivity


WANTED: tuple[Wanted, ...] = (
    Wanted("mask Dice, median", 0.93, True, lambda f: f.dice_median),
    Wanted("mask Dice, p10", 0.88, True, lambda f: f.dice_p10),
    Wanted("mask HD95, median", 0.8, False, lambda f: f.hd95_median_mm, "mm"),
    Wanted("posterior wall, abs. error median", 0.25, False, _wall("median_mm"), "mm"),
    Wanted("posterior wall, abs. error p95", 0.8, False, _wall("p95_mm"), "mm"),
    Wanted("posterior wall, lower bound holds", 0.95, True, _wall("coverage"), "%"),
    Wanted("registration at 3 mm breathing, RMS", 0.1, False, lambda f: f.registration_rms_mm, "mm", True),
    Wanted("registration at 3 mm breathing, p99", 0.25, False, lambda f: f.registration_p99_mm, "mm", True),
    Wanted("leak visible to alarm, median", 0.5, False, lambda f: f.delay_median_s, "s"),
    Wanted("leak visible to alarm, p95", 1.5, False, lambda f: f.delay_p95_s, "s"),
    Wanted("sensitivity, canal", 0.98, True, _sensitivity("canal"), "%"),
    Wanted("sensitivity, disc", 0.98, True, _sensitivity("disc"), "%"),
    Wanted("sensitivity, vein", 0.95, True, _sensitivity("vein"), "%"),
    Wanted("sensitivity, embolus, any leak alarm", 0.90, True, _sensitivity("embolus"), "%"),
    Wanted("sensitivity, embolus, by its own rule", 0.90, True, _embolus, "%"),
    Wanted("first class right or said ambiguous", 0.95, True, lambda f: f.class_right_fraction, "%"),
    Wanted("final class right or said ambiguous", 0.95, True, lambda f: f.final_class_right_fraction, "%"),
    Wanted("monitored time, ordinary", 0.97, True, lambda f: f.monitored_fraction, "%"),
    Wanted("monitored time, with a jerk", 0.90, True, lambda f: f.monitored_fraction_jerk, "%"),
    Wanted("volume after two aliquots, median", 0.04, False, lambda f: f.volume_median, "%"),
    Wanted("volume after two aliquots, p95", 0.10, False, lambda f: f.volume_p95, "%"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: measure, wanted, and per model the figure as text and whether it is met."""

    measure: str
    wanted: str
    shown: Mapping[str, tuple[str, bool | None]]


def must_show(
    base: Mapping[str, Figures], registration: Mapping[str, Figures], ahead: Mapping[str, tuple[int, int]]
) -> list[Row]:
    """Build the table.

    Parameters
    ----------
    base : mapping of model to Figures
        Usual settings, all scenarios.
    registration : mapping of model to Figures
        The same at 3 mm of breathing.
    ahead : mapping of model to (int, int)
        In how many of how many sweep values the detector is ahead of the best peer behind the same front
        end, both in Dice and in false area.
    """
    rows = []
    for want in WANTED:
        shown = {}
        for model in ("own", "ct"):
            chosen = registration if want.of_registration else base
            value = want.read(chosen[model]) if model in chosen else None
            text = NOT_MEASURED if value is None else _text(value, want.unit)
            shown[model] = (text, want.met(value))
        rows.append(Row(want.measure, want.words, shown))
    shown = {}
    for model in ("own", "ct"):
        won, of = ahead.get(model, (0, 0))
        shown[model] = (f"{won} of {of}" if of else NOT_MEASURED, won == of if of else None)
    rows.append(Row("ahead of the best peer, same front end", "every sweep", shown))
    return rows


def table_text(rows: Sequence[Row]) -> str:
    """The table as plain text; ``*`` marks what is not met."""
    lines = [f"{'measure':42} {'wanted':>12} {'own model':>15} {'CT model':>15}"]
    for row in rows:
        cells = [text + ("" if met in (True, None) else " *") for text, met in row.shown.values()]
        lines.append(f"{row.measure:42} {row.wanted:>12} {cells[0]:>15} {cells[1]:>15}")
    return "\n".join(lines)


def _text(value: float, unit: str) -> str:
    if unit == "%":
        return f"{100 * value:.1f} %"
    return f"{value:.3g} {unit}".strip()
