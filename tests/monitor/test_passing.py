"""What comes and goes is expected to come again; what stays is not."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.passing import Passing

SHAPE, MM, DT_S = (60, 70), 0.4, 1 / 15
BARE = np.ones(SHAPE, bool)


def watched(course: list[float], bare: np.ndarray = BARE, at: tuple[int, int] = (30, 35)) -> np.ndarray:
    """The most that has passed at each place, after an averaged residual at one place has run this course."""
    watch, most = Passing(SHAPE, MM), np.zeros(SHAPE, np.float32)
    for value in course:
        average = np.zeros(SHAPE, np.float32)
        average[at] = value
        passed = watch.look(average, bare, 0.02, DT_S)
        if passed is not None:
            most = np.maximum(most, passed)
    return most


def wave(seconds: float, height: float) -> list[float]:
    return [height * np.sin(np.pi * k * DT_S / seconds) for k in range(round(seconds / DT_S))]


def test_a_breath_that_comes_and_goes_is_learned_at_its_height() -> None:
    most = watched([*wave(2.0, 0.08), *[0.0] * 15])
    assert most[30, 35] == pytest.approx(0.08, rel=0.25)
    assert np.count_nonzero(most) == 1


@pytest.mark.parametrize(
    "course", [[0.1] * 120, [0.1 * min(1.0, k / 90) for k in range(120)]], ids=["jump", "ramp"]
)
def test_what_comes_and_stays_is_not_learned(course: list[float]) -> None:
    assert not watched(course).any()


def test_noise_is_not_learned() -> None:
    assert not watched([0.015 * (-1) ** k for k in range(120)]).any()


def test_close_to_known_cement_nothing_is_learned() -> None:
    near, far = BARE.copy(), BARE.copy()
    near[30, 37] = False
    far[30, 45] = False
    course = [*wave(2.0, 0.08), *[0.0] * 15]
    assert not watched(course, near).any()
    assert watched(course, far).any()


def test_what_fades_over_many_seconds_is_hardly_learned() -> None:
    fading = [0.1 * np.exp(-k * DT_S / 20) for k in range(round(40 / DT_S))]
    assert watched([*fading, *[0.0] * 15]).max() < 0.03
