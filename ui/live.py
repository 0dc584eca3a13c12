"""A live run put together: source, loop, recorder, session and observer, started and stopped in order."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import asdict

from calibration.profile import Profile, write_profile
from calibration.readiness import Readiness
from monitor.config import Config, config_to_toml
from monitor.errors import OutputError, RecordingError, SourceLost
from monitor.frame import Frame, Pixels, SourceInfo
from monitor.loop import MonitorLoop
from monitor.pacing import Paced
from monitor.plan import Plan, View
from monitor.result import AlertTransition, Result
from monitor.sources.base import FrameSource
from monitor.sources.continued import Continued
from monitor.sources.reconnecting import Reconnecting
from monitor.states import Reason, State
from monitor.stepping import Stepping
from recordings.beginning import Beginning, keep_beginning
from recordings.dicom_origin import check_patient, note_origin, origins_in, origins_of
from recordings.memory_keeper import MemoryKeeper
from recordings.monitor_lock import monitoring
from recordings.procedure import Procedure
from recordings.recorder import Recorder
from recordings.resume import Resumed, resume_session
from recordings.room import Free, RoomWatch, expected_bytes_per_s, free_bytes, too_little
from recordings.session import MEMORY, PROFILE, Session, open_session, utc_now
from recordings.watching import reference_of, views_to_watch, watch
from ui.asked import Asked, asked_by_signal
from ui.delays import delay_of
from ui.observer import Observer
from ui.version import software_version
from ui.watchdog.heartbeat import Heartbeat

if TYPE_CHECKING:
    from recordings.receiving.near_live import NearLiveSource

RECORDER_BUDGET_BYTES = 256 * 1024 * 1024
_POLL_S = 0.03
_SWITCH_S = 0.0005
"""How long one thread may keep Python to itself; the usual 5 ms make a frame wait behind painting."""
_FORGOTTEN = Reason(
    State.DEGRADED, "restarted", "the monitor was restarted; cement from before may not be seen"
)
_ALL_FORGOTTEN = Reason(
    State.DEGRADED, "restarted", "the monitor was restarted; alarms and cement from before are not known"
)


@dataclass(frozen=True, slots=True)
class LiveRun:
    """A loop that runs, with whatever looks at it.

    `asked_to_stop` is set once the process was told to end (Ctrl+C, a terminate signal): whoever shows
    or waits ends then, and everything is closed in order.
    """

    info: SourceInfo
    view: View
    loop: MonitorLoop
    observer: Observer
    session: Session | None
    recorder: Recorder | None
    asked_to_stop: Asked
    ready: Readiness
    config: Config
    needed_bytes_per_s: float
    """What recording the source is expected to need."""


def session_folder(parent: Path, now: datetime | None = None) -> Path:
    """A new folder's name by the time of day, below `parent`."""
    moment = datetime.now() if now is None else now
    return parent / f"session-{moment:%Y%m%d-%H%M%S}"


@contextmanager
def live_run(
    source: FrameSource,
    plan: Plan,
    config: Config,
    session: Path | None,
    *,
    view_name: str | None = None,
    profile: Profile | None = None,
    tell: Callable[[AlertTransition], None] = lambda _: None,
    note: str | None = None,
    resume: bool = False,
    heart: Heartbeat | None = None,
    asked: Asked | None = None,
    procedure: Procedure | None = None,
    near: NearLiveSource | None = None,
    free: Free = free_bytes,
) -> Iterator[LiveRun]:
    """Open everything, start the loop, and take it all down again in order.

    Parameters
    ----------
    session : Path or None
        Folder to record into; None: nothing is kept.
    profile : Profile or None
        Calibration of the room; it is kept with the session.
    resume : bool
        Go on with the session of a process that was killed: its alarms, its cement, its files.
    heart : Heartbeat or None
        Told of every look, for the watchdog.
    asked : Asked or None
        Whose word to stop holds; None: this run listens for signals itself.
    procedure : Procedure or None
        Whose procedure it is; kept with a new session.
    near : NearLiveSource or None
        The source below `source` where that is one of runs that arrive; it listens already.
    free : callable
        Gives the space left where a folder lies (bytes); None: it cannot be told.

    Raises
    ------
    SourceError, PlanError, OutputError
        Before anything is written.
    InputError
        As these: a DICOM file is of another patient than `procedure`.
    """
    halt = threading.Event()
    paced = Paced(
        Reconnecting(source, time.monotonic_ns),
        time.monotonic_ns,
        halt.wait,
        assumed_frame_rate_hz=config.gate.assumed_frame_rate_hz,
    )
    with monitoring(), paced:
        # a device or a network is opened once at the start: whoever sends may not take a second caller
        info = source.info
        if near is None and procedure is not None:
            check_patient(info, procedure.patient_id)
        views = views_to_watch(plan, view_name, info)
        references = _references(paced, source, info, views)
        resumed = _resume(session, info, plan, config) if resume else None
        checked, begun_ns = utc_now(), time.monotonic_ns()
        lost: tuple[Reason, ...] = ()
        if resumed is not None and resumed.memory is None:
            lost = (_FORGOTTEN,)
        elif resumed is None and heart is not None and heart.restarted:
            lost = (_ALL_FORGOTTEN,)
        pipeline, ready = watch(plan, references, views, info, config, profile, lost, checked)
        kept = (
            _start_session(session, info, plan, config, profile, procedure, free)
            if resumed is None
            else resumed.session
        )
        frames: FrameSource = paced
        if near is not None and kept is not None:
            if resumed is not None:
                near.go_on(origins_of(open_session(kept.folder)), resumed.next_seq)
            near.attach(kept.log.event)
        if resumed is not None:
            if resumed.memory is not None:
                pipeline.recall(resumed.memory)
            pipeline.restore(resumed.alerts, begun_ns)
            frames = Continued(paced, resumed.next_seq, resumed.last_capture_ns, resumed.last_time_ns)
        needed = expected_bytes_per_s(info, config.recording, config.gate.assumed_frame_rate_hz)
        recorder = None
        if kept is not None:
            first_step = resumed.next_step if resumed is not None else 0
            room = RoomWatch(partial(free, kept.folder), config.recording, needed)
            recorder = Recorder(kept.recording, RECORDER_BUDGET_BYTES, room, first_step=first_step)
            begun = Beginning(
                software_version(), tuple(view.name for view in views), references, lost, checked, first_step,
                begun_ns, resumed.memory if resumed is not None else None,
                resumed.alerts if resumed is not None else (),
            )  # fmt: skip
            _keep_beginning(kept, recorder, begun)
        stepping = Stepping(pipeline, recorder.step if recorder is not None else lambda _: None)
        keeper = MemoryKeeper(kept.folder / MEMORY, pipeline.remember) if kept is not None else None

        def keep(frame: Frame) -> None:
            if recorder is not None:
                recorder.offer(frame)

        def step(frame: Frame, now_ns: int, skipped_before: int = 0) -> Result:
            result = stepping.step(frame, now_ns, skipped_before)
            if keeper is not None:
                keeper.look(now_ns)
            return result

        if kept is not None and near is None:  # runs that arrive tell it themselves
            _note_origins(kept, info, 0 if resumed is None else resumed.next_seq)
        loop = MonitorLoop(frames, step, keep, time.monotonic_ns)
        observer = Observer(
            loop, stepping, config, kept.log if kept is not None else None, recorder, keeper, info=info,
            tell=tell, note=note,
            start_ns=kept.about.anchor_monotonic_ns if kept is not None else None, heart=heart,
            near_live=near.age_words if near is not None else lambda: None,
        )  # fmt: skip
        if heart is not None and kept is not None:
            heart.session(kept.folder)
        with asked_by_signal() if asked is None else nullcontext(asked) as told_to_stop:
            if recorder is not None:
                recorder.start()
            if keeper is not None:
                keeper.start()
            usual_s = sys.getswitchinterval()
            sys.setswitchinterval(_SWITCH_S)
            loop.start()
            clean = False
            try:
                yield LiveRun(
                    info, views[0], loop, observer, kept, recorder, told_to_stop, ready, config, needed
                )
                clean = True
            finally:
                halt.set()
                stopped = loop.stop()
                sys.setswitchinterval(usual_s)
                written = recorder.stop() if recorder is not None else True
                if near is not None and stopped:
                    near.close()  # what came until now is part of the session, and nothing else is
                observer.finish()
                if keeper is not None:
                    keeper.stop(finished=clean and stopped)
                # a recorder that cannot be stopped still owns its file: leave it as a kill would
                if kept is not None and written:
                    delay = delay_of(loop.latency, ready.latency_ms)
                    kept.close(complete=clean and stopped, delay=None if delay is None else asdict(delay))


def _keep_beginning(kept: Session, recorder: Recorder, begun: Beginning) -> None:
    try:
        event = keep_beginning(kept.folder, begun)
    except OSError as error:
        kept.close(complete=False)
        raise OutputError(f"{kept.folder}: cannot write the session: {error.strerror or error}") from error
    recorder.event(event.name, event.data, event.t_ns)


def _references(
    paced: Paced, source: FrameSource, info: SourceInfo, views: tuple[View, ...]
) -> dict[str, Pixels | None]:
    """The frames that the views were drawn on. A file is read up to them first, and opened anew."""
    reads = not info.live and any(view.reference_frame for view in views)
    if reads:
        paced.close()
    references = {view.name: reference_of(view, source, info) for view in views}
    if reads:
        paced.open()
    return references


def _resume(folder: Path | None, info: SourceInfo, plan: Plan, config: Config) -> Resumed:
    if folder is None:
        raise OutputError("--resume needs the --session to go on with")
    return resume_session(
        folder, source_info=info, plan=plan, config_toml=config_to_toml(config), now_ns=time.monotonic_ns()
    )


def _start_session(
    folder: Path | None,
    info: SourceInfo,
    plan: Plan,
    config: Config,
    profile: Profile | None,
    procedure: Procedure | None,
    free: Free,
) -> Session | None:
    if folder is None:
        return None
    lacking = too_little(free(folder), config.recording)
    if lacking:
        raise OutputError(f"{folder}: {lacking}; make room, or choose another folder")
    session = Session.create(
        folder,
        source_info=info,
        plan=plan,
        config_toml=config_to_toml(config),
        software_version=software_version(),
        procedure=procedure,
    )
    if profile is not None:
        write_profile(profile, folder / PROFILE)
    return session


def _note_origins(session: Session, info: SourceInfo, first_seq: int) -> None:
    """Which DICOM objects the frames come from, so that results can refer to them."""
    with suppress(RecordingError):  # the log says itself that it cannot be written
        for origin in origins_in(info, first_seq):
            note_origin(session.log, origin, time.monotonic_ns())


def run_headless(
    runs: Sequence[LiveRun], seconds: float | None, clock_s: Callable[[], float] = time.monotonic
) -> None:
    """Observe without a window until every source ends, the process is told to stop, or for so many seconds.

    Raises
    ------
    SourceLost
        A source went away or a frame of it could not be read.
    """
    until = None if seconds is None else clock_s() + seconds
    told: dict[int, int] = {}
    while until is None or clock_s() < until:
        for i, run in enumerate(runs):
            seen = run.observer.look().result
            if seen is not None and seen.frame.seq != told.get(i):
                told[i] = seen.frame.seq
                run.loop.latency.painted(told[i], time.monotonic_ns())
        if all(run.observer.ended for run in runs):
            for run in runs:
                lost = run.loop.status().source_error
                if lost is not None:
                    raise SourceLost(lost)
            return
        if runs[0].asked_to_stop.wait(_POLL_S):
            return
