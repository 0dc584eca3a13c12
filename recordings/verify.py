"""Whether a session is whole: every frame, message, row and file of it as it was written.

What the recorder lost and wrote down (gaps) does not make a session damaged: it says itself what it lacks.
"""

from __future__ import annotations

import hashlib
import sqlite3
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from monitor.errors import CementWatchError, SourceError
from recordings.archive_reader import ArchivedReader, VideoOnlyReader
from recordings.checksums import CHECKSUMS, check_checksums, read_checksums
from recordings.log_check import guard
from recordings.log_reader import LogContents
from recordings.recording import Gap, RecordingCheck, RecordingReader
from recordings.session import (
    CONFIG,
    FRAMES,
    LOG,
    PLAN,
    PROFILE,
    SESSION,
    TIMELINE,
    VIDEO,
    StoredSession,
    is_session,
    open_session,
)

_MOST_NAMED = 8


@dataclass(slots=True)
class Verification:
    """What was found: `problems` make a session damaged or cut, `notes` do not. One line each.

    Parameters
    ----------
    id : str or None
        The session's; None where that cannot be read.
    archived : bool
    frames, frames_damaged, frames_lost : int
        Whole, not as written, and lost as the recorder says.
    """

    folder: str
    id: str | None = None
    archived: bool = False
    frames: int = 0
    frames_damaged: int = 0
    frames_lost: int = 0
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """Whether nothing is damaged or missing."""
        return not self.problems


def verify_session(
    folder: Path,
    *,
    quick: bool = False,
    progress: Callable[[int, int | None], None] = lambda done, whole: None,
) -> Verification:
    """Read all of a session.

    Parameters
    ----------
    quick : bool
        Frames of an archived session are held against the checksums of their packets and not decoded.
    progress : callable
        Given frames done and all frames.

    Raises
    ------
    SourceError
        Nothing in the folder is of a session.
    """
    found = Verification(str(folder))
    if not is_session(folder) and not any((folder / name).exists() for name in (FRAMES, VIDEO, LOG)):
        open_session(folder)
    try:
        stored = open_session(folder)
    except SourceError as error:
        found.problems.append(_without(folder, str(error)))
        return found
    found.id, found.archived = stored.about.id, stored.archived
    if not stored.about.complete:
        ended = "ended in a fault" if stored.about.closed_utc is not None else "was broken off, or still runs"
        found.problems.append(f"the session was not closed in order: it {ended}")
    _frames(stored, found, quick, progress)
    log = _log(stored, found)
    _small_files(stored, found, log)
    _checksums(stored, found)
    return found


def _without(folder: Path, text: str) -> str:
    """A message without the folder that is named anyway."""
    return text.replace(f"{folder}/", "").replace(f"{folder}: ", "")


def _frames(
    stored: StoredSession, found: Verification, quick: bool, progress: Callable[[int, int | None], None]
) -> None:
    name = stored.recording_path.name
    try:
        reader = stored.frames()
    except SourceError as error:
        found.problems.append(_without(stored.folder, str(error)))
        return
    with reader:
        whole, done = len(reader), 0

        def step() -> None:
            nonlocal done
            done += 1
            progress(done, whole)

        try:
            check = reader.check(step, quick=quick)
        except OSError as error:
            found.problems.append(f"{name}: cannot be read: {error.strerror}")
            return
        positions = reader.damaged_frames
        found.frames, found.frames_damaged = check.frames, len(positions)
        found.frames_lost = sum(gap.count for gap in check.gaps)
        if positions:
            found.problems.append(
                f"{name}: {len(positions)} of {whole} frames are damaged (at {_some(positions)})"
            )
        messages = TIMELINE if stored.archived else name
        others = check.damaged - len(positions)
        if others:
            found.problems.append(f"{messages}: {others} other messages are damaged")
        for first, count in check.missing[:_MOST_NAMED]:
            last = first + count - 1
            found.problems.append(
                f"{name}: missing, and no gap says so: frame{'s' if count > 1 else ''} "
                f"{first}{f' to {last}' if count > 1 else ''}"
            )
        if len(check.missing) > _MOST_NAMED:
            found.problems.append(f"{name}: frames are missing in {len(check.missing)} places")
        _end(reader, found, name, messages, check)
        found.notes.append(f"{name}: {check.frames} frames as they were recorded")
        found.notes += _gaps(check.gaps)


def _end(
    reader: RecordingReader, found: Verification, name: str, messages: str, check: RecordingCheck
) -> None:
    """What is to be said of the files as a whole."""
    before = len(found.problems)
    if isinstance(reader, VideoOnlyReader):
        found.problems.append(
            f"{TIMELINE} is missing: exact times, gaps and events are lost; the frames are in {name}"
        )
        return
    if isinstance(reader, ArchivedReader):
        problem = reader.problem_of_video()
        if problem is not None:
            found.problems.append(problem)
    elif (reader.path.parent / VIDEO).exists():
        found.notes.append(f"{VIDEO}: what an archiving that was broken off has left; archive again")
    if isinstance(reader, ArchivedReader) and reader.timeline_ended and not check.ended:
        found.problems.append(
            "the recording had been cut before it was archived: what came behind is missing"
        )
    elif not check.ended:
        found.problems.append(f"{messages}: has no clean end: what came behind is missing")
    elif not (check.complete or check.damaged or check.missing) and len(found.problems) == before:
        found.problems.append(f"{messages}: is not as it was written (checksum over the whole)")


def _gaps(gaps: tuple[Gap, ...]) -> list[str]:
    if not gaps:
        return []
    count = sum(gap.count for gap in gaps)
    reasons = ", ".join(sorted({gap.reason for gap in gaps})[:3])
    return [f"lost while recording, as the recording says: {count} frames in {len(gaps)} gaps ({reasons})"]


def _some(positions: tuple[int, ...]) -> str:
    named = ", ".join(str(position) for position in positions[:_MOST_NAMED])
    return named if len(positions) <= _MOST_NAMED else f"{named}, ..."


def _log(stored: StoredSession, found: Verification) -> LogContents | None:
    path = stored.folder / LOG
    try:
        log = stored.log()
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        try:
            guard(connection)
            said = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(5)")]
        finally:
            connection.close()
    except (SourceError, sqlite3.Error) as error:
        found.problems.append(_without(stored.folder, str(error)))
        return None
    if said != ["ok"]:
        found.problems.append(f"{LOG}: {said[0]}")
    if log.session is None or log.session["id"] != stored.about.id:
        found.problems.append(f"{LOG}: is of another session")
    found.notes.append(f"{LOG}: {len(log.alarms)} alarm transitions, {len(log.volume)} measurements")
    return log


def _small_files(stored: StoredSession, found: Verification, log: LogContents | None) -> None:
    """Plan, configuration and profile: that they are read, and are those that the log names."""
    held = {PLAN: log.plan, CONFIG: log.configuration} if log is not None else {}
    readable: list[str] = []
    for name, read in (
        (PLAN, stored.plan),
        (CONFIG, lambda: tomllib.loads(stored.config_toml())),
        (PROFILE, lambda: _read_profile(stored.folder / PROFILE)),
    ):
        path = stored.folder / name
        if name == PROFILE and not path.exists():
            continue
        if name == PLAN and stored.about.files.get("plan") is None:
            continue
        try:
            read()
        except (CementWatchError, OSError, tomllib.TOMLDecodeError) as error:
            told = _without(stored.folder, str(error))
            found.problems.append(told if told.startswith(name) else f"{name}: {told}")
            continue
        readable.append(name)
        row = held.get(name)
        if row is not None and hashlib.sha256(path.read_bytes()).hexdigest() != row["sha256"]:
            found.problems.append(f"{name}: is not the one that the log names")
    found.notes.append(f"{', '.join([SESSION, *readable])}: readable")


def _read_profile(path: Path) -> None:
    from calibration.profile import read_profile  # takes a second to import, and few sessions have one

    read_profile(path)


def _checksums(stored: StoredSession, found: Verification) -> None:
    try:
        sums = read_checksums(stored.folder)
    except SourceError as error:
        found.problems.append(_without(stored.folder, str(error)))
        return
    if sums is None:
        if stored.about.complete:
            found.notes.append(f"there is no {CHECKSUMS}")
        return
    report = check_checksums(stored.folder, sums)
    found.problems += [f"{name}: is not as its checksum says" for name in report.changed]
    found.problems += [f"{name}: is missing" for name in report.missing]
    found.notes.append(f"{CHECKSUMS}: {len(report.same)} of {len(sums)} files as they were")
    if stored.recording_path.name not in sums:
        found.notes.append(f"{stored.recording_path.name}: has a checksum once it is archived")
