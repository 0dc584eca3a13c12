"""The plan's one noisy frame against the bone as it is learned: the marks go where they belong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from monitor.config import Config
from monitor.grid import Grid
from monitor.intensity import Curve, to_work_image
from monitor.marks import Marks
from monitor.plan import Cannula, Vein
from monitor.plan_frame import misplaced_by, moved
from monitor.result import Pose
from tests.monitor.scripted import MM_PER_PX, SIZE, info, plan, scene

CONFIG = Config()


def attenuation(shift_px: tuple[float, float], noise: np.random.Generator | None = None) -> np.ndarray:
    grid = Grid.for_frames(SIZE, SIZE, MM_PER_PX, CONFIG.intensity.work_mm_per_px)
    assert grid.binning == 1
    work = to_work_image(
        scene(None, shift_px, noise), info().intensity, grid, Curve.of(info().intensity, CONFIG.intensity)
    )
    marked = plan()
    maps = Marks(marked.views[0], marked.views[0].levels[0], grid, CONFIG).maps
    return work.attenuation(maps.window.part)


def found(drawn: np.ndarray, mean: np.ndarray, pulses: int = 45) -> tuple[float, float] | None:
    grid = Grid.for_frames(SIZE, SIZE, MM_PER_PX, CONFIG.intensity.work_mm_per_px)
    marked = plan()
    band = Marks(marked.views[0], marked.views[0].levels[0], grid, CONFIG).maps.band
    return misplaced_by(drawn, mean, band, MM_PER_PX, CONFIG.motion, pulses)


@pytest.mark.parametrize("by_px", [(1.5, 0.0), (-0.8, 1.2), (0.0, -2.0)])
def test_a_frame_that_lies_beside_the_mean_is_found_to(by_px: tuple[float, float]) -> None:
    off = found(attenuation(by_px, np.random.default_rng(3)), attenuation((0.0, 0.0)))
    assert off is not None
    assert np.hypot(off[0] - by_px[0], off[1] - by_px[1]) * MM_PER_PX < 0.1


def test_what_is_within_its_error_moves_nothing() -> None:
    assert found(attenuation((0.2, 0.2), np.random.default_rng(3)), attenuation((0.0, 0.0))) is None
    flat = np.zeros_like(attenuation((0.0, 0.0)))
    assert found(flat, flat) is None
    assert found(attenuation((9.0, 0.0)), attenuation((0.0, 0.0))) is None  # nothing that noise can do


def test_every_mark_moves_and_the_plan_stays_as_it_is() -> None:
    level = (
        plan(
            veins=(Vein(((170.0, 130.0), (150.0, 130.0)), "basivertebral"),),
            cannulas=(Cannula(((200.0, 100.0), (130.0, 130.0)), 3.0),),
            foramen=((180.0, 100.0), (190.0, 100.0), (190.0, 110.0)),
        )
        .views[0]
        .levels[0]
    )
    there = moved(level, (1.5, -2.0))
    for name in (
        "body",
        "posterior_wall",
        "anterior_wall",
        "superior_endplate",
        "inferior_endplate",
        "foramen",
    ):
        np.testing.assert_allclose(
            np.array(getattr(there, name)) - np.array(getattr(level, name)), np.full((1, 2), (1.5, -2.0))
            .repeat(len(getattr(level, name)), axis=0),
        )  # fmt: skip
    assert there.veins[0].path[0] == (171.5, 128.0)
    assert there.cannulas[0].path[1] == (131.5, 128.0)
    assert (there.name, level.body[0]) == (level.name, (90.0, 95.0))


def test_the_displacement_from_the_plan_is_free_of_it() -> None:
    pose = Pose((0.0, 0.0), (3.0, 4.0), 0.0, 0.1, 0.9, trusted=True)
    assert pose.from_plan_px == (3.0, 4.0)
    assert replace(pose, misplaced_px=(1.0, -1.0)).from_plan_px == (2.0, 5.0)
