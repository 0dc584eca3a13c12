"""``cementwatch calibrate wizard``."""

from __future__ import annotations

from typing import Annotated

import typer

from ui.calibrate.app import app
from ui.calibrate.options import FrameRate, ProfilePath, RoomName
from ui.options import LanguageOption


@app.command()
def wizard(
    source: Annotated[
        str | None, typer.Argument(metavar="[SOURCE]", help="Picture or run to begin with.")
    ] = None,
    profile: ProfilePath = None,
    room: RoomName = "",
    frame_rate: FrameRate = None,
    language: LanguageOption = None,
) -> None:
    """All calibrations in a window, with the mouse on the picture; nothing is written before the review."""
    from calibration.room import RoomProfile
    from monitor.errors import InputError
    from recordings.open import open_source
    from ui.qt import display_available

    RoomProfile.of(profile, room=room)  # a profile of another room is told of before the window opens
    if source is not None:
        open_source(source, frame_rate_hz=frame_rate)
    if not display_available():
        raise InputError("wizard: there is no display to show it on; the other calibrate commands need none")
    from ui.wizard.window import run_wizard

    run_wizard(source, profile, room=room, frame_rate_hz=frame_rate)
