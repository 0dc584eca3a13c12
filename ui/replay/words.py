"""Times and moments of a replay in words."""

from __future__ import annotations

from recordings.timeline import Moment

_ALARM_EVENTS = {"raised": "", "escalated": "now", "cleared": "over:", "acknowledged": "acknowledged:"}


def tenths(seconds: float) -> str:
    """``2:14.3``, or ``1:02:14.3``; with a sign before the first frame."""
    sign = "-" if seconds < 0 else ""
    whole_tenths = int(abs(seconds) * 10 + 1e-6)
    whole, tenth = divmod(whole_tenths, 10)
    hours, minutes = whole // 3600, whole // 60 % 60
    clock = f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"
    return f"{sign}{clock}.{tenth}"


def moment_words(moment: Moment) -> str:
    """One line for the list: ``HIGH posterior wall 2.1 mm  ·  L1``."""
    if moment.kind != "alarm":
        return moment.words
    before = _ALARM_EVENTS.get(moment.event, moment.event)
    level = "" if moment.level is None or moment.level in moment.words else f"  ·  {moment.level}"
    priority = moment.priority.name if moment.priority is not None else ""
    parts = (
        [priority, before, moment.words]
        if moment.event in ("raised", "escalated")
        else [before, moment.words]
    )
    return " ".join(part for part in parts if part) + level


def is_raised(moment: Moment) -> bool:
    """Whether an alarm came, or became graver."""
    return moment.kind == "alarm" and moment.event in ("raised", "escalated")
