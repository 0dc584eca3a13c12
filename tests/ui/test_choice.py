"""Whose figures stand large: as chosen, and never past an alarm of another level or plane."""

from __future__ import annotations

import pytest

from monitor.result import AlarmState, Alert, Distance, LevelResult, Priority
from tests.ui import factory as made
from tests.ui.test_biplane import NAMES, SETUP, of_ap
from ui.overlay.biplane import BiplaneObservation
from ui.overlay.biplane_scene import BiplaneScene
from ui.overlay.choice import NEAR_MM
from ui.overlay.model import DistanceModel
from ui.overlay.scene import Scene


def level(name: str, wall_mm: float) -> LevelResult:
    gap = Distance(wall_mm, wall_mm - 0.5, (0.0, 0.0), (1.0, 0.0))
    return made.level(name=name, distances={"posterior_wall": gap}, contours_px=(), structures_px={})


def looked_at(scene: Scene, *levels: LevelResult, alerts: tuple[Alert, ...] = ()) -> DistanceModel:
    return scene.take(made.observation(made.result(*levels, alerts=alerts))).distance


def scene_of(*levels: LevelResult, presses: int = 0) -> Scene:
    scene = Scene(made.SETUP)
    looked_at(scene, *levels)
    for _ in range(presses):
        scene.choose_next()
    return scene


T12, T11 = level("T12", 12.0), level("T11", 14.0)


def test_the_key_goes_from_the_nearest_through_the_levels_and_back() -> None:
    scene = scene_of(T12, T11)
    assert looked_at(scene, T12, T11).title == "posterior wall"
    said = [scene.choose_next() for _ in range(4)]
    assert said[:3] == [
        "T12 chosen; alarms come first",
        "T11 chosen; alarms come first",
        "figures of the nearest level",
    ]
    assert said[3] == said[0]
    assert scene_of(T12).choose_next() == "one level only: T12"


def test_the_chosen_level_stands_large_though_another_is_nearer() -> None:
    scene = scene_of(T12, T11, presses=2)
    shown = looked_at(scene, T12, T11)
    assert (shown.title, shown.figure, shown.level) == ("T11 posterior wall", "14.0", "T11")


@pytest.mark.parametrize("priority", list(Priority))
@pytest.mark.parametrize("state", [AlarmState.ACTIVE, AlarmState.ACKNOWLEDGED, AlarmState.LATCHED])
def test_an_alarm_of_another_level_takes_the_figure(priority: Priority, state: AlarmState) -> None:
    scene = scene_of(T12, T11, presses=2)
    alarm = made.alert(priority, "posterior wall 12.0 mm", state=state, level_name="T12")
    shown = looked_at(scene, T12, T11, alerts=(alarm,))
    assert (shown.title, shown.figure) == ("T12 posterior wall", "12.0")
    assert (shown.also_name, shown.also) == ("T11 posterior wall", "14.0"), "what was chosen stays in sight"
    back = looked_at(scene, T12, T11)
    assert back.level == "T11"


def test_also_where_the_chosen_level_has_a_lesser_alarm_and_is_nearer() -> None:
    near, far = level("T11", 4.0), level("T12", 9.0)
    scene = scene_of(far, near, presses=2)
    mine = made.alert(Priority.MEDIUM, "posterior wall 4.0 mm", level_name="T11")
    other = made.alert(Priority.HIGH, "vein leak", structure="vein", rule_id="leak_vein", level_name="T12")
    assert looked_at(scene, far, near, alerts=(mine, other)).level == "T12"
    assert looked_at(scene, far, near, alerts=(mine,)).level == "T11"


def test_of_two_levels_with_alike_alarms_the_choice_decides_nothing() -> None:
    near, far = level("T12", 4.0), level("T11", 9.0)
    scene = scene_of(near, far, presses=2)
    both = tuple(made.alert(Priority.LOW, "near", level_name=name) for name in ("T12", "T11"))
    assert looked_at(scene, near, far, alerts=both).level == "T12"


def test_a_nearer_front_takes_the_figure_before_its_alarm_has_come() -> None:
    scene = scene_of(T12, T11, presses=2)
    assert looked_at(scene, level("T12", NEAR_MM + 0.1), T11).level == "T11"
    assert looked_at(scene, level("T12", NEAR_MM), T11).level == "T12"
    assert looked_at(scene, level("T12", NEAR_MM), level("T11", 2.0)).level == "T11"


def test_a_front_in_the_posterior_third_takes_it_too() -> None:
    scene = scene_of(made.level(12.4), T11, presses=2)
    third_mm = scene._memory.band_mm("lateral", made.level(12.4), "posterior_third", made.MM_PER_PX)
    assert third_mm is not None
    assert third_mm > NEAR_MM
    assert looked_at(scene, made.level(third_mm + 0.2), T11).level == "T11"
    assert looked_at(scene, made.level(third_mm - 0.2), T11).level == "T12"


def test_a_chosen_level_without_cement_says_so_and_borrows_no_figure() -> None:
    empty = made.level(None, name="T11", area_mm2=0.0, structures_px={})
    shown = looked_at(scene_of(T12, empty, presses=2), T12, empty)
    assert (shown.title, shown.figure, shown.level) == ("T11: no cement detected yet", None, "T11")


def test_a_chosen_level_that_is_not_seen_gives_way() -> None:
    scene = scene_of(T12, T11, presses=2)
    shown = looked_at(scene, T12, made.blind_level("T11"))
    assert (shown.title, shown.figure) == ("T12 posterior wall", "12.0")
    assert (shown.also_name, shown.also) == ("T11", "not watched")


def test_a_level_that_is_gone_is_no_choice() -> None:
    scene = scene_of(T12, T11, presses=2)
    assert looked_at(scene, T12).figure == "12.0"


# Of two planes


def planes(wall_mm: float, ap_mm: float, *, alerts: tuple[Alert, ...] = ()) -> BiplaneObservation:
    lateral = made.observation(made.result(level("T12", wall_mm), alerts=alerts))
    return BiplaneObservation((lateral, of_ap(made.observation(made.result(level("T12", ap_mm))))))


def test_the_next_view_stands_large_until_the_other_has_an_alarm(qapp: object) -> None:
    scene = BiplaneScene((SETUP, SETUP), NAMES)
    assert scene.take(planes(12.0, 14.0)).joint.distance.title == "posterior wall, lateral"
    assert [scene.choose_next() for _ in range(2)][-1] == "ap chosen; alarms come first"
    assert scene.take(planes(12.0, 14.0)).joint.distance.title == "posterior wall, ap"
    low = (made.alert(Priority.LOW, "posterior wall 12.0 mm"),)
    assert scene.take(planes(12.0, 14.0, alerts=low)).joint.distance.title == "posterior wall, lateral"
    assert scene.take(planes(3.0, 14.0)).joint.distance.title == "posterior wall, lateral"
    blind = BiplaneObservation((planes(12.0, 14.0).planes[0], of_ap(made.blind()[-1])))
    assert scene.take(blind).joint.distance.figure == "12.0"
    assert scene.choose_next() == "figures of the nearest view"
