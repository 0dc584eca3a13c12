"""What the monitor found over a session, as a sequence of steps: as recorded, or taken again.

Steps that are taken again are written to a results file: an MCAP like a recording, with the topic ``steps``
alone and, as its metadata, the session, the version of the software and how the steps were taken. One version
of the software writes it, any other reads it beside its own.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Literal

from monitor.errors import OutputError, SourceError
from recordings.recording import RecordingReader, RecordingWriter, Step
from recordings.retaken import NothingMonitoredError, Retaken, as_live, every_frame
from recordings.session import StoredSession

Mode = Literal["as live", "every frame"]
SCHEMA = "cementwatch.results/1"


class Track:
    """Steps in the order in which they were taken. May be used by several threads.

    Parameters
    ----------
    reader : RecordingReader
        Of a recording or a results file; closed by `close`.
    name : str
        For the person who looks: ``as recorded``.
    software_version : str
    mode : str
        ``as live`` or ``every frame``.
    """

    def __init__(self, reader: RecordingReader, name: str, software_version: str, mode: Mode) -> None:
        self._reader = reader
        self.name, self.software_version, self.mode = name, software_version, mode
        self._take_heads()

    def __len__(self) -> int:
        return len(self._seqs)

    @property
    def seqs(self) -> tuple[int, ...]:
        """Number of the frame of each step (its lower 32 bits)."""
        return self._seqs

    @property
    def times_ns(self) -> tuple[int, ...]:
        """When each step was taken (ns, monotonic)."""
        return self._times_ns

    @property
    def ended(self) -> bool:
        """Whether no more steps will come: the file has its clean end."""
        return self._reader.ended

    def step(self, position: int) -> Step:
        """A step by its position. Raises `IndexError`, and `RecordingError` where it is damaged."""
        return self._reader.step(position)

    def at(self, t_ns: int) -> int | None:
        """Position of the newest step that was taken by a time; None: there was none yet."""
        position = bisect_right(self._times_ns, t_ns) - 1
        return None if position < 0 else position

    def of_seq(self, seq: int) -> int | None:
        """Position of the step of a frame; None: the frame was not processed."""
        return self._places.get(seq & 0xFFFFFFFF)

    def refresh(self) -> int:
        """Take up what was written since; how many steps are new."""
        before = len(self)
        self._reader.refresh()
        if self._reader.step_count != before:
            self._take_heads()
        return len(self) - before

    def close(self) -> None:
        """Release the file."""
        self._reader.close()

    def _take_heads(self) -> None:
        heads = self._reader.step_heads
        self._seqs, self._times_ns = heads.seqs, heads.times_ns
        self._places = {seq: place for place, seq in enumerate(heads.seqs)}


def recorded_track(session: StoredSession, reader: RecordingReader) -> Track | None:
    """What was found while the session was recorded, out of its reader; None: no step was kept."""
    if not reader.step_count:
        return None
    return Track(reader, "as recorded", session.about.software_version, "as live")


def open_track(path: Path, session: StoredSession) -> Track:
    """Open a results file, whole or still growing.

    Raises
    ------
    SourceError
        It is none, or belongs to another session.
    """
    reader = RecordingReader(path)
    about = reader.metadata
    if about.get("schema") != SCHEMA:
        reader.close()
        raise SourceError(f"{path}: holds no results of this software ({SCHEMA})")
    if about.get("session") != session.about.id:
        reader.close()
        raise SourceError(f"{path}: results of another session than {session.folder}")
    mode: Mode = "every frame" if about.get("mode") == "every frame" else "as live"
    version = about.get("software_version", "")
    return Track(reader, f"{mode}, {version}" if version else mode, version, mode)


def write_track(
    session: StoredSession,
    path: Path,
    mode: Mode,
    *,
    software_version: str,
    progress: Callable[[int, int | None], None] = lambda done, whole: None,
    stop: Callable[[], bool] = lambda: False,
) -> int:
    """Take the steps of a session again, and write them to a new results file as they come.

    Parameters
    ----------
    progress : callable
        Called with the steps done and their number.
    stop : callable
        Asked between steps; once it says yes, the file is left without its end.

    Returns
    -------
    int
        Steps that were written.

    Raises
    ------
    OutputError
        The file exists or cannot be written.
    SourceError, PlanError, ConfigError, CalibrationError
        The steps cannot be taken again.
    """
    with session.frames() as reader:
        steps = as_live(session, reader) if mode == "as live" else every_frame(session, reader)
        whole = reader.step_count if mode == "as live" else len(reader)
        first = next(steps, None)
        if first is None:
            raise NothingMonitoredError(f"{session.folder}: holds no frame that can be looked at")
        about = {
            "schema": SCHEMA, "session": session.about.id, "mode": mode, "software_version": software_version,
        }  # fmt: skip
        if path.exists():
            raise OutputError(f"{path}: exists already")
        writer = RecordingWriter(path, about)
        written = 0
        try:
            for done, retaken in enumerate(_chain(first, steps), 1):
                if stop():
                    writer.leave()
                    return written
                if retaken.now is not None:
                    writer.step(retaken.now)
                    written += 1
                progress(done, whole)
            writer.close()
        except BaseException:
            writer.leave()
            with suppress(OSError):
                path.unlink(missing_ok=True)
            raise
    return written


def _chain(first: Retaken, rest: Iterator[Retaken]) -> Iterator[Retaken]:
    yield first
    yield from rest
