"""Playing: speeds, the end, the passage that is repeated."""

from __future__ import annotations

import pytest

from ui.replay.transport import SPEEDS, Transport

S = 1_000_000_000


def transport(**changes: object) -> Transport:
    made = Transport(first_ns=10 * S, last_ns=20 * S, t_ns=10 * S)
    for name, value in changes.items():
        setattr(made, name, value)
    return made


@pytest.mark.parametrize("speed", SPEEDS)
def test_time_goes_by_the_clock_at_every_speed(speed: float) -> None:
    playing = transport(speed=speed)
    playing.play(0)
    assert playing.advance(round(0.5 * S)) == 10 * S + round(0.5 * S * speed)


def test_at_the_end_it_stands_and_plays_from_the_beginning_again() -> None:
    playing = transport(t_ns=19 * S)
    playing.play(0)
    assert playing.advance(5 * S) == 20 * S
    assert playing.stands()
    playing.play(6 * S)
    assert playing.advance(7 * S) == 11 * S


def test_a_session_that_grows_is_followed() -> None:
    playing = transport(t_ns=19 * S)
    playing.play(0)
    assert playing.advance(5 * S, grows=True) == 20 * S
    playing.last_ns = 22 * S
    assert playing.advance(6 * S, grows=True) == 21 * S


def test_a_passage_is_repeated() -> None:
    playing = transport()
    playing.set_loop(12 * S, None)
    playing.set_loop(None, 14 * S)
    playing.play(0)
    assert playing.advance(1 * S) == 13 * S
    assert playing.advance(round(2.5 * S)) == round(12.5 * S)
    playing.clear_loop()
    assert playing.advance(5 * S) == 15 * S


def test_the_ends_of_a_passage_never_cross() -> None:
    playing = transport()
    playing.set_loop(12 * S, None)
    playing.set_loop(None, 14 * S)
    playing.set_loop(15 * S, None)
    assert (playing.loop_a_ns, playing.loop_b_ns, playing.loop_ns) == (15 * S, None, None)
    playing.set_loop(None, 11 * S)
    assert (playing.loop_a_ns, playing.loop_b_ns) == (None, 11 * S)


def test_nothing_lies_outside_the_session() -> None:
    playing = transport()
    playing.go(3 * S)
    assert playing.t_ns == 10 * S
    playing.go(30 * S)
    assert playing.t_ns == 20 * S


def test_speeds_end_where_there_are_no_more() -> None:
    playing = transport()
    for _ in range(20):
        playing.change_speed(1)
    assert playing.speed == SPEEDS[-1]
    for _ in range(20):
        playing.change_speed(-1)
    assert playing.speed == SPEEDS[0]
