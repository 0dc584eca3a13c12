"""The search: what it finds, what it says of a query that it does not understand, and what always holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import InputError
from recordings.library.row import Facts, LevelRow, Row
from recordings.library.search import all_texts, parse_query

ONE = Row(
    "2026/session-one", "complete", 2_000_000_000,
    Facts(900, 0, 754.0, (LevelRow("L1", 4.0, 4.6, 0.4), LevelRow("T12")), True, ("canal",), "high", 0.9),
    created_utc="2026-03-04T12:00:00+00:00", software_version="0.1.0", source_id="device:0",
    source_kind="device", patient_id="4711", operator="Dr. Roe", tags=("teaching",), note="early leak",
)  # fmt: skip
QUIET = Row(
    "quiet", "cut", 10, Facts(10, 2, 3.0, (LevelRow("L10", None, 2.0),), True, (), "", 0.5),
    created_utc="2026-05-31T12:00:00+00:00", source_kind="network",
)  # fmt: skip
IMPORTED = Row(
    "imported", "complete", 10, Facts(10, 0, 3.0, (), False), created_utc="2026-03-01T12:00:00+00:00",
    acquired="2024-02-29", imported_from="dicom", source_kind="dicom", source_id="run.dcm",
)  # fmt: skip
BROKEN = Row("broken", "broken", 10, problem="session.json is missing")
ROWS = (ONE, QUIET, IMPORTED, BROKEN)


def found(query: str) -> set[str]:
    return {row.name for row in ROWS if parse_query(query).matches(row)}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", {"session-one", "quiet", "imported", "broken"}),
        ("level:L1", {"session-one"}),
        ("level:l1,L10", {"session-one", "quiet"}),
        ("leak:canal", {"session-one"}),
        ("leak:any", {"session-one"}),
        ("leak:none", {"quiet"}),
        ("leak:unknown", {"imported", "broken"}),
        ("alarm:high", {"session-one"}),
        ("date:2026-03..2026-05", {"session-one", "quiet"}),
        ("date:2026-03-04", {"session-one"}),
        ("date:2026", {"session-one", "quiet"}),
        ("date:..2025", {"imported"}),
        ("date:2026-04..", {"quiet"}),
        ('operator:"dr. roe"', {"session-one"}),
        ("operator:roe tag:teaching", {"session-one"}),
        ("source:dicom", {"imported"}),
        ("tag:teach", set()),
        ("complete:no", {"quiet"}),
        ("complete:yes", {"session-one", "imported"}),
        ("monitored:no", {"imported"}),
        ("imported:yes", {"imported"}),
        ("volume>4", {"session-one"}),
        ("volume<4", {"quiet"}),
        ("volume>=2.0", {"session-one", "quiet"}),
        ("volume=4.6", {"session-one"}),
        ("minutes>12", {"session-one"}),
        ("gigabytes>1", {"session-one"}),
        ("state:broken", {"broken"}),
        ("missing", {"broken"}),
        ("EARLY leak", {"session-one"}),
        ('"early leak"', {"session-one"}),
        ("level: canal", {"session-one"}),
        ('"', {"session-one", "quiet", "imported", "broken"}),
        ("4711 patient:4711 procedure:x", set()),
    ],
)
def test_what_is_found(query: str, names: set[str]) -> None:
    assert found(query) == names


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("colour:red", "no key 'colour'; there are: alarm, complete, date, folder"),
        ("colour: red", "no key 'colour'"),
        ("volume:much", "volume is compared with a number, as volume>4, not 'much'"),
        ("volume>nan1", "volume is compared with a number"),
        ("complete:maybe", "complete is yes or no, not 'maybe'"),
        ("date:yesterday", "date is 2026, 2026-03, 2026-03-04 or from..to, not 'yesterday'"),
        ("level>L1", "level cannot be compared by >; write level:l1"),
        ("x" * 1001, "at most 1000 characters"),
    ],
)
def test_what_is_not_understood_is_said_in_one_line(query: str, said: str) -> None:
    with pytest.raises(InputError) as told:
        parse_query(query)
    assert said in str(told.value)
    assert "\n" not in str(told.value)


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=12)
ROW = st.builds(
    Row,
    folder=WORDS,
    state=st.sampled_from(["complete", "cut", "recording now", "broken"]),
    size_bytes=st.integers(0, 10**12),
    facts=st.builds(
        Facts,
        frames=st.none() | st.integers(0, 10**6),
        duration_s=st.none() | st.floats(0, 1e5),
        levels=st.lists(
            st.builds(LevelRow, st.sampled_from(["T12", "L1"]), st.none(), st.none() | st.floats(0, 9)),
            max_size=2,
        ).map(tuple),
        monitored=st.none() | st.booleans(),
        leaks=st.none() | st.just(()) | st.just(("canal",)),
    ),
    created_utc=st.none() | st.datetimes().map(lambda t: t.isoformat() + "+00:00") | WORDS,
    operator=st.none() | WORDS,
    tags=st.lists(WORDS, max_size=2).map(tuple),
    note=WORDS,
)
TERMS = st.sampled_from(
    [
        "level:L1",
        "leak:canal",
        "leak:none",
        "volume>4",
        "volume<=4",
        "complete:no",
        "date:2000..2010",
        "a",
        "tag:x",
    ]
)


@given(st.text(max_size=60) | st.lists(TERMS | WORDS).map(" ".join), ROW)
def test_any_text_is_a_query_or_one_line(text: str, row: Row) -> None:
    try:
        query = parse_query(text)
    except InputError as error:
        said = str(error)
    else:
        said = str(query.matches(row))
    assert len(said.splitlines()) == 1


@given(st.lists(TERMS, max_size=4), TERMS, ROW)
def test_one_term_more_finds_no_more_in_whatever_order(terms: list[str], more: str, row: Row) -> None:
    both = parse_query(" ".join([*terms, more])).matches(row)
    assert both == (parse_query(" ".join(terms)).matches(row) and parse_query(more).matches(row))
    assert both == parse_query(" ".join([more, *reversed(terms)])).matches(row)


@given(ROW, st.data())
def test_what_a_row_says_finds_it(row: Row, data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(all_texts(row) or ("",)))
    start = data.draw(st.integers(0, len(text)))
    part = text[start : data.draw(st.integers(start, len(text)))].replace('"', "")
    if part and part in text:
        assert parse_query(f'"{part}"').matches(row)


@given(ROW)
def test_the_unknown_fulfils_no_comparison(row: Row) -> None:
    known = [level.volume_ml for level in row.facts.levels if level.volume_ml is not None]
    assert parse_query("volume>4").matches(row) == any(volume > 4 for volume in known)
    assert parse_query("volume<=4").matches(row) == any(volume <= 4 for volume in known)
    if row.facts.leaks is None:
        assert not parse_query("leak:none").matches(row)
        assert not parse_query("leak:canal").matches(row)
    if row.day is None:
        assert not parse_query("date:..2100").matches(row)
