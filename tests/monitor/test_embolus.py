"""A drop that is carried away is told from a vein that fills, from noise and from what sways."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.config import EmbolusConfig
from monitor.embolus import Embolus, EmbolusWatch

MM, SHAPE, RATE_HZ = 0.35, (200, 220), 15.0
CONFIG = EmbolusConfig()


def body_distance_mm() -> np.ndarray:
    columns = np.indices(SHAPE)[1]
    return ((columns - 110.0) * MM).astype(np.float32)


def spot(x: float, y: float, diameter_mm: float = 2.0, per_mm: float = 0.12) -> np.ndarray:
    rows, columns = np.indices(SHAPE)
    away_mm = np.hypot(columns - x, rows - y) * MM
    return 2 * np.sqrt(np.maximum(0, (diameter_mm / 2) ** 2 - away_mm**2)) * per_mm


def go(
    picture, frames: int = 75, noise: float = 0.02, seed: int = 5, grain: np.ndarray | None = None
) -> list[Embolus | None]:
    rng = np.random.default_rng(seed)
    watch = EmbolusWatch(body_distance_mm(), MM, CONFIG)
    cement = np.zeros(SHAPE, bool)
    cement[95:106, 108:140] = True
    zone = np.full(SHAPE, 0.05, np.float32)
    return [
        watch.look(
            (picture(i / RATE_HZ) + (noise if grain is None else grain) * rng.standard_normal(SHAPE)).astype(
                np.float32
            ),
            zone,
            np.full(SHAPE, noise, np.float32) if grain is None else grain.astype(np.float32),
            np.ones(SHAPE, bool),
            cement,
            i / RATE_HZ,
            1 / RATE_HZ,
        )
        for i in range(frames)
    ]


@pytest.mark.parametrize("speed_mm_s", [10.0, 15.0, 25.0, 40.0])
def test_a_drop_that_leaves_is_found_and_its_speed_told(speed_mm_s: float) -> None:
    def picture(t: float) -> np.ndarray:
        x = 104 - speed_mm_s / MM * (t - 2.0)
        return spot(x, 100 - 0.3 * (104 - x)) if t >= 2 and x > 4 else np.zeros(SHAPE)

    found = [f for f in go(picture) if f is not None]
    assert found
    assert found[0].speed_mm_s == pytest.approx(speed_mm_s * np.hypot(1, 0.3), rel=0.25)


@pytest.mark.parametrize("seed", range(4))
def test_noise_is_no_embolus(seed: int) -> None:
    assert not any(go(lambda t: np.zeros(SHAPE), frames=150, seed=seed))


def test_a_vein_that_fills_is_no_embolus() -> None:
    def picture(t: float) -> np.ndarray:
        image = np.zeros(SHAPE)
        if t > 2:
            image[97:103, max(2, round(104 - 20 / MM * (t - 2))) : 110] = 0.2
        return image

    assert not any(go(picture))


def test_what_comes_towards_the_cement_is_no_embolus() -> None:
    def picture(t: float) -> np.ndarray:
        x = 10 + 15 / MM * (t - 2.0)
        return spot(x, 100) if t >= 2 and x < 100 else np.zeros(SHAPE)

    assert not any(go(picture))


def test_what_sways_with_the_breath_is_no_embolus() -> None:
    def picture(t: float) -> np.ndarray:
        return spot(80 + 6 * np.sin(2 * np.pi * t / 4), 100, 6.0, 0.03)

    assert not any(go(picture, frames=150))


@pytest.mark.parametrize("seed", range(4))
def test_more_noise_behind_dense_bone_is_no_embolus(seed: int) -> None:
    grain = np.full(SHAPE, 0.015)
    grain[80:120, 60:104] = 0.05
    assert not any(go(lambda t: np.zeros(SHAPE), frames=150, seed=seed, grain=grain))
