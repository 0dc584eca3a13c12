"""Flashing rates and contrast of the alarm bar."""

from itertools import pairwise

import pytest

from monitor.result import Priority
from ui.theme import ALARM_LOOKS, BLIND, TEXT, flash_lit, unit_for

MS = 1_000_000


@pytest.mark.parametrize(
    ("priority", "slowest_hz", "fastest_hz"), [(Priority.HIGH, 1.4, 2.8), (Priority.MEDIUM, 0.4, 0.8)]
)
def test_flashing_is_within_the_band_of_the_standard(priority, slowest_hz, fastest_hz):
    start = 123_456_789_012
    lit = [flash_lit(priority, start + ms * MS) for ms in range(20_000)]
    rises = sum(b and not a for a, b in pairwise(lit))
    assert slowest_hz <= rises / 20 <= fastest_hz
    assert 0.2 <= sum(lit) / len(lit) <= 0.6  # duty cycle


def test_low_is_steady():
    assert all(flash_lit(Priority.LOW, ms * MS) for ms in range(0, 10_000, 7))


def test_phase_depends_on_time_alone():
    times = [t * 37 * MS for t in range(300)]
    forward = [flash_lit(Priority.HIGH, t) for t in times]
    backward = [flash_lit(Priority.HIGH, t) for t in reversed(times)]
    assert forward == backward[::-1]


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_words_of_the_bar_are_readable_in_both_halves_of_a_flash():
    for look in ALARM_LOOKS.values():
        assert contrast(*look.lit) >= 5
        assert contrast(*look.unlit) >= 5
    assert contrast(BLIND, TEXT) >= 5


def test_priorities_differ_without_colour():
    high, medium, low = (ALARM_LOOKS[p] for p in (Priority.HIGH, Priority.MEDIUM, Priority.LOW))
    assert len({look.shape for look in (high, medium, low)}) == 3
    assert len({look.word for look in (high, medium, low)}) == 3
    assert contrast(high.lit[0], medium.lit[0]) >= 2
    assert contrast(high.line, medium.line) >= 1.5


def test_a_unit_is_a_1080th_of_a_wide_screen():
    assert unit_for(1920, 1080) == 1.0
    assert unit_for(1280, 720) == pytest.approx(2 / 3)
    assert unit_for(1024, 768) == pytest.approx(1024 / 1920)
