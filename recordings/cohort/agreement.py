"""Of the leaks that CT shows, how many fluoroscopy showed: matched by session, else by patient and day.

A CT belongs to the session that it was put in for; without one, to the patient's procedures of its own day
and of up to 30 days before. Of its levels those count that they hold too, by name; a level of several of them
is that of the newest. Leaks are compared by class, each class of a level once. What the projection could not
tell apart counts as seen where CT shows either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from recordings.cohort.facts import Facts, Vertebra
from recordings.cohort.figures import Sensitivity
from recordings.cohort.names import CLASSES, SERIES_CLASSES
from recordings.cohort.rates import rate
from recordings.cohort.rows import CtRow
from recordings.ct.record import CtLevel, CtRecord

MOST_DAYS = 30
ANY = "any"


@dataclass(frozen=True, slots=True)
class Matched:
    """A vertebra, and the same in a CT."""

    vertebra: Vertebra
    ct: CtLevel


def matched(facts: Facts, ct: Iterable[CtRow]) -> tuple[list[Matched], int]:
    """Levels that both show, and how many CTs belong to no procedure here.

    Of several CTs of a level the first counts, by day: cement moves no more, and later ones may show more
    of it.
    """
    by_session: dict[str, list[Vertebra]] = {}
    for one in facts.vertebrae:
        for session in one.sessions:
            by_session.setdefault(session, []).append(one)
    found: dict[int, Matched] = {}
    lost = 0
    for row in sorted(ct, key=lambda row: (row.record.day or "9999", row.record.series)):
        sessions = _sessions_of(facts, row) if row.session_id is None else [row.session_id]
        if not any(session in by_session for session in sessions):
            lost += 1
            continue
        levels = _levels_looked_at(row.record)
        newest: dict[str, Vertebra] = {}
        for session in sessions:
            for one in by_session.get(session, ()):
                newest.setdefault(one.level, one)
        for one in newest.values():
            level = levels.get(one.level)
            if level is not None and one.measured:
                found.setdefault(id(one), Matched(one, level))
    return list(found.values()), lost


def _levels_looked_at(record: CtRecord) -> dict[str, CtLevel]:
    """Levels of which the CT tells whether they leaked; those that it found no cement in too."""
    if record.coarse:  # marked by a point each: nothing is known of leaks
        return {}
    empty = {
        name: CtLevel(level=name, volume_ml=0.0, volume_sd_ml=None, within_ml=0.0, outside_ml=0.0)
        for name in record.searched
    }
    return empty | {level.level: level for level in record.levels}


def _sessions_of(facts: Facts, row: CtRow) -> list[str]:
    """The newest first."""
    day = _day(row.record.day)
    if row.record.patient is None or day is None:
        return []
    before = [
        (then, session)
        for told, session in facts.sessions_of.get(row.record.patient, ())
        if (then := _day(told)) is not None and 0 <= (day - then).days <= MOST_DAYS
    ]
    return [session for _, session in sorted(before, reverse=True)]


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        return None


def sensitivities(pairs: Sequence[Matched]) -> tuple[Sensitivity, ...]:
    """By class of the monitor, by class of the published series, and of any leak."""
    if not pairs:
        return ()
    rows = [_of(name, pairs, frozenset((name,))) for name in CLASSES]
    rows += [
        _of(name, pairs, within)
        for name in dict.fromkeys(SERIES_CLASSES.values())
        if len(within := frozenset(k for k, v in SERIES_CLASSES.items() if v == name)) > 1
    ]
    kept = [row for row in rows if row.seen.total or row.by_fluoroscopy_only]
    return (*kept, _any(pairs))


def _of(name: str, pairs: Sequence[Matched], within: frozenset[str]) -> Sensitivity:
    def shown(classes: Iterable[str]) -> bool:
        return not within.isdisjoint(classes)

    def by_fluoroscopy(pair: Matched) -> bool:
        """As this class, or perhaps as this class."""
        return shown(pair.vertebra.leaks) or any(shown(either) for either in pair.vertebra.maybe)

    def fluoroscopy_alone(pair: Matched) -> bool:
        """As this class, and CT shows neither it nor what it could not be told from."""
        on_ct = _classes(pair.ct)
        told = within & pair.vertebra.leaks
        either = {other for first, other in pair.vertebra.maybe if first in told}
        return bool(told) and not shown(on_ct) and on_ct.isdisjoint(either)

    return _counted(name, pairs, lambda pair: shown(_classes(pair.ct)), by_fluoroscopy, fluoroscopy_alone)


def _any(pairs: Sequence[Matched]) -> Sensitivity:
    return _counted(
        ANY, pairs, lambda pair: bool(pair.ct.leaks), lambda pair: pair.vertebra.leaked,
        lambda pair: pair.vertebra.leaked and not pair.ct.leaks,
    )  # fmt: skip


def _counted(
    name: str, pairs: Sequence[Matched], on_ct: Callable[[Matched], bool], seen: Callable[[Matched], bool],
    alone: Callable[[Matched], bool],
) -> Sensitivity:  # fmt: skip
    shown = [pair for pair in pairs if on_ct(pair)]
    hits = sum(seen(pair) for pair in shown)
    return Sensitivity(
        leak_class=name, seen=rate(name, hits, len(shown)), by_ct_only=len(shown) - hits,
        by_fluoroscopy_only=sum(alone(pair) for pair in pairs), levels=len(pairs),
    )  # fmt: skip


def _classes(level: CtLevel) -> frozenset[str]:
    return frozenset(leak.leak_class for leak in level.leaks)
