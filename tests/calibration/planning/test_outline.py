"""Outlines found on the edge of the bone."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.planning.edges import Slopes
from calibration.planning.neighbour import fitted_front, placed_like
from calibration.planning.outline import SIDE_ENDS, drawn_outline, found_outline
from tests.calibration.planning.phantom import CORNERS, MM_PER_PX, attenuation, away_px, outline

_SLOPES = Slopes.of(attenuation(outline()), MM_PER_PX)
_OFF = st.tuples(st.floats(-4, 4), st.floats(-4, 4))
_NOTHING = (None,) * 4


@given(st.tuples(_OFF, _OFF, _OFF, _OFF))
@settings(max_examples=40, deadline=None)
def test_clicks_beside_the_corners_end_on_the_edge(off: tuple[tuple[float, float], ...]) -> None:
    clicked = tuple((x + dx, y + dy) for (x, y), (dx, dy) in zip(CORNERS, off, strict=True))
    found = found_outline(_SLOPES, (*clicked, *_NOTHING))
    away_mm = MM_PER_PX * away_px(np.asarray(found.body), outline())
    assert away_mm.mean() < 0.15
    assert away_mm.max() < 0.5
    corners_mm = MM_PER_PX * np.hypot(*(np.asarray(found.handles[:4]) - CORNERS).T)
    assert corners_mm.max() < 0.5
    assert found.unseen == ()


def test_a_shaft_across_a_wall_does_not_pull_it_along() -> None:
    image = attenuation(outline())
    cv2.line(image, (150, 140), (310, 90), 1.5, 9, cv2.LINE_AA)
    found = found_outline(Slopes.of(image, MM_PER_PX), (*CORNERS, *_NOTHING))
    away_mm = MM_PER_PX * away_px(np.asarray(found.sides["second"]), outline())
    assert away_mm.max() < 0.6


@pytest.mark.parametrize("seed", range(4))
def test_where_there_is_no_edge_that_is_said_and_the_outline_stays_as_drawn(seed: int) -> None:
    found = found_outline(Slopes.of(attenuation(seed=seed), MM_PER_PX), (*CORNERS, *_NOTHING))
    assert len(found.unseen) >= 3
    drawn = drawn_outline((*CORNERS, *_NOTHING))
    away_px_ = away_px(np.asarray(found.body), np.asarray(drawn.body))
    assert np.median(away_px_) < 2.0


def test_a_pinned_corner_and_a_pinned_middle_stay_where_they_were_put() -> None:
    handles = (CORNERS[0], (219.0, 90.0), CORNERS[2], CORNERS[3], None, None, (219.0, 134.0), None)
    found = found_outline(_SLOPES, handles, frozenset({1, 6}))
    assert found.handles[1] == pytest.approx((219.0, 90.0), abs=1e-6)
    wall = np.asarray(found.sides["second"])
    assert np.hypot(*(wall - (219.0, 134.0)).T).min() < 2.5
    assert np.abs(np.diff(wall[1:-1, 0], 2)).max() < 1.0, "it bends, it is no spike"
    free = MM_PER_PX * away_px(np.asarray(found.sides["first"]), outline())
    assert free.max() < 0.5


def test_a_deeply_hollow_endplate_is_followed() -> None:
    """A biconcave fracture: the middle lies a quarter of the height below the line of its corners."""
    body = outline(hollow_px=20.0)
    found = found_outline(Slopes.of(attenuation(body), MM_PER_PX), (*CORNERS, *_NOTHING))
    away_mm = MM_PER_PX * away_px(np.asarray(found.sides["upper"]), body)
    assert away_mm.mean() < 0.3
    assert found.handles[4][1] == pytest.approx(96 + 20, abs=1.5)


def test_sides_end_in_the_corners_and_make_the_body() -> None:
    found = found_outline(_SLOPES, (*CORNERS, *_NOTHING))
    for side, (start, end) in SIDE_ENDS.items():
        assert found.sides[side][0] == pytest.approx(found.handles[start], abs=2e-3)
        assert found.sides[side][-1] == pytest.approx(found.handles[end], abs=2e-3)
    assert len(set(found.body)) == len(found.body)
    area = cv2.contourArea(np.asarray(found.body, np.float32))
    assert area == pytest.approx(cv2.contourArea(outline().astype(np.float32)), rel=0.02)


@pytest.mark.parametrize("lost", [0.0, 0.3])
def test_a_neighbour_of_another_shape_is_found_by_two_corners(lost: float) -> None:
    """The one below is wedged: its front is lower by a part of the height."""
    height = CORNERS[3][1] - CORNERS[0][1]
    broken = tuple((x + 3.0, y + 105.0) for x, y in CORNERS)
    broken = ((broken[0][0], broken[0][1] + lost * height), *broken[1:])
    other = outline(corners=broken)
    slopes = Slopes.of(attenuation(outline(), other, shape=(320, 320)), MM_PER_PX)
    like = found_outline(slopes, (*CORNERS, *_NOTHING))
    placed = placed_like(like, (broken[1][0] + 2, broken[1][1] - 2), (broken[2][0] - 2, broken[2][1] + 2))
    found = found_outline(slopes, fitted_front(slopes, placed))
    corners_mm = MM_PER_PX * np.hypot(*(np.asarray(found.handles[:4]) - broken).T)
    assert corners_mm.max() < 0.6


def test_the_place_of_a_neighbour_is_that_of_its_two_corners() -> None:
    like = drawn_outline((*CORNERS, *_NOTHING))
    placed = placed_like(like, (215.0, 192.0), (213.0, 276.0))
    assert placed[1] == pytest.approx((215.0, 192.0))
    assert placed[2] == pytest.approx((213.0, 276.0))
    assert placed[0] == pytest.approx((120.0, 200.0))


def test_clicks_that_are_too_near_make_a_neighbour_lower_and_no_less_deep() -> None:
    like = drawn_outline((*CORNERS, *_NOTHING))
    placed = np.array(placed_like(like, (215.0, 200.0), (213.0, 268.0)))
    depth_px = np.hypot(*(placed[1] - placed[0]))
    assert depth_px == pytest.approx(np.hypot(*np.subtract(CORNERS[1], CORNERS[0])), rel=0.02)
    assert placed[2][1] - placed[1][1] == pytest.approx(68.0)


def test_what_is_no_body_is_left_as_drawn_and_costs_nothing() -> None:
    """A plan may be read in which a corner lies tens of thousands of pixels away."""
    far = (CORNERS[0], (60_000.0, 92.0), (60_000.0, 70_000.0), CORNERS[3])
    found = found_outline(_SLOPES, (*far, *_NOTHING))
    assert found.handles[:4] == far
    assert found.seen == {}
