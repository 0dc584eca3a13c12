"""What was chosen in the start window, and the command lines that come of it. No widgets here."""

from __future__ import annotations

import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from monitor.plan import Polarity, Scale
from monitor.sources.cropped import Crop
from monitor.user_folders import user_folder
from recordings.procedure import Procedure, procedure_to_json
from ui.live import session_folder
from ui.start.handover import Begun


@dataclass(frozen=True, slots=True)
class StartChoice:
    """All that a session begins with.

    Parameters
    ----------
    source : str
        As for `recordings.open.open_source`.
    frame_rate_hz : float or None
        Of a folder of images.
    polarity : str or None
        The operator's word; None: as the source states, and the monitor goes on doubting it.
    crop : Crop or None
        None: whole frames.
    scale : Scale or None
        Out of the header or the room's profile, for whoever marks the levels; None: to be measured there. A
        plan has its own.
    plan : Path or None
    mark_now : bool
        There is no plan: the levels are to be marked first.
    profile : Path or None
        Calibration of the room.
    procedure : Procedure
        Whose it is.
    cement_brand : str or None
    session : Path or None
        Folder to record into; None: nothing is kept.
    worklist : str or None
        The server that the room asks.
    """

    source: str
    frame_rate_hz: float | None = None
    polarity: Polarity | None = None
    crop: Crop | None = None
    scale: Scale | None = None
    plan: Path | None = None
    mark_now: bool = False
    profile: Path | None = None
    procedure: Procedure = field(default_factory=Procedure)
    cement_brand: str | None = None
    session: Path | None = None
    worklist: str | None = None


def begin(choice: StartChoice) -> list[str]:
    """Arguments of ``live`` for a choice that has a plan. Nothing in them names a person.

    Raises
    ------
    ValueError
        It has none.
    """
    if choice.plan is None:
        raise ValueError("a monitor needs a plan")
    arguments = [choice.source, "--plan", str(choice.plan), *_of_image(choice)]
    for option, value in (("--brand", choice.cement_brand), ("--session", choice.session)):
        if value is not None:
            arguments += [option, str(value)]
    return arguments


def marking(choice: StartChoice, out: Path) -> list[str]:
    """The command that marks the levels on what was chosen, and writes the plan."""
    return ["plan", choice.source, "--out", str(out), "--to-monitor", *_of_image(choice)]


def begun(choice: StartChoice, out: Path, notes: tuple[str, ...] = ()) -> Begun:
    """The choice as another process takes it.

    Parameters
    ----------
    out : Path
        Where a plan goes that is yet to be made.
    notes : tuple of str
        What else is to be told.
    """
    mark = None
    if choice.mark_now:
        mark = marking(choice, out)
        choice = StartChoice(**{name: getattr(choice, name) for name in choice.__slots__} | {"plan": out})
    who = "" if choice.procedure.is_empty else procedure_to_json(choice.procedure)
    return Begun(begin(choice), mark, who, list(notes))


def proposed_session(home: Path, now: datetime) -> Path:
    """Where a session goes unless told otherwise; named by the time of day alone."""
    return session_folder(home / "CementWatch" / "sessions", now)


def new_plan_path(home: Path, now: datetime) -> Path:
    """Where a plan goes that is about to be marked."""
    return home / "CementWatch" / "plans" / f"plan-{now:%Y%m%d-%H%M%S}.json"


def simulated_plan_path(spec: str, environment: Mapping[str, str] = os.environ) -> Path:
    """Where the plan of a simulated procedure is kept for the monitor to read."""
    return user_folder("cache", environment) / f"simulated-{zlib.crc32(spec.encode()):08x}.json"


def can_mark() -> bool:
    """Whether there is a command to mark levels with."""
    from ui.cli import app

    return "plan" in {
        known.name or getattr(known.callback, "__name__", "") for known in app.registered_commands
    }


def _of_image(choice: StartChoice) -> list[str]:
    options = {
        "--frame-rate": None if choice.frame_rate_hz is None else f"{choice.frame_rate_hz:g}",
        "--polarity": choice.polarity,
        "--crop": choice.crop,
        "--profile": choice.profile,
    }
    return [word for option, value in options.items() if value is not None for word in (option, str(value))]
