"""Everything that happened in a session on one time line: monotonic ns, with one anchor to UTC.

It is put together from the procedure log and from the recording, which are written on different threads.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.result import Kind, Priority
from recordings.beginning import EVENT as WATCHING
from recordings.log import LogContents
from recordings.messages import Event, Gap
from recordings.session import SessionFile


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened.

    Parameters
    ----------
    t_ns : int
        Monotonic (ns).
    kind : str
        ``alarm`` (with `event` raised, escalated, cleared or acknowledged), ``state``, ``acknowledged`` (the
        operator's hand), ``mark``, ``change`` (of how the monitor warns), ``gap``, ``watching`` (the monitor
        began or began anew), or ``event``.
    words : str
        In one line.
    event : str
        What became of an alarm; the name of an event; the state.
    priority : Priority or None
        Of an alarm.
    clinical : bool
        An alarm about the patient.
    level, structure : str or None
    """

    t_ns: int
    kind: str
    words: str
    event: str = ""
    priority: Priority | None = None
    clinical: bool = False
    level: str | None = None
    structure: str | None = None


def moments_of(log: LogContents | None, events: Iterable[Event], gaps: Iterable[Gap]) -> tuple[Moment, ...]:
    """All moments of a session in order of time.

    Parameters
    ----------
    log : LogContents or None
        None: it cannot be read; what the recording holds is told all the same.
    events, gaps
        Of the recording.
    """
    found = list(_of_recording(events, gaps))
    if log is not None:
        found += _of_log(log)
    return tuple(sorted(found, key=lambda moment: moment.t_ns))


def utc_at(about: SessionFile, t_ns: int) -> datetime:
    """Wall clock at a monotonic time, by the session's one anchor.

    Raises
    ------
    ValueError
        The session's file names no time.
    """
    anchor = datetime.fromisoformat(about.created_utc).astimezone(UTC)
    return anchor + timedelta(microseconds=(t_ns - about.anchor_monotonic_ns) / 1000)


def _of_recording(events: Iterable[Event], gaps: Iterable[Gap]) -> Iterator[Moment]:
    for gap in gaps:
        frames = "1 frame" if gap.count == 1 else f"{gap.count} frames"
        yield Moment(gap.t_ns, "gap", f"{frames} not recorded: {gap.reason}", "gap")
    for event in events:
        if event.name == WATCHING:
            again = bool(event.data.get("first_step"))
            yield Moment(event.t_ns, WATCHING, "monitor restarted" if again else "monitor started", WATCHING)
        else:
            yield Moment(event.t_ns, "event", _event_words(event.name, event.data), event.name)


def _of_log(log: LogContents) -> Iterator[Moment]:
    for row in log.alarms:
        yield Moment(
            row["t_ns"], "alarm", row["message"], row["event"], Priority[row["priority"].upper()],
            row["kind"] == Kind.CLINICAL, row["level"], row["structure"],
        )  # fmt: skip
    for row in log.state_changes:
        yield Moment(row["t_ns"], "state", _state_words(row), row["state"])
    for row in log.acknowledgements:
        yield Moment(row["t_ns"], "acknowledged", "alarms acknowledged", "acknowledged", level=row["level"])
    for row in log.events:
        data = _json(row["data"])
        if row["name"] == "mark":
            level = data.get("level") if isinstance(data, dict) else None
            level = level if isinstance(level, str) else None
            yield Moment(row["t_ns"], "mark", f"marked{f', {level}' if level else ''}", "mark", level=level)
        elif row["name"] == "changed" and isinstance(data, dict) and isinstance(data.get("now"), str):
            yield Moment(row["t_ns"], "change", data["now"], str(data.get("what", "")))
        else:
            yield Moment(row["t_ns"], "event", _event_words(row["name"], data), row["name"])


def _state_words(row: Mapping[str, Any]) -> str:
    reasons = _json(row["reasons"])
    texts = [
        str(reason.get("text", reason.get("code", ""))) if isinstance(reason, dict) else str(reason)
        for reason in (reasons if isinstance(reasons, list) else [])
    ]
    state = str(row["state"]).replace("_", " ")
    return f"{state}: {texts[0]}" if texts else state


def _event_words(name: str, data: object) -> str:
    plain = name.replace("_", " ")
    if not isinstance(data, Mapping):
        return plain
    said = [f"{key} {value}" for key, value in data.items() if isinstance(value, str | int | float)]
    text = f"{plain}: {', '.join(said)}" if said else plain
    return text if len(text) <= 160 else f"{text[:157]}..."


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
