"""The rules in one table: what each alarm is, how grave, when it is raised, and where that comes from.

The conditions themselves are small pure functions in `monitor.rules`. ``python -m monitor.rule_table``
prints the table as docs/alarms.md.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass

from monitor.config import Config
from monitor.result import Kind, Priority


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table.

    Parameters
    ----------
    rule_id : str
        ``leak_...``: cement has left the body. ``near_...``: it is getting there.
    kind : Kind
    priority : Priority
        The highest that the rule gives.
    structure : str or None
    latching : bool
        Stays until acknowledged, even where the condition has gone.
    words : str
        What the bar says first.
    condition : str
        When it is raised; configuration keys in braces.
    source : str
        Where the rule comes from.
    lowest : Priority or None
        The lowest priority that the rule gives, where that differs.
    """

    rule_id: str
    kind: Kind
    priority: Priority
    structure: str | None
    latching: bool
    words: str
    condition: str
    source: str
    lowest: Priority | None = None


_C, _T = Kind.CLINICAL, Kind.TECHNICAL
_HIGH, _MEDIUM, _LOW = Priority.HIGH, Priority.MEDIUM, Priority.LOW
_OUTSIDE = (
    "cement more than {leak.margin_mm} mm outside the outline, at least {leak.smallest_area_mm2} mm2, "
    "for {alarm.leak_on_delay_s} s, "
)
_STOP = "stop at the posterior quarter, caution in the posterior third (vertebroplasty practice)"
_LEAK = "any leak that is seen: stop injecting (vertebroplasty practice)"
_VOLUME = "1 to 5 mL per vertebra; high volume leaks more; more than three levels are staged"
_VEIN = "in a vein of 2 mm all the cement runs one way, about 21 mm/s"
_CASE = "case report: 7 mL into a metastatic T11 without posterior wall pushed tumour into the canal"
_CLOCK = "low-viscosity cement leaks more, early most; late phase from 500 s in vivo"

RULES: dict[str, Rule] = {
    rule.rule_id: rule
    for rule in (
        Rule(
            "near_posterior_wall", _C, _HIGH, "posterior_wall", False, "posterior wall",
            "HIGH: distance within {alarm.stop_fraction} of the body's depth, {alarm.stop_floor_mm} mm or "
            "{alarm.stop_uncertainty_factor} standard deviations of the distance, whichever is most. "
            "MEDIUM: within {alarm.caution_fraction} of the depth with a front that nears or a defect of "
            "the wall; LOW: there, but standing. All times {alarm.defect_factor} with a defect of the "
            "wall. For {alarm.on_delay_s} s",
            _STOP, _LOW,
        ),
        Rule(
            "near_vein", _C, _MEDIUM, "vein", False, "vein",
            "within {alarm.vein_near_mm} mm of a marked vein (times {alarm.defect_factor} with a defect of "
            "the wall), for {alarm.on_delay_s} s",
            _VEIN,
        ),
        Rule(
            "near_foramen", _C, _MEDIUM, "foramen", False, "foramen",
            "within {alarm.foramen_near_mm} mm of a marked foramen (times {alarm.defect_factor} with a "
            "defect of the wall), for {alarm.on_delay_s} s",
            "foraminal cement in a lateral view predicts a canal leak (PPV 86 %)",
        ),
        Rule(
            "near_fast_extension", _C, _HIGH, None, False, "cement runs",
            "a part narrower than {extension.widest_mm} mm whose tip advances by {extension.advance_mm} mm "
            "or more, faster than {extension.speed_mm_s} mm/s, in each of {extension.fewest_pulses} steps; "
            "wherever it is, at once",
            _VEIN,
        ),
        Rule(
            "leak_canal", _C, _HIGH, "canal", True, "canal leak",
            _OUTSIDE + "behind the posterior wall", _LEAK,
        ),
        Rule(
            "leak_foramen", _C, _HIGH, "foramen", True, "foramen leak",
            _OUTSIDE + "in a marked foramen", _LEAK,
        ),
        Rule(
            "leak_vein", _C, _HIGH, "vein", True, "vein leak",
            _OUTSIDE + "within {leak.vein_half_width_mm} mm of a marked vein, or narrower than "
            "{leak.widest_vein_mm} mm and longer than four widths",
            _LEAK,
        ),
        Rule(
            "leak_embolus", _C, _HIGH, "embolus", True, "cement carried away",
            "a drop of cement that moves away with the blood, for {alarm.leak_on_delay_s} s", _LEAK,
        ),
        Rule(
            "leak_disc_superior", _C, _MEDIUM, "disc_superior", True, "leak into the disc above",
            _OUTSIDE + "beyond the upper endplate; reaching the endplate is wanted and no alarm", _LEAK,
        ),
        Rule(
            "leak_disc_inferior", _C, _MEDIUM, "disc_inferior", True, "leak into the disc below",
            _OUTSIDE + "beyond the lower endplate; reaching the endplate is wanted and no alarm", _LEAK,
        ),
        Rule(
            "leak_paravertebral", _C, _MEDIUM, "paravertebral", True, "leak beside the body",
            _OUTSIDE + "beside the body", _LEAK,
        ),
        Rule(
            "leak_outside", _C, _MEDIUM, None, True, "leak out of the body",
            _OUTSIDE + "where no structure is marked", _LEAK,
        ),
        Rule(
            "volume_reached", _C, _LOW, "volume", False, "volume reached",
            "seen or injected volume at {volume.fraction_of_planned} of the planned one; where none is "
            "planned at {volume.cervical_limit_ml} mL (C), {volume.upper_thoracic_limit_ml} mL (T1-T6), "
            "{volume.lower_thoracic_limit_ml} mL (T7-T12), {volume.lumbar_limit_ml} mL (L, S), else "
            "{volume.default_limit_ml} mL; for {alarm.on_delay_s} s",
            _VOLUME,
        ),
        Rule(
            "volume_lytic", _C, _MEDIUM, "volume", False, "large volume in a lytic level",
            "seen or injected volume at {volume.lytic_limit_ml} mL where the plan names a metastasis, "
            "myeloma or another lytic lesion and a defect of the posterior wall; for {alarm.on_delay_s} s",
            _CASE,
        ),
        Rule(
            "injected_not_seen", _C, _MEDIUM, "volume", False, "injected cement is not seen",
            "after two aliquots: {volume.unseen_ml} mL or more of what was injected is not seen, beyond "
            "1.96 standard deviations of the volume",
            "a growing deficit means unseen cement",
        ),
        Rule(
            "front_standing", _C, _MEDIUM, "volume", False, "front stands while cement is injected",
            "{volume.standing_ml} mL or more injected from one aliquot to the next, less than half of it "
            "seen, the area within {volume.standing_fraction} and every distance within "
            "{volume.standing_mm} mm for {volume.standing_s} s",
            _CASE + "; metastatic bodies showed eight times the pressure",
        ),
        Rule(
            "many_levels", _C, _LOW, "volume", False, "more levels than are usual in one session",
            "more than {alarm.most_levels} levels with {alarm.filled_area_mm2} mm2 of cement or more",
            _VOLUME,
        ),
        Rule(
            "cement_early", _C, _LOW, None, False, "cement is still thin: it leaks more",
            "from mixing, for {clock.notice_s} s (phase until {clock.early_until_s} s, or the brand's)",
            _CLOCK,
        ),
        Rule(
            "cement_working", _C, _LOW, None, False, "cement has thickened: working time",
            "from {clock.early_until_s} s after mixing, for {clock.notice_s} s", _CLOCK,
        ),
        Rule(
            "cement_late", _C, _LOW, None, False, "cement is hardening: no more injection",
            "from {clock.late_after_s} s after mixing", _CLOCK,
        ),
        Rule(
            "withdraw_cannula", _C, _LOW, None, False, "withdraw the cannula before the cement hardens",
            "mixing time known, past the early phase, and the front has stood for {clock.withdraw_after_s} s",
            "withdraw within about 1 min of finishing",
        ),
        Rule(
            "grown_unwatched", _C, _MEDIUM, None, False, "grown while unwatched",
            "nothing was known of the level for {alarm.unwatched_s} s or longer, and 1 s after it is known "
            "again there are {alarm.unwatched_growth_mm2} mm2 and {alarm.unwatched_growth_fraction} of "
            "what there was more cement; LOW, and only a comparison, where there is not; told for "
            "{alarm.unwatched_notice_s} s",
            "growth while nothing is watched cannot be excluded", _LOW,
        ),
        Rule(
            "not_monitoring", _T, _MEDIUM, None, False, "not monitoring",
            "the state is NOT MONITORING, for {alarm.technical_on_delay_s} s",
            "lost or frozen video is an alarm of its own",
        ),
        Rule(
            "degraded", _T, _LOW, None, False, "degraded",
            "the state is DEGRADED, for {alarm.technical_on_delay_s} s", "what is not watched must be known",
        ),
    )
}  # fmt: skip

SESSION_RULES = frozenset(("many_levels", "cement_early", "cement_working", "cement_late"))
"""Rules about the session and not about one level."""

_KEY = re.compile(r"\{([a-z_]+)\.([a-z0-9_]+)\}( mm2| mm/s| mm| mL| s)?(?![a-z0-9])")
_HEAD = """# Alarms

Made from the table of rules by `python -m monitor.rule_table > docs/alarms.md`; a test sees that both
agree. Numbers are the defaults of the configuration keys named with them. A latching alarm stays on the
screen until it is acknowledged; the others clear {alarm.off_delay_s} s after their condition has gone.
While the picture without cement is still being learned only leaks are told. Where nothing is measured
no alarm is raised and none is cleared.

Reaching an endplate is wanted, so there is no rule that a front nears a disc: crossing is the leak, and
a thin part that runs is `near_fast_extension`, at an endplate as elsewhere.

| rule | kind | priority | latches | when | source |
|---|---|---|---|---|---|
"""


def with_values(text: str, config: Config) -> str:
    """A text with its ``{section.key}`` replaced by the key's value and its name."""

    def value(match: re.Match[str]) -> str:
        number = getattr(getattr(config, match[1]), match[2])
        return f"{number:.3g}{match[3] or ''} (`{match[1]}.{match[2]}`)"

    return _KEY.sub(value, text)


def rules_as_markdown(config: Config) -> str:
    """The whole table as Markdown, ending in a newline."""
    rows = []
    for rule in RULES.values():
        priority = (
            rule.priority.name if rule.lowest is None else f"{rule.lowest.name} to {rule.priority.name}"
        )
        latches = "yes" if rule.latching else "no"
        rows.append(
            f"| `{rule.rule_id}` | {rule.kind.value} | {priority} | {latches} | "
            f"{with_values(rule.condition, config)} | {rule.source} |"
        )
    return with_values(_HEAD, config) + "\n".join(rows) + "\n"


if __name__ == "__main__":
    sys.stdout.write(rules_as_markdown(Config()))
