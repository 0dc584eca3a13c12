"""A source that states its polarity wrongly is doubted, one that states it rightly never is."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from monitor.config import Config
from monitor.errors import EndOfStream, PlanError
from monitor.frame import Frame, PixelIntensityRelationship, freeze_pixels
from monitor.grid import Grid
from monitor.intensity import Curve, to_work_image
from monitor.pipeline import Pipeline
from monitor.plan import Cannula, Level, Plan, Scale, View, parse_plan, plan_to_json
from monitor.polarity import PolarityWatch, with_polarity
from monitor.result import Result
from monitor.sources.open import source_for
from monitor.states import State
from recordings.simulated.marks import plan_of
from recordings.simulated.render import Renderer
from recordings.simulated.scene import build_scene
from recordings.simulated.settings import SimulationSettings
from recordings.simulated.source import source_info
from tests.monitor import scripted

REAL_DATA = Path(__file__).resolve().parents[2] / "shared" / "realdata"
DISP = PixelIntensityRelationship.DISP

Images = list[NDArray[np.generic]]


def simulated(frames: int = 8, **settings: object) -> tuple[Images, SimulationSettings, Plan]:
    chosen = SimulationSettings(seed=3, size=320, duration_s=8.0, **settings)  # type: ignore[arg-type]
    scene = build_scene("clean", chosen)
    renderer = Renderer(scene)
    return [renderer.pixels(i) for i in range(frames)], chosen, plan_of(scene)


def body_only(plan: Plan) -> Plan:
    levels = tuple(Level(level.name, level.body) for level in plan.views[0].levels)
    return msgspec.structs.replace(plan, views=(msgspec.structs.replace(plan.views[0], levels=levels),))


def negative(image: NDArray[np.generic], bits: int) -> NDArray[np.generic]:
    return ((1 << bits) - 1 - image.astype(np.int32)).astype(image.dtype)


def run(
    images: Images, settings: SimulationSettings, plan: Plan, period_s: float = 1 / 15
) -> tuple[list[Result], Pipeline]:
    info = source_info("clean", settings, len(images))
    pipeline = Pipeline(plan, plan.views[0], info, Config())
    results = []
    for i, image in enumerate(images):
        at = round(i * period_s * 1e9)
        results.append(pipeline.step(Frame(i, at, at, freeze_pixels(image, copy=True), "test"), at))
    return results, pipeline


def doubted(results: list[Result]) -> list[bool]:
    return [any("check polarity" in reason.text for reason in result.reasons) for result in results]


@pytest.mark.parametrize("projection", ["lateral", "ap"])
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"relationship": DISP, "bits_stored": 8, "display_gamma": 1.4},
        {"relationship": PixelIntensityRelationship.LOG},
        {"scatter_to_primary": 2.0, "dose_ngy": 8.0},
    ],
    ids=["linear", "display", "log", "scatter"],
)
def test_steel_tells_an_inverted_image_within_the_first_second(
    projection: str, settings: dict[str, object]
) -> None:
    images, chosen, plan = simulated(projection=projection, **settings)
    plan = body_only(plan)
    results, _ = run(images, chosen, plan)
    assert not any(doubted(results))
    results, _ = run([negative(image, chosen.bits_stored) for image in images], chosen, plan)
    assert doubted(results)[-1]
    last = results[-1]
    assert last.state is State.NOT_MONITORING
    assert last.reasons[0].text == "image looks inverted: check polarity"
    assert all(level.pose is None and level.area_mm2 is None for level in last.levels)
    assert any(alert.rule_id == "not_monitoring" for alert in last.alerts)


def test_the_operators_word_ends_the_doubt() -> None:
    images, chosen, plan = simulated(frames=40)
    inverted = [negative(image, 12) for image in images]
    results, pipeline = run(inverted, chosen, with_polarity(plan, "cement-bright"))
    assert not pipeline.info.intensity.bright_is_radiolucent
    assert not any(doubted(results))
    straight, _ = run(images, chosen, plan)
    assert [result.state for result in results] == [result.state for result in straight]
    # a word that is as wrong as the header is still the operator's
    results, _ = run(inverted, chosen, with_polarity(plan, "cement-dark"))
    assert not any(doubted(results))


@pytest.mark.parametrize("stated", [None, "cement-dark"])
def test_an_inversion_in_mid_run_is_told_with_its_first_frame(stated: str | None) -> None:
    images, chosen, plan = simulated(frames=30)
    images[10:20] = [negative(image, 12) for image in images[10:20]]
    results, _ = run(images, chosen, with_polarity(plan, stated))
    assert doubted(results) == [10 <= i < 20 for i in range(30)]
    assert results[10].reasons[0].text == "image has been inverted: check polarity"


def test_a_display_put_right_is_learned_anew() -> None:
    images, chosen, plan = simulated(frames=100)
    images[:6] = [negative(image, 12) for image in images[:6]]
    results, _ = run(images, chosen, plan)
    seen = doubted(results)
    assert seen[5]
    assert not any(seen[7:])
    assert results[-1].state in (State.MONITORING, State.DEGRADED)


def test_an_image_without_steel_or_blades_is_not_doubted() -> None:
    images = [scripted.scene(noise=np.random.default_rng(i)) for i in range(12)]
    plan = scripted.plan()
    for kind in ("right", "inverted"):
        pipeline = Pipeline(plan, plan.views[0], scripted.info(), Config())
        for i, image in enumerate(images):
            pixels = image if kind == "right" else negative(image, 12)
            assert not doubted([pipeline.step(scripted.frame(i, pixels), round(i / 15 * 1e9))])[0]


def test_blades_all_around_are_black_or_the_image_is_inverted() -> None:
    rng = np.random.default_rng(1)
    yy, xx = np.mgrid[:256, :256]
    circle = np.hypot(yy - 127.5, xx - 127.5) < 122
    plan = scripted.plan()
    grid = Grid.for_frames(256, 256, scripted.MM_PER_PX, 0.45)
    intensity = scripted.info().intensity
    curve = Curve.of(intensity, Config().intensity)
    for inverted in (False, True):
        watch = PolarityWatch(plan.views[0], grid, curve, Config().polarity)
        for i in range(6):
            image = np.where(circle, scripted.scene(noise=rng), 15).astype(np.uint16)
            shown = negative(image, 12) if inverted else image
            reason = watch.look(to_work_image(shown, intensity, grid, curve).grey, i / 15)  # type: ignore[arg-type]
        assert (reason is not None) == inverted


def test_the_plan_carries_the_word() -> None:
    plan = scripted.plan()
    assert b"polarity" not in plan_to_json(plan)
    stated = with_polarity(plan, "cement-bright")
    assert parse_plan(plan_to_json(stated), "p") == stated
    with pytest.raises(PlanError, match="cement-dark or cement-bright, is 'black'"):
        with_polarity(plan, "black")
    text = plan_to_json(stated).replace(b'"cement-bright"', b'"sideways"')
    with pytest.raises(PlanError, match="polarity"):
        parse_plan(text, "p")


REAL_RUNS = {
    "xa_ge/fluoro_loop_1.dcm": True,
    "xa_ge/fluoro_loop_2.dcm": True,
    "xa_ge/cine_5.dcm": True,
    "xa_ge/cine_6.dcm": True,
    "xa_nema/XA1_RLE": True,
    "coronary_run": True,
    "video/ap_abdomen_pan.avi": False,
}
"""Whether there is steel, a contrast-filled tube or a circle in the middle of the image."""


@pytest.mark.realdata
@pytest.mark.parametrize("name", REAL_RUNS)
def test_real_runs_are_believed_and_their_negatives_are_not(name: str) -> None:
    if not REAL_DATA.is_dir():
        pytest.skip("../shared/realdata is absent")
    images: Images = []
    with source_for(str(REAL_DATA / name)) as source:
        info = source.info
        while True:
            try:
                images.append(source.read().pixels)
            except EndOfStream:
                break
    if len(images) == 1:
        images *= 6
    mm = 179.0 / info.columns
    corners = ((0.39, 0.39), (0.61, 0.39), (0.61, 0.61), (0.39, 0.61))
    body = tuple((x * info.columns, y * info.rows) for x, y in corners)
    view = View("view", "lateral", Scale(mm), (Level("L1", body),))
    grid = Grid.for_frames(info.rows, info.columns, mm, 0.45)
    curve = Curve.of(info.intensity, Config().intensity)
    for inverted in (False, True):
        watch = PolarityWatch(view, grid, curve, Config().polarity)
        told = []
        for i, image in enumerate(images):
            shown = negative(image, info.intensity.bits_stored) if inverted else image
            grey = to_work_image(shown, info.intensity, grid, curve).grey  # type: ignore[arg-type]
            told.append(watch.look(grey, i / 15) is not None)
        if not inverted:
            assert not any(told)
        elif REAL_RUNS[name]:
            assert told[-1]


def shown(image: NDArray[np.floating], rng: np.random.Generator, dose: float = 600.0) -> NDArray[np.uint16]:
    mean = 1500.0 * np.exp(-image)
    return np.clip(rng.poisson(mean * dose / 1500.0) * 1500.0 / dose, 0, 4095).astype(np.uint16)


def straight(ends: tuple[tuple[float, float], ...], width_mm: float, contrast: float) -> NDArray[np.float32]:
    """A straight strip between two points (px), of soft edges (log units)."""
    size = scripted.SIZE
    fine = np.zeros((4 * size, 4 * size), np.uint8)
    (x0, y0), (x1, y1) = [(round(4 * x), round(4 * y)) for x, y in ends]
    cv2.line(fine, (x0, y0), (x1, y1), 255, round(4 * width_mm / scripted.MM_PER_PX))
    small = cv2.resize(fine, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return np.asarray(contrast * cv2.GaussianBlur(small, (0, 0), 1.0), np.float32)


def body_of_bone() -> NDArray[np.float32]:
    return np.asarray(np.log(1500.0 / scripted.scene().astype(np.float64)), np.float32)


CANNULA = ((250.0, 110.0), (140.0, 125.5))
"""Inclined by 8 degrees."""
STRIPS = {
    "canal": ((177.0, 10.0), (177.0, 130.0)),
    "disc": ((60.0, 88.0), (200.0, 88.0)),
    "wall": ((90.0, 20.0), (90.0, 160.0)),
    "through": ((20.0, 30.0), (240.0, 230.0)),
    "rib": ((10.0, 215.0), (120.0, 168.0)),
}
"""Bright structures that end beside the body, or do not end in it."""


def watched(
    images: Iterable[NDArray[np.generic]], plan: Plan, inverted: bool = False, in_header: bool = False
) -> list[bool]:
    grid = Grid.for_frames(scripted.SIZE, scripted.SIZE, scripted.MM_PER_PX, 0.45)
    intensity = scripted.info().intensity
    curve = Curve.of(intensity, Config().intensity)
    watch = PolarityWatch(plan.views[0], grid, curve, Config().polarity, in_header=in_header)
    told = []
    for i, image in enumerate(images):
        pixels = negative(image, 12) if inverted else image
        told.append(watch.look(to_work_image(pixels, intensity, grid, curve).grey, i / 15) is not None)  # type: ignore[arg-type]
    return told


@pytest.mark.parametrize("steel", [0.0, 0.06], ids=["no-steel", "faint-steel"])
@pytest.mark.parametrize("strip", STRIPS)
def test_a_bright_strip_beside_the_body_or_through_it_is_no_inverted_cannula(
    strip: str, steel: float
) -> None:
    scene = body_of_bone() + straight(STRIPS[strip], 3.2, -0.3) + straight(CANNULA, 3.0, steel)
    for seed in range(4):
        rng = np.random.default_rng(seed)
        assert not any(watched((shown(scene, rng) for _ in range(12)), scripted.plan()))


@pytest.mark.parametrize("degrees", range(-40, 41, 8))
def test_an_inverted_cannula_is_told_at_any_inclination(degrees: int) -> None:
    x, y = 130.0 + 120.0 * np.cos(np.radians(degrees)), 130.0 + 120.0 * np.sin(np.radians(degrees))
    scene = body_of_bone() + straight(((x, y), (130.0, 130.0)), 3.0, 0.35)
    rng = np.random.default_rng(degrees + 40)
    images = [shown(scene, rng, 1500.0) for _ in range(8)]
    assert not any(watched(images, scripted.plan()))
    assert watched(images, scripted.plan(), inverted=True)[-1]


def test_a_marked_cannula_is_looked_at_first() -> None:
    # something bright enters the body as steel would in a negative, and stands out more than the steel
    scene = body_of_bone() + straight(((130.0, 5.0), (130.0, 122.0)), 3.0, -0.7)
    scene += straight(((250.0, 122.0), (140.0, 137.5)), 3.0, 0.16)
    rng = np.random.default_rng(5)
    images = [shown(scene, rng, 1500.0) for _ in range(8)]
    # 10 px beside it and at another angle: it has been moved since it was marked
    marked = scripted.plan(cannulas=(Cannula(((140.0, 127.0), (250.0, 119.0)), 3.0),))
    assert not any(watched(images, marked))


def test_a_header_is_doubted_on_more_looks_than_a_video() -> None:
    scene = body_of_bone() + straight(CANNULA, 3.0, 0.35)
    rng = np.random.default_rng(6)
    images = [shown(scene, rng, 1500.0) for _ in range(10)]
    assert watched(images, scripted.plan(), inverted=True).index(True) == 2
    assert watched(images, scripted.plan(), inverted=True, in_header=True).index(True) == 5


def test_a_doubt_is_taken_back_as_readily_as_it_was_raised() -> None:
    rng = np.random.default_rng(7)
    bone, cannula = body_of_bone(), straight(CANNULA, 3.0, 0.35)
    misread = [shown(bone - cannula, rng, 1500.0) for _ in range(10)]
    proper = [shown(bone + cannula, rng, 1500.0) for _ in range(12)]
    told = watched([*misread, *proper], scripted.plan())
    assert told[9]
    assert not any(told[-2:])
