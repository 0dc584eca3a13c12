"""A live source that comes back: connecting anew, with bounded back-off, never on the reader's time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

from monitor.errors import CementWatchError, EndOfStream, SourceAway, SourceTimeout
from monitor.frame import Frame, SourceInfo
from monitor.sources.base import FrameSource
from monitor.sources.wrapped import WrappedSource

STALLED_S = 5.0
"""So long without a frame: the driver is taken for stuck, and opened anew (s)."""
FIRST_WAIT_S = 0.25
LONGEST_WAIT_S = 5.0


class Reconnecting(WrappedSource):
    """A `FrameSource` that opens another one again when that was lost, fails or gives nothing for long.

    `seq` goes on where it was. Opening happens on a thread of its own, since a driver may not come back
    from it; meanwhile `read` raises `SourceAway` with the reason. A source that is not live is passed
    through untouched: what is lost of a file is lost.

    Parameters
    ----------
    source : FrameSource
    clock_ns : callable
        Monotonic clock (ns).
    stalled_s : float
        So long without a frame counts as lost (s).
    first_wait_s, longest_wait_s : float
        Wait before the first try; each further one doubles it, up to the longest (s).
    """

    def __init__(
        self,
        source: FrameSource,
        clock_ns: Callable[[], int],
        *,
        stalled_s: float = STALLED_S,
        first_wait_s: float = FIRST_WAIT_S,
        longest_wait_s: float = LONGEST_WAIT_S,
    ) -> None:
        super().__init__(source)
        self._clock_ns = clock_ns
        self._stalled_s = stalled_s
        self._first_wait_s, self._longest_wait_s = first_wait_s, longest_wait_s
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._away: str | None = None
        self._tries = 0
        self._returns = 0
        self._next_seq = 0
        self._newest_ns = 0

    @property
    def returns(self) -> int:
        """How often the source was lost and came back since `open`."""
        return self._returns

    def open(self) -> SourceInfo:
        """Open the source, once; see there for errors."""
        info = self._source.open()
        self._closing = threading.Event()
        self._away, self._tries, self._returns, self._next_seq = None, 0, 0, 0
        self._newest_ns = self._clock_ns()
        return info

    def read(self, timeout_s: float = 1.0) -> Frame:
        """Return the next frame.

        Raises
        ------
        SourceAway
            The source was lost, and is being opened anew.
        SourceTimeout
            Nothing came in time.
        EndOfStream, SourceError, SourceLost
            From a source that is not live, as it raises them.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._away is None, timeout_s if self._away else 0.0)
            if self._away is not None:
                raise SourceAway(self._words())
        try:
            frame = self._source.read(timeout_s)
        except SourceAway:
            raise  # it says itself that there is nothing, and why
        except SourceTimeout:
            silent_s = (self._clock_ns() - self._newest_ns) / 1e9
            if not self._source.info.live or silent_s < self._stalled_s:
                raise
            away = self._leave(f"{self._source.info.source_id}: no frame for {silent_s:.0f} s")
        except EndOfStream:
            raise
        except Exception as error:  # whatever a driver or a decoder raises: it is opened anew
            if not self._source.info.live:
                raise
            told = isinstance(error, CementWatchError)
            away = self._leave(str(error) if told else f"{type(error).__name__}: {error}")
        else:
            self._newest_ns = self._clock_ns()
            frame = replace(frame, seq=self._next_seq)
            self._next_seq += 1
            return frame
        raise away

    def close(self) -> None:
        """Close the source, and give up opening it; any number of times."""
        self._closing.set()
        if self._away is None:
            self._source.close()  # else the thread that opens it does so

    def _words(self) -> str:
        return f"{self._away}; connecting again" + (f", try {self._tries}" if self._tries > 1 else "")

    def _leave(self, why: str) -> SourceAway:
        """Begin to open it anew; what to raise, worded before it may be back."""
        self._away, self._tries = why, 0
        away = SourceAway(self._words())
        threading.Thread(target=self._come_back, args=(self._closing,), name="reconnect", daemon=True).start()
        return away

    def _come_back(self, closing: threading.Event) -> None:
        wait_s = self._first_wait_s
        while True:
            self._source.close()
            if closing.wait(wait_s):
                return
            wait_s = min(2 * wait_s, self._longest_wait_s)
            with self._changed:
                self._tries += 1
            try:
                self._source.open()
            except CementWatchError as error:
                with self._changed:
                    self._away = str(error)
                continue
            with self._changed:
                if closing.is_set():
                    break
                self._away = None
                self._returns += 1
                self._newest_ns = self._clock_ns()
                self._changed.notify_all()
                return
        self._source.close()
