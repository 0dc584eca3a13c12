"""What the pages say, before anything is laid out."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import numpy as np
import pytest

from monitor.errors import OutputError
from recordings.cohort.cohort import cohort_of
from recordings.cohort.figures import Cohort, Operation, Rate, RateTable
from recordings.cohort.tables import BY_HAND, hand_level
from recordings.qa.record import DoseRecord, LevelRecord, ProcedureRecord, TrendPoint
from recordings.reporting.charts import ForestChart, LearningChart, LearningPanel, TrendChart
from recordings.reporting.cohort_page import CohortPage, cohort_page
from recordings.reporting.gathered import gathered
from recordings.reporting.html import cohort_html, procedure_html
from recordings.reporting.interactive import figure_of
from recordings.reporting.key_frames import frame_pictures
from recordings.reporting.maps import fields_of, level_maps
from recordings.reporting.page import Fact
from recordings.reporting.printed import svg_of
from recordings.reporting.procedure_page import ProcedurePage, procedure_page
from recordings.reporting.trend import trend_chart, unwatched, watched_fraction
from recordings.reporting.words import UNKNOWN, at, interval, number, percent
from recordings.reporting.write import write_cohort_report, write_procedure_report
from tests.recordings.reporting import samples

TEMPLATES = Path(__file__).parents[3] / "recordings" / "reporting" / "templates"


def plain(words: str) -> str:
    return words.replace("\u00a0", " ")


def fact(page: ProcedurePage | CohortPage, beginning: str) -> Fact:
    return next(one for one in page.facts if one.name.startswith(beginning))


def trend_of(record: ProcedureRecord) -> TrendChart:
    chart = trend_chart(record, record.levels[0])
    assert chart is not None
    return chart


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (number(None), UNKNOWN), (number(float("nan")), UNKNOWN), (number(-0.04), "0.0"),
        (number(-3.21), "−3.2"),
        (number(2.5, 1, "mL"), "2.5 mL"), (percent(0.38), "38 %"), (percent(None), UNKNOWN),
        (percent(0.0), "0 %"),
        (percent(0.001), "< 1 %"), (percent(0.9999), "> 99 %"), (percent(1.0), "100 %"),
        (percent(0.148, 1), "14.8 %"),
        (at(14.24), "14.2 s"), (at(187), "3:07 min"), (at(None), UNKNOWN), (interval(None, 2.0), ""),
        (interval(2.554, 3.206, 2, "mL"), "2.55 to 3.21 mL"),
    ],
)  # fmt: skip
def test_figures_in_words(said: str, words: str) -> None:
    assert plain(said) == words


def test_what_is_not_known_comes_first_and_once() -> None:
    said = procedure_page(samples.procedure()).warned
    assert [one.strong for one in said] == sorted((one.strong for one in said), reverse=True)
    assert plain(said[0].text).startswith("Monitored 91 % of the time")
    assert sum("vein: not marked in AP" in one.text for one in said) == 1
    assert any(one.text.startswith("T12, L1: ") for one in said)


def test_a_session_of_which_nothing_is_known_says_so() -> None:
    page = procedure_page(samples.unknown_procedure())
    assert {one.value for one in page.facts} == {UNKNOWN, "not monitored"}
    assert page.warned[0].text.startswith("This session was not monitored")
    assert page.tables["leaks"].empty == "Unknown: nothing was measured."
    assert {cell.text for row in page.tables["levels"].rows for cell in row[1:]} == {UNKNOWN, "none"}
    html = procedure_html(page, {}, version="1", paper=False)
    assert not re.search(r"<(?:td|strong)[^>]*>(?:0|0\.0|None|nan)\b", html)
    assert 'id="plotly"' not in html  # where there are no charts their library is not there either


def test_a_level_without_leaks_is_none_detected_where_it_was_seen() -> None:
    quiet = samples.procedure(levels=(samples.level("L1", leaks=False),))
    page = procedure_page(quiet)
    leaks = fact(page, "Leaks")
    assert leaks.value == "none detected in projection"
    assert plain(leaks.remark) == "L1 (lateral, AP), in about 91 % of the time"
    assert page.tables["leaks"].empty.startswith("None detected in projection: L1 in lateral, AP.")


def test_a_level_that_was_not_measured_does_not_hide_behind_one_that_was() -> None:
    seen, unseen = samples.level(leaks=False), LevelRecord(level="L4")
    record = samples.procedure(levels=(seen, unseen))
    assert fact(procedure_page(record), "Leaks").remark.endswith("L4: unknown")
    row = next(iter(cohort_page([record], Cohort(), [], software_version="1").tables["procedures"].rows))
    assert any(plain(one.text) == "none detected in projection; L4: unknown" for one in row)


def test_what_was_entered_by_hand_was_not_looked_at() -> None:
    """Nobody knows in which views leaks were looked for, nor whether anything was monitored."""
    level = hand_level("L1", (), volume_ml=2.5)
    record = ProcedureRecord(session_id="s-1", folder="", source=BY_HAND, levels=(level,))
    page = cohort_page([record], cohort_of([record], software_version="1"), [], software_version="1")
    warned = " ".join(one.text for one in page.warned)
    assert "1 of 1 procedure entered by hand" in warned
    for words in ("not monitored", "without figures from"):
        assert words not in warned
    (row,) = page.tables["procedures"].rows
    texts = [plain(one.text) for one in row]
    assert texts[5] == "none, as entered"
    assert texts[-2:] == [UNKNOWN, UNKNOWN]


def test_volumes_of_a_session_err_alike() -> None:
    levels = tuple(msgspec.structs.replace(samples.level(name), volume_sd_ml=0.3) for name in ("T12", "L1"))
    assert plain(fact(procedure_page(samples.procedure(levels=levels)), "Cement").value).endswith("± 0.6 mL")


def test_a_relative_volume_is_no_millilitres() -> None:
    relative = samples.procedure(levels=(samples.level("L1", relative=True), samples.level("T12")))
    page = procedure_page(relative)
    assert fact(page, "Cement").value == UNKNOWN  # a sum of both would be neither
    rows = {row[0].text: [plain(cell.text) for cell in row[1:]] for row in page.tables["levels"].rows}
    assert rows["volume"] == ["2.88 (relative)", "2.88 ± 0.17 mL"]
    assert rows["volume, 95 % interval"] == [UNKNOWN, "2.55 to 3.21 mL"]
    chart = trend_of(relative)
    assert chart.relative
    assert set(chart.volume_low) == {None}


def test_where_it_was_not_watched_lines_have_a_gap() -> None:
    record = samples.procedure()
    chart = trend_of(record)
    assert chart.gaps == ((14.8, 17.0),)
    inside = [at_s for at_s, value in zip(chart.times_s, chart.volume, strict=True) if value is None]
    assert (inside[0], inside[-1]) == (15.0, 16.8)
    figure = figure_of(chart)
    bands = [one for one in figure["data"] if one.get("fill") == "toself"]
    assert len(bands) == 2  # the interval is not drawn over the gap
    assert unwatched([TrendPoint(time_s=t, watched=False) for t in (0.0, 1.0)]) == [(0.0, 1.0)]
    assert watched_fraction(LevelRecord(level="L1")) is None
    assert watched_fraction(record.levels[0]) == pytest.approx(1 - 2.2 / 23.8, abs=1e-6)


def test_what_is_unknown_all_along_has_no_empty_axes() -> None:
    level = samples.level()
    blind = [msgspec.structs.replace(point, posterior_wall_mm=None) for point in level.trend]
    record = samples.procedure(levels=(msgspec.structs.replace(level, trend=tuple(blind)),))
    chart = trend_of(record)
    assert b"posterior wall, mm" not in svg_of(chart)
    figure = figure_of(chart)
    assert "yaxis2" not in figure["layout"]
    assert all(one.get("yaxis") != "y2" for one in figure["data"])
    assert "Distance to the posterior wall unknown." in procedure_page(record).levels[0].chart.words


def test_fields_of_a_map_are_parts_of_what_is_within_the_body() -> None:
    cover = np.zeros((30, 30))
    cover[10:20, 10:15] = 1.0  # -0.25 to 1.25: rows 0.25 to 0.75, columns 0.25 to 0.5
    cover[10:20, 27:] = 1.0  # beyond the body
    thirds = fields_of(cover, -0.25, 1.25, 3)
    halves = fields_of(cover, -0.25, 1.25, 2)
    assert thirds is not None
    assert halves is not None
    assert thirds[:, 2].sum() == 0
    assert thirds[:, 0].sum() == pytest.approx((1 / 3 - 0.25) / 0.25)
    assert thirds[1].sum() == pytest.approx((1 / 3) / 0.5)
    assert halves.sum(axis=0) == pytest.approx([1, 0])
    assert fields_of(np.zeros((30, 30)), -0.25, 1.25, 3) is None


def test_sums_beside_a_map_are_those_of_the_record() -> None:
    lateral, ap = level_maps(samples.level())
    assert [plain(one.text) for one in lateral.texts if one.kind == "foot"] == ["31 %", "44 %", "25 %"]
    assert [plain(one.text) for one in ap.texts if one.kind == "foot"] == ["62 %", "38 %"]
    assert len([one for one in ap.texts if one.kind == "field"]) == 6


def test_maps_are_averaged_by_region_and_view() -> None:
    records = [samples.procedure("a"), samples.procedure("b", levels=(samples.level("T11", leaks=False),))]
    titles = [one.title for one in gathered(iter(records)).maps]
    assert titles == ["thoracic, lateral: mean of 2 levels", "thoracic, AP: mean of 2 levels",
                      "lumbar, lateral: mean of 1 level", "lumbar, AP: mean of 1 level"]  # fmt: skip
    broken = msgspec.structs.replace(samples.cement_map("ap"), cover=((0.1, 0.2), (0.3,)))
    assert level_maps(LevelRecord(level="L1", maps=(broken,))) == ()


def test_a_picture_that_is_missing_or_of_another_size_is_said_to_be_missing() -> None:
    record = samples.procedure()
    given = {"frame-60.png": samples.picture("", ""), "frame-250.png": b"no picture"}
    shown = frame_pictures(record, lambda _session, name: given.get(name))
    assert [one.uri is None for one in shown] == [False, True, True]
    assert shown[0].cut
    small = msgspec.structs.replace(
        record, key_frames=(msgspec.structs.replace(record.key_frames[0], rows=99),)
    )
    assert frame_pictures(small, samples.picture)[0].uri is None


def test_an_empty_cohort_says_that_nothing_is_known() -> None:
    page = cohort_page([], Cohort(), [], software_version="1")
    assert all(block.chart is None and block.empty for blocks in page.charts.values() for block in blocks)
    html = cohort_html(page, {}, version="1", paper=False)
    for words in ("No session was measured.", "Nothing is known of volumes", "No follow-up scores are known.",
                  "Nothing is known of operators.", "what projection hides is unknown"):  # fmt: skip
        assert words in html


def test_a_cohort_says_what_its_figures_are_of() -> None:
    """Merged vertebrae, a header without a dose, alarms that nobody acknowledged, an assumed number."""
    header = DoseRecord(source="header", kvp=80.0)
    record = samples.procedure(levels=(samples.level(), samples.level("L1")), dose=header)
    made = cohort_of([record], software_version="1")
    found = msgspec.structs.replace(
        made, levels=1, operation=Operation(
            alarms_per_procedure=2.0, reaction_median_s=3.0, monitored_fraction_median=0.9,
            acknowledged=Rate(name="acknowledged", events=7, total=15, fraction=7 / 15),
        ),
    )  # fmt: skip
    page = cohort_page([record], found, [], software_version="1")
    warned = " ".join(one.text for one in page.warned)
    assert "2 levels as recorded are 1 treatment" in warned
    assert "Dose unknown in 1 of 1 procedure" in warned
    assert plain(fact(page, "Reaction").remark) == "7 of 15 acknowledged; of the others nothing is known"
    assert fact(page, "Monitored").remark == "of the time, of procedures that were monitored"
    volumes = page.charts["comparison"][1].chart
    assert isinstance(volumes, ForestChart)
    assert any(plain(row.remark) == "3.22, of 50 (assumed)" for row in volumes.rows)


def test_a_long_pathology_leaves_room_for_the_chart() -> None:
    level = msgspec.structs.replace(samples.level(), pathology="metastasis of " + "very long " * 40)
    record = samples.procedure(levels=(level,))
    page = cohort_page([record], cohort_of([record], software_version="1"), [], software_version="1")
    chart = page.charts["rates"][0].chart
    assert isinstance(chart, ForestChart)
    assert max(len(row.name) for row in chart.rows) <= 48
    assert any(one.text == level.pathology for row in page.tables["rates"].rows for one in row)


def test_the_interval_of_vertebrae_allows_for_patients() -> None:
    wider = msgspec.structs.replace(samples.rate("all", 12, 81), adjusted_low=0.074, adjusted_high=0.274)
    table = RateTable(title="all", unit="vertebrae", by="all", rows=(wider,))
    page = cohort_page([], Cohort(rates=(table,)), [], software_version="1")
    assert plain(fact(page, "Vertebrae").remark) == "12 of 81; 7 to 27 %, allowing for patients"


def test_a_rate_of_nothing_is_unknown() -> None:
    page = cohort_page([samples.procedure()], samples.cohort(), [], software_version="1")
    chart = page.charts["rates"][0].chart
    assert isinstance(chart, ForestChart)
    cervical = next(row for row in chart.rows if row.name == "cervical")
    assert cervical.value is None
    assert b"unknown, 0" in svg_of(chart).replace(b"\xc2\xa0", b" ")


def test_charts_are_drawn_the_same_each_time_and_keep_markup_out() -> None:
    chart = trend_of(samples.hostile_procedure())
    drawn = svg_of(chart)
    assert drawn == svg_of(chart)
    assert b"<img" not in drawn
    assert "<img" not in msgspec.json.encode(figure_of(chart)).decode()


def test_an_operator_of_one_level_has_an_interval_too() -> None:
    panel = LearningPanel("OP-1", 0.3, (1,), (False,), ("2025-01-07",), (0.0,), (0.0,), (0.79,), (-0.3,))
    curve = figure_of(LearningChart((panel,)))["data"][2]
    assert curve["error_y"]["array"] == [pytest.approx(79.0)]
    one = svg_of(LearningChart((panel,)))
    none = svg_of(LearningChart((replace(panel, high=(0.0,)),)))
    assert one != none


def test_a_chart_is_whole_whatever_the_words_are() -> None:
    level = msgspec.structs.replace(samples.level(), leaks=())
    words = "T\x00\x01\x1b[31m\ufffe12 \u8170\u690e"
    alarms = tuple(msgspec.structs.replace(one, rule=words, structure=None) for one in samples.alarms())
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        drawn = svg_of(trend_of(samples.procedure(levels=(level,), alarms=alarms)))
    assert not warned  # of letters that a font lacks; nobody could read that in a run of 200 sessions
    assert "\u8170" in drawn.decode()
    ElementTree.fromstring(drawn)


class _Elements(HTMLParser):
    """Counts elements, as a browser would see them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: Counter[str] = Counter()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found[tag] += 1
        assert not any(name.startswith("on") for name, _ in attrs)


@pytest.mark.parametrize("paper", [True, False])
def test_words_of_files_make_no_elements(paper: bool) -> None:
    counts = []
    for record in (samples.procedure(levels=(samples.level(),)), samples.hostile_procedure("s-0001")):
        page = procedure_page(record, samples.picture)
        elements = _Elements()
        elements.feed(procedure_html(page, {"trend-0": b"<svg/>"}, version="1", paper=paper))
        counts.append(elements.found)
    for name in ("script", "title", "img", "style", "a", "meta", "link"):
        assert counts[0][name] == counts[1][name]
    assert counts[1]["b"] == 1  # the time of the only key frame


def test_nothing_is_written_outside_the_folder(tmp_path: Path) -> None:
    for name in ("../x", "a/b", "", "..", "x\n"):
        with pytest.raises(OutputError, match="no name of a folder"):
            write_procedure_report(tmp_path / "out", samples.unknown_procedure(name), software_version="1")
    assert list(tmp_path.rglob("*")) == []
    (tmp_path / "x").mkdir()
    records = [samples.unknown_procedure("../../x")]
    write_cohort_report(tmp_path / "out", records, Cohort(), [], software_version="1", pdf=False)
    html = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert "../../x</td>" in html  # named, and not linked to
    assert "procedures/.." not in html


def test_templates_name_no_address_and_trust_three_things() -> None:
    texts = {path.name: path.read_text("utf-8") for path in TEMPLATES.iterdir()}
    assert {"base.html", "parts.html", "report.css", "paper.css", "report.js"} <= set(texts)
    assert [name for name, text in texts.items() if re.search(r"https?:|url\(|@import", text)] == []
    trusted = [word for text in texts.values() for word in re.findall(r"{{\s*([^}]*)\|\s*safe", text)]
    assert sorted(trusted) == ["charts", "script", "style"]
