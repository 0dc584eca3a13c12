"""One row of the library: what is known of a session without playing it. Unknown is None."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

State = Literal["complete", "cut", "recording now", "broken"]


class LevelRow(msgspec.Struct, frozen=True):
    """A level of the plan, its planned and its final volume (mL)."""

    name: str
    planned_ml: float | None = None
    volume_ml: float | None = None
    volume_sd_ml: float | None = None


class Facts(msgspec.Struct, frozen=True):
    """What takes a look into recording, log and plan, and is remembered. It names no person and no file.

    Parameters
    ----------
    frames : int or None
        Frames that can be read; None where the recording cannot.
    missing : int or None
        Frames that were captured and are not there; None as `frames`.
    duration_s : float or None
        From the first frame to the last.
    levels : tuple of LevelRow
    monitored : bool or None
        None where the log cannot be read.
    leaks : tuple of str or None
        Classes of leaks that raised an alarm; None where nothing was monitored.
    highest : str or None
        Priority of the highest clinical alarm; empty where none was raised; None as `leaks`.
    watched_share : float or None
        Part of the measurements made while something was watched.
    problem : str or None
        What is not as it should be.
    """

    frames: int | None = None
    missing: int | None = None
    duration_s: float | None = None
    levels: tuple[LevelRow, ...] = ()
    monitored: bool | None = None
    leaks: tuple[str, ...] | None = None
    highest: str | None = None
    watched_share: float | None = None
    problem: str | None = None


class Row(msgspec.Struct, frozen=True):
    """A session in the library.

    Parameters
    ----------
    folder : str
        From the library's folder, with ``/``.
    state : str
        ``complete``; ``cut`` by a kill or a fault; ``recording now``; ``broken`` where it cannot be opened.
    created_utc, acquired : str or None
        ISO 8601, as `SessionFile` keeps them.
    size_bytes : int
        On the disk.
    """

    folder: str
    state: State
    size_bytes: int
    facts: Facts = Facts()
    problem: str | None = None
    id: str | None = None
    created_utc: str | None = None
    acquired: str | None = None
    software_version: str | None = None
    source_id: str | None = None
    source_kind: str | None = None
    source_words: str | None = None
    imported_from: str | None = None
    patient_id: str | None = None
    patient_name: str | None = None
    description: str | None = None
    operator: str | None = None
    tags: tuple[str, ...] = ()
    note: str = ""

    @property
    def name(self) -> str:
        """Last part of the folder."""
        return self.folder.rsplit("/", 1)[-1]

    @property
    def when(self) -> datetime | None:
        """When the images were taken, in local time; None where that is not known.

        Of a session that was recorded it is when that began. When something was imported tells nothing of it.
        """
        return _local(self.acquired if self.imported_from is not None else self.created_utc)

    @property
    def made(self) -> datetime | None:
        """When the session was made, by recording or by import, in local time."""
        return _local(self.created_utc)

    @property
    def day(self) -> str | None:
        """The local day, as 2026-03-04."""
        moment = self.when
        return None if moment is None else moment.date().isoformat()

    @property
    def problems(self) -> tuple[str, ...]:
        """All that is not as it should be."""
        return tuple(words for words in (self.problem, self.facts.problem) if words is not None)


def _local(text: str | None) -> datetime | None:
    """A moment in local time without its zone; one without a zone is taken for local."""
    try:
        moment = datetime.fromisoformat(text) if text else None
        return moment if moment is None or moment.tzinfo is None else moment.astimezone().replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None
