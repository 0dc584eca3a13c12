"""What the commands share: options, how what is typed is read, and how something is said."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.errors import ConfigError
from ui.language import VARIABLE, choose

if TYPE_CHECKING:
    from calibration.profile import Profile
    from monitor.config import Config
    from monitor.sources.cropped import Crop


def language_of(asked: str | None) -> str | None:
    """Keep what was asked for, also for the processes that this one starts. Raises `InputError`."""
    if asked is not None or os.environ.get(VARIABLE):
        os.environ[VARIABLE] = choose(asked)
    return asked


SourceArgument = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE",
        help="Video file; DICOM file; folder of DICOM files or images; device:N; rtsp:// or tcp:// address; "
        "simulated:NAME; folder of a recorded session; dicom://AET@HOST:PORT to listen for runs (live).",
    ),
]
MaybeSourceArgument = Annotated[
    str | None,
    typer.Argument(metavar="[SOURCE]", help="As for the other commands; without one a window asks for it."),
]
PlanOption = Annotated[Path, typer.Option("--plan", metavar="PLAN.json", help="The anatomy to watch.")]
MaybePlanOption = Annotated[
    Path | None,
    typer.Option(
        "--plan", metavar="PLAN.json", help="The anatomy to watch; without one a window asks for it."
    ),
]
ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="TOML file; what it leaves out keeps its default."),
]
PresetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--preset",
        metavar="NAME",
        help="Preset for a frame rate or a dose, as pulses-7.5; may be repeated. --config wins over it.",
    ),
]
ViewOption = Annotated[
    str | None, typer.Option("--view", metavar="NAME", help="View of the plan that the source shows.")
]
PolarityOption = Annotated[
    str | None,
    typer.Option(
        "--polarity",
        metavar="cement-dark|cement-bright",
        help="How cement looks in the source's values, whatever the source says; ends doubts about it.",
    ),
]
ProfileOption = Annotated[
    Path | None,
    typer.Option(
        "--profile", metavar="PROFILE.json", help="Calibration of the room (cementwatch calibrate)."
    ),
]
CropOption = Annotated[
    str | None,
    typer.Option(
        "--crop",
        metavar="LEFT,TOP,COLUMNS,ROWS",
        help="Part of the frames that is the image (px); the plan is one of this part.",
    ),
]
LanguageOption = Annotated[
    str | None,
    typer.Option(
        "--language",
        metavar="de|en",
        callback=language_of,
        help="Language of the windows; without it that of the locale, where there is a translation.",
    ),
]
BrandOption = Annotated[
    str | None,
    typer.Option(
        "--brand",
        metavar="NAME",
        help="Brand of the cement, whatever the plan says, with its clock.",
    ),
]
RateOption = Annotated[
    float | None,
    typer.Option(
        "--frame-rate", metavar="HZ", help="Frame rate of a folder of images, which carries no times."
    ),
]


def say(text: str) -> None:
    """One line on standard error."""
    print(f"cementwatch: {' '.join(text.split())}", file=sys.stderr)  # noqa: T201


def one_thread_per_sum() -> None:
    """One thread for OpenCV and BLAS: the windows are small, a second thread costs more than it gives.

    It would also compete with capture, recording and painting.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when NumPy is imported

    import cv2

    cv2.setNumThreads(1)


def config_of(path: Path | None, presets: list[str] | None) -> Config:
    """The configuration out of a file over presets. Raises `ConfigError`."""
    from monitor.config import parse_config, read_config

    return parse_config("", "--preset", presets or ()) if path is None else read_config(path, presets or ())


def profile_of(path: Path | None) -> Profile | None:
    """The room's calibration; None where none is named. Raises `CalibrationError`."""
    from calibration.profile import read_profile

    return None if path is None else read_profile(path)


def crop_of(text: str | None) -> Crop | None:
    """The part of the frames as typed. Raises `InputError`."""
    from monitor.sources.cropped import parse_crop

    return None if text is None else parse_crop(text, "--crop")


def rate_of(value: float | None) -> float | None:
    """A frame rate as typed (Hz). Raises `ConfigError`."""
    if value is not None and not 0.1 <= value <= 1000:
        raise ConfigError(f"--frame-rate must be from 0.1 to 1000 Hz, is {value:g}")
    return value
