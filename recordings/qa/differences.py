"""A session through this version beside what was recorded: its figures, and its findings field by field.

The figures are those of every frame against those that were found live. They may differ without any change
of the software: frames that were superseded while live were not looked at. The findings are those of the
recorded steps, taken again as they were: of the same software and configuration they are the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from enum import Enum

import msgspec

from monitor.errors import RecordingError, one_line
from recordings.findings import Difference as FoundDifference
from recordings.findings import Findings, differences
from recordings.qa.record import Difference, LevelRecord, ProcedureRecord
from recordings.recording import RecordingReader
from recordings.results.figures import AlarmFigures, Figures, LevelFigures, Seen
from recordings.retaken import NothingMonitoredError, Retaken, as_live
from recordings.session import StoredSession

_MOST_FIELDS = 1000
_MOST_CHARACTERS = 120
_OF_LEVEL = re.compile(r"levels\[(\d+)\]\.(.*)")
_NUMBERED = re.compile(r"\[\d+\]")

_DIGITS = {
    "volume_ml": 2, "volume_sd_ml": 2, "fill_fraction": 3, "area_mm2": 1, "outside_mm2": 1,
}  # fmt: skip
"""Figures of a level that are compared, and to how many digits behind the point."""


class FieldDifference(msgspec.Struct, frozen=True, kw_only=True):
    """A field that came out otherwise when the recorded steps were taken again.

    Parameters
    ----------
    level : str or None
    field : str
        As ``distances[vein].value_mm``; of things that are only numbered, all together.
    steps : int
        In how many it differs.
    first_frame : int
    logged, now : str
        Both values there.
    largest : float or None
        Largest absolute difference; None where it is none of numbers.
    """

    level: str | None
    field: str
    steps: int
    first_frame: int
    logged: str
    now: str
    largest: float | None = None


class FieldDifferences(msgspec.Struct, frozen=True, kw_only=True):
    """All of a session.

    Parameters
    ----------
    steps, same : int
        Steps that were recorded, and those that came out the same in every field.
    not_repeated : tuple of str
        Why others could not be taken again; each reason once.
    fields : tuple of FieldDifference
    monitored : bool
        False: no step was recorded, and there is nothing to compare.
    """

    steps: int = 0
    same: int = 0
    not_repeated: tuple[str, ...] = ()
    fields: tuple[FieldDifference, ...] = ()
    monitored: bool = True


def logged_differences(
    reader: RecordingReader, record: ProcedureRecord, now: Figures
) -> tuple[Difference, ...]:
    """Figures of a record that are otherwise than those that were found live.

    Compared are, of each level, the last volume with its standard deviation, the fill fraction and areas, the
    closest to each structure, and the leaks by class with their onsets; and clinical alarms, raised now in
    every frame. Empty where nothing was monitored.

    Parameters
    ----------
    reader : RecordingReader
        Of the session, with its steps.
    record : ProcedureRecord
    now : Figures
        Of every frame, as the record was made of them.
    """
    live = live_figures(reader)
    if live.looked_at == 0:
        return ()
    first_ns = reader.frame_heads.times_ns[0]

    def seconds(t_ns: int) -> float:
        return (t_ns - first_ns) / 1e9

    found = list(record.differences)
    for level in record.levels:
        then = [live.levels[key] for view in level.views if (key := (view, level.level)) in live.levels]
        found += _of_level(then, level, seconds)
    return (*found, *_alarms(live.alarms, now.alarms, seconds))


def live_figures(reader: RecordingReader) -> Figures:
    """The figures of the steps as they were recorded; steps that cannot be read are left out."""
    figures = Figures()
    for position in range(reader.step_count):
        with suppress(RecordingError):
            step = reader.step(position)
            if step.findings is not None:
                figures.take(step.findings, Seen(step.seq, step.now_ns))
    return figures


def _alarms(
    live: Sequence[AlarmFigures], now: Sequence[AlarmFigures], seconds: Callable[[int], float]
) -> Iterator[Difference]:
    """Clinical alarms that came only once of the two times, or at another time; the first of a kind."""
    then, again = _first_raised(live, seconds), _first_raised(now, seconds)
    for level, field in sorted(then.keys() | again.keys(), key=lambda key: (key[0] or "", key[1])):
        yield from _unlike(level, field, then.get((level, field)), again.get((level, field)), 1)


def _first_raised(
    alarms: Sequence[AlarmFigures], seconds: Callable[[int], float]
) -> dict[tuple[str | None, str], float]:
    raised: dict[tuple[str | None, str], float] = {}
    for alarm in alarms:
        if alarm.observed or alarm.kind.value != "clinical":
            continue
        key = alarm.level, f"alarm_{alarm.rule_id}_{alarm.priority.name.lower()}_raised_s"
        raised.setdefault(key, seconds(alarm.raised.t_ns))
    return raised


def _of_level(
    then: Sequence[LevelFigures], now: LevelRecord, seconds: Callable[[int], float]
) -> Iterator[Difference]:
    surest = _surest_first(then)
    # of areas and fill a record has those of the lateral view, else of the first
    side = {found.view for found in now.maps if found.projection == "lateral"}
    seen = sorted(then, key=lambda view: view.view not in side)
    for name, digits in _DIGITS.items():
        views = surest if name.startswith("volume") else seen
        logged = next((value for view in views if (value := getattr(view, name)) is not None), None)
        yield from _unlike(now.level, name, logged, getattr(now, name), digits)
    closest: dict[str, float] = {}
    onsets: dict[str, float] = {}
    for view in then:
        for structure, near in view.closest.items():
            closest[structure] = min(near.value_mm, closest.get(structure, near.value_mm))
        for leak in view.leaks.values():
            onset_s = seconds(leak.onset_ns)
            onsets[leak.leak_class] = min(onset_s, onsets.get(leak.leak_class, onset_s))
    nearest = {near.structure: near.value_mm for near in now.closest}
    for structure in sorted(closest.keys() | nearest.keys()):
        name = f"closest_{structure}_mm"
        yield from _unlike(now.level, name, closest.get(structure), nearest.get(structure), 2)
    begun: dict[str, float] = {}
    for found in now.leaks:
        begun[found.leak_class] = min(found.onset_s, begun.get(found.leak_class, found.onset_s))
    for leak_class in sorted(onsets.keys() | begun.keys()):
        name = f"leak_{leak_class}_onset_s"
        yield from _unlike(now.level, name, onsets.get(leak_class), begun.get(leak_class), 1)


def _surest_first(then: Sequence[LevelFigures]) -> list[LevelFigures]:
    """As `recordings.qa.merging` chooses the view that the volume is of."""

    def order(view: LevelFigures) -> tuple[bool, bool, float]:
        known = bool(view.volume_ml) and view.volume_sd_ml is not None
        relative = (view.volume_sd_ml or 0.0) / (view.volume_ml or 1.0) if known else float("inf")
        return view.volume_ml is None, view.volume_relative, relative

    return sorted(then, key=order)


def _unlike(
    level: str | None, field: str, logged: float | None, now: float | None, digits: int
) -> Iterator[Difference]:
    # z: a distance just beyond a structure is no other than one just before it
    then = None if logged is None else f"{logged:z.{digits}f}"
    again = None if now is None else f"{now:z.{digits}f}"
    if then != again:
        yield Difference(level=level, field=field, logged=then, now=again)


def fields_of(session: StoredSession, reader: RecordingReader) -> FieldDifferences:
    """Take the recorded steps of a session again, and count in which fields they differ.

    Raises
    ------
    SourceError, PlanError, ConfigError, CalibrationError
        What the run began with cannot be read.
    """
    held: dict[tuple[str | None, str], FieldDifference] = {}
    reasons: dict[str, None] = {}
    steps = same = 0
    try:
        for retaken in as_live(session, reader):
            steps += 1
            if retaken.before is None or retaken.now is None:
                reasons.setdefault(retaken.why)
                continue
            step = _unlike_fields(retaken)
            same += not step
            for key, found in step.items():
                known = held.get(key)
                if known is not None:
                    held[key] = _and(known, found)
                elif len(held) < _MOST_FIELDS:
                    held[key] = found
    except NothingMonitoredError:
        return FieldDifferences(monitored=False)
    return FieldDifferences(
        steps=steps, same=same, not_repeated=tuple(reasons),
        fields=tuple(held[key] for key in sorted(held, key=lambda key: (key[0] or "", key[1]))),
    )  # fmt: skip


def _and(known: FieldDifference, found: FieldDifference) -> FieldDifference:
    largest = known.largest
    if found.largest is not None:
        largest = found.largest if largest is None else max(largest, found.largest)
    return msgspec.structs.replace(known, steps=known.steps + 1, largest=largest)


def _unlike_fields(retaken: Retaken) -> dict[tuple[str | None, str], FieldDifference]:
    """The fields of one step that differ; of numbered things the first value, and the largest difference."""
    before, now = retaken.before, retaken.now
    assert before is not None
    assert now is not None
    first, second = before.findings, now.findings
    unlike: Iterable[FoundDifference] = ()
    if first is not None and second is not None:
        unlike = differences(first, second)
    elif first is not second or before.fault != now.fault:
        unlike = (FoundDifference("fault", before.fault, now.fault),)
    found: dict[tuple[str | None, str], FieldDifference] = {}
    for one in unlike:
        level, field = _named(one.where, first)
        largest = _apart(one.first, one.second)
        made = FieldDifference(
            level=level, field=field, steps=1, first_frame=before.seq, logged=_text(one.first),
            now=_text(one.second), largest=largest,
        )  # fmt: skip
        known = found.setdefault((level, field), made)
        if largest is not None and (known.largest is None or largest > known.largest):
            found[level, field] = msgspec.structs.replace(known, largest=largest)
    return found


def _named(where: str, findings: Findings | None) -> tuple[str | None, str]:
    """The level and the field, without the numbers of things that have nothing but a number."""
    of_level = _OF_LEVEL.fullmatch(where)
    level = None
    if of_level is not None and findings is not None and int(of_level[1]) < len(findings.levels):
        level, where = findings.levels[int(of_level[1])].name, of_level[2]
    return level, _NUMBERED.sub("[]", where)


def _apart(first: object, second: object) -> float | None:
    if isinstance(first, bool | Enum) or isinstance(second, bool | Enum):
        return None
    if isinstance(first, int | float) and isinstance(second, int | float):
        return abs(float(second) - float(first))
    return None


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, Enum):
        return value.name
    text = one_line(f"{value:.9g}" if isinstance(value, float) else str(value))
    return text if len(text) <= _MOST_CHARACTERS else f"{text[: _MOST_CHARACTERS - 3]}..."
