"""When an injection began and stopped, as the cement shows it; and the trend that is kept of it."""

from __future__ import annotations

import numpy as np
import pytest

from recordings.qa.growth import SEEN_LATE_S, Growth
from recordings.qa.record import TrendPoint
from recordings.qa.trend import MOST_BINS, Trend


def grown(stop_s: float | None, end_s: float = 24.0, *, leap_s: float | None = None, pause: bool = False,
          volume: bool = True) -> Growth:  # fmt: skip
    """Cement from 3 s on that comes with a steady hand, seen a little late, and swells with the breath."""
    found = Growth()
    noise = np.random.default_rng(1)
    for frame in range(round(end_s * 15)):
        time_s = frame / 15
        hand_s = max(0.0, time_s - SEEN_LATE_S - 3.0)
        if pause:
            hand_s -= min(max(0.0, hand_s - 4.0), 5.0)
        if stop_s is not None:
            hand_s = min(hand_s, stop_s - 3.0 - (5.0 if pause else 0.0))
        ml = 0.12 * hand_s * (1 + 0.01 * np.sin(2 * np.pi * time_s / 4)) + 0.003 * noise.standard_normal()
        ml = max(0.0, float(ml)) if hand_s > 0 else 0.0
        leapt = leap_s is not None and time_s > leap_s
        found.take(
            time_s, 90 * ml, (0.6 * ml if leapt else ml) if volume else None, "two" if leapt else "none"
        )
    return found


@pytest.mark.parametrize("volume", [True, False])
@pytest.mark.parametrize("pause", [True, False])
def test_the_stop_is_where_the_growth_ends(*, volume: bool, pause: bool) -> None:
    start_s, stop_s = grown(17.0, pause=pause, volume=volume).ends()
    assert start_s == pytest.approx(3.0 + SEEN_LATE_S, abs=0.3)
    assert stop_s == pytest.approx(17.0, abs=0.5)


def test_a_new_calibration_is_no_growth() -> None:
    _, stop_s = grown(17.0, leap_s=12.0).ends()
    assert stop_s == pytest.approx(17.0, abs=0.5)


def test_what_grew_until_the_end_has_no_stop() -> None:
    start_s, stop_s = grown(None).ends()
    assert start_s is not None
    assert stop_s is None


def test_without_cement_there_is_neither() -> None:
    empty = Growth()
    assert empty.ends() == (None, None)
    empty.take(1.0, 0.0, 0.0)
    empty.take(2.0, 0.5, 0.0)
    assert empty.ends() == (None, None)


def test_the_trend_stays_short_and_keeps_the_nearest() -> None:
    trend = Trend()
    for frame in range(20_000):
        wall_mm = -1.5 if frame == 7777 else 10.0 + frame % 3
        trend.take(TrendPoint(time_s=frame / 15, posterior_wall_mm=wall_mm, watched=frame % 2 == 0))
    points = trend.points()
    assert MOST_BINS / 2 <= len(points) <= 2 * MOST_BINS
    assert [point.time_s for point in points] == sorted(point.time_s for point in points)
    assert min(point.posterior_wall_mm or 0.0 for point in points) == -1.5
    assert points[-1].time_s == pytest.approx(19_999 / 15)
