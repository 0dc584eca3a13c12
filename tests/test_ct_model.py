"""The CT forward model: true to its own truth, and the same for the same seed."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("nibabel", reason="nibabel is not installed")
pytest.importorskip("skimage", reason="scikit-image is not installed")

from benchmarks.ct_model import CtMissingError, CtProcedure, ct_procedure, physics
from benchmarks.ct_model.motion import breathing
from benchmarks.procedure import CEMENT_AT_MM
from monitor.frame import PixelIntensityRelationship
from monitor.plan import check_fits, parse_plan, plan_to_json

CT = Path(__file__).resolve().parents[2] / "shared" / "realdata" / "ct_lumbar"
needs_ct = pytest.mark.skipif(not (CT / "example_ct.nii.gz").is_file(), reason=f"no lumbar CT in {CT}")
SHORT = {"size": 256, "duration_s": 22.0, "inject_at_s": 3.0, "rate_ml_s": 0.06, "frame_rate_hz": 7.5}
SEED = 4  # one patient for most tests: it is kept between procedures


def short(scenario: str, **settings: object) -> CtProcedure:
    return ct_procedure(scenario, SEED, **{**SHORT, **settings})


@pytest.fixture(scope="module")
def canal() -> CtProcedure:
    return short("canal")


def test_a_missing_ct_is_named(tmp_path):
    with pytest.raises(CtMissingError, match=r"example_ct\.nii\.gz: no such file"):
        ct_procedure("clean", 1, folder=tmp_path)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"scenario": "spill"}, "scenario: 'spill'"),
        ({"dose": 3}, "dose: no such setting"),
        ({"kvp": 300}, "kvp: 300 is not from"),
        ({"level": "T9"}, "level: 'T9'"),
        ({"pulse_rate_hz": 30.0}, "pulse_rate_hz: 30 is not from"),
    ],
)
def test_bad_settings_are_named(given, message):
    scenario = given.pop("scenario", "clean")
    with pytest.raises(ValueError, match=message):
        ct_procedure(scenario, 1, **given)


@pytest.mark.parametrize(
    ("kvp", "cement", "per_mm"),
    [
        (60, "BaSO4 20 %", 0.239),
        (80, "BaSO4 20 %", 0.156),
        (80, "BaSO4 10 %", 0.074),
        (80, "ZrO2 30 %", 0.147),
    ],
)
def test_attenuation_agrees_with_published_figures(kvp, cement, per_mm):
    # those figures are for 24 cm of water and thin cement; ours stands behind a thicker patient
    assert physics.make_beam(kvp, cement).effective_cement_per_mm(24.0, 2.0) == pytest.approx(
        per_mm, rel=0.08
    )


def test_six_bins_do_for_a_fine_spectrum():
    beam = physics.make_beam(80, "BaSO4 20 %")
    flat = np.full((1, 1), 30, np.float32)
    zero = np.zeros_like(flat)
    values = [
        float(physics.primary(beam, flat, zero, np.full_like(flat, t), zero)[0, 0]) for t in (0, 1, 5, 10, 20)
    ]
    logs = -np.log(np.array(values) / values[0])
    per_mm = logs[1:] / np.array([1, 5, 10, 20])
    assert (np.diff(per_mm) < 0).all()  # the beam hardens
    assert 0.70 < per_mm[-1] / per_mm[0] < 0.95


def test_counts_have_the_mean_and_variance_of_poisson():
    random = np.random.default_rng(0)
    for mean in (3.0, 20.0, 150.0):
        counts = physics.count(np.full((400, 400), mean, np.float32), random)
        assert counts.mean() == pytest.approx(mean, rel=0.01)
        assert counts.var() == pytest.approx(mean, rel=0.03)


def test_memory_weights_are_those_of_lag_and_filter():
    assert physics.memory_weights(0.0, 0.0) == pytest.approx([1.0])
    weights = physics.memory_weights(0.0, 0.5)
    assert weights[:4] == pytest.approx([0.5, 0.25, 0.125, 0.0625], rel=0.01)
    assert weights.sum() == pytest.approx(1)


def test_no_two_breaths_are_alike():
    times = np.arange(0, 120, 0.05)
    course = breathing(times, np.random.default_rng(3))
    inside = course[1:-1]
    tops = np.flatnonzero((inside > course[:-2]) & (inside >= course[2:]) & (inside > 0.4))
    periods = np.diff(times[tops + 1])
    assert 15 < len(periods) < 60
    assert periods.std() / periods.mean() > 0.05
    assert np.std(inside[tops]) > 0.05


@needs_ct
def test_same_seed_same_pixels_in_any_order(canal):
    again = short("canal", recursive_filter=0.0)
    late = canal.pixels(60)
    early = canal.pixels(5)
    assert np.array_equal(again.pixels(5), early)
    for frame in (58, 59):
        again.pixels(frame)
    assert np.array_equal(again.pixels(60), late)
    assert not np.array_equal(canal.pixels(61), late)
    assert late.dtype == np.uint16
    assert not late.flags.writeable


@needs_ct
def test_the_plan_is_one_that_fits(canal):
    plan = parse_plan(plan_to_json(canal.plan), "plan")
    view = plan.views[0]
    check_fits(view, canal.info.rows, canal.info.columns)
    level = view.levels[0]
    assert level.name in {"L1", "L2", "L3", "L4"}
    body = np.array(level.body)
    depth_mm = abs(np.mean(level.posterior_wall, axis=0) - np.mean(level.anterior_wall, axis=0))
    assert 24 < np.hypot(*depth_mm) * view.scale.mm_per_px < 45
    assert np.array(level.superior_endplate)[:, 1].mean() < body[:, 1].mean()
    assert len(level.cannulas) == 1
    only_body = short("canal", marks="body", click_error_mm=1.0).plan.views[0].levels[0]
    assert only_body.posterior_wall is None
    assert not only_body.cannulas
    assert 0.2 < np.abs(np.array(only_body.body) - body).mean() * view.scale.mm_per_px < 2


@needs_ct
def test_the_picture_shows_the_bone_where_it_is_marked(canal):
    """Endplates and walls are darker than what lies 2.5 mm on either side."""
    level = canal.plan.views[0].levels[0]
    clear = np.log(np.mean([canal.pixels(k).astype(float) for k in range(14)], axis=0))
    centre = np.mean(level.body, axis=0)
    step_px = 2.5 / canal.plan.views[0].scale.mm_per_px
    dips = []
    for name in ("superior_endplate", "inferior_endplate"):
        line = np.array(level.wall(name))
        for p in line[1:-1]:
            away = (p - centre) / np.hypot(*(p - centre))
            across = [p + d * away for d in np.linspace(-step_px, step_px, 9)]
            values = [clear[round(y), round(x)] for x, y in across]
            dips.append(0.5 * (values[0] + values[-1]) - min(values[2:-2]))
    assert np.mean(dips) > 0.02


@needs_ct
def test_nothing_before_the_injection_and_all_of_it_after(canal):
    before = int(canal.inject_at_s * 7.5) - 1
    scene = canal.scene(before)
    assert not scene.mask.any()
    assert scene.levels[0].volume_ml == 0
    assert set(scene.levels[0].distances_mm.values()) == {None}
    last = canal.frame_count - 1
    assert canal.injected_ml(last) > 0.7
    for frame in (last // 2, last):
        assert canal.scene(frame).levels[0].volume_ml == pytest.approx(
            canal.injected_ml(frame), rel=0.02, abs=0.01
        )


@needs_ct
def test_thickness_in_the_frame_adds_up_to_the_volume(canal):
    scale = canal.plan.views[0].scale.mm_per_px
    scene = canal.scene(canal.frame_count - 1)
    projected_ml = float(scene.thickness_mm.sum()) * scale**2 / 1000
    assert projected_ml == pytest.approx(scene.levels[0].volume_ml, rel=0.02)


@needs_ct
def test_added_attenuation_follows_the_thickness():
    """Without scatter and noise, ln(before / after) is the cement's, where only cement was added."""
    quiet = {"scatter": 0.0, "breathing_mm": 0.0, "dose_ngy": 1e4, "electronic_quanta": 0.0}
    p = short("clean", brightness_control=False, lag=0.0, **quiet)
    scene = p.scene(p.frame_count - 1)
    there = scene.thickness_mm > 4
    y, x = np.nonzero(there)
    tip = np.array(p.plan.views[0].levels[0].cannulas[0].path[1])
    hub = np.array(p.plan.views[0].levels[0].cannulas[0].path[0])
    way = (hub - tip) / np.hypot(*(hub - tip))
    off = np.abs((x - tip[0]) * way[1] - (y - tip[1]) * way[0]) * p.plan.views[0].scale.mm_per_px > 3
    y, x = y[off], x[off]
    assert len(x) > 20
    before = np.mean([p.pixels(k)[y, x].astype(float) for k in range(6)], axis=0)
    after = np.mean([p.pixels(p.frame_count - 1 - k)[y, x].astype(float) for k in range(2)], axis=0)
    per_mm = np.log(before / after) / scene.thickness_mm[y, x]
    assert np.median(per_mm) == pytest.approx(0.145, abs=0.025)


@needs_ct
@pytest.mark.parametrize("scenario", ["canal", "disc", "vein", "paravertebral", "embolus"])
def test_a_leak_is_there_before_it_is_seen(scenario):
    p = short(scenario)
    (leak,) = p.leaks
    assert leak.leak_class.startswith(scenario)
    assert p.inject_at_s < leak.present_s < p.time_s(p.frame_count - 1)
    assert leak.visible_s is None or leak.visible_s >= leak.present_s
    if leak.visible_s is None:
        return
    frame = min(p.frame_count - 1, round(leak.visible_s * 7.5) + 1)
    scene = p.scene(frame)
    body = np.array(p.plan.views[0].levels[0].body) + np.array(scene.levels[0].shift_px)
    low, high = body.min(axis=0), body.max(axis=0)
    ys, xs = np.nonzero(scene.thickness_mm >= CEMENT_AT_MM)
    assert len(xs)
    distances = scene.levels[0].distances_mm
    if scenario == "canal":
        assert distances["posterior_wall"] < 0
    if scenario == "disc":
        assert distances[leak.leak_class.replace("disc_", "") + "_endplate"] < 0
    if scenario == "embolus":
        assert leak.gone_s is None or leak.gone_s > leak.visible_s
        assert ((xs < low[0]) | (xs > high[0]) | (ys < low[1]) | (ys > high[1])).any() or distances[
            "vein"
        ] == 0
    if scenario in {"vein", "embolus"}:
        assert distances["vein"] == 0


@needs_ct
def test_clean_and_quiet_do_not_leak():
    assert short("clean").leaks == ()
    last = short("clean").scene(int(SHORT["duration_s"] * 7.5) - 1).levels[0]
    assert min(d for d in last.distances_mm.values() if d is not None) > -0.3
    quiet = short("quiet")
    assert quiet.leaks == ()
    assert not quiet.scene(quiet.frame_count - 1).mask.any()


@needs_ct
def test_a_jerk_moves_the_spine_by_its_size():
    p = short("motion", jerk=(5.0, 12.0), breathing_mm=0.0)
    scale = p.plan.views[0].scale.mm_per_px
    before, after = (np.array(p.scene(round(t * 7.5)).levels[0].shift_px) * scale for t in (11.5, 16.0))
    assert np.hypot(*(after - before)) == pytest.approx(5.0, abs=0.3)


@needs_ct
def test_repeats_polarity_display_and_field():
    p = short(
        "clean",
        pulse_rate_hz=3.75,
        intensity="DISP",
        inverted=True,
        collimator="circle",
        kvp_step=(8.0, 10.0),
    )
    info = p.info
    assert info.intensity.relationship is PixelIntensityRelationship.DISP
    assert not info.intensity.bright_is_radiolucent
    assert p.pixels(10).dtype == np.uint8
    assert np.array_equal(p.pixels(10), p.pixels(11))
    assert not np.array_equal(p.pixels(11), p.pixels(12))
    assert p.pixels(10)[0, 0] == 0
    plain = short("clean", intensity="DISP")
    middle = (slice(100, 156), slice(100, 156))
    assert np.corrcoef(p.pixels(10)[middle].ravel(), plain.pixels(10)[middle].ravel())[0, 1] < -0.2


@needs_ct
def test_the_other_projection_sees_no_walls():
    p = short("disc", projection="ap")
    level = p.plan.views[0].levels[0]
    assert p.plan.views[0].projection == "ap"
    assert level.posterior_wall is None
    last = p.scene(p.frame_count - 1).levels[0].distances_mm
    assert last["posterior_wall"] is None
    assert last["superior_endplate"] is not None
