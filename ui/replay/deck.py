"""A session laid out for a replay: frames, what happened, what was believed. No widgets."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from monitor.config import Config, read_config
from monitor.errors import CementWatchError, RecordingError, SourceError
from monitor.frame import Frame
from monitor.plan import Plan
from monitor.polarity import as_stated
from monitor.result import Result
from monitor.states import Reason, State
from recordings.believed import Believed
from recordings.dose.kept import dose_of
from recordings.dose.moments import moments_of_dose
from recordings.log import LogContents
from recordings.measured import Measurements
from recordings.session import CONFIG, StoredSession, open_session
from recordings.timeline import Moment, moments_of, utc_at
from recordings.track import Track, recorded_track
from recordings.viewing import NOT_KEPT, NOT_MONITORED
from ui.overlay.observation import Setup, setup_from_plan

CACHE_BYTES = 96 * 1024 * 1024
_QUICK_S = 0.05


class DamagedFrameError(SourceError):
    """A frame of the recording is not as it was written."""


class Deck:
    """What a replay shows of. Frames may be read by several threads, the rest belongs to one.

    What cannot be read besides the frames is told in `notes`, and done without.

    Raises
    ------
    SourceError
        There is no session, or it holds no frame.
    """

    def __init__(self, folder: Path, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._clock_s = clock_s
        self._log_read_s, self._log_rests_s = 0.0, -1.0
        self.session: StoredSession = open_session(folder)
        self.notes: list[str] = []
        self.reader = self.session.frames()
        self._lock = threading.Lock()
        self._kept: OrderedDict[int, Frame] = OrderedDict()
        self._kept_bytes = 0
        self._ahead = ThreadPoolExecutor(1, thread_name_prefix="read ahead")
        self._reading: Future[None] | None = None
        try:
            if not len(self.reader):
                raise SourceError(f"{folder}: the recording holds no frame")
            heads = self.reader.frame_heads
            self.seqs, self.times_ns = heads.seqs, heads.times_ns
            self.plan = self._plan()
            self.config = self._config()
            self.track = self._track()
        except BaseException:
            self.reader.close()
            raise
        self.believed, self.measured = Believed(), Measurements()
        self.moments: tuple[Moment, ...] = ()
        self._irradiated = self._dose()
        self._take_log()
        self.setup = self._setup()

    # times

    @property
    def first_ns(self) -> int:
        """When the first frame was captured (ns)."""
        return self.times_ns[0]

    @property
    def last_ns(self) -> int:
        """When the last frame was captured, or looked at (ns)."""
        steps = self.track.times_ns if self.track is not None else ()
        return max(self.times_ns[-1], steps[-1] if steps else 0)

    def session_s(self, t_ns: int) -> float:
        """Time since the first frame (s)."""
        return (t_ns - self.first_ns) / 1e9

    def wall_words(self, t_ns: int) -> tuple[str, str]:
        """Wall clock in UTC, and where the reader is: ``26 Nov 2026 13:38:21.7 UTC``, ``14:38:21``."""
        try:
            utc = utc_at(self.session.about, t_ns)
        except (ValueError, OverflowError):
            return "", ""
        return f"{utc:%Y-%m-%d %H:%M:%S}.{utc.microsecond // 100_000} UTC", f"{utc.astimezone():%H:%M:%S}"

    # frames

    def frame(self, position: int) -> Frame:
        """A frame by its position. Raises `DamagedFrameError`."""
        with self._lock:
            held = self._kept.get(position)
            if held is not None:
                self._kept.move_to_end(position)
                return held
        try:
            frame = self.reader.read(position)
        except (RecordingError, OSError) as error:  # a disk may go away while it is looked at
            raise DamagedFrameError(str(error)) from error
        with self._lock:
            if position not in self._kept:
                self._kept_bytes += frame.pixels.nbytes
            self._kept[position] = frame
            while self._kept_bytes > CACHE_BYTES and len(self._kept) > 1:
                _, gone = self._kept.popitem(last=False)
                self._kept_bytes -= gone.pixels.nbytes
        return frame

    def read_ahead(self, positions: Iterable[int]) -> None:
        """Have frames read that will be wanted next, on a thread of its own; one call at a time."""
        wanted = [p for p in positions if 0 <= p < len(self.times_ns) and p not in self._kept]
        if wanted and (self._reading is None or self._reading.done()):
            self._reading = self._ahead.submit(self._read_quietly, wanted)

    def _read_quietly(self, positions: list[int]) -> None:
        for position in positions:
            with suppress(DamagedFrameError):  # told where it is shown
                self.frame(position)

    # what grows

    @property
    def grows(self) -> bool:
        """Whether the session may still be recorded: it was not closed, and its file has no end."""
        return not self.session.about.complete and not self.reader.ended

    def refresh(self) -> int:
        """Take up what was recorded since, as far as it can be read; how many frames are new."""
        try:
            fresh = self.reader.refresh()
        except (SourceError, OSError) as error:
            self._note(f"cannot be followed: {error}")
            return 0
        if self.track is None:
            self.track = self._track()
        else:
            self.track.refresh()
        if fresh:
            heads = self.reader.frame_heads
            self.seqs, self.times_ns = heads.seqs, heads.times_ns
        if self._clock_s() - self._log_read_s > self._log_rests_s:
            self._take_log()
        return fresh

    def close(self) -> None:
        """Release the file."""
        self._ahead.shutdown(wait=True, cancel_futures=True)
        self.reader.close()

    def bare(self, frame: Frame, view: str, why: str) -> Result:
        """A frame in which nothing was looked for."""
        reason = Reason(State.NOT_MONITORING, "not_processed", why)
        return Result(frame, view, State.NOT_MONITORING, (reason,), (), (), (), {}, 0.0)

    @property
    def only_view(self) -> str:
        """The plan's view, where it has one alone; else empty: which one a bare frame shows is not known."""
        views = self.plan.views if self.plan is not None else ()
        return views[0].name if len(views) == 1 else ""

    @property
    def nothing(self) -> str:
        """Why there are no findings beside the frames: older versions monitored and kept a log alone."""
        return NOT_KEPT if len(self.measured) else NOT_MONITORED

    def _track(self) -> Track | None:
        """What was found live, out of the same file: a long one is not looked through twice."""
        return recorded_track(self.session, self.reader)

    def _take_log(self) -> None:
        """Read the log; a long one that still grows is left alone for twenty times as long as that took."""
        started_s = self._clock_s()
        log = self._log()
        self.believed = Believed(log.state_changes if log is not None else ())
        self.measured = Measurements(log.volume if log is not None else ())
        found = moments_of(log, self.reader.events, self.reader.gaps)
        self.moments = tuple(sorted((*found, *self._irradiated), key=lambda moment: moment.t_ns))
        self._log_read_s = self._clock_s()
        took_s = self._log_read_s - started_s
        self._log_rests_s = 20 * took_s if took_s > _QUICK_S else -1.0

    def _log(self) -> LogContents | None:
        try:
            return self.session.log()
        except CementWatchError as error:
            self._note(f"without its log: {error}")
            return None

    def _dose(self) -> tuple[Moment, ...]:
        try:
            return moments_of_dose(dose_of(self.session))
        except CementWatchError as error:
            self._note(f"without its dose: {error}")
            return ()

    def _note(self, words: str) -> None:
        if words not in self.notes:
            self.notes.append(words)

    def _plan(self) -> Plan | None:
        try:
            return self.session.plan()
        except CementWatchError as error:
            self._note(f"without its plan: {error}")
            return None

    def _config(self) -> Config | None:
        try:
            return read_config(self.session.folder / CONFIG)
        except CementWatchError as error:
            self._note(f"without its configuration: {error}")
            return None

    def _setup(self) -> Setup:
        info = self.session.about.source
        if self.plan is None:
            return Setup(invert=not info.intensity.bright_is_radiolucent)
        invert = not as_stated(info, self.plan.views[0]).intensity.bright_is_radiolucent
        return setup_from_plan(self.plan, self.config, invert=invert)
