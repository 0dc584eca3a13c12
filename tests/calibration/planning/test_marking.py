"""What clicks make of a view, and what is refused."""

from __future__ import annotations

import pytest

from calibration.planning.draft import ViewDraft
from calibration.planning.edges import Slopes
from calibration.planning.marking import Marking, confirmed, shifted, with_name
from monitor.errors import PlanError
from tests.calibration.planning.phantom import CORNERS, MM_PER_PX, attenuation, outline

_EMPTY = ViewDraft("lateral", "lateral")
_DRAWN = Marking(lambda _: pytest.fail("no edge is looked for"), snapping=False)


def _below(steps: float) -> tuple[tuple[float, float], tuple[float, float]]:
    return (CORNERS[1][0], CORNERS[1][1] + 105 * steps), (CORNERS[2][0], CORNERS[2][1] + 105 * steps)


def _three() -> ViewDraft:
    view = _DRAWN.new_level(_EMPTY, CORNERS)
    view = _DRAWN.neighbour(view, *_below(1))
    return _DRAWN.neighbour(view, *_below(-1))


def test_levels_lie_from_head_to_foot_and_are_named_in_order() -> None:
    view = _three()
    assert [level.name for level in view.levels] == ["T12", "L1", "L2"]
    assert not any(level.confirmed for level in view.levels)
    assert all(level.confirmed for level in confirmed(view).levels)


def test_a_level_that_is_left_out_is_left_out_of_the_names() -> None:
    view = _DRAWN.neighbour(_DRAWN.new_level(_EMPTY, CORNERS), *_below(2))
    assert [level.name for level in view.levels] == ["L1", "L3"]


def test_clicks_of_a_neighbour_may_come_in_either_order() -> None:
    first = _DRAWN.new_level(_EMPTY, CORNERS)
    upper, lower = _below(1)
    assert _DRAWN.neighbour(first, upper, lower) == _DRAWN.neighbour(first, lower, upper)


@pytest.mark.parametrize(
    ("corners", "words"),
    [
        ((CORNERS[0], CORNERS[2], CORNERS[1], CORNERS[3]), "go round"),
        ((CORNERS[0],) * 4, "go round"),
        ((CORNERS[3], CORNERS[2], CORNERS[1], CORNERS[0]), "upside down"),
    ],
)
def test_corners_in_a_wrong_order_are_refused(corners: tuple[tuple[float, float], ...], words: str) -> None:
    with pytest.raises(PlanError, match=words):
        _DRAWN.new_level(_EMPTY, corners)


def test_a_level_whose_front_is_on_the_other_side_is_refused() -> None:
    view = _DRAWN.new_level(_EMPTY, CORNERS)
    a, b, c, d = ((x, y + 105) for x, y in CORNERS)
    with pytest.raises(PlanError, match="front is on the other side than in L1"):
        _DRAWN.new_level(view, (b, a, d, c))


def test_two_clicks_on_one_place_are_refused() -> None:
    with pytest.raises(PlanError, match="one place"):
        _DRAWN.neighbour(_DRAWN.new_level(_EMPTY, CORNERS), (200.0, 300.0), (201.0, 301.0))


def test_a_corrected_name_takes_those_along_that_were_only_proposed() -> None:
    view = _three()
    assert [level.name for level in with_name(view, 0, "L1").levels] == ["L1", "L2", "L3"]
    sure = confirmed(view)
    with pytest.raises(PlanError, match="already"):
        with_name(with_name(sure, 0, "phantom"), 1, "phantom")


def test_names_are_shifted_together_and_to_be_confirmed_anew() -> None:
    view = shifted(confirmed(_three()), 1)
    assert [level.name for level in view.levels] == ["L1", "L2", "L3"]
    assert not any(level.confirmed for level in view.levels)
    with pytest.raises(PlanError, match="beyond"):
        shifted(view, 40)


def test_a_dragged_handle_stays_and_the_rest_is_found() -> None:
    slopes = Slopes.of(attenuation(outline()), MM_PER_PX)
    marking = Marking(lambda _: slopes)
    view = marking.new_level(_EMPTY, CORNERS)
    moved = marking.moved(view, 0, 1, (219.0, 88.0), final=True)
    level = moved.levels[0]
    assert level.outline.handles[1] == pytest.approx((219.0, 88.0), abs=1e-6)
    assert level.pinned == {1}
    assert level.outline.handles[3] == pytest.approx(CORNERS[3], abs=1.5)
    again = marking.snapped(moved, 0).levels[0]
    assert again.pinned == frozenset()
    assert again.outline.handles[1] == pytest.approx(CORNERS[1], abs=1.5)
