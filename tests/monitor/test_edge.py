"""The outline lies where a thin film of cement ends."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from monitor.config import EdgeConfig
from monitor.edge import CementEdge
from monitor.volume import DensityCalibration

MM, SHAPE, RATE_HZ = 0.35, (160, 180), 15.0
DENSITY = DensityCalibration(0.15, 0.1, "test")


def drawn(
    thickness_mm: np.ndarray, confirmed: np.ndarray, seconds: float = 3.0, noise: float = 0.04
) -> np.ndarray:
    rng = np.random.default_rng(2)
    edge = CementEdge(np.ones(SHAPE, bool), MM, EdgeConfig(), DENSITY)
    added = cv2.GaussianBlur((0.15 * thickness_mm).astype(np.float32), (0, 0), 0.5)
    for _ in range(round(seconds * RATE_HZ)):
        edge.follow((added + noise * rng.standard_normal(SHAPE)).astype(np.float32), 1 / RATE_HZ)
    return edge.outline(confirmed, np.full(SHAPE, 0.03, np.float32), np.ones(SHAPE, bool))


def ball(radius_mm: float) -> np.ndarray:
    rows, columns = np.indices(SHAPE)
    away_mm = np.hypot(columns - 90, rows - 80) * MM
    return 2 * np.sqrt(np.maximum(0, radius_mm**2 - away_mm**2))


@pytest.mark.parametrize("radius_mm", [2.5, 4.0, 8.0])
@pytest.mark.parametrize("grown_px", [-3, 0, 3])
def test_the_outline_does_not_depend_on_what_the_decision_confirmed(radius_mm: float, grown_px: int) -> None:
    truth = ball(radius_mm) >= 0.3
    kernel = np.ones((2 * abs(grown_px) + 1,) * 2, np.uint8)
    change = cv2.dilate if grown_px > 0 else cv2.erode
    got = drawn(ball(radius_mm), change(truth.astype(np.uint8), kernel) > 0)
    dice = 2 * (got & truth).sum() / (got.sum() + truth.sum())
    assert dice > 0.89


def test_a_thick_plate_is_not_drawn_too_wide() -> None:
    plate = np.zeros(SHAPE)
    plate[60:100, 60:120] = 6.0
    truth = plate > 0
    got = drawn(plate, cv2.dilate(truth.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0)
    assert got.sum() * MM**2 == pytest.approx(truth.sum() * MM**2, rel=0.12)


def test_nothing_confirmed_nothing_drawn() -> None:
    assert not drawn(ball(6.0), np.zeros(SHAPE, bool)).any()


def test_what_is_not_connected_with_confirmed_cement_is_not_drawn() -> None:
    two = ball(3.0)
    two[20:30, 20:30] = 3.0
    confirmed = ball(2.0) > 0.3
    assert not drawn(two, confirmed)[20:30, 20:30].any()


def test_where_nothing_can_be_seen_the_decision_stands() -> None:
    edge = CementEdge(np.ones(SHAPE, bool), MM, EdgeConfig(), DENSITY)
    edge.follow(np.zeros(SHAPE, np.float32), 0.1)
    confirmed = ball(3.0) > 0.3
    got = edge.outline(confirmed, np.full(SHAPE, 0.03, np.float32), np.zeros(SHAPE, bool))
    assert np.array_equal(got, confirmed) or not got.any()


@pytest.mark.parametrize(("added", "drawn_outside"), [(0.06, False), (0.2, True)])
def test_a_faint_film_beyond_the_wall_must_come_to_something(added: float, drawn_outside: bool) -> None:
    """Soft tissue that slides past the wall is as faint as a film, and as small; no leak stays so."""
    inside = np.zeros(SHAPE, bool)
    inside[:, 77:] = True
    image = np.zeros(SHAPE, np.float32)
    image[60:100, 80:120] = 0.3
    image[75:82, 74:80] = added
    confirmed = image > 0.03
    edge = CementEdge(inside, MM, EdgeConfig(), DENSITY)
    rng = np.random.default_rng(3)
    for _ in range(45):
        edge.follow((image + 0.01 * rng.standard_normal(SHAPE)).astype(np.float32), 1 / RATE_HZ)
    got = edge.outline(confirmed, np.full(SHAPE, 0.02, np.float32), np.ones(SHAPE, bool))
    assert got[80, 100]
    assert bool((got & ~inside).any()) == drawn_outside
