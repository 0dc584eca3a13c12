"""Blades are told from tissue though scatter fills their shadow; what lies along their edge is no leak."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from monitor.cement import CementDetector
from monitor.config import CementConfig, Config, FieldConfig
from monitor.field import FieldOfView
from monitor.grid import Grid
from monitor.zones import level_maps
from tests.monitor.scripted import MM_PER_PX, SIZE, plan

MM = 0.45
SHAPE = (160, 180)
Image = NDArray[np.float32]


def open_field(seed: int = 0) -> Image:
    noise = np.random.default_rng(seed)
    image: Image = (1000 + 60 * noise.standard_normal(SHAPE)).astype(np.float32)
    return image


def follow(fields: FieldOfView, change: NDArray[np.float64] | float, first: int, count: int) -> None:
    for k in range(first, first + count):
        fields.look((open_field(k) * change).astype(np.float32), k / 15)


@pytest.mark.parametrize("scattered", [0.2, 0.3, 0.4])
def test_blades_are_seen_though_scatter_fills_their_shadow(scattered: float) -> None:
    fields = FieldOfView(SHAPE, MM, FieldConfig())
    follow(fields, 1.0, 0, 20)
    assert not fields.field.outside.any()
    shadow = np.ones(SHAPE)
    shadow[:40] = scattered
    shadow[:, 150:] = scattered
    follow(fields, shadow, 20, 20)
    assert fields.field.outside[:40].all()
    assert not fields.field.outside[60:, :130].any()
    follow(fields, 1.0, 40, 20)
    assert not fields.field.outside.any()
    assert fields.field.exposed[:40].all()


def test_a_needle_that_comes_in_is_no_blade() -> None:
    fields = FieldOfView(SHAPE, MM, FieldConfig())
    follow(fields, 1.0, 0, 20)
    steel = np.ones(SHAPE)
    steel[76:83, 60:] = 0.3
    follow(fields, steel, 20, 20)
    assert not fields.field.outside.any()


def test_an_arm_that_reaches_in_is_no_blade() -> None:
    fields = FieldOfView(SHAPE, MM, FieldConfig())
    follow(fields, 1.0, 0, 20)
    arm = np.ones(SHAPE)
    arm[60:100, 80:] = 0.35
    follow(fields, arm, 20, 20)
    assert not fields.field.outside.any()


def test_brightness_that_falls_everywhere_is_no_blade() -> None:
    fields = FieldOfView(SHAPE, MM, FieldConfig())
    follow(fields, 1.0, 0, 20)
    follow(fields, 0.4, 20, 20)
    assert not fields.field.outside.any()


def separate_detector() -> tuple[CementDetector, tuple[int, int]]:
    marked = plan()
    view = marked.views[0]
    grid = Grid(SIZE, SIZE, 1, MM_PER_PX)
    maps = level_maps(view, view.levels[0], grid, Config())
    rows, columns = maps.body.shape
    return CementDetector(maps, 5, grid.mm_per_px, CementConfig()), (rows, columns)


@pytest.mark.parametrize(("from_edge_px", "believed"), [(0, False), (14, True)])
def test_what_lies_along_the_edge_of_the_field_is_that_edge(from_edge_px: int, believed: bool) -> None:
    detector, shape = separate_detector()
    unseen = np.zeros(shape, bool)
    edge = shape[0] // 4
    unseen[:edge] = True
    dark = np.zeros(shape, np.float32)
    dark[edge + from_edge_px : edge + from_edge_px + 4, 60:100] = 0.3
    noise, zone = np.full(shape, 0.03, np.float32), np.full(shape, 0.03, np.float32)
    for k in range(30):
        decision = detector.decide(dark, noise, zone, ~unseen, k / 15, 1 / 15, unseen=unseen)
    assert decision.mask.any() == believed


def test_the_tip_of_an_instrument_that_is_drawn_out_is_no_cement() -> None:
    """A clamp comes in over the border, lies there, and goes: its tip is the last to fade."""
    detector, shape = separate_detector()
    noise, zone = np.full(shape, 0.03, np.float32), np.full(shape, 0.03, np.float32)
    clamp = np.zeros(shape, np.float32)
    clamp[-30:, 70:78] = 0.3
    tip = np.zeros(shape, np.float32)
    tip[-30:-22, 70:78] = 0.3
    for k in range(80):
        decision = detector.decide(
            clamp if k < 60 else tip, noise, zone, np.ones(shape, bool), k / 15, 1 / 15
        )
        assert not decision.mask.any()
    for k in range(80, 130):
        decision = detector.decide(tip, noise, zone, np.ones(shape, bool), k / 15, 1 / 15)
    assert decision.mask.any(), "what stays there is told after all"
