"""What the observer believed at a moment of a session, from the log's changes of state (pure)."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from monitor.health import Health
from monitor.states import Reason, State, worst

_OBSERVERS = frozenset(
    {
        "no_image", "lagging", "source_lost", "ended", "fault", "recording", "recording_full",
        "recording_room", "watchdog", "waiting", "between_runs", "near_live",
    }
)  # fmt: skip
"""Codes of `monitor.health.judge`; all others are the image's own, and are told by each image itself."""
_BY_WORDS = {state.words: state for state in State}


class Believed:
    """Gives the health as it stood.

    Parameters
    ----------
    rows : iterable of mapping
        Table ``state_change`` of a log, in the order written. Rows that say nothing are passed over.
    """

    def __init__(self, rows: Iterable[Mapping[str, Any]] = ()) -> None:
        self._times_ns: list[int] = []
        self._since_ns: list[int] = []
        self._states: list[State] = []
        self._reasons: list[tuple[Reason, ...]] = []
        for row in rows:
            state = _BY_WORDS.get(str(row["state"]))
            if state is None or (self._times_ns and row["t_ns"] < self._times_ns[-1]):
                continue
            goes_on = bool(self._states) and self._states[-1] is state
            self._times_ns.append(row["t_ns"])
            self._since_ns.append(self._since_ns[-1] if goes_on else row["t_ns"])
            self._states.append(state)
            self._reasons.append(_reasons(row["reasons"]))

    @property
    def began_ns(self) -> int | None:
        """When the first state was told (ns); None where none was."""
        return self._times_ns[0] if self._times_ns else None

    def at(
        self,
        now_ns: int,
        image_reasons: tuple[Reason, ...],
        captured_ns: int | None,
        newest_captured_ns: int | None,
    ) -> Health:
        """The health at a time.

        Parameters
        ----------
        now_ns : int
            Monotonic (ns).
        image_reasons : tuple of Reason
            The shown result's own.
        captured_ns : int or None
            When the shown result's frame was captured; None: there is none.
        newest_captured_ns : int or None
            When the newest frame by then was captured.
        """
        row = bisect_right(self._times_ns, now_ns) - 1
        told = self._reasons[row] if row >= 0 else ()
        age_s = None if captured_ns is None else max(0.0, (now_ns - captured_ns) / 1e9)
        quiet_s = 0.0 if newest_captured_ns is None else max(0.0, (now_ns - newest_captured_ns) / 1e9)
        reasons = [_aged(reason, age_s or 0.0, quiet_s) for reason in told if reason.code in _OBSERVERS]
        if captured_ns is not None:
            reasons = [reason for reason in reasons if reason.code != "waiting"] + list(image_reasons)
        elif not reasons:
            reasons = [Reason(State.SETUP, "waiting", "waiting for the first image")]
        ordered = tuple(sorted(reasons, key=lambda reason: -reason.state))
        state = worst(ordered)
        known = row >= 0 and self._states[row] is state
        return Health(state, ordered, self._since_ns[row] if known else now_ns, age_s, {})

    def unwatched(self, end_ns: int) -> tuple[tuple[int, int, State], ...]:
        """Times in which nothing was watched: from, to (ns), and the state; the last until `end_ns`."""
        spans: list[tuple[int, int, State]] = []
        ends = [*self._times_ns[1:], max(end_ns, self._times_ns[-1])] if self._times_ns else []
        for start_ns, stop_ns, state in zip(self._times_ns, ends, self._states, strict=True):
            if state <= State.DEGRADED or stop_ns <= start_ns:
                continue
            goes_on = bool(spans) and spans[-1][1] == start_ns and spans[-1][2] is state
            spans.append((spans.pop()[0] if goes_on else start_ns, stop_ns, state))
        return tuple(spans)


def _aged(reason: Reason, age_s: float, quiet_s: float) -> Reason:
    """The log keeps a reason's words once; its time went on."""
    if reason.code == "no_image":
        return replace(reason, text=f"no image for {quiet_s:.1f} s")
    if reason.code == "lagging":
        return replace(reason, text=f"processing is {age_s:.1f} s behind")
    if reason.code == "recording_room":
        return replace(reason, text="little room is left to record")  # how many was written down once
    return reason


def _reasons(text: str) -> tuple[Reason, ...]:
    try:
        listed = json.loads(text)
    except (ValueError, RecursionError):
        return ()
    found = []
    for each in listed if isinstance(listed, list) else ():
        state = _BY_WORDS.get(str(each.get("state"))) if isinstance(each, dict) else None
        if state is not None:
            level = each.get("level")
            found.append(
                Reason(state, str(each.get("code", "")), str(each.get("text", "")), level if level else None)
            )
    return tuple(found)
