"""Two planes in one window: what is said of both, and that neither lends the other what is not true of it."""

import dataclasses
from itertools import combinations

import pytest
from PyQt6.QtCore import QRectF
from PyQt6.QtGui import QImage, QPainter

from monitor.result import AlarmState, Priority, Watch, Zone
from monitor.states import Reason, State
from tests.ui import factory as made
from ui.overlay.biplane import BiplaneObservation
from ui.overlay.biplane_scene import BiplaneScene
from ui.overlay.layout import biplane_layout_for
from ui.overlay.model import BiplaneModel
from ui.overlay.observation import Observation, Setup
from ui.overlay.window import OverlayWindow

SIZES = [(1920, 1080), (1280, 720), (1024, 768)]
NAMES = ("lateral", "ap")
SETUP = Setup(mm_per_px={"lateral": made.MM_PER_PX, "ap": made.MM_PER_PX}, planned_volume_ml={"T12": 4.0})
AP_ZONES = (Zone("paravertebral", Watch.WATCHED, 1.4), Zone("disc_superior", Watch.PARTLY, 0.8))


@pytest.fixture(autouse=True)
def application(qapp):
    return qapp


def of_ap(observation: Observation) -> Observation:
    """The same look, as of the other plane."""
    return dataclasses.replace(observation, result=dataclasses.replace(observation.result, view="ap"))


def taken(lateral: Observation, ap: Observation) -> BiplaneModel:
    return BiplaneScene((SETUP, SETUP), NAMES).take(BiplaneObservation((lateral, of_ap(ap))))


def one(*levels, alerts=(), **how) -> Observation:
    return made.observation(made.result(*levels, alerts=alerts), **how)


def test_the_highest_alarm_of_either_plane_stands_in_the_bar_with_its_plane() -> None:
    medium = made.alert(Priority.MEDIUM, "posterior wall 9.6 mm")
    high = made.alert(Priority.HIGH, "vein leak", structure="vein", rule_id="leak_vein")
    bar = taken(one(alerts=(medium,)), one(alerts=(high,))).joint.bar
    assert bar.alarm is not None
    assert (bar.alarm.priority, bar.alarm.text) == (Priority.HIGH, "VEIN LEAK")
    assert bar.alarm.tail == "·  T12  ·  STOP  ·  ap"
    assert bar.further == 1
    assert bar.state is None


def test_of_two_alike_the_one_that_is_not_acknowledged_comes_first() -> None:
    known = made.alert(Priority.HIGH, "canal leak", rule_id="leak_canal", state=AlarmState.ACKNOWLEDGED)
    fresh = made.alert(Priority.HIGH, "vein leak", structure="vein", rule_id="leak_vein")
    alarm = taken(one(alerts=(known,)), one(alerts=(fresh,))).joint.bar.alarm
    assert alarm is not None
    assert alarm.text == "VEIN LEAK"
    assert alarm.flashing


def test_a_blind_plane_is_named_and_takes_nothing_from_the_other() -> None:
    model = taken(made.calm()[-1], made.blind()[-1])
    assert model.joint.header.state is State.NOT_MONITORING
    assert not model.joint.header.seen
    assert model.joint.bar.state is not None
    assert model.joint.bar.state.text.startswith("ap BLIND")
    assert model.joint.bar.state.filled
    assert "lateral: watching" in model.joint.bar.quiet
    assert model.joint.distance.figure == "12.4"
    assert model.joint.distance.title == "posterior wall, lateral"
    seeing, blind = model.planes
    assert seeing.marks[0].contour
    assert not any(marks.contour for marks in blind.marks)
    assert model.joint.leaks_none.startswith("ap not watched; ")
    marks = {row.name: row.mark for row in model.joint.zones}
    assert marks["posterior wall"] == "full"


def test_an_alarm_of_one_plane_stands_beside_the_blindness_of_the_other() -> None:
    bar = taken(made.high()[-1], made.blind()[-1]).joint.bar
    assert bar.alarm is not None
    assert (bar.alarm.priority, bar.alarm.note) == (Priority.HIGH, "lateral")
    assert bar.alarm.tail.endswith("STOP")
    assert bar.state is not None
    assert bar.state.text.startswith("ap BLIND")


def test_two_blind_planes_are_both_told() -> None:
    same = taken(made.blind()[-1], made.blind()[-1]).joint
    assert same.bar.state is not None
    assert same.bar.state.text.startswith("both planes BLIND")
    assert same.distance.figure is None
    assert {row.mark for row in same.zones} == {"empty"}
    other = made.observation(how=made.health(Reason(State.LEARNING, "learning", "learning the noise")))
    mixed = taken(other, made.blind()[-1]).joint
    assert mixed.bar.state is not None
    assert mixed.bar.state.text.startswith("ap BLIND")
    assert mixed.bar.state.filled
    assert mixed.bar.state.follows.startswith("lateral LEARNING")


def test_the_number_is_the_alarms_then_the_nearest_dangerous_one() -> None:
    near_ap = taken(one(made.level(12.4)), one(made.level(4.2))).joint
    assert (near_ap.distance.title, near_ap.distance.figure) == ("posterior wall, ap", "4.2")
    assert [value for _, value in near_ap.trend.points] == [4.2]
    alarm = made.alert(Priority.MEDIUM, "posterior wall 9.6 mm")
    alarmed = taken(one(made.level(9.6), alerts=(alarm,)), one(made.level(4.2))).joint
    assert (alarmed.distance.title, alarmed.distance.figure) == ("posterior wall, lateral", "9.6")


def test_a_zone_is_watched_as_the_plane_sees_it_that_sees_it_better() -> None:
    rows = {row.name: row for row in taken(one(), one(made.level(zones=AP_ZONES))).joint.zones}
    assert rows["paravertebral"].mark == "full"
    assert (rows["disc above"].mark, rows["disc above"].note) == ("full", "0.4 mm")
    assert rows["canal"].mark == "half"


def test_one_recording_that_fails_is_not_made_good_by_the_other() -> None:
    assert taken(one(recording=True), one(recording=False)).joint.header.recording is False
    assert taken(one(recording=True), one(recording=None)).joint.header.recording is None
    assert taken(one(recording=True), one(recording=True)).joint.header.recording is True


def test_each_plane_says_its_own_volume() -> None:
    (row,) = taken(one(made.level()), one(made.level(volume_ml=3.9))).joint.volumes
    assert (row.level, row.volume) == ("T12", "3.1")
    assert row.note.endswith("ap 3.9")
    (blind,) = taken(
        one(made.level(pose=made.blind_level().pose)), one(made.level(volume_ml=3.9))
    ).joint.volumes
    assert blind.volume == "3.9"
    assert "by ap" in blind.note


def test_volumes_are_told_apart_without_a_planned_volume_too() -> None:
    scene = BiplaneScene((Setup(), Setup()), NAMES)
    blind, seen = one(made.level(pose=made.blind_level().pose)), one(made.level(volume_ml=3.9))
    (row,) = scene.take(BiplaneObservation((blind, of_ap(seen)))).joint.volumes
    assert row.volume == "3.9"
    assert "by ap" in row.note
    (row,) = scene.take(BiplaneObservation((one(made.level()), of_ap(seen)))).joint.volumes
    assert row.volume == "3.1"
    assert row.note.endswith("ap 3.9")


def test_the_thinner_film_is_the_better_one_by_its_number() -> None:
    thick, thin = (Zone("canal", Watch.WATCHED, mm) for mm in (10.2, 9.8))
    (row,) = taken(one(made.level(zones=(thick,))), one(made.level(zones=(thin,)))).joint.zones
    assert row.note == "9.8 mm"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("lateral", "ap"),
    [(a, b) for a in made.SCENES for b in ("calm", "crossed", "blind_with_latched", "learning")],
)
def test_no_words_meet_or_leave_the_window(lateral, ap, size):
    scene = BiplaneScene((SETUP, SETUP), NAMES)
    model = scene.take(BiplaneObservation((made.SCENES[lateral]()[-1], of_ap(made.SCENES[ap]()[-1]))))
    image = QImage(*size, QImage.Format.Format_RGB32)
    with QPainter(image) as painter:
        words = scene.paint(painter, *size, model)
    rects = [(word.text, word.rect) for word in words if word.text and not word.rect.isEmpty()]
    window = QRectF(0, 0, *size)
    assert [text for text, rect in rects if not window.contains(rect)] == []
    inner = [(text, rect.adjusted(0.5, 0.5, -0.5, -0.5)) for text, rect in rects]
    assert [(a, b) for (a, x), (b, y) in combinations(inner, 2) if x.intersects(y)] == []
    texts = [text for text, _ in rects]
    assert "NOT MONITORING" in texts or "blind" not in ap


@pytest.mark.parametrize("size", [*SIZES, (1920, 1200), (3840, 2160)])
@pytest.mark.parametrize("aspects", [(1.0, 1.0), (4 / 3, 1.0), (16 / 9, 0.7)])
def test_images_strips_and_panels_do_not_overlap(size, aspects):
    layout = biplane_layout_for(*size, aspects)
    window = QRectF(0, 0, *size)
    panels = {name: rect for name, rect in layout.panels.panels().items() if name != "image"}
    rects = panels | {f"image {i}": rect for i, rect in enumerate(layout.images)}
    rects |= {f"strip {i}": rect for i, rect in enumerate(layout.strips)}
    for name, rect in rects.items():
        assert window.contains(rect), name
    for (a, x), (b, y) in combinations(rects.items(), 2):
        assert not x.intersects(y), (a, b)
    for rect, aspect in zip(layout.images, aspects, strict=True):
        assert rect.width() / rect.height() == pytest.approx(aspect, rel=0.01)


def test_the_window_tells_each_plane_what_of_it_was_painted(qapp):
    told: dict[str, list[int]] = {"lateral": [], "ap": []}
    looks = iter(range(100))

    def look() -> BiplaneObservation:
        i = next(looks)
        lateral = made.observation(made.result(seq=i))
        return BiplaneObservation((lateral, of_ap(made.observation(made.result(seq=i // 2)))))

    window = OverlayWindow(
        look, scene=BiplaneScene((SETUP, SETUP), NAMES),
        painted=[lambda seq, _: told["lateral"].append(seq), lambda seq, _: told["ap"].append(seq)],
    )  # fmt: skip
    window.resize(1280, 720)
    for _ in range(4):
        window.tick()
        window.grab()
    assert told == {"lateral": [0, 1, 2, 3], "ap": [0, 1]}
