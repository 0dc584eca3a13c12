"""The session folder: everything that is kept of one procedure.

It holds ``frames.mcap``, ``log.sqlite``, ``plan.json``, ``config.toml`` and ``session.json``, and while it is
being recorded ``memory.msgpack``, which a restart goes on with; all readable by its owner only. Where moments
were marked (event ``mark`` of the log), ``snapshots/`` holds pictures of the screen. Where runs were
received, ``received/`` holds the DICOM objects as they came. ``profile.json`` is the calibration of the room;
``tags.json`` and ``thumbnail.png`` are the library's (`recordings.library`).
``session.json`` is written last and replaced whole: a folder with it is a session, and ``complete`` in it
is true once the session was closed in order; ``checksums.sha256`` is then written over all of it. Archived
(`recordings.archive`), it holds ``frames.mkv`` and ``timeline.mcap`` in place of ``frames.mcap``: `files` in
``session.json`` says which.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from calibration.whole_file import write_whole
from monitor.config import LARGEST_CONFIG_BYTES
from monitor.errors import OutputError, RecordingError, SourceError
from monitor.frame import SourceInfo
from monitor.plan import Plan, plan_to_json, read_plan
from monitor.small_file import read_small
from monitor.sources.sequence import LARGEST_SIDE_PX
from recordings.archive_reader import open_archived
from recordings.checksums import CHECKSUMS, covered, write_checksums
from recordings.log import LogContents, ProcedureLog, open_log, read_log, utc_text
from recordings.procedure import Procedure
from recordings.recording import RecordingReader, RecordingWriter

SCHEMA = "cementwatch.session/1"
FRAMES, LOG, PLAN, CONFIG, SESSION = "frames.mcap", "log.sqlite", "plan.json", "config.toml", "session.json"
MEMORY, SNAPSHOTS, PROFILE, RECEIVED = "memory.msgpack", "snapshots", "profile.json", "received"
VIDEO, TIMELINE = "frames.mkv", "timeline.mcap"
TRUTH = "truth.json"
"""What was really so, beside a simulated procedure."""
DOSE = "dose.json"
"""Radiation dose reports that were joined to the session (`recordings.dose`); may be added at any time."""
_LARGEST_BYTES = 1024 * 1024
_OF_BEGINNING = re.compile(r"reference-\d+\.png|remembered-\d+\.msgpack")
_CHEAP_TO_SUM_BYTES = 1 << 30
"""A recording that was gone on with has no sum yet, and what was received has none; more than this gets them
when the session is archived."""


class SessionFile(msgspec.Struct, frozen=True):
    """Contents of ``session.json``. `plan` in `files` is None where there is no plan.

    `delay` is how late what was shown was (``room_ms``, ``processing_p50_ms``, ``processing_p95_ms``,
    ``painted``); None while the session runs, and where nothing was shown. `procedure` is all that names a
    person.
    """

    schema: str
    id: str
    software_version: str
    created_utc: str
    anchor_monotonic_ns: int
    source: SourceInfo
    files: dict[str, str | None]
    complete: bool = False
    closed_utc: str | None = None
    delay: dict[str, float | None] | None = None
    boot_id: str | None = None
    """Monotonic times mean something within one start of the machine only; None where it has no name."""
    procedure: Procedure | None = None
    imported_from: str | None = None
    """Kind of the source that was imported; None where the session was recorded live."""
    acquired: str | None = None
    """When an imported run was acquired: ISO 8601, local where it has no offset, or the day alone."""


def boot_id() -> str | None:
    """Name of this start of the machine (Linux); None elsewhere."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None


def utc_now() -> datetime:
    """Wall clock in UTC."""
    return datetime.now(UTC)


class Session:
    """A session being recorded; made by `create`.

    Parameters of the constructor are not for callers. `recording` belongs to the recorder's thread
    while that runs.
    """

    def __init__(
        self,
        folder: Path,
        about: SessionFile,
        recording: RecordingWriter,
        log: ProcedureLog,
        clock_utc: Callable[[], datetime],
    ) -> None:
        self.folder = folder
        self.about = about
        self.recording = recording
        self.log = log
        self._clock_utc = clock_utc
        self._closed = False

    @classmethod
    def create(
        cls,
        folder: Path,
        *,
        source_info: SourceInfo,
        plan: Plan | None,
        config_toml: str,
        software_version: str,
        procedure: Procedure | None = None,
        imported_from: str | None = None,
        acquired: str | None = None,
        clock_utc: Callable[[], datetime] = utc_now,
        clock_monotonic_ns: Callable[[], int] = time.monotonic_ns,
    ) -> Session:
        """Make a session folder and open its files.

        Parameters
        ----------
        folder : Path
            New, or existing without any file of a session in it.
        source_info : SourceInfo
        plan : Plan or None
        config_toml : str
            The configuration in force, as TOML text.
        software_version : str
        procedure : Procedure or None
            Kept in ``session.json`` and nowhere else.
        imported_from, acquired : str or None
            As `SessionFile` keeps them.
        clock_utc, clock_monotonic_ns : callable
            Read once each, one after the other: the anchor between the two clocks.

        Raises
        ------
        OutputError
            The folder holds a session already or cannot be written. Nothing is left behind.
        """
        with ExitStack() as undo:
            try:
                _make_folder(folder, undo)
                created_utc, anchor_ns = clock_utc(), clock_monotonic_ns()
                about = SessionFile(
                    schema=SCHEMA,
                    id=str(uuid.uuid4()),
                    software_version=software_version,
                    created_utc=utc_text(created_utc),
                    anchor_monotonic_ns=anchor_ns,
                    source=source_info,
                    boot_id=boot_id(),
                    procedure=procedure,
                    imported_from=imported_from,
                    acquired=acquired,
                    files={
                        "frames": FRAMES,
                        "log": LOG,
                        "plan": PLAN if plan is not None else None,
                        "config": CONFIG,
                    },
                )
                undo.callback(_remove_files, folder)
                recording = RecordingWriter(
                    folder / FRAMES, {"session": about.id, "software_version": software_version}
                )
                undo.callback(_give_up, recording)
                log = open_log(folder / LOG)
                undo.callback(_give_up, log)
                log.session_started(
                    session_id=about.id,
                    software_version=software_version,
                    started_utc=created_utc,
                    anchor_monotonic_ns=anchor_ns,
                    source=source_info,
                    plan=plan,
                    config_toml=config_toml,
                )
                if plan is not None:
                    write_whole(folder / PLAN, plan_to_json(plan))
                write_whole(folder / CONFIG, config_toml.encode())
                write_whole(folder / SESSION, session_json(about))
            except OSError as error:
                raise OutputError(f"{folder}: cannot write the session: {error.strerror or error}") from error
            except RecordingError as error:
                raise OutputError(f"{folder}: cannot write the session: {error}") from error
            undo.pop_all()
        return cls(folder, about, recording, log, clock_utc)

    @staticmethod
    def open(folder: Path) -> StoredSession:
        """Open a session for reading; see `open_session`."""
        return open_session(folder)

    def close(self, *, complete: bool = True, delay: dict[str, float | None] | None = None) -> None:
        """End the files, and say in ``session.json`` that the session is complete. May be called again.

        Parameters
        ----------
        complete : bool
            False where the run ended in a fault, or the recorder could not be stopped.
        delay : dict or None
            As `SessionFile` keeps it.

        Raises
        ------
        RecordingError
            A file could not be ended in order; the session then stays incomplete.
        """
        if self._closed:
            return
        self._closed = True
        with ExitStack() as both:
            both.callback(self.recording.close)
            both.callback(self.log.close)
        self.about = msgspec.structs.replace(
            self.about, complete=complete, closed_utc=utc_text(self._clock_utc()), delay=delay
        )
        try:
            write_whole(self.folder / SESSION, session_json(self.about))
        except OSError as error:
            raise RecordingError(f"{self.folder / SESSION}: {error.strerror or error}") from error
        if complete:
            self._write_checksums()

    def _write_checksums(self) -> None:
        known = {FRAMES: self.recording.sha256}
        with suppress(OSError):  # the session is whole without; that there are none is said of it
            received = [path for path in (self.folder / RECEIVED).glob("*") if path.is_file()]
            if sum(path.stat().st_size for path in received) > _CHEAP_TO_SUM_BYTES:
                known |= {f"{RECEIVED}/{path.name}": None for path in received}
            if known[FRAMES] is None and (self.folder / FRAMES).stat().st_size <= _CHEAP_TO_SUM_BYTES:
                del known[FRAMES]
            write_checksums(self.folder, kept_files(self.folder, self.about), known)


@dataclass(frozen=True, slots=True)
class StoredSession:
    """A session on disk. Nothing is held open."""

    folder: Path
    about: SessionFile

    @property
    def archived(self) -> bool:
        """Whether its frames are in a video, with a time line beside it."""
        return self.about.files.get("frames") == VIDEO

    @property
    def recording_path(self) -> Path:
        """The file with the frames."""
        return self.folder / (VIDEO if self.archived else FRAMES)

    def frames(self) -> RecordingReader:
        """Open the recording, archived or not. Raises `SourceError`."""
        if self.archived:
            return open_archived(self.folder / TIMELINE, self.folder / VIDEO)
        try:
            return RecordingReader(self.recording_path)
        except SourceError:
            now = open_session(self.folder)  # it may have been archived since `about` was read
            if not now.archived:
                raise
            return now.frames()

    def log(self) -> LogContents:
        """Read the procedure log. Raises `SourceError`."""
        return read_log(self.folder / LOG)

    def plan(self) -> Plan | None:
        """Read the plan; None where the session has none. Raises `PlanError`."""
        return None if self.about.files.get("plan") is None else read_plan(self.folder / PLAN)

    def config_toml(self) -> str:
        """The configuration that was in force. Raises `SourceError`."""
        path = self.folder / CONFIG
        try:
            return read_small(path, LARGEST_CONFIG_BYTES).decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise SourceError(f"{path}: cannot read the configuration: {error}") from error


def kept_files(folder: Path, about: SessionFile) -> list[str]:
    """What does not change once the session is closed: names relative to its folder, those that are there."""
    named = [name for name in about.files.values() if name is not None and Path(name).name == name]
    return covered(folder, (*named, SESSION, PROFILE, *_of_beginnings(folder)), (SNAPSHOTS, RECEIVED))


def own_files(folder: Path) -> list[str]:
    """Every file that this software may have put into a session's folder, those that are there; sorted."""
    logs = (LOG, f"{LOG}-wal", f"{LOG}-shm", f"{LOG}-journal")
    names = (
        FRAMES, VIDEO, TIMELINE, *logs, PLAN, CONFIG, SESSION, MEMORY, PROFILE, CHECKSUMS, TRUTH, DOSE,
        *_of_beginnings(folder),
    )  # fmt: skip
    return sorted(name for name in (*names, *(f".{name}.new" for name in names)) if (folder / name).is_file())


def _of_beginnings(folder: Path) -> list[str]:
    """Files of `recordings.beginning`."""
    return [path.name for path in folder.iterdir() if _OF_BEGINNING.fullmatch(path.name)]


def is_session(folder: Path) -> bool:
    """Whether a folder holds a session."""
    return (folder / SESSION).is_file()


def open_session(folder: Path) -> StoredSession:
    """Open a session folder for reading, complete or not.

    Raises
    ------
    SourceError
        The folder holds no session, or one that this software does not read.
    """
    path = folder / SESSION
    try:
        about = msgspec.json.decode(read_small(path, _LARGEST_BYTES), type=SessionFile)
    except OSError as error:
        raise SourceError(f"{folder}: no session: {SESSION}: {error.strerror}") from error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise SourceError(f"{path}: not a session file: {error}") from error
    if about.schema != SCHEMA:
        raise SourceError(f"{path}: schema is {about.schema!r}, expected {SCHEMA!r}")
    problem = _problem(about.source)
    if problem is not None:
        raise SourceError(f"{path}: source: {problem}")
    return StoredSession(folder, about)


def _problem(source: SourceInfo) -> str | None:
    """What no source can be; None where it can."""
    intensity, geometry = source.intensity, source.geometry
    if not (1 <= source.rows <= LARGEST_SIDE_PX and 1 <= source.columns <= LARGEST_SIDE_PX):
        return f"no images of {source.columns} x {source.rows}"
    if not 1 <= intensity.bits_stored <= 16:
        return f"no images of {intensity.bits_stored} bits"
    if source.frame_period_s is not None and not 0 < source.frame_period_s < 3600:
        return "frame_period_s is out of range"
    stated = [source.kvp]
    for value in (getattr(geometry, field.name) for field in fields(geometry)):
        if not isinstance(value, str):
            stated += value if isinstance(value, tuple) else (value,)
    if any(value is not None and not 0 < value < 1e6 for value in stated):
        return "a distance, spacing or voltage that is none"
    return None


def _make_folder(folder: Path, undo: ExitStack) -> None:
    """Make the folder, its owner's only, with the parents it lacks; undone where the rest fails."""
    if folder.exists():
        held = {path.name for path in folder.iterdir()}
        present = sorted(held & {FRAMES, VIDEO, TIMELINE, LOG, PLAN, CONFIG, SESSION})
        if present:
            raise OutputError(f"{folder}: holds a session already ({present[0]}); choose another folder")
        if not held:
            with suppress(PermissionError):  # someone else's empty folder that may be written to
                folder.chmod(0o700)
        return
    for part in reversed([folder, *(parent for parent in folder.parents if not parent.exists())]):
        part.mkdir(mode=0o700)
        undo.callback(part.rmdir)


def _give_up(file: RecordingWriter | ProcedureLog) -> None:
    """Close a file that is about to be removed."""
    with suppress(RecordingError):
        file.close()


def _remove_files(folder: Path) -> None:
    for name in (FRAMES, LOG, f"{LOG}-wal", f"{LOG}-shm", PLAN, CONFIG, SESSION, MEMORY, CHECKSUMS):
        (folder / name).unlink(missing_ok=True)
        (folder / f".{name}.new").unlink(missing_ok=True)


def session_json(about: SessionFile) -> bytes:
    """Contents of ``session.json``."""
    return msgspec.json.format(msgspec.json.encode(about), indent=2) + b"\n"
