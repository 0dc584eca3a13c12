"""Which frames of a session are exported, and how a file comes to be whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from monitor.errors import InputError, OutputError, RecordingError, SourceError
from recordings.archive_reader import ArchivedReader
from recordings.recording import RecordingReader
from recordings.session import SESSION, VIDEO, StoredSession

_LONGEST = 1e9
"""Seconds or frames that no session has."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a session; None: from its start, to its end.

    Parameters
    ----------
    first, last : int or None
        Positions of frames in the session, from 0; the last is taken along.
    from_s, to_s : float or None
        Times from the session's first whole frame (s), in place of positions.
    """

    first: int | None = None
    last: int | None = None
    from_s: float | None = None
    to_s: float | None = None

    def check(self) -> None:
        """Refuse what is no part. Raises `InputError`."""
        if (self.first, self.last) != (None, None) and (self.from_s, self.to_s) != (None, None):
            raise InputError("--first and --last, or --from-s and --to-s, not both")
        for name, end, low, high in (
            ("first", "last", self.first, self.last),
            ("from-s", "to-s", self.from_s, self.to_s),
        ):
            if any(value is not None and not value < _LONGEST for value in (low, high)):
                raise InputError(f"--{name}, --{end}: no session is so long")
            if low is not None and not low >= 0:
                raise InputError(f"--{name} must not be below 0, is {low:g}")
            if high is not None and not high >= (low or 0):
                raise InputError(f"--{end} {high:g} lies before the start")


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: frames, those left out since they are damaged, and what else is to be said."""

    frames: int
    damaged: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for beside the session and the file.

    Parameters
    ----------
    part : Part
    identified : bool
        What names the patient and the day may be written, where the session has it.
    software_version : str
    step : callable
        Called before each frame.
    """

    part: Part
    identified: bool
    software_version: str
    step: Callable[[], None]


def positions(reader: RecordingReader, part: Part) -> tuple[int, int]:
    """First position of a part, and the one after its last.

    Raises
    ------
    SourceError
        The session has no such frames.
    """
    part.check()
    count = len(reader)
    first, end = part.first or 0, count if part.last is None else min(part.last + 1, count)
    if part.from_s is not None or part.to_s is not None:
        start_ns = _time_ns(reader, 0)
        if start_ns is None:
            raise SourceError(f"{reader.path}: no whole frames")
        if part.from_s is not None:
            first = _first_at(reader, start_ns + round(part.from_s * 1e9))
        if part.to_s is not None:
            end = _first_at(reader, start_ns + round(part.to_s * 1e9) + 1)
    if first >= end:
        raise SourceError(f"{reader.path}: no frames in the part that is asked for; the session has {count}")
    return first, end


def _first_at(reader: RecordingReader, t_ns: int) -> int:
    """First position whose time is not before `t_ns`; times never go back."""
    low, high = 0, len(reader)
    while low < high:
        middle = (low + high) // 2
        there_ns = _time_ns(reader, middle)
        if there_ns is None or there_ns >= t_ns:
            high = middle
        else:
            low = middle + 1
    return low


def _time_ns(reader: RecordingReader, index: int) -> int | None:
    """Time of the frame at a position, or of the next one that is whole; None where there is none."""
    for at in range(index, len(reader)):
        try:
            if isinstance(reader, ArchivedReader):
                message = reader.video_frame(at)
                return message.t_capture_ns if message.t_source_ns is None else message.t_source_ns
            return reader.read(at).time_ns
        except RecordingError:
            continue
    return None


def check_target(session: StoredSession, out: Path, *, force: bool) -> None:
    """Refuse a file that is there, and one of the session's own. Raises `OutputError`."""
    if out.is_dir():
        raise OutputError(f"--out {out}: is a folder")
    own = {name for name in session.about.files.values() if name} | {SESSION, VIDEO}
    if out.name in own and out.parent.resolve() == session.folder.resolve():
        raise OutputError(f"--out {out}: is a file of the session itself")
    if out.exists() and not force:
        raise OutputError(f"--out {out}: exists already; --force replaces it")


@contextmanager
def whole_or_nothing(out: Path) -> Iterator[Path]:
    """A temporary file beside `out` which becomes that at the end; removed where the rest fails.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    new = out.with_name(f".{out.name}.new")
    try:
        yield new
        new.replace(out)
    except OSError as error:
        raise OutputError(f"{out}: cannot be written: {error.strerror or error}") from error
    except OutputError as error:
        raise OutputError(str(error).replace(str(new), str(out))) from error
    finally:
        with suppress(OSError):  # where it could not even be looked for, why is told already
            new.unlink(missing_ok=True)
