"""Rates of leaks per vertebra and per patient, by what they may depend on.

Of patients, a stratum holds those with a treated level in it, and counts those with a leak at such a level:
one patient may stand in several strata. Strata of a risk are levels of which it is known; the rest has its
own row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from recordings.cohort.facts import UNKNOWN, Vertebra
from recordings.cohort.figures import Rate, RateTable
from recordings.cohort.names import CLASSES, SERIES_CLASSES
from recordings.cohort.rows import FACTORS
from recordings.cohort.statistics import adjusted, design_effect, wilson

FEW = 5
VERTEBRAE, PATIENTS = "vertebrae", "patients"
_REGIONS = ("cervical", "thoracic", "lumbar", "sacral")
Leaked = Callable[[Vertebra], bool]


def rate(name: str, events: int, total: int) -> Rate:
    """So many of so many, with Wilson's interval."""
    interval = wilson(events, total)
    return Rate(
        name=name, events=events, total=total, fraction=None if total == 0 else events / total,
        low=None if interval is None else interval.low, high=None if interval is None else interval.high,
        few=0 < total < FEW,
    )  # fmt: skip


def vertebra_rate(name: str, vertebrae: Sequence[Vertebra], leaked: Leaked = lambda one: one.leaked) -> Rate:
    """Rate of vertebrae, with what their belonging to patients does to it."""
    events: dict[str, int] = {}
    totals: dict[str, int] = {}
    for one in vertebrae:
        totals[one.patient] = totals.get(one.patient, 0) + 1
        events[one.patient] = events.get(one.patient, 0) + leaked(one)
    plain = rate(name, sum(events.values()), len(vertebrae))
    effect = design_effect(list(events.values()), list(totals.values()))
    wider = adjusted(plain.events, plain.total, effect)
    return Rate(
        name=name, events=plain.events, total=plain.total, fraction=plain.fraction, low=plain.low,
        high=plain.high, few=plain.few, clusters=len(totals), design_effect=effect,
        adjusted_low=None if wider is None else wider.low,
        adjusted_high=None if wider is None else wider.high,
    )  # fmt: skip


def patient_rate(name: str, vertebrae: Iterable[Vertebra], leaked: Leaked = lambda one: one.leaked) -> Rate:
    """Rate of patients with at least one leaking vertebra."""
    found: dict[str, bool] = {}
    for one in vertebrae:
        found[one.patient] = found.get(one.patient, False) or leaked(one)
    return rate(name, sum(found.values()), len(found))


def rate_tables(vertebrae: Sequence[Vertebra], found_by: str = "fluoroscopy") -> tuple[RateTable, ...]:
    """All tables, of the vertebrae of which it is known whether they leaked."""
    known = [one for one in vertebrae if one.measured]
    tables = []
    for unit, of in ((VERTEBRAE, vertebra_rate), (PATIENTS, patient_rate)):
        for by, rows in (
            ("all", [("any leak", known, None)]),
            ("class", [(name, known, _has(name)) for name in _classes(known)]),
            ("series class", [(name, known, _has_any(within)) for name, within in _series_classes(known)]),
            ("region", _strata(known, lambda one: one.region or UNKNOWN, _REGIONS)),
            ("pathology", _strata(known, lambda one: one.pathology or UNKNOWN, ())),
            ("posterior wall defect", _strata(known, _wall, ("defect", "no defect", UNKNOWN))),
            ("risk factor", _factors(known)),
        ):
            counted = tuple(
                of(name, within) if leaked is None else of(name, within, leaked)
                for name, within, leaked in rows
            )
            if counted:
                tables.append(
                    RateTable(
                        title=_title(unit, by, found_by), unit=unit, by=by, rows=counted, found_by=found_by
                    )
                )
    return tuple(tables)


def wall_defects(vertebrae: Iterable[Vertebra]) -> Rate:
    """How many have a defect of the posterior wall, of those of which it is known."""
    known = [one for one in vertebrae if one.wall_defect is not None]
    return vertebra_rate("posterior wall defect", known, lambda one: one.wall_defect is True)


def _title(unit: str, by: str, found_by: str) -> str:
    where = "" if found_by == "fluoroscopy" else f" on {found_by}"
    of = {
        "all": "", "class": ", by class", "series class": ", by class of the published series",
        "region": ", by region", "pathology": ", by pathology",
        "posterior wall defect": ", by defect of the posterior wall", "risk factor": ", by risk factor",
    }[by]  # fmt: skip
    return f"{unit.capitalize()} with a leak{where}{of}"


_Rows = list[tuple[str, list[Vertebra], Leaked | None]]


def _has(name: str) -> Leaked:
    return lambda one: name in one.leaks


def _has_any(names: frozenset[str]) -> Leaked:
    return lambda one: not names.isdisjoint(one.leaks)


def _classes(vertebrae: Iterable[Vertebra]) -> tuple[str, ...]:
    """Those of the monitor, and whatever else a record holds."""
    others = {name for one in vertebrae for name in one.leaks} - set(CLASSES)
    return (*CLASSES, *sorted(others))


def _series_classes(vertebrae: Iterable[Vertebra]) -> list[tuple[str, frozenset[str]]]:
    """The classes of the series always; what has no class there only where it occurs."""
    seen = {name for one in vertebrae for name in one.leaks}
    names = list(dict.fromkeys(SERIES_CLASSES.values()))
    grouped = [(name, frozenset(k for k, v in SERIES_CLASSES.items() if v == name)) for name in names]
    return [
        (name, within) for name, within in grouped if "no class" not in name or not within.isdisjoint(seen)
    ]


def _wall(one: Vertebra) -> str:
    return UNKNOWN if one.wall_defect is None else "defect" if one.wall_defect else "no defect"


def _strata(vertebrae: Iterable[Vertebra], of: Callable[[Vertebra], str], order: Sequence[str]) -> _Rows:
    found: dict[str, list[Vertebra]] = {}
    for one in vertebrae:
        found.setdefault(of(one), []).append(one)

    def place(name: str) -> tuple[int, str]:
        last = len(order) + (name == UNKNOWN)
        return (order.index(name) if name in order else last, name)

    return [(name, found[name], None) for name in sorted(found, key=place)]


def _factors(vertebrae: Sequence[Vertebra]) -> _Rows:
    rows: _Rows = []
    for factor in FACTORS:
        words = factor.replace("_", " ")
        for told, name in ((True, words), (False, f"{words}: no")):
            within = [one for one in vertebrae if one.factors.get(factor) is told]
            if within:
                rows.append((name, within, None))
    return rows
