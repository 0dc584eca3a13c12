"""What was told live, by the log: alarms, reaction times, the time that was watched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from recordings.log_reader import LogContents
from recordings.qa.told import alarms_of, told_in

S = 1_000_000_000
FIRST = 100 * S
Row = Mapping[str, Any]


def alarm(t_s: float, event: str, priority: str = "medium", *, rule: str = "near_posterior_wall",
          level: str | None = "L1", kind: str = "clinical") -> Row:  # fmt: skip
    return {
        "t_ns": FIRST + round(t_s * S), "event": event, "rule_id": rule, "kind": kind, "priority": priority,
        "level": level, "structure": "posterior_wall", "message": f"{priority} {event}",
    }  # fmt: skip


def log(*, alarms: tuple[Row, ...] = (), presses_s: tuple[float, ...] = (), volume: tuple[Row, ...] = (),
        states: tuple[Row, ...] = ()) -> LogContents:  # fmt: skip
    presses = tuple({"t_ns": FIRST + round(at * S), "rule_id": None} for at in presses_s)
    return LogContents(None, None, None, None, volume, alarms, states, presses, ())


def row(t_s: float, state: str = "MONITORING", level: str = "L1", view: str = "lateral") -> Row:
    at_ns = FIRST + round(t_s * S)
    return {"t_ns": 0, "t_capture_ns": at_ns, "level": level, "view": view, "state": state}


def state(t_s: float, name: str, level: str | None = None) -> Row:
    reasons = [] if name == "MONITORING" else [{"state": name, "code": "x", "text": "", "level": level}]
    return {"t_ns": FIRST + round(t_s * S), "state": name, "reasons": msgspec.json.encode(reasons).decode()}


def test_a_reaction_runs_from_the_last_escalation_to_the_press() -> None:
    rows = [
        alarm(5.0, "raised", "low"), alarm(7.0, "escalated", "medium"), alarm(9.0, "escalated", "high"),
        alarm(10.25, "acknowledged", "high"), alarm(20.0, "cleared", "high"),
    ]  # fmt: skip
    (found,) = alarms_of(rows, [FIRST + round(10.2 * S)], FIRST)
    assert (found.raised_s, found.escalated_s, found.cleared_s) == (5.0, 7.0, 20.0)
    assert (found.priority, found.message) == ("high", "high escalated")
    assert found.acknowledged_s == pytest.approx(10.2)
    assert found.reaction_s == pytest.approx(1.2)


def test_without_a_press_in_the_log_the_alarm_tells_when() -> None:
    (found,) = alarms_of([alarm(5.0, "raised"), alarm(6.5, "acknowledged")], [FIRST + 2 * S], FIRST)
    assert (found.acknowledged_s, found.reaction_s) == (6.5, 1.5)


def test_an_alarm_that_comes_again_is_another_one() -> None:
    rows = [alarm(5.0, "raised"), alarm(6.0, "cleared"), alarm(8.0, "raised")]
    first, second = alarms_of(rows, [], FIRST)
    assert (first.cleared_s, first.reaction_s, second.raised_s, second.cleared_s) == (6.0, None, 8.0, None)


def test_the_first_warning_is_clinical_and_not_low() -> None:
    told = told_in(
        log(alarms=(
            alarm(2.0, "raised", "high", rule="no_image", level=None, kind="technical"),
            alarm(4.0, "raised", "low"), alarm(6.0, "escalated", "medium"), alarm(8.0, "escalated", "high"),
            alarm(5.0, "raised", "high", level="T12"),
        )), FIRST, FIRST + 10 * S,
    )  # fmt: skip
    assert told.first_warning_s == {"L1": 6.0, "T12": 5.0}
    assert len(told.alarms) == 3


def test_watched_time_is_that_of_rows_that_follow_each_other() -> None:
    """L1 is watched from 2 s to 4 s; the row at 6 s stands alone, and holds for a second."""
    rows = [row(0.0, "LEARNING"), *(row(2.0 + k / 4) for k in range(8)), row(4.0, "NOT MONITORING"), row(6.0)]
    told = told_in(log(volume=tuple(rows)), FIRST, FIRST + 10 * S)
    assert told.level_watched["L1"] == pytest.approx(0.3)
    assert told.watched == pytest.approx(0.3)


def test_two_levels_are_watched_together_once() -> None:
    rows = [row(k / 4, level=level) for k in range(20) for level in ("L1", "L2") if level == "L1" or k >= 10]
    told = told_in(log(volume=tuple(rows)), FIRST, FIRST + 10 * S)
    assert told.level_watched == {"L1": pytest.approx(0.575), "L2": pytest.approx(0.325)}
    assert told.watched == pytest.approx(0.575)


def test_what_nobody_could_believe_was_not_watched() -> None:
    rows = tuple(row(k / 4) for k in range(40))
    states = (state(2.0, "NOT MONITORING"), state(4.0, "MONITORING"), state(6.0, "NOT MONITORING", "T12"))
    told = told_in(log(volume=rows, states=states), FIRST, FIRST + 10 * S)
    assert told.level_watched["L1"] == pytest.approx(0.8)


def test_a_log_without_levels_tells_no_fraction() -> None:
    told = told_in(log(), FIRST, FIRST + 10 * S)
    assert (told.watched, told.level_watched, told.alarms) == (None, {}, ())


def test_a_view_that_shows_nothing_takes_nothing_from_the_other() -> None:
    both = tuple(row(k / 4, view="lateral") for k in range(41))
    both += tuple(row(k / 4 + 0.01, "NOT MONITORING", view="ap") for k in range(41))
    found = told_in(log(volume=both), FIRST, FIRST + 10 * S)
    assert (found.watched, found.level_watched["L1"]) == (pytest.approx(1.0), pytest.approx(1.0))


def test_no_time_is_watched_beside_the_frames() -> None:
    rows = tuple(row(k / 4) for k in range(-20, 41))
    found = told_in(log(volume=rows), FIRST, FIRST + 5 * S)
    assert (found.watched, found.level_watched["L1"]) == (pytest.approx(1.0), pytest.approx(1.0))
