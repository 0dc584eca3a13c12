"""Runs that arrive by the network: listening, and what is shown until the first one is there."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from monitor.config import Config
from monitor.errors import InputError, OutputError
from monitor.frame import SourceInfo
from monitor.health import Health
from monitor.plan import Plan
from monitor.sources.cropped import Crop
from monitor.states import Reason, State
from recordings.receiving.arrivals import unfit_for
from recordings.receiving.near_live import NearLiveSource
from recordings.room import free_bytes, too_little
from recordings.session import RECEIVED, is_session, open_session
from recordings.watching import choose_view
from ui.asked import Asked
from ui.keys import Keys
from ui.options import say
from ui.watchdog.heartbeat import Heartbeat

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
) -> None:
    """Receive into a session's folder; what cannot be a run of the plan will not be monitored.

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
    info = _delivered(open_session(session).about.source) if resume else None

    def unfit(run: SourceInfo) -> str | None:
        if crop is None:
            return unfit_for(plan, view_name, run)
        if not crop.within(run.columns, run.rows):
            return f"{run.columns} x {run.rows}: crop {crop} does not lie within it"
        return unfit_for(plan, view_name, replace(run, rows=crop.rows, columns=crop.columns))

    made = [folder for folder in (session, *session.parents) if not folder.exists()]
    try:
        for folder in reversed(made):
            folder.mkdir(mode=0o700)
        floor_bytes = round(config.recording.floor_mb * 1e6)
        near.receive_into(session / RECEIVED, unfit, info, floor_bytes=floor_bytes)
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
    say(f"{near.source_id} listens on port {port}; {near.awaited_words()}")
    if not headless and not near.wait(0.0):
        return _show(near, plan, config, over, full_screen, keys)
    while not near.wait(_POLL_S):
        if over():
            return False
    return True


def _show(
    near: NearLiveSource,
    plan: Plan,
    config: Config,
    over: Callable[[], bool],
    full_screen: bool,
    keys: Keys | None,
) -> bool:
    from ui.qt import start_application

    start_application()

    from PyQt6.QtCore import QTimer

    from ui.overlay.observation import Observation, setup_from_plan
    from ui.overlay.scene import Scene
    from ui.overlay.window import OverlayWindow, run_window

    since_ns = time.monotonic_ns()

    def look() -> Observation:
        reason = Reason(State.NOT_MONITORING, "between_runs", near.awaited_words())
        health = Health(State.NOT_MONITORING, (reason,), since_ns, None, {})
        now_ns = time.monotonic_ns()
        return Observation(
            None, health, now_ns, recording=None, session_elapsed_s=(now_ns - since_ns) / 1e9,
            source=near.source_id, near_live=True,
        )  # fmt: skip

    window = OverlayWindow(
        look, scene=Scene(setup_from_plan(plan, config, keys=keys)), keys=keys, asks=lambda: True
    )
    came = False

    def watch() -> None:
        nonlocal came
        came = near.wait(0.0)
        if came or over():
            window.close()

    timer = QTimer(window)
    timer.timeout.connect(watch)
    timer.start(round(_POLL_S * 1000))
    run_window(window, full_screen=full_screen)
    return came


def _delivered(info: SourceInfo) -> SourceInfo:
    """What a source delivered before a crop."""
    columns, _, rows = info.attributes.get("Delivered", "").partition(" x ")
    if "Crop" not in info.attributes or not (columns.isdigit() and rows.isdigit()):
        return info
    attributes = {key: value for key, value in info.attributes.items() if key not in ("Crop", "Delivered")}
    return replace(info, rows=int(rows), columns=int(columns), attributes=attributes)
