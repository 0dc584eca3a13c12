"""An exercise is a closed loop, and what it shows can be made again from when the pedal was held."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from monitor.config import Config
from monitor.errors import EndOfStream, InputError, SourceTimeout
from monitor.plan import plan_to_json
from recordings.simulated.injection import Injection
from recordings.simulated.render import Renderer
from recordings.simulated.scene import build_plot
from recordings.simulated.settings import LeakScript, LevelScript, Scenario, SimulationSettings
from recordings.simulated.truth import Truth
from recordings.simulated.write import truth_json
from recordings.training.debrief import SimulatedDebrief, decisive_s
from recordings.training.exercises import DIFFICULTIES, EXERCISES, LEAD_S, Exercise, exercise_of
from recordings.training.interactive import InteractiveSource, Prepared, prepare
from recordings.training.pedal import Pedal
from recordings.training.recorded import facts_of_recording, recorded_exercise
from recordings.training.scoring import Scoring, score
from recordings.training.scripted import VirtualClock, by_script, read_pedal, run_scripted
from recordings.training.simulated_facts import facts_of
from ui.cli import run

_VEIN = Scenario(
    "small", "small", (LevelScript("L1", 0.6, LeakScript("vein", 0.3, 0.8, 0.2)),), 30.0, dose_ngy=60.0
)


class _Small(Exercise):
    def settings(self, seed: int) -> SimulationSettings:
        return SimulationSettings(
            seed=seed,
            size=160,
            frame_rate_hz=6.0,
            injection_start_s=self.ready_s + LEAD_S,
            injection_ml_per_s=self.rate_ml_per_s,
        )


@pytest.fixture(scope="module")
def prepared() -> Prepared:
    return prepare(_Small("small", "Small", "fill", 1, (_VEIN,), 0.15, ("look",), 2.0), 1)


def test_held_from_the_start_it_is_the_steady_run(prepared: Prepared) -> None:
    whole = Renderer(prepared.scene, prepared.injection(((0.0, None),)))
    steady = Renderer(prepared.scene)
    for frame in (0, 11, 20, 35):
        assert np.array_equal(whole.pixels(frame), steady.pixels(frame))
    truth = Truth(prepared.scene, prepared.injection(((0.0, None),)))
    assert truth.leaks() == Truth(prepared.scene).leaks()


def test_cement_stands_while_the_pedal_is_let_go(prepared: Prepared) -> None:
    truth = Truth(prepared.scene, prepared.injection(((2.0, 3.0), (10.0, None))))
    volumes = [truth.truth_at(6 * at_s).levels[0].volume_ml for at_s in (2, 3, 6, 9, 11)]
    assert volumes[0] == 0
    assert volumes[1] == pytest.approx(0.15 * 0.75, abs=0.01)
    # what was under pressure has followed
    assert volumes[2] == pytest.approx(0.15 * 1.05, abs=0.01)
    assert volumes[3] == pytest.approx(volumes[2], abs=1e-4)
    assert volumes[4] > volumes[3] + 0.05


def test_a_drop_goes_on_with_the_blood_whoever_lets_go() -> None:
    plot = Scenario("d", "d", (LevelScript("L1", 0.6, LeakScript("embolus", 0.2, 0.8, 0.03)),), 20.0)
    scene = build_plot(plot, SimulationSettings(size=96, injection_start_s=2.0, injection_ml_per_s=0.2))
    growth = scene.treated[0].growth
    assert growth is not None
    assert growth.drop is not None
    torn_s = growth.drop.start_s - 1.0
    truth = Truth(scene, Injection(2.0, growth.end_s, ((2.0, torn_s + 0.2),)))
    leaks = {leak.leak_class: leak for leak in truth.leaks()}
    assert leaks["embolus"].first_present_frame == pytest.approx(15 * (torn_s + 1), abs=2)
    assert truth.truth_at(round(15 * (torn_s + 2))).levels[0].leaked_ml["embolus"] > 0
    kept = Truth(scene, Injection(2.0, growth.end_s, ((2.0, torn_s - 0.5),)))
    assert "embolus" not in {leak.leak_class for leak in kept.leaks(90)}


def test_the_source_keeps_time_and_leaves_out_what_there_was_no_time_for(prepared: Prepared) -> None:
    clock = VirtualClock()
    source = InteractiveSource(prepared, Pedal(prepared.injection()), clock, clock.wait)
    with source:
        first = [source.read() for _ in range(3)]
        assert [frame.t_source_ns for frame in first] == [0, 166_666_667, 333_333_333]
        with pytest.raises(SourceTimeout):
            source.read(0.05)
        clock.wait(1.0)
        late = source.read()
        assert late.seq == 3
        assert late.t_source_ns == 1_333_333_333
        assert source.missed == 5
        clock.wait(100.0)
        with pytest.raises(EndOfStream):
            source.read()


def test_a_scripted_attempt_is_scored_by_the_truth_and_can_be_shown_again(prepared: Prepared) -> None:
    foot = by_script(((2.0, 5.0),))
    one = run_scripted(prepared, foot, Config(), Scoring())
    assert one.presses == ((2.0, 5.0),)
    assert one.score.danger_structure in ("vein", "posterior_wall")
    assert one.score.reaction_s == pytest.approx(5.0 - (one.score.danger_s or 0))
    assert one.until_s == pytest.approx(9.0, abs=0.2)  # over by itself, some seconds after it was let go
    assert one.score.injected_ml == pytest.approx(0.15 * 3.05, abs=0.005)

    seen = {}
    clock = VirtualClock()
    pedal = Pedal(prepared.injection())
    with InteractiveSource(prepared, pedal, clock, clock.wait) as source:
        for number in range(31):
            (pedal.press if foot(number / 6, None) else pedal.release)(number / 6)
            seen[number] = source.read().pixels
    debrief = SimulatedDebrief(prepared, prepared.injection(one.presses), 3.0, 5.0)
    assert debrief.times_s[0] == 3.0
    for number in (0, 7, 12):
        shown = debrief.frame(number)
        assert np.array_equal(shown.pixels, seen[18 + number])
    assert shown.outside
    assert shown.leaked_ml
    assert shown.front is not None
    px_mm = prepared.scene.settings.pixel_mm
    assert np.linalg.norm(np.diff(shown.front, axis=0)) * px_mm == pytest.approx(abs(shown.wall_mm), abs=0.3)


def test_the_decisive_seconds_hold_the_danger_and_the_stop(prepared: Prepared) -> None:
    injection = prepared.injection(((2.0, 5.0),))
    made = score(facts_of(prepared, injection, 9.0, Scoring()), injection.presses, Scoring())
    from_s, to_s = decisive_s(made, 9.0)
    assert made.danger_s is not None
    assert from_s == pytest.approx(max(0.0, made.danger_s - 4))
    assert to_s == pytest.approx(8.0)


def test_exercises_are_graded_and_can_be_built() -> None:
    assert {one.difficulty for one in EXERCISES.values()} == set(DIFFICULTIES)
    assert [one.difficulty for one in EXERCISES.values()] == sorted(
        one.difficulty for one in EXERCISES.values()
    )
    kinds = set()
    for name, one in EXERCISES.items():
        assert one.name == name
        for seed in range(len(one.variants)):
            plot = one.scenario(seed)
            kinds |= {level.leak.kind if level.leak else "clean" for level in plot.levels}
            assert one.settings(seed).injection_start_s > one.ready_s
    assert kinds >= {"clean", "canal", "disc_superior", "disc_inferior", "vein", "embolus"}
    assert any(len(plot.levels) == 2 for one in EXERCISES.values() for plot in one.variants)
    with pytest.raises(InputError, match="first-fill"):
        exercise_of("nothing")


def test_a_plan_tells_nothing_of_how_it_ends() -> None:
    plot = Scenario("c", "c", (LevelScript("L1", 0.3, LeakScript("canal", 0.2, 0.5, 0.1)),), 20.0)
    made = prepare(_Small("c", "C", "fill", 1, (plot,), 0.15, ("look",)), 1).plan
    assert [intent.planned_volume_ml for intent in made.levels.values()] == [0.3]
    assert not any(intent.risk.posterior_wall_defect for intent in made.levels.values())


def _truth_file(folder: Path, **changed: object) -> None:
    frames = [
        {
            "frame": k, "time_s": k / 10, "area_mm2": 1.0,
            "levels": [
                {"name": "L1", "distances_mm": {"posterior_wall": 15 - k / 10, "vein": 0.0},
                 "leaked_ml": {"canal": max(0.0, (k - 120) / 1000)}},
            ],
        }
        for k in range(200)
    ]  # fmt: skip
    leaks = [{"level": "L1", "leak_class": "canal", "first_present_frame": 119, "first_visible_s": 12.4}]
    held = {"schema": "cementwatch.truth/1", "leaks": leaks, "frames": frames} | changed
    (folder / "truth.json").write_text(json.dumps(held))


def test_a_recording_with_truth_is_an_exercise(tmp_path: Path, prepared: Prepared) -> None:
    (tmp_path / "run.dcm").write_bytes(b"")
    (tmp_path / "plan.json").write_bytes(plan_to_json(prepared.plan))
    _truth_file(tmp_path)
    recorded = recorded_exercise(tmp_path)
    assert (recorded.origin, recorded.seconds) == ("truth file", 19.9)
    made = score(facts_of_recording(recorded, 19.9, Scoring()), ((0.0, 13.0),), Scoring())
    assert made.danger == "near"
    assert 6.0 <= (made.danger_s or 0) <= 7.5  # the last quarter of some 33 mm
    assert made.leaked_ml == pytest.approx(0.079)
    assert (made.injected_ml, made.parts["volume"]) == (None, None)
    early = score(facts_of_recording(recorded, 19.9, Scoring()), ((0.0, 1.0), (4.0, 6.2)), Scoring())
    assert early.needless == 1
    for changed, says in (
        ({"schema": "x"}, "schema"), ({"frames": []}, "frames"), ({"leaks": [{}]}, "leaks"),
    ):  # fmt: skip
        _truth_file(tmp_path, **changed)
        with pytest.raises(InputError, match=says):
            recorded_exercise(tmp_path)
    (tmp_path / "truth.json").unlink()
    with pytest.raises(InputError, match="--onset"):
        recorded_exercise(tmp_path)
    with pytest.raises(InputError, match="no session"):
        recorded_exercise(tmp_path / "nowhere")


def test_the_truth_of_an_attempt_is_that_of_a_recording(tmp_path: Path, prepared: Prepared) -> None:
    injection = prepared.injection(((2.0, 5.0),))
    (tmp_path / "run.dcm").write_bytes(b"")
    (tmp_path / "plan.json").write_bytes(plan_to_json(prepared.plan))
    truth = Truth(prepared.scene, injection)
    (tmp_path / "truth.json").write_bytes(truth_json(prepared.scene, truth, 42))
    recorded = facts_of_recording(recorded_exercise(tmp_path), 7.0, Scoring())
    own = facts_of(prepared, injection, 7.0, Scoring())
    leaks = [
        [(d.structure, d.visible_s) for d in facts.dangers if d.kind == "leak"] for facts in (recorded, own)
    ]
    assert leaks[0] == [(name, pytest.approx(at_s)) for name, at_s in leaks[1]]
    assert leaks[0]
    assert recorded.moments[-1].leaked_ml == pytest.approx(own.moments[-1].leaked_ml, abs=1e-4)


def test_pedal_files(tmp_path: Path) -> None:
    path = tmp_path / "pedal.json"
    path.write_text('{"schema": "cementwatch.pedal/1", "presses_s": [[8, 10.5], [12, 13]]}')
    assert read_pedal(path) == ((8.0, 10.5), (12.0, 13.0))
    for text, says in (
        ("{", "no pedal file"),
        ('{"schema": "x", "presses_s": []}', "schema"),
        ('{"schema": "cementwatch.pedal/1", "presses_s": [[9, 8]]}', "not in order"),
        ('{"schema": "cementwatch.pedal/1", "presses_s": [[1, 1e9]]}', "no pedal file"),
    ):
        path.write_text(text)
        with pytest.raises(InputError, match=says):
            read_pedal(path)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--exercise", "nothing"], "unknown exercise 'nothing'"),
        (["--headless"], "needs --exercise, --trainee and --pedal"),
        (["--trainee", "x" * 70], "the trainee's name has 70 characters"),
        (["--onset", "3"], "--onset is of a --recording"),
        (["--pedal", "p.json"], "--pedal needs --headless"),
        (["--scoring", "none.toml"], "none.toml: cannot read the scoring"),
    ],
)
def test_a_wrong_command_is_one_line(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(["train", "--records", str(tmp_path), *arguments]) == 2
    told = capsys.readouterr().err
    assert says in told
    assert told.count("\n") == 1


def test_the_list_and_an_empty_history(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(["train", "--list"]) == 0
    told = capsys.readouterr().out
    assert all(name in told for name in EXERCISES)
    assert "not validated" in told
    assert run(["train", "--history", "Ann", "--records", str(tmp_path)]) == 0
    assert "Ann: 0 attempts" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []
