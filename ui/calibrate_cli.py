"""``cementwatch calibrate``: each calibration from a picture, with its reasoning, into the room's profile."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor.errors import CalibrationError, InputError
from ui.version import software_version

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from calibration.picture import Picture
    from calibration.profile import Profile, Stamp
    from calibration.scale import ScaleEstimate
    from monitor.frame import ImagerGeometry

app = typer.Typer(
    name="calibrate",
    help="Calibrate a room: millimetres, millilitres and milliseconds, each with its uncertainty.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

Source = Annotated[str, typer.Argument(metavar="SOURCE", help="Picture or run to calibrate on.")]
ProfileOut = Annotated[
    Path | None,
    typer.Option("--profile", metavar="PROFILE.json", help="Add to this profile; made where there is none."),
]
Room = Annotated[str, typer.Option("--room", help="Name of the room.")]
CArm = Annotated[str, typer.Option("--c-arm", help="Make and model of the C-arm.")]
Operator = Annotated[str, typer.Option("--operator", help="Who calibrates.")]
ValidDays = Annotated[int, typer.Option("--valid-days", help="The calibration expires after so many days.")]
PictureOut = Annotated[
    Path | None, typer.Option("--picture", metavar="FILE.png", help="Write a picture of what was found.")
]
FirstFrame = Annotated[int, typer.Option("--first-frame", min=0, help="First frame to average.")]
Frames = Annotated[int, typer.Option("--frames", min=1, max=64, help="Frames to average.")]
Rate = Annotated[float | None, typer.Option("--frame-rate", help="Frame rate of a folder of images (Hz).")]


@dataclass(frozen=True, slots=True)
class _Into:
    """The profile that a calibration goes to, None where it is only printed, and its stamp."""

    path: Path | None
    room: str
    c_arm: str
    made: Stamp

    @classmethod
    def of(cls, path: Path | None, room: str, c_arm: str, operator: str, valid_days: int) -> _Into:
        from calibration.profile import stamp

        into = cls(path, room, c_arm, stamp(f"cementwatch {software_version()}", operator, valid_days))
        into.profile()  # a profile that cannot be read is told of before the work
        return into

    def profile(self) -> Profile:
        from calibration.profile import Profile, read_profile

        if self.path is None or not self.path.exists():
            return Profile(room=self.room, c_arm=self.c_arm)
        known = read_profile(self.path)
        for said, held, name in ((self.room, known.room, "room"), (self.c_arm, known.c_arm, "C-arm")):
            if said and held and said != held:
                raise InputError(f"{self.path}: is the profile of {name} {held!r}, not of {said!r}")
        return known

    def keep(self, **parts: Any) -> None:  # noqa: ANN401 - the parts of a profile by name
        """Add parts to the profile and write it."""
        import msgspec

        from calibration.profile import write_profile

        if self.path is None:
            typer.echo("nothing kept: no --profile given")
            return
        known = self.profile()
        named = {"room": self.room or known.room, "c_arm": self.c_arm or known.c_arm}
        write_profile(msgspec.structs.replace(known, **named, **parts), self.path)
        typer.echo(f"{', '.join(parts)} kept in {self.path}, until {self.made.valid_until:%Y-%m-%d}")


@app.command()
def scale(
    source: Source,
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
    profile: ProfileOut = None,
    room: Room = "",
    c_arm: CArm = "",
    operator: Operator = "",
    valid_days: ValidDays = 365,
    picture: PictureOut = None,
    first_frame: FirstFrame = 0,
    frames: Frames = 16,
    frame_rate: Rate = None,
) -> None:
    """Millimetres per pixel at the spine: from the header, a cannula, a ball, a ruler or two points.

    Ways that agree are combined; where they contradict each other, nothing is kept.
    """
    from calibration.conditions import conditions_of
    from calibration.profile import ScalePart
    from calibration.scale import SpineDepth, combined, scale_from_header
    from calibration.scale_marks import MeasuredScales

    if not depth_sd_mm > 0:
        raise InputError(f"--depth-sd-mm must be above 0, is {depth_sd_mm:g}")
    into = _Into.of(profile, room, c_arm, operator, valid_days)
    looked = _picture(source, first_frame, frames, frame_rate)
    measured = MeasuredScales(looked)
    if _both("--cannula", cannula, "--gauge", gauge):
        measured.cannula(*_two_points("--cannula", cannula), str(gauge))
    if _both("--sphere", sphere, "--diameter-mm", diameter_mm):
        measured.ball(_numbers("--sphere", sphere, 2), _above("--diameter-mm", diameter_mm))
    if _both("--ruler", ruler, "--pitch-mm", pitch_mm):
        measured.ruler(*_two_points("--ruler", ruler), _above("--pitch-mm", pitch_mm))
    if _both("--points", points, "--length-mm", length_mm):
        measured.points(*_two_points("--points", points), _above("--length-mm", length_mm))
    geometry = _completed(looked.info.geometry, imager_spacing_mm, sid_mm, sod_mm)
    header = scale_from_header(geometry, SpineDepth(depth_mm, depth_sd_mm))
    found: list[ScaleEstimate] = list(measured.estimates)
    if header.best is not None and not without_header:
        found.append(header.best)
    for estimate in (*measured.estimates, *header.estimates):
        _tell_scale(estimate)
    for line in (*header.conflicts, *header.unusable):
        typer.echo(f"header: {line}")
    _write_picture(measured.drawn(), picture)
    if not found:
        said = f": {header.unusable[0]}" if header.unusable else ""
        raise CalibrationError(
            f"{source}: the header gives no scale{said}; give --cannula with --gauge, --sphere with "
            "--diameter-mm, --ruler with --pitch-mm, or --points with --length-mm"
        )
    if header.conflicts and not without_header and not measured.estimates:
        raise CalibrationError(f"{source}: the header contradicts itself: {header.conflicts[0]}")
    try:
        taken = combined(tuple(found)) if len(found) > 1 else found[0]
    except ValueError as error:
        raise CalibrationError(f"{source}: {error}") from None
    low, high = taken.interval_mm_per_px
    typer.echo(f"taken: {taken.mm_per_px:.4f} mm per pixel ({low:.4f} to {high:.4f}, 95 %), {taken.method}")
    part = ScalePart(
        into.made,
        conditions_of(looked.info),
        taken.mm_per_px,
        taken.relative_sd,
        taken.method,
        taken.reasoning,
    )
    into.keep(scale=part)


def _completed(
    geometry: ImagerGeometry, spacing_mm: float | None, sid_mm: float | None, sod_mm: float | None
) -> ImagerGeometry:
    """The header's geometry, and what the operator reads off the console where it is silent."""
    stated = (
        ("--imager-spacing-mm", spacing_mm, geometry.imager_pixel_spacing_mm),
        ("--sid-mm", sid_mm, geometry.distance_source_to_detector_mm),
        ("--sod-mm", sod_mm, geometry.distance_source_to_patient_mm),
    )
    for name, given, there in stated:
        if given is not None and there is not None:
            raise InputError(f"{name} is given, but the header states {there}")
        if given is not None:
            _above(name, given)
    spacing = (spacing_mm, spacing_mm) if spacing_mm is not None else geometry.imager_pixel_spacing_mm
    return replace(
        geometry,
        imager_pixel_spacing_mm=spacing,
        distance_source_to_detector_mm=sid_mm or geometry.distance_source_to_detector_mm,
        distance_source_to_patient_mm=sod_mm or geometry.distance_source_to_patient_mm,
    )


def _tell_scale(estimate: ScaleEstimate) -> None:
    typer.echo(f"{estimate.method}:")
    for line in estimate.reasoning:
        typer.echo(f"  {line}")


def _picture(source: str, first: int, count: int, frame_rate: float | None) -> Picture:
    from calibration.picture import average_of
    from recordings.open import open_source

    looked = average_of(open_source(source, frame_rate_hz=frame_rate), first, count)
    left_out = f", {looked.left_out} of another exposure left out" if looked.left_out else ""
    typer.echo(f"{source}: mean of {looked.frames} frames{left_out}")
    return looked


def _write_picture(drawn: NDArray[np.uint8], path: Path | None) -> None:
    if path is None:
        return
    import cv2

    from monitor.errors import OutputError

    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        written = cv2.imwrite(str(path), drawn)
    except cv2.error:
        written = False
    if not written:
        raise OutputError(f"{path}: cannot write the picture; its name must end in .png")
    typer.echo(f"what was found: {path}")


def _both(one: str, first: object, two: str, second: object) -> bool:
    if (first is None) != (second is None):
        missing, given = (one, two) if first is None else (two, one)
        raise InputError(f"{given} needs {missing}")
    return first is not None


def _above(name: str, value: float | None) -> float:
    if value is None or not 0 < value < 1e5:
        raise InputError(f"{name} must be above 0, is {value}")
    return value


def _numbers(name: str, text: str | None, count: int) -> tuple[float, ...]:
    try:
        values = tuple(float(part) for part in (text or "").split(","))
    except ValueError:
        values = ()
    if len(values) != count or not all(abs(value) < 1e6 for value in values):
        form = "X,Y" if count == 2 else ",".join(f"X{k},Y{k}" for k in range(1, count // 2 + 1))
        raise InputError(f"{name} must be {form} in pixels, is {text!r}")
    return values


def _list(name: str, text: str | None) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in (text or "").split(","))
    except ValueError:
        raise InputError(f"{name} must be numbers as 1,2,4,8, is {text!r}") from None


def _two_points(name: str, text: str | None) -> tuple[tuple[float, float], tuple[float, float]]:
    x1, y1, x2, y2 = _numbers(name, text, 4)
    return (x1, y1), (x2, y2)


@app.command()
def distortion(
    source: Source,
    pitch_mm: Annotated[float, typer.Option("--pitch-mm", help="Distance of neighbouring beads or wires.")],
    lattice: Annotated[str, typer.Option("--lattice", help="square or hexagonal.")] = "square",
    rough_mm_per_px: Annotated[
        float | None,
        typer.Option("--rough-mm-per-px", help="Scale, as far as known, to tell a wrong phantom."),
    ] = None,
    profile: ProfileOut = None,
    room: Room = "",
    c_arm: CArm = "",
    operator: Operator = "",
    valid_days: ValidDays = 365,
    picture: PictureOut = None,
    first_frame: FirstFrame = 0,
    frames: Frames = 16,
    frame_rate: Rate = None,
) -> None:
    """Geometric distortion from a picture of a bead or wire-grid phantom; nothing has to be marked."""
    from calibration.beads import Lattice, find_beads
    from calibration.conditions import conditions_of
    from calibration.distortion_fit import fit_distortion
    from calibration.pictures import marked_picture
    from calibration.profile import DistortionPart

    if lattice not in ("square", "hexagonal"):
        raise InputError(f"--lattice must be square or hexagonal, is {lattice!r}")
    into = _Into.of(profile, room, c_arm, operator, valid_days)
    plate = Lattice(pitch_mm, lattice)  # type: ignore[arg-type]  # checked above
    looked = _picture(source, first_frame, frames, frame_rate)
    beads = find_beads(looked.stored, plate, rough_mm_per_px=rough_mm_per_px)
    typer.echo(f"{len(beads.points_px)} marks found, {beads.strays} strays, pitch {beads.pitch_px:.1f} px")
    field_mm = looked.info.geometry.field_of_view_mm
    model = fit_distortion(beads, field_mm=field_mm)
    residual = model.residual
    typer.echo(
        f"polynomials of order {model.order}; at marks that they were not fitted to: "
        f"{residual.rms_mm:.3f} mm RMS, {residual.max_mm:.3f} mm at most"
    )
    typer.echo(f"{model.mm_per_px:.4f} mm per pixel in the middle, in the plane of the phantom")
    _write_picture(marked_picture(looked.stored, beads, model)[..., ::-1].copy(), picture)
    part = DistortionPart(
        into.made,
        conditions_of(looked.info),
        model.to_dict(),
        residual.rms_mm,
        residual.max_mm,
        residual.marks,
    )
    into.keep(distortion=part)


@app.command()
def density(
    source: Source,
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
    profile: ProfileOut = None,
    room: Room = "",
    c_arm: CArm = "",
    operator: Operator = "",
    valid_days: ValidDays = 365,
    picture: PictureOut = None,
    first_frame: FirstFrame = 0,
    frames: Frames = 16,
    frame_rate: Rate = None,
) -> None:
    """What cement of known thickness adds: a step wedge, or cylinders; live, aliquots do the same.

    Cylinders that stand on their ends are steps of a wedge; of lying ones the diameters are given.
    """
    from calibration.conditions import conditions_of
    from calibration.cylinders import find_cylinders
    from calibration.density_fit import density_from_wedge
    from calibration.pictures_density import picture_of_cylinders, picture_of_wedge
    from calibration.profile import density_part
    from calibration.wedge import find_steps

    into = _Into.of(profile, room, c_arm, operator, valid_days)
    steps = _both("--wedge", wedge, "--thickness-mm", thickness_mm)
    if steps == _both("--cylinders", cylinders, "--diameter-mm", diameter_mm):
        raise InputError(
            "density: give either --wedge with --thickness-mm, or --cylinders with --diameter-mm"
        )
    if steps:
        thickness, ends = _list("--thickness-mm", thickness_mm), _two_points("--wedge", wedge)
        looked = _picture(source, first_frame, frames, frame_rate)
        found = find_steps(looked, *ends, thickness)
        fit = density_from_wedge(found, looked.info)
        drawn = picture_of_wedge(looked, found, fit)
    else:
        diameters = _list("--diameter-mm", diameter_mm)
        flat = _numbers("--cylinders", cylinders, 2 * len(diameters))
        looked = _picture(source, first_frame, frames, frame_rate)
        lying = find_cylinders(looked, tuple(zip(flat[::2], flat[1::2], strict=True)), diameters)
        fit = density_from_wedge(lying.wedge, looked.info, what="cylinders")
        drawn = picture_of_cylinders(looked, lying, fit)
        typer.echo(f"{len(diameters)} cylinders, {lying.mm_per_px:.4f} mm per pixel in their plane")
    for line in fit.lines:
        typer.echo(line)
    _write_picture(drawn, picture)
    part = density_part(
        fit.over_spine, into.made, conditions_of(looked.info), fit.validity.thickness_mm, cement
    )
    into.keep(density=part)


@app.command()
def latency(
    source: Source,
    seconds: Annotated[float, typer.Option("--seconds", help="How long to flash.")] = 20.0,
    profile: ProfileOut = None,
    room: Room = "",
    c_arm: CArm = "",
    operator: Operator = "",
    valid_days: ValidDays = 365,
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
    into = _Into.of(profile, room, c_arm, operator, valid_days)
    opened = open_source(source)
    if not display_available():
        raise InputError("latency: there is no display to show the pattern on")
    from ui.latency import flash_and_capture

    info, found = flash_and_capture(opened, seconds)
    typer.echo(
        f"{found.delay_ms:.0f} ms plus or minus {1.96 * found.sd_ms:.0f} (95 %), a frame every "
        f"{found.frame_period_ms:.0f} ms, {found.flips} changes, correlation {found.likeness:.2f}"
    )
    part = LatencyPart(
        into.made, conditions_of(info), found.delay_ms, found.sd_ms, found.frame_period_ms, found.flips
    )
    into.keep(latency=part)
