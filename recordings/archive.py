"""A closed session's frames as FFV1 in Matroska, which others can open, at about half of their size.

Everything is written under temporary names, read back and held against the recording bit for bit; then the
files get their names, ``session.json`` is replaced, and only then the recording is deleted. A kill at any
moment leaves the one form or the other whole. What a broken attempt left is cleared by the next.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from calibration.whole_file import write_whole
from monitor.errors import OutputError, RecordingError, SourceError
from recordings.archive_files import same, write_timeline, write_video
from recordings.archive_format import PROFILE, SCHEMA
from recordings.archive_reader import ArchivedReader
from recordings.archive_survey import check_structure, survey_of
from recordings.checksums import CHECKSUMS, sha256_of, write_checksums
from recordings.log import open_log
from recordings.recording import RecordingReader
from recordings.session import (
    FRAMES,
    LOG,
    SESSION,
    TIMELINE,
    VIDEO,
    SessionFile,
    StoredSession,
    boot_id,
    kept_files,
    open_session,
    session_json,
)
from recordings.video_file import VideoFile, sync

_NEW_VIDEO, _NEW_TIMELINE = f".{VIDEO}.new", f".{TIMELINE}.new"
SESSION_TAG, SCHEMA_TAG = "CEMENTWATCH_SESSION", "CEMENTWATCH_SCHEMA"

Step = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Archived:
    """What was done.

    Parameters
    ----------
    already : bool
        It was archived before.
    frames, damaged : int
        Frames in the video, and those that were damaged before and are said to be.
    raw_bytes, before_bytes, after_bytes : int
        Size of the pixels, of the recording, and of both files of the archive.
    """

    already: bool
    frames: int
    damaged: int
    raw_bytes: int
    before_bytes: int
    after_bytes: int


def archive_session(
    folder: Path,
    *,
    software_version: str,
    unclosed: bool = False,
    step: Step = lambda: None,
    progress: Callable[[int, int | None], None] = lambda done, whole: None,
) -> Archived:
    """Archive a session; one that is archived already is left as it is, but for leftovers.

    Parameters
    ----------
    unclosed : bool
        Also a session that was not closed in order, which then can no longer be gone on with.
    step : callable
        Called before each frame; may wait.
    progress : callable
        Given steps done and all steps.

    Raises
    ------
    SourceError
        It is no session, or cannot be archived (damaged in its structure, frames of several sizes): it is
        left as it is, and the text says why.
    OutputError
        The archive cannot be written, or the session is being recorded or archived.
    RecordingError
        What was written does not read back as what was recorded.
    """
    stored = open_session(folder)
    if stored.archived:
        return _tidy(stored)
    _may_be(stored, unclosed)
    try:
        with held_alone(folder / FRAMES):
            stored = open_session(folder)  # as it is now that nobody else has it
            if stored.archived:
                return _tidy(stored)
            return _Archiving(stored, software_version, step, progress).run()
    except OSError as error:
        raise OutputError(f"{folder}: cannot be archived: {error.strerror or error}") from error


def _may_be(stored: StoredSession, unclosed: bool) -> None:
    about = stored.about
    if about.complete or unclosed:
        return
    if about.imported_from is not None:
        why = "what was damaged or missing in its source is missing in it"
    elif about.boot_id == boot_id() and boot_id() is not None:
        why = "it can still be gone on with (live --resume)"
    else:
        why = "the end of the recording may be missing"
    raise SourceError(f"{stored.folder}: was not closed in order; {why}; --unclosed archives it all the same")


@contextmanager
def held_alone(path: Path) -> Iterator[None]:
    """Have a recording alone: nobody writes to it, and nobody else archives or deletes it.

    Raises
    ------
    SourceError
        It cannot be opened.
    OutputError
        Somebody has it.
    """
    try:
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror}") from error
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OutputError(f"{path}: is being recorded or archived") from None
        except OSError:  # a file system that knows no locks
            pass
        yield
    finally:
        os.close(fd)


def _tidy(stored: StoredSession) -> Archived:
    """Finish what was broken off after the switch."""
    folder, before = stored.folder, stored.folder / FRAMES
    if before.exists() or not (folder / CHECKSUMS).exists():
        with ArchivedReader(folder / TIMELINE, folder / VIDEO) as reader:
            problem = reader.problem_of_video()
            if problem is None and not reader.timeline_ended:
                problem = f"{TIMELINE} is cut or damaged"
            if problem is None and reader.metadata.get("session", stored.about.id) != stored.about.id:
                problem = f"{TIMELINE} is of another session"
        if problem is not None:
            kept = f"; {FRAMES} is kept" if before.exists() else ""
            raise SourceError(f"{folder}: is archived, but {problem}{kept}")
        _finish(folder, stored.about, None)
    with stored.frames() as reader:
        frames = len(reader)
    size = sum((folder / name).stat().st_size for name in (VIDEO, TIMELINE))
    return Archived(True, frames, 0, 0, size, size)


def _finish(folder: Path, about: SessionFile, video_sha256: str | None) -> None:
    known: dict[str, str | None] = {} if video_sha256 is None else {VIDEO: video_sha256}
    write_checksums(folder, kept_files(folder, about), known)
    (folder / FRAMES).unlink(missing_ok=True)
    sync(folder)


class _Archiving:
    """One attempt, with all its files."""

    def __init__(
        self,
        stored: StoredSession,
        software_version: str,
        step: Step,
        progress: Callable[[int, int | None], None],
    ) -> None:
        self.stored, self.folder = stored, stored.folder
        self.version = software_version
        self.video, self.timeline = self.folder / _NEW_VIDEO, self.folder / _NEW_TIMELINE
        self._wait, self._progress = step, progress
        self._done = self._steps = 0

    def step(self) -> None:
        self._wait()
        self.count()

    def count(self) -> None:
        self._done += 1
        self._progress(self._done, self._steps)

    def run(self) -> Archived:
        self._clear()
        try:
            with RecordingReader(self.folder / FRAMES) as reader:
                self._steps, wait = 3 * len(reader), self._wait
                self._check_room(reader.path.stat().st_size)
                check_structure(reader.path, reader, ended=self.stored.about.complete)
                survey = survey_of(reader, 0, len(reader), self.step)
                bits = max(survey.bits, self.stored.about.source.intensity.bits_stored)
                kept = write_video(self.video, reader, survey, bits, self._tags(bits), self.step)
                sha256 = sha256_of(self.video, wait)
                write_timeline(self.timeline, self.video, reader, survey, kept, (VIDEO, sha256, bits), wait)
                if not same(reader, survey, self.timeline, self.video, wait, self.count):
                    raise RecordingError(
                        f"{self.folder}: the archive does not read back as what was recorded; left as it is"
                    )
                before = reader.path.stat().st_size
            done = Archived(
                False, survey.whole, len(survey.pts_ms) - survey.whole,
                survey.whole * survey.rows * survey.columns * survey.bits_allocated // 8, before,
                sum(path.stat().st_size for path in (self.video, self.timeline)),
            )  # fmt: skip
        except BaseException:
            self._clear()
            raise
        self._switch(sha256)  # nothing is cleared from here on: session.json may name it already
        return done

    def _check_room(self, needed_bytes: int) -> None:
        """Both forms lie beside each other for a while; the archive is hardly ever the larger one."""
        free_bytes = shutil.disk_usage(self.folder).free
        if free_bytes < needed_bytes:
            raise OutputError(
                f"{self.folder}: not archived: up to {needed_bytes / 1e9:.1f} GB are needed, "
                f"{free_bytes / 1e9:.1f} GB are free"
            )

    def _clear(self) -> None:
        """Remove what a broken attempt left; a file of the same name that is not ours is in the way."""
        for path in (self.video, self.timeline):
            path.unlink(missing_ok=True)
        for name, is_ours in ((VIDEO, self._is_our_video), (TIMELINE, _is_timeline)):
            path = self.folder / name
            if path.exists():
                if not is_ours(path):
                    raise OutputError(f"{path}: is in the way of the archive")
                path.unlink()

    def _is_our_video(self, path: Path) -> bool:
        try:
            video = VideoFile(path)
        except SourceError:
            return False
        video.close()
        tags = video.tags
        return tags.get(SESSION_TAG) == self.stored.about.id and tags.get(SCHEMA_TAG) == SCHEMA

    def _tags(self, bits: int) -> dict[str, str]:
        about = self.stored.about
        return {
            SCHEMA_TAG: SCHEMA,
            SESSION_TAG: about.id,
            "CEMENTWATCH_SOFTWARE": self.version,
            "CEMENTWATCH_RECORDED_WITH": about.software_version,
            "CEMENTWATCH_ANCHOR_UTC": about.created_utc,
            "CEMENTWATCH_ANCHOR_MONOTONIC_NS": str(about.anchor_monotonic_ns),
            "CEMENTWATCH_BITS_STORED": str(bits),
            "creation_time": about.created_utc,
        }

    def _switch(self, sha256: str) -> None:
        folder = self.folder
        about = open_session(folder).about  # as it is now: hours may have passed
        files = dict(about.files) | {"frames": VIDEO, "timeline": TIMELINE}
        about = msgspec.structs.replace(about, files=files)
        self.video.replace(folder / VIDEO)
        self.timeline.replace(folder / TIMELINE)
        (folder / CHECKSUMS).unlink(missing_ok=True)  # those of before hold no longer
        if not about.complete:
            _one_file(folder / LOG)
        sync(folder)
        write_whole(folder / SESSION, session_json(about))
        try:
            _finish(folder, about, sha256)
        except OSError as error:
            raise OutputError(
                f"{folder}: is archived, but cannot be tidied up: {error.strerror or error}"
            ) from error


def _one_file(log: Path) -> None:
    """Take what a killed process left beside its log into it, so that a checksum covers all of it."""
    with suppress(OutputError, RecordingError):
        open_log(log).close()


def _is_timeline(path: Path) -> bool:
    with path.open("rb") as file:
        return PROFILE.encode() in file.read(64)
