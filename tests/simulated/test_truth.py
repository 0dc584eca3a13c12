from functools import lru_cache
from itertools import pairwise

import numpy as np
import pytest

from monitor.plan import as_array
from recordings.simulated.marks import plan_of
from recordings.simulated.physics import attenuation
from recordings.simulated.render import Renderer
from recordings.simulated.scene import build_scene
from recordings.simulated.settings import SCENARIOS, SimulationSettings
from recordings.simulated.truth import LEAKS, Truth

EXPECTED = {
    "quiet": set(),
    "clean": set(),
    "motion": set(),
    "needle": set(),
    "canal": {"canal"},
    "lowdose": {"canal"},
    "disc": {"disc_superior"},
    "twolevels": {"disc_inferior"},
    "vein": {"vein"},
    "embolus": {"vein", "embolus"},
    "disturbed": set(),
    "thinvein": {"vein"},
    "lowcontrast": {"canal"},
}


@lru_cache(maxsize=16)
def _scene(name, projection="lateral", seed=1, breathing_mm=None):
    settings = SimulationSettings(
        size=256, mm_per_px=0.35, projection=projection, seed=seed, breathing_mm=breathing_mm
    )
    return build_scene(name, settings)


@pytest.mark.parametrize("name", list(SCENARIOS))
def test_a_procedure_leaks_as_its_name_says(name):
    scene = _scene(name)
    truth = Truth(scene)
    leaks = truth.leaks()
    assert {leak.leak_class for leak in leaks} == EXPECTED[name]
    last = truth.truth_at(scene.frame_count - 1)
    leaked = {kind for level in last.levels for kind in LEAKS if level.leaked_ml[kind] > 0}
    assert leaked == EXPECTED[name]
    for leak in leaks:
        assert leak.first_visible_frame is not None
        assert leak.first_present_frame <= leak.first_visible_frame < scene.frame_count
        before = _level(truth.truth_at(leak.first_present_frame - 1), leak.level)
        at = _level(truth.truth_at(leak.first_present_frame), leak.level)
        assert before.leaked_ml[leak.leak_class] == 0
        assert at.leaked_ml[leak.leak_class] > 0
    if not EXPECTED[name]:
        assert all(level.outside_mm2 == 0 for level in last.levels)


def _level(frame_truth, name):
    return next(level for level in frame_truth.levels if level.name == name)


def test_nothing_is_there_before_the_injection():
    scene = _scene("canal")
    now = Truth(scene).truth_at(int(6.5 * 15))
    assert not now.mask.any()
    assert set(now.levels[0].distances_mm.values()) == {None}
    assert now.levels[0].volume_ml == 0


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_clean_stays_well_short_of_the_posterior_quarter(seed):
    scene = _scene("clean", seed=seed)
    last = Truth(scene).truth_at(scene.frame_count - 1).levels[0]
    bone = scene.treated[0].placed.vertebra
    assert 3.0 <= last.volume_ml <= 4.0
    assert last.distances_mm["posterior_wall"] > 0.25 * (bone.back_mm - bone.front_mm)
    assert last.distances_mm["superior_endplate"] > 0
    assert last.distances_mm["inferior_endplate"] > 0


@pytest.mark.parametrize(("name", "projection"), [("clean", "lateral"), ("disc", "ap"), ("vein", "lateral")])
def test_thickness_adds_up_to_the_volume_that_went_in(name, projection):
    scene = _scene(name, projection)
    truth = Truth(scene)
    frame = scene.frame_count - 1 if name != "vein" else truth.leaks()[0].first_present_frame + 12
    now = truth.truth_at(frame)
    in_ml = sum(level.volume_ml + sum(level.leaked_ml.values()) for level in now.levels)
    injected_ml = min(0.07 * (scene.time_s(frame) - 7), scene.scenario.levels[0].volume_ml)
    assert in_ml == pytest.approx(injected_ml, rel=0.02, abs=0.02)
    assert now.thickness_mm.sum() * 0.35**2 * 1e-3 == pytest.approx(in_ml, rel=0.01)
    assert now.levels[0].area_mm2 == pytest.approx(now.mask.sum() * 0.35**2, rel=0.03)
    assert np.array_equal(now.mask, now.thickness_mm >= 0.3)


def test_cement_is_as_dark_as_physics_says():
    settings = SimulationSettings(size=256, mm_per_px=0.35, scatter_to_primary=0.0)
    clean, quiet = build_scene("clean", settings), build_scene("quiet", settings)
    frame = 600
    added = np.log(Renderer(quiet).intensity(frame) / Renderer(clean).intensity(frame))
    now = Truth(clean).truth_at(frame)
    free = Renderer(clean).steel_mm(clean.time_s(frame)) == 0
    rays = attenuation(80.0, "20% BaSO4")
    expected = np.interp(now.thickness_mm, rays.thickness_mm, rays.cement_log)
    assert (now.mask & free).sum() > 500
    assert np.abs(added - expected)[free].max() < 0.02
    assert expected[free].max() > 1.0


@pytest.mark.parametrize("name", ["clean", "canal", "disc"])
def test_distance_agrees_with_the_marks_moved_into_the_frame(name):
    scene = _scene(name)
    truth = Truth(scene)
    level = scene.treated[0]
    marked = plan_of(scene).views[0].levels[0]
    for frame in (200, 330, scene.frame_count - 1):
        now = truth.truth_at(frame)
        first, then = scene.to_px(level, 0.0), scene.to_px(level, scene.time_s(frame))
        rows, columns = np.nonzero(now.mask)
        pixels = np.stack([columns, rows], axis=1).astype(float)
        for wall in ("posterior_wall", "anterior_wall", "superior_endplate", "inferior_endplate"):
            line = as_array(marked.wall(wall))
            local = np.linalg.solve(first[:, :2], (line - first[:, 2]).T)
            moved = (then[:, :2] @ local).T + then[:, 2]
            away = _distances(pixels, moved) * 0.35
            value = now.levels[0].distances_mm[wall]
            if value > 0:
                assert value == pytest.approx(away.min(), abs=0.35), (frame, wall)
            else:
                beyond = _beyond(pixels, moved, wall)
                assert -value == pytest.approx(away[beyond].max(), abs=0.35), (frame, wall)
    final = truth.truth_at(scene.frame_count - 1).levels[0].distances_mm
    crossed = {wall for wall, value in final.items() if value < 0}
    assert crossed == {"canal": {"posterior_wall"}, "disc": {"superior_endplate"}, "clean": set()}[name]


def _distances(points, line):
    best = np.full(len(points), np.inf)
    for a, b in pairwise(line):
        t = np.clip((points - a) @ (b - a) / ((b - a) @ (b - a)), 0, 1)
        best = np.minimum(best, np.hypot(*(points - a - t[:, None] * (b - a)).T))
    return best


def _beyond(points, line, wall):
    if wall == "posterior_wall":
        return points[:, 0] > np.interp(points[:, 1], line[:, 1], line[:, 0])
    return points[:, 1] < np.interp(points[:, 0], line[:, 0], line[:, 1])


def test_the_front_comes_nearer_before_it_crosses():
    scene = _scene("canal")
    truth = Truth(scene)
    opened = truth.leaks()[0].first_present_frame
    course = [truth.truth_at(f).levels[0].distances_mm["posterior_wall"] for f in range(120, opened, 15)]
    assert np.all(np.diff(course) <= 1e-6)
    assert course[0] > 8
    assert course[-1] < 2.5


def test_a_canal_leak_hides_behind_the_body_in_ap():
    scene = _scene("canal", "ap")
    (leak,) = Truth(scene).leaks()
    assert leak.first_visible_frame is None
    last = Truth(scene).truth_at(scene.frame_count - 1).levels[0]
    assert last.leaked_ml["canal"] > 0.1
    assert last.outside_mm2 == 0


def test_an_embolus_moves_away_and_is_gone():
    scene = _scene("embolus", breathing_mm=0.0)
    truth = Truth(scene)
    start = next(leak for leak in truth.leaks() if leak.leak_class == "embolus").first_present_frame
    places = []
    for frame in range(start + 2, start + 20, 3):
        thickness = truth.truth_at(frame).thickness_mm - truth.truth_at(start - 1).thickness_mm
        moved = np.argwhere(thickness > 1.0)
        if len(moved):
            places.append(moved.mean(axis=0))
    steps_mm = np.hypot(*np.diff(places, axis=0).T) * 0.35
    assert len(places) >= 4
    assert np.all((steps_mm / 0.2 > 8) & (steps_mm / 0.2 < 40))
    assert truth.truth_at(start + 90).levels[0].leaked_ml["embolus"] > 0
    gone = truth.truth_at(start + 90).thickness_mm - truth.truth_at(start - 1).thickness_mm
    assert gone[:40].max() < 0.3


def test_a_vein_fills_fast():
    scene = _scene("vein")
    truth = Truth(scene)
    first = truth.leaks()[0].first_present_frame
    reach = [-truth.truth_at(first + k).levels[0].distances_mm["anterior_wall"] for k in (15, 30)]
    outside = [truth.truth_at(first + k).levels[0].outside_mm2 for k in (8, 23)]
    assert reach[1] > reach[0] > 2
    assert 8 < (outside[1] - outside[0]) / 1.8 < 60  # mm of tube in a second


def test_two_levels_one_after_the_other():
    scene = _scene("twolevels")
    truth = Truth(scene)
    middle = truth.truth_at(22 * 15)
    assert [level.volume_ml > 0.5 for level in middle.levels] == [True, False]
    last = truth.truth_at(scene.frame_count - 1)
    assert [level.volume_ml > 0.5 for level in last.levels] == [True, True]
    assert last.levels[0].leaked_ml["disc_inferior"] == 0


def test_a_jerk_is_in_the_truth():
    scene = _scene("motion")
    truth = Truth(scene)
    at = round(scene.scenario.jerk_at_s * 15)
    before, after = (np.array(truth.truth_at(f).levels[0].shift_px) * 0.35 for f in (at, at + 3))
    assert np.hypot(*(after - before)) > 3.0


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_breathing_is_irregular_and_of_the_size_asked(seed):
    scene = build_scene("quiet", SimulationSettings(size=64, breathing_mm=3.0, seed=seed, duration_s=90))
    times = np.arange(0, 90, 0.05)
    depth = np.array([scene.motion.breath(float(t)) for t in times])
    assert 0.8 < np.ptp(depth) <= 1.01
    peaks = np.flatnonzero((depth[1:-1] > depth[:-2]) & (depth[1:-1] >= depth[2:])) + 1
    intervals = np.diff(times[peaks])
    assert 2.5 < intervals.mean() < 5.5
    assert intervals.std() > 0.1
    assert depth[peaks].std() > 0.02
