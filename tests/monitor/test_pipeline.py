"""What the pipeline says of small scenes whose truth is known."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from monitor.config import Config
from monitor.errors import PlanError
from monitor.frame import Frame, Intensity, PixelIntensityRelationship, freeze_pixels
from monitor.pipeline import Pipeline
from monitor.plan import Plan
from monitor.result import AlarmState, Priority, Result
from monitor.states import Reason, State
from monitor.volume import DensityCalibration
from tests.monitor.scripted import MM_PER_PX, POSTERIOR_X, SIZE, disc_mm, frame, info, plan, scene

RATE_HZ = 15
QUIET = 60


def sway(i: int) -> tuple[float, float]:
    """Breathing: 2.4 mm peak to peak in 4 s."""
    phase = 2 * np.pi * i / (4 * RATE_HZ)
    return (1.0 * np.sin(phase), 3.0 * np.sin(phase))


def pipeline(
    marked: Plan | None = None, density: DensityCalibration | None = None, **about: object
) -> Pipeline:
    marked = plan() if marked is None else marked
    source = replace(info(), **about)  # type: ignore[arg-type]
    return Pipeline(marked, marked.views[0], source, Config(), density, masks=True)


def go(
    pipe: Pipeline, count: int, picture: Callable[[int], NDArray[np.uint16]], first: int = 0
) -> list[Result]:
    shots = (frame(i, picture(i)) for i in range(first, first + count))
    return [pipe.step(shot, shot.time_ns) for shot in shots]


def quiet(seed: int = 0) -> Callable[[int], NDArray[np.uint16]]:
    noise = np.random.default_rng(seed)
    return lambda i: scene(None, sway(i), noise)


def growing(seed: int = 0, x0: float = 125.0, start: int = QUIET) -> Callable[[int], NDArray[np.uint16]]:
    """After the quiet, a round of 4 mm of cement that grows by half a pixel a frame."""
    noise = np.random.default_rng(seed)

    def picture(i: int) -> NDArray[np.uint16]:
        radius = 0.5 * (i - start)
        cement = disc_mm(x0, 130.0, radius, 4.0) if radius > 0 else None
        return scene(cement, sway(i), noise)

    return picture


@cache
def _grown() -> tuple[list[Result], Pipeline]:
    """The run that most tests look at, once, and the pipeline as it was at frame QUIET + 40."""
    pipe, picture = pipeline(), growing()
    results = go(pipe, QUIET + 40, picture)
    early = copy.deepcopy(pipe)
    return results + go(pipe, 70, picture, first=QUIET + 40), early


def grown(count: int) -> list[Result]:
    """What a pipeline says of the first frames of `growing`, at most QUIET + 110."""
    results, _ = _grown()
    assert count <= len(results)
    return results[:count]


def grown_pipeline() -> Pipeline:
    """One that has seen QUIET + 40 frames of it, to go on with."""
    return copy.deepcopy(_grown()[1])


@cache
def _learned() -> Pipeline:
    pipe = pipeline()
    run_in = go(pipe, QUIET + 10, quiet())
    assert run_in[-1].state is State.MONITORING
    return pipe


def learned_pipeline() -> Pipeline:
    """One that has seen QUIET + 10 frames of `quiet`, to go on with."""
    return copy.deepcopy(_learned())


def rules(results: Iterable[Result], event: str = "raised") -> set[str]:
    return {t.alert.rule_id for r in results for t in r.transitions if t.event == event}


def test_learning_comes_first_then_monitoring_with_nothing_seen() -> None:
    results = go(pipeline(), 90, quiet())
    assert results[0].state is State.LEARNING
    first = next(i for i, r in enumerate(results) if r.state is State.MONITORING)
    assert 3.0 <= first / RATE_HZ <= 4.0
    assert {r.state for r in results[:first]} == {State.LEARNING}
    assert {r.state for r in results[first:]} == {State.MONITORING}
    last = results[-1].levels[0]
    assert (last.area_mm2, last.outside_mm2, last.distances) == (0.0, 0.0, {})
    assert rules(results) == set()


def test_registration_follows_the_bone() -> None:
    results = go(pipeline(), 150, quiet(3))
    errors_mm = []
    for i, result in enumerate(results):
        pose = result.levels[0].pose
        assert pose is not None
        assert pose.trusted
        errors_mm.append(np.hypot(*(np.array(pose.shift_px) - np.array(sway(i)) + sway(0))) * MM_PER_PX)
    assert np.sqrt(np.mean(np.square(errors_mm[10:]))) < 0.1
    assert np.percentile(errors_mm[10:], 99) < 0.25


def test_a_growing_cement_is_measured_and_warned_of_before_it_leaks() -> None:
    results = grown(QUIET + 110)
    # at frame QUIET + k the round reaches x0 + k / 2; the wall is at 170
    errors = []
    for i, result in enumerate(results[QUIET + 20 :], QUIET + 20):
        distance = (result.levels[0].distances or {})["posterior_wall"]
        truth_mm = (POSTERIOR_X - 125.0 - 0.5 * (i - QUIET)) * MM_PER_PX
        errors.append(distance.value_mm - truth_mm)
        assert distance.low_mm <= truth_mm
    assert abs(float(np.median(errors))) < 0.8
    story = [
        (t.event, t.alert.rule_id, t.alert.priority.name)
        for r in results
        for t in r.transitions
        if t.alert.structure in ("posterior_wall", "canal")
    ]
    assert story[0] == ("raised", "near_posterior_wall", "MEDIUM")
    assert story[1] == ("escalated", "near_posterior_wall", "HIGH")
    assert story[2] == ("raised", "leak_canal", "HIGH")
    leak_frame = next(i for i, r in enumerate(results) if "leak_canal" in rules([r]))
    # 1.2 mm beyond the wall and 2 mm wide at frame QUIET + 96
    assert leak_frame <= QUIET + 96 + RATE_HZ


def test_speed_and_time_to_contact() -> None:
    results = grown(QUIET + 70)
    level = results[-1].levels[0]
    # half a pixel a frame: 3 mm/s
    assert level.front_speed_mm_s == pytest.approx(0.5 * MM_PER_PX * RATE_HZ, rel=0.15)
    distance = (level.distances or {})["posterior_wall"].value_mm
    assert level.time_to_contact_s == pytest.approx(distance / (level.front_speed_mm_s or 1), rel=0.01)
    approach = (level.approaches or {})["posterior_wall"]
    assert (approach.speed_mm_s, approach.time_to_contact_s) == (
        level.front_speed_mm_s,
        level.time_to_contact_s,
    )


def test_no_volume_without_calibration_and_the_right_one_with() -> None:
    plain = grown(QUIET + 60)[-1].levels[0]
    assert plain.volume_ml is None
    assert plain.volume_sd_ml is None
    pipe = pipeline(density=DensityCalibration(0.12, 0.03, "test"))
    go(pipe, QUIET + 50, growing())
    noise = np.random.default_rng(8)
    cement = disc_mm(125.0, 130.0, 25.0, 4.0)
    known = go(pipe, 30, lambda i: scene(cement, sway(i), noise), first=QUIET + 50)[-1].levels[0]
    truth_ml = float(cement.sum()) * MM_PER_PX**2 / 1000
    assert known.volume_ml == pytest.approx(truth_ml, rel=0.1)
    assert known.volume_sd_ml is not None
    assert 0 < known.volume_sd_ml < 0.2 * truth_ml


def bright_cement(picture: Callable[[int], NDArray[np.uint16]]) -> Callable[[int], NDArray[np.uint16]]:
    return lambda i: (4095 - picture(i)).astype(np.uint16)


def test_inverted_pictures_give_the_same_findings() -> None:
    dark = grown(QUIET + 50)[-1].levels[0]
    about = Intensity(PixelIntensityRelationship.LIN, 12, bright_is_radiolucent=False)
    bright = go(pipeline(intensity=about), QUIET + 50, bright_cement(growing()))[-1].levels[0]
    assert bright.area_mm2 == dark.area_mm2
    assert bright.distances == dark.distances


def test_only_a_body_and_a_scale_still_finds_cement_that_leaves() -> None:
    marked = plan(posterior_wall=None, anterior_wall=None, superior_endplate=None, inferior_endplate=None)
    results = go(pipeline(marked), QUIET + 110, growing())
    assert rules(results) == {"leak_outside"}
    # nothing tells which side is behind: endplates are derived, walls are not
    last = results[-1].levels[0]
    assert last.derived == {"superior_endplate", "inferior_endplate"} == set(last.distances or {})
    assert "disc above (derived)" in {zone.name for zone in last.zones}
    unmarked = [zone.name for zone in results[-1].levels[0].zones if zone.watch == "not marked"]
    assert "posterior wall" in unmarked


def test_a_held_image_is_called_within_half_a_second_and_no_number_stays() -> None:
    pipe = grown_pipeline()
    still = growing()(QUIET + 40)
    results = go(pipe, 15, lambda _: still, first=QUIET + 40)
    held = [i for i, r in enumerate(results) if r.state is State.HELD]
    assert held[0] <= 0.6 * RATE_HZ
    assert all(r.levels[0].area_mm2 is None and r.levels[0].distances is None for r in results[held[0] :])


def test_a_pipeline_that_was_copied_goes_on_as_the_one_it_was_copied_from() -> None:
    picture = growing()
    for i in range(QUIET + 40):
        picture(i)
    pipe = grown_pipeline()
    for expected in grown(QUIET + 50)[QUIET + 40 :]:
        shot = frame(expected.frame.seq, picture(expected.frame.seq))
        found = pipe.step(shot, shot.time_ns)
        assert (found.state, found.transitions) == (expected.state, expected.transitions)
        assert found.levels[0].area_mm2 == expected.levels[0].area_mm2
        assert found.levels[0].distances == expected.levels[0].distances


def test_doubled_frames_are_no_new_evidence() -> None:
    single = grown(QUIET + 40)
    doubled = pipeline()
    picture = growing()
    last = None
    for i in range(QUIET + 40):
        shot = picture(i)
        for half in (0, 1):
            at = round((i + half / 2) * 1e9 / RATE_HZ)
            last = doubled.step(frame(2 * i + half, shot, at), at)
    assert last is not None
    assert last.state is State.MONITORING
    assert last.levels[0].area_mm2 == pytest.approx(single[-1].levels[0].area_mm2, rel=0.02)


def test_a_jerk_is_blind_then_learned_anew_and_known_cement_is_not_forgotten() -> None:
    pipe = grown_pipeline()
    before = grown(QUIET + 40)[-1].levels[0]
    noise = np.random.default_rng(9)
    cement = disc_mm(125.0, 130.0, 0.5 * 39, 4.0)
    jerk = 15.0

    def after(i: int) -> NDArray[np.uint16]:
        x, y = sway(i)
        return scene(cement, (x, y + jerk), noise)

    results = go(pipe, 100, after, first=QUIET + 40)
    assert results[1].state is State.NOT_MONITORING
    assert "moved" in results[1].reasons[0].text
    assert "not_monitoring" in rules(results)
    back = next(i for i, r in enumerate(results) if r.state is State.MONITORING)
    assert 3.0 <= back / RATE_HZ <= 4.5
    assert all(r.levels[0].area_mm2 is None for r in results[1:back])
    assert results[-1].levels[0].area_mm2 == pytest.approx(before.area_mm2, rel=0.1)
    assert not {rule for rule in rules(results) if rule.startswith("leak")}


@pytest.mark.parametrize(("radius_after", "priority"), [(39, Priority.LOW), (47, Priority.MEDIUM)])
def test_cement_before_and_after_a_time_unwatched_is_set_side_by_side(
    radius_after: int, priority: Priority
) -> None:
    pipe = grown_pipeline()
    before = grown(QUIET + 40)[-1].levels[0]
    noise = np.random.default_rng(9)
    cement = disc_mm(125.0, 130.0, 0.5 * radius_after, 4.0)

    def after(i: int) -> NDArray[np.uint16]:
        x, y = sway(i)
        return scene(cement, (x, y + 15.0), noise)

    results = go(pipe, 110, after, first=QUIET + 40)
    told = [t for r in results for t in r.transitions if t.alert.rule_id == "grown_unwatched"]
    assert [t.event for t in told] == ["raised"]
    alert = told[0].alert
    assert (alert.level, alert.priority, alert.unit) == ("L1", priority, "mm2")
    now = results[-1].levels[0]
    assert before.area_mm2 is not None
    assert now.area_mm2 is not None
    assert alert.value == pytest.approx(now.area_mm2 - before.area_mm2, abs=4.0)
    assert f"{before.area_mm2:.0f} mm2 before" in alert.message


def test_cement_is_known_again_after_the_process_was_killed() -> None:
    first = pipeline()
    last = go(first, QUIET + 100, growing())[-1]
    memory = first.remember()
    assert memory is not None
    leaks = {a.rule_id for a in last.alerts if a.rule_id.startswith("leak_")}
    assert leaks

    second = pipeline()
    second.recall(memory)
    second.restore(last.alerts, 0)
    noise = np.random.default_rng(9)
    cement = disc_mm(125.0, 130.0, 0.5 * 99, 4.0)
    results = go(second, 100, lambda i: scene(cement, sway(i), noise), first=QUIET + 130)
    assert results[0].state is State.NOT_MONITORING
    assert "the monitor was restarted" in results[0].reasons[0].text
    assert all(r.levels[0].area_mm2 is None for r in results[:40])
    # the leak of before is on the bar from the first frame on, latched
    assert {a.rule_id for a in results[0].alerts if a.state is AlarmState.LATCHED} == leaks
    assert results[-1].state is State.MONITORING
    assert results[-1].levels[0].area_mm2 == pytest.approx(last.levels[0].area_mm2, rel=0.1)
    assert results[-1].levels[0].outside_mm2 == pytest.approx(last.levels[0].outside_mm2, rel=0.3)
    assert results[-1].beam_on_s > last.beam_on_s


def test_what_was_kept_for_another_plan_is_refused() -> None:
    first = pipeline()
    go(first, QUIET, quiet())
    memory = first.remember()
    assert memory is not None
    with pytest.raises(PlanError, match="view 'ap' does not fit the plan"):
        pipeline().recall(replace(memory, view="ap"))
    small = replace(memory.levels[0], mean=memory.levels[0].mean[:-3])
    with pytest.raises(PlanError, match="L1: what was kept of it does not fit the plan"):
        pipeline().recall(replace(memory, levels=(small,)))


def test_a_time_unwatched_without_cement_tells_nothing() -> None:
    pipe = learned_pipeline()
    noise = np.random.default_rng(5)
    results = go(pipe, 110, lambda i: scene(None, (0.0, 15.0), noise), first=QUIET + 10)
    assert results[-1].state is State.MONITORING
    assert "grown_unwatched" not in rules(results)


def test_a_change_of_depth_is_not_monitored_and_the_old_one_is_again() -> None:
    pipe = learned_pipeline()
    at = round((QUIET + 10) * 1e9 / RATE_HZ)
    eight = freeze_pixels((scene() >> 4).astype(np.uint8), copy=True)
    result = pipe.step(Frame(QUIET + 10, at, at, eight, "scripted"), at)
    assert result.state is State.NOT_MONITORING
    assert result.levels == ()
    assert "image depth changed from 16 to 8 bit" in result.reasons[0].text
    assert go(pipe, 5, quiet(3), first=QUIET + 11)[-1].state is State.MONITORING


def test_a_brightness_step_is_not_cement() -> None:
    pipe = learned_pipeline()
    noise = np.random.default_rng(5)
    results = go(pipe, 90, lambda i: scene(None, sway(i), noise, dose=900.0), first=QUIET + 10)
    assert results[0].state is State.NOT_MONITORING
    assert "brightness changed by -40 %" in results[0].reasons[0].text
    assert results[-1].state is State.MONITORING
    assert results[-1].levels[0].area_mm2 == 0.0


def test_another_image_size_is_not_monitored() -> None:
    pipe = pipeline()
    go(pipe, 10, quiet())
    other = Frame(10, 10**9, 10**9, freeze_pixels(np.zeros((100, 100), np.uint16), copy=False), "scripted")
    result = pipe.step(other, 10**9)
    assert result.state is State.NOT_MONITORING
    assert result.levels == ()
    assert "image size changed to 100 x 100" in result.reasons[0].text


def test_a_handful_of_grey_levels_is_not_monitored() -> None:
    noise = np.random.default_rng(2)
    results = go(pipeline(), 60, lambda i: scene(None, sway(i), noise, dose=9.0))
    assert {r.state for r in results} == {State.NOT_MONITORING}
    assert "image too dark at L1" in results[-1].reasons[0].text


def test_a_saturated_level_is_not_monitored_and_it_is_said() -> None:
    noise = np.random.default_rng(2)

    def white(i: int) -> NDArray[np.uint16]:
        return np.minimum(scene(None, sway(i), noise).astype(np.int64) * 40, 4095).astype(np.uint16)

    results = go(pipeline(), 60, white)
    assert {r.state for r in results} == {State.NOT_MONITORING}
    assert "image saturated at L1" in results[-1].reasons[0].text


def test_gas_that_moves_is_not_cement() -> None:
    noise = np.random.default_rng(7)
    away = QUIET + 30

    def gassy(i: int) -> NDArray[np.uint16]:
        # a bubble behind the wall goes to the front of the body within a second
        share = min(max((i - away) / 15, 0.0), 1.0)
        gas = disc_mm(185.0 - 110.0 * share, 150.0 - 50.0 * share, 24.0, -1.5)
        return scene(gas, sway(i), noise)

    results = go(pipeline(), away + 150, gassy)
    assert not {rule for rule in rules(results) if rule.startswith("leak")}
    during = results[away : away + 60]
    assert any(r.state in (State.DEGRADED, State.NOT_MONITORING) for r in during)
    assert any("gas" in reason.text for r in during for reason in r.reasons)
    assert results[-1].state is State.MONITORING


def test_a_level_without_any_edge_is_never_called_monitored() -> None:
    noise = np.random.default_rng(2)
    flat = np.full((SIZE, SIZE), 1500.0)
    results = go(pipeline(), 90, lambda _: noise.poisson(flat).astype(np.uint16))
    assert State.MONITORING not in {r.state for r in results}
    assert not rules(results) - {"degraded", "not_monitoring"}


def test_a_needle_that_moves_is_not_cement() -> None:
    noise = np.random.default_rng(4)

    def needle(i: int) -> NDArray[np.uint16]:
        # a steel rod across the wall swings by 6 mm at frame 80
        y = 120 if i < QUIET + 20 else 135
        rod = np.zeros((SIZE, SIZE), np.float32)
        rod[y - 3 : y + 4, 150:250] = 8.0
        return scene(rod, sway(i), noise)

    results = go(pipeline(), QUIET + 80, needle)
    assert not {rule for rule in rules(results) if rule.startswith("leak")}
    assert results[QUIET + 55].state in (State.DEGRADED, State.NOT_MONITORING)


@pytest.mark.parametrize("seed", range(3))
def test_results_do_not_depend_on_anything_but_the_frames(seed: int) -> None:
    a = go(pipeline(), QUIET + 30, growing(seed))[-1]
    b = go(pipeline(), QUIET + 30, growing(seed))[-1]
    assert a.levels[0].distances == b.levels[0].distances
    assert a.masks_px is not None
    assert b.masks_px is not None
    assert np.array_equal(a.masks_px, b.masks_px)


def test_where_the_image_is_stretched_millimetres_are_those_of_the_level() -> None:
    """A level at the pincushion's edge has more pixels to the millimetre than the view's middle."""
    marked = plan()
    view = marked.views[0]
    level = view.levels[0].name
    stretched = msgspec.structs.replace(view.scale, mm_per_px=0.9 * view.scale.mm_per_px)
    plain = go(pipeline(), 80, growing(5))[-1].levels[0]
    local = Pipeline(marked, view, info(), Config(), level_scales={level: stretched})
    there = go(local, 80, growing(5))[-1].levels[0]
    assert plain.area_mm2 is not None
    assert there.area_mm2 == pytest.approx(0.81 * plain.area_mm2, rel=0.06)
    wall = "posterior_wall"
    assert there.distances[wall].value_mm == pytest.approx(0.9 * plain.distances[wall].value_mm, rel=0.06)
    assert np.allclose(there.distances[wall].to_px, plain.distances[wall].to_px, atol=1.5)


def test_a_scale_in_doubt_degrades_the_whole_run() -> None:
    doubt = Reason(State.DEGRADED, "calibration", "the plan's scale is 1.40 times the room's")
    marked = plan()
    pipe = Pipeline(marked, marked.views[0], info(), Config(), standing=(doubt,))
    results = go(pipe, 90, quiet())
    assert results[-1].state is State.DEGRADED
    assert doubt in results[-1].reasons
    assert results[0].state is State.LEARNING
