"""Scores before and after, of the patients of a cohort: which of each patient's scores is meant.

A score with a named time counts before one with a day, and of several days in one window the one nearest to
its target. Missing scores are counted and not filled in.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from recordings.cohort.facts import Facts
from recordings.cohort.figures import PairedRow
from recordings.cohort.moments import BEFORE, TARGETS_DAYS, day_of, days_after, moment_of, window_of
from recordings.cohort.paired import paired_row
from recordings.cohort.rows import SCORES, FollowUpRow
from recordings.cohort.statistics import holm


@dataclass(slots=True)
class Scores:
    """Rows of all scores and times, and what was left out.

    Parameters
    ----------
    rows : tuple of PairedRow
        In order of `SCORES`, then of time.
    strangers : int
        Patients with scores who are in no procedure.
    outside : int
        Scores whose day is in no window.
    undated : int
        Scores with a day, of patients whose procedures have none.
    several : int
        Scores left out for another one of the same patient that is nearer to the time.
    no_baseline : int
        Patients with a score after and none before, by score and added up.
    """

    rows: tuple[PairedRow, ...] = ()
    strangers: int = 0
    outside: int = 0
    undated: int = 0
    several: int = 0
    no_baseline: int = 0


def scores_of(facts: Facts, follow_up: Iterable[FollowUpRow]) -> Scores:
    """Pair what is there."""
    found = Scores()
    held: dict[tuple[str, str], dict[str, tuple[float, float]]] = {}  # value and distance from the target
    strangers: set[str] = set()
    for row in sorted(follow_up, key=lambda row: (row.patient, row.score, row.moment)):
        if row.patient not in facts.patients:
            strangers.add(row.patient)
            continue
        placed = _placed(row, facts, found)
        if placed is None:
            continue
        name, distance = placed
        of_patient = held.setdefault((row.score, name), {})
        other = of_patient.get(row.patient)
        found.several += other is not None
        if other is None or distance < other[1]:
            of_patient[row.patient] = (row.value, distance)
    found.strangers = len(strangers)
    found.rows = tuple(_rows(held, found))
    return found


def _placed(row: FollowUpRow, facts: Facts, found: Scores) -> tuple[str, float] | None:
    day = day_of(row.moment)
    if day is None:
        name = moment_of(row.moment)
        return None if name is None else (name, -1.0)
    first = day_of(facts.first_days.get(row.patient, ""))
    if first is None:
        found.undated += 1
        return None
    name = window_of(day, first)
    if name is None:
        found.outside += 1
        return None
    return name, abs((day - first).days - TARGETS_DAYS[name])


def _rows(held: dict[tuple[str, str], dict[str, tuple[float, float]]], found: Scores) -> Iterable[PairedRow]:
    for score in SCORES:
        before = held.get((score, BEFORE), {})
        times = sorted({name for kind, name in held if kind == score and name != BEFORE}, key=days_after)
        later = {patient for name in times for patient in held[score, name]}
        found.no_baseline += len(later - before.keys())
        rows = []
        for name in times:
            after = held[score, name]
            both = sorted(before.keys() & after.keys())
            rows.append(
                paired_row(
                    score, name, [before[one][0] for one in both], [after[one][0] for one in both],
                    len(before.keys() - after.keys()),
                )
            )  # fmt: skip
        yield from _adjusted(rows)


def _adjusted(rows: list[PairedRow]) -> list[PairedRow]:
    """With Holm's p values over the times of one score that were tested."""
    tested = [row for row in rows if row.p_value is not None]
    values = iter(holm([row.p_value for row in tested if row.p_value is not None]))
    return [
        row if row.p_value is None else msgspec.structs.replace(row, p_adjusted=next(values)) for row in rows
    ]
