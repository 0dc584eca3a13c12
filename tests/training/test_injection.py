"""The clock of growth runs while the pedal is held, and a little after."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings.simulated.injection import AFTER_FLOW_S, Injection, Press, Steady
from recordings.training.pedal import Pedal, joined

START_S, END_S = 8.0, 30.0


@st.composite
def presses(draw: st.DrawFn) -> tuple[Press, ...]:
    times = sorted(draw(st.lists(st.floats(0, 60, width=32), min_size=0, max_size=12)))
    made: list[Press] = list(zip(times[::2], times[1::2], strict=False))
    if len(times) % 2:
        made.append((times[-1], None))
    return tuple(made)


@given(presses(), st.lists(st.floats(-1, 70), min_size=2, max_size=20))
def test_it_never_goes_back_and_never_faster_than_time(held: tuple[Press, ...], asked: list[float]) -> None:
    injection = Injection(START_S, END_S, held, pauses_s=(15.0,))
    times = sorted(asked)
    grown = [injection.grown_s(time_s) for time_s in times]
    assert all(START_S <= g <= END_S for g in grown)
    steps, passed = np.diff(grown), np.diff(times)
    assert (steps >= -1e-9).all()
    assert (steps <= passed + 1e-9).all()


@given(presses())
def test_what_is_injected_is_what_was_held_and_a_little_more(held: tuple[Press, ...]) -> None:
    injection = Injection(START_S, 1000.0, held)
    held_s = sum(max(0.0, (80.0 if up is None else up) - max(down, START_S)) for down, up in held)
    grown_s = injection.grown_s(80.0) - START_S
    assert held_s - 1e-6 <= grown_s <= held_s + len(held) * AFTER_FLOW_S + 1e-6


@given(presses(), st.floats(0, 60))
def test_what_comes_later_changes_nothing_earlier(held: tuple[Press, ...], at_s: float) -> None:
    until = tuple((down, None if up is None or up > at_s else up) for down, up in held if down <= at_s)
    whole, so_far = Injection(START_S, END_S, held), Injection(START_S, END_S, until)
    for time_s in np.linspace(0, at_s, 7):
        assert whole.grown_s(float(time_s)) == so_far.grown_s(float(time_s))


@given(presses(), st.floats(START_S, END_S))
def test_reached_is_the_other_way_round(held: tuple[Press, ...], grown_s: float) -> None:
    injection = Injection(START_S, END_S, held, pauses_s=(15.0,))
    at_s = injection.reached_s(grown_s)
    if at_s is None:
        assert injection.grown_s(1e6) < grown_s + 1e-9
    else:
        assert injection.grown_s(at_s) == pytest.approx(grown_s, abs=1e-6)


def test_another_level_waits_for_another_press() -> None:
    injection = Injection(8.0, 20.0, ((8.0, 16.0), (18.0, None)), pauses_s=(12.0,))
    assert injection.grown_s(15.0) == 12.0
    assert injection.waits(15.0)
    assert not injection.flows(15.0)
    assert injection.grown_s(19.0) == pytest.approx(13.0)
    assert injection.flows(19.0)


def test_presses_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="press 1"):
        Injection(8.0, 20.0, ((9.0, 12.0), (11.0, 13.0)))
    with pytest.raises(ValueError, match="press 0"):
        Injection(8.0, 20.0, ((9.0, None), (11.0, 13.0)))
    assert Steady().grown_s(3.0) == Steady().reached_s(3.0) == 3.0


def test_a_pedal_remembers_and_a_repeat_is_no_new_press() -> None:
    pedal = Pedal(Injection(START_S, END_S))
    assert pedal.press(9.0)
    assert not pedal.press(9.5)
    assert pedal.release(10.0)
    assert not pedal.release(10.1)
    assert pedal.press(10.02)
    assert pedal.release(11.0)
    assert pedal.injection.presses == ((9.0, 10.0), (10.02, 11.0))
    assert joined(pedal.injection.presses) == ((9.0, 11.0),)
    assert pedal.grown_s(9.5) == pytest.approx(START_S + 0.5)
