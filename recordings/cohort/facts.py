"""Of each procedure the little that a cohort is made of: records are read one by one, and let go of.

A vertebra is counted once: the sessions of one patient on one day (the two planes of a biplane, a recording
that was begun again) that hold the same level are one treatment of it. Its leaks are those of either.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from recordings.cohort.names import region_of
from recordings.cohort.rows import RiskRow
from recordings.cohort.tables import BY_HAND
from recordings.qa.record import LevelRecord, ProcedureRecord

UNKNOWN = "not stated"


@dataclass(slots=True)
class Vertebra:
    """One treatment of one level.

    Parameters
    ----------
    patient : str
        Pseudonym; of an unknown patient the session, so that each counts by itself.
    known : bool
        Whether the patient is known.
    day, operator, region, pathology : str or None
    level : str
    wall_defect : bool or None
    factors : dict of str to bool
    leaks : frozenset of str
        Classes as the monitor has them.
    maybe : frozenset of tuple of str
        Classes that the projection cannot tell apart, in pairs: as which it counts, and the other.
    measured : bool
        False: whether it leaked is not known.
    volume_ml : float or None
    relative : bool
        Its volume is not calibrated.
    order : tuple of str and int
        Of its session and place in it: the order of a day.
    sessions : frozenset of str
    """

    patient: str
    known: bool
    day: str | None
    operator: str | None
    level: str
    region: str | None
    pathology: str | None
    wall_defect: bool | None
    factors: dict[str, bool]
    leaks: frozenset[str]
    maybe: frozenset[tuple[str, str]]
    measured: bool
    volume_ml: float | None
    volume_sd_ml: float | None
    relative: bool
    order: tuple[str, int]
    sessions: frozenset[str]

    @property
    def leaked(self) -> bool:
        """Whether it leaked anywhere; a level of several classes counts once."""
        return bool(self.leaks)


@dataclass(slots=True)
class Facts:
    """Of all procedures. `first_days` is the day of each known patient's first procedure."""

    vertebrae: list[Vertebra] = field(default_factory=list)
    procedures: int = 0
    patients: set[str] = field(default_factory=set)
    unknown_patients: int = 0
    days: set[str] = field(default_factory=set)
    first_days: dict[str, str] = field(default_factory=dict)
    sessions_of: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """Day and session of each known patient's procedures."""
    by_hand: int = 0
    merged: int = 0
    contradicted: int = 0
    used_risks: int = 0
    alarms: list[int] = field(default_factory=list)
    acknowledged: int = 0
    to_acknowledge: int = 0
    reactions_s: list[float] = field(default_factory=list)
    warning_to_stop_s: list[float] = field(default_factory=list)
    monitored: list[float] = field(default_factory=list)
    beam_on_s: list[float] = field(default_factory=list)
    dose_area_gy_m2: list[float] = field(default_factory=list)


def facts_of(records: Iterable[ProcedureRecord], risks: Iterable[RiskRow] = ()) -> Facts:
    """Go through records once. A session that comes twice counts once, as it came last."""
    known_risks = {(row.patient, row.level): row for row in risks}
    used: set[tuple[str, str | None]] = set()
    facts = Facts()
    by_session: dict[str, list[Vertebra]] = {}
    heads: dict[str, tuple[str | None, str | None]] = {}
    by_hand: set[str] = set()
    operation: dict[str, _Operation] = {}
    for record in records:
        by_session[record.session_id] = [
            _vertebra(record, number, level, known_risks, used, facts)
            for number, level in enumerate(record.levels)
        ]
        heads[record.session_id] = (record.patient, record.day)
        (by_hand.add if record.source == BY_HAND else by_hand.discard)(record.session_id)
        operation[record.session_id] = _Operation.of(record)
    facts.used_risks = len(used)
    facts.procedures, facts.by_hand = len(heads), len(by_hand)
    for session in sorted(heads):
        patient, day = heads[session]
        if patient is None:
            facts.unknown_patients += 1
        else:
            facts.patients.add(patient)
            if day is not None:
                facts.sessions_of.setdefault(patient, []).append((day, session))
                facts.first_days[patient] = min(day, facts.first_days.get(patient, day))
        if day is not None:
            facts.days.add(day)
        operation[session].add_to(facts)
    _merge(facts, [one for session in sorted(by_session) for one in by_session[session]])
    return facts


def _vertebra(
    record: ProcedureRecord,
    number: int,
    level: LevelRecord,
    risks: dict[tuple[str, str | None], RiskRow],
    used: set[tuple[str, str | None]],
    facts: Facts,
) -> Vertebra:
    pathology, defect, factors = level.pathology, level.posterior_wall_defect, dict[str, bool]()
    if record.patient is not None:
        for key in ((record.patient, None), (record.patient, level.level)):
            row = risks.get(key)
            if row is None:
                continue
            used.add(key)
            factors |= row.factors
            for told, planned in ((row.pathology, level.pathology),
                                  (row.posterior_wall_defect, level.posterior_wall_defect)):  # fmt: skip
                facts.contradicted += None not in (told, planned) and told != planned
            # what somebody has looked up goes before the plan, whose "no defect" may mean that nobody asked
            pathology = pathology if row.pathology is None else row.pathology
            defect = defect if row.posterior_wall_defect is None else row.posterior_wall_defect
    known = record.patient is not None
    return Vertebra(
        patient=record.patient if record.patient is not None else f"session {record.session_id}", known=known,
        day=record.day, operator=record.operator, level=level.level,
        region=level.region or region_of(level.level), pathology=pathology, wall_defect=defect,
        factors=factors, leaks=frozenset(leak.leak_class for leak in level.leaks),
        maybe=frozenset(
            (leak.leak_class, leak.ambiguous_with) for leak in level.leaks if leak.ambiguous_with is not None
        ),
        measured=bool(level.views or level.leaks), volume_ml=level.volume_ml, volume_sd_ml=level.volume_sd_ml,
        relative=level.volume_relative, order=(record.session_id, number),
        sessions=frozenset((record.session_id,)),
    )  # fmt: skip


def _merge(facts: Facts, vertebrae: list[Vertebra]) -> None:
    """One for each patient, day and level."""
    held: dict[tuple[str, str | None, str], Vertebra] = {}
    for one in vertebrae:
        # without a day two sessions of a patient may be years apart
        key = (one.patient, one.day if one.day is not None else f"session {one.order[0]}", one.level)
        other = held.get(key)
        if other is None:
            held[key] = one
            continue
        facts.merged += 1
        other.leaks |= one.leaks
        other.maybe |= one.maybe
        other.measured |= one.measured
        other.sessions |= one.sessions
        other.operator = other.operator or one.operator
        other.pathology = other.pathology or one.pathology
        other.wall_defect = (
            one.wall_defect if other.wall_defect is None else other.wall_defect or one.wall_defect
        )
        if _better(one, other):
            other.volume_ml, other.volume_sd_ml = one.volume_ml, one.volume_sd_ml
            other.relative = one.relative
    facts.vertebrae = list(held.values())


def _better(one: Vertebra, than: Vertebra) -> bool:
    """Whether a volume is to be taken in the place of another: calibrated, and more certain."""
    if one.volume_ml is None:
        return False
    if than.volume_ml is None or than.relative != one.relative:
        return than.volume_ml is None or than.relative
    infinite = float("inf")
    mine = infinite if one.volume_sd_ml is None else one.volume_sd_ml
    theirs = infinite if than.volume_sd_ml is None else than.volume_sd_ml
    return mine < theirs


@dataclass(slots=True)
class _Operation:
    """How the monitor was used in one session."""

    alarms: int | None
    acknowledged: int
    reactions_s: tuple[float, ...]
    warning_to_stop_s: tuple[float, ...]
    monitored: float | None
    beam_on_s: float | None
    dose_area_gy_m2: float | None

    @classmethod
    def of(cls, record: ProcedureRecord) -> _Operation:
        return cls(
            len(record.alarms) if record.monitored else None,
            sum(alarm.acknowledged_s is not None for alarm in record.alarms),
            tuple(alarm.reaction_s for alarm in record.alarms if alarm.reaction_s is not None),
            tuple(one.warning_to_stop_s for one in record.levels if one.warning_to_stop_s is not None),
            record.monitored_fraction, record.beam_on_s,
            None if record.dose is None else record.dose.dose_area_product_gy_m2,
        )  # fmt: skip

    def add_to(self, facts: Facts) -> None:
        if self.alarms is not None:
            facts.alarms.append(self.alarms)
            facts.to_acknowledge += self.alarms
            facts.acknowledged += self.acknowledged
        facts.reactions_s += self.reactions_s
        facts.warning_to_stop_s += self.warning_to_stop_s
        for held, value in ((facts.monitored, self.monitored), (facts.beam_on_s, self.beam_on_s),
                            (facts.dose_area_gy_m2, self.dose_area_gy_m2)):  # fmt: skip
            if value is not None:
                held.append(value)
