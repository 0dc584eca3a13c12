"""Options that the calibrating commands share, and how what is typed is read."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from monitor.errors import InputError
from ui.version import software_version

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from calibration.picture import Picture
    from calibration.room import RoomProfile
    from monitor.plan import Point

Source = Annotated[str, typer.Argument(metavar="SOURCE", help="Picture or run to calibrate on.")]
ProfilePath = Annotated[
    Path | None,
    typer.Option("--profile", metavar="PROFILE.json", help="Add to this profile; made where there is none."),
]
RoomName = Annotated[str, typer.Option("--room", help="Name of the room.")]
FrameRate = Annotated[
    float | None, typer.Option("--frame-rate", help="Frame rate of a folder of images (Hz).")
]


def into_profile(
    profile: ProfilePath = None,
    room: RoomName = "",
    c_arm: Annotated[str, typer.Option("--c-arm", help="Make and model of the C-arm.")] = "",
    operator: Annotated[str, typer.Option("--operator", help="Who calibrates.")] = "",
    valid_days: Annotated[
        int, typer.Option("--valid-days", help="The calibration expires after so many days.")
    ] = 365,
) -> RoomProfile:
    """The profile that a calibration goes to; one that cannot be read is told of before the work."""
    from calibration.room import RoomProfile

    software = f"cementwatch {software_version()}"
    return RoomProfile.of(
        profile, room=room, c_arm=c_arm, operator=operator, valid_days=valid_days, software=software
    )


@dataclass(frozen=True, slots=True)
class Taking:
    """How the picture is taken from the source, and where what was found is drawn."""

    picture: Path | None
    first_frame: int
    frames: int
    frame_rate_hz: float | None

    def look(self, source: str) -> Picture:
        """The mean of the frames. Raises `InputError`."""
        from calibration.picture import average_of
        from recordings.open import open_source

        looked = average_of(
            open_source(source, frame_rate_hz=self.frame_rate_hz), self.first_frame, self.frames
        )
        left_out = f", {looked.left_out} of another exposure left out" if looked.left_out else ""
        typer.echo(f"{source}: mean of {looked.frames} frames{left_out}")
        return looked

    def draw(self, drawn: NDArray[np.uint8]) -> None:
        """Write what was found, shape (rows, columns, 3) for OpenCV, where it was asked for."""
        if self.picture is None:
            return
        import cv2

        from monitor.errors import OutputError

        self.picture.parent.mkdir(parents=True, exist_ok=True)
        try:
            written = cv2.imwrite(str(self.picture), drawn)
        except cv2.error:
            written = False
        if not written:
            raise OutputError(f"{self.picture}: cannot write the picture; its name must end in .png")
        typer.echo(f"what was found: {self.picture}")


def from_picture(
    picture: Annotated[
        Path | None, typer.Option("--picture", metavar="FILE.png", help="Write a picture of what was found.")
    ] = None,
    first_frame: Annotated[int, typer.Option("--first-frame", min=0, help="First frame to average.")] = 0,
    frames: Annotated[int, typer.Option("--frames", min=1, max=64, help="Frames to average.")] = 16,
    frame_rate: FrameRate = None,
) -> Taking:
    """How a picture is taken."""
    return Taking(picture, first_frame, frames, frame_rate)


def filled(**makers: Callable[..., object]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Let a command take what `makers` make; their options follow its own on the command line."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        own = inspect.signature(command).parameters
        parts: list[tuple[Callable[..., object], list[inspect.Parameter]]] = [
            (command, [p for name, p in own.items() if name not in makers])
        ]
        parts += [(maker, list(inspect.signature(maker).parameters.values())) for maker in makers.values()]

        @wraps(command)
        def run(**given: Any) -> None:  # noqa: ANN401 - options of every type
            for name, (_, parameters) in zip(makers, parts[1:], strict=True):
                given[name] = makers[name](**{p.name: given.pop(p.name) for p in parameters})
            command(**given)

        resolved: list[inspect.Parameter] = []
        for function, parameters in parts:
            # what is made is known to type checkers alone, and must not be looked up
            run.__annotations__ = {p.name: p.annotation for p in parameters}
            hints = get_type_hints(run, function.__globals__, include_extras=True)
            resolved += [p.replace(annotation=hints[p.name]) for p in parameters]
        run.__annotations__ = {p.name: p.annotation for p in resolved}
        run.__signature__ = inspect.Signature(resolved)  # type: ignore[attr-defined]
        return run

    return decorate


def keep(into: RoomProfile, **parts: object) -> None:
    """Add parts to the profile, and say so."""
    if into.path is None:
        typer.echo("nothing kept: no --profile given")
        return
    into.keep(**parts)
    typer.echo(f"{', '.join(parts)} kept in {into.path}, until {into.made.valid_until:%Y-%m-%d}")


def both(one: str, first: object, two: str, second: object) -> bool:
    """Whether two options that need each other are given. Raises `InputError` where one is missing."""
    if (first is None) != (second is None):
        missing, given = (one, two) if first is None else (two, one)
        raise InputError(f"{given} needs {missing}")
    return first is not None


def numbers(name: str, text: str | None, count: int) -> tuple[float, ...]:
    """Pixels as ``X,Y`` or ``X1,Y1,X2,Y2,...``. Raises `InputError`."""
    try:
        values = tuple(float(part) for part in (text or "").split(","))
    except ValueError:
        values = ()
    if len(values) != count or not all(abs(value) < 1e6 for value in values):
        form = "X,Y" if count == 2 else ",".join(f"X{k},Y{k}" for k in range(1, count // 2 + 1))
        raise InputError(f"{name} must be {form} in pixels, is {text!r}")
    return values


def two_points(name: str, text: str | None) -> tuple[Point, Point]:
    """``X1,Y1,X2,Y2``. Raises `InputError`."""
    x1, y1, x2, y2 = numbers(name, text, 4)
    return (x1, y1), (x2, y2)
