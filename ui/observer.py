"""The observer of a running loop: judges its health, keeps the log, and hands the overlay what it shows.

Runs on the thread that looks (the GUI's, or the command line's without one), never on the threads
that it judges.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from monitor.alerts import AlarmBoard
from monitor.config import Config
from monitor.errors import RecordingError
from monitor.frame import SourceInfo
from monitor.health import Evidence, Health, judge
from monitor.loop import LoopStatus, MonitorLoop
from monitor.result import AlertTransition, Result
from monitor.rules import technical_conditions
from monitor.stepping import Stepping
from recordings.log import ProcedureLog
from recordings.memory_keeper import MemoryKeeper
from recordings.recorder import Recorder
from ui.overlay.observation import Observation
from ui.source_words import source_words
from ui.watchdog.heartbeat import Heartbeat

_RETRY_NS = 500_000_000


class Observer:
    """Looks at a loop; `look` as often as the screen is painted.

    Parameters
    ----------
    loop, pipeline, config
        What is observed.
    log : ProcedureLog or None
        Written on the observer's thread only.
    recorder : Recorder or None
    keeper : MemoryKeeper or None
        Keeps what a restart needs; that it fails is said as of a recording.
    info : SourceInfo or None
        Of the source, for whoever asks what is watched.
    tell : callable
        Given every alarm transition, for whoever wants to print or sound it.
    start_ns : int or None
        When the session began (ns, monotonic); None: now.
    heart : Heartbeat or None
        Told of every look, for the watchdog.
    near_live : callable
        Which run is shown and how old it is; None where images come as they are made.
    """

    def __init__(
        self,
        loop: MonitorLoop,
        pipeline: Stepping,
        config: Config,
        log: ProcedureLog | None,
        recorder: Recorder | None,
        keeper: MemoryKeeper | None = None,
        *,
        info: SourceInfo | None = None,
        tell: Callable[[AlertTransition], None] = lambda _: None,
        note: str | None = None,
        start_ns: int | None = None,
        heart: Heartbeat | None = None,
        near_live: Callable[[], str | None] = lambda: None,
        clock_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._loop, self._pipeline, self._config = loop, pipeline, config
        self._log, self._recorder, self._keeper = log, recorder, keeper
        self._tell, self._note, self._info = tell, note, info
        self._heart = heart or Heartbeat(None)
        self._near_live = near_live
        self._clock_ns = clock_ns
        self._start_ns = clock_ns() if start_ns is None else start_ns
        self._board = AlarmBoard()
        self._health: Health | None = None
        self._log_error: str | None = None
        self._retry_ns = 0
        self._logged_seq: int | None = None
        self.transitions: list[AlertTransition] = []

    def look(self) -> Observation:
        """Judge, log and say what may be shown now."""
        status = self._loop.status()
        now_ns = self._clock_ns()
        evidence = self._evidence(status)
        health = self._health = judge(evidence, now_ns, self._config.health, self._health)
        # the image's own technical alarms are raised where the image is seen; these are the observer's
        mine = [reason for reason in health.reasons if reason not in evidence.image_reasons]
        told = self._loop.take_transitions()
        seq = status.result.frame.seq if status.result is not None else 0
        told += self._board.update(
            technical_conditions(mine, self._config.alarm), lambda _: False, now_ns, seq
        )
        self._keep(status, health, told, now_ns)
        self._heart.beat()
        recording = None
        if self._recorder is not None:
            state = self._recorder.state()
            recording = state.alive and not state.failing and not state.room.full
        return Observation(
            status.result,
            health,
            now_ns,
            recording=recording,
            session_elapsed_s=(now_ns - self._start_ns) / 1e9,
            demo_note=self._note,
            processing_ms=self._loop.latency.recent_ms,
            source=source_words(self._info, status.frame_period_s) if self._info is not None else "",
            alerts=self._board.alerts,
            near_live=evidence.near_live is not None or status.run_awaited is not None,
        )

    def finish(self) -> None:
        """Take in what the stopped loop still holds, without judging it: a stop asked for is no fault."""
        status = self._loop.status()
        self._tell_all(self._loop.take_transitions())
        if status.result is not None:
            self._keep_measurements(status.result)
        if self._log is not None:
            now_ns, counters = self._clock_ns(), dict(self._evidence(status).counters)
            latency = {name: asdict(part) for name, part in self._loop.latency.parts().items()}
            self._try(lambda log: log.event("stopped", {**counters, "latency": latency}, now_ns))

    def acknowledge(self) -> None:
        """Acknowledge every alarm, and write that down."""
        now_ns = self._clock_ns()
        self._pipeline.acknowledge()
        told = list(self._board.acknowledge(now_ns))
        self._tell_all(told)
        if self._log is not None:
            self._try(lambda log: log.acknowledged(now_ns))

    def ask_for_next_view(self) -> str:
        """Take up the plan's next view; what is to be said of it."""
        name = self._pipeline.ask_for_next_view()
        if name is None:
            return "the plan has no other view for this source"
        now_ns = self._clock_ns()
        if self._log is not None:
            self._try(lambda log: log.event("view_asked_for", {"view": name}, now_ns))
        return f"{name} asked for: taken up where the image shows it"

    def note(self, name: str, data: Mapping[str, Any], t_ns: int) -> str:
        """Write something that happened; why it could not be written yet, empty: it is.

        What could not be written waits, and is tried again.
        """
        if self._log is None:
            return "nothing is recorded"
        try:
            self._log.event(name, data, t_ns)
        except RecordingError as error:
            self._log_error = str(error)
            return "the log cannot be written"
        return ""

    @property
    def ended(self) -> bool:
        """Whether the source is through, or gone for good."""
        status = self._loop.status()
        return status.ended or status.source_error is not None

    @property
    def log_error(self) -> str | None:
        """Why the log could not be written, last; None: it could."""
        return self._log_error

    def _evidence(self, status: LoopStatus) -> Evidence:
        result = status.result
        recorder = self._recorder.state() if self._recorder is not None else None
        failing = recorder.last_error if recorder is not None and recorder.failing else None
        counters = dict(status.counters)
        if recorder is not None:
            counters |= {"written": recorder.written, "gaps": recorder.gaps, "queued": recorder.queued}
        return Evidence(
            image_reasons=result.reasons if result is not None else (),
            have_result=result is not None,
            result_capture_ns=result.frame.t_capture_ns if result is not None else None,
            last_capture_ns=status.last_capture_ns,
            waiting_since_ns=status.waiting_since_ns,
            frame_period_s=status.frame_period_s,
            ended=status.ended,
            source_error=status.source_error,
            source_away=status.source_away,
            fault=status.fault,
            capture_alive=status.capture_alive,
            processing_alive=status.processing_alive,
            recorder_backlog=recorder.backlog if recorder is not None else None,
            recorder_error=failing or self._log_error or (self._keeper.error if self._keeper else None),
            watchdog_gone=self._heart.deserted,
            counters=counters,
            room_min=recorder.room.minutes if recorder is not None and recorder.room.low else None,
            room_full=recorder is not None and recorder.room.full,
            run_awaited=status.run_awaited,
            near_live=self._near_live(),
        )

    def _keep(self, status: LoopStatus, health: Health, told: list[AlertTransition], now_ns: int) -> None:
        self._tell_all(told)
        if self._log is None:
            return
        self._try(lambda log: log.state_changed(health, now_ns))
        if status.result is not None:
            self._keep_measurements(status.result)
        self._retry()

    def _keep_measurements(self, result: Result) -> None:
        if result.frame.seq != self._logged_seq:
            self._logged_seq = result.frame.seq
            self._try(lambda log: log.level_measurements(result))

    def _tell_all(self, told: list[AlertTransition]) -> None:
        self.transitions += told
        for transition in told:
            # written before it is told: who hears of an alarm finds it in the log
            self._try(lambda log, t=transition: log.transition(t))  # type: ignore[misc]
            self._tell(transition)

    def _try(self, write: Callable[[ProcedureLog], None]) -> None:
        """A log that cannot be written is told, and monitoring goes on.

        Success clears nothing: a call that found nothing to write says nothing of the file.
        """
        if self._log is None:
            return
        try:
            write(self._log)
        except RecordingError as error:
            self._log_error = str(error)

    def _retry(self) -> None:
        """Try again what waits, not at every look: a locked file holds the looking thread up."""
        if self._log is None or self._log_error is None or self._clock_ns() < self._retry_ns:
            return
        try:
            self._log.flush()
            self._log_error = None
        except RecordingError as error:
            self._log_error = str(error)
            self._retry_ns = self._clock_ns() + _RETRY_NS
