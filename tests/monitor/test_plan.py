from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import PlanError
from monitor.plan import check_fits, parse_plan, plan_to_json, read_plan

GOOD: dict[str, Any] = {
    "schema": "cementwatch.plan/1",
    "views": [
        {
            "name": "lateral",
            "projection": "lateral",
            "reference_frame": 0,
            "scale": {"mm_per_px": 0.35, "relative_uncertainty": 0.03, "method": "dicom"},
            "levels": [
                {
                    "name": "T12",
                    "body": [[200, 200], [290, 205], [288, 275], [202, 270]],
                    "posterior_wall": [[290, 205], [288, 275]],
                    "veins": [{"name": "basivertebral", "path": [[290, 240], [270, 240]]}],
                    "cannulas": [{"path": [[400, 180], [280, 235]], "outer_diameter_mm": 3.05}],
                }
            ],
        }
    ],
    "levels": {"T12": {"planned_volume_ml": 4.0, "risk": {"posterior_wall_defect": True}}},
}


def test_a_good_plan_survives_writing_and_reading() -> None:
    plan = parse_plan(json.dumps(GOOD), "plan.json")
    assert parse_plan(plan_to_json(plan), "again") == plan
    assert plan.intent("T12").risk.posterior_wall_defect
    check_fits(plan.views[0], 512, 512)


def view(data: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = data["views"][0]
    return found


def level(data: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = view(data)["levels"][0]
    return found


SPOILERS = {
    "unknown key": (
        lambda d: level(d).update(colour="red"),
        "views[0].levels[0]: has an unknown field `colour`",
    ),
    "body missing": (lambda d: level(d).pop("body"), "lacks `body`"),
    "scale zero": (lambda d: view(d)["scale"].update(mm_per_px=0), "mm_per_px must be above 0"),
    "scale negative": (lambda d: view(d)["scale"].update(mm_per_px=-0.3), "mm_per_px must be above 0"),
    "scale as text": (lambda d: view(d)["scale"].update(mm_per_px="0.3"), "views[0].scale.mm_per_px"),
    "two points": (lambda d: level(d).update(body=[[1, 1], [90, 90]]), "at least 3 points"),
    "no area": (lambda d: level(d).update(body=[[1, 1], [90, 90], [180, 180]]), "encloses no area"),
    "crosses itself": (
        lambda d: level(d).update(body=[[200, 200], [290, 275], [290, 205], [200, 280]]),
        "crosses itself",
    ),
    "no vertebra": (lambda d: view(d)["scale"].update(mm_per_px=4.0), "no vertebral body does"),
    "schema": (lambda d: d.update(schema="other/1"), "schema is 'other/1'"),
    "no views": (lambda d: d.update(views=[]), "views: empty"),
    "no levels": (lambda d: view(d).update(levels=[]), "levels: empty"),
    "intent of nobody": (lambda d: d["levels"].update(L3={}), "'L3' is in no view"),
    "same name twice": (lambda d: view(d)["levels"].append(level(d)), "used twice"),
    "projection": (lambda d: view(d).update(projection="sideways"), "views[0].projection"),
    "cannula as thick as an arm": (
        lambda d: level(d)["cannulas"][0].update(outer_diameter_mm=80),
        "outer_diameter_mm must be above 0 and at most 10",
    ),
    "negative volume": (lambda d: d["levels"]["T12"].update(planned_volume_ml=-1), "planned_volume_ml"),
}


@pytest.mark.parametrize("name", SPOILERS)
def test_what_is_wrong_is_said_in_one_line_with_file_and_key(name: str) -> None:
    spoil, expected = SPOILERS[name]
    data = copy.deepcopy(GOOD)
    spoil(data)
    with pytest.raises(PlanError) as caught:
        parse_plan(json.dumps(data), "p/plan.json")
    message = str(caught.value)
    assert message.startswith("p/plan.json: ")
    assert expected in message
    assert "\n" not in message


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_no_number_is_no_coordinate(constant: str) -> None:
    text = json.dumps(GOOD).replace("290, 205", f"{constant}, 205", 1)
    with pytest.raises(PlanError, match=f"{constant} is not a number"):
        parse_plan(text, "plan.json")


def test_a_polygon_outside_the_image_is_named() -> None:
    plan = parse_plan(json.dumps(GOOD), "plan.json")
    with pytest.raises(PlanError, match=r"'T12': body has a point outside the image of 256 x 256 px"):
        check_fits(plan.views[0], 256, 256)


def test_a_plan_for_another_image_size_is_refused() -> None:
    data = copy.deepcopy(GOOD)
    view(data)["image"] = {"rows": 512, "columns": 512}
    plan = parse_plan(json.dumps(data), "plan.json")
    check_fits(plan.views[0], 512, 512)
    with pytest.raises(PlanError, match="was made for images of 512 x 512 px, the source has 1024 x 1024"):
        check_fits(plan.views[0], 1024, 1024)


def test_unreadable_files(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="cannot read the plan"):
        read_plan(tmp_path / "none.json")
    with pytest.raises(PlanError, match="cannot read the plan"):
        read_plan(tmp_path)
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe\x00{")
    with pytest.raises(PlanError, match="not JSON"):
        read_plan(tmp_path / "bytes.json")
    (tmp_path / "deep.json").write_text("[" * 100_000)
    with pytest.raises(PlanError, match="nested too deeply"):
        read_plan(tmp_path / "deep.json")


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(st.sampled_from(["schema", "views", "levels"]), json_values)
def test_any_value_anywhere_gives_a_plan_or_one_line(key: str, value: object) -> None:
    data = copy.deepcopy(GOOD)
    data[key] = value
    message = ""
    try:
        parse_plan(json.dumps(data), "plan.json")
    except PlanError as error:
        message = str(error)
    assert "\n" not in message


def test_aliquots_and_the_cement_clock_survive_writing_and_reading() -> None:
    data = copy.deepcopy(GOOD)
    data["levels"]["T12"]["aliquots"] = [{"time_s": 9.5, "volume_ml": 0.5}, {"time_s": 20, "volume_ml": 1}]
    data["cement"] = {"mixed_at_s": -120, "brand": "Slow Set"}
    plan = parse_plan(json.dumps(data), "plan.json")
    assert [(a.time_s, a.volume_ml) for a in plan.intent("T12").aliquots] == [(9.5, 0.5), (20, 1)]
    assert plan.cement is not None
    assert plan.cement.mixed_at_s == -120
    assert parse_plan(plan_to_json(plan), "again") == plan
    assert parse_plan(json.dumps(GOOD), "plan.json").cement is None


BAD_INJECTIONS = {
    "aliquot of nothing": (
        {"aliquots": [{"time_s": 1, "volume_ml": 0}]},
        {},
        "aliquots[0].volume_ml must be",
    ),
    "negative aliquot": ({"aliquots": [{"time_s": 1, "volume_ml": -1}]}, {}, "above 0 and at most 20 mL"),
    "a bucket": ({"aliquots": [{"time_s": 1, "volume_ml": 400}]}, {}, "at most 20 mL, is 400"),
    "before the run": ({"aliquots": [{"time_s": -1, "volume_ml": 1}]}, {}, "time_s must not be negative"),
    "out of order": (
        {"aliquots": [{"time_s": 9, "volume_ml": 1}, {"time_s": 8, "volume_ml": 1}]},
        {},
        "levels.T12.aliquots[1].time_s is 8, before the aliquot ahead of it",
    ),
    "aliquot without a time": ({"aliquots": [{"volume_ml": 1}]}, {}, "lacks `time_s`"),
    "aliquot as text": ({"aliquots": [{"time_s": 1, "volume_ml": "1"}]}, {}, "aliquots[0].volume_ml"),
    "unknown key of an aliquot": (
        {"aliquots": [{"time_s": 1, "volume_ml": 1, "total": True}]},
        {},
        "unknown field `total`",
    ),
    "unknown key of the cement": (
        {},
        {"cement": {"colour": "green"}},
        "cement: has an unknown field `colour`",
    ),
    "mixed last week": ({}, {"cement": {"mixed_at_s": -700000}}, "cement.mixed_at_s must be within a day"),
}


@pytest.mark.parametrize("name", BAD_INJECTIONS)
def test_what_is_wrong_with_an_injection_is_said_in_one_line(name: str) -> None:
    of_level, of_plan, expected = BAD_INJECTIONS[name]
    data = copy.deepcopy(GOOD)
    data["levels"]["T12"].update(of_level)
    data.update(of_plan)
    with pytest.raises(PlanError) as caught:
        parse_plan(json.dumps(data), "p/plan.json")
    message = str(caught.value)
    assert message.startswith("p/plan.json: ")
    assert expected in message
    assert "\n" not in message
