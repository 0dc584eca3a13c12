"""An exercise without a window and without waiting: frames in lock-step, the pedal by a script."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import msgspec

from monitor.config import Config
from monitor.errors import EndOfStream, InputError
from monitor.result import Result
from monitor.small_file import read_small
from recordings.training.attempt import Outcome, Warned, warned_of
from recordings.training.ending import Ending
from recordings.training.interactive import InteractiveSource, Prepared
from recordings.training.pedal import Pedal
from recordings.training.scoring import Scoring, score
from recordings.training.simulated_facts import facts_of
from recordings.watching import watch

PEDAL_SCHEMA = "cementwatch.pedal/1"
_LARGEST_BYTES = 256 * 1024
_Time = Annotated[float, msgspec.Meta(ge=0, le=3600)]

Foot = Callable[[float, Result | None], bool]
"""Whether the pedal is held; asked before every frame, with its time (s) and the monitor's newest result."""


class _PedalFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    schema: str
    presses_s: Annotated[list[tuple[_Time, _Time]], msgspec.Meta(max_length=1000)]


class VirtualClock:
    """A clock that moves when somebody waits."""

    def __init__(self) -> None:
        self.now_ns = 0

    def __call__(self) -> int:
        """The time (ns)."""
        return self.now_ns

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now_ns += math.ceil(seconds * 1e9)


def read_pedal(path: Path) -> tuple[tuple[float, float], ...]:
    """When a pedal is pressed and let go: ``{"schema": "cementwatch.pedal/1", "presses_s": [[8.0, 20.5]]}``.

    Raises
    ------
    InputError
        Unreadable, or not such a file; the message names it.
    """
    try:
        held = msgspec.json.decode(read_small(path, _LARGEST_BYTES), type=_PedalFile)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: no pedal file: {error}") from error
    if held.schema != PEDAL_SCHEMA:
        raise InputError(f"{path}: schema is {held.schema!r}, this software reads {PEDAL_SCHEMA!r}")
    last_s = 0.0
    for down_s, up_s in held.presses_s:
        if down_s < last_s or up_s < down_s:
            raise InputError(f"{path}: presses_s: [{down_s:g}, {up_s:g}] is not in order")
        last_s = up_s
    return tuple(held.presses_s)


def by_script(presses: tuple[tuple[float, float], ...]) -> Foot:
    """A foot that keeps to times."""
    return lambda time_s, _: any(down_s <= time_s < up_s for down_s, up_s in presses)


def run_scripted(prepared: Prepared, foot: Foot, config: Config, scoring: Scoring) -> Outcome:
    """Run an exercise to its end as fast as it goes; the same every time.

    The pedal is looked at once for each frame, so a press begins with a frame.

    Parameters
    ----------
    prepared : Prepared
    foot : callable
        See `Foot`.
    config : Config
        Of the monitor.
    scoring : Scoring

    Returns
    -------
    Outcome
    """
    clock = VirtualClock()
    pedal = Pedal(prepared.injection())
    source = InteractiveSource(prepared, pedal, clock, clock.wait)
    ending = Ending(prepared, scoring)
    warned: list[Warned] = []
    result: Result | None = None
    rate_hz = prepared.scene.settings.frame_rate_hz
    with source:
        view = prepared.plan.views[0]
        pipeline, _ = watch(prepared.plan, {view.name: None}, (view,), source.info, config, None)
        frame_number = 0
        time_s = 0.0
        while True:
            time_s = frame_number / rate_hz
            if foot(time_s, result):
                pedal.press(time_s)
            else:
                pedal.release(time_s)
            if ending.reached(pedal, time_s):
                break
            try:
                frame = source.read()
            except EndOfStream:
                break
            result = pipeline.step(frame, round(time_s * 1e9))
            warned += warned_of(result.transitions, lambda t_ns: t_ns / 1e9)
            frame_number += 1
    pedal.release(time_s)
    injection = pedal.injection
    facts = facts_of(prepared, injection, time_s, scoring)
    return Outcome(injection.presses, time_s, facts, score(facts, injection.presses, scoring), tuple(warned))
