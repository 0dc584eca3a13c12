"""The department's figures beside published ones: differences, their intervals, and what stands in the way.

A difference is no judgement: the patients are others, leaks were looked for in other ways, and both are
small.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from recordings.cohort import published
from recordings.cohort.figures import (
    Comparison,
    PairedRow,
    Rate,
    RateTable,
    ScoreComparison,
    ScoreFigure,
    Sensitivity,
    VolumeRow,
)
from recordings.cohort.statistics import newcombe, welch

_BY_FLUOROSCOPY = (
    "Own leaks are those visible in projection, on fluoroscopy; how the series looked for them is not told, "
    "and CT shows more."
)
_BY_CT = "Own leaks are those that CT shows; how the series looked for them is not told."
_CLUSTERED = (
    "Vertebrae of one patient are alike: the interval of the difference is narrower than it should be."
)
_ASSUMED = (
    f"Of how many vertebrae the published mean is, is not told: taken for {published.ASSUMED_VOLUMES}. Own "
    "volumes are measured in the image; how the published ones were is not told."
)
_RANGE = "A range over series with other patients and other ways to look."
_NO_SPREAD = "Spread and number of patients are not published: no interval of the difference."
_COMPLETERS = "Own figures are of those who came."
_LIVE = "Live eyes in kyphoplasty; of how many leaks is not told."


def comparisons(
    tables: Iterable[RateTable],
    wall_defects: Rate,
    volumes: Sequence[VolumeRow],
    sensitivities: Sequence[Sensitivity],
) -> tuple[Comparison, ...]:
    """All published rates and volumes, each with the own one where there is one."""
    own = _own_rates(tables, wall_defects)
    found: list[Comparison] = []
    for way, note in (("fluoroscopy", _BY_FLUOROSCOPY), ("CT", _BY_CT)):
        for theirs in published.RATES:
            mine = own.get((way, theirs.measure))
            if way == "fluoroscopy" or mine is not None:
                found.append(_of_rates(way, theirs, mine, note))
    for span in published.RANGES:
        found.append(_of_range(span, own.get(("fluoroscopy", span.measure)), volumes))
    found.insert(len(found) - 1, _of_volumes(volumes))
    seen = {row.leak_class: row.seen for row in sensitivities}
    found += [
        Comparison(
            measure=f"seen on fluoroscopy of what CT shows: {name}",
            series=f"{published.LIVE_EYES}: {100 * fraction:.0f} %", own=seen[name],
            published_low=fraction, published_high=fraction, note=_LIVE,
        )
        for name, fraction in published.SEEN_LIVE.items()
        if name in seen
    ]  # fmt: skip
    return tuple(found)


def _own_rates(tables: Iterable[RateTable], wall_defects: Rate) -> dict[tuple[str, str], Rate]:
    own = {("fluoroscopy", published.WALL_DEFECT): wall_defects} if wall_defects.total else {}
    for table in tables:
        for row in table.rows:
            if row.total == 0:
                continue
            if table.by == "all":
                any_leak = {"vertebrae": published.ANY_VERTEBRA, "patients": published.ANY_PATIENT}
                own[table.found_by, any_leak[table.unit]] = row
            elif table.by == "series class" and table.unit == "vertebrae":
                own[table.found_by, f"vertebrae with a leak: {row.name}"] = row
    return own


def _of_rates(way: str, theirs: published.PublishedRate, mine: Rate | None, note: str) -> Comparison:
    found = None
    if mine is not None:
        found = newcombe(mine.events, mine.total, theirs.rate.events, theirs.rate.total)
    of_leaks = theirs.measure != published.WALL_DEFECT
    of_vertebrae = theirs.measure != published.ANY_PATIENT
    words = [theirs.note, note if of_leaks else "", _CLUSTERED if of_vertebrae else ""]
    return Comparison(
        measure=theirs.measure if way == "fluoroscopy" else f"{theirs.measure}, on CT", series=theirs.series,
        own=mine, published=theirs.rate, note=" ".join(filter(None, words)),
        difference=None if found is None else found.value,
        difference_low=None if found is None else found.low,
        difference_high=None if found is None else found.high,
    )  # fmt: skip


def _of_range(span: published.PublishedRange, mine: Rate | None, volumes: Sequence[VolumeRow]) -> Comparison:
    volume = next((row for row in volumes if row.by == "all" and row.count), None)
    return Comparison(
        measure=span.measure, series=span.series, own=mine, unit=span.unit,
        own_volume=volume if span.unit == "mL" else None, published_low=span.low, published_high=span.high,
        note=" ".join(filter(None, (span.note, _RANGE))),
    )  # fmt: skip


def _of_volumes(volumes: Sequence[VolumeRow]) -> Comparison:
    theirs = published.volume()
    mine = next((row for row in volumes if row.by == "all" and row.count), None)
    found = None
    if mine is not None and mine.mean_ml is not None and mine.sd_ml is not None:
        found = welch(
            mine.mean_ml, mine.sd_ml, mine.count,
            published.VOLUME_MEAN_ML, published.VOLUME_SD_ML, published.ASSUMED_VOLUMES,
        )  # fmt: skip
    return Comparison(
        measure=published.VOLUME, series=published.VOLUME_SERIES, own_volume=mine, published_volume=theirs,
        unit="mL", note=_ASSUMED, difference=None if found is None else found.value,
        difference_low=None if found is None else found.low,
        difference_high=None if found is None else found.high,
    )  # fmt: skip


def compared_scores(paired: Sequence[PairedRow]) -> tuple[ScoreComparison, ...]:
    """All published scores, each with the own one where there is one."""
    rows = {(row.score, row.when): row for row in paired}
    return tuple(_of_scores(theirs, rows.get((theirs.score, theirs.when))) for theirs in published.SCORES)


def _of_scores(theirs: ScoreFigure, mine: PairedRow | None) -> ScoreComparison:
    difference = None
    if mine is not None and mine.difference_mean is not None:
        difference = mine.difference_mean - (theirs.after_mean - theirs.before_mean)
    return ScoreComparison(
        series=published.SCORE_SERIES, own=mine, published=theirs, difference=difference,
        note=f"{_NO_SPREAD} {_COMPLETERS}",
    )  # fmt: skip
