"""Heights and angles of a body whose measures are known."""

from __future__ import annotations

import math

import pytest

from calibration.planning.morphometry import measured
from calibration.planning.outline import drawn_outline
from monitor.plan import Point, Scale

_SCALE = Scale(0.5, 0.03, "test")


def _handles(
    anterior_px: float, middle_px: float, posterior_px: float, mirrored: bool = False
) -> tuple[Point, ...]:
    x = (180.0, 100.0) if mirrored else (100.0, 180.0)
    corners = (
        (x[0], 100 - anterior_px / 2), (x[1], 100 - posterior_px / 2),
        (x[1], 100 + posterior_px / 2), (x[0], 100 + anterior_px / 2),
    )  # fmt: skip
    middles = ((140.0, 100 - middle_px / 2), (140.0, 100 + middle_px / 2), None, None)
    return drawn_outline((*corners, *middles)).handles


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_wedge(mirrored: bool) -> None:
    found = measured(_handles(30, 45, 60, mirrored), _SCALE)
    assert (found.anterior_mm, found.middle_mm, found.posterior_mm) == pytest.approx((15, 22.5, 30))
    assert found.wedge_deg == pytest.approx(2 * math.degrees(math.atan2(15, 80)))
    assert found.words == "wedge, severe"
    assert found.anterior_to_posterior == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("heights", "words"),
    [
        ((60, 60, 60), ""), ((50, 56, 60), ""),
        ((47, 55, 60), "wedge, mild"), ((47.9, 47.5, 60), "wedge, mild"), ((44, 52, 60), "wedge, moderate"),
        ((60, 42, 60), "biconcave, moderate"), ((60, 50, 34), "crush, severe"),
    ],
)  # fmt: skip
def test_words_for_what_is_lost(heights: tuple[float, float, float], words: str) -> None:
    assert measured(_handles(*heights), _SCALE).words == words


def test_without_a_scale_there_are_ratios_and_angles_and_no_lengths() -> None:
    found = measured(_handles(45, 50, 60), None)
    assert found.anterior_mm is found.middle_mm is found.posterior_mm is found.height_sd_mm is None
    assert found.anterior_to_posterior == pytest.approx(0.75)


def test_an_unsure_scale_makes_heights_unsure() -> None:
    sure = measured(_handles(60, 60, 60), Scale(0.5, 0.01, "test"))
    unsure = measured(_handles(60, 60, 60), Scale(0.5, 0.10, "test"))
    assert sure.height_sd_mm is not None
    assert unsure.height_sd_mm is not None
    assert unsure.height_sd_mm == pytest.approx(3.04, abs=0.05)
    assert sure.height_sd_mm < 0.7
