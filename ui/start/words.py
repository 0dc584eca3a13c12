"""What the start window says of image and cement. No widgets here."""

from __future__ import annotations

from monitor.clock import clock_of
from monitor.config import Config
from monitor.frame import SourceInfo
from monitor.plan import Plan, Polarity
from ui.start.plan_check import GRANTED_KINDS, PlanSeen


def polarity_words(info: SourceInfo | None, said: Polarity | None) -> str:
    """How cement would look, and on whose word.

    Parameters
    ----------
    said : str or None
        The operator's word.
    """
    if info is None:
        return ""
    look = "dark" if info.intensity.bright_is_radiolucent else "bright"
    granted = info.kind in GRANTED_KINDS
    if said is None:
        if granted:
            return "the source does not state it: do bone and steel look dark, or bright?"
        return f"the source states that cement looks {look}, as bone and steel do; the monitor checks it"
    own = said.removeprefix("cement-")
    words = f"you say that cement looks {own} here, as bone and steel do"
    return words if granted or own == look else f"{words}; the source states {look}"


def brand_words(config: Config, brand: str | None, plan: Plan | None) -> str:
    """Which clock the cement has."""
    stated = plan.cement.brand if plan is not None and plan.cement is not None else None
    clock = clock_of(config, brand or stated)
    whose = "a clock of its own" if (brand or stated) in config.brands else "the general clock"
    named = f"{stated}, as the plan says: " if brand is None and stated else ""
    return (
        f"{named}{whose}: early until {clock.early_until_s:g} s, late from {clock.late_after_s:g} s "
        "after mixing"
    )


def plan_words(plan: PlanSeen | None, *, opened: bool) -> tuple[str, bool]:
    """What is said of the plan, and whether it is refused.

    Parameters
    ----------
    opened : bool
        The operator opened it; else it came with the source.
    """
    if plan is None:
        return "", False
    if plan.problem:
        return plan.problem, True
    return f"{'' if opened else 'comes with the source. '}{'; '.join(plan.words)}", False
