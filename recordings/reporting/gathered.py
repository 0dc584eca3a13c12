"""What the report of a cohort needs of each record, gathered in one pass: no record is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from recordings.cohort.tables import BY_HAND
from recordings.qa.record import LevelRecord, ProcedureRecord
from recordings.reporting.maps import MapMeans, MapPicture
from recordings.reporting.page import Warned
from recordings.reporting.procedures_table import ProcedureRow, procedure_row
from recordings.reporting.words import UNKNOWN, several

_LITTLE = 0.9
"""Procedures that are monitored in a smaller part of the time are counted."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """Of all records: a row each, mean maps, versions that measured, and what is not known."""

    rows: tuple[ProcedureRow, ...]
    maps: tuple[MapPicture, ...]
    versions: tuple[str, ...]
    warned: tuple[Warned, ...]
    levels: int
    """As recorded: a level of two sessions is there twice."""


def gathered(records: Iterable[ProcedureRecord]) -> Gathered:
    """Go through the records once."""
    rows, means, versions = [], MapMeans(), set()
    counts: Counter[str] = Counter()
    for record in records:
        rows.append(procedure_row(record))
        versions.add(record.software_version or UNKNOWN)
        counts.update(_procedure_counts(record))
        for level in record.levels:
            means.take(level)
            counts.update(_level_counts(level))
    return Gathered(
        tuple(rows), means.pictures(), tuple(sorted(versions)), tuple(_warned(counts)), counts["levels"]
    )


def _procedure_counts(record: ProcedureRecord) -> Iterator[str]:
    yield "procedures"
    if record.source == BY_HAND:
        yield "by hand"
    elif not record.monitored:
        yield "not monitored"
    elif record.monitored_fraction is not None and record.monitored_fraction < _LITTLE:
        yield "monitored little"
    dose = record.dose
    if dose is None or (dose.dose_area_product_gy_m2 is None and dose.reference_point_dose_gy is None):
        yield "no dose"  # a header may tell the tube voltage alone


def _level_counts(level: LevelRecord) -> Iterator[str]:
    yield "levels"
    if not level.views:
        yield "unseen"
    elif BY_HAND not in level.views:
        if level.ap is None:
            yield "no ap"
        if level.lateral is None:
            yield "no lateral"
    if level.volume_relative or level.volume_ml is None:
        yield "no volume"


def _warned(counts: Counter[str]) -> Iterator[Warned]:
    procedures, levels = several(counts["procedures"], "procedure"), several(counts["levels"], "level")
    if not counts["procedures"]:
        yield Warned("No session was measured.", True)
    if counts["unseen"]:
        yield Warned(
            f"{counts['unseen']} of {levels} measured in no view: whether cement leaked there is unknown.",
            True,
        )
    if counts["by hand"]:
        yield Warned(
            f"{counts['by hand']} of {procedures} entered by hand: leaks are those that somebody noted; how "
            "they were looked for, and what was monitored, is unknown.", True,
        )  # fmt: skip
    if counts["not monitored"]:
        yield Warned(
            f"{counts['not monitored']} of {procedures} not monitored while it ran: no alarm could have been "
            "raised.", True,
        )  # fmt: skip
    if counts["monitored little"]:
        yield Warned(f"{counts['monitored little']} of {procedures} monitored in less than 90 % of the time.")
    if counts["no ap"]:
        yield Warned(
            f"{counts['no ap']} of {levels} without figures from AP: nothing is known of left, "
            "right and the sides; in rates they count as without a leak there."
        )
    if counts["no lateral"]:
        yield Warned(
            f"{counts['no lateral']} of {levels} without figures from the lateral view: nothing is known of "
            "depth, canal and discs; in rates they count as without a leak there."
        )
    if counts["no volume"]:
        yield Warned(f"{counts['no volume']} of {levels} without a calibrated volume: left out of volumes.")
    if counts["no dose"]:
        yield Warned(f"Dose unknown in {counts['no dose']} of {procedures}.")
