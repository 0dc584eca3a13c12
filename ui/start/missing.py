"""What is still missing before a monitor can start, in words. No widgets here."""

from __future__ import annotations

from dataclasses import dataclass

from ui.start.plan_check import GRANTED_KINDS, PlanSeen
from ui.start.preview import Seen


@dataclass(frozen=True, slots=True)
class Draft:
    """What the window knows when it is asked.

    Parameters
    ----------
    source : str
        As typed.
    seen : Seen
        Of that source.
    silent_s : float or None
        For how long no image has come (s), where that is too long.
    confirmed : bool
        The operator has said how cement looks.
    plan : PlanSeen or None
        None: there is no plan, or nothing to hold it against.
    plan_named : bool
        There is one.
    problems : tuple of str
        What is wrong with anything else that was typed.
    """

    source: str
    seen: Seen
    silent_s: float | None = None
    confirmed: bool = False
    plan: PlanSeen | None = None
    plan_named: bool = False
    problems: tuple[str, ...] = ()


def missing_for_marking(draft: Draft) -> tuple[str, ...]:
    """What the levels cannot be marked without; empty: nothing."""
    if not draft.source:
        return ("choose a source", *draft.problems)
    seen = draft.seen
    if seen.info is None:
        opening = (
            "the source cannot be opened (Enter tries again)"
            if seen.problem
            else "the source is being opened"
        )
        return (opening, *draft.problems)
    found = []
    if seen.frame is None:
        found.append("no image has come yet")
    elif seen.away or draft.silent_s is not None or seen.problem:
        found.append("no image comes from the source")
    stated = draft.plan is not None and draft.plan.polarity is not None
    if seen.info.kind in GRANTED_KINDS and not draft.confirmed and not stated:
        found.append("say whether cement looks dark or bright")
    return (*found, *draft.problems)


def missing(draft: Draft) -> tuple[str, ...]:
    """What the monitor cannot start without; empty: nothing."""
    found = list(missing_for_marking(draft))
    if not draft.plan_named:
        found.append("mark the levels now, or open a plan")
    elif draft.plan is not None and draft.plan.problem:
        found.append("the plan cannot be used")
    return tuple(found)
