"""Runs as they arrive, as a source: each is played at its own rate once it is kept; nothing is left out.

What arrives while another run plays waits on the disk. Between runs `read` raises `RunAwaited`. A run that
the plan cannot be for, or whose frames cannot follow those of the first one, is kept and told of, and not
played: its frames are never looked at as if they were those of the plan.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import msgspec

from monitor.errors import EndOfStream, RunAwaited, SourceAway, SourceError, SourceTimeout
from monitor.frame import Frame, SourceInfo
from monitor.sources.base import OpensAndCloses
from recordings.dicom_origin import EVENT, OriginObject
from recordings.receiving.arrivals import (
    Arrival,
    NoRun,
    Run,
    age_words,
    of_another_patient,
    opened,
    patient_in,
    unlike,
)
from recordings.receiving.inbox import Inbox, Note
from recordings.receiving.listen_options import ListenOptions
from recordings.session import utc_now

Unfit = Callable[[SourceInfo], str | None]
_LONGEST_PAUSE_NS = 2_000_000_000
"""Single images of one series that were acquired so close to each other keep the time between them; between
others no more is waited."""
_LONGEST_GAP_NS = 10_000_000_000
"""More than this between two images of a run is not waited for: others wait behind it, and a header may state
hours."""
_WHOLE_WAIT_S = 3600.0
_PATIENCE_S = 10.0


class NearLiveSource(OpensAndCloses):
    """A `FrameSource` of the runs that a Storage SCP receives.

    `receive_into` first; then `wait` for a run, `open`, and `attach` where its frames are kept. `read` and
    `close` by one thread, `age_words` by any.

    Parameters
    ----------
    options : ListenOptions
    assumed_frame_rate_hz : float
        Rate of a run whose header states none (1/s).
    clock_ns, clock_utc : callable
        Monotonic clock (ns), and the wall's.
    """

    def __init__(
        self,
        options: ListenOptions,
        *,
        assumed_frame_rate_hz: float = 15.0,
        clock_ns: Callable[[], int] = time.monotonic_ns,
        clock_utc: Callable[[], datetime] = utc_now,
    ) -> None:
        self._clock_ns, self._clock_utc = clock_ns, clock_utc
        self.source_id = f"dicom://{options.address}"
        self.inbox = Inbox(options, clock_ns, clock_utc)
        self._assumed_ns = round(1e9 / assumed_frame_rate_hz)
        self._unfit: Unfit = lambda info: None
        self._info: SourceInfo | None = None
        self._patient_id: str | None = None
        self._folder: Path | None = None
        self._run: Run | None = None
        self._last: Run | None = None
        self._shown: Run | None = None
        self._left_out = ""
        self._held: Frame | None = None
        self._seq = self._first_seq = 0
        self._begin_ns = self._due_ns = 0
        self._offset_ns: int | None = None
        self._clock_0_ns: int | None = None
        self.not_played = 0
        """How many objects had arrived and were not played when it was closed."""

    def receive_into(
        self,
        folder: Path,
        unfit: Unfit = lambda info: None,
        info: SourceInfo | None = None,
        *,
        patient_id: str | None = None,
        floor_bytes: int | None = None,
    ) -> None:
        """Begin to receive into a folder; what is there already comes first.

        Parameters
        ----------
        folder : Path
            Made where it is not there.
        unfit : callable
            Why a run is not to be monitored; None: it is.
        info : SourceInfo or None
            Of the session that is gone on with: `open` then waits for nothing. None: of the first run.
        patient_id : str or None
            Whose runs are monitored; None: whose the first one is.
        floor_bytes : int or None
            Nothing is taken that leaves less room than this; None: as the limits say.

        Raises
        ------
        OutputError
            The address cannot be listened on, or the folder cannot be written to.
        """
        self._folder, self._unfit = folder, unfit
        self._info, self._patient_id = info, patient_id
        # the process of a monitor that was killed ends a moment after it
        self.inbox.listen(folder, floor_bytes, 0.0 if info is None else _PATIENCE_S)

    def go_on(self, origins: Iterable[OriginObject], next_seq: int) -> None:
        """Leave out what the session that is gone on with has played already.

        Parameters
        ----------
        origins : iterable of OriginObject
            What had been begun.
        next_seq : int
            Number of the session's next frame.
        """
        begun = tuple(origins)
        self.inbox.go_on(begun, next_seq)
        self._first_seq = next_seq
        if self._folder is not None and self._patient_id is None:
            stated = (patient_in(self._folder / f"{origin.sop_instance_uid}.dcm") for origin in begun)
            self._patient_id = next(filter(None, stated), None)

    def attach(self, note: Note) -> None:
        """Where to write down what arrives, what is played, and what is not."""
        self.inbox.attach(note)

    def wait(self, timeout_s: float) -> bool:
        """Wait until there is a run to be opened, or for so long; whether there is."""
        if self._info is None and self._run is None:
            self._run = self._next_run(self._clock_ns() + round(timeout_s * 1e9))
        return self._info is not None or self._run is not None

    def open(self) -> SourceInfo:
        """What the first run is; waits for it.

        Raises
        ------
        SourceError
            Nobody listens.
        """
        while not self.inbox.listening or not self.wait(_WHOLE_WAIT_S):
            if not self.inbox.listening:
                raise SourceError(
                    f"{self.source_id}: runs that arrive are monitored by `live --session DIR` alone; "
                    "elsewhere use `receive`, and name the folder of a series"
                )
        if self._info is None:
            assert self._run is not None
            self._info = replace(
                self._run.info, source_id=self.source_id, live=True, frame_count=None,
                attributes={**self._run.info.attributes, "Delivery": "near-live, by C-STORE"},
            )  # fmt: skip
        return self._info

    @property
    def info(self) -> SourceInfo:
        """What `open` returned. Raises `RuntimeError` before it."""
        if self._info is None:
            raise RuntimeError(f"{self.source_id} has not been opened")
        return self._info

    def read(self, timeout_s: float = 1.0) -> Frame:
        """Return the next frame of the run that is played, when it is due.

        Raises
        ------
        RunAwaited
            There is no run now.
        SourceAway
            Nobody receives; that is being mended.
        SourceTimeout
            The next frame is not due yet.
        """
        until_ns = self._clock_ns() + round(timeout_s * 1e9)
        while True:
            if self._held is None:
                self._held = self._following(until_ns)
            if self._held is not None:
                return self._when_due(self._held, until_ns)
            away = self.inbox.away
            if away is not None and not self.inbox.waiting:
                self.inbox.pause((until_ns - self._clock_ns()) / 1e9)
                raise SourceAway(f"{self.source_id}: {away}; it is being started again")
            if self._clock_ns() >= until_ns or not self.inbox.listening:
                raise RunAwaited(self.awaited_words())

    def close(self) -> None:
        """Receive no more, and write down what was not played; any number of times."""
        if self.inbox.listening:
            left = self.inbox.close()
            if self._run is not None and self._run is not self._last:
                left.insert(0, self._run.arrival)
            self._end_run("closed")
            self.not_played = len(left)
            for arrival in left:
                self._leave_out(arrival, "it was not played before the end")

    def age_words(self) -> str | None:
        """Which run is shown, and how old it is; None before the first."""
        run = self._shown
        return None if run is None else age_words(run, self._clock_utc().astimezone())

    def awaited_words(self) -> str:
        """What is waited for."""
        words = f"waiting for the {'next' if self._last is not None else 'first'} run"
        return f"{words}; the last is not monitored: {self._left_out}" if self._left_out else words

    def _next_run(self, until_ns: int) -> Run | None:
        """The next arrival that is to be played; None where none came in time."""
        while (arrival := self.inbox.take(until_ns)) is not None:
            try:
                run = opened(arrival)
            except NoRun:
                continue
            except SourceError as error:
                # what is in brackets may quote the header, and with it a name
                words = str(error).replace(f"{arrival.path}: ", "")
                self._leave_out(arrival, words.partition(" (")[0])
                continue
            except Exception as error:  # one object must not be able to end the source
                self._leave_out(arrival, f"cannot be read: {type(error).__name__}")
                continue
            reason = of_another_patient(run, self._patient_id) or self._unfit(run.info)
            if reason is None and self._info is not None:
                reason = unlike(run.info, self._info)
            if reason is None:
                self._patient_id = self._patient_id or run.patient_id
                return run
            run.source.close()
            self._leave_out(arrival, reason)
        return None

    def _leave_out(self, arrival: Arrival, reason: str) -> None:
        self._left_out = reason
        self.inbox.tell("run_not_monitored", {"object": arrival.number, "reason": reason})

    def _following(self, until_ns: int) -> Frame | None:
        """The next frame of the run that is played, or the first of the next one; None: there is none now."""
        self._run = run = self._run or self._next_run(until_ns)
        if run is None:
            return None
        try:
            if self._last is not run:
                self._begin(run)
            return run.source.read()
        except EndOfStream:
            self._end_run("played to its end")
        except SourceError as error:
            self._end_run(str(error).replace(f"{run.arrival.path}: ", ""))
        return None

    def _begin(self, run: Run) -> None:
        """Say where the frames that follow come from, and when the first of them is due."""
        before, self._last, self._left_out = self._last, run, ""
        now_ns = self._clock_ns()
        self._begin_ns, self._offset_ns = now_ns, None
        if before is not None:
            self._begin_ns = max(now_ns, self._due_ns + self._pause_ns(before, run))
        for _ in range(run.arrival.first):
            run.source.read()
        if not run.arrival.first:
            origin = msgspec.structs.replace(run.origin, first_seq=self._first_seq + self._seq)
            self.inbox.tell(EVENT, msgspec.to_builtins(origin), now_ns)
        if self._clock_0_ns is None:
            self._clock_0_ns = self._begin_ns

    def _pause_ns(self, before: Run, run: Run) -> int:
        """Time between the last frame of a run and the first of the next one, at least (ns)."""
        same = before.origin.series_instance_uid == run.origin.series_instance_uid
        single = before.origin.frames == run.origin.frames == 1
        if single and same and before.acquired is not None and run.acquired is not None:
            apart_ns = round((run.acquired - before.acquired).total_seconds() * 1e9)
            if 0 < apart_ns <= _LONGEST_PAUSE_NS:
                return apart_ns
        return min(self._period_ns(run), _LONGEST_PAUSE_NS)

    def _period_ns(self, run: Run) -> int:
        return round((run.info.frame_period_s or 0) * 1e9) or self._assumed_ns

    def _when_due(self, frame: Frame, until_ns: int) -> Frame:
        """Wait until a frame of the run is due, and hand it out with the session's number and times."""
        run = self._last
        assert run is not None
        assert self._clock_0_ns is not None
        own_ns = frame.t_source_ns if frame.t_source_ns is not None else frame.seq * self._period_ns(run)
        if self._offset_ns is None:
            self._offset_ns = self._begin_ns - own_ns
        due_ns = self._offset_ns + own_ns
        too_long_ns = due_ns - max(self._begin_ns, self._due_ns) - _LONGEST_GAP_NS
        if too_long_ns > 0:
            self._offset_ns -= too_long_ns
            due_ns -= too_long_ns
        while (now_ns := self._clock_ns()) < due_ns:
            if now_ns >= until_ns or not self.inbox.pause((min(due_ns, until_ns) - now_ns) / 1e9):
                raise SourceTimeout(f"{self.source_id}: the next frame is not due yet")
        self._held, self._due_ns, self._shown = None, due_ns, run
        numbered = replace(
            frame, seq=self._seq, t_capture_ns=now_ns, t_source_ns=due_ns - self._clock_0_ns,
            source_id=self.source_id,
        )  # fmt: skip
        self._seq += 1
        return numbered

    def _end_run(self, why: str) -> None:
        run, self._run, self._held = self._run, None, None
        if run is None:
            return
        run.source.close()
        if self._last is run:
            data = {"object": run.arrival.number, "reason": why, "next_seq": self._first_seq + self._seq}
            self.inbox.tell("run_ended", data)
