"""Marks that can be undone, and what is seen of a picture: values only, no window."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.wizard.book import MarkBook, Tool
from ui.wizard.sight import Sight, Window

SHAFT, BALL = Tool("cannula", ("1", "2")), Tool("ball", ("ball",))
place = st.tuples(st.floats(0, 2000), st.floats(0, 2000))


def test_steps_are_undone_and_done_again_across_tools() -> None:
    book = MarkBook()
    book.put(SHAFT, ((1.0, 2.0),))
    book.put(SHAFT, ((1.0, 2.0), (3.0, 4.0)))
    book.put(BALL, ((5.0, 6.0),))
    assert book.whole(SHAFT) == ((1.0, 2.0), (3.0, 4.0))
    assert book.undo()
    assert book.points(BALL) == ()
    assert book.undo()
    assert book.whole(SHAFT) is None
    assert book.redo()
    assert book.redo()
    assert not book.redo()
    assert book.whole(BALL) == ((5.0, 6.0),)


def test_a_drag_is_one_step_and_a_new_step_ends_what_could_be_done_again() -> None:
    book = MarkBook()
    book.put(BALL, ((0.0, 0.0),))
    book.put(BALL, ((1.0, 0.0),))
    for x in (2.0, 3.0, 4.0):
        book.drag(BALL, ((x, 0.0),))
    assert book.undo()
    assert book.points(BALL) == ((0.0, 0.0),)
    book.put(BALL, ((9.0, 9.0),))
    assert not book.can_redo
    book.clear()
    assert not book.can_undo
    assert book.points(BALL) == ()


@given(at=place, around=place, factor=st.floats(0.2, 5.0), moved=place)
def test_places_of_the_view_are_those_of_the_picture(
    at: tuple[float, float], around: tuple[float, float], factor: float, moved: tuple[float, float]
) -> None:
    sight = Sight.whole(900.0, 700.0, 512, 512)
    held = sight.to_picture(around)
    for seen in (sight, sight.zoomed(factor, around), sight.panned(*moved)):
        assert math.dist(seen.to_picture(seen.to_view(at)), at) < 1e-6
    assert math.dist(sight.zoomed(factor, around).to_picture(around), held) < 1e-6


def test_all_of_a_picture_is_seen_at_first() -> None:
    sight = Sight.whole(900.0, 700.0, 1024, 512)
    left, top = sight.to_view((-0.5, -0.5))
    right, bottom = sight.to_view((1023.5, 511.5))
    assert 0 <= left < 20
    assert 880 < right <= 900
    assert top > 0
    assert bottom < 700


def test_window_and_level() -> None:
    grey = np.linspace(100.0, 1100.0, 1001, dtype=np.float32)[None]
    window = Window.of(grey)
    shown = window.applied(grey)
    assert (shown[0, 0], shown[0, -1]) == (0, 255)
    bright = np.pad(grey, ((0, 0), (0, 100)), constant_values=60_000.0)
    assert Window.of(bright).high < 1200, "the open beam at the border does not count"
    wider = window.changed(math.log(2.0), 0.0)
    assert wider.high - wider.low == pytest.approx(2 * (window.high - window.low))
    darker = window.changed(0.0, 0.25)
    assert darker.applied(grey).mean() < shown.mean()
    flat = Window.of(np.full((4, 4), 7.0, np.float32))
    assert flat.applied(np.full((4, 4), 7.0, np.float32)).max() <= 255
