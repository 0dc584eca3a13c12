"""The delay of a capture that is known to be late, and captures that tell nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.latency import STEP_S, find_pattern, measure_latency, pattern
from monitor.errors import CalibrationError

Shot = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def capture(
    delay_s: float,
    rate_hz: float,
    seed: int,
    *,
    noise: float = 0.1,
    jitter_s: float = 0.004,
    drop: float = 0.1,
    repeat: float = 0.05,
    steps: int = 100,
) -> Shot:
    """A camera that shows what was on the screen `delay_s` ago, averaged over its exposure."""
    rng = np.random.default_rng(seed)
    lit = pattern()[:steps]
    flips_s = np.arange(len(lit)) * STEP_S + rng.uniform(0, 0.016, len(lit))
    times_s = np.arange(0.3, len(lit) * STEP_S + 1, 1 / rate_hz)
    seen_s = times_s + rng.normal(0, jitter_s, len(times_s))
    fine = np.linspace(0, 1 / rate_hz, 9)
    shown = []
    for t in times_s:
        at = np.searchsorted(flips_s, t - delay_s - fine + 0.5 / rate_hz, side="right") - 1
        shown.append(np.mean(np.where(at >= 0, lit[np.clip(at, 0, None)], False)))
    bright = 40 + 150 * np.array(shown) + 150 * noise * rng.standard_normal(len(shown))
    for k in np.flatnonzero(rng.random(len(bright)) < repeat):
        bright[k] = bright[max(0, k - 1)]
    kept = rng.random(len(bright)) >= drop
    order = np.argsort(seen_s[kept])
    return (
        (flips_s * 1e9).astype(np.int64),
        lit,
        (seen_s[kept][order] * 1e9).astype(np.int64),
        bright[kept][order],
    )


@settings(max_examples=30, deadline=None)
@given(
    delay_s=st.floats(0.02, 0.9), rate_hz=st.sampled_from([7.5, 15.0, 30.0, 60.0]), seed=st.integers(0, 999)
)
def test_a_known_delay_is_found_within_a_frame(delay_s: float, rate_hz: float, seed: int) -> None:
    found = measure_latency(*capture(delay_s, rate_hz, seed))
    assert abs(found.delay_ms - 1e3 * delay_s) < 1e3 / rate_hz
    assert found.frame_period_ms == pytest.approx(1e3 / rate_hz, rel=0.3)
    assert 0 < found.sd_ms < 2e3 / rate_hz


def test_an_inverted_capture_is_as_late() -> None:
    flips, lit, times, bright = capture(0.2, 30.0, 4)
    assert measure_latency(flips, lit, times, 255 - bright).delay_ms == pytest.approx(200, abs=33)


@pytest.mark.parametrize(
    ("shot", "said"),
    [
        (lambda: capture(0.1, 30, 1, steps=12), "16 are needed"),
        (lambda: capture(0.1, 3.0, 1), "too slow"),
        (lambda: capture(0.1, 30, 1, noise=8.0), "does not follow"),
        (lambda: (*capture(0.1, 30, 1)[:2], np.zeros(0, np.int64), np.zeros(0)), "no frames"),
    ],
    ids=["short", "slow", "noise", "nothing"],
)
def test_what_tells_no_delay_is_refused(shot: object, said: str) -> None:
    with pytest.raises(CalibrationError, match=said):
        measure_latency(*shot())  # type: ignore[operator]


def test_a_regular_flash_is_ambiguous() -> None:
    lit = np.arange(80) % 2 == 0
    flips = (np.arange(80) * 0.2 * 1e9).astype(np.int64)
    times = (np.arange(2, 16, 1 / 30) * 1e9).astype(np.int64)
    bright = 100.0 * lit[np.searchsorted(flips, times - 100_000_000, side="right") - 1]
    with pytest.raises(CalibrationError, match="equally well"):
        measure_latency(flips, lit, times, bright)


def test_the_flashing_part_of_the_picture_is_found() -> None:
    rng = np.random.default_rng(5)
    frames = rng.normal(90, 2, (60, 40, 50)).astype(np.float32)
    lit = pattern()[:60]
    frames[lit, 10:22, 15:30] += 80
    region = find_pattern(frames)
    assert region[12:20, 17:28].all()
    assert region.sum() == pytest.approx(12 * 15, abs=4), "but for its corners"
    with pytest.raises(CalibrationError, match="no flashing"):
        find_pattern(rng.normal(90, 2, (60, 40, 50)).astype(np.float32))


def test_the_flashing_part_is_found_beside_a_picture_full_of_detail() -> None:
    rng = np.random.default_rng(6)
    frames = rng.normal(0, 2, (60, 40, 50)) + rng.uniform(20, 200, (40, 50))
    frames[:, 10:22, 15:30] = 60 + rng.normal(0, 2, (60, 12, 15))
    frames[pattern()[:60], 10:22, 15:30] += 30
    assert find_pattern(frames.astype(np.float32)).sum() == pytest.approx(12 * 15, abs=4)
