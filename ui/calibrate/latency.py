"""``cementwatch calibrate latency``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from monitor.errors import InputError
from ui.calibrate.app import app
from ui.calibrate.options import Source, filled, into_profile, keep

if TYPE_CHECKING:
    from calibration.room import RoomProfile


@app.command()
@filled(into=into_profile)
def latency(
    source: Source,
    into: RoomProfile,
    seconds: Annotated[float, typer.Option("--seconds", help="How long to flash.")] = 20.0,
) -> None:
    """Delay from glass to glass: a window flashes, and a camera or the C-arm's output is captured back.

    Point the camera at the window, or feed the screen's signal to the capture device.
    """
    from calibration.conditions import conditions_of
    from calibration.profile import LatencyPart
    from recordings.open import open_source
    from ui.qt import display_available

    if not 8 <= seconds <= 120:
        raise InputError(f"--seconds must be from 8 to 120, is {seconds:g}")
    opened = open_source(source)
    if not display_available():
        raise InputError("latency: there is no display to show the pattern on")
    from ui.latency import flash_and_capture

    info, found = flash_and_capture(opened, seconds)
    typer.echo(found.line)
    keep(into, latency=LatencyPart.of(found, into.made, conditions_of(info)))
