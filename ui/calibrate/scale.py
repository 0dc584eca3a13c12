"""``cementwatch calibrate scale``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from monitor.errors import CalibrationError, InputError
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
    from calibration.room import RoomProfile
    from calibration.scale import ScaleEstimate
    from calibration.scale_marks import ScaleMarks


@app.command()
@filled(into=into_profile, taking=from_picture)
def scale(
    source: Source,
    into: RoomProfile,
    taking: Taking,
    cannula: Annotated[
        str | None, typer.Option("--cannula", metavar="X1,Y1,X2,Y2", help="Two points along a shaft (px).")
    ] = None,
    gauge: Annotated[
        str | None, typer.Option("--gauge", metavar="11G|MM", help="Its gauge, or outer diameter in mm.")
    ] = None,
    sphere: Annotated[
        str | None, typer.Option("--sphere", metavar="X,Y", help="A point within a steel ball (px).")
    ] = None,
    diameter_mm: Annotated[float | None, typer.Option("--diameter-mm", help="Diameter of the ball.")] = None,
    ruler: Annotated[
        str | None, typer.Option("--ruler", metavar="X1,Y1,X2,Y2", help="First and last mark (px).")
    ] = None,
    pitch_mm: Annotated[float | None, typer.Option("--pitch-mm", help="From mark to mark.")] = None,
    points: Annotated[
        str | None, typer.Option("--points", metavar="X1,Y1,X2,Y2", help="Two ends of a known length (px).")
    ] = None,
    length_mm: Annotated[float | None, typer.Option("--length-mm", help="That length.")] = None,
    imager_spacing_mm: Annotated[
        float | None,
        typer.Option("--imager-spacing-mm", help="ImagerPixelSpacing, where the source states none."),
    ] = None,
    sid_mm: Annotated[
        float | None, typer.Option("--sid-mm", help="DistanceSourceToDetector, where it states none.")
    ] = None,
    sod_mm: Annotated[
        float | None, typer.Option("--sod-mm", help="DistanceSourceToPatient, where it states none.")
    ] = None,
    depth_mm: Annotated[
        float,
        typer.Option("--depth-mm", help="How much nearer to the detector than the isocentre the spine is."),
    ] = 0.0,
    depth_sd_mm: Annotated[float, typer.Option("--depth-sd-mm", help="How sure that is (one SD).")] = 40.0,
    without_header: Annotated[
        bool, typer.Option("--without-header", help="Do not take what the header states.")
    ] = False,
) -> None:
    """Millimetres per pixel at the spine: from the header, a cannula, a ball, a ruler or two points.

    Ways that agree are combined; where they contradict each other, nothing is kept.
    """
    from calibration.conditions import conditions_of
    from calibration.profile import ScalePart
    from calibration.scale import SpineDepth, scale_from_header
    from calibration.scale_choice import Console, above_zero, chosen_scale
    from calibration.scale_marks import BallMarks, CannulaMarks, LengthMarks, RulerMarks, picture_of_scales

    if not depth_sd_mm > 0:
        raise InputError(f"--depth-sd-mm must be above 0, is {depth_sd_mm:g}")
    marks: list[ScaleMarks] = []
    if both("--cannula", cannula, "--gauge", gauge):
        marks.append(CannulaMarks(*two_points("--cannula", cannula), str(gauge)))
    if both("--sphere", sphere, "--diameter-mm", diameter_mm):
        x, y = numbers("--sphere", sphere, 2)
        marks.append(BallMarks((x, y), above_zero("--diameter-mm", diameter_mm)))
    if both("--ruler", ruler, "--pitch-mm", pitch_mm):
        marks.append(RulerMarks(*two_points("--ruler", ruler), above_zero("--pitch-mm", pitch_mm)))
    if both("--points", points, "--length-mm", length_mm):
        marks.append(LengthMarks(*two_points("--points", points), above_zero("--length-mm", length_mm)))
    looked = taking.look(source)
    measured = [one.measured(looked) for one in marks]
    console = Console(imager_spacing_mm, sid_mm, sod_mm, ("--imager-spacing-mm", "--sid-mm", "--sod-mm"))
    header = scale_from_header(console.completed(looked.info.geometry), SpineDepth(depth_mm, depth_sd_mm))
    estimates = tuple(one.estimate for one in measured)
    for estimate in (*estimates, *header.estimates):
        _tell(estimate)
    for line in (*header.conflicts, *header.unusable):
        typer.echo(f"header: {line}")
    taking.draw(picture_of_scales(looked, measured))
    try:
        taken = chosen_scale(estimates, header, with_header=not without_header)
    except CalibrationError as error:
        raise CalibrationError(f"{source}: {error}") from None
    if taken is None:
        said = f": {header.unusable[0]}" if header.unusable else ""
        raise CalibrationError(
            f"{source}: the header gives no scale{said}; give --cannula with --gauge, --sphere with "
            "--diameter-mm, --ruler with --pitch-mm, or --points with --length-mm"
        )
    low, high = taken.interval_mm_per_px
    typer.echo(f"taken: {taken.mm_per_px:.4f} mm per pixel ({low:.4f} to {high:.4f}, 95 %), {taken.method}")
    keep(into, scale=ScalePart.of(taken, into.made, conditions_of(looked.info)))


def _tell(estimate: ScaleEstimate) -> None:
    typer.echo(f"{estimate.method}:")
    for line in estimate.reasoning:
        typer.echo(f"  {line}")
