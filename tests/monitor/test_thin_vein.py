"""Lines of weak attenuation that run off from the cement, and noise that must not be taken for them."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.config import ThinVeinConfig
from monitor.thin_vein import ThinVein

MM = 0.35
SHAPE = (220, 240)
PULSE_S = 1 / 15
SIGMA = 0.02


def scene() -> tuple[np.ndarray, np.ndarray]:
    """Signed distance to a body of 24 by 32 mm, and cement in it that reaches its left wall."""
    rows, columns = np.indices(SHAPE)
    across = np.minimum(columns - 80, 170 - columns)
    along = np.minimum(rows - 70, 140 - rows)
    distance = (np.minimum(across, along) * MM).astype(np.float32)
    cement = (distance > 0) & (columns < 120) & (np.abs(rows - 105) < 20)
    return distance, cement


def vein(length_mm: float, row: int = 105) -> np.ndarray:
    """A line 1.4 mm wide that leaves the body to the left, obliquely."""
    rows, columns = np.indices(SHAPE)
    reach = (80 - columns) * MM
    line = np.abs(rows - row - 0.3 * (80 - columns)) * MM < 0.7
    return line & (reach > 0) & (reach < length_mm)


def watch_for(
    seconds: float, rng: np.random.Generator, added: np.ndarray | None, **kwargs: bool
) -> np.ndarray:
    """Quiet at first, then so many seconds of what is added; what has been found at the end."""
    distance, cement = scene()
    watch = ThinVein(distance, MM, ThinVeinConfig())
    usable = np.ones(SHAPE, bool)
    nothing = np.zeros(SHAPE, bool)
    found = nothing
    for k in range(round((3 + seconds) / PULSE_S)):
        began = k * PULSE_S >= 3
        residual = rng.normal(0, SIGMA, SHAPE).astype(np.float32)
        if began and added is not None:
            residual += added
        trusted = kwargs.get("trusted", True)
        found = watch.look(residual, usable, cement if began else nothing, PULSE_S, trusted=trusted)
    return found


def test_a_line_below_the_noise_of_a_pixel_is_found() -> None:
    line = vein(20.0)
    found = watch_for(1.5, np.random.default_rng(1), line * np.float32(0.9 * SIGMA))
    assert found.any()
    grown = np.zeros(SHAPE, bool)
    rows, columns = np.nonzero(line)
    for dy in range(-6, 7):
        for dx in range(-6, 7):
            grown[np.clip(rows + dy, 0, SHAPE[0] - 1), np.clip(columns + dx, 0, SHAPE[1] - 1)] = True
    assert (found & grown).sum() > 0.9 * found.sum()
    assert found.sum() * MM**2 > 8.0


@pytest.mark.parametrize("seed", range(4))
def test_noise_alone_is_no_vein(seed: int) -> None:
    assert not watch_for(6.0, np.random.default_rng(seed), None).any()


def test_what_grows_darker_at_large_is_no_vein() -> None:
    rows, columns = np.indices(SHAPE)
    patch = np.exp(-((rows - 105) ** 2 + (columns - 50) ** 2) * MM**2 / 2 / 8.0**2).astype(np.float32)
    assert not watch_for(4.0, np.random.default_rng(2), patch * np.float32(2 * SIGMA)).any()


def test_a_line_that_does_not_begin_at_the_cement_is_no_vein() -> None:
    far = np.roll(vein(20.0), (70, -10), (0, 1))
    assert not watch_for(3.0, np.random.default_rng(3), far * np.float32(SIGMA)).any()


def test_nothing_new_is_found_in_a_strange_phase_of_the_breath() -> None:
    line = vein(20.0) * np.float32(SIGMA)
    assert not watch_for(2.0, np.random.default_rng(4), line, trusted=False).any()


def test_a_line_that_has_gone_is_taken_back() -> None:
    distance, cement = scene()
    watch = ThinVein(distance, MM, ThinVeinConfig())
    rng, usable = np.random.default_rng(5), np.ones(SHAPE, bool)
    areas = []
    for k in range(round(12 / PULSE_S)):
        time_s = k * PULSE_S
        residual = rng.normal(0, SIGMA, SHAPE).astype(np.float32)
        if 3 < time_s < 5:
            residual += vein(20.0) * np.float32(SIGMA)
        known = cement if time_s > 3 else np.zeros(SHAPE, bool)
        areas.append(float(watch.look(residual, usable, known, PULSE_S, trusted=True).sum()))
    assert max(areas) * MM**2 > 8.0
    assert areas[-1] < 0.2 * max(areas)
