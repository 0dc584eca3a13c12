"""Every rule, at and on either side of its limits."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from monitor.clock import CementAge, cement_age, clock_of, with_brand
from monitor.config import Config, parse_config
from monitor.plan import Cement, LevelIntent, Risk
from monitor.result import Distance, Leak, LevelResult, Priority
from monitor.rule_table import RULES, SESSION_RULES, rules_as_markdown
from monitor.rules import clinical_conditions, is_lytic, session_conditions, volume_limit_ml
from monitor.states import State
from tests.monitor.scripted import plan

CONFIG = Config()
DEPTH_MM = 33.0
DEFECT = Risk(posterior_wall_defect=True)
LYTIC = Risk(posterior_wall_defect=True, pathology="metastasis")


def level(name: str = "T12", **known: object) -> LevelResult:
    return LevelResult(name, State.MONITORING, None, area_mm2=50.0, **known)  # type: ignore[arg-type]


def at(value_mm: float, structure: str = "posterior_wall", low_mm: float | None = None) -> LevelResult:
    low = value_mm - 1.0 if low_mm is None else low_mm
    return level(distances={structure: Distance(value_mm, low, (0, 0), (1, 1))})


def raised(
    result: LevelResult, risk: Risk | None = None, age: CementAge | None = None, planned: float | None = None
) -> dict[str, Priority]:
    intent = LevelIntent(planned, risk or Risk())
    found = clinical_conditions(result, intent, DEPTH_MM, CONFIG, age)
    return {condition.rule_id: condition.priority for condition in found}


@pytest.mark.parametrize(
    ("value_mm", "expected"),
    [(11.2, None), (10.8, Priority.LOW), (8.4, Priority.LOW), (8.2, Priority.HIGH), (-1.0, Priority.HIGH)],
)
def test_posterior_third_and_quarter(value_mm: float, expected: Priority | None) -> None:
    assert raised(at(value_mm)).get("near_posterior_wall") is expected


def test_a_front_that_nears_in_the_third_is_medium() -> None:
    nearing = level(distances=at(9.0).distances, time_to_contact_s=8.0, front_speed_mm_s=1.0)
    assert raised(nearing) == {"near_posterior_wall": Priority.MEDIUM}


def test_a_wall_defect_widens_and_never_stays_low() -> None:
    # 8.25 and 11 mm, a third more: 10.7 and 14.3 mm
    assert raised(at(10.6), DEFECT) == {"near_posterior_wall": Priority.HIGH}
    assert raised(at(14.2), DEFECT) == {"near_posterior_wall": Priority.MEDIUM}
    assert raised(at(14.4), DEFECT) == {}


def test_a_shallow_body_has_a_floor_and_an_unsure_distance_a_wider_one() -> None:
    def shallow(value_mm: float, low_mm: float) -> dict[str, Priority]:
        found = clinical_conditions(at(value_mm, low_mm=low_mm), LevelIntent(), 6.0, CONFIG, None)
        return {condition.rule_id: condition.priority for condition in found}

    assert shallow(2.9, 2.0) == {"near_posterior_wall": Priority.HIGH}
    assert shallow(3.1, 2.0) == {}
    # two standard deviations of 2.0 mm
    assert shallow(3.9, 3.9 - 2.0 * 1.645) == {"near_posterior_wall": Priority.HIGH}
    assert shallow(4.1, 4.1 - 2.0 * 1.645) == {}


def test_without_a_depth_the_floor_remains() -> None:
    found = clinical_conditions(at(2.9), LevelIntent(), None, CONFIG, None)
    assert [c.priority for c in found] == [Priority.HIGH]
    assert clinical_conditions(at(3.5), LevelIntent(), None, CONFIG, None) == ()


@pytest.mark.parametrize(("structure", "limit_mm"), [("vein", 2.0), ("foramen", 3.0)])
def test_near_a_vein_or_a_foramen(structure: str, limit_mm: float) -> None:
    assert raised(at(limit_mm - 0.1, structure)) == {f"near_{structure}": Priority.MEDIUM}
    assert raised(at(limit_mm + 0.1, structure)) == {}
    assert raised(at(limit_mm + 0.1, structure), DEFECT) == {f"near_{structure}": Priority.MEDIUM}


@pytest.mark.parametrize("structure", ["superior_endplate", "inferior_endplate", "anterior_wall"])
def test_reaching_an_endplate_or_the_front_is_wanted(structure: str) -> None:
    assert raised(at(0.1, structure)) == {}


def test_every_leak_class_has_its_rule_and_the_dangerous_ones_are_high() -> None:
    classes = {
        "canal": Priority.HIGH, "foramen": Priority.HIGH, "vein": Priority.HIGH, "embolus": Priority.HIGH,
        "disc_superior": Priority.MEDIUM, "disc_inferior": Priority.MEDIUM,
        "paravertebral": Priority.MEDIUM, "outside": Priority.MEDIUM,
    }  # fmt: skip
    for leak_class, priority in classes.items():
        leak = Leak(leak_class, 4.0, None, 0, False, (0, 0))
        assert raised(level(leaks=(leak,))) == {f"leak_{leak_class}": priority}
        assert RULES[f"leak_{leak_class}"].latching


def test_cement_that_runs_is_told_at_once_and_with_its_speed() -> None:
    (condition,) = clinical_conditions(level(extension_mm_s=21.3), LevelIntent(), DEPTH_MM, CONFIG, None)
    assert (condition.rule_id, condition.priority, condition.on_delay_s) == (
        "near_fast_extension",
        Priority.HIGH,
        0.0,
    )
    assert "21 mm/s" in condition.message


@pytest.mark.parametrize(
    ("name", "limit_ml"),
    [
        ("C5", 2.5), ("T1", 3.0), ("T6", 3.0), ("Th6", 3.0), ("T7", 4.0), ("t12", 4.0), ("D9", 4.0),
        ("L1", 6.0), ("L5", 6.0), ("S1", 6.0), ("sacrum", 6.0), ("level 3", 6.0),
    ],
)  # fmt: skip
def test_the_region_sets_the_volume(name: str, limit_ml: float) -> None:
    assert volume_limit_ml(name, LevelIntent(), CONFIG.volume) == limit_ml
    intent = LevelIntent(planned_volume_ml=3.5)
    assert volume_limit_ml(name, intent, CONFIG.volume) == 3.5


def test_the_limit_of_a_region_is_editable() -> None:
    config = parse_config("[volume]\nlower_thoracic_limit_ml = 3.25\n", "c")
    assert volume_limit_ml("T10", LevelIntent(), config.volume) == 3.25


def test_volume_counts_seen_or_injected_whichever_is_more() -> None:
    assert raised(level(volume_ml=3.9)) == {}
    assert raised(level(volume_ml=4.0)) == {"volume_reached": Priority.LOW}
    assert raised(level(volume_ml=2.0, injected_ml=4.0)) == {"volume_reached": Priority.LOW}
    assert raised(level(volume_ml=3.0), planned=3.0) == {"volume_reached": Priority.LOW}


def test_an_uncalibrated_volume_says_so() -> None:
    (condition,) = clinical_conditions(
        level(volume_ml=4.5, volume_relative=True), LevelIntent(), DEPTH_MM, CONFIG, None
    )
    assert "uncalibrated" in condition.message


def test_large_volume_in_a_lytic_level_with_a_wall_defect() -> None:
    assert raised(level("L1", volume_ml=4.1), LYTIC) == {"volume_lytic": Priority.MEDIUM}
    assert raised(level("L1", volume_ml=3.9), LYTIC) == {}
    assert raised(level("L1", volume_ml=4.1), Risk(pathology="metastasis")) == {}
    assert raised(level("L1", volume_ml=4.1), DEFECT) == {}
    assert raised(level("L1", volume_ml=4.1), Risk(True, "osteoporosis")) == {}


def test_what_counts_as_lytic() -> None:
    for words in ("metastasis", "Metastatic breast carcinoma", "lytic", "osteolysis", "multiple myeloma"):
        assert is_lytic(words)
    for words in (None, "", "osteoporotic fracture", "non-lytic", "haemangioma"):
        assert not is_lytic(words)


def test_injected_but_not_seen() -> None:
    told = raised(level("L1", volume_ml=1.0, injected_ml=2.0, unseen_ml=1.0, unseen_sd_ml=0.2))
    assert told == {"injected_not_seen": Priority.MEDIUM}
    assert raised(level("L1", volume_ml=1.0, injected_ml=2.0, unseen_ml=1.0, unseen_sd_ml=0.6)) == {}
    assert raised(level("L1", volume_ml=1.7, injected_ml=2.0, unseen_ml=0.3, unseen_sd_ml=0.0)) == {}


def test_the_front_stands_while_cement_is_injected() -> None:
    assert raised(level("L1", standing_ml=0.5, still_s=6.0)) == {"front_standing": Priority.MEDIUM}
    assert raised(level("L1", standing_ml=0.5, still_s=3.0)) == {}
    assert raised(level("L1", standing_ml=0.0, still_s=60.0)) == {}


def test_more_than_three_levels() -> None:
    assert session_conditions(3, None, None, CONFIG) == ()
    (condition,) = session_conditions(4, None, None, CONFIG)
    assert (condition.rule_id, condition.priority, condition.level) == ("many_levels", Priority.LOW, None)


def age(seconds: float) -> CementAge | None:
    return cement_age(seconds, CONFIG.clock)


@pytest.mark.parametrize(
    ("age_s", "expected"),
    [
        (-1, []), (0, ["cement_early"]), (9, ["cement_early"]), (11, []), (299, []),
        (300, ["cement_working"]), (309, ["cement_working"]), (311, []), (499, []),
        (500, ["cement_late"]), (2000, ["cement_late"]),
    ],
)  # fmt: skip
def test_a_change_of_phase_is_a_short_notice_and_late_stays(age_s: float, expected: list[str]) -> None:
    told = session_conditions(1, age(age_s), None, CONFIG)
    assert [condition.rule_id for condition in told] == expected
    assert all(condition.priority is Priority.LOW for condition in told)


def test_no_clock_without_mixing() -> None:
    assert session_conditions(1, None, None, CONFIG) == ()


def test_a_brand_has_its_own_clock_and_others_the_general_one() -> None:
    config = parse_config('[brands."Slow Set"]\nearly_until_s = 600\nlate_after_s = 1100\n', "c")
    slow = cement_age(550, clock_of(config, "Slow Set"))
    other = cement_age(550, clock_of(config, "Other"))
    assert slow is not None
    assert other is not None
    assert (slow.phase, other.phase) == ("early", "late")


def test_a_brand_that_is_stated_takes_the_place_of_the_plans() -> None:
    marked = plan()
    assert with_brand(marked, None) is marked
    stated = with_brand(marked, " Slow Set ")
    assert stated.cement == Cement(brand="Slow Set")
    mixed = msgspec.structs.replace(marked, cement=Cement(-60.0, "Other"))
    assert with_brand(mixed, "Slow Set").cement == Cement(-60.0, "Slow Set")


def test_withdraw_the_cannula_once_the_front_stands_after_the_early_phase() -> None:
    assert raised(level(still_s=46.0), age=age(350)) == {"withdraw_cannula": Priority.LOW}
    assert raised(level(still_s=44.0), age=age(350)) == {}
    assert raised(level(still_s=46.0), age=age(200)) == {}
    assert raised(level(still_s=46.0)) == {}


def test_names_of_rules_say_what_they_are() -> None:
    for name, rule in RULES.items():
        assert name == rule.rule_id
        assert rule.latching == name.startswith("leak_")
        assert rule.source
        assert rule.condition
        if name.startswith("near_"):
            assert rule.priority >= Priority.MEDIUM
    assert set(RULES) >= SESSION_RULES


def test_the_document_is_the_table() -> None:
    document = Path(__file__).resolve().parents[2] / "docs" / "alarms.md"
    text = rules_as_markdown(Config())
    assert document.read_text("utf-8") == text
    assert "{" not in text
    for name in RULES:
        assert f"| `{name}` |" in text


def test_a_document_with_other_numbers_differs() -> None:
    other = parse_config("[alarm]\nstop_floor_mm = 4.5\n", "c")
    assert "4.5 mm (`alarm.stop_floor_mm`)" in rules_as_markdown(other)
