"""From a folder to its row: the session's own file is read each time, what takes longer is remembered."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from monitor.errors import CementWatchError, RecordingError, SourceError
from monitor.frame import SourceInfo
from recordings.library.cache import FactsCache, fingerprint
from recordings.library.find import Found, find_sessions, look_at
from recordings.library.log_summary import read_log_summary
from recordings.library.row import Facts, LevelRow, Row, State
from recordings.library.tags import Tags, read_tags
from recordings.recording import RecordingReader
from recordings.session import LOG, SESSION, StoredSession, open_session

_FRESH_NS = 15 * 10**9
"""A session that is not closed and was written to since is being recorded: frames are written as they come,
and the memory twice a second."""
_TRIES = 20


def rows_below(root: Path, cache: FactsCache, now_ns: int | None = None) -> Iterator[Row]:
    """Rows of every session below a folder, as they are found.

    Parameters
    ----------
    now_ns : int or None
        Since 1970 (ns); None: the clock.

    Raises
    ------
    InputError
        The folder cannot be read.
    """
    for found in find_sessions(root):
        yield row_of(found, root, cache, now_ns)


def row_again(root: Path, folder: str, cache: FactsCache) -> Row:
    """The row of one session, read anew."""
    return row_of(look_at(root / folder), root, cache)


def row_of(found: Found, root: Path, cache: FactsCache, now_ns: int | None = None) -> Row:
    """The row of a session; never raises for what is wrong with it, which is said in the row."""
    name = found.folder.relative_to(root).as_posix()
    if found.problem is not None:
        return Row(name, "broken", 0, problem=found.problem)
    if SESSION not in found.files:
        return Row(name, "broken", found.size_bytes, problem=f"{SESSION} is missing")
    try:
        session = open_session(found.folder)
    except CementWatchError as error:
        return Row(name, "broken", found.size_bytes, problem=_without(str(error), found.folder))
    key = fingerprint(found)
    facts = cache.get(found.folder, key)
    if facts is None:
        facts = facts_of(session)
        cache.put(found.folder, key, facts)
    problem = None
    try:
        tags = read_tags(found.folder)
    except SourceError as error:
        tags, problem = Tags(), _without(str(error), found.folder)
    about = session.about
    procedure = about.procedure
    return Row(
        folder=name,
        state=_state(session, found, facts, time.time_ns() if now_ns is None else now_ns),
        size_bytes=found.size_bytes,
        facts=facts,
        problem=problem,
        id=about.id,
        created_utc=about.created_utc,
        acquired=about.acquired,
        software_version=about.software_version,
        source_id=about.source.source_id,
        source_kind=about.source.kind,
        source_words=_source_words(about.source),
        imported_from=about.imported_from,
        patient_id=procedure.patient_id if procedure is not None else None,
        patient_name=procedure.patient_name if procedure is not None else None,
        description=procedure.description if procedure is not None else None,
        operator=procedure.operator if procedure is not None else None,
        tags=tags.tags,
        note=tags.note,
    )


def facts_of(session: StoredSession) -> Facts:
    """Look into recording, log and plan; what cannot be read is unknown, and said."""
    problems: list[str] = []
    frames: int | None = None
    missing: int | None = None
    duration_s = None
    try:
        with session.frames() as reader:
            frames, missing = len(reader), sum(gap.count for gap in reader.gaps)
            duration_s = _duration_s(reader)
    except (CementWatchError, OSError) as error:
        problems.append(_without(str(error), session.folder))
    facts = Facts(frames=frames, missing=missing, duration_s=duration_s)
    volumes: dict[str, tuple[float, float | None]] = {}
    try:
        log = read_log_summary(session.folder / (session.about.files.get("log") or LOG))
        volumes = log.volumes_ml
        clinical = [alarm for alarm in log.alarms if alarm.clinical]
        leaks = {alarm.rule_id.removeprefix("leak_") for alarm in clinical if "leak_" in alarm.rule_id[:5]}
        highest = max((alarm.priority for alarm in clinical), default=None)
        facts = msgspec.structs.replace(
            facts,
            monitored=log.monitored,
            leaks=tuple(sorted(leaks)) if log.monitored else None,
            highest=None if not log.monitored else "" if highest is None else highest.name.lower(),
            watched_share=log.watched_share,
        )
    except (CementWatchError, OSError) as error:
        problems.append(_without(str(error), session.folder))
    planned: dict[str, float | None] = {}
    try:
        plan = session.plan()
        if plan is not None:
            names = dict.fromkeys(level.name for view in plan.views for level in view.levels)
            planned = {name: plan.intent(name).planned_volume_ml for name in names}
    except (CementWatchError, OSError) as error:
        problems.append(_without(str(error), session.folder))
    levels = tuple(
        LevelRow(name, planned.get(name), *volumes.get(name, (None, None)))
        for name in dict.fromkeys([*planned, *volumes])
    )
    return msgspec.structs.replace(facts, levels=levels, problem="; ".join(problems) or None)


def _duration_s(reader: RecordingReader) -> float | None:
    """From the first to the last frame that can be read; None where there are not two."""
    times_ns = []
    for order in (range(len(reader)), range(len(reader) - 1, -1, -1)):
        for index in order[:_TRIES]:
            try:
                times_ns.append(reader.read(index).time_ns)
                break
            except RecordingError:
                continue
    return (times_ns[1] - times_ns[0]) / 1e9 if len(times_ns) == 2 and len(reader) > 1 else None


def _state(session: StoredSession, found: Found, facts: Facts, now_ns: int) -> State:
    if facts.frames is None:
        return "broken"
    if session.about.complete:
        return "complete"
    return "recording now" if is_recording(session, found, now_ns) else "cut"


def is_recording(session: StoredSession, found: Found, now_ns: int) -> bool:
    """Whether a session is being recorded; `now_ns` since 1970."""
    about, fresh = session.about, abs(now_ns - found.changed_ns) < _FRESH_NS
    return fresh and not about.complete and about.closed_utc is None


def _source_words(info: SourceInfo) -> str:
    return f"{info.columns} x {info.rows}, {info.intensity.bits_stored} bit"


def _without(text: str, folder: Path) -> str:
    """A message without the folder that every row names already."""
    return text.replace(f"{folder}/", "").removeprefix(f"{folder}: ")
