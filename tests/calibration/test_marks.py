"""Cannulas, balls and rulers of known size: the width that is measured, and pictures that tell none."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from benchmarks.calibration.scale import attenuation_of
from calibration.gauges import OUTER_DIAMETER_MM, matching_gauges, nearest_gauge, outer_diameter_mm
from calibration.ruler import scale_from_ruler
from calibration.scale import ScaleEstimate
from calibration.shaft import scale_from_cannula
from calibration.sphere import scale_from_ball
from monitor.errors import CalibrationError
from recordings.simulated.phantom_scale import (
    Exposure,
    Tissue,
    Tube,
    ball_phantom,
    cannula_phantom,
    ruler_phantom,
)

CLEAR = Exposure(quanta=2500.0, scatter=0.8, blur_px=0.6)


def rng(seed: int = 3) -> np.random.Generator:
    return np.random.default_rng([seed, 4])


@settings(max_examples=8, deadline=None)
@given(
    width_px=st.floats(12, 24),
    angle_rad=st.floats(0, 6.2),
    content=st.sampled_from(["empty", "stylet", "cement"]),
    gauge=st.sampled_from(["8G", "11G", "13G"]),
)
@example(width_px=13.0, angle_rad=0.0, content="empty", gauge="8G").via("along the rows")
@example(width_px=12.1, angle_rad=math.pi / 2, content="empty", gauge="8G").via("along the columns")
def test_a_clear_cannula_is_measured_to_a_few_per_cent(
    width_px: float, angle_rad: float, content: str, gauge: str
) -> None:
    mm = outer_diameter_mm(gauge)
    tube = Tube(width_px=width_px, outer_mm=mm, content=content, angle_rad=angle_rad)  # type: ignore[arg-type]
    phantom = cannula_phantom(tube, CLEAR, Tissue(), rng())
    found = scale_from_cannula(attenuation_of(phantom), *phantom.points, mm, linear=True)
    assert found.width_px == pytest.approx(width_px, rel=0.04)
    assert abs(math.log(found.width_px / width_px)) < 3.5 * found.width_sd_px / found.width_px
    assert found.estimate.mm_per_px == pytest.approx(mm / found.width_px)
    assert found.estimate.relative_sd > 15 / 720, "its depth is not known"
    assert len(found.estimate.reasoning) == 2


@pytest.mark.parametrize("angle_rad", [0.0, 0.003, math.pi / 2], ids=["row", "nearly a row", "column"])
def test_the_axis_of_a_shaft_along_the_grid_is_found(angle_rad: float) -> None:
    # no piece of it shares its samples with another that is held at a slant: they cannot tell each other so
    tube = Tube(width_px=13.0, outer_mm=4.19, content="empty", angle_rad=angle_rad)
    phantom = cannula_phantom(tube, CLEAR, Tissue(), rng())
    found = scale_from_cannula(attenuation_of(phantom), *phantom.points, 4.19, linear=True)
    for end, true_end in zip(found.axis, phantom.points, strict=True):
        assert math.dist(end, true_end) < 0.1
    assert found.blur_px == pytest.approx(CLEAR.blur_px, abs=0.06)


def test_clicks_beside_the_axis_give_the_same_width() -> None:
    tube = Tube(width_px=16.0)
    phantom = cannula_phantom(tube, CLEAR, Tissue(), rng())
    image = attenuation_of(phantom)
    (x0, y0), (x1, y1) = phantom.points
    across = np.array([-(y1 - y0), x1 - x0]) / math.hypot(x1 - x0, y1 - y0)
    on = scale_from_cannula(image, (x0, y0), (x1, y1), 3.05, linear=True)
    off = scale_from_cannula(
        image,
        (x0 + 4 * across[0], y0 + 4 * across[1]),
        (x1 - 3 * across[0], y1 - 3 * across[1]),
        3.05,
        linear=True,
    )
    assert off.width_px == pytest.approx(on.width_px, rel=0.01)


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        ((-5.0, 10.0), (100.0, 100.0), "outside"),
        ((10.0, 10.0), (14.0, 12.0), "apart"),
        ((20.0, 200.0), (60.0, 225.0), "cannula"),
    ],
    ids=["outside", "too near", "nothing there"],
)
def test_where_there_is_no_cannula_none_is_measured(
    start: tuple[float, float], end: tuple[float, float], said: str
) -> None:
    phantom = cannula_phantom(Tube(width_px=14.0, angle_rad=0.0), CLEAR, Tissue(), rng())
    with pytest.raises(CalibrationError, match=said) as refused:
        scale_from_cannula(attenuation_of(phantom), start, end, 3.05)
    assert "\n" not in str(refused.value)


def test_a_saturated_cannula_is_refused() -> None:
    phantom = cannula_phantom(Tube(width_px=14.0), CLEAR, Tissue(), rng())
    image = attenuation_of(phantom)
    flat = np.minimum(image, np.float32(np.quantile(image, 0.5)))
    with pytest.raises(CalibrationError):
        scale_from_cannula(flat, *phantom.points, 3.05)


@pytest.mark.parametrize("diameter_px", [14.0, 22.5, 34.0])
def test_a_ball_is_measured(diameter_px: float) -> None:
    phantom = ball_phantom(diameter_px, 10.0, CLEAR, Tissue(), rng())
    found = scale_from_ball(attenuation_of(phantom), phantom.points[0], 10.0, linear=True)
    assert found.diameter_px == pytest.approx(diameter_px, rel=0.03)
    assert math.dist(found.centre, phantom.points[0]) < 1.0


def test_what_is_no_ball_is_refused() -> None:
    phantom = ball_phantom(24.0, 10.0, CLEAR, Tissue(), rng(), squeezed=0.7)
    with pytest.raises(CalibrationError):
        scale_from_ball(attenuation_of(phantom), phantom.points[0], 10.0, linear=True)
    plain = ball_phantom(24.0, 10.0, CLEAR, Tissue(), rng())
    with pytest.raises(CalibrationError):
        scale_from_ball(attenuation_of(plain), (4.0, 4.0), 10.0, linear=True)


@pytest.mark.parametrize("missing", [(), (3,)])
def test_a_ruler_is_measured_also_with_a_mark_missing(missing: tuple[int, ...]) -> None:
    phantom = ruler_phantom(14.3, 11, CLEAR, Tissue(), rng(), missing=missing)
    found = scale_from_ruler(attenuation_of(phantom), *phantom.points, 10.0)
    assert found.pitch_px == pytest.approx(14.3, rel=0.004)
    assert found.missing == len(missing)
    assert found.estimate.mm_per_px == pytest.approx(10.0 / found.pitch_px)


def test_an_irregular_ruler_and_one_of_three_marks_are_refused() -> None:
    irregular = ruler_phantom(14.3, 11, CLEAR, Tissue(), rng(), jitter_px=3.0)
    with pytest.raises(CalibrationError):
        scale_from_ruler(attenuation_of(irregular), *irregular.points, 10.0)
    short = ruler_phantom(30.0, 3, CLEAR, Tissue(), rng())
    with pytest.raises(CalibrationError, match="marks"):
        scale_from_ruler(attenuation_of(short), *short.points, 10.0)


@pytest.mark.parametrize(
    ("text", "mm"), [("11G", 3.05), ("11 g", 3.05), ("13-gauge", 2.41), ("3.2", 3.2), ("3,2 mm", 3.2)]
)
def test_gauges_and_millimetres_are_read(text: str, mm: float) -> None:
    assert outer_diameter_mm(text) == mm


@pytest.mark.parametrize("text", ["", "99G", "wide", "-3", "0.1", "30 mm", "11H", "nan"])
def test_what_is_no_gauge_is_refused(text: str) -> None:
    with pytest.raises(CalibrationError):
        outer_diameter_mm(text)


def test_a_width_is_matched_with_the_gauges_that_it_may_be() -> None:
    for name, mm in OUTER_DIAMETER_MM.items():
        assert nearest_gauge(mm) == name
    sure = matching_gauges(3.05 / 0.2, 0.05, ScaleEstimate(0.2, 0.01, "header"))
    assert [name for name, _ in sure] == ["11G"]
    unsure = matching_gauges(3.05 / 0.2, 0.05, ScaleEstimate(0.2, 0.06, "header"))
    assert unsure[0][0] == "11G"
    assert {"10G", "12G"} <= {name for name, _ in unsure}
    assert matching_gauges(100.0, 0.1, ScaleEstimate(0.2, 0.01, "header")) == ()
