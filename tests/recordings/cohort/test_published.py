"""The tables of the two published series, out of registries that are filled with their figures."""

from __future__ import annotations

from math import sqrt
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from benchmarks.qa.published import lines, rate_of, rebuilt, scores
from recordings.cohort import published
from recordings.cohort.figures import Cohort, Comparison


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> tuple[Cohort, Cohort]:
    return rebuilt(tmp_path_factory.mktemp("series"))


def of(cohort: Cohort, measure: str, name: str) -> Comparison:
    return next(row for row in cohort.comparisons if (row.measure, row.series) == (measure, name))


def wilson(events: int, total: int) -> tuple[float, float]:
    interval = stats.binomtest(events, total).proportion_ci(method="wilson")
    return interval.low, interval.high


def test_fifty_vertebrae_of_which_nineteen_leak(series: tuple[Cohort, Cohort]) -> None:
    fifty = series[0]
    row = rate_of(fifty, "vertebrae", "all", "any leak")
    assert (row.events, row.total, row.fraction) == (19, 50, 0.38)
    assert (row.low, row.high) == pytest.approx(wilson(19, 50))
    assert (row.low, row.high) == pytest.approx((0.259, 0.518), abs=5e-4)
    assert (fifty.levels, fifty.patients) == (50, 25)
    assert row.adjusted_low is not None
    assert row.design_effect is not None
    assert row.design_effect > 1
    assert row.adjusted_low < row.low  # type: ignore[operator]


@pytest.mark.parametrize(("name", "count"), published.CLASSES_OF_50.items())
def test_the_classes_of_the_fifty(series: tuple[Cohort, Cohort], name: str, count: int) -> None:
    row = rate_of(series[0], "vertebrae", "series class", name)
    assert (row.events, row.total) == (count, 50)
    assert (row.low, row.high) == pytest.approx(wilson(count, 50))


def test_the_classes_are_one_more_than_the_vertebrae(series: tuple[Cohort, Cohort]) -> None:
    assert sum(published.CLASSES_OF_50.values()) == 20
    table = next(t for t in series[0].rates if (t.unit, t.by) == ("vertebrae", "series class"))
    assert sum(row.events for row in table.rows) == 20
    assert (
        "one must have had two"
        in of(series[0], "vertebrae with a leak: spinal canal", published.SERIES_50).note
    )


def test_the_volume_of_the_fifty(series: tuple[Cohort, Cohort]) -> None:
    row = series[0].volumes[0]
    assert (row.name, row.count, row.uncalibrated) == ("all", 50, 0)
    assert (row.mean_ml, row.sd_ml) == pytest.approx((3.22, 0.84))
    half = stats.t.ppf(0.975, 49) * 0.84 / sqrt(50)
    assert (row.low_ml, row.high_ml) == pytest.approx((3.22 - half, 3.22 + half))
    assert row.least_ml is not None
    assert row.least_ml > 1
    beside = of(series[0], published.VOLUME, published.VOLUME_SERIES)
    assert beside.difference == pytest.approx(0)
    assert "not told" in beside.note


def test_eighty_one_vertebrae_of_thirty_patients(series: tuple[Cohort, Cohort]) -> None:
    cohort = series[1]
    row = rate_of(cohort, "vertebrae", "all", "any leak")
    assert (row.events, row.total, round(100 * (row.fraction or 0), 1)) == (12, 81, 14.8)
    assert (row.low, row.high) == pytest.approx(wilson(12, 81))
    assert row.clusters == 30
    patients = rate_of(cohort, "patients", "all", "any leak")
    assert (patients.events, patients.total) == (7, 30)
    assert (patients.low, patients.high) == pytest.approx(wilson(7, 30))
    assert patients.clusters is None
    defects = of(cohort, published.WALL_DEFECT, published.SERIES_81).own
    assert defects is not None
    assert (defects.events, defects.total) == (24, 81)
    strata = [rate_of(cohort, "vertebrae", "posterior wall defect", name) for name in ("defect", "no defect")]
    assert [row.total for row in strata] == [24, 57]
    assert sum(row.events for row in strata) == 12


@pytest.mark.parametrize("figure", published.SCORES, ids=lambda figure: f"{figure.score} {figure.when}")
def test_scores_before_and_after(series: tuple[Cohort, Cohort], figure: published.ScoreFigure) -> None:
    row = next(row for row in series[1].paired if (row.score, row.when) == (figure.score, figure.when))
    assert (row.pairs, row.missing) == (30, 0)
    assert (row.before_mean, row.after_mean) == pytest.approx((figure.before_mean, figure.after_mean))
    values = {(one.patient, one.moment): one.value for one in scores() if one.score == figure.score}
    patients = sorted({patient for patient, _ in values})
    before = np.array([values[patient, "before"] for patient in patients])
    after = np.array([values[patient, figure.when] for patient in patients])
    interval = stats.ttest_rel(after, before).confidence_interval()
    assert row.difference_mean == pytest.approx(figure.after_mean - figure.before_mean)
    assert (row.difference_low, row.difference_high) == pytest.approx((interval.low, interval.high))
    assert row.p_adjusted is not None
    assert row.p_value is not None
    assert row.p_value <= row.p_adjusted < 1e-6
    beside = next(one for one in series[1].compared_scores if one.published == figure)
    assert beside.own == row
    assert beside.difference == pytest.approx(0)
    assert next(one for one in series[0].compared_scores if one.published == figure).difference is None


def test_a_series_beside_itself_and_beside_the_other(series: tuple[Cohort, Cohort]) -> None:
    same = of(series[0], published.ANY_VERTEBRA, published.SERIES_50)
    assert same.difference == 0
    other = of(series[0], published.ANY_VERTEBRA, published.SERIES_81)
    # Newcombe's interval by hand, of 19/50 and 12/81
    (l1, u1), (l2, u2), p1, p2 = wilson(19, 50), wilson(12, 81), 19 / 50, 12 / 81
    low = p1 - p2 - sqrt((p1 - l1) ** 2 + (u2 - p2) ** 2)
    high = p1 - p2 + sqrt((u1 - p1) ** 2 + (p2 - l2) ** 2)
    assert (other.difference, other.difference_low, other.difference_high) == pytest.approx(
        (p1 - p2, low, high)
    )
    assert "visible in projection" in other.note
    ranges = [row for row in series[0].comparisons if row.published_low is not None]
    assert [(row.published_low, row.published_high) for row in ranges] == [
        (0.02, 0.73),
        (0.3, 0.875),
        (4.6, 4.9),
    ]


def test_the_tables_are_printed(series: tuple[Cohort, Cohort]) -> None:
    text = "\n".join(lines(*series))
    for words in (
        "19/50 = 38.0 %",
        "12/81 = 14.8 %",
        "3.22 +- 0.84 | 3.22 +- 0.84",
        "8.11 to 2.82 | 8.11 to 2.82",
    ):
        assert words in text
    assert text in (Path(__file__).parents[3] / "docs" / "qa-cohort.md").read_text("utf-8")
