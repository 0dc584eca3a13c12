"""Tables of scores, risks and procedures as spreadsheets write them; what is wrong is named with its line."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.errors import SourceError
from recordings.cohort.moments import day_of, days_after, moment_of, window_of
from recordings.cohort.names import level_named, region_of
from recordings.cohort.rows import FollowUpRow, RiskRow
from recordings.cohort.tables import Imported, read_import
from recordings.procedure import Procedure
from recordings.qa.record import ProcedureRecord
from recordings.qa.run_names import with_pseudonyms
from recordings.session import open_session
from tests.recordings.cohort.made import SECRET, who
from tests.recordings.library.made import session


def imported(tmp_path: Path, text: str | bytes) -> Imported:
    path = tmp_path / "t.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_import(path, lambda: SECRET)


def bad(found: Imported) -> list[str]:
    return [str(row) for row in found.bad]


def row(number: int, score: str, moment: str, value: float) -> FollowUpRow:
    return FollowUpRow(patient=who(number), score=score, moment=moment, value=value)


def test_a_plain_table_of_scores(tmp_path: Path) -> None:
    found = imported(
        tmp_path, "patient,time,VAS,ODI,EQ-5D,analgesics\nP1,before,8.1,44,0.32,3\nP1,24 h,2.5,,-0.1,\n"
    )
    assert found.bad == ()
    assert set(found.follow_up) == {
        row(1, "VAS", "before", 8.1), row(1, "ODI", "before", 44), row(1, "EQ-5D", "before", 0.32),
        row(1, "analgesics", "before", 3), row(1, "VAS", "24 h", 2.5), row(1, "EQ-5D", "24 h", -0.1),
    }  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_german_spreadsheet(tmp_path: Path, encoding: str) -> None:
    text = (
        "Patienten-ID;Zeitpunkt;Schmerz (VAS);ODI;Schmerzmittel;Größe\r\n"
        "P1;präoperativ;8,1;44,5 %;3;170\r\n"
        "\r\n"
        "P1;nach 3 Monaten;2,0;-;k.A.;170;;\r\n"
    )
    found = imported(tmp_path, text.encode(encoding))
    assert bad(found) == []
    assert found.unused == ("Größe",)
    assert set(found.follow_up) == {
        row(1, "VAS", "before", 8.1), row(1, "ODI", "before", 44.5), row(1, "analgesics", "before", 3),
        row(1, "VAS", "3 months", 2),
    }  # fmt: skip


def test_a_long_table_with_dates_and_pseudonyms(tmp_path: Path) -> None:
    found = imported(
        tmp_path,
        f"pseudonym\tdate\tscore\tvalue\n{who(4)}\t2025-02-27\teq5d\t0.3\n{who(4)}\t01.04.2025\tPain\t2\n",
    )
    assert found.follow_up == (row(4, "EQ-5D", "2025-02-27", 0.3), row(4, "VAS", "2025-04-01", 2))


def test_every_bad_row_is_named_with_its_line_and_why(tmp_path: Path) -> None:
    found = imported(
        tmp_path,
        "patient;time;VAS;analgesics\n"
        "P1;before;81;\n"
        'P2;"bef\nore";3;\n'
        "P3;soon;3;\n"
        ";before;3;\n"
        "P4;before;a lot;\n"
        "P5;before;3;2,5\n"
        "P6;before;3;;5\n"
        "P7;;3;\n"
        "P8;before;nan;1e1\n"
        "P9;before;7;2\n",
    )
    assert bad(found) == [
        "line 2: VAS must be 0 to 10, is 81",
        "line 3: the time is not understood: 'bef\\nore' (before, 24 h, 3 months, ...)",
        "line 5: the time is not understood: 'soon' (before, 24 h, 3 months, ...)",
        "line 6: does not say which patient",
        "line 7: VAS is no number: 'a lot'",
        "line 8: analgesics is a step, 0 to 4, is 2.5",
        "line 9: has 5 cells, the heading has 4",
        "line 10: does not say when",
        "line 11: analgesics is no number: '1e1'",
    ]
    assert set(found.follow_up) == {row(9, "VAS", "before", 7), row(9, "analgesics", "before", 2)}
    assert found.rows == 10


def test_scores_end_where_their_scales_end(tmp_path: Path) -> None:
    found = imported(
        tmp_path,
        "patient,time,VAS,ODI,EQ-5D,analgesics\nP1,before,10,100,-0.661,4\nP2,before,0,0,1,0\n"
        "P3,before,,,-0.67,\nP4,before,10.1,,,\nP5,before,,-1,,\nP6,before,,,,5\n",
    )
    assert len(found.follow_up) == 8
    assert bad(found) == [
        "line 4: EQ-5D must be -0.661 to 1, is -0.67", "line 5: VAS must be 0 to 10, is 10.1",
        "line 6: ODI must be 0 to 100, is -1", "line 7: analgesics must be 0 to 4, is 5",
    ]  # fmt: skip


def test_values_that_contradict_each_other_are_both_left_out(tmp_path: Path) -> None:
    found = imported(
        tmp_path,
        "patient,time,VAS,ODI\nP1,before,8,40\nP1,baseline,7,40\n"
        "P1,1 year,3,\nP1,12 months,3,\nP2,before,6,\n",
    )
    assert bad(found) == ["line 3: VAS before is 7, and 8 on line 2"]
    assert found.follow_up == (
        row(1, "ODI", "before", 40),
        row(1, "VAS", "12 months", 3),
        row(2, "VAS", "before", 6),
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"), ("\n \n", "empty"), (";;\n", "empty"), ("a\0b", "not a table of text"),
        ("time,VAS\nbefore,3\n", "no column names the patient"),
        ("patient,VAS\nP1,3\n", "no column says when"), ("patient,time\nP1,before\n", "holds no scores"),
        ("patient,time,VAS,pain\nP1,before,3,4\n", "two columns are VAS"),
        ('patient,time,VAS\nP1,before,"3\n', "line 2: unexpected end of data"),
        ("patient,level,leaks,VAS\nP1,L1,none,3\n", "make it two tables"),
        ("patient,level,volume_ml\nP1,L1,3\n", "need the columns level and leaks"),
    ],
)  # fmt: skip
def test_what_is_no_such_table_is_one_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(SourceError, match=words) as told:
        imported(tmp_path, text)
    assert str(told.value).startswith(str(tmp_path / "t.csv"))


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=120),
    st.sampled_from(["", "patient;time;VAS;score;value\n", "patient,level,leaks,date\n"]),
)
def test_anything_is_rows_or_one_line(tmp_path: Path, data: bytes, heading: str) -> None:
    told, found = str(tmp_path / "t.csv"), Imported(tmp_path)
    try:
        found = imported(tmp_path, heading.encode() + data)
    except SourceError as error:
        told = str(error)
    assert told.startswith(str(tmp_path / "t.csv"))
    assert all(0 <= row.value <= 100 for row in found.follow_up)
    assert all(row.line > 1 and row.why for row in found.bad)


def test_no_id_is_kept_and_no_name_passes_for_a_pseudonym(tmp_path: Path) -> None:
    found = imported(tmp_path, "pseudonym,time,VAS\nDoe Jane,before,3\n")
    assert bad(found) == ["line 2: the pseudonym is none of this software (CW- and twelve letters or digits)"]
    by_hand = imported(tmp_path, "patient,session,operator,level,leaks\nZZ-4242,ACC-991,Dr. Roe,L1,none\n")
    assert not any(secret in repr(by_hand) for secret in ("ZZ-4242", "ACC-991", "Roe"))


def test_tables_and_sessions_give_the_same_people_the_same_pseudonyms(tmp_path: Path) -> None:
    whose = Procedure("P1", "Doe, Jane", "Vertebroplasty", "Dr.  Roe")
    stored = open_session(session(tmp_path / "session", who=whose).folder)
    measured = with_pseudonyms(ProcedureRecord(session_id="s", folder=""), stored, SECRET)
    found = imported(tmp_path, "patient,operator,level,leaks\n P1 ,dr. roe,L1,none\n").procedures[0]
    assert (found.patient, found.operator) == (measured.patient, measured.operator)
    assert measured.patient == who(1)


def test_risks_of_patients_and_levels(tmp_path: Path) -> None:
    found = imported(
        tmp_path,
        "Patient;Wirbel;Diagnose;Hinterkantendefekt;Osteolyse\n"
        "P1;BWK 12;Metastase;ja;nein\nP1;;;;ja\nP2;X9;;ja;\nP3;L1;;vielleicht;\n"
        "P1;Th12;Metastase;nein;nein\n",
    )
    assert bad(found) == [
        "line 4: no such level: 'X9'",
        "line 5: posterior_wall_defect must be yes or no, is 'vielleicht'",
        "line 6: says something else of the same level than line 2",
    ]
    assert found.risks[-1] == RiskRow(patient=who(1), factors={"osteolysis": True})


def test_procedures_by_hand(tmp_path: Path) -> None:
    found = imported(
        tmp_path,
        "patient,date,operator,level,leaks,volume_ml,pathology,posterior wall defect\n"
        "P1,2024-05-02,Dr. Roe,D12,vein + disc_superior,3.1,Metastasis,no\n"
        "P1,2024-05-02,dr.  roe,L1,none,,,\n"
        "P1,2024-05-02,Dr. Roe,L1,canal,,,\n"
        "P2,2024-05-03,Dr. Roe,L1,sideways,,,\n"
        "P3,2024-05-03,Dr. Roe,L1,,,,\n"
        "P1,2024-06-02,Dr. Roe,T12,none,4,,\n",
    )
    assert bad(found) == [
        "line 4: L1 is there twice in the same session",
        "line 5: no class of leaks: 'sideways' (none, or some of canal, foramen, vein, embolus, "
        "disc_superior, disc_inferior, paravertebral, outside, with +)",
        "line 6: does not say whether it leaked (none, or the classes)",
    ]
    first, second = found.procedures
    assert (first.patient, first.day, len(first.levels)) == (who(1), "2024-05-02", 1)
    assert [leak.leak_class for leak in first.levels[0].leaks] == ["vein", "disc_superior"]
    assert (first.levels[0].region, first.levels[0].posterior_wall_defect) == ("thoracic", False)
    assert (second.levels[0].volume_ml, second.levels[0].posterior_wall_defect) == (4, None)
    assert second.session_id != first.session_id
    assert second.operator == first.operator


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Before", "before"), ("prä-OP", "before"), ("24 h", "24 h"), ("24h", "24 h"), ("1 Tag", "24 h"),
        ("nach 24 Stunden", "24 h"), ("6 h", "6 h"), ("48 h", "2 days"), ("7 days", "1 week"),
        ("2 weeks postop", "2 weeks"), ("1 month", "1 month"), ("3m", "3 months"), ("6 Monate", "6 months"),
        ("1 year", "12 months"), ("1 Jahr", "12 months"), ("2 Jahre", "24 months"), ("0 days", None),
        ("later", None), ("3", None), ("", None), ("3 parsecs", None),
    ],
)  # fmt: skip
def test_times_are_named_alike(text: str, moment: str | None) -> None:
    assert moment_of(text) == moment
    if moment is not None:
        assert moment_of(moment) == moment


def test_times_are_in_order_and_days_in_windows() -> None:
    times = ["before", "6 h", "24 h", "2 days", "1 week", "1 month", "3 months", "12 months", "24 months"]
    assert sorted(times, key=days_after) == times
    first = date(2025, 3, 1)
    for text, window in (
        ("2025-02-20", "before"), ("2025-03-01", "before"), ("2025-03-02", "24 h"), ("2025-03-10", None),
        ("2025-03-30", "1 month"), ("2025-05-31", "3 months"), ("2025-09-01", "6 months"),
        ("2026-02-27", "12 months"), ("2027-03-01", None), ("2024-03-01", None),
    ):  # fmt: skip
        day = day_of(text)
        assert day is not None
        assert window_of(day, first) == window
    assert day_of("31.02.2025") is None
    assert day_of("1.2.25") is None


def test_names_of_levels() -> None:
    found = [
        level_named(name) for name in ("t12", "Th 12", "D12", "BWK12", "LWK 1", "S1", "T14", "Q1", "12", "")
    ]
    assert found == ["T12", "T12", "T12", "T12", "L1", "S1", None, None, None, None]
    assert [region_of(name) for name in ("C5", "T6", "L5", "S1", "near")] == [
        "cervical", "thoracic", "lumbar", "sacral", None
    ]  # fmt: skip
