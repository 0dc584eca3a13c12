"""What a cohort comes to, of a few procedures whose figures are counted by hand."""

from __future__ import annotations

import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from recordings.cohort.cohort import cohort_of
from recordings.cohort.figures import Cohort, Rate
from recordings.cohort.rows import CtRow, FollowUpRow, RiskRow
from recordings.ct.record import CtLeak, CtLevel, CtRecord
from recordings.qa.record import AlarmRecord, LeakRecord, LevelRecord, ProcedureRecord
from tests.recordings.cohort.made import level, procedure, who

RECORDS = (
    procedure("a", 1, level("T12", "canal", "vein", volume_ml=3.0), level("L1", posterior_wall_defect=True)),
    procedure("b", 1, level("L2", "disc_superior", volume_ml=5.0), day="2025-04-01", operator="OP-1"),
    procedure("c", 2, level("L1", pathology="metastasis", volume_ml=4.0), operator="OP-1"),
    procedure("d", None, level("L1", "paravertebral")),
    procedure("e", None, level("C5"), day=None),
)


def cohort(*records: ProcedureRecord, **told: object) -> Cohort:
    return cohort_of(records or RECORDS, software_version="1", **told)  # type: ignore[arg-type]


def rows(found: Cohort, unit: str, by: str) -> dict[str, tuple[int, int]]:
    table = next(table for table in found.rates if (table.unit, table.by) == (unit, by))
    return {row.name: (row.events, row.total) for row in table.rows}


def row(found: Cohort, unit: str, by: str, name: str) -> Rate:
    tables = (table for table in found.rates if (table.unit, table.by) == (unit, by))
    return next(one for table in tables for one in table.rows if one.name == name)


def test_leaks_per_vertebra_and_per_patient() -> None:
    found = cohort()
    assert (found.procedures, found.patients, found.unknown_patients, found.levels) == (5, 4, 2, 6)
    assert (found.first_day, found.last_day) == ("2025-03-01", "2025-04-01")
    assert rows(found, "vertebrae", "all") == {"any leak": (3, 6)}  # two classes of one level are one leak
    assert rows(found, "patients", "all") == {"any leak": (2, 4)}
    by_class = rows(found, "vertebrae", "class")
    assert {name for name, (events, _) in by_class.items() if events} == {
        "canal", "vein", "disc_superior", "paravertebral"
    }  # fmt: skip
    assert by_class["canal"] == (1, 6)
    assert rows(found, "patients", "class")["disc_superior"] == (1, 4)
    assert rows(found, "vertebrae", "region") == {"cervical": (0, 1), "thoracic": (1, 1), "lumbar": (2, 4)}
    assert rows(found, "patients", "region") == {"cervical": (0, 1), "thoracic": (1, 1), "lumbar": (2, 3)}
    assert rows(found, "vertebrae", "pathology") == {"metastasis": (0, 1), "not stated": (3, 5)}
    assert rows(found, "vertebrae", "posterior wall defect") == {"defect": (0, 1), "not stated": (3, 5)}
    assert any("2 procedure(s) do not say whose they are" in note for note in found.notes)
    assert any(note.startswith("5 procedure(s) were entered by hand") for note in found.notes)
    measured = cohort(*(replace(record, source="dicom") for record in RECORDS))
    assert not any("by hand" in note for note in measured.notes)
    assert row(found, "vertebrae", "region", "thoracic").few
    assert any("fewer than 5" in note for note in found.notes)


def test_vertebrae_of_a_patient_are_one_cluster() -> None:
    whole = row(cohort(), "vertebrae", "all", "any leak")
    assert whole.clusters == 4
    # 3/6 over patients with 2/3, 0/1, 1/1, 0/1: residuals 0.5, -0.5, 0.5, -0.5
    assert whole.design_effect == pytest.approx(4 / 3 * 1.0 / 36 / (0.25 / 6))


def test_two_sessions_of_a_day_are_one_treatment_of_a_level() -> None:
    lateral = LevelRecord(level="L1", views=("lateral",), volume_ml=3.0, volume_relative=True)
    ap = LevelRecord(
        level="L1", views=("ap",), volume_ml=4.0,
        leaks=(LeakRecord(leak_class="vein", onset_s=1.0, area_mm2=1.0),),
    )  # fmt: skip
    planes = [procedure("x", 1, lateral), procedure("y", 1, ap), procedure("z", 1, ap, day="2025-05-05")]
    found = cohort(*planes)
    assert rows(found, "vertebrae", "all") == {"any leak": (2, 2)}
    assert found.volumes[0].count == 2
    assert found.volumes[0].uncalibrated == 0
    assert any(note.startswith("1 level(s) were in two sessions") for note in found.notes)
    unknown = [replace(one, patient=None) for one in planes]
    assert rows(cohort(*unknown), "vertebrae", "all") == {"any leak": (2, 3)}
    assert cohort(planes[0], planes[0]).procedures == 1


def test_what_was_not_measured_is_no_level_without_a_leak() -> None:
    found = cohort(procedure("x", 1, LevelRecord(level="L1"), level("L2")))
    assert rows(found, "vertebrae", "all") == {"any leak": (0, 1)}
    assert any("1 level(s) were not measured" in note for note in found.notes)


def test_nothing_comes_to_nothing() -> None:
    found = cohort_of((), software_version="1")
    assert (found.procedures, found.levels, found.first_day) == (0, 0, None)
    assert row(found, "vertebrae", "all", "any leak") == Rate(name="any leak", events=0, total=0, clusters=0)
    assert found.volumes[0].mean_ml is None
    assert (found.paired, found.learning, found.sensitivities) == ((), (), ())
    assert all(one.own is None and one.difference is None for one in found.comparisons)
    assert found.operation.acknowledged is None


def test_the_order_of_the_input_is_nothing() -> None:
    scores = [
        FollowUpRow(patient=who(n), score="VAS", moment=m, value=n)
        for n in (1, 2)
        for m in ("before", "24 h")
    ]
    there = msgspec.json.encode(cohort(follow_up=scores))
    for seed in range(3):
        draw = random.Random(seed)
        records, mixed = draw.sample(RECORDS, len(RECORDS)), draw.sample(scores, len(scores))
        assert msgspec.json.encode(cohort(*records, follow_up=mixed)) == there
    assert msgspec.json.decode(there, type=Cohort) == cohort(follow_up=scores)


def test_volumes_that_are_not_calibrated_are_counted_and_in_no_mean() -> None:
    relative = LevelRecord(level="T8", views=("lateral",), volume_ml=40.0, volume_relative=True)
    found = {(one.by, one.name): one for one in cohort(*RECORDS, procedure("r", 9, relative)).volumes}
    whole = found["all", "all"]
    assert (whole.count, whole.uncalibrated, whole.mean_ml, whole.sd_ml) == (3, 4, 4.0, 1.0)
    assert (whole.median_ml, whole.quartile_1_ml, whole.least_ml, whole.most_ml) == (4.0, 3.5, 3.0, 5.0)
    assert found["region", "thoracic"].count == 1
    assert found["region", "thoracic"].sd_ml is None
    assert found["leak", "leak"].mean_ml == 4.0


def test_no_mean_volume_may_be_below_nothing() -> None:
    """Of two Student's interval is 25 times the deviation."""
    found = cohort(
        procedure("a", 1, level("L1", volume_ml=1.9)), procedure("b", 2, level("L2", volume_ml=2.4))
    )
    assert found.volumes[0].low_ml == 0.0
    assert found.volumes[0].high_ml == pytest.approx(5.327, abs=1e-3)


def test_risks_complete_the_plan_and_hold_against_it() -> None:
    risks = [
        RiskRow(patient=who(1), pathology="myeloma", factors={"osteolysis": True}),
        RiskRow(patient=who(1), level="L1", posterior_wall_defect=False),
        RiskRow(patient=who(2), level="L4", pathology="fracture"),
    ]
    found = cohort(risks=risks)
    assert rows(found, "vertebrae", "pathology") == {
        "metastasis": (0, 1),
        "myeloma": (2, 3),
        "not stated": (1, 2),
    }
    assert rows(found, "vertebrae", "posterior wall defect") == {"no defect": (0, 1), "not stated": (3, 5)}
    assert rows(found, "vertebrae", "risk factor") == {"osteolysis": (2, 3)}
    assert any(note.startswith("1 time(s) a table of risks contradicts") for note in found.notes)


def test_learning_curves_by_hand() -> None:
    leaks = (True, True, False, False, True)
    records = [
        procedure(
            f"s{n}", n, level("L1", *(["vein"] if leaked else [])), day=f"2025-01-0{n + 1}", operator="OP-A"
        )
        for n, leaked in enumerate(leaks)
    ] + [procedure("b", 8, level("L1"), operator="OP-B"), procedure("c", 9, level("L1"))]
    found = cohort(*reversed(records), expected=0.25)
    first, second = found.learning
    assert [one.operator for one in (first, second)] == ["OP-A", "OP-B"]
    assert [point.leaked for point in first.points] == list(leaks)
    assert [point.cusum for point in first.points] == pytest.approx([0.75, 1.5, 1.25, 1.0, 1.75])
    assert [point.fraction for point in first.points] == pytest.approx([1, 1, 2 / 3, 0.5, 0.6])
    assert first.points[0].low == pytest.approx(0.2065, abs=1e-4)  # Wilson, 1 of 1
    assert cohort(*records).learning[0].expected == pytest.approx(3 / 6)  # of levels with an operator
    assert any(note.startswith("1 level(s) name no operator") for note in found.notes)


def score(patient: int, moment: str, value: float, name: str = "VAS") -> FollowUpRow:
    return FollowUpRow(patient=who(patient), score=name, moment=moment, value=value)


def test_scores_are_put_to_their_times_and_missing_ones_counted() -> None:
    rows_of = [
        score(1, "before", 8), score(1, "2025-03-02", 3), score(1, "2025-03-03", 9), score(1, "24 h", 2),
        score(2, "2025-02-20", 7), score(2, "2025-02-27", 9), score(2, "2025-06-05", 4),
        score(2, "2025-03-10", 1),
        score(3, "before", 8), score(1, "before", 50, "ODI"), score(2, "12 months", 20, "ODI"),
    ]  # fmt: skip
    found = cohort(follow_up=rows_of)
    by_time = {(one.score, one.when): one for one in found.paired}
    assert list(by_time) == [("VAS", "24 h"), ("VAS", "3 months"), ("ODI", "12 months")]
    day, months = by_time["VAS", "24 h"], by_time["VAS", "3 months"]
    assert (day.pairs, day.missing, day.before_mean, day.after_mean) == (1, 1, 8, 2)  # the named time holds
    assert (months.pairs, months.missing, months.before_mean, months.after_mean) == (
        1,
        1,
        9,
        4,
    )  # the nearer day
    assert by_time["ODI", "12 months"].pairs == 0
    assert by_time["ODI", "12 months"].missing == 1
    told = " ".join(found.notes)
    for words in (
        "1 patient(s) with scores are in no procedure", "1 score(s) were taken on a day in no window",
        "3 score(s) gave way", "1 time(s) a score has a follow-up and nothing before",
        "Scores are of those who came", "or were not due yet",
    ):  # fmt: skip
        assert words in told


def test_p_values_are_adjusted_over_the_times_of_a_score() -> None:
    records = [procedure(f"s{n}", n, level("L1")) for n in range(9)]
    rows_of = [score(n, "before", 6) for n in range(9)]
    for n in range(9):
        rows_of += [score(n, "24 h", 1 + 0.1 * n), score(n, "1 month", 3 + 0.2 * n)]
        rows_of.append(score(n, "3 months", 6 + (-1) ** n * (1 + 0.1 * n)))
    found = cohort(*records, follow_up=rows_of).paired
    raw = [one.p_value for one in found]
    assert raw[0] == raw[1] == pytest.approx(2 / 512)
    assert raw[2] is not None
    assert raw[2] > 0.5
    assert [one.p_adjusted for one in found] == pytest.approx([3 * 2 / 512, 3 * 2 / 512, raw[2]])


def ct(day: str | None, patient: int | None, session: str | None = None, **levels: tuple[str, ...]) -> CtRow:
    scan = CtRecord(
        series=f"{day}-{patient}-{session}", day=day, patient=None if patient is None else who(patient),
        spacing_mm=(1.0, 1.0, 1.0),
        levels=tuple(
            CtLevel(
                level=name, volume_ml=3.0, volume_sd_ml=None, within_ml=3.0, outside_ml=0.0,
                leaks=tuple(CtLeak(leak_class=one, volume_ml=0.1, detached=False) for one in classes),
            )
            for name, classes in levels.items()
        ),
    )  # fmt: skip
    return CtRow(session_id=session, record=scan)


def test_agreement_with_ct() -> None:
    unsure = LevelRecord(
        level="L3", views=("lateral",),
        leaks=(LeakRecord(leak_class="foramen", onset_s=1.0, area_mm2=1.0, ambiguous_with="canal"),),
    )  # fmt: skip
    records = (*RECORDS, procedure("f", 5, unsure, level("L4", "vein")))
    scans = [
        ct("2025-03-03", 1, T12=("canal", "disc_inferior"), L1=("vein",), L5=("canal",)),
        ct("2025-04-01", 1, L2=("disc_superior",)),
        ct(None, None, "f", L3=("canal",), L4=()),
        ct("2025-05-09", 2, L1=("canal",)),  # more than 30 days after
        ct("2025-03-01", 7, L1=("canal",)),
    ]
    coarse = ct("2025-03-01", 1, T12=("vein",))  # marked by a point each: tells no leaks
    scans.append(replace(coarse, record=replace(coarse.record, coarse=True)))
    looked = ct("2025-03-01", None, "d")  # no cement found where fluoroscopy saw a leak
    scans.append(replace(looked, record=replace(looked.record, searched=("L1",))))
    found = cohort(*records, ct=scans)
    seen = {one.leak_class: one for one in found.sensitivities}
    told = {
        name: (one.seen.events, one.seen.total, one.by_ct_only, one.by_fluoroscopy_only)
        for name, one in seen.items()
    }
    assert told == {
        "canal": (2, 2, 0, 0),  # of one of them fluoroscopy said foramen or canal
        "vein": (0, 1, 1, 2),
        "disc_superior": (1, 1, 0, 0),
        "disc_inferior": (0, 1, 1, 0),
        "paravertebral veins": (0, 1, 1, 2),
        "intervertebral disc": (1, 2, 1, 0),
        "paravertebral": (0, 0, 0, 1),
        "any": (3, 4, 1, 2),
    }
    assert seen["any"].levels == 6
    assert seen["canal"].seen.low == pytest.approx(0.3424, abs=1e-4)
    assert any(note.startswith("2 CT(s) belong to no procedure") for note in found.notes)
    by_ct = next(table for table in found.rates_by_ct if (table.unit, table.by) == ("vertebrae", "all"))
    assert (by_ct.rows[0].events, by_ct.rows[0].total, by_ct.found_by) == (4, 6, "CT")
    assert any(
        one.measure == "vertebrae with a leak, on CT" and one.own is not None for one in found.comparisons
    )
    eyes = {
        one.measure.rpartition(": ")[2]: one for one in found.comparisons if "of what CT shows" in one.measure
    }
    assert eyes["canal"].published_low == 0.21


def test_a_ct_behind_two_stages_counts_for_the_levels_of_both() -> None:
    """More than three levels are usually treated in two sessions, and CT comes at the end."""
    records = (
        procedure("a", 1, level("L1"), level("L2"), day="2025-03-01"),
        procedure("b", 1, level("L2"), level("L3"), day="2025-03-08"),
        procedure("c", 1, level("L5"), day="2025-03-20"),
    )
    levels = tuple(
        CtLevel(level=name, volume_ml=2.0, volume_sd_ml=None, within_ml=2.0, outside_ml=0.0)
        for name in ("L1", "L2", "L3", "L5")
    )
    ct = CtRecord(series="x", day="2025-03-09", patient=who(1), spacing_mm=(1, 1, 1), levels=levels)
    found = cohort(*records, ct=[CtRow(session_id=None, record=ct)])
    assert found.sensitivities[-1].levels == 3  # L2 is that of the later session, L5 was not treated yet


def test_how_the_monitor_was_used() -> None:
    def alarm(reaction_s: float | None) -> AlarmRecord:
        return AlarmRecord(
            rule="r", kind="clinical", priority="high", message="m", raised_s=1.0, reaction_s=reaction_s,
            acknowledged_s=None if reaction_s is None else 1.0 + reaction_s,
        )  # fmt: skip

    watched = procedure(
        "a", 1, level("L1"), monitored=True, monitored_fraction=0.9, alarms=(alarm(0.5), alarm(None))
    )
    quiet = procedure("b", 2, level("L1"), monitored=True, monitored_fraction=0.7, beam_on_s=60.0)
    imported = procedure("c", 3, level("L1"))
    used = cohort(watched, quiet, imported).operation
    assert used.alarms_per_procedure == 1.0
    assert used.acknowledged is not None
    assert (used.acknowledged.events, used.acknowledged.total) == (1, 2)
    assert (used.reaction_median_s, used.warning_to_stop_median_s) == (0.5, None)
    assert used.monitored_fraction_median == pytest.approx(0.8)
    assert used.beam_on_median_s == 60.0


NAMES = st.sampled_from(["C5", "T8", "L1", "L4"])
LEAKS = st.sets(st.sampled_from(["canal", "vein", "disc_superior", "foramen"]), max_size=2)
SESSIONS = st.lists(
    st.tuples(
        st.one_of(st.none(), st.integers(0, 3)),
        st.integers(1, 3),
        st.dictionaries(NAMES, LEAKS, min_size=1, max_size=3),
    ),
    min_size=1, max_size=12,
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(SESSIONS)
def test_what_holds_of_every_cohort(
    sessions: list[tuple[int | None, int, dict[str, set[str]]]],
) -> None:
    records = []
    for n, (patient, day, levels) in enumerate(sessions):
        held = (level(name, *sorted(leaks)) for name, leaks in levels.items())
        records.append(procedure(f"s{n}", patient, *held, day=f"2025-01-0{day}"))
    found = cohort(*records)
    for unit in ("vertebrae", "patients"):
        events, total = rows(found, unit, "all")["any leak"]
        assert total == (found.levels if unit == "vertebrae" else found.patients)
        by_class = rows(found, unit, "class").values()
        assert max(count for count, _ in by_class) <= events <= sum(count for count, _ in by_class)
        assert all(of == total for _, of in by_class)
        for by in ("region", "pathology", "posterior wall defect"):
            strata = rows(found, unit, by).values()
            assert all(count <= of for count, of in strata)
            if unit == "vertebrae":
                assert (sum(count for count, _ in strata), sum(of for _, of in strata)) == (events, total)
            else:
                assert sum(of for _, of in strata) >= total
    for table in found.rates:
        for one in table.rows:
            if one.fraction is not None:
                assert one.low <= one.fraction <= one.high  # type: ignore[operator]
            if one.adjusted_low is not None:
                assert one.adjusted_low <= one.low + 1e-12  # type: ignore[operator]
                assert one.high - 1e-12 <= one.adjusted_high  # type: ignore[operator]
