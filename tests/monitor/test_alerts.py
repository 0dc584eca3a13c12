from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts import TRANSITIONS, AlarmBoard, Condition, Event, transition
from monitor.result import AlarmState, Kind, Priority

S, E = AlarmState, Event

EXPECTED = {
    (S.INACTIVE, E.SEEN): (S.PENDING, None),
    (S.PENDING, E.HELD): (S.ACTIVE, "raised"),
    (S.PENDING, E.GONE): (S.INACTIVE, None),
    (S.ACTIVE, E.WORSE): (S.ACTIVE, "escalated"),
    (S.ACTIVE, E.AWAY): (S.LATCHED, "cleared"),
    (S.ACTIVE, E.ACKNOWLEDGE): (S.ACKNOWLEDGED, "acknowledged"),
    (S.ACKNOWLEDGED, E.WORSE): (S.ACTIVE, "escalated"),
    (S.ACKNOWLEDGED, E.AWAY): (S.INACTIVE, "cleared"),
    (S.LATCHED, E.SEEN): (S.ACTIVE, "raised"),
    (S.LATCHED, E.ACKNOWLEDGE): (S.INACTIVE, "acknowledged"),
}


@pytest.mark.parametrize(("state", "event"), list(itertools.product(AlarmState, Event)))
def test_every_state_and_event(state: AlarmState, event: Event) -> None:
    move = transition(state, event, latching=True)
    assert (move.to, move.tell) == EXPECTED.get((state, event), (state, None))


@pytest.mark.parametrize("event", Event)
def test_an_alarm_that_does_not_latch_clears(event: Event) -> None:
    move = transition(S.ACTIVE, event, latching=False)
    assert move.to is not S.LATCHED


def test_the_table_names_no_pair_that_is_not_expected() -> None:
    assert set(TRANSITIONS) == set(EXPECTED)


def condition(priority: Priority = Priority.HIGH, *, on: float = 0.2, latching: bool = True) -> Condition:
    return Condition(
        "leak_canal",
        Kind.CLINICAL,
        priority,
        "T12",
        "canal",
        3.0,
        "mm2",
        "cement in the canal",
        on,
        1.0,
        latching,
    )


def known(_: object) -> bool:
    return False


def missing(_: object) -> bool:
    return True


def seconds(t: float) -> int:
    return round(t * 1e9)


def test_raised_after_the_on_delay_and_not_before() -> None:
    board = AlarmBoard()
    assert board.update([condition()], known, seconds(0.0), 0) == ()
    assert board.update([condition()], known, seconds(0.1), 1) == ()
    (told,) = board.update([condition()], known, seconds(0.2), 2)
    assert (told.event, told.alert.state) == ("raised", S.ACTIVE)


def test_a_flicker_starts_the_delay_anew() -> None:
    board = AlarmBoard()
    board.update([condition()], known, seconds(0.0), 0)
    board.update([], known, seconds(0.1), 1)
    assert board.update([condition()], known, seconds(0.15), 2) == ()
    assert board.update([condition()], known, seconds(0.3), 3) == ()
    assert [t.event for t in board.update([condition()], known, seconds(0.36), 4)] == ["raised"]


def test_missing_input_freezes_the_delay_and_clears_nothing() -> None:
    board = AlarmBoard()
    board.update([condition()], known, seconds(0.0), 0)
    board.update([condition()], known, seconds(0.1), 1)
    board.update([], missing, seconds(5.0), 2)
    # the blind time counted neither for the alarm nor against it
    assert board.update([condition()], known, seconds(5.05), 3) == ()
    assert [t.event for t in board.update([condition()], known, seconds(5.2), 4)] == ["raised"]
    assert board.update([], missing, seconds(60.0), 5) == ()
    assert board.alerts[0].state is S.ACTIVE


def test_a_latching_alarm_stays_until_acknowledged() -> None:
    board = AlarmBoard()
    board.update([condition(on=0.0)], known, seconds(0), 0)
    assert [t.event for t in board.update([], known, seconds(1.5), 1)] == ["cleared"]
    assert [a.state for a in board.alerts] == [S.LATCHED]
    assert [t.event for t in board.acknowledge(seconds(2))] == ["acknowledged"]
    assert board.alerts == ()


def test_acknowledged_alarms_again_when_it_gets_worse() -> None:
    board = AlarmBoard()
    board.update([condition(Priority.MEDIUM, on=0.0)], known, seconds(0), 0)
    board.acknowledge(seconds(0.1))
    assert board.alerts[0].state is S.ACKNOWLEDGED
    (told,) = board.update([condition(Priority.HIGH, on=0.0)], known, seconds(0.2), 1)
    assert (told.event, told.alert.priority, told.alert.state) == ("escalated", Priority.HIGH, S.ACTIVE)


def test_getting_better_does_not_lower_the_priority_while_it_lasts() -> None:
    board = AlarmBoard()
    board.update([condition(Priority.HIGH, on=0.0)], known, seconds(0), 0)
    assert board.update([condition(Priority.MEDIUM, on=0.0)], known, seconds(0.2), 1) == ()
    assert board.alerts[0].priority is Priority.HIGH


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["seen", "gone", "missing", "acknowledge"]),
            st.integers(0, 2_000_000_000),
            st.sampled_from(list(Priority)),
        ),
        max_size=60,
    ),
    st.booleans(),
)
def test_transitions_told_are_a_story_that_makes_sense(
    steps: list[tuple[str, int, Priority]], latching: bool
) -> None:
    board = AlarmBoard()
    now, story = 0, []
    for seq, (what, wait, priority) in enumerate(steps):
        now += wait
        if what == "acknowledge":
            story += board.acknowledge(now)
        else:
            here = [condition(priority, latching=latching)] if what == "seen" else []
            story += board.update(here, missing if what == "missing" else known, now, seq)
    on = False
    for told in story:
        if told.event == "raised":
            assert not on
            on = True
        elif told.event == "cleared":
            assert on
            on = False
        elif told.event == "escalated":
            assert on
    times = [told.t_ns for told in story]
    assert times == sorted(times)


@pytest.mark.parametrize(
    ("state", "latching", "after"),
    [
        (S.ACTIVE, True, S.LATCHED),
        (S.LATCHED, True, S.LATCHED),
        (S.ACKNOWLEDGED, True, S.ACKNOWLEDGED),
        (S.ACTIVE, False, None),
        (S.PENDING, True, None),
        (S.INACTIVE, True, None),
    ],
)
def test_alarms_of_a_run_that_was_broken_off(
    state: AlarmState, latching: bool, after: AlarmState | None
) -> None:
    board = AlarmBoard()
    board.update([condition(on=0.0)], known, 5, 1)
    alert = replace(board.alerts[0], state=state)
    restored = AlarmBoard()
    restored.restore([alert], {"leak_canal": (1.0, latching)}, 100)
    assert [a.state for a in restored.alerts] == ([] if after is None else [after])
    if after is None:
        return
    # nothing is known yet: it stays; it is there again: raised, unless it was acknowledged already
    assert restored.update([], lambda _: True, 10**10, 2) == ()
    told = restored.update([condition(on=0.0)], known, 2 * 10**10, 3)
    assert [t.event for t in told] == ([] if after is S.ACKNOWLEDGED else ["raised"])
