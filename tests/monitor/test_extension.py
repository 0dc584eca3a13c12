"""A thin part that runs is told, and nothing else is."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from monitor.config import Config
from monitor.extension import Extension, ExtensionWatch

MM = 0.45
RATE_HZ = 15.0
SHAPE = (160, 200)
BULK_MM = 8.0

Bool = NDArray[np.bool_]


def bulk(radius_mm: float = BULK_MM) -> Bool:
    y, x = np.indices(SHAPE)
    return np.hypot(y - 80, x - 60) * MM <= radius_mm


def strip(length_mm: float, width_mm: float, start_mm: float = BULK_MM - 1.0) -> Bool:
    """A part of so much width that runs to the right, from inside the bulk."""
    y, x = np.indices(SHAPE)
    along = (x - 60) * MM
    return (np.abs(y - 80) * MM <= width_mm / 2) & (along >= start_mm) & (along <= start_mm + length_mm)


def watch(masks: list[Bool], rate_hz: float = RATE_HZ) -> list[Extension | None]:
    watcher = ExtensionWatch(MM, Config().extension)
    return [watcher.follow(mask, i / rate_hz) for i, mask in enumerate(masks)]


def running(speed_mm_s: float, width_mm: float, rate_hz: float = RATE_HZ, seconds: float = 1.5) -> list[Bool]:
    count = round(seconds * rate_hz)
    lengths = [1.0 + max(0.0, speed_mm_s * (i - 5) / rate_hz) for i in range(count)]
    return [bulk() | strip(length, width_mm) for length in lengths]


@pytest.mark.parametrize("rate_hz", [3.75, 7.5, 15.0, 30.0])
def test_cement_in_a_vein_is_told_within_half_a_second_or_a_few_pulses(rate_hz: float) -> None:
    found = watch(running(21.0, 2.0, rate_hz, 2.5), rate_hz)
    first = next(i for i, e in enumerate(found) if e is not None)
    assert first - 5 <= max(4, 0.5 * rate_hz)
    told = found[first]
    assert told is not None
    assert told.speed_mm_s == pytest.approx(21.0, rel=0.25)


@pytest.mark.parametrize("rate_hz", [7.5, 30.0])
def test_a_slower_run_is_told_too(rate_hz: float) -> None:
    found = watch(running(8.0, 1.5, rate_hz, 2.0), rate_hz)
    assert any(found)


def test_the_tip_is_where_the_part_ends() -> None:
    found = watch(running(21.0, 2.0))
    last = found[-1]
    assert last is not None
    row_off = abs(last.tip[1] - 80) * MM
    assert row_off <= 1.5
    assert last.tip[0] > 60 + (BULK_MM + 5) / MM


def test_slow_thin_growth_is_no_run() -> None:
    assert not any(watch(running(2.0, 2.0, seconds=3.0)))


@pytest.mark.parametrize("speed_mm_s", [0.05, 0.3, 3.0, 8.0])
def test_bulk_that_grows_is_no_run_however_fast(speed_mm_s: float) -> None:
    masks = [bulk(5.0 + speed_mm_s * i / RATE_HZ) for i in range(30)]
    assert not any(watch(masks))


def test_a_broad_front_is_no_vein() -> None:
    assert not any(watch(running(15.0, 7.0)))


def test_a_part_that_is_confirmed_at_one_stroke_is_no_run() -> None:
    masks = [bulk()] * 10 + [bulk() | strip(15.0, 2.0)] * 10
    assert not any(watch(masks))


def test_noise_of_single_pulses_is_no_run() -> None:
    random = np.random.default_rng(4)
    masks = []
    for i in range(120):
        mask = bulk(6.0 + 0.2 * i / RATE_HZ)
        if i % 4 == 0:
            mask = mask | strip(float(random.uniform(2, 10)), 1.5)
        ragged = random.random(SHAPE) < 0.25
        y, x = np.indices(SHAPE)
        rim = np.abs(np.hypot(y - 80, x - 60) * MM - 6.3) < 0.6
        masks.append(mask | (ragged & rim))
    assert not any(watch(masks))


def test_a_first_film_that_fills_up_is_no_run() -> None:
    masks = [np.zeros(SHAPE, bool)] * 3 + [strip(2.0 * i, 2.0) for i in range(1, 6)]
    assert not any(watch(masks))


def test_nothing_is_compared_across_an_interruption() -> None:
    masks = running(21.0, 2.0)
    watcher = ExtensionWatch(MM, Config().extension)
    for i, mask in enumerate(masks):
        if i > 5:
            watcher.clear()
        assert watcher.follow(mask, i / RATE_HZ) is None


def test_a_finding_is_held_and_then_let_go() -> None:
    masks = running(21.0, 2.0)
    found = watch(masks + [masks[-1]] * 40)
    assert found[len(masks) + 5] is not None
    assert found[-1] is None


def test_a_window_of_another_size_starts_anew() -> None:
    watcher = ExtensionWatch(MM, Config().extension)
    watcher.follow(bulk(), 0.0)
    assert watcher.follow(np.ones((20, 30), bool), 0.1) is None
