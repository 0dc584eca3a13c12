"""The live window: the overlay over a running loop, or over two of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from monitor.plan import Plan
from monitor.polarity import as_stated
from ui.keys import Keys
from ui.live import LiveRun

if TYPE_CHECKING:
    from ui.marks import Marker
    from ui.overlay.observation import Observation, Setup
    from ui.overlay.window import OverlayWindow
    from ui.sound.sounder import Sounder


def show_live(
    runs: Sequence[LiveRun],
    plan: Plan,
    seconds: float | None,
    *,
    full_screen: bool,
    sound: bool = True,
    distance_tone: bool = False,
    speech: bool = False,
    keys: Keys | None = None,
) -> None:
    """Show the overlay until it is closed, the process is told to stop, or for so many seconds.

    Without a display the window is drawn unseen, so that the same path is run, and closes when every
    source has ended.

    Parameters
    ----------
    runs : sequence of LiveRun
        One, or the two of a biplane.
    sound : bool
        Whether alarms are heard.
    distance_tone : bool
        Whether the distance is heard from the start.
    speech : bool
        Whether alarms are spoken behind their tones.
    keys : Keys, optional
        Which keys do what.
    """
    from ui.qt import display_available, start_application

    start_application()

    from PyQt6.QtCore import QTimer

    from ui.overlay.window import run_window
    from ui.sound.sounder import Sounder
    from ui.sound.speaker import NoSpeaker, speaker_here
    from ui.sound.voice import voice_here

    speaker = speaker_here() if sound else NoSpeaker("no sound: switched off")
    sounder = Sounder(speaker, voice_here() if speech else None, distance_tone=distance_tone)
    marker = marker_for(runs)
    window = window_for(runs, plan, sounder, keys=keys, marker=marker)
    unseen = not display_available()

    def watch() -> None:
        ended = all(run.observer.ended for run in runs)
        if runs[0].asked_to_stop.is_set() or (unseen and ended):
            window.close()

    timer = QTimer(window)
    timer.timeout.connect(watch)
    timer.start(200)
    if seconds is not None:
        QTimer.singleShot(round(seconds * 1000), window.close)
    try:
        run_window(window, full_screen=full_screen)
    finally:
        sounder.silence()
        marker.stop()


def window_for(
    runs: Sequence[LiveRun],
    plan: Plan,
    sound: Sounder | None = None,
    *,
    keys: Keys | None = None,
    marker: Marker | None = None,
) -> OverlayWindow:
    """The overlay's window for one run or two, not yet shown; what it looks at is heard too.

    Where there is a live source that has not ended, closing it is asked for twice.
    """
    from ui.overlay.biplane import BiplaneObservation
    from ui.overlay.biplane_scene import BiplaneScene
    from ui.overlay.scene import Scene
    from ui.overlay.window import OverlayWindow

    does: dict[str, Callable[[], str]] = {}
    if sound is not None:
        does = {name: partial(_noted, runs, name, act) for name, act in sound_actions(sound).items()}
    if len(runs) == 1:
        does["other_view"] = runs[0].observer.ask_for_next_view

    def looks() -> tuple[Observation, ...]:
        if marker is not None and (words := marker.lost()):
            window.say(words)
        seen = tuple(run.observer.look() for run in runs)
        return seen if sound is None else sound.hear(seen)

    def acknowledge() -> None:
        for run in runs:
            run.observer.acknowledge()

    def mark(marker: Marker) -> str:
        model = window.model
        level, results = (model.level, model.results) if model is not None else (None, ())
        return marker.mark(level, results, lambda: window.grab().toImage())

    if marker is not None:
        does["mark"] = partial(mark, marker)
    first, *others = (_setup(run, plan, keys, alone=len(runs) == 1) for run in runs)
    if others:
        names = (runs[0].view.name, runs[1].view.name)
        scene: Scene | BiplaneScene = BiplaneScene((first, others[0]), names)
    else:
        scene = Scene(first)

    def look() -> Observation | BiplaneObservation:
        one, *other = looks()
        return BiplaneObservation((one, other[0])) if other else one

    window = OverlayWindow(
        look,
        scene=scene,
        acknowledge=acknowledge,
        painted=[run.loop.latency.painted for run in runs],
        keys=keys,
        does=does,
        asks=lambda: any(run.info.live and not run.observer.ended for run in runs),
    )
    for run in runs:
        run.loop.on_result = window.wake
    return window


def marker_for(runs: Sequence[LiveRun]) -> Marker:
    """What marks moments of these runs; to be stopped before their sessions are closed."""
    from ui.marks import Marker, Plane

    session = runs[0].session
    return Marker(
        [Plane(run.view.name, run.observer.note if run.session is not None else None) for run in runs],
        session.folder if session is not None else None,
        session.about.anchor_monotonic_ns if session is not None else 0,
    )


def _noted(runs: Sequence[LiveRun], what: str, act: Callable[[], str]) -> str:
    """Do something that changes how the monitor warns, and write that down; what was done, in words."""
    words = act()
    now_ns = time.monotonic_ns()
    for run in runs:
        run.observer.note("changed", {"what": what, "now": words}, now_ns)
    return words


def sound_actions(sound: Sounder) -> dict[str, Callable[[], str]]:
    """The actions of `ui.keys.WORDS` that are about what is heard."""
    return {
        "pause_sound": sound.pause,
        "distance_tone": sound.toggle_distance_tone,
        "louder": partial(sound.louder, 1),
        "softer": partial(sound.louder, -1),
    }


def _setup(run: LiveRun, plan: Plan, keys: Keys | None, *, alone: bool) -> Setup:
    from ui.overlay.observation import setup_from_plan

    return setup_from_plan(
        plan,
        run.config,
        alone=alone,
        invert=not as_stated(run.info, run.view).intensity.bright_is_radiolucent,
        calibration=run.ready.words,
        room_latency_ms=run.ready.latency_ms,
        keys=keys,
    )
