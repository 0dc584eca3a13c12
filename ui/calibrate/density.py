"""``cementwatch calibrate density``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from monitor.errors import InputError
from ui.calibrate.app import app
from ui.calibrate.options import (
    Source,
    Taking,
    both,
    filled,
    from_picture,
    into_profile,
    keep,
    numbers,
    two_points,
)

if TYPE_CHECKING:
    from calibration.density_marks import CylinderMarks, WedgeMarks
    from calibration.room import RoomProfile


@app.command()
@filled(into=into_profile, taking=from_picture)
def density(
    source: Source,
    into: RoomProfile,
    taking: Taking,
    wedge: Annotated[
        str | None,
        typer.Option("--wedge", metavar="X1,Y1,X2,Y2", help="Middles of the first and the last step (px)."),
    ] = None,
    thickness_mm: Annotated[
        str | None,
        typer.Option("--thickness-mm", metavar="1,2,4,...", help="Of each step, in their order."),
    ] = None,
    cylinders: Annotated[
        str | None,
        typer.Option("--cylinders", metavar="X1,Y1,X2,Y2,...", help="A point on each lying cylinder (px)."),
    ] = None,
    diameter_mm: Annotated[
        str | None, typer.Option("--diameter-mm", metavar="4,8,16,...", help="Of each, in their order.")
    ] = None,
    cement: Annotated[str, typer.Option("--cement", help="Name of the cement.")] = "",
) -> None:
    """What cement of known thickness adds: a step wedge, or cylinders; live, aliquots do the same.

    Cylinders that stand on their ends are steps of a wedge; of lying ones the diameters are given.
    """
    from calibration.density_marks import CylinderMarks, WedgeMarks, lengths_mm

    steps = both("--wedge", wedge, "--thickness-mm", thickness_mm)
    if steps == both("--cylinders", cylinders, "--diameter-mm", diameter_mm):
        raise InputError(
            "density: give either --wedge with --thickness-mm, or --cylinders with --diameter-mm"
        )
    marks: WedgeMarks | CylinderMarks
    if steps:
        thickness = lengths_mm("--thickness-mm", thickness_mm)
        marks = WedgeMarks(*two_points("--wedge", wedge), thickness)
    else:
        diameters = lengths_mm("--diameter-mm", diameter_mm)
        flat = numbers("--cylinders", cylinders, 2 * len(diameters))
        marks = CylinderMarks(tuple(zip(flat[::2], flat[1::2], strict=True)), diameters)
    found = marks.measured(taking.look(source))
    for line in found.lines:
        typer.echo(line)
    taking.draw(found.drawn)
    keep(into, density=found.part(into.made, cement))
