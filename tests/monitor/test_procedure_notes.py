"""What the operator notes during a run, and what an analysis takes from the plan."""

from __future__ import annotations

import csv
import json
import threading
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from calibration.density import nominal_density
from monitor.config import Config, config_to_toml, parse_config
from monitor.errors import ConfigError, PlanError
from monitor.frame import Frame
from monitor.pipeline import Pipeline
from monitor.plan import Aliquot, Cement, LevelIntent, Plan
from monitor.result import Result
from recordings.analysis import analyse
from tests.monitor.scripted import MM_PER_PX, ScriptedSource, disc_mm, frame, info, plan, scene

RATE_HZ = 15
QUIET = 60
STEP_FRAMES = 30
THICK_MM = 10.0


def radius_px(i: int) -> float:
    """Cement that grows in steps: half a second of growth, then a second and a half of rest."""
    done = max(0, i - QUIET)
    steps, rest = divmod(done, STEP_FRAMES)
    return float(6.0 * (steps + min(1.0, rest / 8)) if done else 0.0)


def truth_ml(i: int) -> float:
    return float(disc_mm(125.0, 130.0, radius_px(i), THICK_MM, 60.0).sum()) * MM_PER_PX**2 / 1000


def frames(count: int, seed: int = 0) -> list[Frame]:
    noise = np.random.default_rng(seed)
    shots = []
    for i in range(count):
        radius = radius_px(i)
        cement = disc_mm(125.0, 130.0, radius, THICK_MM, 60.0) if radius else None
        shots.append(frame(i, scene(cement, (0.0, 0.0), noise)))
    return shots


def aliquots(steps: int) -> list[tuple[float, float]]:
    """End of each push (s), and what it injected (mL)."""
    ends = [QUIET + k * STEP_FRAMES + 10 for k in range(steps)]
    totals = [0.0, *(truth_ml(i) for i in ends)]
    return [(i / RATE_HZ, b - a) for i, a, b in zip(ends, totals[:-1], totals[1:], strict=True)]


def pipeline(marked: Plan | None = None, config: Config | None = None) -> Pipeline:
    marked = plan() if marked is None else marked
    return Pipeline(marked, marked.views[0], info(), config or Config(), nominal_density(info()))


def run(pipe: Pipeline, shots: list[Frame]) -> list[Result]:
    return [pipe.step(shot, shot.time_ns) for shot in shots]


def rules(results: list[Result]) -> list[str]:
    return [t.alert.rule_id for r in results for t in r.transitions if t.event == "raised"]


def test_two_aliquots_turn_a_relative_volume_into_millilitres() -> None:
    pipe = pipeline()
    pushes = aliquots(4)
    for time_s, ml in pushes[:2]:
        pipe.note_aliquot("L1", ml, round(time_s * 1e9))
    count = QUIET + 4 * STEP_FRAMES - 1
    results = run(pipe, frames(count))
    before = results[QUIET + 9].levels[0]
    assert before.injected_ml is None
    assert before.volume_relative
    one = results[QUIET + STEP_FRAMES - 2].levels[0]
    assert one.injected_ml == pytest.approx(pushes[0][1])
    assert one.volume_relative
    last = results[-1].levels[0]
    assert not last.volume_relative
    assert "2 aliquots" in str(last.volume_method)
    assert last.injected_ml == pytest.approx(pushes[0][1] + pushes[1][1])
    assert last.volume_ml == pytest.approx(truth_ml(count - 1), rel=0.15)
    assert last.volume_sd_ml is not None
    assert abs(last.volume_ml - truth_ml(count - 1)) <= 1.96 * last.volume_sd_ml
    assert rules(results).count("injected_not_seen") == 0


def test_cement_that_does_not_show_raises_the_alarm() -> None:
    pipe = pipeline()
    pushes = aliquots(3)
    for time_s, ml in pushes:
        pipe.note_aliquot("L1", ml, round(time_s * 1e9))
    shots = frames(QUIET + 3 * STEP_FRAMES - 1)
    results = run(pipe, shots)
    assert "injected_not_seen" not in rules(results)
    last = shots[-1]
    noise = np.random.default_rng(5)
    radius = radius_px(len(shots) - 1)
    cement = disc_mm(125.0, 130.0, radius, THICK_MM, 60.0)
    still = [frame(i, scene(cement, (0, 0), noise)) for i in range(len(shots), len(shots) + 110)]
    for k in (20, 60):
        pipe.note_aliquot("L1", 0.5, last.time_ns + k * 1_000_000_000 // RATE_HZ)
    later = run(pipe, still)
    assert {"injected_not_seen", "front_standing"} <= set(rules(later))
    assert later[-1].levels[0].unseen_ml == pytest.approx(1.0, abs=0.2)


def test_bad_aliquots_are_refused_in_one_line() -> None:
    pipe = pipeline()
    with pytest.raises(PlanError, match="aliquot at L1 must be above 0"):
        pipe.note_aliquot("L1", 0.0, 0)
    with pytest.raises(PlanError, match="view 'lateral' has no such level"):
        pipe.note_aliquot("T7", 0.5, 0)


def test_notes_of_another_thread_take_effect_at_the_next_step() -> None:
    pipe = pipeline()
    shots = frames(QUIET)
    run(pipe, shots[:-2])

    def note() -> None:
        for _ in range(200):
            pipe.note_aliquot("L1", 0.01, 0)
        pipe.note_mixing(0)

    threads = [threading.Thread(target=note) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (result,) = run(pipe, shots[-2:-1])
    assert result.levels[0].injected_ml == pytest.approx(8.0)
    assert result.cement_phase == "early"


def test_the_cement_clock_tells_its_phases_once() -> None:
    pipe = pipeline()
    assert pipe.step(frames(1)[0], 0).cement_age_s is None
    pipe.note_mixing(-280_000_000_000)
    told: list[tuple[str, str, int]] = []
    for seconds in range(260):
        shot = frame(1 + seconds, scene())
        now_ns = (1 + seconds) * 1_000_000_000
        for transition in pipe.step(replace(shot, t_source_ns=now_ns), now_ns).transitions:
            if transition.alert.rule_id.startswith("cement_"):
                told.append((transition.alert.rule_id, transition.event, seconds + 1))
    assert told == [
        ("cement_early", "raised", 1),
        ("cement_early", "cleared", 11),
        ("cement_working", "raised", 20),
        ("cement_working", "cleared", 30),
        ("cement_late", "raised", 220),
    ]


def test_a_brand_in_the_plan_sets_the_clock() -> None:
    config = parse_config('[brands."Slow Set"]\nearly_until_s = 600\nlate_after_s = 1100\n', "c")
    marked = msgspec.structs.replace(plan(), cement=Cement(brand="Slow Set"))
    pipe = pipeline(marked, config)
    pipe.note_mixing(-550_000_000_000)
    result = pipe.step(frames(1)[0], 0)
    assert (result.cement_age_s, result.cement_phase) == (550.0, "early")


def test_brands_survive_writing_and_reading_and_are_checked() -> None:
    text = '[brands."Slow \\"Set\\""]\nlate_after_s = 1100.0\n'
    config = parse_config(text, "c")
    assert parse_config(config_to_toml(config), "again") == config
    with pytest.raises(ConfigError, match=r"^c: brands\.X: late_after_s \(200\) must be above"):
        parse_config("[brands.X]\nlate_after_s = 200.0\n", "c")
    with pytest.raises(ConfigError, match=r"^c: clock: late_after_s"):
        parse_config("[clock]\nearly_until_s = 900.0\n", "c")
    with pytest.raises(ConfigError, match="unknown field"):
        parse_config("[brands.X]\nlate = 200.0\n", "c")


def test_a_run_along_a_vein_is_told_before_anything_else() -> None:
    pipe = pipeline()
    noise = np.random.default_rng(2)

    def picture(i: int) -> Frame:
        cement = disc_mm(140.0, 130.0, min(18.0, 0.6 * max(0, i - QUIET)), 6.0)
        run_px = 3.5 * (i - QUIET - 60)
        if run_px > 0:
            cement[128:133, max(60, int(125 - run_px)) : 130] = 6.0
        return frame(i, scene(cement, (0, 0), noise))

    results = run(pipe, [picture(i) for i in range(QUIET + 85)])
    first = next(i for i, r in enumerate(results) if "near_fast_extension" in rules([r]))
    assert QUIET + 60 < first <= QUIET + 75
    assert "leak_vein" not in rules(results[:first])


def with_notes(marked: Plan) -> Plan:
    pushes = tuple(Aliquot(time_s, ml) for time_s, ml in aliquots(3))
    return msgspec.structs.replace(
        marked,
        levels={"L1": LevelIntent(planned_volume_ml=1.0, aliquots=pushes)},
        cement=Cement(mixed_at_s=-120.0, brand="Slow Set"),
    )


def test_an_analysis_takes_aliquots_and_mixing_from_the_plan(tmp_path: Path) -> None:
    shots = frames(QUIET + 3 * STEP_FRAMES - 1)
    analyse(
        ScriptedSource(shots), with_notes(plan()), tmp_path, Config(), software_version="t", plan_name="p"
    )
    told = json.loads((tmp_path / "summary.json").read_text("utf-8"))
    level = told["levels"]["L1"]
    assert told["volume_relative"] is False
    assert "3 aliquots" in told["volume_method"]
    assert told["cement"] == {"mixed_at_s": -120.0, "brand": "Slow Set"}
    assert level["injected_ml"] == pytest.approx(truth_ml(len(shots) - 1), rel=0.01)
    assert level["volume_ml"] == pytest.approx(truth_ml(len(shots) - 1), rel=0.1)
    with (tmp_path / "alerts.csv").open(encoding="utf-8") as file:
        raised = {row["rule"]: row for row in csv.DictReader(file) if row["event"] == "raised"}
    assert raised["volume_reached"]["structure"] == "volume"
    assert raised["cement_early"]["level"] == ""
    assert float(raised["cement_early"]["value"]) == pytest.approx(120.0)


def test_an_analysis_without_aliquots_says_that_its_volume_is_relative(tmp_path: Path) -> None:
    shots = frames(QUIET + STEP_FRAMES)
    analyse(ScriptedSource(shots), plan(), tmp_path, Config(), software_version="t", plan_name="p")
    told = json.loads((tmp_path / "summary.json").read_text("utf-8"))
    assert told["volume_relative"] is True
    assert told["volume_method"].startswith("nominal")
    assert told["levels"]["L1"]["volume_ml"] > 0
    assert told["levels"]["L1"]["injected_ml"] is None
    assert told["cement"] is None
