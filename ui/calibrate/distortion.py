"""``cementwatch calibrate distortion``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from monitor.errors import InputError
from ui.calibrate.app import app
from ui.calibrate.options import Source, Taking, filled, from_picture, into_profile, keep

if TYPE_CHECKING:
    from calibration.room import RoomProfile


@app.command()
@filled(into=into_profile, taking=from_picture)
def distortion(
    source: Source,
    into: RoomProfile,
    taking: Taking,
    pitch_mm: Annotated[float, typer.Option("--pitch-mm", help="Distance of neighbouring beads or wires.")],
    lattice: Annotated[str, typer.Option("--lattice", help="square or hexagonal.")] = "square",
    rough_mm_per_px: Annotated[
        float | None,
        typer.Option("--rough-mm-per-px", help="Scale, as far as known, to tell a wrong phantom."),
    ] = None,
) -> None:
    """Geometric distortion from a picture of a bead or wire-grid phantom; nothing has to be marked."""
    from calibration.lattice import Lattice
    from calibration.plate import measure_plate

    if lattice not in ("square", "hexagonal"):
        raise InputError(f"--lattice must be square or hexagonal, is {lattice!r}")
    plate = Lattice(pitch_mm, lattice)  # type: ignore[arg-type]  # checked above
    looked = taking.look(source)
    found = measure_plate(looked, plate, rough_mm_per_px=rough_mm_per_px)
    for line in found.lines:
        typer.echo(line)
    taking.draw(found.drawn(looked))
    keep(into, distortion=found.part(into.made))
