from __future__ import annotations

import json
import math
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.beads import FoundBeads, find_beads
from calibration.distortion import DistortionModel
from calibration.distortion_fit import fit_distortion
from calibration.hull import clamped, hull_of, inside
from calibration.lattice import Lattice
from calibration.pictures import marked_picture
from calibration.straightness import straight_wire, trace_wire
from calibration.undistorted_plan import level_factors, level_views
from monitor.errors import CalibrationError
from monitor.plan import ImageSize, Level, Scale, View
from recordings.simulated.phantom_grid import Intensifier, Mapping, Plate, picture

TUBE = Intensifier(rows=768, columns=768, field_mm=230.0, sigmoid_deg=40.0)
PLATE = Plate(turn_deg=12.0, missing=((2, 3),), doubled=((1.5, -2.0),))


@lru_cache(maxsize=1)
def calibrated() -> tuple[DistortionModel, Mapping, FoundBeads]:
    pixels, truth = picture(PLATE, TUBE, 11)
    found = find_beads(pixels, Lattice(10.0))
    return fit_distortion(found, field_mm=230.0), truth, found


def exact_beads(truth: Mapping, rows: int, columns: int, noise_px: float = 0.0) -> FoundBeads:
    """Beads where they truly are, without a picture."""
    i, j = np.meshgrid(np.arange(-30, 31), np.arange(-30, 31))
    indices = np.stack([i.ravel(), j.ravel()], axis=1)
    indices = indices[np.hypot(*(indices * 10.0).T) < 160]
    points = truth.lattice_px(indices)
    points = points + noise_px * np.random.default_rng(3).standard_normal(points.shape)
    radius = 0.48 * min(rows, columns)
    within = np.hypot(*(points - [(columns - 1) / 2, (rows - 1) / 2]).T) < radius
    return FoundBeads(points[within], indices[within], Lattice(10.0), 30.0, 2.0, 0, rows, columns, dark=True)


def between(model: DistortionModel, n: int = 3000) -> np.ndarray:
    hull = np.array(model.hull_px)
    points = np.random.default_rng(8).uniform(hull.min(axis=0), hull.max(axis=0), (n, 2))
    return points[model.covers(points)]


def length_errors(model: DistortionModel, truth: Mapping) -> np.ndarray:
    """Errors of the lengths of straight connections across the whole field (mm)."""
    points = between(model)
    undistorted = model.undistort_points(points) * model.mm_per_px
    plate = truth.frame_to_plate(points)
    n = len(points) // 2
    true = np.hypot(*(plate[:n] - plate[n : 2 * n]).T)
    got = np.hypot(*(undistorted[:n] - undistorted[n : 2 * n]).T)
    return np.abs(got - true)


def test_errors_between_the_beads_are_small() -> None:
    model, truth, _ = calibrated()
    raw = between(model)
    n = len(raw) // 2
    plate = truth.frame_to_plate(raw)
    before = np.abs(
        np.hypot(*(raw[:n] - raw[n : 2 * n]).T) * model.mm_per_px
        - np.hypot(*(plate[:n] - plate[n : 2 * n]).T)
    )
    assert before.max() > 5.0
    after = length_errors(model, truth)
    assert np.percentile(after, 95) < 0.15
    assert after.max() < 0.25


def test_the_stated_residual_is_honest() -> None:
    model, _, found = calibrated()
    residual = model.residual
    assert residual.marks + residual.dropped == len(found.points_px)
    assert 0 < residual.rms_mm < 0.15
    assert residual.rms_mm <= residual.max_mm < 0.6
    at_marks = np.hypot(*(model.to_plate_mm(found.points_px) - found.plate_mm).T)
    assert np.sqrt(np.nanmean(at_marks**2)) < 1.1 * residual.rms_mm


def test_the_middle_is_kept() -> None:
    model, truth, _ = calibrated()
    centre = np.array([model.centre_px])
    np.testing.assert_allclose(model.undistort_points(centre), centre, atol=1e-9)
    scale = model.local_scale(centre)
    assert scale.factor[0] == pytest.approx(1.0, abs=0.01)
    true = truth.frame_to_plate(centre + np.eye(2)) - truth.frame_to_plate(centre - np.eye(2))
    assert model.mm_per_px == pytest.approx(math.sqrt(abs(np.linalg.det(true))) / 2, rel=0.01)


def test_local_scale_is_that_of_the_truth() -> None:
    model, truth, _ = calibrated()
    points = between(model, 400)
    away = np.hypot(*(points - model.centre_px).T)
    points = points[(away > 20) & (away < 330)]
    scale = model.local_scale(points)
    along = (points - model.centre_px) / np.hypot(*(points - model.centre_px).T)[:, None]
    across = np.stack([-along[:, 1], along[:, 0]], axis=1)
    for direction, got in ((along, scale.along_mm_per_px), (across, scale.across_mm_per_px)):
        true = np.hypot(
            *(truth.frame_to_plate(points + direction) - truth.frame_to_plate(points - direction)).T
        )
        np.testing.assert_allclose(got, true / 2, rtol=0.01)
    assert np.all(scale.anisotropy >= 1)
    edge = model.local_scale(model.centre_px + np.array([[0.0, 330.0]]))
    assert edge.factor[0] < 0.93


def test_a_straight_line_is_straight_afterwards() -> None:
    model, truth, _ = calibrated()
    line = truth.plate_to_frame(np.column_stack([np.linspace(-60, 60, 100), np.full(100, 70.0)]))
    line = line[model.covers(line)]
    error = model.straight_line_error(line)
    assert error.before_max_mm > 0.5
    assert error.after_max_mm < 0.12
    assert error.after_rms_mm <= error.after_max_mm
    with pytest.raises(CalibrationError, match="3 points"):
        model.straight_line_error(line[:2])
    with pytest.raises(CalibrationError, match="beyond the beads"):
        model.straight_line_error(np.vstack([line, [[0.0, 0.0]]]))


def test_a_wire_is_traced_between_two_clicks() -> None:
    model, _, _ = calibrated()
    pixels, truth = picture(Plate(marks="wires", mark_mm=1.5, pitch_mm=55.0, turn_deg=4.0), TUBE, 5)
    ends = truth.lattice_px(np.array([[-0.9, 1.0], [0.9, 1.0]]))
    start, end = tuple(ends[0] + 0.8), tuple(ends[1] - 0.7)
    points = trace_wire(pixels, start, end, width_px=5.0)
    assert np.abs(truth.frame_to_plate(points)[:, 1] - 55.0).max() < 0.25
    error = straight_wire(pixels, model, start, end, width_px=5.0).error
    assert error.before_max_mm > 0.3
    assert error.after_max_mm < 0.25
    assert error.after_rms_mm < 0.5 * error.before_rms_mm
    with pytest.raises(CalibrationError, match="no straight wire"):
        trace_wire(pixels, (330.0, 330.0), (400.0, 420.0), width_px=5.0)
    with pytest.raises(CalibrationError, match="apart"):
        trace_wire(pixels, start, start, width_px=5.0)


@settings(max_examples=4, deadline=None)
@given(
    angle=st.floats(0, 2 * math.pi),
    radius=st.floats(0, 1),
    pincushion=st.floats(-0.05, 0.12),
    swirl=st.floats(-6, 6),
)
def test_there_and_back(angle: float, radius: float, pincushion: float, swirl: float) -> None:
    tube = replace(TUBE, pincushion=pincushion, swirl_deg=swirl)
    model = fit_distortion(exact_beads(Mapping(PLATE, tube), tube.rows, tube.columns, 0.05))
    reach = 340.0 * radius
    point = np.array([model.centre_px]) + reach * np.array([[math.cos(angle), math.sin(angle)]])
    if model.covers(point)[0]:
        back = model.distort_points(model.undistort_points(point))
        np.testing.assert_allclose(back, point, atol=1e-6)
    # and beyond the beads where that is asked for
    far = np.array([model.centre_px]) + 1.4 * reach * np.array([[math.cos(angle), math.sin(angle)]])
    back = model.distort_points(model.undistort_points(far, outside="continue"), outside="continue")
    np.testing.assert_allclose(back, far, atol=1e-5)


@settings(max_examples=4, deadline=None)
@given(swirl=st.floats(-5, 5), pincushion=st.floats(0, 0.1), sigmoid=st.floats(0, 0.015))
def test_exact_beads_give_all_but_the_exact_mapping(swirl: float, pincushion: float, sigmoid: float) -> None:
    tube = replace(TUBE, swirl_deg=swirl, pincushion=pincushion, sigmoid=sigmoid)
    truth = Mapping(PLATE, tube)
    model = fit_distortion(exact_beads(truth, tube.rows, tube.columns))
    assert length_errors(model, truth).max() < 0.05


@given(st.lists(st.tuples(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4)), max_size=30))
def test_nothing_is_extrapolated_silently(points: list[tuple[float, float]]) -> None:
    model, _, _ = calibrated()
    frame = np.array(points, np.float64).reshape(-1, 2)
    covered = model.covers(frame)
    undistorted = model.undistort_points(frame)
    np.testing.assert_array_equal(np.isfinite(undistorted).all(axis=1), covered)
    assert np.isfinite(model.undistort_points(frame, outside="continue")).all()
    np.testing.assert_array_equal(np.isfinite(model.local_scale(frame).factor), covered)
    np.testing.assert_array_equal(np.isfinite(model.to_plate_mm(frame)).all(axis=1), covered)


def test_no_distortion_stays_none() -> None:
    tube = replace(TUBE, pincushion=0.0, swirl_deg=0.0, sigmoid=0.0, shift=(0.0, 0.0))
    model = fit_distortion(exact_beads(Mapping(Plate(), tube), tube.rows, tube.columns, 0.02))
    points = between(model)
    assert model.order <= 3
    assert np.abs(model.undistort_points(points) - points).max() < 0.1


def test_a_model_survives_json() -> None:
    model, _, _ = calibrated()
    again = DistortionModel.from_dict(json.loads(json.dumps(model.to_dict())))
    assert again == model
    without_field = replace(model, field_mm=None)
    assert DistortionModel.from_dict(without_field.to_dict()) == without_field


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": "cementwatch.plan/1"}, "schema"),
        ({"colour": 1}, "no key 'colour'"),
        ({"rows": "many"}, "value that is none"),
        ({"rows": 0}, "value that is none"),
        ({"order": 4}, "order 4"),
        ({"order": 400}, "order 400"),
        ({"radius_px": -1.0}, "value that is none"),
        ({"radius_px": float("nan")}, "value that is none"),
        ({"hull_px": [[0, 0], [1, 1]]}, "three corners"),
        ({"hull_px": [[0, 0, 3]]}, "value that is none"),
        ({"centre_px": None}, "value that is none"),
        ({"residual": {}}, "lacks 'rms_mm'"),
    ],
)
def test_a_dict_that_is_no_model_is_refused(change: dict[str, object], message: str) -> None:
    model, _, _ = calibrated()
    with pytest.raises(CalibrationError, match=message):
        DistortionModel.from_dict(model.to_dict() | change)


def test_a_fold_is_refused() -> None:
    model, _, _ = calibrated()
    data = model.to_dict()
    data["coefficients_mm"] = [[-y, -x] for x, y in data["coefficients_mm"]]
    with pytest.raises(CalibrationError, match="folds"):
        DistortionModel.from_dict(data)


def test_another_format_is_refused() -> None:
    model, _, _ = calibrated()
    model.check_fits(768, 768)
    model.check_fits(768, 768, 230.0)
    with pytest.raises(CalibrationError, match=r"768 x 768 px, these have 1024 x 768"):
        model.check_fits(768, 1024)
    with pytest.raises(CalibrationError, match="field of 230 mm"):
        model.check_fits(768, 768, 170.0)


def test_beads_beside_the_middle_are_refused() -> None:
    beads = exact_beads(Mapping(PLATE, TUBE), 768, 768)
    left = beads.points_px[:, 0] < 350
    with pytest.raises(CalibrationError, match="do not surround the middle"):
        fit_distortion(replace(beads, points_px=beads.points_px[left], indices=beads.indices[left]))


def test_beads_in_disorder_are_refused() -> None:
    beads = exact_beads(Mapping(PLATE, TUBE), 768, 768)
    shuffled = np.random.default_rng(0).permutation(beads.indices)
    with pytest.raises(CalibrationError, match="no smooth distortion"):
        fit_distortion(replace(beads, indices=shuffled))


def test_gross_errors_of_a_few_beads_do_not_count() -> None:
    truth = Mapping(PLATE, TUBE)
    beads = exact_beads(truth, 768, 768, 0.05)
    points = beads.points_px.copy()
    points[::25] += 6.0
    model = fit_distortion(replace(beads, points_px=points))
    assert model.residual.dropped >= len(points[::25])
    assert length_errors(model, truth).max() < 0.15


def body(x: float, y: float, half: float = 40.0) -> Level:
    square = ((x - half, y - half), (x + half, y - half), (x + half, y + half), (x - half, y + half))
    return Level(name=f"at {x:g} {y:g}", body=square)


def test_each_level_has_the_scale_that_holds_there() -> None:
    model, truth, _ = calibrated()
    levels = (body(384, 384), body(384, 100), body(384, 630))
    view = View("lateral", "lateral", Scale(0.3, 0.05, "ruler"), levels, image=ImageSize(768, 768))
    factors = level_factors(view, model)
    assert factors["at 384 384"].factor == pytest.approx(1.0, abs=0.01)
    for level in levels:
        corners = np.array(level.body)
        plate = truth.frame_to_plate(corners)
        sides = np.hypot(*(plate - np.roll(plate, 1, axis=0)).T) / 80.0
        true = float(np.exp(np.log(sides).mean())) / model.mm_per_px
        found = factors[level.name]
        assert found.factor == pytest.approx(true, rel=0.01)
        assert found.anisotropy >= 1
        assert 0 < found.relative_sd < 0.1
    assert factors["at 384 100"].factor < 0.95
    views = level_views(view, model)
    there = views["at 384 100"]
    assert there.scale.mm_per_px == pytest.approx(0.3 * factors["at 384 100"].factor)
    assert there.scale.relative_uncertainty > 0.05
    assert there.levels == view.levels
    # a scale that was measured at the level itself holds at it
    own = level_factors(view, model, scale_holds_at=(384.0, 100.0))
    assert own["at 384 100"].factor == pytest.approx(1.0, abs=0.02)


def test_a_plan_that_the_model_does_not_fit_is_refused() -> None:
    model, _, _ = calibrated()
    view = View("ap", "ap", Scale(0.3), (body(384, 384),), image=ImageSize(512, 512))
    with pytest.raises(CalibrationError, match="768 x 768 px"):
        level_factors(view, model)
    outside = View("ap", "ap", Scale(0.3), (body(60, 60),))
    with pytest.raises(CalibrationError, match="do not reach the body"):
        level_factors(outside, model)
    with pytest.raises(CalibrationError, match="was measured where"):
        level_factors(View("ap", "ap", Scale(0.3), (body(384, 384),)), model, scale_holds_at=(0.0, 0.0))


def test_the_marked_picture_shows_what_the_model_misses() -> None:
    model, _, found = calibrated()
    pixels, _ = picture(PLATE, TUBE, 11)
    plain, with_model = marked_picture(pixels, found), marked_picture(pixels, found, model)
    assert np.any(plain != with_model)


@given(st.lists(st.tuples(st.floats(-50, 50), st.floats(-50, 50)), min_size=1, max_size=20))
def test_the_nearest_place_in_a_hull_lies_in_it(points: list[tuple[float, float]]) -> None:
    hull = hull_of(np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 8.0], [3.0, 12.0], [5.0, 5.0]]))
    assert len(hull) == 4
    given_points = np.array(points)
    nearest = clamped(given_points, hull)
    assert inside(nearest, hull).all()
    np.testing.assert_allclose(clamped(nearest, hull), nearest, atol=1e-5)
    within = inside(given_points, hull)
    np.testing.assert_array_equal(nearest[within], given_points[within])


@pytest.mark.parametrize("points", [[[0.0, 0.0]], [[0.0, 0.0], [1.0, 1.0], [2.0, 2.0], [3.0, 3.0]]])
def test_points_that_enclose_nothing_are_refused(points: list[list[float]]) -> None:
    with pytest.raises(CalibrationError, match="enclose nothing"):
        hull_of(np.array(points))
