"""The source that is previewed: what has been seen of it, what is proposed, the plan that comes with it."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal

from monitor.sources.base import FrameSource
from ui.start.choice import simulated_plan_path
from ui.start.plan_check import SIMULATED, plan_with, simulated_plan
from ui.start.preview import Preview, Seen
from ui.start.proposal import Proposal, propose
from ui.wizard.worker import Worker, words_of


class WatchedSource(QObject):
    """One source at a time. `changed` is emitted where there is more to say of it than a newer frame.

    Parameters
    ----------
    open_as : callable
        Gives the source of a name and a frame rate (Hz).
    work : Worker
    """

    changed = pyqtSignal()
    failed = pyqtSignal(str)

    def __init__(self, open_as: Callable[[str, float | None], FrameSource], work: Worker) -> None:
        super().__init__()
        self._open_as, self._work = open_as, work
        self._preview: Preview | None = None
        self._looked = False
        self.spec = ""
        """The source that was asked for; empty: none."""
        self.seen = Seen()
        self.silent_s: float | None = None
        self.proposal: Proposal | None = None
        self.plan: Path | None = None
        """The plan that comes with it."""

    def open(self, spec: str, rate_hz: float | None) -> None:
        """Preview this source, once the one before has been let go."""
        before, self._preview = self._preview, None
        if before is not None:
            before.close(0.0)
        self.spec, self.seen, self.silent_s = spec, Seen(), None
        self.proposal, self._looked, self.plan = None, False, None
        if spec:
            self._preview = Preview(partial(self._open_as, spec, rate_hz), after=before)
            self._offer_plan(spec)
        self.changed.emit()

    def look(self) -> None:
        """Take over what has been seen since."""
        if self._preview is None:
            return
        before, silent = self.seen, self.silent_s is not None
        self.seen = seen = self._preview.seen
        self.silent_s = seen.silent_s(time.monotonic_ns())
        first = not self._looked and seen.frame is not None
        if first and seen.frame is not None:
            self._looked, self.proposal = True, propose(seen.frame.pixels)
        if first or _told(seen) != _told(before) or silent != (self.silent_s is not None):
            self.changed.emit()

    def close(self) -> bool:
        """Let it go; whether that was done in time."""
        return self._preview is None or self._preview.close()

    def _offer_plan(self, spec: str) -> None:
        if not spec.startswith(SIMULATED):
            self.plan = plan_with(spec)
            return
        path = simulated_plan_path(spec)

        def take(outcome: object) -> None:
            if spec != self.spec:
                return
            if isinstance(outcome, Exception):
                self.failed.emit(words_of(outcome))
            else:
                self.plan = path
                self.changed.emit()

        self._work.submit(lambda: simulated_plan(spec, path), take)


def _told(seen: Seen) -> tuple[object, ...]:
    return seen.info, seen.frame is None, seen.problem, seen.away, seen.ended
