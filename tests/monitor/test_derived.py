"""Walls and endplates from the outline: right where they are derived, and not derived where nothing tells."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.derived import derive
from monitor.plan import WALLS, Cannula, Level, Scale, View, as_array

MM = 0.35


def vertebra(points_per_side: int, concave: float, wedge: float, turn_deg: float) -> dict[str, np.ndarray]:
    """Four sides of a lateral body, 34 x 26 mm, anterior to the left, about (300, 250) px."""
    t = np.linspace(0, 1, points_per_side + 1)
    bow = concave * 4 * t * (1 - t)
    half_w, half_h = 17 / MM, 13 / MM
    front = half_h * (1 - wedge)
    x = -half_w + 2 * half_w * t
    top = -(front + (half_h - front) * t) + bow * half_h * 0.3
    sides = {
        "superior_endplate": np.stack([x, top], 1),
        "inferior_endplate": np.stack([x, half_h - bow * half_h * 0.3], 1),
        "posterior_wall": np.stack([half_w - bow * half_w * 0.1, -half_h + 2 * half_h * t], 1),
        "anterior_wall": np.stack([-half_w + bow * half_w * 0.15, -front + (half_h + front) * t], 1),
    }
    angle = np.radians(turn_deg)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return {name: line @ turn.T + (300, 250) for name, line in sides.items()}


def outline(sides: dict[str, np.ndarray]) -> np.ndarray:
    return np.vstack(
        [
            sides["superior_endplate"][:-1],
            sides["posterior_wall"][:-1],
            sides["inferior_endplate"][::-1][:-1],
            sides["anterior_wall"][::-1][:-1],
        ]
    )


def level(body: np.ndarray, **more: object) -> Level:
    return Level("L1", tuple(map(tuple, body.tolist())), **more)  # type: ignore[arg-type]


def view(one: Level, projection: str = "lateral") -> View:
    return View("v", projection, Scale(MM), (one,))  # type: ignore[arg-type]


CANNULA = (np.array([290.0, 240.0]), np.array([480.0, 190.0]))


def worst_mm(found: object, true: np.ndarray) -> float:
    fine = np.vstack([np.linspace(a, b, 30) for a, b in itertools.pairwise(true)])
    points = as_array(found)  # type: ignore[arg-type]
    return float(max(np.hypot(*(fine - p).T).min() for p in points)) * MM


@settings(max_examples=60, deadline=None)
@given(
    points=st.integers(1, 8),
    concave=st.floats(0, 1),
    wedge=st.floats(0, 0.4),
    turn_deg=st.floats(-25, 25),
    start=st.integers(0, 40),
    backwards=st.booleans(),
)
def test_the_four_sides_are_found(
    points: int, concave: float, wedge: float, turn_deg: float, start: int, backwards: bool
) -> None:
    sides = vertebra(points, concave, wedge, turn_deg)
    body = np.roll(outline(sides), start, axis=0)
    one = level(body[::-1] if backwards else body)
    found = derive(view(one), one, [CANNULA])
    assert found.names == set(WALLS)
    for name in WALLS:
        assert worst_mm(found.level.wall(name), sides[name]) < 1.5, name


@pytest.mark.parametrize("seed", range(12))
def test_clicks_that_are_off_by_a_millimetre_do_not_turn_it_round(seed: int) -> None:
    sides = vertebra(5, 0.5, 0.1, 8.0)
    body = outline(sides) + np.random.default_rng(seed).normal(0, 1 / MM, (20, 2))
    one = level(body)
    found = derive(view(one), one, [CANNULA])
    middle = {name: as_array(found.level.wall(name)).mean(axis=0) for name in found.names}  # type: ignore[arg-type]
    assert middle["superior_endplate"][1] < 250 < middle["inferior_endplate"][1]
    assert middle["anterior_wall"][0] < 300 < middle["posterior_wall"][0]


def test_without_a_sign_no_wall_is_guessed() -> None:
    one = level(outline(vertebra(4, 0.4, 0.0, 0.0)))
    assert derive(view(one), one).names == {"superior_endplate", "inferior_endplate"}


def test_signs_that_contradict_each_other_are_no_sign() -> None:
    one = level(outline(vertebra(4, 0.4, 0.0, 0.0)))
    mirrored = tuple(np.array([600 - p[0], p[1]]) for p in CANNULA)
    found = derive(view(one), one, [CANNULA, mirrored])  # type: ignore[list-item]
    assert found.names == {"superior_endplate", "inferior_endplate"}


def test_a_marked_cannula_or_endplate_tells_the_side() -> None:
    sides = vertebra(4, 0.4, 0.0, 0.0)
    marked = level(outline(sides), cannulas=(Cannula(((290.0, 240.0), (480.0, 190.0)), 3.05),))
    found = derive(view(marked), marked).level
    assert as_array(found.posterior_wall)[:, 0].mean() > 320  # type: ignore[arg-type]
    endplate = tuple(map(tuple, sides["superior_endplate"][::-1].tolist()))
    turned = level(outline(sides), superior_endplate=endplate)
    again = derive(view(turned), turned)
    assert "superior_endplate" not in again.names
    assert as_array(again.level.posterior_wall)[:, 0].mean() < 280  # type: ignore[arg-type]


def test_ap_views_have_no_posterior_wall() -> None:
    one = level(outline(vertebra(4, 0.4, 0.0, 0.0)))
    assert derive(view(one, "ap"), one, [CANNULA]).names == {"superior_endplate", "inferior_endplate"}


def test_what_is_marked_stays_as_it_is() -> None:
    sides = vertebra(4, 0.4, 0.0, 0.0)
    marks = {name: tuple(map(tuple, line.tolist())) for name, line in sides.items()}
    one = level(outline(sides), **marks)
    found = derive(view(one), one, [CANNULA])
    assert not found.names
    assert found.level == one


def test_a_triangle_has_no_sides() -> None:
    one = level(np.array([[200.0, 200.0], [300.0, 200.0], [250.0, 300.0]]))
    assert not derive(view(one), one, [CANNULA]).names
