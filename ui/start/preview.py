"""A source before it is monitored: read on a thread of its own into a slot with the newest frame."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from monitor.errors import CementWatchError, EndOfStream, SourceAway, SourceTimeout
from monitor.frame import Frame, SourceInfo
from monitor.pacing import Paced
from monitor.sources.base import FrameSource
from monitor.sources.reconnecting import Reconnecting

LOG = logging.getLogger(__name__)

_READ_S = 0.25
_CLOSES_WITHIN_S = 1.5
_RATE_OVER_S = 2.0
_FEWEST_FOR_RATE = 4
LATE_S = 1.0
LATE_PERIODS = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What there is to show. None: not yet.

    Parameters
    ----------
    info : SourceInfo or None
    frame : Frame or None
        The newest.
    period_s : float or None
        Measured time between frames (s).
    problem : str
        Why there is no source, or no further frame, in a line; empty: all is well.
    away : bool
        It was lost and is being opened anew.
    ended : bool
        A file has come to its end.
    """

    info: SourceInfo | None = None
    frame: Frame | None = None
    period_s: float | None = None
    problem: str = ""
    away: bool = False
    ended: bool = False

    def silent_s(self, now_ns: int) -> float | None:
        """For how long no frame has come (s), where that is longer than it should be; else None."""
        if self.frame is None or self.ended:
            return None
        silent_s = (now_ns - self.frame.t_capture_ns) / 1e9
        return silent_s if silent_s > max(LATE_S, LATE_PERIODS * (self.period_s or 0.0)) else None


class Preview:
    """Reads one source until it is closed.

    `seen` may be read from any thread at any time. The source is opened, read and closed on the preview's own
    thread: whatever a driver does, the window goes on.

    Parameters
    ----------
    make : callable
        Returns the source, unopened; called on the thread.
    clock_ns : callable
        Monotonic clock (ns).
    after : Preview or None
        One that is let go first: a device gives its images to one at a time.
    """

    def __init__(
        self,
        make: Callable[[], FrameSource],
        clock_ns: Callable[[], int] = time.monotonic_ns,
        after: Preview | None = None,
    ) -> None:
        self._make, self._clock_ns, self._after = make, clock_ns, after
        self._halt = threading.Event()
        self._seen = Seen()
        self._times: deque[int] = deque(maxlen=256)
        self._thread = threading.Thread(target=self._run, name="preview", daemon=True)
        self._thread.start()

    @property
    def seen(self) -> Seen:
        """What there is to show now."""
        return self._seen

    def close(self, wait_s: float = _CLOSES_WITHIN_S) -> bool:
        """End, and wait so long (s) for the source to be let go; whether it was. Any number of times."""
        self._halt.set()
        self._thread.join(wait_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        before, self._after = self._after, None
        if before is not None:
            before.close()
        if self._halt.is_set():
            return
        try:
            source = Paced(Reconnecting(self._make(), self._clock_ns), self._clock_ns, self._halt.wait)
            with source:
                self._seen = replace(self._seen, info=source.info)
                while not self._halt.is_set():
                    if not self._read(source):
                        break
        except (CementWatchError, OSError) as error:
            self._seen = replace(self._seen, problem=str(error), away=False)
        except Exception as error:  # told in the window; it would else wait for an image for ever
            LOG.exception("the preview failed")
            self._seen = replace(self._seen, problem=f"failed: {type(error).__name__}: {error}", away=False)

    def _read(self, source: FrameSource) -> bool:
        """Take in the next frame; whether more may come."""
        try:
            frame = source.read(_READ_S)
        except SourceTimeout as error:
            lost = str(error) if isinstance(error, SourceAway) else ""
            if (lost, bool(lost)) != (self._seen.problem, self._seen.away):
                self._seen = replace(self._seen, problem=lost, away=bool(lost))
            return True
        except EndOfStream:
            self._seen = replace(self._seen, ended=True)
            return False
        self._times.append(frame.t_capture_ns)
        self._seen = Seen(source.info, frame, self._period_s())
        return True

    def _period_s(self) -> float | None:
        newest = self._times[-1]
        while newest - self._times[0] > _RATE_OVER_S * 1e9:
            self._times.popleft()
        count = len(self._times)
        if count < _FEWEST_FOR_RATE or newest == self._times[0]:
            return None
        return (newest - self._times[0]) / 1e9 / (count - 1)
