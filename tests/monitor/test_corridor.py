"""Cannulas are found by themselves, and cement is told through them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.config import CorridorConfig
from monitor.corridor import Axis, Corridor, find_cannulas
from monitor.zones import fill

MM = 0.35
SHAPE = (200, 220)
BODY = np.array([[60.0, 60.0], [150.0, 60.0], [150.0, 140.0], [60.0, 140.0]])
CONFIG = CorridorConfig()


def body_distance_mm() -> np.ndarray:
    inside = fill(BODY, SHAPE)
    rows, columns = np.indices(SHAPE)
    outside = np.hypot(
        np.maximum(np.maximum(60 - columns, columns - 150), 0),
        np.maximum(np.maximum(60 - rows, rows - 140), 0),
    )
    within = np.minimum.reduce([columns - 60, 150 - columns, rows - 60, 140 - rows])
    return (np.where(inside, within, -outside) * MM).astype(np.float32)


def bone(seed: int = 1) -> np.ndarray:
    """A vertebra with bright, straight endplates and walls, and grain."""
    rng = np.random.default_rng(seed)
    image = 0.01 * rng.standard_normal(SHAPE)
    image[fill(BODY, SHAPE)] += 0.15
    for top in (60, 138):
        image[top : top + 3, 60:150] += 0.15
    for left in (60, 148):
        image[60:140, left : left + 3] += 0.12
    return image.astype(np.float32)


def rod(tip: tuple[float, float], end: tuple[float, float], diameter_px: float) -> np.ndarray:
    axis = Axis(np.array(tip), np.array(end), diameter_px)
    along, across = axis.coordinates(SHAPE)
    chord = np.sqrt(np.maximum(0.0, (diameter_px / 2) ** 2 - across**2))
    sharp = np.where((along >= 0) & (along <= axis.length_px), chord, 0.0).astype(np.float32)
    return cv2.GaussianBlur(sharp, (0, 0), 0.8)


def with_cannula(contrast: float = 0.25, tip: tuple[float, float] = (90.0, 105.0)) -> np.ndarray:
    return bone() + contrast * rod(tip, (260.0, 60.0), 8.0) / 4.0


@pytest.mark.parametrize("edge", ["circle", "blades"])
def test_a_cannula_is_found_where_the_field_ends_in_the_window(edge: str) -> None:
    """Beyond the field there is no signal at all: an attenuation that no steel comes near to."""
    rows, columns = np.indices(SHAPE)
    seen = np.hypot(rows - 100, columns - 105) < 100 if edge == "circle" else (columns < 200) & (rows > 12)
    image = np.where(seen, with_cannula(), np.float32(4.0)).astype(np.float32)
    (axis,) = find_cannulas(image, body_distance_mm(), MM, CONFIG, seen)
    tip, _ = sorted((axis.start, axis.end), key=lambda end: end[0])
    assert np.hypot(tip[0] - 90.0, tip[1] - 105.0) * MM < 2.0


@settings(max_examples=25, deadline=None)
@given(
    tip_x=st.floats(75, 120),
    tip_y=st.floats(80, 120),
    end_y=st.floats(20, 170),
    contrast=st.floats(0.4, 1.5),
    diameter_px=st.floats(6.0, 11.0),
)
def test_a_cannula_is_found_where_it_is(
    tip_x: float, tip_y: float, end_y: float, contrast: float, diameter_px: float
) -> None:
    image = bone() + contrast * rod((tip_x, tip_y), (260.0, end_y), diameter_px) / (diameter_px / 2)
    (axis,) = find_cannulas(image, body_distance_mm(), MM, CONFIG)
    ends = np.array([axis.start, axis.end])
    inner = ends[np.argmin(ends[:, 0])]
    assert np.hypot(*(inner - (tip_x, tip_y))) * MM < 1.2
    true = np.array([260.0 - tip_x, end_y - tip_y])
    turn = abs(axis.along @ true) / np.hypot(*true)
    assert turn > np.cos(np.radians(2.0))
    assert 0.5 * diameter_px < axis.diameter_px < 1.4 * diameter_px


def test_endplates_and_walls_are_no_cannulas() -> None:
    assert find_cannulas(bone(), body_distance_mm(), MM, CONFIG) == []
    strong = bone() * 4
    assert find_cannulas(strong, body_distance_mm(), MM, CONFIG) == []


def test_what_fills_the_lumen_is_not_seen_and_what_lies_behind_is() -> None:
    corridor = Corridor((), body_distance_mm(), MM, CONFIG)
    corridor.update(with_cannula())
    assert corridor.steel.any()
    lumen = 0.1 * rod((90.0, 105.0), (260.0, 60.0), 6.0)
    quiet = corridor.see_through(np.zeros(SHAPE, np.float32), 1 / 15)
    assert not quiet.any()
    for _ in range(40):
        filled = corridor.see_through(lumen.astype(np.float32), 1 / 15)
    inside = body_distance_mm() > 0
    assert np.abs(filled[inside]).max() < 0.15
    assert np.percentile(np.abs(filled[inside & corridor.steel]), 95) < 0.05
    cement = np.zeros(SHAPE, np.float32)
    cement[88:108, 92:112] = 0.2
    for _ in range(10):
        seen = corridor.see_through((lumen + cement).astype(np.float32), 1 / 15)
    hidden_before = corridor.steel & (cement > 0)
    assert np.median(seen[hidden_before]) == pytest.approx(0.2, abs=0.04)


def test_a_stylet_that_is_drawn_out_leaves_no_trace() -> None:
    corridor = Corridor((), body_distance_mm(), MM, CONFIG)
    corridor.update(with_cannula())
    paler = -0.04 * rod((90.0, 105.0), (260.0, 60.0), 6.0)
    for _ in range(30):
        seen = corridor.see_through(paler.astype(np.float32), 1 / 15)
    assert np.percentile(np.abs(seen[corridor.steel & (body_distance_mm() > 0)]), 95) < 0.03


def test_a_cannula_that_is_gone_is_seen_to_be_gone() -> None:
    """The shaft's own contrast vanishes: that is no change of its content."""
    corridor = Corridor((), body_distance_mm(), MM, CONFIG)
    corridor.update(with_cannula())
    gone = (bone() - with_cannula()).astype(np.float32)
    for _ in range(40):
        seen = corridor.see_through(gone, 1 / 15)
    assert seen[corridor.steel & (body_distance_mm() > 2)].min() < -0.15


def test_a_mark_that_the_image_does_not_show_hides_what_is_behind() -> None:
    mark = Axis(np.array([90.0, 105.0]), np.array([260.0, 60.0]), 8.0)
    corridor = Corridor((mark,), body_distance_mm(), MM, CONFIG)
    corridor.update(bone())
    assert corridor.hidden[100, 105]
    residual = np.full(SHAPE, 0.3, np.float32)
    assert corridor.see_through(residual, 0.1) is residual


def test_the_shaft_outside_the_body_cannot_be_measured_by_itself() -> None:
    corridor = Corridor((), body_distance_mm(), MM, CONFIG)
    corridor.update(with_cannula())
    far = corridor.steel & (body_distance_mm() < -4.5)
    assert far.any()
    assert corridor.hidden[far].all()
    assert not corridor.hidden[corridor.steel & (body_distance_mm() > 0)].any()


def test_an_endplate_that_reaches_beyond_the_body_is_no_cannula() -> None:
    image = bone() + 0.5 * rod((55.0, 62.0), (190.0, 58.0), 8.0) / 4.0
    assert find_cannulas(image, body_distance_mm(), MM, CONFIG) == []
