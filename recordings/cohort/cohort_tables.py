"""The tables of a cohort for other tools: rates, volumes, scores, learning, comparisons, agreement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from recordings.cohort.figures import Cohort, PairedRow, Rate, Sensitivity, VolumeRow

if TYPE_CHECKING:
    import polars as pl

_Row = dict[str, Any]
_RATE = {
    "events": int, "total": int, "fraction": float, "low": float, "high": float, "clusters": int,
    "design_effect": float, "adjusted_low": float, "adjusted_high": float, "few": bool,
}  # fmt: skip
_VOLUME = {
    "count": int, "mean_ml": float, "sd_ml": float, "low_ml": float, "high_ml": float, "median_ml": float,
    "quartile_1_ml": float, "quartile_3_ml": float, "least_ml": float, "most_ml": float, "uncalibrated": int,
}  # fmt: skip
_SCORE = {
    "pairs": int, "missing": int, "before_mean": float, "before_sd": float, "after_mean": float,
    "after_sd": float, "difference_mean": float, "difference_low": float, "difference_high": float,
    "shift": float, "shift_low": float, "shift_high": float, "before_median": float, "after_median": float,
    "lower": int, "same": int, "higher": int, "test": str, "p_value": float, "p_adjusted": float,
}  # fmt: skip
_BESIDE = {
    "own_events": int, "own_total": int, "own_mean": float, "published_events": int, "published_total": int,
    "published_mean": float, "published_low": float, "published_high": float, "difference": float,
    "difference_low": float, "difference_high": float, "unit": str, "note": str,
}  # fmt: skip
COLUMNS: dict[str, dict[str, type]] = {
    "rates": {"unit": str, "by": str, "found_by": str, "name": str, **_RATE},
    "volumes": {"by": str, "name": str, **_VOLUME},
    "scores": {"score": str, "when": str, **_SCORE},
    "learning": {
        "operator": str, "number": int, "day": str, "leaked": bool, "fraction": float, "low": float,
        "high": float, "cusum": float, "expected": float,
    },
    "comparisons": {"measure": str, "series": str, **_BESIDE},
    "sensitivities": {
        "leak_class": str, "seen": int, "on_ct": int, "fraction": float, "low": float, "high": float,
        "by_ct_only": int, "by_fluoroscopy_only": int, "levels": int,
    },
}  # fmt: skip
"""Tables, and the kind of each of their columns."""


def cohort_tables(cohort: Cohort) -> dict[str, pl.DataFrame]:
    """All tables; an empty one has its columns all the same."""
    import polars as pl

    kinds = {str: pl.String, int: pl.Int64, float: pl.Float64, bool: pl.Boolean}
    rows = {
        "rates": _rates(cohort), "volumes": map(_plain, cohort.volumes), "scores": map(_plain, cohort.paired),
        "learning": _learning(cohort), "comparisons": _comparisons(cohort),
        "sensitivities": map(_sensitivity, cohort.sensitivities),
    }  # fmt: skip
    return {
        name: pl.DataFrame(
            [{column: row.get(column) for column in columns} for row in rows[name]],
            schema={column: kinds[kind] for column, kind in columns.items()},
        )
        for name, columns in COLUMNS.items()
    }


def _plain(part: Rate | VolumeRow | PairedRow) -> _Row:
    return msgspec.structs.asdict(part)


def _rates(cohort: Cohort) -> Iterator[_Row]:
    for table in (*cohort.rates, *cohort.rates_by_ct):
        for row in table.rows:
            yield _plain(row) | {"unit": table.unit, "by": table.by, "found_by": table.found_by}


def _learning(cohort: Cohort) -> Iterator[_Row]:
    for curve in cohort.learning:
        for point in curve.points:
            yield msgspec.structs.asdict(point) | {"operator": curve.operator, "expected": curve.expected}


def _comparisons(cohort: Cohort) -> Iterable[_Row]:
    for one in cohort.comparisons:
        row = msgspec.structs.asdict(one)
        for whose, rate, volume in (
            ("own", one.own, one.own_volume), ("published", one.published, one.published_volume)
        ):  # fmt: skip
            if volume is not None:
                row |= {f"{whose}_total": volume.count, f"{whose}_mean": volume.mean_ml}
            elif rate is not None:
                row |= {
                    f"{whose}_events": rate.events, f"{whose}_total": rate.total,
                    f"{whose}_mean": rate.fraction,
                }  # fmt: skip
        yield row
    for score in cohort.compared_scores:
        theirs = score.published
        yield {
            "measure": f"{theirs.score}, change from before to {theirs.when}", "series": score.series,
            "own_total": None if score.own is None else score.own.pairs,
            "own_mean": None if score.own is None else score.own.difference_mean,
            "published_total": theirs.count, "published_mean": theirs.after_mean - theirs.before_mean,
            "difference": score.difference, "unit": theirs.score, "note": score.note,
        }  # fmt: skip


def _sensitivity(row: Sensitivity) -> _Row:
    return msgspec.structs.asdict(row) | {
        "seen": row.seen.events, "on_ct": row.seen.total, "fraction": row.seen.fraction, "low": row.seen.low,
        "high": row.seen.high,
    }  # fmt: skip
