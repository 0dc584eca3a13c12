"""The scoring on hand-made masks and alarms, and a small procedure through the whole evaluation."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.accuracy import QUICK_SETTINGS, Case, parse, quick, run_all
from benchmarks.comparison import BEHIND, compare
from benchmarks.figures import Figures, figures, volume_errors
from benchmarks.leak_scores import Event, false_alarms, leak_scores, verdict
from benchmarks.mask_scores import histogram_figures, score_mask
from benchmarks.models import build, own_settings
from benchmarks.must_show import NOT_MEASURED, WANTED, must_show, table_text
from benchmarks.peers import BackgroundModel, RandomWalker, Subtraction, mog2, otsu, without_specks
from benchmarks.procedure import LeakScene
from benchmarks.records import Record, append_record, read_records
from benchmarks.sweeps import SWEEPS, TEST_SEEDS, TUNE_SEEDS
from benchmarks.variations import body_only, clicked
from monitor.plan import as_array, plan_to_json
from monitor.result import Leak
from recordings.simulated.settings import SimulationSettings

MM = 0.35


def disc(radius_px: float, centre: tuple[float, float] = (100.0, 90.0)) -> np.ndarray:
    y, x = np.ogrid[:200, :200]
    return np.hypot(x - centre[0], y - centre[1]) <= radius_px


def test_a_perfect_mask() -> None:
    score = score_mask(disc(30), disc(30), MM)
    assert (score.dice, score.hd95_mm, score.false_mm2) == (1.0, 0.0, 0.0)
    mean, sd, p95 = histogram_figures(score.front)
    assert abs(mean) <= 0.05
    assert sd == 0
    assert p95 <= 0.05


@pytest.mark.parametrize("grown_px", [-6, 6])
def test_a_front_that_is_off_by_a_known_distance(grown_px: int) -> None:
    score = score_mask(disc(40 + grown_px), disc(40), MM)
    mean, _, p95 = histogram_figures(score.front)
    assert mean == pytest.approx(grown_px * MM, abs=0.12), "behind is negative"
    assert p95 == pytest.approx(abs(grown_px) * MM, abs=0.4)
    assert score.hd95_mm == pytest.approx(6 * MM, abs=0.4)
    small, large = sorted((40 + grown_px, 40))
    assert score.dice == pytest.approx(2 * small**2 / (small**2 + large**2), abs=0.01)


def test_hausdorff_agrees_with_the_definition_on_a_shifted_square() -> None:
    true = np.zeros((60, 60), bool)
    true[20:40, 20:40] = True
    found = np.roll(true, 4, axis=1)
    edge = [(y, x) for y in range(20, 40) for x in range(20, 40) if y in (20, 39) or x in (20, 39)]
    a = np.array(edge, float)
    b = a + np.array([0, 4])
    away = np.hypot(*(a[:, None] - b[None]).transpose(2, 0, 1))
    wanted = max(np.percentile(away.min(axis=0), 95), np.percentile(away.min(axis=1), 95))
    assert score_mask(found, true, 1.0).hd95_mm == pytest.approx(wanted, abs=1e-4)


def test_false_area_counts_what_is_far_from_any_cement() -> None:
    far = disc(5, (30.0, 30.0))
    near = disc(32)
    assert score_mask(disc(30) | far, disc(30), MM).false_mm2 == pytest.approx(far.sum() * MM**2)
    assert score_mask(near, disc(30), MM).false_mm2 == 0, "0.7 mm too far is an error of the front"


def test_empty_masks() -> None:
    nothing = np.zeros((200, 200), bool)
    assert score_mask(nothing, nothing, MM).dice == 1
    assert score_mask(nothing, nothing, MM).hd95_mm is None
    missed = score_mask(nothing, disc(30), MM)
    assert (missed.dice, missed.false_mm2) == (0, 0)
    assert missed.hd95_mm == pytest.approx(math.hypot(200, 200) * MM)
    invented = score_mask(disc(30), nothing, MM)
    assert invented.false_mm2 == pytest.approx(disc(30).sum() * MM**2)


def leak_shown(leak_class: str, area_mm2: float = 5.0, ambiguous_with: str | None = None) -> Leak:
    return Leak(leak_class, area_mm2, None, 0, False, (0.0, 0.0), ambiguous_with)


def raised(time_s: float, rule: str, level: str = "L1", *shown: Leak) -> Event:
    return Event(time_s, "raised", rule, level, None, shown)


CANAL = LeakScene("L1", "canal", present_s=9.0, visible_s=10.0)


def test_a_leak_found_in_time_and_said_to_be_ambiguous() -> None:
    shown = leak_shown("canal", ambiguous_with="foramen")
    events = [
        raised(4.0, "near_posterior_wall"),
        raised(10.4, "leak_canal", "L1", shown),
        raised(11.0, "leak_vein"),
    ]
    final = {"L1": (leak_shown("disc_superior", 2.0), shown)}
    (score,) = leak_scores([CANAL], events, final, end_s=20.0)
    assert score.judged
    assert score.delay_s == pytest.approx(0.4)
    assert (score.first_verdict, score.final_verdict) == ("ambiguous", "ambiguous")
    assert score.near_s == 4.0
    assert false_alarms([CANAL], events) == []


def test_an_alarm_before_the_leak_or_elsewhere_is_false_and_finds_nothing() -> None:
    events = [raised(8.0, "leak_canal"), raised(12.0, "leak_canal", "T12")]
    (score,) = leak_scores([CANAL], events, {}, end_s=20.0)
    assert score.alarm_s is None
    assert score.masked
    assert not score.warned
    assert [a.kind for a in false_alarms([CANAL], events)] == ["too_early", "other_level"]
    assert [a.kind for a in false_alarms([], events)] == ["no_leak", "no_leak"]


def test_an_embolus_that_leaves_a_leak_already_told_counts_as_warned_of() -> None:
    vein = LeakScene("L1", "vein", present_s=5.0, visible_s=6.0)
    drop = LeakScene("L1", "embolus", present_s=9.0, visible_s=9.5, gone_s=11.0)
    told = [raised(6.5, "leak_vein")]
    own = [*told, raised(10.0, "leak_embolus")]
    for events, by_rule in ((told, 0), (own, 1)):
        scores = leak_scores([vein, drop], events, {}, end_s=20.0)
        found = figures(
            [Record("own", "embolus", 1, "base", "", "cementwatch", "", leaks=scores, duration_s=20.0)]
        )
        assert found.leaks["embolus"].found == 1
        assert found.leaks["embolus"].by_own_rule == by_rule
    silent = leak_scores([vein, drop], [], {}, end_s=20.0)
    record = Record("own", "embolus", 1, "base", "", "cementwatch", "", leaks=silent, duration_s=20.0)
    assert figures([record]).leaks["embolus"].sensitivity == 0


def test_leaks_that_cannot_be_judged() -> None:
    late = LeakScene("L1", "vein", present_s=18.0, visible_s=19.0)
    hidden = LeakScene("L1", "canal", present_s=5.0, visible_s=None)
    scores = leak_scores([late, hidden], [raised(19.5, "leak_vein")], {}, end_s=20.0)
    assert [s.judged for s in scores] == [False, False]
    record = Record("own", "x", 1, "base", "", "cementwatch", "", leaks=scores, duration_s=20.0)
    found = figures([record])
    assert found.leaks["vein"].judged == 0
    assert (found.leaks["canal"].unseen, found.leaks["canal"].unseen_alarmed) == (1, 1)
    assert found.leaks["canal"].sensitivity is None, "never seen is not the same as never found"


@pytest.mark.parametrize(
    ("true", "said", "ambiguous_with", "wanted"),
    [
        ("canal", "canal", None, "right"),
        ("canal", "canal", "foramen", "ambiguous"),
        ("canal", "foramen", "canal", "ambiguous"),
        ("canal", "paravertebral", None, "wrong"),
        ("disc_superior", "disc_inferior", None, "wrong"),
        ("vein", None, None, None),
        ("vein", "outside", None, "not said"),
    ],
)
def test_verdicts(true: str, said: str | None, ambiguous_with: str | None, wanted: str | None) -> None:
    assert verdict(true, said, ambiguous_with) == wanted


def test_no_false_alarm_in_some_hours_is_bounded_by_three_over_them() -> None:
    record = Record(
        "own", "quiet", 1, "base", "", "cementwatch", "", duration_s=7200.0, monitored_fraction=1.0
    )
    found = figures([record])
    assert found.false_alarms_per_hour == 0
    assert found.false_alarms_per_hour_bound == pytest.approx(3 / 2, rel=0.01)


def test_two_aliquots_take_a_wrong_density_out_of_the_volume() -> None:
    rows = [(ml, 0.6 * ml) for ml in np.arange(0.1, 3.0, 0.05)]
    record = Record("own", "clean", 1, "base", "", "cementwatch", "", volumes={"L1": rows})
    nominal, calibrated = volume_errors(record)
    assert np.allclose(nominal, 0.4)
    assert max(calibrated) < 1e-6
    short = Record("own", "x", 1, "base", "", "cementwatch", "", volumes={"L1": rows[:5]})
    assert volume_errors(short) == ([], [])


def test_the_table_says_what_was_not_measured() -> None:
    rows = must_show({"own": Figures(dice_median=0.95, dice_p10=0.5)}, {}, {})
    assert len(rows) == len(WANTED) + 1
    by_name = {row.measure: row.shown for row in rows}
    assert by_name["mask Dice, median"]["own"] == ("0.95", True)
    assert by_name["mask Dice, p10"]["own"] == ("0.5", False)
    assert by_name["mask Dice, median"]["ct"] == (NOT_MEASURED, None)
    assert "0.5 *" in table_text(rows)


def test_records_come_back_and_a_torn_line_is_left_out(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path = tmp_path / "records.jsonl"
    (leak,) = leak_scores([CANAL], [raised(10.4, "leak_canal")], {}, end_s=20.0)
    record = Record("own", "canal", 1, "base", "", "cementwatch", "abc", dice=[0.9], leaks=[leak])
    record.distances["vein"] = [(1.0, 1.5, 0.2)]
    append_record(path, record)
    with path.open("ab") as file:
        file.write(b'{"model": "own", "scen')
    assert read_records(path) == [record]
    assert "left out" in capsys.readouterr().out
    assert read_records(tmp_path / "none.jsonl") == []


def test_tuning_and_test_seeds_are_kept_apart() -> None:
    assert not set(TUNE_SEEDS) & set(TEST_SEEDS)
    assert parse(["--set", "tune"]).seeds[0] in TUNE_SEEDS
    with pytest.raises(SystemExit):
        parse(["--set", "tune", "--seeds", "101"])


@pytest.fixture(scope="module")
def small():
    settings = {"size": 256, "duration_s": 1.0}
    return build("own", "canal", 1, settings)


def test_clicks_err_by_the_size_asked_for(small) -> None:
    procedure, plan = small
    level, mm = plan.views[0].levels[0], plan.views[0].scale.mm_per_px
    errors = []
    for seed in range(40):
        moved = clicked(plan, 1.5, seed).views[0].levels[0]
        errors.append(as_array(moved.body) - as_array(level.body))
    size_mm = np.sqrt(np.mean(np.square(errors).sum(axis=-1))) * mm
    assert size_mm == pytest.approx(1.5, rel=0.25)
    assert plan_to_json(procedure.plan) == plan_to_json(plan), "the truth does not move"
    bare = body_only(plan).views[0].levels[0]
    assert bare.body == level.body
    assert bare.posterior_wall is None
    assert not bare.cannulas


def test_inverted_and_compressed_frames_show_the_same(small) -> None:
    procedure, _ = small
    inverted, _ = build("own", "canal", 1, {"size": 256, "duration_s": 1.0, "inverted": True})
    assert not inverted.info.intensity.bright_is_radiolucent
    full = procedure.info.intensity.largest_stored_value
    assert (inverted.pixels(3).astype(int) + procedure.pixels(3) == full).all()
    video = {"size": 256, "duration_s": 1.0, "relationship": "DISP", "bits_stored": 8}
    plain, _ = build("own", "canal", 1, video)
    compressed, _ = build("own", "canal", 1, video | {"h264_crf": 18})
    last = plain.frame_count - 1
    for number in (last, 0, 7):
        decoded, wanted = compressed.pixels(number), plain.pixels(number)
        assert decoded.dtype == np.uint8
        smooth = [cv2.GaussianBlur(x.astype(np.float32), (0, 0), 3) for x in (decoded, wanted)]
        assert np.abs(smooth[0] - smooth[1]).mean() < 2.5
        others = [plain.pixels(k).astype(int) for k in range(plain.frame_count)]
        likest = np.argmin([np.abs(decoded - x).mean() for x in others])
        assert abs(int(likest) - number) <= 1, "in step with the frames"


def test_peers_find_a_bright_spot_that_was_not_there() -> None:
    rng = np.random.default_rng(5)
    spot = disc(20)
    for peer in (Subtraction(None), Subtraction(0.1), mog2(25.0, 0.003)(), RandomWalker(1.3, 0.7, 300.0)):
        for _ in range(30):
            peer.learn(rng.normal(0, 0.02, spot.shape).astype(np.float32))
        image = (rng.normal(0, 0.02, spot.shape) + 0.25 * spot).astype(np.float32)
        found = without_specks(peer.find(image, wanted=True), MM)
        assert score_mask(found, spot, MM).dice > 0.95, type(peer).__name__
        assert score_mask(found, spot, MM).false_mm2 == 0
    fading = BackgroundModel(lambda: cv2.createBackgroundSubtractorMOG2(45, 25.0, detectShadows=False), 0.003)
    for _ in range(30):
        fading.learn(rng.normal(0, 0.02, spot.shape).astype(np.float32))
    darker = (rng.normal(0, 0.02, spot.shape) - 0.25 * spot).astype(np.float32)
    assert not without_specks(fading.find(darker, wanted=True), MM).any(), "only what was added counts"
    assert otsu(0.25 * spot.astype(np.float32)) == pytest.approx(0.125, abs=0.13)


def test_a_small_procedure_through_the_whole_evaluation() -> None:
    found = quick()
    assert found.dice_median > 0.75
    assert found.hd95_median_mm < 6
    assert found.false_p95_mm2 < 20
    assert found.quiet_false_most_mm2 < 20
    assert found.registration_rms_mm < 0.4
    assert found.monitored_fraction > 0.8
    assert found.distances["posterior_wall"].median_mm < 2.5
    assert found.distances["posterior_wall"].coverage > 0.7
    assert found.leaks["canal"].sensitivity == 1
    assert found.delay_median_s < 2.5
    assert found.class_right_fraction == 1
    assert not found.false_alarms


def test_peers_on_a_small_procedure_and_nothing_is_run_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    settings = QUICK_SETTINGS | {"size": 256, "duration_s": 9.0, "frame_rate_hz": 7.5}
    cases = [Case("own", "clean", 1, "base", "", settings, "code")]
    path = tmp_path / "records.jsonl"
    records = run_all(cases, path, jobs=1, peers=True)
    (one,) = compare(records)
    assert {"mog2, raw", "mog2" + BEHIND, "threshold, true pose", "chan-vese" + BEHIND} <= set(one.peers)
    assert one.peers["threshold, true pose"].dice_median > 0.6
    assert one.peers["mog2" + BEHIND].dice_median > 0.5
    assert one.peers["otsu, raw"].dice_median < one.peers["threshold, true pose"].dice_median
    size = path.stat().st_size
    assert len(run_all(cases, path, jobs=1, peers=True)) == len(records)
    assert path.stat().st_size == size
    assert "on file already" in capsys.readouterr().out


def test_sweeps_use_settings_that_there_are() -> None:
    for variations in SWEEPS.values():
        assert len({v.label for v in variations}) == len(variations)
        for variation in variations:
            SimulationSettings(seed=1, **own_settings(variation.settings))
