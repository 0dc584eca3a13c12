"""Alarms of who watches the monitor: the log has them, the findings of images do not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from monitor.result import AlarmState, Alert, AlertTransition, Kind, Priority

Event = tuple[str, int, str, str | None, str | None]


def event_of(transition: AlertTransition) -> Event:
    """What makes it one event and not another."""
    return transition.event, transition.t_ns, *transition.alert.key


def observed_in(rows: Iterable[Mapping[str, Any]], of_images: Iterable[Event]) -> list[AlertTransition]:
    """The transitions in a log's table ``alarm`` that no image has told, in order.

    Parameters
    ----------
    rows : iterable of mapping
    of_images : iterable of tuple
        `event_of` of all that images have told.
    """
    known, found = Counter(of_images), []
    for row in rows:
        made = AlertTransition(
            row["event"],
            row["t_ns"],
            Alert(
                row["rule_id"], Kind(row["kind"]), Priority[row["priority"].upper()],
                AlarmState(row["state"]), row["level"], row["structure"], row["t_onset_ns"], row["seq"],
                row["value"], row["unit"], row["message"],
            ),
        )  # fmt: skip
        if known[event_of(made)]:
            known[event_of(made)] -= 1
        else:
            found.append(made)
    return found
