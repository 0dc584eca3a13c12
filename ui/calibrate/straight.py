"""``cementwatch calibrate straight``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ui.calibrate.app import app
from ui.calibrate.options import Source, Taking, filled, from_picture, two_points


@app.command()
@filled(taking=from_picture)
def straight(
    source: Source,
    taking: Taking,
    wire: Annotated[
        str, typer.Option("--wire", metavar="X1,Y1,X2,Y2", help="Two points on a straight wire or rod (px).")
    ],
    profile: Annotated[
        Path, typer.Option("--profile", metavar="PROFILE.json", help="Whose distortion is tested.")
    ],
    width_px: Annotated[float, typer.Option("--width-px", help="Width of the wire, roughly.")] = 5.0,
) -> None:
    """How straight a straight wire is, before and after the correction of a profile (mm); nothing is kept."""
    from calibration.profile import read_profile
    from calibration.scale_choice import above_zero
    from calibration.straightness import picture_of_wire, straight_wire, tested_model

    start, end = two_points("--wire", wire)
    width_px = above_zero("--width-px", width_px)
    held = read_profile(profile)
    looked = taking.look(source)
    model = tested_model(held.distortion, looked.info, str(profile))
    found = straight_wire(looked.stored, model, start, end, width_px=width_px)
    typer.echo(found.line)
    taking.draw(picture_of_wire(looked, found))
