"""Each disturbance does what it says, the same each time, and nothing where it is not asked for."""

import hashlib
from dataclasses import replace
from functools import lru_cache

import cv2
import numpy as np
import pytest

from monitor.errors import InputError
from recordings.simulated.dicom_run import run_header
from recordings.simulated.disturbances import (
    BowelGas,
    BrightnessDrift,
    BrightnessStep,
    BurnedInText,
    CannulaAbsent,
    CircularField,
    Clamp,
    Collimation,
    Hand,
    HeldImage,
    Jerk,
    KvpStep,
    NeedleMove,
    Repeats,
    TableMove,
    VideoNoise,
    as_rows,
)
from recordings.simulated.marks import plan_of
from recordings.simulated.render import Renderer
from recordings.simulated.scene import build_scene
from recordings.simulated.settings import SimulationSettings
from recordings.simulated.truth import Truth

STILL = SimulationSettings(size=128, mm_per_px=0.9, breathing_mm=0.0, rotation_deg=0.0, duration_s=12.0)
EVERY = (
    Jerk(2.0, 5.0),
    TableMove(2.0, 10.0),
    Hand(2.0, 2.0),
    Clamp(2.0, 2.0, "left"),
    BowelGas(2.0, 3.0, (-40.0, 0.0), (0.0, 0.0)),
    KvpStep(2.0, 60.0),
    BrightnessStep(2.0, 0.5),
    BrightnessDrift(2.0, 4.0, 2.0),
    Collimation(2.0, 10.0, 20.0, 15.0, 5.0),
    CircularField(50.0),
    HeldImage(2.0, 1.5),
    Repeats(7.5),
    VideoNoise(0.01),
    BurnedInText(),
    NeedleMove(2.0, 5.0, 3.0),
    CannulaAbsent(),
)
WHOLE_RUN = (BowelGas, CircularField, Repeats, VideoNoise, BurnedInText, CannulaAbsent)


@lru_cache(maxsize=8)
def _renderer(*disturbances, name="quiet", **changes):
    return Renderer(build_scene(name, replace(STILL, disturbances=disturbances, **changes)))


def _log_change(renderer, plain, frame):
    """What a disturbance adds to the log-attenuation of a frame, without noise."""
    return np.log(plain.intensity(frame)) - np.log(renderer.intensity(frame))


def _marked_shift_px(before, after):
    """Shift of the picture of bone between two noise-free frames."""
    window = np.outer(np.hanning(128), np.hanning(128))
    (x, y), _ = cv2.phaseCorrelate(np.log(before).astype(float), np.log(after).astype(float), window)
    return x, y


@pytest.mark.parametrize("disturbance", EVERY, ids=lambda d: type(d).__name__)
def test_it_shows_when_it_happens_and_not_before(disturbance):
    plain, renderer, again = _renderer(), _renderer(disturbance), _renderer.__wrapped__(disturbance)
    before, during = 15, 42
    assert np.array_equal(renderer.pixels(before), plain.pixels(before)) == (
        not isinstance(disturbance, WHOLE_RUN)
    )
    assert not np.array_equal(renderer.pixels(during), plain.pixels(during))
    # in another order, from another renderer: the same bytes
    assert np.array_equal(again.pixels(during), renderer.pixels(during))
    assert np.array_equal(again.pixels(before), renderer.pixels(before))


def test_without_disturbances_nothing_is_touched():
    scene = build_scene("clean", STILL)
    renderer = Renderer(scene)
    assert renderer.open_field(3.0) is scene.collimator
    assert np.array_equal(renderer.pixels(9), renderer.detector.store(renderer._lagged(9)))
    assert [scene.timeline.exposure(f) for f in range(50)] == list(range(50))
    assert "disturbances" not in repr(scene.settings)


def test_names_of_runs_tell_disturbances_apart():
    plain, disturbed, other = (
        str(run_header(build_scene("quiet", replace(STILL, disturbances=d)), 3).SOPInstanceUID)
        for d in ((), (Jerk(2.0, 5.0),), (Jerk(2.0, 6.0),))
    )
    assert len({plain, disturbed, other}) == 3


def test_a_jerk_comes_back_in_part_and_the_table_stays():
    jerked = _renderer(Jerk(2.0, 6.0, (1.0, 0.0)))
    first, peak, rest = (jerked.intensity(f) for f in (28, 33, 90))
    assert _marked_shift_px(first, peak)[0] * 0.9 == pytest.approx(6.0, abs=0.8)
    assert _marked_shift_px(first, rest)[0] * 0.9 == pytest.approx(3.6, abs=0.6)
    scene = build_scene("quiet", replace(STILL, disturbances=(TableMove(2.0, 10.0, 1.0, (0.0, -1.0)),)))
    shift = Truth(scene).truth_at(60).levels[0].shift_px
    assert shift == pytest.approx((0.0, -10.0 / 0.9))
    moved = Renderer(scene)
    assert _marked_shift_px(moved.intensity(20), moved.intensity(60))[1] == pytest.approx(-11.1, abs=1.2)


@pytest.mark.parametrize("side", ["left", "right", "top", "bottom"])
def test_a_hand_comes_in_from_its_side_dims_and_goes(side):
    hand = _renderer(Hand(2.0, 2.0, side, reach_mm=40.0), scatter_to_primary=0.0)
    plain = _renderer(scatter_to_primary=0.0)
    added = _log_change(hand, plain, 45)
    edges = {"left": added[:, :22], "right": added[:, -22:], "top": added[:22], "bottom": added[-22:]}
    means = {name: float(np.abs(edge).mean()) for name, edge in edges.items()}
    assert max(means, key=means.get) == side
    assert 0.15 < np.percentile(added, 99.5) < 1.0
    assert added.min() > -1e-5  # it only takes away
    assert np.array_equal(hand.intensity(75), plain.intensity(75))
    # it reaches 40 mm in, give or take the waver, and no further
    opposite = {"left": added[:, 52:], "right": added[:, :-52], "top": added[52:], "bottom": added[:-52]}
    assert float(np.abs(opposite[side]).max()) < 0.02


def test_a_hand_is_faster_than_twenty_mm_a_second():
    scene = build_scene("quiet", replace(STILL, disturbances=(Hand(2.0, 2.0, "left", 60.0),)))
    hand, plain = Renderer(scene), _renderer()
    reach = []
    for frame in (31, 32):
        seen = np.flatnonzero((_log_change(hand, plain, frame) > 0.1).any(axis=0))
        reach.append(seen.max() * 0.9)
    assert (reach[1] - reach[0]) * 15 > 100


def test_a_clamp_is_steel_and_hides_what_is_behind_it():
    clamp = _renderer(Clamp(2.0, 2.0, "left", 70.0), scatter_to_primary=0.0)
    plain = _renderer(scatter_to_primary=0.0)
    assert clamp.steel_mm(3.0).sum() > plain.steel_mm(3.0).sum() + 50
    assert np.array_equal(clamp.steel_mm(1.0), plain.steel_mm(1.0))
    assert _log_change(clamp, plain, 45).max() > 0.6


def test_gas_moves_and_what_it_leaves_gets_darker():
    gas = _renderer(BowelGas(2.0, 4.0, (-20.0, 0.0), (20.0, 0.0), 8.0, 0.25), scatter_to_primary=0.0)
    plain = _renderer(scatter_to_primary=0.0)
    first, last = (_log_change(gas, plain, f) for f in (0, 150))
    left, right = np.s_[60:68, 38:46], np.s_[60:68, 82:90]
    # the mean of the first frame is what intensities are told in: differences only
    assert first[left].mean() - first[right].mean() == pytest.approx(-0.25, abs=0.05)
    assert last[left].mean() - last[right].mean() == pytest.approx(0.25, abs=0.05)
    change = np.log(gas.intensity(0)) - np.log(gas.intensity(150))
    assert change[left].mean() == pytest.approx(0.25, abs=0.05)


def test_a_lower_voltage_has_more_contrast():
    step = _renderer(KvpStep(2.0, 60.0, signal=1.3))
    before, after = np.log(step.intensity(10)), np.log(step.intensity(45))
    field = np.s_[20:108, 20:108]
    assert after[field].std() > 1.05 * before[field].std()
    signal = _renderer(KvpStep(2.0, 80.0, signal=1.3))
    assert np.allclose(signal.intensity(45), 1.3 * signal.intensity(10), rtol=1e-5)


def test_dose_steps_and_drifts():
    step, drift = _renderer(BrightnessStep(2.0, 0.5)), _renderer(BrightnessDrift(2.0, 4.0, 2.0))
    assert np.allclose(step.intensity(45), 0.5 * step.intensity(10), rtol=1e-5)
    ratios = [float(drift.intensity(f).mean() / drift.intensity(0).mean()) for f in (29, 60, 90, 150)]
    assert ratios == pytest.approx([1.0, 2**0.5, 2.0, 2.0], rel=1e-4)
    # fewer quanta, more relative noise
    noise = [np.diff(np.log(step.pixels(f)[40:90, 30:90].astype(float))).std() for f in (10, 45)]
    assert noise[1] > 1.2 * noise[0]


def test_blades_close_where_they_are_told_to():
    renderer = _renderer(Collimation(2.0, 10.0, 30.0, 20.0, 5.0), Collimation(5.0, 0.0, 0.0, 0.0, 0.0))
    closed = renderer.open_field(3.0)
    columns, rows = (np.flatnonzero((closed > 0.5).any(axis=axis)) for axis in (0, 1))
    assert (columns.min() * 0.9, 115.2 - columns.max() * 0.9) == pytest.approx((10.0, 30.0), abs=1.5)
    assert (rows.min() * 0.9, 115.2 - rows.max() * 0.9) == pytest.approx((20.0, 5.0), abs=1.5)
    halfway = renderer.open_field(2.15)
    assert closed.sum() < halfway.sum() < renderer.open_field(1.0).sum()
    assert np.array_equal(renderer.open_field(6.0), renderer.open_field(1.0))


def test_the_round_field_is_black_outside():
    seen = _renderer(CircularField(45.0)).pixels(20)
    axis = np.arange(128) - 63.5
    away_mm = np.hypot(axis[None, :], axis[:, None]) * 0.9
    assert seen[away_mm > 46.5].max() == 0
    assert seen[away_mm < 43].min() > 0


def test_a_held_image_stays_while_the_patient_moves_on():
    scene = build_scene(
        "quiet", replace(STILL, breathing_mm=4.0, disturbances=(HeldImage(2.0, 1.5), Jerk(2.5, 5.0)))
    )
    renderer, truth = Renderer(scene), Truth(scene)
    held = renderer.pixels(30)
    assert all(np.array_equal(renderer.pixels(f), held) for f in range(31, 53))
    assert not np.array_equal(renderer.pixels(53), held)
    assert not np.array_equal(renderer.pixels(29), held)
    # truth is of what is shown
    assert truth.truth_at(50).levels[0].shift_px == truth.truth_at(30).levels[0].shift_px
    assert truth.truth_at(53).levels[0].shift_px != truth.truth_at(30).levels[0].shift_px


@pytest.mark.parametrize("past", [0.0, 0.6])
def test_slow_pulses_repeat_in_fast_video(past):
    renderer = _renderer(Repeats(7.5), frame_rate_hz=30.0, recursive_filter=past, breathing_mm=3.0)
    frames = [renderer.pixels(f) for f in range(24)]
    same = [np.array_equal(a, b) for a, b in zip(frames[1:], frames[:-1], strict=True)]
    assert same == [(f % 4) != 0 for f in range(1, 24)]
    slow = _renderer(frame_rate_hz=7.5, recursive_filter=past, breathing_mm=3.0)
    assert np.array_equal(frames[20], slow.pixels(5))


def test_video_noise_makes_repeats_differ_a_little():
    renderer = _renderer(Repeats(7.5), VideoNoise(0.004), frame_rate_hz=15.0)
    a, b, c = (renderer.pixels(f).astype(float)[30:100, 30:100] for f in (10, 11, 12))
    assert (b - a).std() == pytest.approx(2**0.5 * 0.004 * 4095, rel=0.1)
    assert (c - b).std() > 2 * (b - a).std()


def test_the_clock_runs_and_the_text_stays():
    renderer = _renderer(BurnedInText("SIMULATED"), HeldImage(3.0, 5.0), size=256, mm_per_px=0.45)
    plain = _renderer(HeldImage(3.0, 5.0), size=256, mm_per_px=0.45)
    early, late = renderer.pixels(60), renderer.pixels(105)
    ink = early != plain.pixels(60)
    rows, columns = np.nonzero(ink)
    assert rows.max() < 0.15 * 256
    assert columns.max() < 0.35 * 256
    assert early.max() == 4095
    # the image is held, the clock goes on; so it does not change within a second
    changed = np.nonzero(early != late)
    assert 5 < len(changed[0]) < 200
    assert changed[0].min() > 0.05 * 256
    assert np.array_equal(renderer.pixels(61), early)


def test_the_cannula_is_drawn_back_turned_or_not_there():
    moved, absent, plain = _renderer(NeedleMove(2.0, 10.0)), _renderer(CannulaAbsent()), _renderer()
    assert np.array_equal(moved.steel_mm(1.9), plain.steel_mm(1.9))
    gone = (plain.steel_mm(5.0) > 0.3) & ~(moved.steel_mm(5.0) > 0.3)
    assert gone.sum() * 0.9**2 == pytest.approx(10.0 * 3.0, rel=0.4)
    turned = _renderer(NeedleMove(2.0, 0.0, 4.0)).steel_mm(5.0)
    assert turned.sum() == pytest.approx(plain.steel_mm(5.0).sum(), rel=0.1)
    assert (turned > 0.3).sum() > 0.7 * (plain.steel_mm(5.0) > 0.3).sum()
    assert not np.array_equal(turned > 0.3, plain.steel_mm(5.0) > 0.3)
    assert absent.steel_mm(5.0).max() == 0
    scene = build_scene("clean", replace(STILL, disturbances=(CannulaAbsent(),)))
    assert plan_of(scene).views[0].levels[0].cannulas == ()
    assert Renderer(scene).cement_mm(11.0).sum() > 0


def test_a_thin_vein_is_thin_and_low_contrast_is_low():
    def cement(name, **changes):
        settings = SimulationSettings(size=256, mm_per_px=0.35, breathing_mm=0.0, **changes)
        return Renderer(build_scene(name, settings))

    scene = build_scene("thinvein", SimulationSettings(size=256, mm_per_px=0.35))
    level = scene.treated[0]
    plane = level.cement_mm(34.0, "vein").values
    thick = cv2.distanceTransform((plane > 0.3).astype(np.uint8), cv2.DIST_L2, 5).max() * 2 * 0.3
    assert thick < 2.4
    half, whole = (cement(name, scatter_to_primary=0.0) for name in ("lowcontrast", "canal"))
    assert np.array_equal(half.cement_mm(30.0), whole.cement_mm(30.0))
    where = whole.cement_mm(30.0) > 5
    added = [float((np.log(r.intensity(0)) - np.log(r.intensity(450)))[where].mean()) for r in (half, whole)]
    assert added[0] == pytest.approx(0.5 * added[1], rel=0.05)


def test_the_disturbed_procedure_holds_what_its_description_says():
    scene = build_scene("disturbed", SimulationSettings(size=96, disturbances=(CircularField(60.0),)))
    kinds = [row["kind"] for row in as_rows(scene.disturbances)]
    assert kinds == [
        "BurnedInText", "Jerk", "Hand", "TableMove", "BrightnessStep", "NeedleMove", "HeldImage",
        "CircularField",
    ]  # fmt: skip
    digest = hashlib.sha256(Renderer(scene).pixels(800).tobytes()).hexdigest()
    assert digest == hashlib.sha256(Renderer(scene).pixels(800).tobytes()).hexdigest()


@pytest.mark.parametrize(
    ("kind", "arguments", "named"),
    [
        (Jerk, (-1.0, 5.0), "at_s"),
        (Hand, (1.0, 1.0, "above"), "from_side"),
        (KvpStep, (1.0, 10.0), "kvp"),
        (BrightnessStep, (1.0, float("nan")), "factor"),
        (Repeats, (0.0,), "pulse_rate_hz"),
        (HeldImage, (1.0, 0.0), "seconds"),
        (CircularField, (1.0,), "radius_mm"),
    ],
)
def test_a_bad_disturbance_is_named(kind, arguments, named):
    with pytest.raises(InputError, match=named):
        kind(*arguments)
