"""Keeps frames on a thread of its own, so that no disk can hold up what captures or monitors.

Every frame offered is either written, still queued or counted in a gap, at any moment::

    captured == written + gaps + queued

A frame that does not fit the budget, or cannot be written, becomes part of a gap; the gap is
written down as soon as the file takes it, always before the frames that follow it.

Where frames pile up, the packing is changed (`recordings.packing`), and where the disk is nearly full, frames
are no longer kept (`recordings.room`). Both stand as events in the recording.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from monitor.frame import Frame
from monitor.stepping import Taken
from recordings.findings import Findings
from recordings.messages import Event, Gap, Step
from recordings.packing import Cost, Pace, Packing, Switch, after_frame
from recordings.room import UNKNOWN_ROOM, Room, RoomWatch

_MOST_EVENTS = 10_000
_MOST_STEPS = 2_000
_NO_ROOM = "no room"


class FrameWriter(Protocol):
    """What the recorder writes to: a `RecordingWriter`. An exception means: not written."""

    def append(self, frame: Frame, packing: Packing) -> Cost:
        """Keep a frame; what it took."""
        ...

    def gap(self, gap: Gap) -> None:
        """Keep the fact that frames are missing."""
        ...

    def event(self, name: str, data: dict[str, Any], t_ns: int) -> None:
        """Keep something that happened."""
        ...

    def step(self, step: Step) -> None:
        """Keep a step of the monitor."""
        ...


@dataclass(frozen=True, slots=True)
class RecorderState:
    """How the recorder stands.

    Parameters
    ----------
    captured, written, gaps, queued : int
        Frames offered, in the file, lost and waiting; the first is the sum of the others.
    events_lost, steps_lost : int
        Events, and steps of the monitor, that could not be kept.
    backlog : float
        Part of the budget in use, 0 to 1.
    failing : bool
        The newest write failed.
    last_error : str or None
        Text of the newest error of the whole run.
    alive : bool
        The thread runs.
    packing : Packing
        How frames are packed.
    room : Room
        On the disk.
    """

    captured: int
    written: int
    gaps: int
    queued: int
    events_lost: int
    steps_lost: int
    backlog: float
    failing: bool
    last_error: str | None
    alive: bool
    packing: Packing = Packing.USUAL
    room: Room = UNKNOWN_ROOM


@dataclass(slots=True)
class _Run:
    """Lost frames in a row, growing while it is the newest thing in the queue."""

    first_seq: int
    count: int
    t_ns: int
    reason: str

    def take(self, frame: Frame, reason: str) -> bool:
        """Add a frame where it continues the run for the same reason."""
        if frame.seq != self.first_seq + self.count or reason != self.reason:
            return False
        self.count += 1
        return True


class Recorder:
    """Writes what it is offered, in order, on its own thread.

    Parameters
    ----------
    writer : FrameWriter
        Used by the recorder's thread alone from `start` until `stop` returned True; the owner
        closes it then.
    budget_bytes : int
        Most pixels that may wait (bytes), the frame being written included.
    room : RoomWatch or None
        Asked on the recorder's thread; None: the disk is not looked at.
    first_step : int
        Number of the first step.
    """

    def __init__(
        self,
        writer: FrameWriter,
        budget_bytes: int,
        room: RoomWatch | None = None,
        clock_ns: Callable[[], int] = time.monotonic_ns,
        *,
        first_step: int = 0,
    ) -> None:
        self._writer = writer
        self._watch, self._clock_ns = room, clock_ns
        self._budget_bytes = budget_bytes
        self._changed = threading.Condition()
        self._queue: deque[Frame | Event | Step | _Run] = deque()
        self._queued_bytes = 0
        self._captured = self._written = self._gaps = self._queued = 0
        self._events_queued = self._events_lost = 0
        self._steps_queued = self._steps_lost = 0
        self._next_step = first_step
        self._failing = False
        self._last_error: str | None = None
        self._stopping = False
        # the thread's own: gaps that the file did not take yet, and what frames cost
        self._unwritten: list[_Run] = []
        self._pace = Pace()
        self._kept_bytes = 0
        self._thread = threading.Thread(target=self._work, name="recorder", daemon=True)

    def start(self) -> None:
        """Start the thread; once."""
        self._thread.start()

    def offer(self, frame: Frame) -> bool:
        """Take a frame, or count it as lost; never waits for the disk.

        Returns
        -------
        bool
            False where the frame is lost.
        """
        size = frame.pixels.nbytes
        with self._changed:
            self._captured += 1
            if self._stopping:
                self._lose(frame, "stopped")
                return False
            if self._queued_bytes + size > self._budget_bytes:
                self._lose(frame, "overflow")
                return False
            self._queue.append(frame)
            self._queued += 1
            self._queued_bytes += size
            self._changed.notify_all()
        return True

    def event(self, name: str, data: dict[str, Any], t_ns: int) -> bool:
        """Keep an event beside the frames; False where there is no room for it."""
        with self._changed:
            if self._stopping or self._events_queued >= _MOST_EVENTS:
                self._events_lost += 1
                return False
            self._queue.append(Event(name, t_ns, data))
            self._events_queued += 1
            self._changed.notify_all()
        return True

    def step(self, taken: Taken) -> bool:
        """Keep a step of the monitor behind its frame; False where there is no room for it.

        Nothing is packed here: it is called on the thread that takes the steps.
        """
        found = None if taken.result is None else Findings.of(taken.result)
        with self._changed:
            number, self._next_step = self._next_step, self._next_step + 1
            if self._stopping or self._steps_queued >= _MOST_STEPS:
                self._steps_lost += 1
                return False
            seq, now_ns, skipped = taken.frame.seq, taken.now_ns, taken.skipped_before
            self._queue.append(Step(number, seq, now_ns, skipped, taken.requests, found, taken.fault))
            self._steps_queued += 1
            self._changed.notify_all()
        return True

    def state(self) -> RecorderState:
        """How it stands now; the counters agree with each other."""
        with self._changed:
            return RecorderState(
                self._captured,
                self._written,
                self._gaps,
                self._queued,
                self._events_lost,
                self._steps_lost,
                min(self._queued_bytes / self._budget_bytes, 1.0) if self._budget_bytes > 0 else 1.0,
                self._failing,
                self._last_error,
                self._thread.is_alive(),
                self._pace.packing,
                self._watch.room if self._watch is not None else UNKNOWN_ROOM,
            )

    def stop(self, deadline_s: float = 5.0) -> bool:
        """Write what is queued and end the thread.

        Parameters
        ----------
        deadline_s : float
            What is still queued after that is lost and counted.

        Returns
        -------
        bool
            True where the thread has ended. False: the disk holds it; the writer must not be touched.
        """
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread.ident is not None:
            self._thread.join(deadline_s)
        if not self._thread.is_alive() and not self._queue:
            return True
        with self._changed:
            waiting, self._queue = self._queue, deque()
            for item in waiting:
                match item:
                    case Frame():
                        self._queued -= 1
                        self._queued_bytes -= item.pixels.nbytes
                        self._lose(item, "stopped")
                    case Event():
                        self._events_queued -= 1
                        self._events_lost += 1
                    case Step():
                        self._steps_queued -= 1
                        self._steps_lost += 1
                    case _Run():
                        self._queue.append(item)
        return not self._thread.is_alive()

    def _lose(self, frame: Frame, reason: str) -> None:
        """Count a frame as lost and queue the gap in its place; the lock is held."""
        self._gaps += 1
        # steps of the monitor may lie between two lost frames: it is one gap all the same
        newest = next((item for item in reversed(self._queue) if not isinstance(item, Step)), None)
        if not (isinstance(newest, _Run) and newest.take(frame, reason)):
            self._queue.append(_Run(frame.seq, 1, frame.t_capture_ns, reason))
            self._changed.notify_all()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._queue or self._stopping)
                if not self._queue:
                    break
                item = self._queue.popleft()
            self._keep(item)
        self._write_gaps()

    def _keep(self, item: Frame | Event | Step | _Run) -> None:
        if isinstance(item, _Run):
            self._unwritten.append(item)
            self._write_gaps()
            return
        if isinstance(item, Event):
            error = self._write_gaps() or self._try(item)
            with self._changed:
                self._events_queued -= 1
                self._events_lost += error is not None
            return
        if isinstance(item, Step):
            # without their frames steps are of little use: what room there is belongs to the log
            full = self._watch is not None and self._watch.room.full
            error = _NO_ROOM if full else self._write_gaps() or self._try(item)
            with self._changed:
                self._steps_queued -= 1
                self._steps_lost += error is not None
            return
        error = self._no_room() or self._write_gaps() or self._try(item)
        with self._changed:
            self._queued -= 1
            self._queued_bytes -= item.pixels.nbytes
            self._written += error is None
            self._gaps += error is not None
        if error is not None and not (self._unwritten and self._unwritten[-1].take(item, error)):
            self._unwritten.append(_Run(item.seq, 1, item.t_capture_ns, error))

    def _no_room(self) -> str | None:
        """Why no frame is kept now; None: it is."""
        watch = self._watch
        if watch is None:
            return None
        before = watch.room
        if watch.look(self._kept_bytes, self._clock_ns()):
            if watch.room.full is not before.full:
                self._tell("frames_stopped" if watch.room.full else "frames_resumed", _of_room(watch.room))
            elif watch.room.full:
                self._write_gaps()  # a kill must not take with it for how long nothing was kept
        return _NO_ROOM if watch.room.full else None

    def _learn(self, cost: Cost) -> None:
        """What a frame that was kept means for those that follow."""
        self._kept_bytes += round(cost.kept_bytes)
        with self._changed:
            backlog = self._queued_bytes / max(self._budget_bytes, 1)
        self._pace, switch = after_frame(self._pace, cost, backlog)
        if switch is not None:
            self._tell("packing", _of_switch(switch, backlog))

    def _tell(self, name: str, data: dict[str, Any]) -> None:
        """Note in the recording what the recorder itself does."""
        if (self._write_gaps() or self._try(Event(name, self._clock_ns(), data))) is not None:
            with self._changed:
                self._events_lost += 1

    def _write_gaps(self) -> str | None:
        """Write down the gaps so far; the error where one is not taken."""
        while self._unwritten:
            run = self._unwritten[0]
            error = self._try(Gap(run.first_seq, run.count, run.t_ns, run.reason))
            if error is not None:
                return error
            del self._unwritten[0]
        return None

    def _try(self, item: Frame | Event | Gap | Step) -> str | None:
        """Write one thing; the text of the error where it failed."""
        error: str | None = None
        cost: Cost | None = None
        try:
            match item:
                case Frame():
                    cost = self._writer.append(item, self._pace.packing)
                case Gap():
                    self._writer.gap(item)
                case Event():
                    self._writer.event(item.name, item.data, item.t_ns)
                case Step():
                    self._writer.step(item)
        except Exception as fault:  # whatever it is, the frame is lost and recording goes on
            error = str(fault) or type(fault).__name__
        with self._changed:
            self._failing = error is not None
            self._last_error = error or self._last_error
        if cost is not None:
            self._learn(cost)
        return error


def _of_room(room: Room) -> dict[str, Any]:
    free = room.free_bytes
    return {"free_mb": None if free is None else round(free / 1e6, 1)}


def _of_switch(switch: Switch, backlog: float) -> dict[str, Any]:
    """Why another packing, with the figures, of a frame."""
    cost = switch.cost
    return {
        "from": switch.before.name.lower(),
        "to": switch.after.name.lower(),
        "reason": switch.reason,
        "backlog": round(backlog, 3),
        "packing_ms": round(1e3 * cost.packing_s, 2),
        "writing_ms": round(1e3 * cost.writing_s, 2),
        "kept_share": round(cost.kept_bytes / max(cost.raw_bytes, 1.0), 3),
    }
