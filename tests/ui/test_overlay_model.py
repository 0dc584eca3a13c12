"""What the overlay says, from what it is given; no Qt involved."""

import dataclasses
import itertools
import subprocess
import sys

import pytest

from monitor.config import BrandClock, Config
from monitor.plan import parse_plan
from monitor.result import AlarmState, Approach, Distance, Kind, Priority, Watch, Zone
from monitor.states import Reason, State
from tests.ui import factory as made
from ui.overlay import words
from ui.overlay.derive import build_model
from ui.overlay.memory import Memory
from ui.overlay.observation import Setup, setup_from_plan
from ui.overlay.trend_runs import blind_spans, segments


def shown(observations, setup=made.SETUP):
    memory = Memory()
    for observation in observations:
        memory.remember(observation)
        model = build_model(observation, memory, setup)
    return model


def every_word(model) -> str:
    """All that the model says, in one string."""

    def parts(thing):
        if isinstance(thing, str):
            yield thing
        elif dataclasses.is_dataclass(thing):
            for field in dataclasses.fields(thing):
                if field.name not in ("result", "points"):
                    yield from parts(getattr(thing, field.name))
        elif isinstance(thing, tuple):
            for part in thing:
                yield from parts(part)

    return " | ".join(parts(model))


def test_importing_the_package_does_not_import_qt():
    code = (
        "import sys, ui, ui.qt, ui.overlay.derive; sys.exit(any(m.startswith('PyQt6') for m in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_number_speaks_of_the_nearest_dangerous_structure_not_of_the_nearer_disc():
    model = shown(made.calm())
    assert (model.distance.title, model.distance.figure) == ("posterior wall", "12.4")
    assert model.distance.bound == "at least 11.8"
    assert (model.distance.also_name, model.distance.also) == ("disc below", "3.0")
    assert model.distance.priority is None


def test_an_alarm_on_another_structure_takes_the_number():
    alarm = made.alert(Priority.MEDIUM, "disc below 3.0 mm", structure="disc_inferior", rule_id="near_disc")
    model = shown([made.observation(made.result(alerts=(alarm,)))])
    assert (model.distance.title, model.distance.figure) == ("disc below", "3.0")
    assert model.distance.priority == Priority.MEDIUM
    # Speed and time to contact are told of the wall.
    assert model.distance.speed == model.distance.contact == words.UNKNOWN


def test_speed_and_time_to_contact_are_those_of_the_structure_of_the_number():
    level = made.level(2.0, speed_mm_s=0.5, contact_s=4.0)
    vein = {"vein": Distance(4.0, 3.4, (455.0, 465.0), (455.0, 438.0))}
    runs = {"vein": Approach(8.0, 0.5)}
    level = dataclasses.replace(
        level, distances={**level.distances, **vein}, front_speed_mm_s=8.0, time_to_contact_s=0.5
    )
    both = dataclasses.replace(level, approaches={**level.approaches, **runs})
    distance = shown([made.observation(made.result(both))]).distance
    assert (distance.structure, distance.speed, distance.contact) == ("posterior_wall", "0.5", "4 s")
    other = dataclasses.replace(level, approaches=runs)
    distance = shown([made.observation(made.result(other))]).distance
    assert distance.structure == "posterior_wall"
    assert distance.speed == distance.contact == words.UNKNOWN


@pytest.mark.parametrize(
    ("speed_mm_s", "said"),
    [(0.9, ("nearing", "0.9")), (-0.32, ("drawing back", "0.3")), (0.04, ("standing", "")),
     (None, ("speed", words.UNKNOWN))],
)  # fmt: skip
def test_it_says_which_way_the_front_goes(speed_mm_s, said):
    distance = shown([made.observation(made.result(made.level(speed_mm_s=speed_mm_s)))]).distance
    assert (distance.heading, distance.speed) == said


def test_a_crossed_structure_is_said_in_words():
    model = shown(made.crossed())
    assert (model.distance.title, model.distance.figure) == ("posterior wall crossed by", "1.2")
    assert model.distance.bound == "at most 1.8"
    assert model.distance.heading == "going on"
    assert model.distance.contact == words.UNKNOWN


def test_a_lower_bound_below_zero_is_no_distance():
    level = made.level(0.4)
    model = shown([made.observation(made.result(level))])
    assert (model.distance.figure, model.distance.bound) == ("0.4", "may be crossed")


@pytest.mark.parametrize("scene", ["blind", "blind_with_latched", "stale", "learning", "held"])
def test_where_nothing_is_watched_there_is_no_number_and_no_zone(scene):
    model = shown(made.SCENES[scene]())
    assert model.distance.figure is None
    assert model.distance.speed == model.distance.contact == words.UNKNOWN
    assert model.distance.also == ""
    assert {zone.note for zone in model.zones} == {"not watched"}
    assert {zone.mark for zone in model.zones} == {"empty"}
    assert all(row.volume == words.UNKNOWN and row.share is None for row in model.volumes)
    assert model.leaks == ()
    assert "not watched" in model.leaks_none


@pytest.mark.parametrize("scene", list(made.SCENES))
def test_it_never_says_safe_nor_no_leak_nor_zero_for_unknown(scene):
    text = every_word(shown(made.SCENES[scene]())).lower()
    assert "safe" not in text
    assert "no leak" not in text
    assert "0.0" not in text
    assert "none" not in text.replace("none detected in the zones that are watched", "")


def test_what_is_not_known_is_dashes_while_monitoring():
    level = made.level(None, area_mm2=None, speed_mm_s=None, contact_s=None, fill_fraction=None)
    model = shown([made.observation(made.result(level), recording=None)])
    assert model.header.state == State.MONITORING
    assert model.distance.figure is None
    assert model.distance.speed == model.distance.contact == words.UNKNOWN
    assert "fill" not in every_word(model)


def test_volume_that_is_not_calibrated_is_said():
    model = shown(made.degraded())
    assert (model.volumes[0].volume, model.volumes[0].sd) == ("", "volume: not calibrated")


def test_blind_names_its_length_its_cause_and_what_follows():
    bar = shown(made.blind()).bar
    assert bar.alarm is None
    assert bar.state.text == "BLIND 3 s  ·  patient moved 4 mm"
    assert bar.state.follows == "learning again, about 2 s; growth meanwhile cannot be excluded"
    assert bar.state.filled


def test_a_latched_clinical_alarm_stays_beside_blind_without_its_old_number():
    bar = shown(made.blind_with_latched()).bar
    assert bar.state is not None
    assert bar.alarm.priority == Priority.HIGH
    assert (bar.alarm.text, bar.alarm.tail) == ("CANAL LEAK", "·  T12")
    assert bar.alarm.note.startswith("latched")
    assert bar.alarm.flashing


def test_an_active_alarm_loses_its_number_and_stop_when_blind():
    bar = shown(made.blind(made.alert(Priority.HIGH, "posterior wall 2.1 mm"))).bar
    assert (bar.alarm.text, bar.alarm.tail) == ("POSTERIOR WALL", "·  T12")


def test_a_technical_alarm_does_not_push_the_clinical_one_out_of_the_bar_when_blind():
    technical = made.alert(
        Priority.HIGH, "video lost", structure=None, kind=Kind.TECHNICAL, rule_id="no_image", level_name=None
    )
    clinical = made.alert(Priority.MEDIUM, "vein leak", structure="vein", rule_id="leak_vein")
    bar = shown(made.blind(technical, clinical)).bar
    assert bar.alarm.text == "VEIN LEAK"
    assert bar.alarm.priority == Priority.MEDIUM


def test_highest_alarm_first_and_the_others_counted():
    bar = shown(made.high()).bar
    assert (bar.alarm.text, bar.alarm.tail) == ("POSTERIOR WALL 2.1 mm", "·  T12  ·  STOP")
    assert bar.further == 1
    assert bar.state is None


def test_an_acknowledged_alarm_ceases_to_flash_and_yields_to_a_new_one():
    acknowledged = made.alert(Priority.HIGH, "posterior wall 2.1 mm", state=AlarmState.ACKNOWLEDGED)
    bar = shown([made.observation(made.result(alerts=(acknowledged,)))]).bar
    assert (bar.alarm.note, bar.alarm.flashing) == ("acknowledged", False)
    new = made.alert(Priority.HIGH, "canal leak 3 mm2", structure="canal", rule_id="leak_canal")
    bar = shown([made.observation(made.result(alerts=(acknowledged, new)))]).bar
    assert bar.alarm.text.startswith("CANAL LEAK 3 mm²")


def test_an_alarm_of_the_observer_is_shown_beside_those_of_the_result():
    own = made.alert(
        Priority.MEDIUM,
        "recording fails",
        structure=None,
        kind=Kind.TECHNICAL,
        rule_id="recording",
        level_name=None,
    )
    bar = shown([made.observation(alerts=(own,))]).bar
    assert (bar.alarm.text, bar.alarm.tail) == ("RECORDING FAILS", "")
    bar = shown([dataclasses.replace(made.high()[-1], alerts=(own,))]).bar
    assert bar.alarm.priority == Priority.HIGH
    assert bar.further == 2


def test_pending_alarms_are_not_shown():
    pending = made.alert(Priority.HIGH, "posterior wall 2.1 mm", state=AlarmState.PENDING)
    assert shown([made.observation(made.result(alerts=(pending,)))]).bar.alarm is None


def test_quiet_bar_says_what_is_and_what_is_not_watched():
    bar = shown(made.calm()).bar
    assert bar.quiet == "watching posterior wall, discs, anterior wall"
    assert bar.quiet_rest == "canal partly hidden  ·  veins not marked"


def test_degraded_says_why():
    header = shown(made.degraded()).header
    assert (header.state, header.why, header.recording) == (State.DEGRADED, "recording falls behind", False)


def test_an_old_result_is_not_believed_whatever_the_health_says():
    late = made.observation(how=made.health(age_s=2.4))
    model = shown([late])
    assert model.header.state == State.NOT_MONITORING
    assert model.distance.figure is None
    assert model.stale_s == pytest.approx(2.4)
    assert not any(marks.contour for marks in model.marks)


def test_before_the_first_result_nothing_is_claimed():
    empty = dataclasses.replace(made.observation(how=made.health(age_s=None)), result=None)
    model = shown([empty])
    assert model.header.state == State.NOT_MONITORING
    assert "no image yet" in model.bar.state.text
    assert model.header.beam_on == f"beam on {words.UNKNOWN}"


def test_one_level_that_is_lost_does_not_hide_the_other():
    reason = Reason(State.NOT_MONITORING, "moved", "not found", level="T11")
    what = made.result(made.level(5.0), made.blind_level("T11"))
    model = shown([made.observation(what, made.health(reason))])
    assert model.distance.figure == "5.0"
    assert model.header.state == State.NOT_MONITORING
    assert "T11 not found" in model.bar.state.text
    assert {m.level: m.contour for m in model.marks} == {"T12": True, "T11": False}


def test_contours_are_kept_on_a_held_image_but_not_when_blind():
    assert [m.contour for m in shown(made.held()).marks] == [True, True]
    assert shown(made.held()).marks[0].dimmed
    assert not any(m.contour or m.structures for m in shown(made.blind()).marks)


def test_trend_has_a_gap_while_blind():
    runs = segments(shown(made.blind()).trend.points)
    spans = blind_spans(runs, 30.0)
    assert len(spans) == 1
    assert spans[0] == (pytest.approx(3.27, abs=0.01), 0.0)


def test_the_trend_of_fast_frames_is_thinned_and_loses_neither_the_nearest_nor_the_newest():
    looks = []
    for i in range(600):
        t_ns = made.NOW_NS - (600 - i) * made.SECOND_NS // 60
        near = 2.0 if i == 301 else 9.0 - i / 600
        looks.append(made.observation(made.result(made.level(near), seq=i, t_ns=t_ns), now_ns=t_ns))
    points = shown(looks).trend.points
    assert len(points) < 140
    assert min(value for _, value in points) == 2.0
    assert points[-1] == (0.0, pytest.approx(9.0 - 599 / 600))
    assert max(a - b for (a, _), (b, _) in itertools.pairwise(points)) < 0.2


def test_trend_breaks_where_samples_are_missing():
    points = ((5.0, 3.0), (4.9, 3.0), (3.0, 2.5), (2.9, 2.5), (2.8, None), (1.0, 2.0), (0.1, 2.0), (0.0, 2.0))
    assert [len(run) for run in segments(points)] == [2, 2, 1, 2]


def test_bands_lie_where_the_marked_lines_are():
    trend = shown(made.calm()).trend
    assert trend.third_mm == pytest.approx(73 * made.MM_PER_PX, rel=0.03)
    assert trend.quarter_mm == pytest.approx(55 * made.MM_PER_PX, rel=0.03)
    assert shown(made.calm(), Setup()).trend.third_mm is None  # no scale: not known


def test_heartbeat_counts_new_results_only():
    same = made.observation()
    assert shown([same, same, same]).beats == 1
    assert shown([made.observation(made.result(seq=seq)) for seq in (4, 5, 5, 6)]).beats == 3


def test_the_name_beside_the_number_does_not_flicker():
    def two(wall_mm, vein_mm):
        base = made.level(wall_mm)
        vein = Distance(vein_mm, vein_mm - 0.5, (0.0, 0.0), (1.0, 1.0))
        level = dataclasses.replace(base, distances={**base.distances, "vein": vein})
        return made.observation(made.result(level))

    assert shown([two(5.0, 5.2), two(5.0, 4.9)]).distance.title == "posterior wall"
    assert shown([two(5.0, 5.2), two(5.0, 4.5)]).distance.title == "vein"


def test_leaks_are_listed_with_class_area_and_age():
    rows = shown(made.crossed()).leaks
    assert rows[0].name == "T12 canal"
    assert rows[0].note == "12 mm²  ·  for 8 s"
    assert rows[1].name == "T12 vein or canal"
    assert rows[1].note.endswith("detached")


def test_an_onset_on_the_clock_of_the_source_gives_the_right_age():
    leak = made.leak(onset_ns=20 * made.SECOND_NS)
    frame = dataclasses.replace(made.frame(), t_source_ns=28 * made.SECOND_NS)
    what = made.result(made.level(2.0, leaks=(leak,)), frame=frame)
    assert shown([made.observation(what)]).leaks[0].note.endswith("for 8 s")


def test_a_zone_without_a_known_least_thickness_has_dashes():
    zones = (Zone("canal", Watch.WATCHED, None), Zone("foramen", Watch.PARTLY, 1.0))
    rows = shown([made.observation(made.result(made.level(zones=zones)))]).zones
    assert [(r.mark, r.note) for r in rows] == [("full", words.UNKNOWN), ("half", "partly hidden · 1.0 mm")]


@pytest.mark.parametrize(
    ("low_mm", "said"),
    [(1.69, "at least 1.6"), (1.6, "at least 1.6"), (0.04, "at least 0.0"), (-0.01, "may be crossed")],
)
def test_a_bound_is_never_rounded_to_the_unsafe_side(low_mm, said):
    assert words.lower_bound(low_mm) == said


def test_numbers_and_times_in_words():
    assert words.one_decimal(-0.01) == "0.0"
    assert words.crossed_bound(-1.81) == "at most 1.9"
    assert words.contact(2.9) == "2 s"
    assert words.contact(400) == "over 60 s"
    assert words.clock(134) == "2:14"
    assert words.clock(3734) == "1:02:14"
    assert words.ago(3.24) == "3.2 s"
    assert words.whole_seconds(125) == "2 min 5 s"
    assert words.shout("posterior wall 2.1 mm") == "POSTERIOR WALL 2.1 mm"


@pytest.mark.parametrize(
    ("age_s", "said"),
    [(100.0, ("1:40", "thin until 4:00", "Simplex P")), (312.0, ("5:12", "working until 8:00", "Simplex P")),
     (481.0, ("8:01", "hardening since 8:00", "Simplex P")), (None, (words.UNKNOWN, "", ""))],
)  # fmt: skip
def test_the_clock_of_the_cement_tells_its_phase_by_the_brand(age_s, said):
    assert shown([made.observation(made.result(cement_age_s=age_s))]).header.cement == said


def test_the_clock_of_the_cement_goes_on_while_there_is_no_image():
    seen = made.stale()[-1]
    late = dataclasses.replace(seen, now_ns=seen.now_ns + 200 * made.SECOND_NS)
    assert shown([late]).header.cement == ("8:35", "hardening since 8:00", "Simplex P")


def test_a_phase_that_is_not_known_is_said_to_be_so_and_general_times_are_called_general():
    seen = [made.observation()]
    assert shown(seen, Setup()).header.cement == ("5:12", "phase not known", "")
    general = dataclasses.replace(made.SETUP, cement_brand="")
    assert shown(seen, general).header.cement == ("5:12", "working until 8:00", "general times")


def test_the_other_projection_is_said_to_be_unchecked_and_for_how_long():
    assert shown(made.calm()).header.unchecked == "AP unchecked for 1 min 40 s"
    assert shown(made.calm()[1:]).header.unchecked == "AP unchecked"
    alone = dataclasses.replace(made.SETUP, projections={"lateral": "lateral"})
    assert shown(made.calm(), alone).header.unchecked == "AP not marked"
    assert shown(made.calm(), Setup()).header.unchecked == ""  # the plan is not known


def test_a_view_that_was_looked_at_blindly_has_not_been_checked():
    ap = made.observation(made.result(made.blind_level(), seq=1, view="ap"), made.health(made.BLIND))
    assert shown([ap, made.observation(made.result(seq=2))]).header.unchecked == "AP unchecked"


def test_leaks_are_counted_for_each_level():
    first, second = shown(made.crossed()).volumes
    assert first.note.endswith("2 leaks")
    assert "leak" not in second.note


def test_setup_takes_the_clock_of_the_plans_brand():
    text = """{"schema": "cementwatch.plan/1", "cement": {"brand": "Slow Set"}, "views": [{"name": "lateral",
      "projection": "lateral", "scale": {"mm_per_px": 0.2}, "levels": [{"name": "T12",
      "body": [[10, 10], [180, 10], [180, 150], [10, 150]]}]}]}"""
    plan = parse_plan(text, "plan")
    clock = BrandClock(early_until_s=600.0, late_after_s=900.0)
    own = setup_from_plan(plan, Config(brands={"Slow Set": clock}))
    assert (own.cement_clock, own.cement_brand) == (clock, "Slow Set")
    assert own.projections == {"lateral": "lateral"}
    general = setup_from_plan(plan, Config(), alone=False)
    assert (general.cement_clock, general.cement_brand) == (Config().clock, "")
    assert general.projections == {}
    assert setup_from_plan(plan).cement_clock is None


def test_setup_takes_scales_and_volumes_from_a_plan():
    text = """{"schema": "cementwatch.plan/1", "views": [{"name": "lateral", "projection": "lateral",
      "scale": {"mm_per_px": 0.2}, "levels": [{"name": "T12",
      "body": [[10, 10], [180, 10], [180, 150], [10, 150]]}]}],
      "levels": {"T12": {"planned_volume_ml": 4.0}}}"""
    setup = setup_from_plan(parse_plan(text, "plan"))
    assert setup.mm_per_px == {"lateral": 0.2}
    assert setup.planned_volume_ml == {"T12": 4.0}


def test_while_the_image_is_learned_it_is_asked_not_to_inject():
    bar = shown(made.learning()).bar
    assert bar.state.text.startswith("LEARNING")
    assert bar.state.follows == "nothing is watched yet; keep still, do not inject"
    assert (bar.alarm, bar.quiet) == (None, "nothing is watched")
