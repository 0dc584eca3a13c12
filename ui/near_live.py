"""Runs that arrive by the network: listening, and what is shown until the first one is there."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.config import Config
from monitor.errors import InputError, OutputError
from monitor.frame import SourceInfo
from monitor.health import Health
from monitor.plan import Plan
from monitor.sources.cropped import Crop
from monitor.states import Reason, State
from recordings.procedure import Procedure
from recordings.receiving.arrivals import unfit_for
from recordings.receiving.files import make_durable
from recordings.receiving.near_live import NearLiveSource
from recordings.room import free_bytes, too_little
from recordings.session import RECEIVED, is_session, open_session
from recordings.watching import choose_view
from ui.asked import Asked
from ui.keys import Keys
from ui.options import say
from ui.watchdog.heartbeat import Heartbeat

if TYPE_CHECKING:
    from ui.overlay.observation import Observation

_POLL_S = 0.05


def begin_to_listen(
    near: NearLiveSource,
    plan: Plan,
    config: Config,
    session: Path | None,
    *,
    view_name: str | None,
    crop: Crop | None,
    resume: bool,
    procedure: Procedure | None = None,
) -> None:
    """Receive into a session's folder; what cannot be a run of the plan, or is another's, is not monitored.

    Raises
    ------
    InputError
        There is no folder: success is only answered for what is kept. Or the plan has no such view.
    OutputError
        It holds a session already, has no room, or the address cannot be listened on. Nothing is left.
    """
    if session is None:
        raise InputError(f"{near.source_id}: needs --session DIR, where objects are kept before the answer")
    choose_view(plan, view_name, 0, 0)
    if not resume and is_session(session):
        raise OutputError(f"{session}: holds a session already; choose another folder")
    lacking = too_little(free_bytes(session), config.recording)
    if lacking:
        raise OutputError(f"{session}: {lacking}; make room, or choose another folder")
    about = open_session(session).about if resume else None
    if about is not None:
        procedure = about.procedure
    info = None if about is None else _delivered(about.source)

    def unfit(run: SourceInfo) -> str | None:
        if crop is None:
            return unfit_for(plan, view_name, run)
        if not crop.within(run.columns, run.rows):
            return f"{run.columns} x {run.rows}: crop {crop} does not lie within it"
        return unfit_for(plan, view_name, replace(run, rows=crop.rows, columns=crop.columns))

    made = [folder for folder in (session, *session.parents) if not folder.exists()]
    try:
        make_durable(session)
        floor_bytes = round(config.recording.floor_mb * 1e6)
        near.receive_into(
            session / RECEIVED, unfit, info, floor_bytes=floor_bytes,
            patient_id=None if procedure is None else procedure.patient_id,
        )  # fmt: skip
    except (OSError, OutputError) as error:
        for folder in (session / RECEIVED, *made):
            with suppress(OSError):
                folder.rmdir()
        if isinstance(error, OutputError):
            raise
        raise OutputError(f"{session}: cannot be made: {error.strerror or error}") from error


def wait_for_first_run(
    near: NearLiveSource,
    plan: Plan,
    config: Config,
    asked: Asked,
    heart: Heartbeat,
    *,
    headless: bool,
    seconds: float | None,
    full_screen: bool,
    keys: Keys | None,
) -> bool:
    """Wait until there is a run to monitor; False where the process is to end before.

    Meanwhile a window says that nothing is monitored.
    """
    until_s = None if seconds is None else time.monotonic() + seconds

    def over() -> bool:
        heart.beat()
        return asked.is_set() or (until_s is not None and time.monotonic() >= until_s)

    port = near.inbox.port
    if near.inbox.open_to_all:
        say("everybody who reaches this address may send: there is no allow=")
    first = _FirstRun(near)
    waiting = "" if first.within(0.0) else f"; {near.awaited_words()}"
    say(f"{near.source_id} listens on port {port}{waiting}")
    try:
        if not headless and not first.came:
            _show(near, first, plan, config, over, full_screen, keys)
        else:
            while not first.within(_POLL_S) and not over():
                pass
    finally:
        first.give_up(heart.beat)
    return first.came


class _FirstRun:
    """Waits for it on a thread of its own: opening one takes as long as it does, and who looks must go on."""

    def __init__(self, near: NearLiveSource) -> None:
        self._near = near
        self._over = threading.Event()
        self._came = False
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._wait, name="first run", daemon=True)
        self._thread.start()

    @property
    def came(self) -> bool:
        """Whether there is one. Raises what was raised while it was waited for."""
        if self._error is not None:
            raise self._error
        return self._came

    def within(self, seconds: float) -> bool:
        """As `came`, after so long at most."""
        self._thread.join(seconds)
        return self.came

    def give_up(self, meanwhile: Callable[[], None]) -> None:
        """Wait for it no longer; what is being opened is opened to its end."""
        self._over.set()
        while self._thread.is_alive():
            meanwhile()
            self._thread.join(_POLL_S)

    def _wait(self) -> None:
        try:
            while not self._came and not self._over.is_set():
                self._came = self._near.wait(_POLL_S)
        except BaseException as error:
            self._error = error


def awaited(near: NearLiveSource, now_ns: int, since_ns: int) -> Observation:
    """What is shown before there was a run: that nothing is monitored, and whether anybody receives."""
    from ui.overlay.observation import Observation

    away, blind = near.inbox.away, State.NOT_MONITORING
    reason = Reason(blind, "between_runs", near.awaited_words())
    if away is not None:
        words = f"image source lost: {near.source_id}: {away}; it is being started again"
        reason = Reason(blind, "source_lost", words)
    return Observation(
        None, Health(blind, (reason,), since_ns, None, {}), now_ns, recording=None,
        session_elapsed_s=(now_ns - since_ns) / 1e9, source=near.source_id, near_live=True,
    )  # fmt: skip


def _show(
    near: NearLiveSource,
    first: _FirstRun,
    plan: Plan,
    config: Config,
    over: Callable[[], bool],
    full_screen: bool,
    keys: Keys | None,
) -> None:
    from ui.qt import start_application

    start_application()

    from PyQt6.QtCore import QTimer

    from ui.overlay.observation import setup_from_plan
    from ui.overlay.scene import Scene
    from ui.overlay.window import OverlayWindow, run_window

    since_ns = time.monotonic_ns()

    window = OverlayWindow(
        lambda: awaited(near, time.monotonic_ns(), since_ns),
        scene=Scene(setup_from_plan(plan, config, keys=keys)),
        keys=keys,
        asks=lambda: True,
    )

    def watch() -> None:
        if over() or first.within(0.0):
            window.close()

    timer = QTimer(window)
    timer.timeout.connect(watch)
    timer.start(round(_POLL_S * 1000))
    try:
        run_window(window, full_screen=full_screen)
    finally:
        timer.stop()  # the window is there until Python collects it, and would be closed again and again


def _delivered(info: SourceInfo) -> SourceInfo:
    """What a source delivered before a crop."""
    columns, _, rows = info.attributes.get("Delivered", "").partition(" x ")
    if "Crop" not in info.attributes or not (columns.isdigit() and rows.isdigit()):
        return info
    attributes = {key: value for key, value in info.attributes.items() if key not in ("Crop", "Delivered")}
    return replace(info, rows=int(rows), columns=int(columns), attributes=attributes)
