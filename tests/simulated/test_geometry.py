import cv2
import numpy as np
import pytest

from monitor.plan import as_array, check_fits, parse_plan, plan_to_json
from recordings.simulated.bone import project_bone
from recordings.simulated.marks import plan_of
from recordings.simulated.render import Renderer
from recordings.simulated.scene import build_scene
from recordings.simulated.settings import SimulationSettings


@pytest.mark.parametrize("projection", ["lateral", "ap"])
@pytest.mark.parametrize("seed", [1, 5])
def test_outline_is_the_silhouette_of_the_solid(projection, seed):
    scene = build_scene("quiet", SimulationSettings(projection=projection, seed=seed, size=64))
    level = scene.treated[0]
    bone = level.placed.vertebra
    rng = np.random.default_rng(0)
    box = np.array([bone.depth_mm, bone.height_mm, bone.width_mm]) / 2 + 1
    points = rng.uniform(-box, box, size=(400_000, 3))
    solid = points[bone.inside_mm(*points.T) > 0]
    seen = level.project(solid)
    polygon = level.body_polygon_mm().astype(np.float32).reshape(-1, 1, 2)
    step = 0.2
    size = np.ceil(2 * box.max() / step).astype(int) + 40
    drawn = np.zeros((size, size), np.uint8)
    to_grid = ((polygon / step + size / 2) * 256).round().astype(np.int32)
    cv2.fillPoly(drawn, [to_grid], 1, shift=8)
    grown = cv2.dilate(drawn, np.ones((5, 5), np.uint8))
    x, y = np.round(seen / step + size / 2).astype(int).T
    assert grown[y, x].mean() > 0.9995  # nothing of the solid is seen more than 0.4 mm outside
    reached = np.zeros_like(drawn)
    reached[y, x] = 1
    reached = cv2.morphologyEx(reached, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    shrunk = cv2.erode(drawn, np.ones((5, 5), np.uint8))
    assert reached[shrunk > 0].mean() > 0.995  # and it fills the outline


def test_rendered_bone_fills_the_outline():
    scene = build_scene("quiet", SimulationSettings(size=64))
    level = scene.treated[0]
    bone = project_bone(level.placed.vertebra, "lateral", 0.0, np.random.default_rng(0))
    rows, columns = bone.values.shape
    polygon = (level.body_polygon_mm() - bone.origin_mm) / bone.step_mm
    drawn = np.zeros((rows, columns), np.uint8)
    cv2.fillPoly(drawn, [np.round(polygon * 256).astype(np.int32)], 1, shift=8)
    front = int((0.0 - bone.origin_mm[0]) / bone.step_mm)  # behind, the arch is in the way
    seen = bone.values[:, :front] > 0.8
    wanted = drawn[:, :front] > 0
    dice = 2 * (seen & wanted).sum() / (seen.sum() + wanted.sum())
    assert dice > 0.975


@pytest.mark.parametrize("name", ["quiet", "needle", "twolevels"])
@pytest.mark.parametrize("projection", ["lateral", "ap"])
def test_plan_is_a_plan_of_the_images(name, projection):
    settings = SimulationSettings(projection=projection, size=128, duration_s=1.0, injection_start_s=0.5)
    plan = plan_of(build_scene(name, settings))
    again = parse_plan(plan_to_json(plan), "plan.json")
    assert again == plan
    view = plan.views[0]
    check_fits(view, 128, 128)
    assert view.scale.method == "simulated"
    assert view.scale.mm_per_px == pytest.approx(1.4)
    assert [level.name for level in view.levels] == (["L1", "T12"] if name == "twolevels" else ["L1"])
    for level in view.levels:
        assert level.cannulas
        assert (level.posterior_wall is not None) == (projection == "lateral")
        assert plan.intent(level.name).planned_volume_ml > 0


def test_plan_walls_run_as_agreed():
    level = plan_of(build_scene("quiet", SimulationSettings())).views[0].levels[0]
    posterior, anterior = as_array(level.posterior_wall), as_array(level.anterior_wall)
    superior, inferior = as_array(level.superior_endplate), as_array(level.inferior_endplate)
    assert posterior[0, 1] < posterior[-1, 1]
    assert anterior[0, 1] < anterior[-1, 1]
    assert superior[0, 0] < superior[-1, 0]
    assert inferior[:, 1].mean() > superior[:, 1].mean()
    assert posterior[:, 0].mean() > anterior[:, 0].mean()
    for corner in (superior[-1], inferior[-1]):
        assert np.hypot(*(posterior - corner).T).min() < 1e-3


@pytest.mark.parametrize("projection", ["lateral", "ap"])
def test_the_image_of_bone_moves_as_the_truth_says(projection):
    settings = SimulationSettings(
        projection=projection, size=320, mm_per_px=0.35, breathing_mm=4.0, scatter_to_primary=0.0
    )
    scene = build_scene("quiet", settings)
    renderer = Renderer(scene)
    level = scene.treated[0]
    body = as_array(plan_of(scene).views[0].levels[0].body)
    band = np.zeros((320, 320), np.uint8)
    cv2.polylines(band, [np.round(body).astype(np.int32)], True, 1, thickness=21)
    cv2.fillPoly(band, [np.round(body).astype(np.int32)], 1)

    def edges(frame):
        log = -np.log(renderer.intensity(frame))
        return cv2.GaussianBlur(log, (0, 0), 1.0) - cv2.GaussianBlur(log, (0, 0), 6.0)

    first = edges(0)
    moved_mm = [
        np.hypot(*scene.motion.bone_mm(scene.time_s(f)) - scene.motion.bone_mm(0.0)) for f in range(60)
    ]
    frame = int(np.argmax(moved_mm))
    shift = scene.to_px(level, scene.time_s(frame))[:, 2] - scene.to_px(level, 0.0)[:, 2]
    guess = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], np.float32)
    start = guess.copy()
    start[:, 2] += 0.7
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 200, 1e-7)
    _, found = cv2.findTransformECC(first, edges(frame), start, cv2.MOTION_TRANSLATION, stop, band, 5)
    assert np.hypot(*shift) > 4
    assert found[:, 2] == pytest.approx(shift, abs=0.25)
