"""What was told while the procedure ran, and what was watched: alarms, acknowledgements, by the log."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from monitor.states import State
from recordings.log import LogContents
from recordings.qa.record import AlarmRecord

Row = Mapping[str, Any]

_ORDER = ("low", "medium", "high")
_WATCHED = (State.MONITORING.words, State.DEGRADED.words)
_LONGEST_GAP_NS = 1_000_000_000
"""A level of which nothing was written for longer was not watched; four rows a second are usual."""
_PRESS_BEFORE_NS = 1_000_000_000
"""An acknowledgement takes effect at the next image: the press before counts."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a log comes to.

    Parameters
    ----------
    alarms : tuple of AlarmRecord
        In the order in which they were raised.
    first_warning_s : mapping of str to float
        By level: first clinical alarm that was, or became, of MEDIUM or HIGH priority.
    watched : float or None
        Part of the time in which some level was watched; None where nothing was ever written of a level.
    level_watched : mapping of str to float
    """

    alarms: tuple[AlarmRecord, ...]
    first_warning_s: Mapping[str, float]
    watched: float | None
    level_watched: Mapping[str, float]


def told_in(log: LogContents, first_ns: int, last_ns: int) -> Told:
    """What was told between the first and the last frame, whose capture times these are (ns).

    Alarms of a run count from the first frame; none is left out.
    """
    alarms = alarms_of(log.alarms, [row["t_ns"] for row in log.acknowledgements], first_ns)
    blind = _blind(log.state_changes, last_ns)
    spans: dict[str, list[tuple[int, int]]] = {}
    of_views: dict[tuple[str, str], list[Row]] = {}
    for row in log.volume:
        of_views.setdefault((row["level"], row["view"]), []).append(row)
    for (level, _), rows in of_views.items():
        # what one view does not show says nothing of the other
        spans.setdefault(level, []).extend(_without(_watched(rows, first_ns, last_ns), blind))
    whole_ns = last_ns - first_ns
    shares = {level: _length(found) / whole_ns for level, found in spans.items()} if whole_ns > 0 else {}
    every = _length(span for found in spans.values() for span in found)
    return Told(
        alarms, _first_warnings(log.alarms, first_ns), every / whole_ns if shares else None,
        shares,
    )  # fmt: skip


def alarms_of(rows: Iterable[Row], presses_ns: Sequence[int], first_ns: int) -> tuple[AlarmRecord, ...]:
    """Each alarm once, from the rows of a log's table ``alarm``, in order.

    The reaction time runs from the raising, or the last escalation before, to the press that acknowledged it.
    """
    found: list[AlarmRecord] = []
    standing: dict[tuple[Any, ...], int] = {}
    since_ns: dict[tuple[Any, ...], int] = {}
    for row in rows:
        key = row["rule_id"], row["level"], row["structure"]
        at_s = (row["t_ns"] - first_ns) / 1e9
        event, place = row["event"], standing.get(key)
        if event == "raised" or (event == "escalated" and place is None):
            standing[key], since_ns[key] = len(found), row["t_ns"]
            found.append(
                AlarmRecord(
                    rule=row["rule_id"], kind=row["kind"], priority=row["priority"], message=row["message"],
                    raised_s=at_s, level=row["level"], structure=row["structure"],
                )
            )  # fmt: skip
        elif place is None:
            continue
        elif event == "escalated":
            since_ns[key] = row["t_ns"]
            graver = max(found[place].priority, row["priority"], key=_ORDER.index)
            first_s = found[place].escalated_s
            found[place] = msgspec.structs.replace(
                found[place], priority=graver, message=row["message"],
                escalated_s=at_s if first_s is None else first_s,
            )  # fmt: skip
        elif event == "acknowledged" and found[place].acknowledged_s is None:
            pressed_ns = _press(presses_ns, row["t_ns"])
            found[place] = msgspec.structs.replace(
                found[place], acknowledged_s=(pressed_ns - first_ns) / 1e9,
                reaction_s=max(0, pressed_ns - since_ns[key]) / 1e9,
            )  # fmt: skip
        elif event == "cleared":
            found[place] = msgspec.structs.replace(found[place], cleared_s=at_s)
            del standing[key]
    return tuple(found)


def _press(presses_ns: Sequence[int], t_ns: int) -> int:
    """When it was pressed what took effect at a time (ns)."""
    return max((at for at in presses_ns if 0 <= t_ns - at <= _PRESS_BEFORE_NS), default=t_ns)


def _first_warnings(rows: Iterable[Row], first_ns: int) -> dict[str, float]:
    found: dict[str, float] = {}
    for row in rows:
        warns = row["kind"] == "clinical" and row["priority"] in ("medium", "high")
        if warns and row["event"] in ("raised", "escalated") and row["level"] is not None:
            found.setdefault(row["level"], (row["t_ns"] - first_ns) / 1e9)
    return found


Span = tuple[int, int]


def _watched(rows: Sequence[Row], first_ns: int, last_ns: int) -> list[Span]:
    """Spans in which a level was watched in a view (ns); each row holds until the next, for 1 s at most."""
    ordered = sorted(rows, key=lambda row: row["t_capture_ns"])
    starts = [row["t_capture_ns"] for row in ordered]
    spans = [
        (max(start, first_ns), min(end, start + _LONGEST_GAP_NS, last_ns))
        for row, start, end in zip(ordered, starts, [*starts[1:], last_ns], strict=True)
        if row["state"] in _WATCHED
    ]
    return [(start, end) for start, end in spans if end > start]


def _blind(rows: Sequence[Row], last_ns: int) -> list[Span]:
    """Spans in which the observer believed nothing, whatever the level: no image, lagging, a fault."""
    found = []
    ends = [*(row["t_ns"] for row in rows), last_ns][1:]
    for row, end in zip(rows, ends, strict=True):
        try:
            reasons = json.loads(row["reasons"])
            everywhere = any(
                reason["level"] is None and reason["state"] not in _WATCHED for reason in reasons
            )
        except (ValueError, KeyError, TypeError):
            everywhere = row["state"] not in _WATCHED
        if everywhere and end > row["t_ns"]:
            found.append((row["t_ns"], end))
    return found


def _without(spans: Iterable[Span], blind: Sequence[Span]) -> list[Span]:
    left = list(spans)
    for start, end in blind:
        left = [
            part
            for a, b in left
            for part in ((a, min(b, start)), (max(a, end), b))
            if part[1] > part[0]
        ]  # fmt: skip
    return left


def _length(spans: Iterable[Span]) -> int:
    """Length of the union of spans."""
    total, reached = 0, None
    for start, end in sorted(spans):
        begin = start if reached is None else max(start, reached)
        total += max(0, end - begin)
        reached = end if reached is None else max(reached, end)
    return total
