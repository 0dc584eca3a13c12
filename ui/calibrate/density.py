"""``cementwatch calibrate density``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ui.calibrate.app import app
from ui.calibrate.options import Source, Taking, filled, from_picture, into_profile, keep, two_points

if TYPE_CHECKING:
    from calibration.room import RoomProfile


@app.command()
@filled(into=into_profile, taking=from_picture)
def density(
    source: Source,
    into: RoomProfile,
    taking: Taking,
    wedge: Annotated[
        str,
        typer.Option(
            "--wedge", metavar="X1,Y1,X2,Y2", help="Middles of the first and the last step's outer edge (px)."
        ),
    ],
    thickness_mm: Annotated[
        str, typer.Option("--thickness-mm", metavar="1,2,4,...", help="Of each step, in their order.")
    ],
    cement: Annotated[str, typer.Option("--cement", help="Name of the cement.")] = "",
) -> None:
    """What cement of known thickness adds to the image, from a step wedge; live, aliquots do the same."""
    from calibration.density_marks import WedgeMarks, thicknesses_mm

    thickness = thicknesses_mm("--thickness-mm", thickness_mm)
    marks = WedgeMarks(*two_points("--wedge", wedge), thickness)
    found = marks.measured(taking.look(source))
    for line in found.lines:
        typer.echo(line)
    taking.draw(found.drawn)
    keep(into, density=found.part(into.made, cement))
