"""The live loop: capture and processing threads, their hand-offs, and counters that always balance.

Capture never waits for processing: the newest frame wins, and the superseded ones are counted.
Processing never waits for whoever looks: the newest result is held for them, alarm transitions in a
queue of their own that drops nothing. Whether a result is still true is for the observer to judge
(`monitor.health`), from the status this hands out.

Invariant at any moment: captured == processed + superseded + in_flight + failed.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Protocol

from monitor.errors import CementWatchError, EndOfStream, RunAwaited, SourceAway, SourceTimeout
from monitor.frame import Frame
from monitor.latency_account import LatencyAccount
from monitor.result import AlertTransition, Result
from monitor.sources.base import FrameSource

_READ_TIMEOUT_S = 0.25
_GAPS = 15
"""Gaps between frames whose median is the period: one long pause must not make silence look usual."""


class Step(Protocol):
    """What the processing thread calls for each frame: `Pipeline.step`."""

    def __call__(self, frame: Frame, now_ns: int, skipped_before: int = 0) -> Result:
        """Take a frame through every stage."""
        ...


@dataclass(frozen=True, slots=True)
class LoopStatus:
    """One look at the loop.

    Parameters
    ----------
    result : Result or None
        The newest result.
    last_capture_ns : int or None
        When the newest frame was captured.
    waiting_since_ns : int or None
        When the first frame after that of the newest result was captured; None: there is none yet.
    frame_period_s : float or None
        Measured time between frames.
    ended : bool
        The source has no more frames and all of them are through.
    source_error : str or None
        Why the source stopped.
    source_away : str or None
        Why the source gives nothing now, where it is being opened anew.
    fault : str or None
        Text of the newest exception in a stage, until a frame goes through again.
    capture_alive, processing_alive : bool
        A thread that has finished its work is alive in this sense; one that has died is not.
    counters : mapping of str to int
        ``captured``, ``processed``, ``superseded``, ``in_flight``, ``failed``.
    run_awaited : str or None
        What is waited for, where runs come one by one and none is there now.
    """

    result: Result | None
    last_capture_ns: int | None
    waiting_since_ns: int | None
    frame_period_s: float | None
    ended: bool
    source_error: str | None
    source_away: str | None
    fault: str | None
    capture_alive: bool
    processing_alive: bool
    counters: Mapping[str, int]
    run_awaited: str | None = None


class MonitorLoop:
    """Runs a source through a pipeline on two threads.

    Parameters
    ----------
    source : FrameSource
        Open; it is read by the capture thread only, and closed by whoever opened it after `stop`.
    step : callable
        `Pipeline.step`; called by the processing thread only.
    keep : callable
        Given every captured frame before anything else sees it; must not block (the recorder's
        `offer`).
    clock_ns : callable
        Monotonic clock (ns).
    lock_step : bool
        True: every frame is processed, capture waits (a file replayed in full, tests).
    """

    def __init__(
        self,
        source: FrameSource,
        step: Step,
        keep: Callable[[Frame], object],
        clock_ns: Callable[[], int],
        *,
        lock_step: bool = False,
    ) -> None:
        self._source, self._step, self._keep, self._clock_ns = source, step, keep, clock_ns
        self._lock_step = lock_step
        self._changed = threading.Condition()
        self._latest: Frame | None = None
        self._skipped = 0
        self._stop = False
        self._capture_done = False
        self._counts = dict.fromkeys(("captured", "processed", "superseded", "in_flight", "failed"), 0)
        self._result: Result | None = None
        self._transitions: deque[AlertTransition] = deque()
        self._last_capture_ns: int | None = None
        self._unseen_ns: int | None = None
        self._after_in_hand_ns: int | None = None
        self._gaps_s: deque[float] = deque(maxlen=_GAPS)
        self._source_error: str | None = None
        self._source_away: str | None = None
        self._run_awaited: str | None = None
        self._fault: str | None = None
        self.latency = LatencyAccount()
        self.on_result: Callable[[], None] | None = None
        """Told on the processing thread that there is a new result; must not wait or raise."""
        self._capture = threading.Thread(target=self._run_capture, name="capture", daemon=True)
        self._processing = threading.Thread(target=self._run_processing, name="processing", daemon=True)

    def start(self) -> None:
        """Start processing, then capture."""
        self._processing.start()
        self._capture.start()

    def stop(self, deadline_s: float = 2.0) -> bool:
        """Stop capture, then processing; True where both ended within the deadline."""
        with self._changed:
            self._stop = True
            self._changed.notify_all()
        self._capture.join(deadline_s)
        self._processing.join(deadline_s)
        return not (self._capture.is_alive() or self._processing.is_alive())

    def status(self) -> LoopStatus:
        """One consistent look."""
        with self._changed:
            in_hand = self._counts["in_flight"]
            return LoopStatus(
                self._result, self._last_capture_ns, self._unseen_ns,
                median(self._gaps_s) if self._gaps_s else None,
                self._capture_done and in_hand == 0, self._source_error, self._source_away, self._fault,
                self._capture.is_alive() or self._capture_done, self._processing.is_alive(),
                dict(self._counts), self._run_awaited,
            )  # fmt: skip

    def take_transitions(self) -> list[AlertTransition]:
        """Every alarm transition since the last call, none lost."""
        with self._changed:
            taken = list(self._transitions)
            self._transitions.clear()
            return taken

    def _run_capture(self) -> None:
        try:
            while not self._stop:
                try:
                    frame = self._source.read(_READ_TIMEOUT_S)
                except RunAwaited as error:
                    self._source_away, self._run_awaited = None, str(error)
                    continue
                except SourceTimeout as error:
                    self._source_away = str(error) if isinstance(error, SourceAway) else None
                    self._run_awaited = None
                    continue
                self._keep(frame)
                self._hand_over(frame)
        except EndOfStream:
            pass
        except CementWatchError as error:
            self._source_error = str(error)
        except BaseException as error:  # whatever ends this thread is no end of a recording
            self._source_error = f"{type(error).__name__}: {error}"
            if not isinstance(error, Exception):
                raise
        finally:
            with self._changed:
                self._capture_done = True
                self._changed.notify_all()

    def _hand_over(self, frame: Frame) -> None:
        with self._changed:
            while self._lock_step and self._latest is not None and not self._stop:
                self._changed.wait(0.1)
            self._source_away = self._run_awaited = None
            if self._last_capture_ns is not None:
                self._gaps_s.append((frame.t_capture_ns - self._last_capture_ns) / 1e9)
            self._last_capture_ns = frame.t_capture_ns
            self._counts["captured"] += 1
            if self._latest is not None:
                self._counts["superseded"] += 1
                self._skipped += 1
            else:
                self._counts["in_flight"] += 1
            if self._unseen_ns is None:
                self._unseen_ns = frame.t_capture_ns
            if self._after_in_hand_ns is None:
                self._after_in_hand_ns = frame.t_capture_ns
            self._latest = frame
            self._changed.notify_all()

    def _run_processing(self) -> None:
        while True:
            with self._changed:
                while self._latest is None and not self._stop and not self._capture_done:
                    self._changed.wait(0.5)
                frame, self._latest = self._latest, None
                self._after_in_hand_ns = None
                skipped, self._skipped = self._skipped, 0
                if frame is None or self._stop:
                    # what was handed over and is not looked at any more is superseded by the stop
                    if frame is not None:
                        self._counts["in_flight"] -= 1
                        self._counts["superseded"] += 1
                    return
                self._changed.notify_all()
            self._process(frame, skipped)

    def _process(self, frame: Frame, skipped: int) -> None:
        taken_ns = self._clock_ns()
        try:
            result = self._step(frame, taken_ns, skipped)
        except Exception as error:
            with self._changed:
                self._counts["in_flight"] -= 1
                self._counts["failed"] += 1
                self._fault = f"{type(error).__name__}: {error}"
            return
        self.latency.done(frame.seq, frame.t_capture_ns, taken_ns, self._clock_ns())
        with self._changed:
            self._unseen_ns = self._after_in_hand_ns
            self._counts["in_flight"] -= 1
            self._counts["processed"] += 1
            self._result = result
            self._fault = None
            self._transitions.extend(result.transitions)
            self._changed.notify_all()
        tell = self.on_result
        if tell is not None:
            tell()
