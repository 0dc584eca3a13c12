"""Room on the disk for the session that is about to be recorded, as the start window says it."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from monitor.config import Config
from monitor.frame import SourceInfo
from recordings.room import Free, expected_bytes_per_s, free_bytes, room_words, too_little
from ui.wizard.worker import Worker

_AGAIN_S = 2.0


class DiskSeen:
    """Asks for the free space on the worker's thread: a network disk may not answer.

    Parameters
    ----------
    work : Worker
    config : Config
    changed : callable
        Called once there is an answer.
    free : callable
        Gives the space left where a folder lies or will lie (bytes).
    """

    def __init__(
        self, work: Worker, config: Config, changed: Callable[[], None], free: Free = free_bytes
    ) -> None:
        self._work, self._config, self._changed, self._free = work, config, changed, free
        self._folder: Path | None = None
        self._asked = False
        self._answered_s = 0.0
        self._bytes: int | None = None
        self._known = False

    def look(self, folder: Path | None) -> None:
        """Look where the session goes, where that is another folder or some time has passed."""
        if folder != self._folder:
            self._folder, self._known, self._asked = folder, False, False
        old = self._known and time.monotonic() - self._answered_s > _AGAIN_S
        if folder is None or (self._asked and not old):
            return
        self._asked, self._known = True, self._known and not old
        self._work.submit(partial(self._free, folder), partial(self._take, folder))

    def words(self, info: SourceInfo | None) -> tuple[str, bool]:
        """What is said of the room for a source, and whether it is a warning; empty: nothing yet."""
        if not self._known or self._folder is None or info is None or self.problem:
            return "", False
        needed = expected_bytes_per_s(info, self._config.recording, self._config.gate.assumed_frame_rate_hz)
        return room_words(self._bytes, self._config.recording, [needed])

    @property
    def problem(self) -> str:
        """Why nothing may be recorded there; empty: it may, or it is not known yet."""
        return too_little(self._bytes, self._config.recording) if self._known else ""

    def _take(self, folder: Path, found: object) -> None:
        if folder == self._folder:
            self._bytes = found if isinstance(found, int) else None
            self._known, self._answered_s = True, time.monotonic()
            self._changed()
