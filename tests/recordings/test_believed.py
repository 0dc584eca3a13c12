"""The health as it stood, out of the log and of each image's own reasons."""

from __future__ import annotations

import inspect
import json
import re
from typing import Any

from monitor import health
from monitor.states import Reason, State
from recordings.believed import _OBSERVERS, Believed

S = 1_000_000_000
BLIND = Reason(State.NOT_MONITORING, "moved", "patient moved 4 mm", "T12")


def row(t_s: float, state: State, *reasons: Reason) -> dict[str, Any]:
    told = [{"state": r.state.words, "code": r.code, "text": r.text, "level": r.level} for r in reasons]
    return {"t_ns": round(t_s * S), "state": state.words, "reasons": json.dumps(told)}


LAGGING = Reason(State.NOT_MONITORING, "lagging", "processing is 0.4 s behind")
RECORDING = Reason(State.DEGRADED, "recording", "recording falls behind")
ROWS = [
    row(1, State.LEARNING, Reason(State.LEARNING, "learning", "two breaths")),
    row(3, State.MONITORING),
    row(5, State.NOT_MONITORING, LAGGING),
    row(6, State.NOT_MONITORING, Reason(State.NOT_MONITORING, "no_image", "no image for 0.3 s")),
    row(8, State.DEGRADED, RECORDING),
]


def test_the_images_own_reasons_are_those_of_the_image() -> None:
    health = Believed(ROWS).at(2 * S, (BLIND,), 2 * S, 2 * S)
    assert (health.state, health.reasons) == (State.NOT_MONITORING, (BLIND,))
    health = Believed(ROWS).at(2 * S, (), 2 * S, 2 * S)
    assert (health.state, health.reasons) == (State.MONITORING, ())


def test_what_the_observer_saw_stands_with_its_time_going_on() -> None:
    believed = Believed(ROWS)
    late = believed.at(round(5.5 * S), (), round(4.6 * S), round(5.4 * S))
    assert (late.state, late.since_ns) == (State.NOT_MONITORING, 5 * S)
    assert [reason.text for reason in late.reasons] == ["processing is 0.9 s behind"]
    gone = believed.at(7 * S, (), round(5.6 * S), round(5.7 * S))
    assert [reason.text for reason in gone.reasons] == ["no image for 1.3 s"]
    assert gone.since_ns == 5 * S  # one state with two reasons after another
    assert believed.at(9 * S, (BLIND,), 9 * S, 9 * S).reasons == (BLIND, RECORDING)


def test_what_was_said_of_the_disk_stands_but_no_number_that_is_no_longer_true() -> None:
    believed = Believed(
        [
            row(1, State.DEGRADED, Reason(State.DEGRADED, "recording_room", "room to record for 9 min")),
            row(500, State.DEGRADED, Reason(State.DEGRADED, "recording_full", "the disk is full")),
        ]
    )
    late = believed.at(499 * S, (), 499 * S, 499 * S)
    assert late.state == State.DEGRADED
    assert [reason.text for reason in late.reasons] == ["little room is left to record"]
    full = believed.at(501 * S, (), 501 * S, 501 * S)
    assert [(reason.code, reason.text) for reason in full.reasons] == [("recording_full", "the disk is full")]


def test_every_reason_that_the_observer_gives_is_known() -> None:
    told = re.findall(r'Reason\([\w.]+, "(\w+)"', inspect.getsource(health))
    assert set(told) >= {"no_image", "recording_full", "recording_room"}
    assert set(told) <= _OBSERVERS


def test_before_the_first_result_it_waits() -> None:
    health = Believed(ROWS).at(0, (), None, None)
    assert health.state == State.SETUP
    assert health.result_age_s is None


def test_without_a_log_the_images_speak_for_themselves() -> None:
    assert Believed().at(S, (), S, S).state == State.MONITORING
    assert Believed().at(S, (BLIND,), S, S).state == State.NOT_MONITORING
    assert Believed().unwatched(S) == ()


def test_rows_that_say_nothing_are_passed_over() -> None:
    damaged = [
        {"t_ns": S, "state": "PERFECT", "reasons": "[]"},
        {"t_ns": 2 * S, "state": "NOT MONITORING", "reasons": "{"},
        {"t_ns": 3 * S, "state": "DEGRADED", "reasons": '[1, {"state": "DEGRADED"}, {"code": "x"}]'},
    ]
    assert Believed(damaged).unwatched(4 * S) == ((2 * S, 3 * S, State.NOT_MONITORING),)


def test_unwatched_times_are_joined_and_end_with_the_session() -> None:
    rows = [*ROWS, row(10, State.HELD)]
    assert Believed(rows).unwatched(12 * S) == (
        (1 * S, 3 * S, State.LEARNING),
        (5 * S, 8 * S, State.NOT_MONITORING),
        (10 * S, 12 * S, State.HELD),
    )
